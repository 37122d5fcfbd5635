package scheduler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestF35PlatformChangesThePost: what the platform dropped or changed is a
// warning on a published post, told once, whether its answer came or was found.
func TestF35PlatformChangesThePost(t *testing.T) {
	const said = "the platform kept no alt text"
	bubble(t, 1, func(t *testing.T, w *world) {
		w.p0().warning = said
		answered, found := w.add("answered", "c00", time.Minute), w.add("found", "c00", 2*time.Minute)
		plain := w.add("plain", "c00", 10*time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			receipt, err := ok(ctx, p, r)
			receipt.Warning = said
			return receipt, err
		}, lost)
		w.start()
		goBy(9 * time.Minute)
		w.p0().becomes(func() { w.p0().warning = "" })
		goBy(20 * time.Minute)
		for _, id := range []campaign.DeliveryID{answered, found} {
			w.is(id, campaign.Published, 1)
			if ws := w.get(id).Warnings; len(ws) != 1 || ws[0] != said {
				t.Errorf("%s: warnings %q", w.get(id).Post, ws)
			}
		}
		w.is(plain, campaign.Published, 1)
		if len(w.get(plain).Warnings) != 0 || w.told(NoticeWarning) != 2 {
			t.Errorf("told %d times, %q", w.told(NoticeWarning), w.get(plain).Warnings)
		}
	})
}

// TestF65StoppedInsideTheGate: a process that is stopped while its first byte
// leaves, or right after, is in doubt and finds its post; none is made twice.
func TestF65StoppedInsideTheGate(t *testing.T) {
	stopped := func(w *world, inside bool) act {
		return func(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			err := through(p, r, func() {
				if inside {
					w.clk.suspend(10 * time.Minute)
				}
				p.show(r, string(r.Staged.Parts[r.Part].Body))
			})
			if err != nil {
				return campaign.Receipt{}, err
			}
			if !inside {
				w.clk.suspend(10 * time.Minute)
			}
			return campaign.Receipt{}, &channels.Error{Op: "test", Reach: "sent", Err: errors.New("connection timed out")}
		}
	}
	for _, inside := range []bool{true, false} {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := w.add("a", "c00", time.Minute)
			w.p0().does(stopped(w, inside))
			w.start()
			goBy(61 * time.Second)
			w.is(id, campaign.InDoubt, 1)
			goBy(5 * time.Minute)
			w.is(id, campaign.Published, 1)
			if n := len(w.attempts(id)); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// TestF67ClockAlwaysWrong: a clock that is off by ten minutes from the start is
// told and sends nothing, in either direction; read-backs, which go on, do not
// depend on it, also once a person vouches for it.
func TestF67ClockAlwaysWrong(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		bubble(t, 3, func(t *testing.T, w *world) {
			w.clk.jump(off)
			waits, doubt, absent := w.add("waits", "c00", time.Minute), w.add("doubt", "c01", time.Minute), w.add("gone", "c02", time.Minute)
			now := w.clk.Now()
			for id, shown := range map[campaign.DeliveryID]bool{doubt: true, absent: false} { // left by an earlier process
				w.change(id, func(d *campaign.Delivery) error {
					return errors.Join(d.Arm(now), d.Doubt(1, campaign.ReasonDoubt, "", now, now))
				})
				d := w.get(id)
				w.attempted(d, now)
				if shown {
					w.platforms[d.Channel].show(channels.Request{Delivery: d}, string(d.Post))
				}
			}
			w.start()
			goBy(10 * time.Minute)
			w.is(waits, campaign.Scheduled, 0)
			w.is(doubt, campaign.Published, 1)
			w.is(absent, campaign.InDoubt, 0) // absence is a matter of time: not by this clock
			if _, on := w.stored().Causes[campaign.CauseClock]; !on || w.told(NoticeClock) != 1 {
				t.Fatalf("%s: distrusted %v, told %d times", off, on, w.told(NoticeClock))
			}
			w.platforms["c02"].does(lost)
			w.switches(func(s *campaign.Switches) { s.Causes = nil })
			if err := w.e.Lift(context.Background()); err != nil {
				t.Fatal(err)
			}
			goBy(10 * time.Minute)
			w.is(waits, campaign.Published, 1)
			w.is(absent, campaign.Published, 1)
		})
	}
}
