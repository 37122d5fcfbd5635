package mastodon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	media map[campaign.Digest][]byte
	keep  *channeltest.Keeper

	mu  sync.Mutex
	now time.Time
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
	return channels.Env{Campaign: "itac", Now: b.clock, Keep: b.keep,
		Secret: func(string) (secret.String, error) { return secret.New(canary), nil },
		Media:  func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
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

// picture is a picture that the channel finds.
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

// publish makes one attempt at the part at hand and remembers a doubt, as the
// engine does.
func (b *bench) publish(r *channels.Request) (campaign.Receipt, error) {
	r.Attempt++
	r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
	attempt := *r
	attempt.Gate = channeltest.Open{}
	receipt, err := b.c.Publish(b.t.Context(), attempt)
	if err == nil {
		b.next(r, receipt)
	} else if channels.FateOf(err) == channels.InDoubt {
		r.Doubt = true
	}
	return receipt, err
}

func (b *bench) next(r *channels.Request, receipt campaign.Receipt) {
	receipt.Part = r.Part
	r.Earlier = append(r.Earlier, receipt)
	r.Part++
	r.Doubt = false
}

func (b *bench) reconcile(r *channels.Request) (channels.Verdict, campaign.Receipt) {
	b.t.Helper()
	v, receipt, err := b.c.Reconcile(b.t.Context(), *r)
	if err != nil {
		b.t.Fatal(err)
	}
	return v, receipt
}

// openOn opens a channel straight on a handler, without a box.
func openOn(t *testing.T, h http.Handler, env channels.Env) *Channel {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return open(t, server.URL, env)
}

// noCanary fails where a text that people may see holds a secret.
func noCanary(t *testing.T, texts ...any) {
	t.Helper()
	for _, v := range texts {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "CANARY") || strings.Contains(s, "cs-") {
				t.Errorf("a secret is shown: %.200s", s)
			}
		}
	}
}
