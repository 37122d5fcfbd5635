package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// most counts how many run at once and keeps the largest number.
type most struct{ now, max atomic.Int64 }

func (m *most) enter() (leave func()) {
	n := m.now.Add(1)
	for {
		old := m.max.Load()
		if n <= old || m.max.CompareAndSwap(old, n) {
			return func() { m.now.Add(-1) }
		}
	}
}

// TestF12ManyLanesAtOnce: more accounts are due at once than may hold a
// connection or pictures; all are published, once, and in time.
func TestF12ManyLanesAtOnce(t *testing.T) {
	bubble(t, maxCalls+100, func(t *testing.T, w *world) {
		var calls, prepares most
		for _, p := range w.platforms {
			p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
				defer calls.enter()()
				time.Sleep(time.Second)
				return ok(ctx, p, r)
			})
			p.prepare = func(r channels.Request) (channels.Staged, error) {
				defer prepares.enter()()
				time.Sleep(time.Second)
				return p.stagedFor(r), nil
			}
		}
		w.addMany(len(w.platforms))
		w.start()
		goBy(2 * time.Minute)
		if n := w.public(); n != len(w.platforms) {
			t.Errorf("%d of %d published", n, len(w.platforms))
		}
		if c, p := calls.max.Load(), prepares.max.Load(); c > maxCalls || p > maxPrepares || p < maxPrepares/2 {
			t.Errorf("%d calls and %d stagings at once", c, p)
		}
	})
}

// TestF12CallsHaveAPlaceEach: no more calls run at once than there are places,
// and what waits for a place is not armed.
func TestF12CallsHaveAPlaceEach(t *testing.T) {
	bubble(t, 5, func(t *testing.T, w *world) {
		var calls most
		for _, p := range w.platforms {
			p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
				defer calls.enter()()
				receipt, err := ok(ctx, p, r)
				time.Sleep(20 * time.Second)
				return receipt, err
			})
		}
		w.addMany(5)
		w.places = 2
		w.start()
		goBy(30 * time.Second)
		waiting := 0 // which ones come last is chance
		for i := range 5 {
			id := campaign.DeliveryID(fmt.Sprintf("d_%06d", i))
			if len(w.attempts(id)) > 0 {
				continue
			}
			waiting++
			w.is(id, campaign.Scheduled, 0)
		}
		if waiting != 1 {
			t.Errorf("%d wait for a place, want 1", waiting)
		}
		goBy(2 * time.Minute)
		if w.public() != 5 || calls.max.Load() != 2 {
			t.Errorf("%d published, %d calls at once", w.public(), calls.max.Load())
		}
	})
}

// TestF12CallsThatNeverReturn: stagings, read-backs and questions for the time
// that never return cost one goroutine each, not one at each try; other accounts
// do not notice, health says it, and when they return all goes on.
func TestF12CallsThatNeverReturn(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		let := make(chan struct{})
		var prepares, reads, dates atomic.Int64
		p, r := w.p0(), w.platforms["c01"]
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			prepares.Add(1)
			<-let
			return p.stagedFor(r), nil
		}
		r.does(lost)
		r.read = func() { reads.Add(1); r.mu.Unlock(); <-let; r.mu.Lock() }
		r.date = func() { dates.Add(1); <-let }
		unprepared := w.add("unprepared", "c00", time.Minute, tolerance(20*time.Hour))
		second := w.add("second", "c00", 2*time.Minute, tolerance(20*time.Hour))
		doubt := w.add("doubt", "c01", time.Minute, tolerance(20*time.Hour))
		other := w.add("other", "c02", 2*time.Hour)
		w.start()
		goBy(3 * time.Hour)
		if prepares.Load() != 1 || reads.Load() != 1 || dates.Load() != 1 {
			t.Errorf("%d stagings, %d read-backs, %d questions for the time are waited for", prepares.Load(), reads.Load(), dates.Load())
		}
		w.is(other, campaign.Published, 1)
		if d := w.get(other); d.Lateness > time.Second {
			t.Errorf("another account was %s late", d.Lateness)
		}
		h := w.e.Health()
		if h.Ready(w.clk.Now()) || !h.Lanes[0].Hanging || !h.Lanes[1].Hanging || w.told(NoticeHang) != 2 {
			t.Errorf("told %d times, health %+v", w.told(NoticeHang), h.Lanes)
		}
		close(let)
		goBy(30 * time.Minute)
		for _, id := range []campaign.DeliveryID{unprepared, second, doubt} {
			w.is(id, campaign.Published, 1)
		}
	})
}

// TestF12NoDescriptorLeft: a call for which no socket can be had left nothing:
// it is tried again, and published once.
func TestF12NoDescriptorLeft(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		none := func(context.Context, *platform, channels.Request) (campaign.Receipt, error) {
			return campaign.Receipt{}, &channels.Error{Op: "test", Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: "nothing left",
				Err: errors.Join(errors.New("dial"), syscall.EMFILE)}
		}
		w.p0().does(none, none)
		id := w.add("a", "c00", time.Minute)
		w.start()
		goBy(5 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

// TestF12BusyStore: a store that takes no more changes for a while costs time,
// but no result, and is not taken for one that failed.
func TestF12BusyStore(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id, next := w.add("a", "c00", time.Minute), w.add("next", "c00", 2*time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.mu.Lock()
			w.busy = 40
			w.mu.Unlock()
			return ok(ctx, p, r)
		})
		w.start()
		goBy(3 * time.Minute)
		w.is(id, campaign.Published, 1)
		w.is(next, campaign.Published, 1)
		if as := w.attempts(id); len(as) != 1 || as[0].Fate != FatePublished || w.told(NoticeStore) > 0 {
			t.Errorf("told %d times, %+v", w.told(NoticeStore), as)
		}
	})
}
