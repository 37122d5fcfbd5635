package telegram

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/telegram/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary is the token of all tests; nothing but the path of a call may hold it.
const canary = "123456789:CANARY7f3a9b2e4c6d8f1a3b5c7d9e4f"

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
		Alt: fmt.Sprintf("Grey point %d.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

// open opens a channel on a server, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"chat": "@itac", "base_url": base, "allow_private": "true", "token": "file:telegram.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "telegram", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bench is a channel, its server and a box between them.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	media map[campaign.Digest][]byte
	keep  *channeltest.Keeper
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	o.Now, o.Token = channeltest.Now, canary
	b.s = pretend.New(o)
	b.box = channeltest.NewBox(t, b.s)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: channeltest.Now, Keep: b.keep,
		Secret: func(string) (secret.String, error) { return secret.New(canary + "\n"), nil },
		Media:  func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
}

// picture is a picture that the channel finds.
func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := picture(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// prepare stages a content.
func (b *bench) prepare(kind campaign.Kind, c campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Delivery: campaign.Delivery{ID: "d_1", Kind: kind}, Content: c, ArmedAt: channeltest.Now()}
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// publish makes one attempt at the part at hand.
func (b *bench) publish(r *channels.Request) (campaign.Receipt, error) {
	attempt := *r
	attempt.Gate = channeltest.Open{}
	receipt, err := b.c.Publish(b.t.Context(), attempt)
	if err == nil {
		receipt.Part = r.Part
		r.Earlier = append(r.Earlier, receipt)
		r.Part++
	}
	return receipt, err
}

// all publishes every part of a content.
func (b *bench) all(kind campaign.Kind, c campaign.Content) *channels.Request {
	b.t.Helper()
	r := b.prepare(kind, c)
	for range r.Staged.Parts {
		if _, err := b.publish(r); err != nil {
			b.t.Fatal(err)
		}
	}
	return r
}

// noCanary fails where a text that people may see holds a secret, whole or half.
func noCanary(t *testing.T, texts ...any) {
	t.Helper()
	for _, v := range texts {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "CANARY") {
				t.Errorf("a secret is shown: %.200s", s)
			}
		}
	}
}

func TestConformance(t *testing.T) {
	m1, b1 := picture(t, 10)
	m2, b2 := picture(t, 20)
	m2.Credit = "Photo: B. Example"
	media := map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}
	post := campaign.Content{Text: "Ten years, one *community*. 🌍 <b>&</b> _x_", Link: "https://www.gfmd.org/a?b=1&c=2",
		Thread: []string{"And another thing.\nWith a line.", "And a last one: https://example.org/"}}
	one, album := post, post
	one.Media, album.Media = []campaign.Media{m1}, []campaign.Media{m1, m2}
	for _, tt := range []struct {
		name   string
		sample campaign.Content
		kv     []string
	}{
		{"text", post, nil},
		{"one picture", one, nil},
		{"album", album, nil},
		{"staged album", album, []string{"staging_chat", fmt.Sprint(pretend.StagingID)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := pretend.New(pretend.Options{Token: canary, Now: channeltest.Now, Unlimited: true})
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post { return seen(s) }}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					return open(t, base, env, append(tt.kv, "alt_in_text", "true")...)
				},
				Sample: tt.sample, Secret: canary, Media: media, Blind: true,
			}.Run(t)
		})
	}
}

// seen is what the public sees: an album is one post, and a description stands
// in the text.
func seen(s *pretend.Server) []channeltest.Post {
	var posts []channeltest.Post
	for _, m := range s.Messages() {
		if m.Album == 0 || m.Album == m.ID {
			p := channeltest.Post{Text: m.Text}
			for _, line := range strings.Split(m.Text, "\n") {
				if alt, ok := strings.CutPrefix(line, "🖼 "); ok {
					p.Alts = append(p.Alts, alt)
				}
			}
			posts = append(posts, p)
		}
	}
	return posts
}
