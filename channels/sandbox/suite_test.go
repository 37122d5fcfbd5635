package sandbox

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

// pixel is a picture of one point.
func pixel(t *testing.T) (campaign.Digest, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return campaign.DigestOf(b.Bytes()), b.Bytes()
}

func newServer(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// seenBy is what the public of a server sees, as the suite compares it.
func seenBy(s *Server) func() []channeltest.Post {
	return func() []channeltest.Post {
		var posts []channeltest.Post
		for _, p := range s.Seen().Posts {
			post := channeltest.Post{Text: p.Text, Language: p.Language, Link: p.Link}
			for _, pic := range p.Pictures {
				post.Alts = append(post.Alts, pic.Alt)
				post.Credits = append(post.Credits, pic.Credit)
			}
			posts = append(posts, post)
		}
		return posts
	}
}

// TestConformance asks every class the same questions, with the facts of a
// platform that has it.
func TestConformance(t *testing.T) {
	digest, bytes := pixel(t)
	picture := campaign.Media{Digest: digest, Type: "image/png", Bytes: int64(len(bytes)), Alt: "One grey point.", Credit: "Photo: the test"}
	post := campaign.Content{Text: "Ten years, one community.", Language: "en", Link: "https://www.gfmd.org/youth", Media: []campaign.Media{picture}}
	thread := post
	thread.Thread = []string{"And another thing.", "And a last one."}
	comment := post
	comment.FirstComment = "Read on: gfmd.org"
	for _, tt := range []struct {
		like   string
		class  campaign.Class
		sample campaign.Content
		suite  channeltest.Suite
	}{
		{like: "", class: campaign.K1, sample: thread},
		{like: "mastodon", class: campaign.K1, sample: thread},
		{like: "bluesky", class: campaign.K2, sample: thread},
		{like: "threads", class: campaign.K3, sample: thread},
		{like: "linkedin", class: campaign.K4, sample: comment, suite: channeltest.Suite{Twins: true}},
		{like: "facebook", class: campaign.K5, sample: comment},
		{like: "telegram", class: campaign.K6, sample: post, suite: channeltest.Suite{Blind: true}},
	} {
		t.Run(string(tt.class)+tt.like, func(t *testing.T) {
			suite := tt.suite
			suite.Sample, suite.Media = tt.sample, map[campaign.Digest][]byte{digest: bytes}
			suite.Pretend = func(t *testing.T) channeltest.Platform {
				s := newServer(t, Options{Now: channeltest.Now})
				return channeltest.Platform{Handler: s, Posts: seenBy(s)}
			}
			suite.Open = func(t *testing.T, base string, env channels.Env) channels.Channel {
				ch, err := New("main", campaign.Channel{Like: tt.like, Settings: map[string]string{"base_url": base}}, env)
				if err != nil {
					t.Fatal(err)
				}
				if ch.Class() != tt.class {
					t.Fatalf("the class is %s, want %s", ch.Class(), tt.class)
				}
				return ch
			}
			suite.Run(t)
		})
	}
}
