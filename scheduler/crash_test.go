package scheduler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// killing dies in the middle of a publish call: with effect or without.
func killing(w *world, effect bool) act {
	return func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
		err := through(p, r, func() {
			if effect {
				p.show(r, string(r.Staged.Parts[r.Part].Body))
			}
		})
		w.mu.Lock()
		w.killed = true
		w.mu.Unlock()
		<-ctx.Done()
		return campaign.Receipt{}, err
	}
}

func TestF01KillBeforeArming(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		soon := w.add("soon", "c00", 10*time.Minute)
		short := w.add("short", "c00", 10*time.Minute, tolerance(time.Minute))
		w.start()
		goBy(9 * time.Minute)
		w.kill()
		goBy(6 * time.Minute)
		w.start()
		goBy(5 * time.Minute)
		w.is(soon, campaign.Published, 1)
		w.is(short, campaign.Missed, 0)
		if w.told(NoticeMissed) != 1 || w.told(NoticeLate) != 1 {
			t.Errorf("told of %d missed and %d late, want 1 and 1", w.told(NoticeMissed), w.told(NoticeLate))
		}
	})
}

func TestF02KillBetweenArmAndGate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.mu.Lock()
			w.killed = true
			w.mu.Unlock()
			<-ctx.Done()
			return campaign.Receipt{}, errors.New("never dialled")
		})
		w.start()
		goBy(70 * time.Second)
		w.kill()
		w.is(id, campaign.Armed, 0)
		w.start()
		goBy(time.Second)
		w.is(id, campaign.InDoubt, 0)
		goBy(10 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

func TestF03KillInFlight(t *testing.T) {
	for _, effect := range []bool{true, false} {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := w.add("a", "c00", time.Minute)
			w.p0().does(killing(w, effect))
			w.start()
			goBy(70 * time.Second)
			w.kill()
			w.start()
			goBy(10 * time.Minute)
			w.is(id, campaign.Published, 1)
			if d := w.get(id); effect && d.Reason.Code != campaign.ReasonFound {
				t.Errorf("ended by %s, want a read-back", d.Reason.Code)
			}
		})
	}
}

func TestF04KillBeforeTheRecord(t *testing.T) {
	for _, class := range []campaign.Class{campaign.K2, campaign.K5} {
		bubble(t, 1, func(t *testing.T, w *world) {
			w.p0().class = class
			if class == campaign.K2 {
				w.p0().strength = channels.Exact
			}
			id := w.add("a", "c00", time.Minute)
			w.start()
			goBy(30 * time.Second)
			w.mu.Lock()
			w.crashAt = w.updates + 2 // arming commits, its record does not
			w.mu.Unlock()
			goBy(time.Minute)
			w.reap()
			w.is(id, campaign.Armed, 1)
			w.start()
			goBy(10 * time.Minute)
			w.is(id, campaign.Published, 1)
		})
	}
}

func TestF04BlindPlatformAsksAPerson(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.p0().class, w.p0().strength = campaign.K6, channels.Weak
		id := w.add("a", "c00", time.Minute)
		w.p0().does(killing(w, true))
		w.start()
		goBy(70 * time.Second)
		w.kill()
		w.start()
		goBy(24 * time.Hour)
		w.is(id, campaign.NeedsHuman, 1)
		if w.told(NoticePerson) != 1 {
			t.Errorf("told %d times", w.told(NoticePerson))
		}
	})
}

// TestNamedWorkIsAskedFor: what a blind platform named before its call ended is
// stored at once, so that it is asked for by its name, also after a crash.
func TestNamedWorkIsAskedFor(t *testing.T) {
	for _, crash := range []bool{false, true} {
		bubble(t, 1, func(t *testing.T, w *world) {
			p := w.p0()
			p.class, p.strength = campaign.K6, channels.Exact
			id := w.add("a", "c00", time.Minute)
			p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
				if err := through(p, r, func() {
					public := p.show(r, r.Content.Text)
					p.becomes(func() { p.working = map[string]string{"work-1": public} })
				}); err != nil {
					return campaign.Receipt{}, err
				}
				if err := r.Note("work-1"); err != nil {
					t.Error(err)
				}
				if crash {
					w.mu.Lock()
					w.killed = true
					w.mu.Unlock()
					<-ctx.Done()
				}
				return campaign.Receipt{}, &channels.Error{Op: "test.publish", Err: errors.New("still working on it")}
			})
			w.start()
			goBy(70 * time.Second)
			if crash {
				w.kill()
				w.start()
			}
			goBy(10 * time.Minute)
			w.is(id, campaign.Published, 1)
		})
	}
}

func TestF05KillDuringStaging(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		p := w.p0()
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			w.mu.Lock()
			w.killed = true
			w.mu.Unlock()
			return p.stagedFor(r), nil
		}
		w.start()
		goBy(time.Second)
		w.kill()
		p.prepare = nil
		w.start()
		goBy(5 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

// TestF06KillAtEveryStep kills at every Update of a run with a retry, a lost
// answer and two parts, before its commit and after it, and starts again.
func TestF06KillAtEveryStep(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; at < 60; at++ {
			over := false
			bubble(t, 2, func(t *testing.T, w *world) {
				w.p0().parts = 2
				ids := []campaign.DeliveryID{w.add("a", "c00", time.Minute), w.add("b", "c01", time.Minute), w.add("c", "c01", 2*time.Minute)}
				w.p0().does(undialled, ok, lost)
				w.platforms["c01"].does(gone, lost)
				w.start()
				w.mu.Lock()
				w.crashAt, w.after = w.updates+at, after
				w.mu.Unlock()
				for range 40 {
					goBy(15 * time.Second)
					if w.dead() {
						break
					}
				}
				if over = !w.dead(); over {
					return
				}
				w.reap()
				w.start()
				goBy(45 * time.Minute)
				w.is(ids[0], campaign.Published, 2)
				w.is(ids[1], campaign.Published, 1)
				w.is(ids[2], campaign.Published, 1)
				if t.Failed() {
					t.Fatalf("killed at update %d, after its commit: %v", at, after)
				}
			})
			if over {
				if at < 8 {
					t.Fatalf("only %d updates happened", at)
				}
				break
			}
		}
	}
}

func TestF07GracefulStop(t *testing.T) {
	slow := func(d time.Duration) act {
		return func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			receipt, err := ok(ctx, p, r)
			select {
			case <-time.After(d):
				return receipt, err
			case <-ctx.Done():
				return campaign.Receipt{}, ctx.Err()
			}
		}
	}
	bubble(t, 2, func(t *testing.T, w *world) {
		quick, late := w.add("quick", "c00", time.Minute), w.add("late", "c01", time.Minute)
		next := w.add("next", "c00", 61*time.Second)
		w.p0().does(slow(10 * time.Second))
		w.platforms["c01"].does(slow(50 * time.Second))
		w.start()
		goBy(time.Minute + 100*time.Millisecond)
		begun := time.Now()
		if err := w.end(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(begun); took > 35*time.Second {
			t.Errorf("the stop took %s", took)
		}
		w.is(quick, campaign.Published, 1)
		w.is(late, campaign.InDoubt, 1)
		w.is(next, campaign.Scheduled, 0)
	})
}

func TestF13To15StoreFailsOnArming(t *testing.T) {
	for _, failing := range []error{store.ErrBroken, errors.New("no space left on device")} {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := w.add("a", "c00", time.Minute)
			w.start()
			goBy(30 * time.Second)
			w.mu.Lock()
			w.failing = failing
			w.mu.Unlock()
			goBy(time.Minute)
			err := w.end()
			if !errors.Is(err, store.ErrBroken) {
				t.Errorf("Run: %v, want ErrBroken", err)
			}
			w.is(id, campaign.Scheduled, 0)
			if w.told(NoticeStore) != 1 {
				t.Errorf("told %d times", w.told(NoticeStore))
			}
		})
	}
}

func TestF14StoreFailsOnTheResult(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		id, other := w.add("a", "c00", time.Minute), w.add("b", "c01", 2*time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.mu.Lock()
			w.failing = errors.New("no space left on device")
			w.mu.Unlock()
			return ok(ctx, p, r)
		})
		w.start()
		goBy(5 * time.Minute)
		if err := w.end(); !errors.Is(err, store.ErrBroken) {
			t.Errorf("Run: %v, want ErrBroken", err)
		}
		w.is(id, campaign.Armed, 1)
		w.is(other, campaign.Scheduled, 0)
		w.reap()
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Published, 1)
		w.is(other, campaign.Published, 1)
	})
}

func TestF62StartsInEveryState(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		var ids []campaign.DeliveryID
		for i := range 9 {
			ids = append(ids, w.add(string(rune('a'+i)), "c00", time.Duration(i)*time.Second, tolerance(20*time.Hour)))
		}
		now := w.clk.Now()
		w.change(ids[0], func(d *campaign.Delivery) error { return d.Wait("x", "", now.Add(time.Minute), now) })
		w.change(ids[1], func(d *campaign.Delivery) error { return d.Arm(now) })
		w.change(ids[2], func(d *campaign.Delivery) error {
			return errors.Join(d.Arm(now), d.Doubt(1, "doubt", "", now.Add(-9999*time.Hour), now))
		})
		w.change(ids[3], func(d *campaign.Delivery) error {
			return errors.Join(d.Arm(now), d.Doubt(1, "doubt", "", now, now), d.NeedPerson("cannot_tell", "", now))
		})
		w.change(ids[4], func(d *campaign.Delivery) error { return d.Cancel("organizer", "", now) })
		w.change(ids[5], func(d *campaign.Delivery) error { return d.Park("held", "", now) })
		w.change(ids[6], func(d *campaign.Delivery) error { return d.TakeBack("", now) })
		w.change(ids[7], func(d *campaign.Delivery) error {
			d.NotBefore = time.Time{}
			d.ArmedAt = now.Add(1e6 * time.Hour)
			return nil
		})
		w.start()
		goBy(10 * time.Hour)
		w.is(ids[0], campaign.Published, 1)
		w.is(ids[3], campaign.NeedsHuman, 0)
		w.is(ids[4], campaign.Cancelled, 0)
		w.is(ids[5], campaign.Scheduled, 0)
		w.is(ids[6], campaign.Planned, 0)
		w.is(ids[7], campaign.Published, 1)
		w.is(ids[8], campaign.Published, 1)
		for _, id := range ids[1:3] { // their attempts are not stored: nobody can look
			if d := w.get(id); d.State != campaign.InDoubt && d.State != campaign.NeedsHuman {
				t.Errorf("%s is %s", d.Post, d.State)
			}
		}
		if w.told(NoticeDoubt)+w.told(NoticePerson) < 2 {
			t.Errorf("nobody was told of what cannot be looked for: %v", w.notices)
		}
	})
}
