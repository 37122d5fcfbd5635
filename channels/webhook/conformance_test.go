package webhook_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/webhook"
	"github.com/ittakesacommunity/takeover/channels/webhook/pretend"
)

// Two secrets: the channel signs with both, the receiver knows the older one.
const (
	newer = "whsec_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
	older = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

func TestConformance(t *testing.T) {
	for _, dedupes := range []bool{false, true} {
		t.Run(fmt.Sprintf("receiver dedupes %v", dedupes), func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(t *testing.T) channeltest.Platform {
					r := pretend.New(older, dedupes, channeltest.Now)
					return channeltest.Platform{Handler: r, Posts: func() []channeltest.Post { return seen(r) }}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					c, err := webhook.New(campaign.Channel{Platform: "webhook", Settings: map[string]string{
						"url": "https://partner.example/hook", "base_url": base, "allow_private": "true",
						"secret": "file:partner.secret", "receiver_dedupes": strconv.FormatBool(dedupes),
					}}, env)
					if err != nil {
						t.Fatal(err)
					}
					return c
				},
				Sample: campaign.Content{
					Text: "Ten years, one community. 🌍 <b>&</b>", Language: "en", Link: "https://example.org/ten",
					Media: []campaign.Media{{Digest: "ab12", Type: "image/png", Alt: "Two hands", Credit: "Photo: A. Example"}},
				},
				Secret: newer + "\n" + older,
				Blind:  true, AnyOK: true,
			}.Run(t)
		})
	}
}

func seen(r *pretend.Receiver) []channeltest.Post {
	var posts []channeltest.Post
	for _, p := range r.Posts() {
		post := channeltest.Post{Text: p.Text, Language: p.Language, Link: p.Link}
		for _, m := range p.Media {
			post.Alts = append(post.Alts, m.Alt)
			post.Credits = append(post.Credits, m.Credit)
		}
		posts = append(posts, post)
	}
	return posts
}
