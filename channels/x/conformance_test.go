package x

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/x/pretend"
)

func seenBy(s *pretend.Server) func() []channeltest.Post {
	return func() []channeltest.Post {
		var posts []channeltest.Post
		for _, w := range s.Tweets() {
			posts = append(posts, channeltest.Post{Text: w.Text, Alts: w.Alts})
		}
		return posts
	}
}

// TestConformance asks the same questions of API v2 and of v1.1 by go-twitter.
func TestConformance(t *testing.T) {
	m, b := picture(t, 10)
	sample := campaign.Content{
		Text:  "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity https://www.gfmd.org/a/path?x=1&y=2",
		Media: []campaign.Media{m}, Thread: []string{"And another thing.", "And a last one."},
	}
	for _, api := range []string{"v2", "v1.1"} {
		t.Run(api, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := newServer(pretend.Options{Old: api == "v1.1"})
					return channeltest.Platform{Handler: s, Posts: seenBy(s)}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					env.Secret = reveal
					return open(t, base, env, "api", api, "threads", "true")
				},
				Sample: sample, Media: map[campaign.Digest][]byte{m.Digest: b}, Twins: true,
			}.Run(t)
		})
	}
}
