package mastodon

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

// canary is the token of all tests; nothing but an Authorization header may hold it.
const canary = "tok-CANARY7f3a9b2e4c6d8f1a3b5c7d9e"

// picture is a PNG of one colour.
func picture(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "grey.png", Type: "image/png", Bytes: int64(b.Len()), Width: 2, Height: 2,
		Alt: "One grey point & nothing else.", Credit: "Photo: A. Example / CC BY", Focus: [2]float64{0.5, 0.25}}, b.Bytes()
}

// server is a pretend server that knows the canary.
func newServer(o pretend.Options) *pretend.Server {
	if o.Now == nil {
		o.Now = channeltest.Now
	}
	s := pretend.New(o)
	s.AcceptToken(canary, "takeover", scopes...)
	return s
}

func seenBy(s *pretend.Server) func() []channeltest.Post {
	return func() []channeltest.Post {
		var posts []channeltest.Post
		for _, st := range s.Statuses() {
			p := channeltest.Post{Text: st.Text, Language: st.Language}
			for _, m := range st.Media {
				p.Alts = append(p.Alts, m.Description)
			}
			posts = append(posts, p)
		}
		return posts
	}
}

// open opens a channel on a server, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"server": "https://social.example", "base_url": base, "allow_private": "true", "token": "file:mastodon.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "mastodon", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.pollFirst = time.Millisecond
	return c
}

func TestConformance(t *testing.T) {
	m1, b1 := picture(t, 10)
	m2, b2 := picture(t, 20)
	m2.Alt, m2.Credit = "Another point.", "Photo: B. Example"
	post := campaign.Content{
		Text: "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity with @iom@social.example", Language: "en", Link: "https://www.gfmd.org/a/path/that/is/longer/than/is/shown",
		Media: []campaign.Media{m1, m2}, ContentWarning: "Migration", Visibility: "unlisted",
		Thread: []string{"And another thing.\nWith a line.", "And a last one: https://example.org/?a=1&b=2"},
	}
	for _, tt := range []struct {
		name    string
		options pretend.Options
		sample  campaign.Content
	}{
		{"Mastodon", pretend.Options{MediaPolls: 2}, post},
		{"500 on a repeat", pretend.Options{Keys: pretend.FaultsOnOld}, post},
		{"Pixelfed", pretend.Options{Software: "pixelfed", Keys: pretend.Ignores, NoInstanceV2: true}, post},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					o := tt.options
					o.Unlimited = true
					s := newServer(o)
					return channeltest.Platform{Handler: s, Posts: seenBy(s)}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					c := open(t, base, env)
					if c.Class() != campaign.K5 {
						t.Fatalf("%s before anybody asked the server", c.Class())
					}
					return c
				},
				Sample: tt.sample, Secret: canary,
				Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2},
			}.Run(t)
		})
	}
}
