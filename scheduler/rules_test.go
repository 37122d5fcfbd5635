package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

func TestLateMaterialisation(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			time.AfterFunc(30*time.Second, func() { p.show(r, "a") }) // a queue behind the platform's door
			return gone(ctx, p, r)
		})
		w.start()
		goBy(time.Hour)
		w.is(id, campaign.Published, 1)
	})
}

func TestFailedReadInBetween(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		p := w.p0()
		p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			p.becomes(func() { p.down = false })
			time.AfterFunc(20*time.Second, func() { p.becomes(func() { p.down = true }) })
			time.AfterFunc(5*time.Minute, func() { p.becomes(func() { p.down = false }) })
			time.AfterFunc(5*time.Minute+20*time.Second, func() { p.show(r, "a") })
			return gone(ctx, p, r)
		})
		w.start()
		goBy(time.Hour)
		w.is(id, campaign.Published, 1)
	})
}

func TestBlindPlatformAsksAtOnce(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.p0().class, w.p0().strength = campaign.K6, channels.Weak
		id, next := w.add("a", "c00", time.Minute), w.add("b", "c00", 10*time.Minute)
		w.p0().does(lost, killing(w, true))
		w.start()
		goBy(61 * time.Second)
		w.is(id, campaign.NeedsHuman, 1)
		goBy(10 * time.Minute)
		w.kill()
		w.start()
		goBy(time.Second)
		w.is(next, campaign.NeedsHuman, 1)
	})
}

func TestPausedChannelOnASharedAccount(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		w.update(func(tx store.Tx) error {
			c, err := tx.Campaign()
			if err != nil {
				return err
			}
			n := *c
			n.Channels = map[campaign.ChannelID]campaign.Channel{
				"c00": {Platform: "fake0", Account: "acc", Paused: true}, "c01": {Platform: "fake0", Account: "acc"}}
			w.c = n
			return tx.PutCampaign(n)
		})
		paused, free := w.add("paused", "c00", time.Minute), w.add("free", "c01", time.Minute)
		w.start()
		goBy(62 * time.Second)
		w.is(paused, campaign.Scheduled, 0)
		w.is(free, campaign.Published, 1)
	})
}

func TestGapIsGivenBack(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.update(func(tx store.Tx) error {
			c, err := tx.Campaign()
			if err != nil {
				return err
			}
			n := *c
			n.Channels = map[campaign.ChannelID]campaign.Channel{"c00": {Platform: "fake0", Account: "acc", MinGap: 30 * time.Minute, DailyLimit: 1}}
			return tx.PutCampaign(n)
		})
		id := w.add("a", "c00", time.Minute, tolerance(10*time.Minute))
		w.p0().does(undialled)
		w.start()
		goBy(12 * time.Minute)
		w.is(id, campaign.Published, 1) // what never left took no place
	})
}

// TestQuotaOfThePlatform: the account's 24 hours count over all its channels and
// over a restart, whatever the campaign's own limits say.
func TestQuotaOfThePlatform(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		w.daily = 3
		w.update(func(tx store.Tx) error {
			c, err := tx.Campaign()
			if err != nil {
				return err
			}
			n := *c
			n.Channels = map[campaign.ChannelID]campaign.Channel{"c00": {Platform: "fake0", Account: "acc"}, "c01": {Platform: "fake0", Account: "acc", DailyLimit: 100}}
			w.c = n
			return tx.PutCampaign(n)
		})
		for i := range 6 {
			ch := campaign.ChannelID(fmt.Sprintf("c%02d", i%2))
			w.add(fmt.Sprint("a", i), ch, time.Duration(i+1)*time.Minute, tolerance(60*time.Hour), func(d *campaign.Delivery, _ *campaign.Content) { d.Lane = "fake0:acc" })
		}
		w.start()
		goBy(3*time.Minute + 30*time.Second)
		w.end()
		w.start()
		goBy(12 * time.Hour)
		if n := w.public(); n != 3 {
			t.Errorf("%d posts in 12 hours", n)
		}
		goBy(14 * time.Hour)
		if n := w.public(); n != 6 {
			t.Errorf("%d posts in 26 hours", n)
		}
	})
}

func TestOnePlatformIsNotEnough(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		id := w.add("a", "c00", 20*time.Minute)
		w.platforms["c01"].down = true
		w.start()
		goBy(time.Minute)
		w.clk.jump(5 * time.Minute)
		goBy(time.Minute)
		w.clk.jump(-5 * time.Minute)
		goBy(30 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
	})
}

func TestStoreFailureShutsTheGate(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		early, broken := w.add("early", "c00", time.Minute), w.add("broken", "c01", time.Minute+time.Second)
		w.p0().does(dialling(5 * time.Second))
		w.start()
		goBy(60500 * time.Millisecond)
		w.mu.Lock()
		w.failing = errors.New("input/output error")
		w.mu.Unlock()
		goBy(time.Minute)
		if err := w.end(); !errors.Is(err, store.ErrBroken) {
			t.Errorf("Run: %v", err)
		}
		w.is(early, campaign.Armed, 0)
		w.is(broken, campaign.Scheduled, 0)
	})
}

func TestClockJumpsInTheActOfArming(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		p := w.p0()
		p.newest = func() string {
			p.newest = nil // asked once
			w.clk.jump(3 * time.Hour)
			return ""
		}
		p.down = true
		w.start()
		goBy(2 * time.Minute)
		w.is(id, campaign.Scheduled, 0) // nothing is missed by a time that has just jumped
	})
}

// TestAnswerAgainstTheGate is about adapters that do not use the gate: what was
// taken back says that it is public, or perhaps is, before or after it was too
// late or was withdrawn. A person must look; nothing hides it.
func TestAnswerAgainstTheGate(t *testing.T) {
	takenBack := func(t *testing.T, w *world, a act, change ...func(*campaign.Delivery, *campaign.Content)) campaign.DeliveryID {
		id := w.add("a", "c00", time.Minute, change...)
		w.p0().does(a)
		w.start()
		goBy(61 * time.Second)
		w.switches(stopAll)
		if h, err := w.e.Halt(context.Background(), everything); err != nil || len(h.TakenBack) != 1 {
			t.Fatalf("%+v, %v", h, err)
		}
		w.is(id, campaign.Scheduled, w.p0().count(id))
		return id
	}
	yes := func(after time.Duration) act {
		return func(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			time.Sleep(after)
			return campaign.Receipt{RemoteID: p.show(r, "a")}, nil
		}
	}
	asked := func(t *testing.T, w *world, id campaign.DeliveryID, shown int) {
		t.Helper()
		w.switches(func(s *campaign.Switches) { s.Causes = nil })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(3 * time.Hour)
		w.is(id, campaign.NeedsHuman, shown)
		if a := w.attempts(id)[0]; !a.Late || a.Fate != "not_sent" || w.told(NoticePerson) != 1 {
			t.Errorf("told %d times, evidence %+v", w.told(NoticePerson), a)
		}
	}
	t.Run("yes", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := takenBack(t, w, yes(5*time.Second))
			goBy(10 * time.Second)
			asked(t, w, id, 1)
			if a := w.attempts(id)[0]; a.RemoteID == "" {
				t.Error("the post's id is not kept")
			}
		})
	})
	t.Run("no answer", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := takenBack(t, w, func(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
				time.Sleep(5 * time.Second)
				p.show(r, "a")
				return campaign.Receipt{}, &channels.Error{Op: "test", Status: 504, Err: errors.New("no answer")}
			})
			goBy(10 * time.Second)
			asked(t, w, id, 1)
		})
	})
	t.Run("too late meanwhile", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := takenBack(t, w, yes(30*time.Second), tolerance(10*time.Second))
			goBy(20 * time.Second)
			w.is(id, campaign.Scheduled, 0) // its call is still out: nobody says missed
			goBy(20 * time.Second)
			asked(t, w, id, 1)
		})
	})
	t.Run("withdrawn meanwhile", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := takenBack(t, w, yes(30*time.Second))
			w.change(id, func(d *campaign.Delivery) error { return d.Cancel(campaign.ReasonWithdrawn, "", w.clk.Now()) })
			goBy(40 * time.Second)
			asked(t, w, id, 1)
		})
	})
	t.Run("hangs", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			let := make(chan struct{})
			id := takenBack(t, w, func(context.Context, *platform, channels.Request) (campaign.Receipt, error) {
				<-let
				return campaign.Receipt{}, errors.New("EOF")
			}, tolerance(30*time.Second))
			goBy(3 * time.Minute)
			asked(t, w, id, 0)
			close(let)
			goBy(time.Minute)
		})
	})
	t.Run("and it did not leave", func(t *testing.T) {
		bubble(t, 1, func(t *testing.T, w *world) {
			id := takenBack(t, w, dialling(30*time.Second), tolerance(10*time.Second))
			goBy(20 * time.Second)
			w.is(id, campaign.Scheduled, 0)
			goBy(2 * time.Minute)
			w.is(id, campaign.Missed, 0)
			if w.told(NoticeMissed) != 1 {
				t.Errorf("told %d times", w.told(NoticeMissed))
			}
		})
	})
}
func TestDelay(t *testing.T) {
	for n := range 12 {
		d := delay(n, "seed")
		want := min(5*time.Second<<max(0, n-1), 5*time.Minute)
		if d > want || d < want*4/5 {
			t.Errorf("delay %d is %s, want up to a fifth less than %s", n, d, want)
		}
	}
	if delay(1, "a") == delay(1, "b") {
		t.Error("no jitter")
	}
}

func TestSilence(t *testing.T) {
	now := time.Unix(0, 0)
	for _, tt := range []struct{ asked, want time.Duration }{
		{-time.Hour, time.Minute}, {0, time.Minute}, {time.Hour, time.Hour}, {1e6 * time.Hour, maxSilence},
	} {
		if got := silence(now.Add(tt.asked), now.Add(time.Minute), now).Sub(now); got != tt.want {
			t.Errorf("asked for %s: %s", tt.asked, got)
		}
	}
}

func TestF38YesButNotThere(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		dropped, kept := w.add("dropped", "c00", time.Minute), w.add("kept", "c00", 2*time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			receipt, err := ok(ctx, p, r)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.posts = nil
			return receipt, err
		})
		w.start()
		goBy(20 * time.Minute)
		w.is(dropped, campaign.Published, 0)
		w.is(kept, campaign.Published, 1)
		if n := len(w.get(dropped).Warnings); n != 1 || len(w.get(kept).Warnings) != 0 || w.told(NoticeWarning) != 1 {
			t.Errorf("%d warnings, told %d times", n, w.told(NoticeWarning))
		}
		if w.p0().calls != 2 {
			t.Errorf("%d calls: it was sent again", w.p0().calls)
		}
	})
}

func TestHaltStaysUntilLift(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.start()
		if _, err := w.e.Halt(context.Background(), everything); err != nil {
			t.Fatal(err)
		}
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(6 * time.Minute)
		w.is(id, campaign.Published, 1)
	})
}

func TestHousekeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var slow, panics, fine atomic.Int32
		done := make(chan error)
		go func() {
			done <- Housekeep(ctx, time.UTC, slog.New(slog.DiscardHandler),
				Job{"slow", "@every 1m", func(ctx context.Context) error { slow.Add(1); <-ctx.Done(); return ctx.Err() }},
				Job{"panics", "@every 1m", func(context.Context) error { panics.Add(1); panic("no") }},
				Job{"fine", "0 3 * * *", func(context.Context) error { fine.Add(1); return errors.New("no space") }})
		}()
		goBy(49 * time.Hour)
		if slow.Load() != 1 || panics.Load() < 2000 || fine.Load() != 2 {
			t.Errorf("slow ran %d times, panics %d, fine %d", slow.Load(), panics.Load(), fine.Load())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if Housekeep(t.Context(), time.UTC, slog.Default(), Job{Name: "bad", Spec: "x"}) == nil {
			t.Error("a spec that nobody can read was taken")
		}
	})
}

// TestPreparingIsSeen: what is being staged, and only that, is known while it is.
func TestPreparingIsSeen(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			time.Sleep(30 * time.Second)
			return p.stagedFor(r), nil
		}
		first, second := w.add("a", "c00", time.Minute), w.add("b", "c00", 2*time.Minute)
		w.start()
		goBy(10 * time.Second)
		if !w.e.Preparing(first) || w.e.Preparing(second) || w.e.Preparing("") || w.e.Health().Lanes[0].Preparing != first {
			t.Errorf("at first: %+v", w.e.Health().Lanes)
		}
		goBy(30 * time.Second)
		if w.e.Preparing(first) || !w.e.Preparing(second) {
			t.Errorf("then: %+v", w.e.Health().Lanes)
		}
		goBy(5 * time.Minute)
		if w.e.Preparing(second) || w.e.Health().Lanes[0].Preparing != "" {
			t.Errorf("at last: %+v", w.e.Health().Lanes)
		}
		w.is(first, campaign.Published, 1)
	})
}

// TestDoubtSeenBeforeItsReadBack: a turn that saw a doubt before its last
// read-back was recorded asks nobody. The second answer would count as time
// that passed, and what was staged for one that has ended is gone.
func TestDoubtSeenBeforeItsReadBack(t *testing.T) {
	for name, act := range map[string]act{"absent": gone, "found": lost} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				id := w.add("a", "c00", time.Minute)
				w.p0().settle = time.Minute
				w.p0().does(act)
				w.start()
				goBy(62 * time.Second)
				w.is(id, campaign.InDoubt, map[string]int{"absent": 0, "found": 1}[name])
				seen := w.get(id)
				goBy(5 * time.Second) // the first read-back
				after, reads := w.get(id), w.p0().looks()
				w.e.mu.Lock()
				l := w.e.laneNamed(seen.Lane)
				w.e.mu.Unlock()
				w.e.reads(l, &w.c, []campaign.Delivery{seen})
				if w.p0().looks() != reads || w.get(id).Reads != after.Reads || w.get(id).State != after.State {
					t.Errorf("asked %d times more; it is %s after %d read-backs", w.p0().looks()-reads, w.get(id).State, w.get(id).Reads)
				}
			})
		})
	}
}
