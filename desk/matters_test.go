package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// open runs the daemon's telling and returns who was told of what.
func (w *world) open() []Notice {
	w.t.Helper()
	w.told = nil
	if err := w.TellOpen(ctx); err != nil {
		w.t.Fatal(err)
	}
	return w.told
}

func (w *world) later(d time.Duration) { w.clock.now = w.clock.now.Add(d) }

func TestWhatNeedsAPersonIsToldUntilSettled(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	d := w.of("one")[0]
	w.clock.now = d.Due
	w.ask(d)
	needs := func() (n []Notice) {
		for _, x := range w.open() {
			if x.Event == "needs_you" {
				n = append(n, x)
			}
		}
		return n
	}
	first := needs()
	if len(first) != 1 || !first[0].Urgent || !first[0].Push || !slices.Contains(first[0].To, "desk@campaign.example") ||
		!slices.Contains(first[0].To, "lead@mayors.example") || slices.Contains(first[0].To, "lead@youth.example") {
		t.Fatalf("%+v", first)
	}
	if !strings.Contains(first[0].Text, "takeover resolve d_") {
		t.Errorf("it does not say what to do: %s", first[0].Text)
	}
	w.later(9 * time.Minute)
	if again := needs(); len(again) != 0 {
		t.Errorf("told again after nine minutes: %+v", again)
	}
	w.later(2 * time.Minute)
	if again := needs(); len(again) != 1 {
		t.Errorf("not told again after eleven minutes: %+v", again)
	}
	if _, err := w.Resolve(ctx, w.as(boss), d.ID, Resolution{GiveUp: true, Why: "nobody can tell"}); err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour)
	if again := needs(); len(again) != 0 {
		t.Errorf("settled, and told again: %+v", again)
	}
}

func TestAMissingApprovalIsToldADayAndTwoHoursBefore(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "Ten years, one community.")))
	due := w.of("one")[0].Due
	told := map[string]int{}
	for w.clock.now = due.Add(-30 * time.Hour); w.clock.now.Before(due); w.later(10 * time.Minute) {
		for _, n := range w.open() {
			if n.Event == "approval_missing" {
				switch left := due.Sub(w.clock.now); {
				case left > 2*time.Hour:
					told["early"]++
				default:
					told["late"]++
				}
				if slices.Contains(n.To, "lead@youth.example") || !slices.Contains(n.To, "second@campaign.example") {
					t.Errorf("told are %v", n.To)
				}
			}
		}
	}
	if told["early"] != 1 || told["late"] != 2 {
		t.Errorf("%v, want once a day before and each hour of the last two", told)
	}
}

func TestNobodyIsToldOfTheirOwnDeed(t *testing.T) {
	w := newWorld(t)
	n := w.Address(ctx, Notice{Event: "stopped", By: "desk@campaign.example", Mechanism: "mayors"})
	if slices.Contains(n.To, "desk@campaign.example") || !slices.Contains(n.To, "both@campaign.example") || !n.Push {
		t.Errorf("%+v", n)
	}
	if n := w.Address(ctx, Notice{Event: "of no interest"}); len(n.To) != 0 || n.Push {
		t.Errorf("%+v", n)
	}
}

func TestAHeldAccountAndACauseAreTold(t *testing.T) {
	w := newWorld(t)
	w.open() // a deadline is near, which is told once
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		return tx.PutSwitches(campaign.Switches{
			Causes:    map[campaign.Cause]campaign.CauseRecord{campaign.CauseClock: {Reason: "ten minutes off"}, campaign.CauseStop: {By: "desk@campaign.example", Reason: "wrong photo"}},
			LaneHolds: map[campaign.LaneID]campaign.CauseRecord{"sandbox:hall": {Reason: "the token was refused"}},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, n := range w.open() {
		texts = append(texts, n.Event+" "+n.Text)
	}
	all := strings.Join(texts, "\n")
	if len(texts) != 2 || !strings.Contains(all, "--cause clock") || !strings.Contains(all, "resume --channel hall") {
		t.Errorf("%s", all)
	}
}

func TestLeadsAreToldOfTheirDeadlineAndTheirWindow(t *testing.T) {
	w := newWorld(t)
	c := sample()
	deadline, end := c.Takeovers["mayors-dec"].SubmitBy, c.Takeovers["youth-dec"].To
	told := map[string]int{}
	play := func(from, to time.Time) {
		for w.clock.now = from; w.clock.now.Before(to); w.later(30 * time.Minute) {
			for _, n := range w.open() {
				if n.Event != "deadline" && n.Event != "window_open" {
					continue
				}
				told[n.Event]++
				mine := campaign.PersonID("lead@" + string(n.Mechanism) + ".example")
				if !slices.Contains(n.To, mine) || slices.Contains(n.To, "second@campaign.example") || !n.Urgent || n.Push {
					t.Errorf("%s of %s told %v, urgent %t, pushed %t", n.Event, n.Mechanism, n.To, n.Urgent, n.Push)
				}
				if left := deadline.Sub(w.clock.now); n.Event == "deadline" && left != 72*time.Hour && left != 24*time.Hour {
					t.Errorf("told %s before the deadline", left)
				}
			}
		}
	}
	play(deadline.Add(-4*24*time.Hour), deadline.Add(-time.Hour))
	if told["deadline"] != 2 || told["window_open"] != 0 {
		t.Errorf("before the deadline: %v", told)
	}
	window := c.Takeovers["mayors-dec"]
	window.SubmitBy = deadline.Add(47 * time.Hour)
	c.Takeovers["mayors-dec"] = window
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	w.open()
	if !slices.ContainsFunc(w.told, func(n Notice) bool {
		return n.Event == "deadline" && strings.Contains(n.Text, "No plan was handed in yet.")
	}) {
		t.Errorf("the deadline moved, and nobody was told anew: %v", w.told)
	}
	play(deadline.Add(48*time.Hour), end.Add(time.Hour))
	if told["deadline"] != 2 || told["window_open"] != 2 {
		t.Errorf("in the end: %v", told)
	}
}
