package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

var everything = campaign.Scope{Kind: "all"}

func (w *world) switches() campaign.Switches {
	w.t.Helper()
	var sw campaign.Switches
	err := w.Store.View(ctx, func(tx store.Tx) (err error) {
		sw, err = tx.Switches()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return sw
}

// F43: the answer to a stop is true: what left, what may be public, what was taken back.
func TestF43StopIsTruthful(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "One."), post("two", "2026-12-14T09:00", "Two."), post("three", "2026-12-14T09:00", "Three.")))
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	sent, gate, doubt := w.of("one")[0], w.of("two")[0], w.of("three")[0]
	asked := w.of("three")[1]
	w.arm(sent)
	w.arm(gate)
	w.doubt(doubt)
	w.ask(asked)
	w.brake.answer = func(covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
		if _, on := w.switches().Causes[campaign.CauseStop]; !on {
			t.Error("the gate was closed before the stop was stored")
		}
		if !covers(&sent) || !covers(&gate) {
			t.Error("everything does not cover everything")
		}
		w.live(gate.ID, func(d *campaign.Delivery) error {
			return d.PutBack(d.Attempt, false, campaign.ReasonGate, "stopped", w.clock.now, w.clock.now)
		})
		return []campaign.DeliveryID{sent.ID}, []campaign.DeliveryID{gate.ID}, nil
	}
	out, err := w.Stop(ctx, w.boss(), everything, "")
	if err != nil || !out.Confirmed {
		t.Fatalf("%v: %+v", err, out)
	}
	if len(out.Left) != 1 || out.Left[0].ID != sent.ID || len(out.Perhaps) != 2 || len(out.TakenBack) != 1 || out.TakenBack[0].ID != gate.ID {
		t.Errorf("left %v, perhaps %v, taken back %v", idsOfRows(out.Left), idsOfRows(out.Perhaps), idsOfRows(out.TakenBack))
	}
	for _, d := range w.all() {
		if open := d.ID == sent.ID || d.ID == doubt.ID || d.ID == asked.ID; open && d.Touched == "" {
			t.Errorf("%s is not touched", d.State)
		}
	}
	if err := w.StopReason(ctx, w.boss(), everything, "wrong photo"); err != nil || w.switches().Causes[campaign.CauseStop].Reason != "wrong photo" {
		t.Errorf("the reason: %v", err)
	}
	w.brake.answer = func(func(*campaign.Delivery) bool) ([]campaign.DeliveryID, []campaign.DeliveryID, error) {
		return nil, nil, errors.New("no answer")
	}
	again, err := w.Stop(ctx, w.second(), everything, "another")
	if err != nil || !again.Already || again.Confirmed || strings.Contains(again.Text, "Nothing more leaves") {
		t.Errorf("not confirmed: %v, %+v", err, again)
	}
	if rec := w.switches().Causes[campaign.CauseStop]; rec.By != "desk@campaign.example" || rec.Reason != "wrong photo" {
		t.Errorf("the first stop was overwritten: %+v", rec)
	}
	if p, err := w.Queue(ctx, w.boss(), QueueFilter{}); err != nil || !slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Shown == "paused" }) {
		t.Errorf("nobody sees the stop: %v", err)
	}
}

func TestWhoMayStopAndRelease(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	mayors, planScope := campaign.Scope{Kind: "mechanism", Mechanism: "mayors"}, campaign.Scope{Kind: "plan", Plan: "mayors"}
	_, err := w.Stop(ctx, w.lead(), everything, "")
	wants(t, "a lead stops everything", err, campaign.ErrNotAllowed)
	_, err = w.Stop(ctx, w.as("lead@youth.example"), mayors, "")
	wants(t, "a lead stops another's", err, campaign.ErrNotAllowed)
	_, err = w.Stop(ctx, w.lead(), campaign.Scope{Kind: "channel", Channel: "wall"}, "")
	wants(t, "a lead stops a channel", err, campaign.ErrNotAllowed)
	if len(w.brake.halted) != 0 {
		t.Error("a refused stop reached the engine")
	}
	if _, err := w.Stop(ctx, w.lead(), mayors, ""); err != nil {
		t.Error(err)
	}
	if _, err := w.Hold(ctx, w.lead(), planScope, "wait"); err != nil {
		t.Error(err)
	}
	_, err = w.Release(ctx, w.as("lead@youth.example"), Resumption{Scope: planScope})
	wants(t, "another's lead releases", err, campaign.ErrNotAllowed)
	_, err = w.Release(ctx, w.boss(), Resumption{Scope: mayors})
	wants(t, "a stop is not released", err, ErrConflict)
	if _, err := w.Release(ctx, w.lead(), Resumption{Scope: planScope}); err != nil {
		t.Error(err)
	}
	_, err = w.Resume(ctx, w.lead(), Resumption{Scope: mayors})
	wants(t, "a lead resumes", err, campaign.ErrNotAllowed)
	if out, err := w.Resume(ctx, w.boss(), Resumption{Scope: mayors}); err != nil || len(out.Lifted) != 1 || len(w.switches().Holds) != 0 {
		t.Errorf("%v: %+v", err, out)
	}
	h, err := w.Hold(ctx, w.boss(), planScope, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Release(ctx, w.lead(), Resumption{Hold: h.Hold})
	wants(t, "a lead releases what an organizer held", err, campaign.ErrNotAllowed)
	_, err = w.Stop(ctx, w.boss(), campaign.Scope{Kind: "plan", Plan: "none"}, "")
	wants(t, "a plan that is not there", err, store.ErrNotFound)
	_, err = w.Stop(ctx, w.boss(), campaign.Scope{Kind: "galaxy"}, "")
	wants(t, "an unknown scope", err, ErrUsage)
}

// stopped is a world with six late posts on two accounts, met by a stop.
func stopped(t *testing.T) *world {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-14T09:00", "A."), post("b", "2026-12-14T09:01", "B."), post("c", "2026-12-14T09:02", "C."), post("later", "2026-12-15T09:00", "Later.")))
	w.approveAll()
	if _, err := w.Stop(ctx, w.boss(), everything, ""); err != nil {
		t.Fatal(err)
	}
	w.clock.now = w.of("a")[0].Due.Add(time.Hour)
	for _, d := range append(w.of("a"), w.of("b")...) { // the engine met these, not yet c
		w.live(d.ID, func(d *campaign.Delivery) error {
			return d.Wait(campaign.ReasonStopped, "stop", w.clock.now.Add(2*time.Minute), w.clock.now)
		})
	}
	return w
}

func late(w *world) []campaign.Delivery {
	return slices.Concat(w.of("a"), w.of("b"), w.of("c"))
}

// Nothing bursts out after a stop: by default late posts wait for a decision.
func TestResumeAsksByDefault(t *testing.T) {
	w := stopped(t)
	seen, err := w.PreviewResume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop})
	if err != nil || len(seen.Late) != 6 || seen.Late[0].Does != LateAsk || len(w.switches().Causes) != 1 {
		t.Fatalf("preview: %v, %+v", err, seen)
	}
	out, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Each: map[campaign.DeliveryID]Late{w.of("a")[0].ID: LateSend, w.of("a")[1].ID: LateSkip}})
	if err != nil || len(out.Late) != 6 || w.brake.lifted != 1 {
		t.Fatalf("%v: %+v", err, out)
	}
	if d := w.of("a"); !d[0].Runnable() || d[1].State != campaign.Missed || d[1].Reason.Code != campaign.ReasonSkipLate {
		t.Errorf("chosen: %s", states(d))
	}
	for _, d := range slices.Concat(w.of("b"), w.of("c")) {
		if !d.Parked {
			t.Errorf("%s goes without a decision", d.Post)
		}
	}
	if d := w.of("later")[0]; !d.Runnable() || !d.RunAt().Equal(d.Due) {
		t.Errorf("what is not late yet: %+v", d)
	}
	in, err := w.Inbox(ctx, w.boss(), false)
	if err != nil || len(in.Paused) != 4 {
		t.Errorf("the inbox shows %d that wait for a decision, %v", len(in.Paused), err)
	}
	b := w.of("b")[0]
	if _, err := w.Release(ctx, w.boss(), Resumption{Scope: campaign.Scope{Kind: "delivery", Delivery: b.ID}}); err != nil || !w.of("b")[0].Runnable() {
		t.Errorf("deciding to send one: %v", err)
	}
	_, err = w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop})
	wants(t, "resuming twice", err, ErrConflict)
}

func TestResumeSpacesWhatItSends(t *testing.T) {
	w := stopped(t)
	if _, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateSend}); err != nil {
		t.Fatal(err)
	}
	at := map[campaign.LaneID][]time.Time{}
	for _, d := range late(w) {
		if !d.Runnable() {
			t.Fatalf("%s is %s, parked %v", d.Post, d.State, d.Parked)
		}
		at[d.Lane] = append(at[d.Lane], d.RunAt())
	}
	for lane, times := range at {
		for i := range times[1:] {
			if gap := times[i+1].Sub(times[i]); gap < campaign.RestartSpacing {
				t.Errorf("%s: %s between two late posts", lane, gap)
			}
		}
	}
}

func TestResumeMovesAndMisses(t *testing.T) {
	w := stopped(t)
	to := w.clock.now.Add(3 * time.Hour)
	_, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateMove})
	wants(t, "moving without a time", err, ErrUsage)
	if _, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateMove, MoveTo: to}); err != nil {
		t.Fatal(err)
	}
	moved := w.of("a")
	if len(moved) != 4 || moved[0].State != campaign.Cancelled || moved[2].State != campaign.Scheduled || moved[2].Due.Before(to) {
		t.Errorf("%s", states(moved))
	}

	w = stopped(t)
	w.clock.now = w.of("c")[0].Latest.Add(time.Second)
	out, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateSend})
	if err != nil || out.Late[0].Does != LateMissed || strings.Contains(states(late(w)), "scheduled") {
		t.Errorf("past the latest time: %v, %s", err, states(late(w)))
	}
}

// Lifting one cause or hold does not lift another.
func TestResumeLiftsOneCause(t *testing.T) {
	w := stopped(t)
	if err := w.Restored(ctx, w.as("op@campaign.example"), start); err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop})
	if err != nil || len(out.Still) != 1 {
		t.Fatalf("%v: still %v", err, out.Still)
	}
	sw := w.switches()
	_, stop := sw.Causes[campaign.CauseStop]
	if _, quarantine := sw.Causes[campaign.CauseQuarantine]; stop || !quarantine {
		t.Errorf("lifting the stop left %v", sw.Causes)
	}
}

func TestOneStopBesideAnother(t *testing.T) {
	w := stopped(t)
	if _, err := w.Hold(ctx, w.boss(), campaign.Scope{Kind: "channel", Channel: "wall"}, ""); err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateSend})
	if err != nil || len(out.Late) != 3 || len(out.Still) != 1 {
		t.Fatalf("%v: %d late, still %v", err, len(out.Late), out.Still)
	}
	out, err = w.Resume(ctx, w.boss(), Resumption{Scope: campaign.Scope{Kind: "channel", Channel: "wall"}, Late: LateSend})
	if err != nil || len(out.Late) != 3 {
		t.Errorf("%v: %+v", err, out)
	}
}

// TestWithinPassesWhatTheScopeCovers: lifting looks no further than the filter.
func TestWithinPassesWhatTheScopeCovers(t *testing.T) {
	scopes := []campaign.Scope{
		everything, {Kind: "mechanism", Mechanism: "m1"}, {Kind: "channel", Channel: "c1"}, {Kind: "takeover", Takeover: "t1"},
		{Kind: "plan", Plan: "p1"}, {Kind: "post", Plan: "p1", Post: "q1"},
	}
	rapid.Check(t, func(t *rapid.T) {
		one := func(name string) string { return rapid.SampledFrom([]string{name + "1", name + "2"}).Draw(t, name) }
		d := campaign.Delivery{Mechanism: campaign.MechanismID(one("m")), Channel: campaign.ChannelID(one("c")),
			Takeover: campaign.TakeoverID(one("t")), Plan: campaign.PlanID(one("p")), Post: campaign.PostID(one("q"))}
		s := rapid.SampledFrom(scopes).Draw(t, "scope")
		if f := within(s); f.Match(&d) != s.Covers(&d) {
			t.Errorf("the filter passes it: %v, the scope covers it: %v", f.Match(&d), s.Covers(&d))
		}
	})
}
