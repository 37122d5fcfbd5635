package scheduler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

func TestHuntedWrongClockAtStart(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		id := w.add("a", "c00", 12*time.Hour)
		old := w.add("b", "c01", 6*time.Hour)
		w.clk.jump(12*time.Hour + 10*time.Minute) // the machine boots with a wrong clock
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Scheduled, 0)
		w.is(old, campaign.Scheduled, 0)
		t.Log(w.stored().Causes)
	})
}

func TestHuntedRolledBackSecond(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		first := w.add("first", "c00", time.Minute)
		w.start()
		goBy(5 * time.Minute)
		w.is(first, campaign.Published, 1)
		w.end()
		// in the lost life: a was withdrawn, b went out
		a := w.add("a", "c00", 2*time.Minute)
		b := w.add("b", "c00", 4*time.Minute)
		w.p0().show(channels.Request{Delivery: campaign.Delivery{ID: b}, Key: "k"}, "b")
		goBy(10 * time.Minute)
		w.start()
		goBy(30 * time.Minute)
		t.Log(w.get(a).State, w.get(b).State)
		w.is(b, campaign.Scheduled, 1)
	})
}

func TestHuntedStagedOldTime(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		var sent string
		w.p0().prepare = func(r channels.Request) (channels.Staged, error) {
			return channels.Staged{Parts: []channels.Part{{Name: "post", Body: []byte(r.Content.Text + " due " + r.Delivery.Due.Format("15:04"))}}}, nil
		}
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			sent = string(r.Staged.Parts[r.Part].Body)
			return ok(ctx, p, r)
		})
		id := w.add("a", "c00", 4*time.Minute)
		w.start()
		goBy(time.Minute)
		w.change(id, func(d *campaign.Delivery) error {
			n := *d
			n.Due, n.Latest = d.Due.Add(2*time.Hour), d.Latest.Add(2*time.Hour)
			return d.Change(n, w.clk.Now())
		})
		w.e.Wake()
		goBy(3 * time.Hour)
		w.is(id, campaign.Published, 1)
		if want := "a due " + w.get(id).Due.Format("15:04"); sent != want {
			t.Errorf("sent %q, want %q", sent, want)
		}
	})
}

func TestHuntedContainerGone(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		n := 0
		w.p0().prepare = func(r channels.Request) (channels.Staged, error) {
			n++
			return channels.Staged{Parts: []channels.Part{{Name: "post", Body: []byte{byte('0' + n)}}}}, nil
		}
		dead := func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			if string(r.Staged.Parts[0].Body) != "1" {
				return ok(ctx, p, r)
			}
			return answers(channels.Error{Fate: channels.NotSent, Scope: channels.ScopeContent, Status: 404})(ctx, p, r)
		}
		for range 40 {
			w.p0().does(dead)
		}
		id := w.add("a", "c00", time.Minute)
		w.start()
		goBy(2 * time.Hour)
		t.Log("prepared", n, "calls", w.p0().calls)
		w.is(id, campaign.Published, 1)
	})
}

func TestHuntedLiftForgetsHalt(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		g := newGate(w.clk)
		var before campaign.Switches // read by A's Lift
		g.set(before, g.mark())
		mark := g.mark()
		// B: the stop is committed, then halted
		stop := campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {}}}
		_ = stop
		g.halt(context.Background(), everything)
		// an arming that committed before the stop is admitted now
		p := g.admit(campaign.Delivery{ID: "x"}, w.clk.Now().Add(time.Minute), w.clk.Boot()+time.Minute)
		g.lift(before, mark)
		if err := p.Pass(func() error { return nil }); !errors.Is(err, httpx.ErrGate) {
			t.Error("left after the stop was confirmed:", err)
		}
	})
}

func TestHuntedJumpShortensSettle(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		p := w.p0()
		p.settle = 4 * time.Minute
		p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			go func() {
				time.Sleep(210 * time.Second) // well within the settle time
				p.show(r, "a")
			}()
			return gone(ctx, p, r)
		})
		id := w.add("a", "c00", time.Minute, tolerance(3*time.Hour))
		w.start()
		goBy(time.Minute + 130*time.Second)
		w.clk.jump(time.Hour)
		goBy(10 * time.Second)
		t.Log(w.get(id).State, w.get(id).Reason, w.get(id).Reads)
		w.clk.jump(-time.Hour)
		goBy(2 * time.Hour)
		d := w.get(id)
		t.Log(d.State, d.Reason, len(w.attempts(id)))
		w.is(id, campaign.Published, 1)
	})
}

func TestHuntedDoubtAfterJumpBack(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		for _, p := range w.platforms {
			p.becomes(func() { p.skew = 0 })
		}
		w.p0().does(lost)
		id := w.add("a", "c00", time.Minute, tolerance(5*time.Hour))
		w.start()
		goBy(90 * time.Second) // read at 5, 15 s
		w.clk.jump(-3 * time.Hour)
		goBy(time.Hour)
		t.Log(w.get(id).State, w.get(id).CheckAt, w.clk.Now())
		w.is(id, campaign.Published, 1)
	})
}

func TestHuntedTouchManual(t *testing.T) {
	// content the same, one failing stage blocks? 16 failing, one good
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			if r.Content.Text != "good" {
				time.Sleep(2 * time.Second)
				return channels.Staged{}, &channels.Error{Op: "t", Fate: channels.NotSent, Scope: channels.ScopeContent, Err: errors.New("no picture")}
			}
			return p.stagedFor(r), nil
		}
		for i := range 40 {
			w.add("bad"+string(rune('A'+i)), "c00", time.Minute+time.Duration(i)*time.Millisecond)
		}
		id := w.add("good", "c00", 2*time.Minute, tolerance(10*time.Minute))
		w.start()
		goBy(30 * time.Minute)
		t.Log(w.get(id).State, w.get(id).Lateness, w.get(id).Reason)
		w.is(id, campaign.Published, 1)
	})
}

func TestHuntedStaleSurveyOpensGate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		g := newGate(w.clk)
		var read campaign.Switches // a turn's View, before the quarantine is committed
		mark := g.mark()
		g.change(campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseQuarantine: {}}})
		p := g.admit(campaign.Delivery{ID: "x"}, w.clk.Now().Add(time.Minute), w.clk.Boot()+time.Minute)
		g.set(read, mark)
		if err := p.Pass(func() error { return nil }); err == nil {
			t.Error("left under quarantine")
		}
	})
}

func TestHuntedTwinAnswerResendsDoubt(t *testing.T) {
	now := time.Now()
	d := campaign.Delivery{ID: "a", State: campaign.InDoubt, Attempt: 1, Latest: now.Add(time.Hour)}
	if err := d.AskTwin("b", "", now); err != nil {
		t.Fatal(err)
	}
	if err := d.DecideSend(now); err != nil {
		t.Fatal(err)
	}
	t.Log(d.State, d.Reason)
}
