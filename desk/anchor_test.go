package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

func (w *world) step(name string) campaign.Delivery {
	w.t.Helper()
	for _, d := range w.of("cities-live") {
		if d.Step == name {
			return d
		}
	}
	w.t.Fatalf("no step %s", name)
	return campaign.Delivery{}
}

// F48: what hangs on a moved start moves with it until it is armed; what is armed goes with the old time, and that is told.
func TestF48AMovedLivestream(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	old := w.step("live").Due
	before, hour := w.step("before"), w.step("hour")
	w.clock.now = before.Due
	w.publish(before)
	w.clock.now = hour.Due
	w.arm(hour)
	_, err := w.AnchorSet(ctx, w.as("lead@youth.example"), "mayors", "live", old.Add(time.Hour), 0)
	wants(t, "another's lead", err, campaign.ErrNotAllowed)
	_, err = w.AnchorSet(ctx, w.lead(), "mayors", "none", old, 0)
	wants(t, "an anchor that is not there", err, store.ErrNotFound)
	out, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", old.Add(time.Hour), 1)
	if err != nil {
		t.Fatalf("%v: %v", err, out.Findings)
	}
	if out.Asks || len(out.Went) != 2 {
		t.Errorf("asks %v, went %v", out.Asks, out.Went)
	}
	if len(out.Corrections) != 2 || !slices.ContainsFunc(out.Corrections, func(c Correction) bool { return c.Delivery == before.ID }) ||
		out.Corrections[0].Text != "Correction: the new time is Friday 18 December, 16:00 Brussels." {
		t.Errorf("what is proposed for those that went is %+v", out.Corrections)
	}
	if d := w.step("live"); !d.Due.Equal(old.Add(time.Hour)) || d.State != campaign.Scheduled {
		t.Errorf("live: %s at %s", d.State, d.Due)
	}
	if d := w.step("hour"); !d.Due.Equal(hour.Due) || d.State != campaign.Armed || d.Touched == "" {
		t.Errorf("hour: %s at %s", d.State, d.Due)
	}
	// The same file says the old start again: that does not move it back.
	if again := w.submit(w.lead(), append([]byte("# again\n"), planOf(liveSteps)...)); again.Edited != 0 || !w.step("live").Due.Equal(old.Add(time.Hour)) {
		t.Errorf("the same file: %+v at %s", again, w.step("live").Due)
	}
}

// TestACancelledLivestream: what is queued of it is withdrawn, and for what
// announced it a correction is proposed in its language; nothing is sent.
func TestACancelledLivestream(t *testing.T) {
	w := newWorld(t)
	steps := strings.Replace(liveSteps, `text: {en: "Tomorrow: four cities."}`, `text: {fr: "Demain : quatre villes."}`, 1)
	w.submit(w.lead(), planOf(steps, post("other", "2026-12-17T15:00", "No event.")))
	w.approveAll()
	before := w.step("before")
	w.clock.now = before.Due
	w.publish(before)
	for _, d := range w.of("other") {
		w.publish(d)
	}
	out, err := w.Withdraw(ctx, w.lead(), "mayors", []campaign.PostID{"cities-live"}, 0, "the hall is closed")
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Corrections) != 1 || out.Corrections[0].Delivery != before.ID || out.Corrections[0].Text != "Rectificatif : cet événement n'aura pas lieu." {
		t.Errorf("what is proposed is %+v", out.Corrections)
	}
	if d := w.step("live"); d.State != campaign.Cancelled {
		t.Errorf("live: %s", d.State)
	}
	if other, err := w.Withdraw(ctx, w.lead(), "mayors", []campaign.PostID{"other"}, 0, "no more"); err != nil || len(other.Corrections) != 0 {
		t.Errorf("a post that is no event: %v, %+v", err, other.Corrections)
	}
}

func TestAMoveBeyondThePolicyAsksAgain(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	old := w.step("live").Due
	out, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", old.Add(3*time.Hour), 0)
	if err != nil || !out.Asks || strings.Contains(states(w.all()), "scheduled") || out.Waiting != 4 {
		t.Errorf("%v: %+v; %s", err, out, states(w.all()))
	}
	n := len(w.all())
	out, err = w.AnchorSet(ctx, w.lead(), "mayors", "live", old.AddDate(0, 0, 20), 0)
	wants(t, "out of the window", err, ErrFindings)
	if len(out.Findings) == 0 || len(w.all()) != n || !w.step("live").Due.Equal(old.Add(3*time.Hour)) {
		t.Errorf("%v", out.Findings)
	}
}

func TestAnchorLive(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	d := w.step("live")
	w.clock.now = d.Due
	w.live(d.ID, func(d *campaign.Delivery) error { return d.Park(campaign.ReasonWaitsLive, "", w.clock.now) })
	out, err := w.AnchorLive(ctx, w.lead(), "mayors", "live")
	if d := w.step("live"); err != nil || len(out.Rows) != 1 || !d.Live || !d.Runnable() {
		t.Errorf("%v: %+v", err, d)
	}
	if w.brake.woke == 0 {
		t.Error("the engine does not know")
	}
}

const counted = `  - id: thanks
    kind: message
    at: "2026-12-20T17:00"
    channels: [wall]
    text: {en: "Streets from {count} cities."}
    values: {count: {ask: integer, min: 1, max: 500}}
`

func TestFillValue(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(counted))
	w.approveAll()
	d := w.of("thanks")[0]
	w.live(d.ID, func(d *campaign.Delivery) error { return d.Park(campaign.ReasonWaitsValue, "", w.clock.now) })
	for _, bad := range []string{"0", "501", "many"} {
		out, err := w.FillValue(ctx, w.lead(), "mayors", "thanks/count", bad, 0)
		wants(t, "value "+bad, err, ErrFindings)
		if len(out.Findings) == 0 {
			t.Errorf("%q: nobody is told why", bad)
		}
	}
	_, err := w.FillValue(ctx, w.lead(), "mayors", "thanks/none", "7", 0)
	wants(t, "a value that nobody asked for", err, store.ErrNotFound)
	out, err := w.FillValue(ctx, w.lead(), "mayors", "thanks/count", "37", 0)
	if err != nil || out.Asks {
		t.Fatalf("%v: %+v", err, out)
	}
	sight, err := w.Show(ctx, w.lead(), d.ID)
	if err != nil || sight.Content.Text != "Streets from 37 cities." || sight.State != campaign.Scheduled || sight.Parked {
		t.Errorf("%v: %q, %s", err, sight.Content.Text, sight.State)
	}
}

// TestAMoveThatMovesNothingIsRefused: where the plan as a whole has an error by
// now, its posts keep the old time, and the person is told so.
func TestAMoveThatMovesNothingIsRefused(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	old := w.step("live").Due
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		other := c.Clone()
		other.ID = "another" // the plan's file names the one that was
		return tx.PutCampaign(other)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.AnchorSet(ctx, w.boss(), "mayors", "live", old.Add(time.Hour), 0)
	wants(t, "a move that moves nothing", err, ErrFindings)
	if !out.Findings.HasErrors() {
		t.Error("it does not say what is wrong")
	}
	if got := w.step("live").Due; !got.Equal(old) {
		t.Errorf("it moved to %s after all", got)
	}
}
