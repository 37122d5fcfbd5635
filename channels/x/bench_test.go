package x

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	pics "image/gif"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/x/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary are the keys of all tests; nothing but a signature may come of them.
var canary = pretend.Keys{Consumer: "ckCANARY1", ConsumerSecret: "csCANARY2/+ ", Token: "42-tkCANARY3", TokenSecret: "tsCANARY4&="}

// appSecret is the secret of a confidential client.
const appSecret = "appCANARY5"

// reveal resolves the references of tests.
func reveal(ref string) (secret.String, error) {
	v, ok := map[string]string{"file:ck": canary.Consumer, "file:cs": canary.ConsumerSecret, "file:tk": canary.Token, "file:ts": canary.TokenSecret,
		"file:app": appSecret}[ref]
	if !ok {
		return secret.String{}, fmt.Errorf("secret %s: it is not there", ref)
	}
	return secret.New(v), nil
}

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t     testing.TB
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	keep  *channeltest.Keeper
	media map[campaign.Digest][]byte

	mu  sync.Mutex
	now time.Time
}

func newServer(o pretend.Options) *pretend.Server {
	if o.Now == nil {
		o.Now = channeltest.Now
	}
	o.Keys = canary
	o.Keys.ConsumerSecret = strings.TrimSpace(canary.ConsumerSecret) // as the channel reads it
	return pretend.New(o)
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, now: channeltest.Now(), media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	o.Now = b.clock
	b.s = newServer(o)
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

// open opens a channel on a server with keys, and settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true",
		"consumer_key": "file:ck", "consumer_secret": "file:cs", "token": "file:tk", "token_secret": "file:ts"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "x", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.pollFirst = time.Millisecond
	return c
}

// back is the address registered with the app.
const back = "https://takeover.example/connected"

// byOAuth2 are the settings of a channel that is connected by command, and further ones.
func byOAuth2(kv ...string) []string {
	return append([]string{"consumer_key", "", "consumer_secret", "", "token", "", "token_secret", "", "client_id", pretend.ClientID, "redirect_uri", back}, kv...)
}

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
		Alt: "One grey point & nothing else.", Credit: "A. Example / CC BY"}, b.Bytes()
}

func moving(t testing.TB) (campaign.Media, []byte) {
	t.Helper()
	frame := image.NewPaletted(image.Rect(0, 0, 2, 2), []color.Color{color.Black, color.White})
	var b bytes.Buffer
	if err := pics.EncodeAll(&b, &pics.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "m.gif", Type: gif, Bytes: int64(b.Len()), Width: 2, Height: 2, Alt: "A blinking square."}, b.Bytes()
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := picture(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// moving is a picture that moves.
func (b *bench) moving() campaign.Media {
	m, bytes := moving(b.t)
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

// gate is open, and counts.
type gate struct{ passed *int }

func (g gate) Pass(write func() error) error {
	if g.passed != nil {
		*g.passed++
	}
	return write()
}

func (b *bench) publish(r *channels.Request) (campaign.Receipt, error) {
	r.Attempt++
	r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
	attempt := *r
	attempt.Gate = gate{}
	receipt, err := b.c.Publish(b.t.Context(), attempt)
	if err == nil {
		receipt.Part = r.Part
		r.Earlier = append(r.Earlier, receipt)
		r.Part++
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
