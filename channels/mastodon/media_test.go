package mastodon

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

func TestFocus(t *testing.T) {
	for _, tt := range []struct {
		x, y float64
		want string
	}{
		{0.5, 0.5, "0.00,0.00"}, {0, 0, "-1.00,1.00"}, {1, 1, "1.00,-1.00"}, {0.75, 0.25, "0.50,0.50"}, {7, -7, "1.00,1.00"},
	} {
		if got := focus([2]float64{tt.x, tt.y}); got != tt.want {
			t.Errorf("%v,%v: %s, want %s", tt.x, tt.y, got, tt.want)
		}
	}
}

func TestUploadTime(t *testing.T) {
	for mb, want := range map[int]time.Duration{0: time.Minute, 5: time.Minute, 20: 2 * time.Minute, 1000: maxUpload} {
		if got := uploadTime(mb * 1_000_000); got != want {
			t.Errorf("%d MB: %v, want %v", mb, got, want)
		}
	}
}

func TestPicturesArrive(t *testing.T) {
	b := newBench(t, pretend.Options{MediaPolls: 3})
	m := b.picture(7)
	r := b.prepare(campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{m}})
	if want := b.clock().Add(stagedFor); !r.Staged.Until.Equal(want) {
		t.Errorf("staged until %v, want %v", r.Staged.Until, want)
	}
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	got := b.s.Statuses()[0].Media[0]
	if got.Description != m.Alt || got.Focus != "0.00,0.50" || campaign.DigestOf(got.Bytes) != m.Digest {
		t.Errorf("%q, focus %s, %d bytes", got.Description, got.Focus, len(got.Bytes))
	}
}

// TestF36MediaThatDoesNotCome: never a post without its picture.
func TestF36MediaThatDoesNotCome(t *testing.T) {
	content := func(b *bench) campaign.Content {
		return campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(7)}}
	}
	prepare := func(b *bench, ctx context.Context, c campaign.Content) *channels.Error {
		t.Helper()
		_, err := b.c.Prepare(ctx, channels.Request{Content: c})
		var e *channels.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v is no *channels.Error", err)
		}
		return e
	}
	t.Run("never ready", func(t *testing.T) {
		b := newBench(t, pretend.Options{MediaPolls: 1000, Unlimited: true})
		if e := prepare(b, t.Context(), content(b)); e.Fate != channels.NotSent || e.Scope != channels.ScopeContent || !errors.Is(e, errProcessing) {
			t.Errorf("%+v", e)
		}
	})
	t.Run("not ready in time", func(t *testing.T) {
		b := newBench(t, pretend.Options{MediaPolls: 1000, Unlimited: true})
		b.c.pollFirst = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if e := prepare(b, ctx, content(b)); e.Fate != channels.NotSent || !errors.Is(e, errProcessing) || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%+v", e)
		}
	})
	t.Run("fails", func(t *testing.T) {
		b := newBench(t, pretend.Options{MediaPolls: 2, MediaFails: true})
		if e := prepare(b, t.Context(), content(b)); e.Fate != channels.NotSent || e.Scope != channels.ScopeContent || errors.Is(e, errProcessing) {
			t.Errorf("%+v", e)
		}
	})
	t.Run("no picture", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		c := content(b)
		text := []byte("no picture at all")
		c.Media[0].Digest = campaign.DigestOf(text)
		b.media[c.Media[0].Digest] = text
		if e := prepare(b, t.Context(), c); e.Fate != channels.Refused || e.Scope != channels.ScopeContent {
			t.Errorf("%+v", e)
		}
	})
	t.Run("F66 changed behind its digest", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		c := content(b)
		b.media[c.Media[0].Digest] = []byte("changed")
		if e := prepare(b, t.Context(), c); e.Fate != channels.NotSent || e.Reach != "nothing left" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("gone before the call", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(content(b))
		b.s.ForgetMedia()
		_, err := b.publish(r)
		if channels.FateOf(err) != channels.NotSent || len(b.s.Statuses()) != 0 {
			t.Fatalf("%v, %d posts", err, len(b.s.Statuses()))
		}
		again := b.prepare(r.Content) // as the engine does
		if _, err := b.publish(again); err != nil || len(b.s.Statuses()[0].Media) != 1 {
			t.Errorf("%v", err)
		}
	})
	t.Run("not ready at the call", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(content(b))
		b.s.Change(func(o *pretend.Options) { o.MediaPolls = 3 })
		_, err := b.publish(r)
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || !e.RetryAt.Equal(b.clock().Add(10*time.Second)) {
			t.Errorf("%+v", e)
		}
	})
}
