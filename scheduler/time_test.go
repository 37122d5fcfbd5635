package scheduler

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

func TestF18QuarantineStored(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id, gone := w.add("a", "c00", time.Minute), w.add("gone", "c00", time.Minute, tolerance(2*time.Minute))
		w.switches(func(s *campaign.Switches) {
			s.Causes = map[campaign.Cause]campaign.CauseRecord{campaign.CauseQuarantine: {Reason: "an older copy"}}
		})
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		w.is(gone, campaign.Scheduled, 0) // it may be public, so nothing calls it missed
		if h := w.e.Health(); h.Stopped != campaign.CauseQuarantine {
			t.Errorf("health says stopped by %q", h.Stopped)
		}
		w.switches(func(s *campaign.Switches) { s.Causes = nil })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

func TestF19RolledBackStore(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		first, id := w.add("first", "c00", time.Minute), w.add("a", "c00", 20*time.Minute)
		other := w.add("other", "c01", 40*time.Minute)
		w.start()
		goBy(10 * time.Minute)
		w.is(first, campaign.Published, 1)
		w.end()
		// The post went out in the life that the store no longer knows.
		w.p0().show(channels.Request{Delivery: campaign.Delivery{ID: id}}, "a")
		w.start()
		goBy(time.Hour)
		w.is(id, campaign.Scheduled, 1)
		w.is(other, campaign.Scheduled, 0)
		if _, on := w.stored().Causes[campaign.CauseQuarantine]; !on || w.told(NoticeRestore) != 1 {
			t.Errorf("quarantine: %v, told %d times", on, w.told(NoticeRestore))
		}
	})
}

// TestF19CopyRunsBesides: a copy of us, with its counter, runs elsewhere and is
// a moment faster. What it published is seen before we send it, too, or the
// platform recognises the repeat; what people post by hand stops nothing.
func TestF19CopyRunsBesides(t *testing.T) {
	for _, tt := range []struct {
		class campaign.Class
		text  string // of what is public since our last post; "": nothing is
		want  campaign.State
		stops bool
		looks int
	}{
		{campaign.K5, "a", campaign.Scheduled, true, 1},
		{campaign.K5, "by hand", campaign.Published, false, 1},
		{campaign.K5, "", campaign.Published, false, 0},
		{campaign.K1, "a", campaign.Published, false, 0},
	} {
		t.Run(string(tt.class)+" "+tt.text, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				p := w.p0()
				p.class = tt.class
				p.newest = func() string {
					p.mu.Lock()
					defer p.mu.Unlock()
					return p.posts[len(p.posts)-1].id
				}
				p.show(channels.Request{}, "of old")
				first, id := w.add("first", "c00", time.Minute), w.add("a", "c00", 20*time.Minute)
				w.start()
				goBy(10 * time.Minute)
				w.is(first, campaign.Published, 1)
				if tt.text != "" {
					p.show(channels.Request{Delivery: campaign.Delivery{ID: id}, Key: keyFor(&campaign.Delivery{ID: id}, nil)}, tt.text)
				}
				before := p.looks()
				goBy(10*time.Minute + time.Second)
				if n := p.looks() - before; n != tt.looks {
					t.Errorf("%d looks before sending, want %d", n, tt.looks)
				}
				goBy(time.Hour)
				if d := w.get(id); d.State != tt.want {
					t.Errorf("%s, want %s", d.State, tt.want)
				}
				public := map[bool]int{true: 2, false: 1}[tt.text == "by hand"]
				if n := p.count(id); n != public {
					t.Errorf("%d are public, want %d", n, public)
				}
				if _, on := w.stored().Causes[campaign.CauseQuarantine]; on != tt.stops {
					t.Errorf("quarantine: %v", on)
				}
			})
		})
	}
}

// TestF19RolledBackThread: what follows the first part went out in the life
// that the store no longer knows.
func TestF19RolledBackThread(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		w.p0().parts = 2
		id := w.add("a", "c00", time.Minute)
		w.p0().does(ok, undialled, undialled)
		w.start()
		goBy(61 * time.Second)
		if d := w.get(id); d.Part != 1 || d.State != campaign.Scheduled {
			t.Fatalf("%s at part %d", d.State, d.Part)
		}
		w.end()
		w.p0().show(channels.Request{Delivery: campaign.Delivery{ID: id}, Part: 1}, "a (2)")
		w.start()
		goBy(30 * time.Minute)
		if n := w.p0().count(id); n != 2 {
			t.Errorf("%d posts are public", n)
		}
		if _, on := w.stored().Causes[campaign.CauseQuarantine]; !on || w.told(NoticeRestore) != 1 {
			t.Errorf("quarantine: %v, told %d times", on, w.told(NoticeRestore))
		}
	})
}

func TestF20ClockJumpsForward(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, 24 * time.Hour, 12 * 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			bubble(t, 3, func(t *testing.T, w *world) {
				var ids []campaign.DeliveryID
				for i := range 6 {
					ids = append(ids, w.add(fmt.Sprint("a", i), "c00", 30*time.Minute+time.Duration(i)*time.Second))
				}
				w.start()
				goBy(10 * time.Minute)
				w.clk.jump(jump)
				goBy(10 * time.Minute)
				for _, id := range ids {
					w.is(id, campaign.Scheduled, 0) // neither sent nor missed
				}
				if _, on := w.stored().Causes[campaign.CauseClock]; !on || w.told(NoticeClock) != 1 {
					t.Fatalf("clock distrusted: %v, told %d times", on, w.told(NoticeClock))
				}
				w.clk.jump(-jump) // set right again
				goBy(15 * time.Minute)
				for _, id := range ids {
					w.is(id, campaign.Published, 1)
				}
				if _, on := w.stored().Causes[campaign.CauseClock]; on {
					t.Error("the cause was not lifted")
				}
			})
		})
	}
}

func TestF20APersonVouches(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", 30*time.Minute)
		w.p0().down = true
		w.start()
		goBy(time.Minute)
		w.clk.jump(5 * time.Minute)
		goBy(26 * time.Minute)
		w.is(id, campaign.Scheduled, 0) // no platform can be reached: it stays
		w.switches(func(s *campaign.Switches) { delete(s.Causes, campaign.CauseClock) })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

// TestF20AWrongPlatformIsSetRight: a person said that our clock is right and the
// platform's is not; once the platform agrees with ours, that is no new doubt.
func TestF20AWrongPlatformIsSetRight(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", 30*time.Minute)
		p := w.p0()
		p.skew = time.Hour
		w.start()
		goBy(time.Minute)
		if _, on := w.stored().Causes[campaign.CauseClock]; !on {
			t.Fatal("the clock is trusted")
		}
		w.switches(func(s *campaign.Switches) { delete(s.Causes, campaign.CauseClock) })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		p.becomes(func() { p.skew = 0 })
		goBy(30 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

func TestF20JumpWhileStopped(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) { // a daemon that starts with the distrust stored
		id := w.add("a", "c00", time.Minute)
		w.switches(func(s *campaign.Switches) {
			s.Causes = map[campaign.Cause]campaign.CauseRecord{campaign.CauseClock: {By: daemon}}
		})
		for _, p := range w.platforms {
			p.skew = time.Hour
		}
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		for _, p := range w.platforms {
			p.becomes(func() { p.skew = 0 })
		}
		goBy(2 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

// TestF20JumpWhileStoppedAndOffline: the clock was set while the daemon was
// down, and no platform could be reached when it came up. The first that can be
// reached again is asked for the time before anything is sent to it.
func TestF20JumpWhileStoppedAndOffline(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Hour, tolerance(5*time.Hour))
		p := w.p0()
		p.does(undialled, undialled)
		for _, q := range w.platforms {
			q.down = true
		}
		w.clk.jump(2 * time.Hour)
		w.start()
		goBy(5 * time.Second)
		if len(w.attempts(id)) == 0 {
			t.Fatal("with no word on the time it was not even tried")
		}
		p.becomes(func() { p.down = false })
		goBy(9 * time.Minute) // less than until all are asked again
		w.is(id, campaign.Scheduled, 0)
		if _, on := w.stored().Causes[campaign.CauseClock]; !on {
			t.Error("the clock is trusted")
		}
	})
}

func TestClockOffAgainstPlatforms(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		id := w.add("a", "c00", 5*time.Minute)
		for _, p := range w.platforms {
			p.skew = 40 * time.Second
		}
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
	})
	bubble(t, 3, func(t *testing.T, w *world) { // one liar is outvoted
		id := w.add("a", "c00", 5*time.Minute)
		w.p0().skew = time.Hour
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

func TestF21ClockJumpsBack(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		out, id := w.add("out", "c00", time.Minute), w.add("a", "c00", 10*time.Minute)
		w.start()
		goBy(2 * time.Minute)
		w.is(out, campaign.Published, 1)
		w.clk.jump(-time.Hour)
		goBy(20 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		w.clk.jump(time.Hour)
		goBy(5 * time.Minute)
		w.is(out, campaign.Published, 1)
		w.is(id, campaign.Published, 1)
		if d := w.get(id); d.Lateness < 0 {
			t.Errorf("lateness %s", d.Lateness)
		}
	})
}

func TestF22Suspended(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		var ids []campaign.DeliveryID
		for i := range 4 {
			ids = append(ids, w.add(fmt.Sprint("a", i), "c00", time.Duration(30+i)*time.Minute, tolerance(90*time.Minute)))
		}
		lost := w.add("short", "c00", 35*time.Minute, tolerance(10*time.Minute))
		w.start()
		goBy(10 * time.Minute)
		w.clk.suspend(time.Hour)
		goBy(30 * time.Second)
		w.is(lost, campaign.Missed, 0)
		goBy(10 * time.Minute)
		for _, id := range ids {
			w.is(id, campaign.Published, 1)
		}
		w.spaced(w.p0(), time.Minute)
		if w.told(NoticeLate) != 4 {
			t.Errorf("told of %d late posts", w.told(NoticeLate))
		}
	})
}

func TestRestartLatePolicy(t *testing.T) {
	for _, tt := range []struct {
		policy string
		state  campaign.State
		parked bool
	}{{"send", campaign.Published, false}, {"skip", campaign.Missed, false}, {"ask", campaign.Scheduled, true}} {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := w.add("a", "c00", time.Minute)
			fresh := w.add("fresh", "c00", 31*time.Minute)
			w.update(func(tx store.Tx) error {
				c, err := tx.Campaign()
				if err != nil {
					return err
				}
				n := *c
				n.Policies.OnRestartLate = tt.policy
				return tx.PutCampaign(n)
			})
			goBy(30 * time.Minute)
			w.start()
			goBy(5 * time.Minute)
			if d := w.get(id); d.State != tt.state || d.Parked != tt.parked {
				t.Errorf("%s: %s, parked %v", tt.policy, d.State, d.Parked)
			}
			w.is(fresh, campaign.Published, 1)
			if tt.parked { // a person lets it go
				w.change(id, func(d *campaign.Delivery) error { return d.Unpark(w.clk.Now(), w.clk.Now()) })
				w.e.Wake()
				goBy(2 * time.Minute)
				w.is(id, campaign.Published, 1)
			}
		})
	}
}

func TestF26ManyDueAfterAnOutage(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		const n = 3000
		w.addMany(n)
		goBy(2 * time.Hour)
		w.start()
		w.mu.Lock()
		before := w.updates
		w.mu.Unlock()
		goBy(10*time.Minute - time.Second)
		for _, p := range w.platforms {
			w.spaced(p, time.Minute)
			if len(p.posts) != 10 {
				t.Errorf("%d posts in ten minutes", len(p.posts))
			}
			for i := 1; i < len(p.posts); i++ {
				if p.posts[i].text <= p.posts[i-1].text {
					t.Errorf("%s came after %s", p.posts[i].text, p.posts[i-1].text)
				}
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if spent := w.updates - before; spent > 200 {
			t.Errorf("%d updates for 20 posts: the waiting ones were rewritten", spent)
		}
	})
}

// addMany schedules n posts, due now, on all channels in turn.
func (w *world) addMany(n int) {
	w.t.Helper()
	now := w.clk.Now()
	for done := 0; done < n; done += 500 {
		w.update(func(tx store.Tx) error {
			for i := done; i < min(done+500, n); i++ {
				ch := campaign.ChannelID(fmt.Sprintf("c%02d", i%len(w.platforms)))
				text := fmt.Sprintf("%06d", i)
				c := campaign.Content{Text: text, Template: text, Language: "en"}
				d := campaign.Delivery{ID: campaign.DeliveryID("d_" + text), Takeover: "w", Mechanism: "mayors", Plan: "p", Post: campaign.PostID(text),
					Channel: ch, Lane: w.c.LaneOf(ch), Language: "en", Rule: "at", Due: now.Add(time.Duration(i) * time.Millisecond),
					Latest: now.Add(200 * time.Hour), Tolerance: 200 * time.Hour, PlanRevision: 1, Content: c.Digest(), Fingerprint: c.Fingerprint()}
				d.Wants = campaign.ApprovalHash(c, d.Terms())
				if err := errors.Join(d.BeginPlanned(now), d.Approve(campaign.Approval{By: "ana@example.org", At: now, Hash: d.Wants}, 1, now)); err != nil {
					return err
				}
				if _, err := tx.PutContent(c); err != nil {
					return err
				}
				if err := tx.PutDelivery(&d); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestF48LivestreamMoves(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("in an hour", "c00", 10*time.Minute)
		live := w.add("we are live", "c00", time.Hour, func(d *campaign.Delivery, _ *campaign.Content) { d.WaitFor, d.Tolerance = "live", 15*time.Minute })
		w.start()
		goBy(9 * time.Minute) // staged already
		now := w.clk.Now()
		w.change(id, func(d *campaign.Delivery) error {
			n := *d
			n.Due, n.Latest = now.Add(30*time.Minute), now.Add(90*time.Minute)
			return d.Change(n, now)
		})
		w.e.Wake()
		goBy(20 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		goBy(11 * time.Minute)
		w.is(id, campaign.Published, 1)
		goBy(22 * time.Minute)
		w.is(live, campaign.Scheduled, 0)
		now = w.clk.Now()
		w.change(live, func(d *campaign.Delivery) error { d.Live = true; return d.Unpark(now, now) })
		w.e.Wake()
		goBy(time.Second)
		w.is(live, campaign.Published, 1)
	})
}

// TestF21PutOffByAFastClock: what a clock that ran ahead put off comes forward
// when the clock is set right, while we run or while we do not.
func TestF21PutOffByAFastClock(t *testing.T) {
	for _, restart := range []bool{false, true} {
		bubble(t, 3, func(t *testing.T, w *world) {
			id := w.add("a", "c00", time.Minute, tolerance(30*time.Minute))
			soon := w.add("b", "c01", 12*time.Minute, tolerance(30*time.Minute))
			doubt := w.add("c", "c02", time.Minute, tolerance(8*time.Hour))
			held := w.add("d", "c01", time.Minute, tolerance(8*time.Hour))
			w.platforms["c02"].does(lost)
			w.start()
			goBy(30 * time.Second)
			ahead := w.clk.Now().Add(3 * time.Hour)
			for _, id := range []campaign.DeliveryID{id, soon} {
				w.change(id, func(d *campaign.Delivery) error {
					return d.Wait(campaign.ReasonNotSent, "the platform was down", ahead.Add(5*time.Minute), ahead)
				})
			}
			mine := w.clk.Now()
			w.change(held, func(d *campaign.Delivery) error { // put off by the right clock: it stays so
				return d.Wait(campaign.ReasonGap, "", mine.Add(2*time.Hour), mine)
			})
			w.e.Wake()
			goBy(31 * time.Second)
			w.is(doubt, campaign.InDoubt, 1)
			w.change(doubt, func(d *campaign.Delivery) error { return d.LookAgain(false, ahead) })
			if restart {
				w.end()
				w.start()
			} else {
				w.clk.jump(time.Hour)
				goBy(time.Minute)
				w.clk.jump(-time.Hour)
			}
			goBy(15 * time.Minute)
			for _, id := range []campaign.DeliveryID{id, soon, doubt} {
				w.is(id, campaign.Published, 1)
				if d := w.get(id); d.Lateness < 0 || d.Lateness > 15*time.Minute {
					t.Errorf("restart %v: %s lateness %s", restart, d.Post, d.Lateness)
				}
			}
			w.is(held, campaign.Scheduled, 0)
			goBy(2 * time.Hour)
			w.is(held, campaign.Published, 1)
		})
	}
}
