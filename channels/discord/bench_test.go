package discord

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/discord/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// The secrets of all tests; nothing but a header or the path of a call may hold them.
const (
	canary     = "MTIwMTk4.CANARY.7f3a9b2e4c6d8f1a3b5c7d9e4f"
	hookCanary = "hookCANARY7f3a9b2e4c6d8f1a3b5c7d9e4f"
	hookURL    = "https://discord.com/api/webhooks/" + pretend.HookID + "/" + hookCanary
)

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
	settings := map[string]string{"channel": pretend.ChannelID, "base_url": base, "allow_private": "true", "token": "file:discord.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "discord", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// byHook are the settings of a webhook in place of the bot's.
var byHook = []string{"token", "", "mode", "webhook", "webhook", "file:discord.webhook", "channel", ""}

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t      *testing.T
	s      *pretend.Server
	box    *channeltest.Box
	c      *Channel
	media  map[campaign.Digest][]byte
	keep   *channeltest.Keeper
	serial int

	mu  sync.Mutex
	now time.Time
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, now: channeltest.Now(), media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	o.Now, o.Token, o.HookToken = b.clock, canary, hookCanary
	b.s = pretend.New(o)
	b.box = channeltest.NewBox(t, b.s)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: b.clock, Keep: b.keep,
		Secret: func(ref string) (secret.String, error) {
			if ref == "file:discord.webhook" {
				return secret.New(hookURL + "\n"), nil
			}
			return secret.New(canary + "\n"), nil
		},
		Media: func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := picture(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	b.serial++
	r := &channels.Request{Delivery: campaign.Delivery{ID: campaign.DeliveryID(fmt.Sprintf("d_%d", b.serial))}, Content: c, ArmedAt: b.clock()}
	var err error
	if r.Newest, err = b.c.Latest(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// publish makes one attempt at the part at hand and remembers a doubt, as the
// engine does.
func (b *bench) publish(r *channels.Request) (campaign.Receipt, error) {
	r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
	attempt := *r
	attempt.Gate = channeltest.Open{}
	receipt, err := b.c.Publish(b.t.Context(), attempt)
	if err == nil {
		receipt.Part = r.Part
		r.Earlier = append(r.Earlier, receipt)
		r.Part++
		r.Doubt = false
	} else if channels.FateOf(err) == channels.InDoubt {
		r.Doubt = true
	}
	return receipt, err
}

// lose makes an attempt whose answer is lost.
func (b *bench) lose(r *channels.Request) {
	b.t.Helper()
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
		b.t.Fatalf("%v", err)
	}
	b.box.Set(channeltest.Fault{})
}

func (b *bench) all(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := b.prepare(c)
	for range r.Staged.Parts {
		if _, err := b.publish(r); err != nil {
			b.t.Fatal(err)
		}
	}
	return r
}

// noCanary fails where a text that people may see holds a secret.
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
	post := campaign.Content{Text: "# Ten years, one *community*. 🌍 <b>&</b> _x_ ||no|| [a](b)\n> - not a quote\n1 * 2 ~ `c` \\o/", Link: "https://www.gfmd.org/a_b_c?b=1&c=*2*",
		Media: []campaign.Media{m1, m2}, Thread: []string{"And _another_ thing.\n- With a line.", "And a last one: https://example.org/x_y_z"}}
	for _, tt := range []struct {
		name, secret string
		kv           []string
		blind        bool
		o            pretend.Options
	}{
		{"bot", canary, nil, false, pretend.Options{}},
		{"bot whose nonces are forgotten", canary, nil, false, pretend.Options{NonceLife: -1}},
		{"webhook", hookURL, byHook, true, pretend.Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					o := tt.o
					o.Now, o.Token, o.HookToken = channeltest.Now, canary, hookCanary
					s := pretend.New(o)
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post { return seen(s) }}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					return open(t, base, env, tt.kv...)
				},
				Sample: post, Secret: tt.secret, Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}, Blind: tt.blind, Forgets: tt.o.NonceLife < 0,
			}.Run(t)
		})
	}
}

func seen(s *pretend.Server) []channeltest.Post {
	var posts []channeltest.Post
	for _, m := range s.Messages() {
		p := channeltest.Post{Text: m.Shown}
		for _, f := range m.Files {
			p.Alts = append(p.Alts, f.Description)
		}
		posts = append(posts, p)
	}
	return posts
}
