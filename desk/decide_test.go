package desk

import (
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// F49: of two people who answer differently the first counts, the second is told.
func TestF49TheFirstAnswerCounts(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	d := w.of("one")[0]
	w.clock.now = d.Due
	w.ask(d)
	w.ask(w.of("one")[1])
	_, err := w.Resolve(ctx, w.lead(), d.ID, Resolution{GiveUp: true, Why: "?"})
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	_, err = w.Resolve(ctx, w.boss(), d.ID, Resolution{PublishedAs: "https://wall.example/1"})
	wants(t, "without a reason", err, ErrUsage)
	_, err = w.Resolve(ctx, w.boss(), d.ID, Resolution{PublishedAs: "javascript:alert(1)", Why: "seen"})
	wants(t, "no web address", err, ErrUsage)
	asked := w.of("one")[0].Revision
	_, err = w.Resolve(ctx, w.boss(), d.ID, Resolution{PublishedAs: "https://wall.example/1", Why: "seen", Expect: asked - 1})
	wants(t, "of what was not seen", err, ErrConflict)
	if _, err := w.Resolve(ctx, w.boss(), d.ID, Resolution{PublishedAs: "https://wall.example/1", Why: "seen", Expect: asked}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Resolve(ctx, w.as("both@campaign.example"), d.ID, Resolution{NotPublished: true, Why: "not seen"})
	wants(t, "the second", err, ErrConflict)
	if d := w.of("one")[0]; d.State != campaign.Published || d.Receipts[0].How != "person" {
		t.Errorf("%s", d.State)
	}
	// A link is one post's alone, on one account.
	other := w.of("one")[1]
	_, err = w.Resolve(ctx, w.boss(), other.ID, Resolution{NotPublished: true, Why: "not seen"})
	if err != nil || w.of("one")[1].State != campaign.Scheduled {
		t.Errorf("%v: %s", err, w.of("one")[1].State)
	}
}

func TestResolveTooLateAndTakenLinks(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	one, two := w.of("one")[1], w.of("two")[1]
	w.clock.now = two.Due
	w.ask(two)
	w.live(one.ID, func(d *campaign.Delivery) error { d.Latest = two.Latest; return nil })
	w.ask(one)
	if _, err := w.Resolve(ctx, w.boss(), one.ID, Resolution{PublishedAs: "https://wall.example/1", Why: "seen"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Resolve(ctx, w.boss(), two.ID, Resolution{PublishedAs: "https://wall.example/1", Why: "seen"})
	wants(t, "the link of another post", err, ErrConflict)
	w.clock.now = two.Latest.Add(time.Minute)
	if _, err := w.Resolve(ctx, w.boss(), two.ID, Resolution{NotPublished: true, Why: "not seen"}); err != nil || w.of("two")[1].State != campaign.Missed {
		t.Errorf("%v: %s", err, w.of("two")[1].State)
	}
}

func TestReschedule(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	d := w.of("one")[0]
	at := d.Due.Add(26 * time.Hour)
	_, err := w.Reschedule(ctx, w.lead(), d.ID, Reschedule{At: at})
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	_, err = w.Reschedule(ctx, w.boss(), d.ID, Reschedule{At: at.AddDate(1, 0, 0)})
	wants(t, "outside of the window", err, ErrUsage)
	w.clock.now = d.Latest.Add(time.Minute)
	w.live(d.ID, func(d *campaign.Delivery) error { return d.Miss(campaign.ReasonTooLate, "", w.clock.now) })
	out, err := w.Reschedule(ctx, w.boss(), d.ID, Reschedule{At: at})
	if err != nil {
		t.Fatal(err)
	}
	n := out.Rows[0].Delivery
	if n.ID == d.ID || n.Occurrence != d.Occurrence+"#2" || n.State != campaign.Scheduled || !n.Due.Equal(at) || !n.Latest.Equal(at.Add(d.Tolerance)) || n.Attempt != 0 {
		t.Errorf("%+v", n)
	}
	// The same file neither undoes nor repeats it; a changed text keeps the person's time.
	if out := w.submit(w.lead(), append([]byte("# again\n"), twoPosts()...)); out.Added+out.Edited+out.Removed+len(out.Kept) != 0 {
		t.Errorf("the same file: %+v", out)
	}
	edited := func(at string) campaign.Delivery {
		w.submit(w.lead(), planOf(post("one", at, "Another text."), post("two", "2026-12-15T09:00", "Who showed you around?")))
		for _, d := range w.of("one") {
			if d.ID == n.ID {
				return d
			}
		}
		return campaign.Delivery{}
	}
	w.clock.now = d.Due.Add(-time.Hour) // or the file's time would be past
	if d := edited("2026-12-14T09:00"); !d.Due.Equal(at) || d.State != campaign.Planned || d.Wants == n.Wants {
		t.Errorf("after an edit: %s at %s", d.State, d.Due)
	}
	if d := edited("2026-12-16T09:00"); d.Due.Equal(at) || len(w.of("one")) != 3 {
		t.Errorf("the file says another time: %s", d.Due)
	}
	w.clock.now = w.of("two")[0].Due
	w.publish(w.of("two")[0])
	_, err = w.Reschedule(ctx, w.boss(), w.of("two")[0].ID, Reschedule{At: at})
	wants(t, "what is public", err, ErrConflict)
}

func TestRetryOnlyWhatWasNotSent(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	a, b := w.of("one")[0], w.of("one")[1]
	w.doubt(a)
	_, err := w.Retry(ctx, w.boss(), a.ID)
	wants(t, "in doubt", err, ErrConflict)
	w.arm(b)
	w.live(b.ID, func(d *campaign.Delivery) error {
		return d.PutBack(d.Attempt, false, campaign.ReasonNotSent, "refused connection", w.clock.now.Add(time.Hour), w.clock.now)
	})
	if _, err := w.Retry(ctx, w.boss(), b.ID); err != nil || w.of("one")[1].RunAt().After(w.clock.now) {
		t.Errorf("not sent: %v, %s", err, w.of("one")[1].RunAt())
	}
	_, err = w.Retry(ctx, w.boss(), w.of("two")[0].ID)
	wants(t, "never tried", err, ErrConflict)
	w.arm(b)
	w.live(b.ID, func(d *campaign.Delivery) error {
		return d.Refuse(d.Attempt, campaign.ReasonRefused, "too long", w.clock.now)
	})
	out, err := w.Retry(ctx, w.boss(), b.ID)
	if err != nil || out.Rows[0].ID == b.ID || out.Rows[0].State != campaign.Scheduled {
		t.Errorf("refused: %v, %+v", err, out)
	}
	_, err = w.Retry(ctx, w.boss(), "d_none")
	wants(t, "one that is not there", err, store.ErrNotFound)
}

func TestPicks(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	_, err := w.Cancel(ctx, w.boss(), Pick{}, "")
	wants(t, "an empty pick", err, ErrUsage)
	_, err = w.Cancel(ctx, w.boss(), Pick{Day: "tomorrow"}, "")
	wants(t, "no day", err, ErrUsage)
	_, err = w.Cancel(ctx, w.boss(), Pick{Plan: "none"}, "")
	wants(t, "no such plan", err, store.ErrNotFound)
	_, err = w.Cancel(ctx, w.as("lead@youth.example"), Pick{IDs: idsOf(w.of("one"))}, "")
	wants(t, "another's", err, campaign.ErrNotAllowed)
	_, err = w.Cancel(ctx, w.as("lead@youth.example"), Pick{Plan: "mayors"}, "")
	wants(t, "another's plan", err, campaign.ErrNotAllowed)
	if out, err := w.Cancel(ctx, w.lead(), Pick{Channel: "wall"}, "wrong"); err != nil || len(out.Rows) != 2 || out.Rows[0].Shown != "withdrawn" {
		t.Errorf("%v: %+v", err, out)
	}
	if out, err := w.Cancel(ctx, w.boss(), Pick{IDs: idsOf(w.of("one"))}, "wrong"); err != nil || len(out.Rows) != 1 || len(out.Locked) != 1 {
		t.Errorf("%v: %+v", err, out)
	}
}
