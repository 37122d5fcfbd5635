package scheduler

import (
	"context"
	"errors"
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

// TestAnswerAgainstTheGate is about an adapter that does not use the gate: what
// was taken back says that it is public.
func TestAnswerAgainstTheGate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			time.Sleep(5 * time.Second)
			return campaign.Receipt{RemoteID: p.show(r, "a")}, nil
		})
		w.start()
		goBy(61 * time.Second)
		if h, err := w.e.Halt(context.Background(), everything); err != nil || len(h.TakenBack) != 1 {
			t.Fatalf("%+v, %v", h, err)
		}
		goBy(10 * time.Second)
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 1)
		if !w.get(id).Parked || w.told(NoticeParked) != 1 {
			t.Errorf("parked %v, told %d times", w.get(id).Parked, w.told(NoticeParked))
		}
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
