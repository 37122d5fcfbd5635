package linkedin

import (
	"bytes"
	"fmt"
	pics "image"
	"image/color"
	"image/png"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Secrets of all tests; nothing but a header or the token page may get them.
const (
	canary    = "AQV-CANARY7f3a9b2e4c6d8f1a3b5c7d9e"
	appSecret = "appCANARY5"
)

func reveal(ref string) (secret.String, error) {
	switch ref {
	case "file:token":
		return secret.New(canary + "\n"), nil
	case "file:app":
		return secret.New(appSecret), nil
	}
	return secret.String{}, fmt.Errorf("secret %s: it is not there", ref)
}

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	keep  *channeltest.Keeper
	media map[campaign.Digest][]byte

	mu  sync.Mutex
	now time.Time
}

func newServer(o pretend.Options, scopes ...string) *pretend.Server {
	if o.Now == nil {
		o.Now = channeltest.Now
	}
	o.ClientSecret = appSecret
	s := pretend.New(o)
	s.Accept(canary, scopes...)
	return s
}

// asPage are the settings of a page's channel.
var asPage = []string{"organization", pretend.Page}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, now: channeltest.Now(), media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	o.Now = b.clock
	b.s = newServer(o, append(append([]string{}, memberScopes...), pageScopes...)...)
	b.box = channeltest.NewBox(t, b.s)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: b.clock, Keep: b.keep, Secret: reveal,
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

// open opens a channel on a server, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true", "token": "file:token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "linkedin", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.pollFirst = time.Millisecond
	return c
}

// picture is a PNG of one colour.
func picture(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := pics.NewGray(pics.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "grey.png", Type: "image/png", Bytes: int64(b.Len()), Width: 2, Height: 2,
		Alt: "One grey point & nothing else.", Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := picture(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Delivery: campaign.Delivery{ID: "d_00000000000000000001"}, Content: c, ArmedAt: b.clock()}
	var err error
	if r.Newest, err = b.c.Latest(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// publish makes one attempt at the part at hand.
func (b *bench) publish(r *channels.Request) (campaign.Receipt, error) {
	r.Attempt++
	r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
	attempt := *r
	attempt.Gate = channeltest.Open{}
	receipt, err := b.c.Publish(b.t.Context(), attempt)
	if err == nil {
		receipt.Part = r.Part
		r.Earlier = append(r.Earlier, receipt)
		r.Part, r.Attempt, r.Doubt = r.Part+1, 0, false
	} else if channels.FateOf(err) == channels.InDoubt {
		r.Doubt = true
	}
	return receipt, err
}

func (b *bench) reconcile(r *channels.Request) (channels.Verdict, campaign.Receipt) {
	b.t.Helper()
	v, receipt, err := b.c.Reconcile(b.t.Context(), *r)
	if err != nil {
		b.t.Fatal(err)
	}
	return v, receipt
}
