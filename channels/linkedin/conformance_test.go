package linkedin

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
)

// seenBy are posts and, as the calls that they are, their comments.
func seenBy(s *pretend.Server) func() []channeltest.Post {
	return func() []channeltest.Post {
		var posts []channeltest.Post
		for _, p := range s.Posts() {
			posts = append(posts, channeltest.Post{Text: p.Text, Link: p.Link, Alts: p.Alts})
			for _, c := range p.Comments {
				posts = append(posts, channeltest.Post{Text: c})
			}
		}
		return posts
	}
}

func TestConformance(t *testing.T) {
	m1, b1 := picture(t, 10)
	m2, b2 := picture(t, 20)
	m2.Alt, m2.Credit = "Another point.", "Photo: B. Example"
	pictures := campaign.Content{Text: "Ten years (and one community). 🌍 <b>&</b> a_b*c~d #ItTakes_ACommunity [x] {y} @z \\ |", Link: "https://www.gfmd.org/a_(b)?c=1&d=2#e",
		Media: []campaign.Media{m1, m2}, FirstComment: "More at https://example.org/?a=1&b=2"}
	card := campaign.Content{Text: "A link (with a card).", Link: "https://www.gfmd.org/a", Card: &campaign.Card{Title: "Summit", Picture: &m1}}
	for _, tt := range []struct {
		name   string
		sample campaign.Content
		blind  bool
		kv     []string
	}{
		{"page", pictures, false, asPage},
		{"page, with a card", card, false, asPage},
		{"member", pictures, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := newServer(pretend.Options{ImagePolls: 2}, append(append([]string{}, memberScopes...), pageScopes...)...)
					return channeltest.Platform{Handler: s, Posts: seenBy(s)}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					env.Secret = reveal
					return open(t, base, env, tt.kv...)
				},
				Sample: tt.sample, Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}, Twins: true, Blind: tt.blind,
			}.Run(t)
		})
	}
}
