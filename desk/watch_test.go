package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// shows is a platform that tells whether an event is live.
type shows struct {
	channels.Channel
	live   bool
	err    error
	asked  []string
	during func() // what people do while it is asked
}

func (p *shows) Watch(_ context.Context, address string) (bool, error) {
	p.asked = append(p.asked, address)
	if p.during != nil {
		p.during()
	}
	return p.live, p.err
}

func (p *shows) Check(campaign.Content) []campaign.Finding { return nil }

// announced makes public what announces the event.
func (w *world) announced() {
	for _, name := range []string{"before", "hour"} {
		d := w.step(name)
		w.clock.now = d.Due
		w.publish(d)
	}
}

// TestWeAreLiveGoesWhenItIs: the platform is asked from the start on, only for
// what waits, and its yes lets go what waits; a no and an error do not.
func TestWeAreLiveGoesWhenItIs(t *testing.T) {
	w, p := newWorld(t), &shows{}
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	w.submit(w.lead(), []byte(strings.Replace(string(planOf(liveSteps)), "live_check: person", `live_check: youtube, watch: "https://youtu.be/Qh2fT3xAmPl"`, 1)))
	w.approveAll()
	w.announced()
	live := w.step("live")
	watch := func(at time.Duration, asked int, is bool) {
		t.Helper()
		w.clock.now = live.Due.Add(at)
		if err := w.WatchEvents(ctx); err != nil || len(p.asked) != asked || w.step("live").Live != is {
			t.Fatalf("%s after the start: %v, asked %d of %d, live %v", at, err, len(p.asked), asked, w.step("live").Live)
		}
	}
	p.live = true
	watch(-time.Second, 0, false)
	p.live = false
	watch(0, 1, false)
	p.live, p.err = true, errors.New("no answer")
	watch(15*time.Second, 1+len(sample().Channels), false) // every account is asked in turn
	p.err, p.asked = nil, nil
	p.during = func() {
		if _, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", live.Due.Add(time.Hour), 0); err != nil {
			t.Fatal(err)
		}
	}
	watch(30*time.Second, 1, false) // it was moved while the platform was asked
	p.during, p.asked = nil, nil
	live = w.step("live")
	watch(0, 1, true)
	if p.asked[0] != "https://youtu.be/Qh2fT3xAmPl" || w.brake.woke == 0 {
		t.Errorf("asked for %v, woke %d times", p.asked, w.brake.woke)
	}
	es, err := w.AuditTail(ctx, w.boss(), 1, 0)
	if err != nil || !slices.ContainsFunc(es, func(e campaign.AuditEntry) bool {
		return e.Deed == "anchor.live" && strings.Contains(e.Detail, "by the platform")
	}) {
		t.Errorf("%v: the record does not say how it is known", err)
	}
	watch(time.Minute, 1, true) // nothing waits any more
}

// TestAPersonSaysThatItIsLive: where the plan asks no platform, none is asked.
func TestAPersonSaysThatItIsLive(t *testing.T) {
	w, p := newWorld(t), &shows{live: true}
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	w.clock.now = w.step("live").Due
	if err := w.WatchEvents(ctx); err != nil || len(p.asked) > 0 || w.step("live").Live {
		t.Errorf("%v: asked %v, live %v", err, p.asked, w.step("live").Live)
	}
}

// TestAnEventThatMovedIsNotLive: what was said of the old start does not send
// "we are live" at the new one.
func TestAnEventThatMovedIsNotLive(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	w.announced()
	old := w.step("live").Due
	w.clock.now = old
	if _, err := w.AnchorLive(ctx, w.lead(), "mayors", "live"); err != nil || !w.step("live").Live {
		t.Fatal(err)
	}
	if _, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", old.Add(time.Hour), 0); err != nil || w.step("live").Live {
		t.Errorf("%v: live %v", err, w.step("live").Live)
	}
}
