package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// F46: an author does not approve the own words, save alone, near the time and with a reason.
func TestF46FourEyes(t *testing.T) {
	w := newWorld(t)
	both := w.as("both@campaign.example")
	w.submit(both, twoPosts())
	one := w.of("one")[0]
	_, err := w.Approve(ctx, both, Approval{Pick: Pick{IDs: []campaign.DeliveryID{one.ID}}})
	wants(t, "the author", err, campaign.ErrNotAllowed)
	_, err = w.Approve(ctx, both, Approval{Pick: Pick{Plan: "mayors"}})
	wants(t, "the author, by plan", err, campaign.ErrNotAllowed)
	_, err = w.Approve(ctx, both, Approval{Pick: Pick{IDs: []campaign.DeliveryID{one.ID}}, Alone: "the deputy is ill"})
	wants(t, "alone, days before", err, campaign.ErrNotAllowed)
	if in, err := w.Inbox(ctx, both, false); err != nil || len(in.Approvals) != 2 || in.Approvals[0].Mine || in.Approvals[0].Why == "" {
		t.Errorf("the author's inbox: %v, %+v", err, in)
	}
	if in, err := w.Inbox(ctx, both, true); err != nil || len(in.Approvals) != 0 {
		t.Errorf("what the author may approve: %v, %+v", err, in)
	}
	w.clock.now = one.Due.Add(-time.Hour)
	out, err := w.Approve(ctx, both, Approval{Pick: Pick{IDs: []campaign.DeliveryID{one.ID}}, Alone: "the deputy is ill"})
	if err != nil || len(out.Scheduled) != 1 || w.of("one")[0].Approvals[0].Alone == "" {
		t.Errorf("alone in time: %v, %+v", err, out)
	}
	out, err = w.Approve(ctx, w.second(), Approval{Pick: Pick{Plan: "mayors"}, Expect: HashOf([]campaign.Delivery{w.of("one")[1], w.of("two")[0], w.of("two")[1]})})
	if err != nil || len(out.Scheduled) != 3 || out.Already != 1 {
		t.Errorf("another person: %v, %+v", err, out)
	}
	if out, err := w.Approve(ctx, w.boss(), Approval{Pick: Pick{Plan: "mayors"}}); err != nil || out.Already != 4 {
		t.Errorf("nothing is left to approve: %v, %+v", err, out)
	}
	_, err = w.Approve(ctx, w.lead(), Approval{Pick: Pick{Plan: "mayors"}})
	wants(t, "a lead", err, campaign.ErrNotAllowed)
}

func TestTwoApprovals(t *testing.T) {
	w := newWorld(t, func(c *campaign.Campaign) { c.Policies.Approvals = 2 })
	w.submit(w.lead(), twoPosts())
	pick := Approval{Pick: Pick{Day: "2026-12-14"}}
	for range 2 { // the same person twice is one
		out, err := w.Approve(ctx, w.second(), pick)
		if err != nil || len(out.Waiting) != 2 {
			t.Fatalf("%v: %+v", err, out)
		}
	}
	out, err := w.Approve(ctx, w.boss(), pick)
	if err != nil || len(out.Scheduled) != 2 || states(w.of("two")) != "planned planned" {
		t.Errorf("%v: %+v", err, out)
	}
}

func TestNoApprovalAsked(t *testing.T) {
	w := newWorld(t, func(c *campaign.Campaign) { c.Policies.Approvals = 0 })
	w.submit(w.lead(), twoPosts())
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "Changed."), post("two", "2026-12-15T09:00", "Who showed you around?")))
	if got := states(w.all()); strings.Contains(got, "planned") {
		t.Error(got)
	}
}

func TestReviews(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	status := func() (one, two PostStatus) {
		v, err := w.PlanStatus(ctx, w.lead(), "mayors", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return v.Posts[0].Status, v.Posts[1].Status
	}
	if one, _ := status(); one != PostApproved {
		t.Error(one)
	}
	_, err := w.RequestChanges(ctx, w.lead(), "mayors", "one", "no")
	wants(t, "a lead reviews", err, campaign.ErrNotAllowed)
	if out, err := w.RequestChanges(ctx, w.second(), "mayors", "one", "credit the choir"); err != nil || len(out.Affected) != 2 {
		t.Fatalf("%v: %+v", err, out)
	}
	if _, err := w.Decline(ctx, w.second(), "mayors", "two", "not ours"); err != nil {
		t.Fatal(err)
	}
	if one, two := status(); one != PostChanges || two != PostDeclined {
		t.Error(one, two)
	}
	if got := states(w.of("one")) + " " + states(w.of("two")); got != "planned planned cancelled cancelled" {
		t.Error(got)
	}
	_, err = w.Decline(ctx, w.second(), "mayors", "none", "what?")
	if err == nil {
		t.Error("a post that is not there was declined")
	}
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "With the choir."), post("two", "2026-12-15T09:00", "Ours.")))
	if one, two := status(); one != PostSubmitted || two != PostSubmitted {
		t.Error("after mending: ", one, two)
	}
	in, err := w.Inbox(ctx, w.second(), true)
	if err != nil || len(in.Approvals) != 2 || !in.Approvals[0].Mine || len(in.Approvals[0].Contents) != 1 {
		t.Errorf("%v: %+v", err, in)
	}
}

func TestTakeBackApproval(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	w.arm(w.of("one")[0])
	out, err := w.TakeBackApproval(ctx, w.second(), Pick{Plan: "mayors"}, "the date is wrong")
	if err != nil || len(out.Rows) != 3 || len(out.Locked) != 1 || states(w.of("one")) != "armed planned" || w.of("one")[0].Touched == "" {
		t.Errorf("%v: %+v, %s", err, out, states(w.all()))
	}
}

// TestATranslationStandsBesideItsOriginal: also when the original is approved
// already; each step beside its own, and the original beside nothing.
func TestATranslationStandsBesideItsOriginal(t *testing.T) {
	w := newWorld(t)
	plan := func(fr string) []byte {
		return planOf(`  - {id: two, kind: message, channels: [wall], at: "2026-12-15T09:00", text: {en: "Streets.", fr: "` + fr + `"}}
  - {id: one, kind: message, channels: [wall], at: "2026-12-15T11:00", text: {en: "Alone."}}
`)
	}
	w.submit(w.lead(), plan("Des rues."))
	originals := func() map[string]Original {
		t.Helper()
		in, err := w.Inbox(ctx, w.second(), false)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]Original{}
		for _, item := range in.Approvals {
			for d, o := range item.Originals {
				out[item.Contents[d].Text] = o
			}
		}
		return out
	}
	if got := originals(); len(got) != 1 || got["Des rues."].Text != "Streets." || got["Des rues."].Language != "en" {
		t.Errorf("originals are %+v", got)
	}
	w.approveAll()
	w.submit(w.lead(), plan("Les rues."))
	if got := originals(); len(got) != 1 || got["Les rues."].Text != "Streets." {
		t.Errorf("a translation that changed alone stands beside %+v", got)
	}
}
