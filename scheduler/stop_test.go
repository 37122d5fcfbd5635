package scheduler

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// dialling waits before the gate, as a slow TLS handshake does.
func dialling(d time.Duration) act {
	return func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
		time.Sleep(d)
		return ok(ctx, p, r)
	}
}

func everything(*campaign.Delivery) bool { return true }

func stopAll(s *campaign.Switches) {
	s.Causes = map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {By: "ana@example.org", Reason: "news"}}
}

func TestF43StopAgainstManyDue(t *testing.T) {
	bubble(t, 8, func(t *testing.T, w *world) {
		w.addMany(800)
		for ch, p := range w.platforms {
			if ch < "c04" {
				p.does(dialling(5 * time.Second)) // armed, before the gate
			} else {
				p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
					receipt, err := ok(ctx, p, r)
					time.Sleep(5 * time.Second) // public, answer under way
					return receipt, err
				})
			}
		}
		w.start()
		goBy(time.Second)
		w.switches(stopAll)
		h, err := w.e.Halt(context.Background(), everything)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Left) != 4 || len(h.TakenBack) != 4 || len(h.Unsure) != 0 {
			t.Fatalf("left %d, taken back %d, unsure %d; want 4, 4, 0", len(h.Left), len(h.TakenBack), len(h.Unsure))
		}
		for _, d := range h.TakenBack {
			w.is(d.ID, campaign.Scheduled, 0) // at once, not when the handshake ends
		}
		public := w.public()
		w.mu.Lock()
		before := w.updates
		w.mu.Unlock()
		goBy(10 * time.Minute)
		if n := w.public(); n != public || n != 4 {
			t.Errorf("%d posts public after the stop, %d at the stop", n, public)
		}
		w.mu.Lock()
		if spent := w.updates - before; spent > 20 {
			t.Errorf("%d updates while stopped: deliveries were rewritten", spent)
		}
		w.mu.Unlock()
		// A restart with the stop stored starts closed.
		w.end()
		w.start()
		goBy(10 * time.Minute)
		if n := w.public(); n != 4 {
			t.Errorf("%d posts public after a restart under the stop", n)
		}
		w.switches(func(s *campaign.Switches) { s.Causes = nil })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(5 * time.Minute)
		for _, p := range w.platforms {
			w.spaced(p, time.Minute) // lifting releases no burst
		}
		if n := w.public(); n < 40 {
			t.Errorf("only %d posts public after the stop was lifted", n)
		}
	})
}

func (w *world) public() (n int) {
	for _, p := range w.platforms {
		p.mu.Lock()
		n += len(p.posts)
		p.mu.Unlock()
	}
	return n
}

func TestHaltCoversOnlyItsScope(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		a, b := w.add("a", "c00", time.Minute), w.add("b", "c01", time.Minute)
		hold := campaign.Scope{Kind: "channel", Channel: "c00"}
		w.p0().does(dialling(5 * time.Second))
		w.platforms["c01"].does(dialling(5 * time.Second))
		w.start()
		goBy(61 * time.Second)
		w.switches(func(s *campaign.Switches) { s.Holds = []campaign.Hold{{ID: "h", Scope: hold, By: "ana@example.org"}} })
		h, err := w.e.Halt(context.Background(), hold.Covers)
		if err != nil || len(h.TakenBack) != 1 || h.TakenBack[0].ID != a {
			t.Fatalf("halted %+v, %v", h, err)
		}
		goBy(10 * time.Minute)
		w.is(a, campaign.Scheduled, 0)
		w.is(b, campaign.Published, 1)
		if d := w.get(a); !d.Parked || d.Reason.Code != campaign.ReasonHeld {
			t.Errorf("held one is %+v", d.Reason)
		}
	})
}

func TestF42EditedAndWithdrawnWhileDue(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("old text", "c00", 10*time.Minute)
		w.start()
		goBy(9 * time.Minute) // the old text is staged
		now := w.clk.Now()
		c := campaign.Content{Text: "new text", Template: "new text", Language: "en"}
		w.update(func(tx store.Tx) error {
			if _, err := tx.PutContent(c); err != nil {
				return err
			}
			d, err := tx.Delivery(id)
			if err != nil {
				return err
			}
			n := d
			n.Content, n.Fingerprint, n.Wants = c.Digest(), c.Fingerprint(), campaign.ApprovalHash(c, d.Terms())
			if err := d.Change(n, now); err != nil {
				return err
			}
			return tx.PutDelivery(&d)
		})
		w.e.Wake()
		goBy(5 * time.Minute)
		w.is(id, campaign.Planned, 0) // not without a new approval
		now = w.clk.Now()
		w.change(id, func(d *campaign.Delivery) error {
			return d.Approve(campaign.Approval{By: "ben@example.org", At: now, Hash: d.Wants}, 1, now)
		})
		w.e.Wake()
		goBy(time.Minute)
		w.is(id, campaign.Published, 1)
		if text := w.p0().posts[0].text; text != "new text" {
			t.Errorf("%q is public", text)
		}
	})
	bubble(t, 1, func(t *testing.T, w *world) { // withdrawn between arming and gate
		id := w.add("a", "c00", time.Minute)
		w.p0().does(dialling(5 * time.Second))
		w.start()
		goBy(61 * time.Second)
		w.update(func(tx store.Tx) error {
			d, err := tx.Delivery(id)
			if err != nil {
				return err
			}
			d.Touch("withdrawn")
			p, err := tx.Plan("p")
			if err != nil {
				return err
			}
			p.Withdrawn = true
			if err := tx.PutPlan(p); err != nil {
				return err
			}
			return tx.PutDelivery(&d)
		})
		if _, err := w.e.Halt(context.Background(), everything); err != nil {
			t.Fatal(err)
		}
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(10 * time.Minute)
		w.is(id, campaign.Cancelled, 0)
	})
}

func TestF63OneLaneDoesNotDelayAnother(t *testing.T) {
	bubble(t, 4, func(t *testing.T, w *world) {
		let := make(chan struct{})
		defer close(let)
		hanging := w.add("hanging", "c00", time.Minute)
		w.p0().does(func(context.Context, *platform, channels.Request) (campaign.Receipt, error) { <-let; panic("late") })
		delete(w.platforms, "c01") // its channel cannot be opened
		broken := w.add("broken", "c01", time.Minute)
		held := campaign.Scope{Kind: "plan", Plan: "held"}
		var many []campaign.DeliveryID
		for i := range 1000 {
			many = append(many, w.add(fmt.Sprint("held", i), "c02", 0, func(d *campaign.Delivery, _ *campaign.Content) { d.Plan = "held" }))
		}
		w.update(func(tx store.Tx) error {
			return tx.PutPlan(campaign.Plan{ID: "held", Takeover: "w", Mechanism: "mayors", Revision: 1})
		})
		w.switches(func(s *campaign.Switches) { s.Holds = []campaign.Hold{{ID: "h", Scope: held, By: "ana@example.org"}} })
		free, other := w.add("free", "c02", time.Minute), w.add("other", "c03", time.Minute)
		w.start()
		goBy(62 * time.Second)
		w.is(free, campaign.Published, 1)
		w.is(other, campaign.Published, 1)
		for _, id := range []campaign.DeliveryID{free, other} {
			if d := w.get(id); d.Lateness > time.Second {
				t.Errorf("%s was %s late", d.Post, d.Lateness)
			}
		}
		goBy(3 * time.Minute)
		w.is(hanging, campaign.InDoubt, 0)
		if d := w.get(broken); d.State != campaign.Scheduled {
			t.Errorf("broken is %s", d.State)
		}
		if w.get(many[0]).State != campaign.Scheduled {
			t.Error("a held one left")
		}
		h := w.e.Health()
		if h.Ready(w.clk.Now()) || !h.Lanes[0].Hanging || h.Lanes[1].Fault == "" {
			t.Errorf("health is green: %+v", h.Lanes)
		}
	})
}

func TestF65StoppedBetweenArmAndGate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.clk.suspend(time.Minute) // SIGSTOP, or the machine slept
			return ok(ctx, p, r)
		})
		w.start()
		goBy(61 * time.Second)
		as := w.attempts(id)
		if len(as) < 1 || as[0].Fate != "not_sent" {
			t.Fatalf("the late byte left: %+v", as)
		}
		goBy(5 * time.Minute)
		w.is(id, campaign.Published, 1)
		for _, a := range w.attempts(id) {
			if a.Fate == "published" && w.p0().posts[0].at.After(a.SendBy) {
				t.Errorf("first byte %s after send_by", w.p0().posts[0].at.Sub(a.SendBy))
			}
		}
	})
	bubble(t, 1, func(t *testing.T, w *world) { // the wall clock was set back meanwhile: the boot clock says it
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.clk.suspend(time.Minute)
			w.clk.jump(-time.Minute)
			return ok(ctx, p, r)
		})
		w.start()
		goBy(61 * time.Second)
		w.is(id, campaign.Scheduled, 0)
	})
}

func TestGatePassesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(newBubbleClock())
		p := g.admit(campaign.Delivery{}, time.Now().Add(time.Minute), time.Hour)
		n := 0
		write := func() error { n++; return nil }
		if p.Pass(write) == nil {
			t.Error("the gate was open before the switches were read")
		}
		g.change(campaign.Switches{})
		p = g.admit(campaign.Delivery{}, time.Now().Add(time.Minute), time.Hour)
		if err := p.Pass(write); err != nil {
			t.Error(err)
		}
		if p.Pass(write) == nil || n != 1 {
			t.Errorf("an attempt passed twice (%d writes)", n)
		}
		q := g.admit(campaign.Delivery{}, time.Now().Add(time.Minute), time.Hour)
		q.leave()
		if q.Pass(write) == nil {
			t.Error("a pass was used after its attempt ended")
		}
	})
}

func TestNotRunningBeforeItKnowsWhetherItIsStopped(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.switches(stopAll)
		w.unread = 1000
		w.start()
		goBy(time.Second)
		if h := w.e.Health(); h.Running || h.Ready(w.clk.Now()) {
			t.Errorf("it calls itself running, and has not looked: %+v", h)
		}
		w.mu.Lock()
		w.unread = 0
		w.mu.Unlock()
		goBy(2 * maxSleep)
		if h := w.e.Health(); !h.Running || h.Stopped != campaign.CauseStop {
			t.Errorf("it looked, and says %+v", h)
		}
	})
}

// TestF6BusyStoreIsAskedAgainSoon: a store in another process that is away for
// ten seconds makes nothing a minute late, whoever met its absence.
func TestF6BusyStoreIsAskedAgainSoon(t *testing.T) {
	for name, due := range map[string]time.Duration{"the loop": 5 * time.Second, "a lane": 2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				id := w.add("soon", "c00", due)
				w.start()
				goBy(due - 3*time.Second)
				away := func(n int) {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.unread = n
				}
				away(1 << 30)
				w.e.Wake()
				goBy(10 * time.Second)
				away(0)
				goBy(2 * time.Second)
				w.is(id, campaign.Published, 1)
			})
		})
	}
}
