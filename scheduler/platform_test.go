package scheduler

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

func TestF10PanicInAnAdapter(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		id, next := w.add("a", "c00", time.Minute), w.add("next", "c00", 2*time.Minute)
		other := w.add("other", "c01", 2*time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			_, _ = ok(ctx, p, r)
			panic("nil map")
		})
		w.start()
		goBy(30 * time.Minute)
		w.is(id, campaign.Published, 1) // found
		w.is(next, campaign.Scheduled, 0)
		w.is(other, campaign.Published, 1)
		if _, held := w.stored().LaneHolds["fake0:acc"]; !held || w.told(NoticeLane) != 1 {
			t.Errorf("lane held: %v, told %d times", held, w.told(NoticeLane))
		}
	})
}

func TestF11AdapterHangs(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		let := make(chan struct{})
		id, next := w.add("a", "c00", time.Minute), w.add("next", "c00", 2*time.Minute)
		other := w.add("other", "c01", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			receipt, err := ok(ctx, p, r)
			<-let // deaf to its context
			return receipt, err
		})
		w.start()
		goBy(61 * time.Second)
		w.is(other, campaign.Published, 1)
		goBy(5 * time.Minute)
		w.is(id, campaign.InDoubt, 1)
		w.is(next, campaign.Scheduled, 0)
		if h := w.e.Health(); h.Ready(w.clk.Now()) || !h.Lanes[0].Hanging {
			t.Errorf("health does not say that the lane hangs: %+v", h.Lanes)
		}
		close(let)
		goBy(5 * time.Minute)
		w.is(id, campaign.Published, 1)
		w.is(next, campaign.Published, 1)
		a := w.attempts(id)[0]
		if !a.Late || a.Fate != "in_doubt" || w.get(id).Reason.Code != campaign.ReasonFound {
			t.Errorf("the late result is more than evidence: %+v, %s", a, w.get(id).Reason.Code)
		}
		if w.p0().most != 1 {
			t.Errorf("%d calls at once on one account", w.p0().most)
		}
	})
}

func TestF27Unreachable(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute, tolerance(10*time.Minute))
		back := w.add("back", "c00", time.Hour)
		for range 100 {
			w.p0().does(undialled)
		}
		w.start()
		goBy(30 * time.Minute)
		w.is(id, campaign.Missed, 0)
		if n := len(w.attempts(id)); n < 3 || n > 20 {
			t.Errorf("%d attempts in ten minutes", n)
		}
		if w.told(NoticeMissed) != 1 || w.told(NoticeRetry) != 1 {
			t.Errorf("told of %d missed, %d retries", w.told(NoticeMissed), w.told(NoticeRetry))
		}
		w.p0().mu.Lock()
		w.p0().script = []act{undialled, undialled}
		w.p0().mu.Unlock()
		goBy(time.Hour)
		w.is(back, campaign.Published, 1)
	})
}

func TestF29AnswerLost(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(lost)
		w.start()
		goBy(61 * time.Second)
		w.is(id, campaign.InDoubt, 1)
		goBy(time.Minute)
		w.is(id, campaign.Published, 1)
		if d := w.get(id); d.Receipts[0].How != "read-back" {
			t.Errorf("receipt by %s", d.Receipts[0].How)
		}
	})
}

// TestF29Blind puts each class before a lost answer, with and without effect.
func TestF29EveryClass(t *testing.T) {
	for _, tt := range []struct {
		class    campaign.Class
		strength channels.Strength
		act      act
		state    campaign.State
		shown    int
	}{
		{campaign.K1, channels.Good, lost, campaign.Published, 1},
		{campaign.K1, channels.Good, gone, campaign.Published, 1},
		{campaign.K1, channels.Weak, gone, campaign.Published, 1},
		{campaign.K2, channels.Exact, lost, campaign.Published, 1},
		{campaign.K2, channels.Exact, gone, campaign.Published, 1},
		{campaign.K2, channels.Weak, lost, campaign.Published, 1}, // CannotTell: repeated under its key
		{campaign.K2, channels.Weak, gone, campaign.Published, 1},
		{campaign.K4, channels.Weak, lost, campaign.Published, 1},
		{campaign.K4, channels.Weak, gone, campaign.NeedsHuman, 0},
		{campaign.K5, channels.Good, gone, campaign.Published, 1},
		{campaign.K6, channels.Weak, lost, campaign.NeedsHuman, 1},
		{campaign.K6, channels.Weak, gone, campaign.NeedsHuman, 0},
	} {
		bubble(t, 1, func(t *testing.T, w *world) {
			p := w.p0()
			p.class, p.strength = tt.class, tt.strength
			id := w.add("a", "c00", time.Minute)
			p.does(tt.act)
			w.start()
			goBy(45 * time.Minute)
			w.is(id, tt.state, tt.shown)
			if t.Failed() {
				t.Logf("class %s, strength %d: %+v", tt.class, tt.strength, w.attempts(id))
			}
		})
	}
}

func TestRepeatEndsWithItsKey(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.class, p.strength, p.window = campaign.K1, channels.Weak, 5*time.Minute
		id := w.add("a", "c00", time.Minute, tolerance(5*time.Hour))
		for range 50 {
			p.does(gone)
		}
		w.start()
		goBy(time.Hour)
		w.is(id, campaign.NeedsHuman, 0)
		as := w.attempts(id)
		for _, a := range as[1:] {
			if !a.Repeat || a.Key != as[0].Key || a.Envelope != as[0].Envelope || !a.KeyUntil.Equal(as[0].KeyUntil) || a.ArmedAt.After(a.KeyUntil) {
				t.Errorf("attempt %+v does not repeat %+v", a, as[0])
			}
		}
		if len(as) < 2 {
			t.Errorf("%d attempts", len(as))
		}
	})
}

func TestRepeatStopsWhenTouched(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.class, p.strength = campaign.K2, channels.Weak
		id := w.add("a", "c00", time.Minute)
		p.does(lost)
		w.start()
		goBy(61 * time.Second)
		w.change(id, func(d *campaign.Delivery) error { d.Touch("stopped by ana"); return nil })
		goBy(time.Hour)
		w.is(id, campaign.NeedsHuman, 1)
		if n := len(w.attempts(id)); n != 1 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestF30FateTable(t *testing.T) {
	now := time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	left := now
	gate := fmt.Errorf("%w: held", httpx.ErrGate)
	for _, tt := range []struct {
		name    string
		err     error
		left    time.Time
		refused bool
		fate    string
		code    string
		hold    bool
		ease    bool
	}{
		{"receipt", nil, left, false, "published", campaign.ReasonPublished, false, false},
		{"untyped", errors.New("EOF"), left, false, "in_doubt", campaign.ReasonDoubt, false, true},
		{"untyped before the gate", errors.New("EOF"), time.Time{}, false, "in_doubt", campaign.ReasonDoubt, false, true},
		{"typed zero", &channels.Error{}, left, false, "in_doubt", campaign.ReasonDoubt, false, true},
		{"hangs", errHangs, time.Time{}, true, "in_doubt", campaign.ReasonDoubt, false, true},
		{"panic", &panicError{}, left, false, "in_doubt", campaign.ReasonDoubt, true, true},
		{"gate", &channels.Error{Fate: channels.NotSent, Gate: true, Err: gate}, time.Time{}, true, "not_sent", campaign.ReasonGate, false, false},
		{"gate, untyped", gate, time.Time{}, true, "not_sent", campaign.ReasonGate, false, false},
		{"gate, but bytes left", &channels.Error{Fate: channels.NotSent, Gate: true, Err: gate}, left, false, "in_doubt", campaign.ReasonDoubt, false, true},
		{"refused", &channels.Error{Fate: channels.Refused, Status: 422}, left, false, "refused", campaign.ReasonRefused, false, false},
		{"account refused", &channels.Error{Fate: channels.Refused, Status: 403, Scope: channels.ScopeChannel}, left, false, "not_sent", campaign.ReasonLane, true, false},
		{"401", &channels.Error{Fate: channels.NotSent, Status: 401, Scope: channels.ScopeChannel}, left, false, "not_sent", campaign.ReasonLane, true, false},
		{"429", &channels.Error{Fate: channels.NotSent, Status: 429, Scope: channels.ScopeChannel}, left, false, "not_sent", campaign.ReasonRate, false, false},
		{"429 from a box", &channels.Error{Fate: channels.InDoubt, Status: 429}, left, false, "in_doubt", campaign.ReasonDoubt, false, true},
		{"outage", &channels.Error{Fate: channels.NotSent, Scope: channels.ScopePlatform}, time.Time{}, false, "not_sent", campaign.ReasonNotSent, false, true},
		{"duplicate", &channels.Error{Fate: channels.Refused, Duplicate: true}, left, false, "in_doubt", campaign.ReasonDuplicate, false, false},
		{"handed over", &channels.Error{Code: campaign.ReasonHandedOver}, left, false, "in_doubt", campaign.ReasonHandedOver, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := outcome[campaign.Receipt]{err: tt.err}
			if tt.err == nil {
				o.value.RemoteID = "1"
			} else if ce := (*channels.Error)(nil); errors.As(tt.err, &ce) && ce.Err == nil {
				ce.Err = errors.New("test")
			}
			v := judge(o, tt.left, tt.refused, 1, "d", now)
			if v.fate != tt.fate || v.code != tt.code || (v.hold != "") != tt.hold || v.ease != tt.ease {
				t.Errorf("judged %+v", v)
			}
		})
	}
	if v := judge(outcome[campaign.Receipt]{}, left, false, 1, "d", now); v.fate != "in_doubt" {
		t.Errorf("a yes without a post is %s", v.fate)
	}
}

func TestF31RateLimits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asked time.Duration // 0: no Retry-After
		state campaign.State
	}{
		{"none", 0, campaign.Published},
		{"minutes", 20 * time.Minute, campaign.Published},
		{"past", -time.Hour, campaign.Published},
		{"ten years", 10 * 365 * 24 * time.Hour, campaign.Missed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				id := w.add("a", "c00", time.Minute)
				next := w.add("next", "c00", 2*time.Minute)
				later := w.add("later", "c00", 30*time.Hour)
				e := channels.Error{Fate: channels.NotSent, Status: 429, Scope: channels.ScopeChannel}
				if tt.asked != 0 {
					e.RetryAt = w.clk.Now().Add(time.Minute + tt.asked)
				}
				w.p0().does(answers(e))
				w.start()
				goBy(2*time.Minute + time.Second)
				if tt.asked > 0 {
					w.is(next, campaign.Scheduled, 0) // the lane waits, not the post alone
				}
				goBy(3 * time.Hour)
				shown := 0
				if tt.state == campaign.Published {
					shown = 1
				}
				w.is(id, tt.state, shown)
				goBy(30 * time.Hour)
				w.is(later, campaign.Published, 1)
			})
		})
	}
}

func TestF32TokenDies(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		var ids []campaign.DeliveryID
		for i := range 5 {
			ids = append(ids, w.add(fmt.Sprint("a", i), "c00", time.Duration(i+1)*time.Minute))
		}
		w.p0().does(answers(channels.Error{Fate: channels.NotSent, Status: 401, Scope: channels.ScopeChannel}))
		w.start()
		goBy(20 * time.Minute)
		for _, id := range ids {
			w.is(id, campaign.Scheduled, 0)
		}
		if w.told(NoticeLane) != 1 || w.p0().calls != 1 {
			t.Errorf("told %d times after %d calls", w.told(NoticeLane), w.p0().calls)
		}
		w.switches(func(s *campaign.Switches) { s.LaneHolds = nil })
		if err := w.e.Lift(context.Background()); err != nil {
			t.Fatal(err)
		}
		goBy(10 * time.Minute)
		for _, id := range ids {
			w.is(id, campaign.Published, 1)
		}
		w.spaced(w.p0(), time.Minute)
	})
}

// spaced fails the test when two posts of the account are closer than gap.
func (w *world) spaced(p *platform, gap time.Duration) {
	w.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 1; i < len(p.posts); i++ {
		if d := p.posts[i].at.Sub(p.posts[i-1].at); d < gap {
			w.t.Errorf("%q came %s after %q, want %s", p.posts[i].text, d, p.posts[i-1].text, gap)
		}
	}
}

func TestF34Duplicate(t *testing.T) {
	refuse := answers(channels.Error{Fate: channels.Refused, Status: 403, Duplicate: true})
	ours := func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
		_, _ = ok(ctx, p, r)
		return campaign.Receipt{}, &channels.Error{Op: "test", Fate: channels.Refused, Duplicate: true, Err: errors.New("twin")}
	}
	for _, tt := range []struct {
		name     string
		act      act
		strength channels.Strength
		state    campaign.State
		shown    int
	}{
		{"ours", ours, channels.Good, campaign.Published, 1},
		{"another's", refuse, channels.Good, campaign.Rejected, 0},
		{"cannot tell", refuse, channels.Weak, campaign.NeedsHuman, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				w.p0().class, w.p0().strength = campaign.K4, tt.strength
				id := w.add("a", "c00", time.Minute)
				w.p0().does(tt.act)
				w.start()
				goBy(30 * time.Minute)
				w.is(id, tt.state, tt.shown)
				if w.p0().calls != 1 {
					t.Errorf("%d calls", w.p0().calls)
				}
			})
		})
	}
}

func TestF36Staging(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		n := 0
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			n++
			s := p.stagedFor(r)
			s.Until = w.clk.Now().Add(3 * time.Minute) // expires before due
			return s, nil
		}
		id := w.add("a", "c00", 5*time.Minute)
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Published, 1)
		if n < 2 {
			t.Errorf("staged %d times", n)
		}
	})
	bubble(t, 1, func(t *testing.T, w *world) { // media processing never ends
		p := w.p0()
		bad := w.add("bad", "c00", 5*time.Minute, tolerance(10*time.Minute))
		good := w.add("good", "c00", 6*time.Minute)
		p.prepare = func(r channels.Request) (channels.Staged, error) {
			if r.Delivery.ID == bad {
				return channels.Staged{}, &channels.Error{Op: "test", Fate: channels.NotSent, Err: errors.New("still processing")}
			}
			return p.stagedFor(r), nil
		}
		w.start()
		goBy(6*time.Minute + 30*time.Second)
		w.is(good, campaign.Published, 1) // nobody stands behind it
		goBy(20 * time.Minute)
		w.is(bad, campaign.Missed, 0)
	})
	bubble(t, 1, func(t *testing.T, w *world) { // refused while staged
		w.p0().prepare = func(channels.Request) (channels.Staged, error) {
			return channels.Staged{}, &channels.Error{Op: "test", Fate: channels.Refused, Status: 422, Err: errors.New("picture too large")}
		}
		id := w.add("a", "c00", 5*time.Minute)
		w.start()
		goBy(10 * time.Minute)
		w.is(id, campaign.Rejected, 0)
		if as := w.attempts(id); len(as) != 1 || as[0].Fate != "refused" {
			t.Errorf("evidence: %+v", as)
		}
	})
}

func TestF39EverythingIsDown(t *testing.T) {
	bubble(t, 3, func(t *testing.T, w *world) {
		var short, long []campaign.DeliveryID
		for ch, p := range w.platforms {
			p.down = true
			for range 300 {
				p.does(undialled)
			}
			short = append(short, w.add("short "+string(ch), ch, time.Hour))
			long = append(long, w.add("long "+string(ch), ch, time.Hour, tolerance(10*time.Hour)))
		}
		w.start()
		goBy(6 * time.Hour)
		for _, p := range w.platforms {
			p.mu.Lock()
			if p.calls > 120 {
				t.Errorf("%d calls in five hours", p.calls)
			}
			p.down, p.script = false, nil
			p.mu.Unlock()
		}
		goBy(20 * time.Minute)
		for i := range short {
			w.is(short[i], campaign.Missed, 0)
			w.is(long[i], campaign.Published, 1)
		}
	})
}

func TestF61LaterPartFails(t *testing.T) {
	for name, second := range map[string]act{
		"refused": answers(channels.Error{Fate: channels.Refused, Status: 422}),
		"lost":    lost,
		"gone":    gone,
		"429":     answers(channels.Error{Fate: channels.NotSent, Status: 429}),
		"outage":  undialled,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				w.p0().parts = 2
				id := w.add("a", "c00", time.Minute)
				w.p0().does(ok, second)
				w.start()
				goBy(30 * time.Minute)
				d := w.get(id)
				want := 2
				if name == "refused" {
					want = 1
				}
				w.is(id, campaign.Published, want)
				if (len(d.Warnings) > 0) != (want == 1) {
					t.Errorf("warnings: %q", d.Warnings)
				}
			})
		})
	}
	bubble(t, 1, func(t *testing.T, w *world) { // until it is too late
		w.p0().parts = 3
		id := w.add("a", "c00", time.Minute, tolerance(10*time.Minute))
		w.p0().does(ok)
		for range 50 {
			w.p0().does(undialled)
		}
		w.start()
		goBy(time.Hour)
		w.is(id, campaign.Published, 1)
		if d := w.get(id); len(d.Warnings) != 1 || w.told(NoticeWarning) != 1 {
			t.Errorf("warnings %q, told %d times", d.Warnings, w.told(NoticeWarning))
		}
	})
}

func TestF64OtherBytes(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.class, p.strength = campaign.K2, channels.Weak
		id := w.add("a", "c00", time.Minute)
		p.does(gone)
		w.start()
		goBy(61 * time.Second)
		w.restage(id, "something else")
		goBy(time.Hour)
		w.is(id, campaign.NeedsHuman, 0)
		if n := len(w.attempts(id)); n != 1 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestF68ForeignPost(t *testing.T) {
	foreign := func(p *platform, text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.next++
		p.posts = append(p.posts, post{id: fmt.Sprintf("%06d", p.next), text: text, at: p.w.clk.Now()})
	}
	bubble(t, 1, func(t *testing.T, w *world) { // one foreign post, two deliveries in doubt
		p := w.p0()
		series := func(d *campaign.Delivery, c *campaign.Content) { d.Series, c.Text = "s", "same" }
		a, b := w.add("a", "c00", time.Minute, series), w.add("b", "c00", 2*time.Minute, series)
		p.down = true
		p.does(gone, gone)
		w.start()
		goBy(150 * time.Second)
		foreign(p, "same")
		p.mu.Lock()
		p.down = false
		p.mu.Unlock()
		goBy(50 * time.Minute)
		seen := map[string]campaign.DeliveryID{}
		for _, id := range []campaign.DeliveryID{a, b} {
			for _, r := range w.get(id).Receipts {
				if other, twice := seen[r.RemoteID]; twice {
					t.Errorf("%s stands in the receipts of %s and %s", r.RemoteID, other, id)
				}
				seen[r.RemoteID] = id
			}
		}
	})
	bubble(t, 1, func(t *testing.T, w *world) { // published, deleted by a person who said so
		p := w.p0()
		id := w.add("a", "c00", time.Minute)
		p.does(lost)
		w.start()
		goBy(61 * time.Second)
		p.mu.Lock()
		p.posts = nil
		p.mu.Unlock()
		w.change(id, func(d *campaign.Delivery) error { d.Touch("withdrawn"); return nil })
		goBy(time.Hour)
		w.is(id, campaign.NeedsHuman, 0)
	})
}
