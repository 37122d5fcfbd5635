package desk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Reschedule asks for a delivery at another time.
type Reschedule struct {
	At time.Time `json:"at,omitzero"` // zero: now
	// Alone is an organizer's reason for approving own content alone, see Approval.
	Alone  string `json:"alone,omitempty"`
	Why    string `json:"why,omitempty"`    // for the record
	Expect uint64 `json:"expect,omitempty"` // the record's revision; 0 does not look
}

// Reschedule makes a new delivery of one that did not go out (missed, refused,
// cancelled) or has not gone yet, which is cancelled then. The time is part of
// what is approved: the new one carries the approval of whoever reschedules,
// if they may approve it and it was approved before, and else waits for one.
func (d *Desk) Reschedule(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, q Reschedule) (Done, error) {
	var out Done
	err := d.do(ctx, a, "reschedule", func(r *room) error {
		out = Done{}
		old, err := r.delivery(id, campaign.ActReschedule, q.Expect)
		if err != nil {
			return err
		}
		v, err := r.reschedule(old, q)
		if err != nil {
			return err
		}
		if out.Rows, err = r.rows([]campaign.Delivery{v}); err != nil {
			return err
		}
		r.did(string(old.ID), "%s", words(fmt.Sprintf("as %s at %s", v.ID, v.Due.Format(time.RFC3339)), "", q.Why))
		return nil
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = "it has a new time"
	if out.Rows[0].State == campaign.Planned {
		out.Text = "it has a new time and waits for approval"
	}
	d.wake()
	return out, nil
}

// reschedule makes the new delivery; old is cancelled if it was still to go.
func (r *room) reschedule(old campaign.Delivery, q Reschedule) (campaign.Delivery, error) {
	at := q.At
	if at.IsZero() {
		at = r.now
	}
	if err := r.mayMove(&old, at); err != nil {
		return old, err
	}
	wasApproved, was := old.ApprovedUnder(r.c.Policies), old.WasApproved()
	if queued(&old) {
		if err := old.Cancel(campaign.ReasonOrganizer, words("it has a new time", "", q.Why), r.now); err != nil {
			return old, err
		}
		if err := r.PutDelivery(&old); err != nil {
			return old, err
		}
	}
	content, err := r.Content(old.Content)
	if err != nil {
		return old, err
	}
	v, err := r.nextOccurrence(old)
	if err != nil {
		return old, err
	}
	v.Due, v.Rule = at.UTC(), plan.MovedRule+at.UTC().Format(time.RFC3339Nano)
	v.Latest = latest(&v, r.c)
	v.Wants = campaign.ApprovalHash(content, v.Terms())
	v.Before = was
	if err := r.begin(&v); err != nil {
		return old, err
	}
	if v.State == campaign.Planned && wasApproved {
		err := r.approve(&v, Approval{Alone: q.Alone})
		if err == nil || !errors.Is(err, campaign.ErrNotAllowed) {
			return v, err
		}
	}
	return v, r.PutDelivery(&v)
}

// mayMove tells why the delivery cannot have the time.
func (r *room) mayMove(old *campaign.Delivery, at time.Time) error {
	t, ok := r.c.Takeovers[old.Takeover]
	free := old.Mechanism == campaign.Organizers && old.Takeover == ""
	switch {
	case old.Public() || !queued(old) && old.State != campaign.Missed && old.State != campaign.Rejected && old.State != campaign.Cancelled:
		return fmt.Errorf("%w: delivery %s is %s, it cannot have a new time", ErrConflict, old.ID, old.Shown())
	case at.Before(r.now):
		return fmt.Errorf("%w: %s is past", ErrUsage, When(at, r.c.Location()))
	case !free && (!ok || !t.Covers(at) || !t.Has(old.Channel)):
		return fmt.Errorf("%w: %s is outside of window %s on %s, which is open from %s to %s", ErrUsage, When(at, r.c.Location()), old.Takeover, old.Channel,
			When(t.From, r.c.Location()), When(t.To, r.c.Location()))
	case t.FreeAt(at, r.c.Location()).After(at):
		return fmt.Errorf("%w: %s is in the window's no-post hours, which end %s", ErrUsage, When(at, r.c.Location()), When(t.FreeAt(at, r.c.Location()), r.c.Location()))
	}
	return nil
}

// latest is until when a delivery with a time of its own may leave.
func latest(d *campaign.Delivery, c *campaign.Campaign) time.Time {
	end := d.Due.Add(d.Tolerance)
	t, ok := c.Takeovers[d.Takeover]
	if ok && (end.After(t.To) || d.IfMissed == "send") {
		end = t.To
	}
	return end
}

// numbered takes the number off an occurrence key that a person's new time, or
// a mended post, gave it.
var numbered = regexp.MustCompile(`#([0-9]+)$`)

func baseOccurrence(key string) string { return numbered.ReplaceAllString(key, "") }

// occurrence is the n-th key of the base, from 1.
func occurrence(base string, n int) string {
	if n == 1 {
		return base
	}
	return base + "#" + strconv.Itoa(n)
}

// nextOccurrence is what the plan says of old, as a delivery that does not exist yet.
func (r *room) nextOccurrence(old campaign.Delivery) (campaign.Delivery, error) {
	v := planned(old)
	for n := 2; ; n++ {
		v = renamed(v, n)
		_, err := r.Delivery(v.ID)
		if errors.Is(err, store.ErrNotFound) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
	}
}

// renamed is v as the n-th of its occurrence.
func renamed(v campaign.Delivery, n int) campaign.Delivery {
	v.Occurrence = occurrence(baseOccurrence(v.Occurrence), n)
	v.ID = campaign.Identity(v.Takeover, v.Plan, v.Post, v.Step, v.Channel, v.Language, v.Occurrence)
	return v
}

// planned is what the plan says of d, without its life.
func planned(d campaign.Delivery) campaign.Delivery {
	return campaign.Delivery{
		ID: d.ID, Takeover: d.Takeover, Mechanism: d.Mechanism, Plan: d.Plan, Post: d.Post,
		Kind: d.Kind, Step: d.Step, Occurrence: d.Occurrence,
		Channel: d.Channel, Lane: d.Lane, Language: d.Language, Languages: d.Languages,
		Series: d.Series, Repeat: d.Repeat,
		Rule: d.Rule, Due: d.Due, Latest: d.Latest, Tolerance: d.Tolerance,
		IfMissed: d.IfMissed, WaitFor: d.WaitFor, Anchor: d.Anchor,
		Content: d.Content, Fingerprint: d.Fingerprint, Wants: d.Wants,
		Consents: d.Consents, Author: d.Author, PlanRevision: d.PlanRevision,
	}
}

// begin gives a new delivery its first state; where the policy asks for no
// approval it is scheduled at once.
func (r *room) begin(v *campaign.Delivery) error {
	if err := v.BeginPlanned(r.now); err != nil {
		return err
	}
	return r.unasked(v)
}

// unasked schedules what needs no approval.
func (r *room) unasked(v *campaign.Delivery) error {
	if r.c.Policies.Approvals > 0 || v.State != campaign.Planned {
		return nil
	}
	return v.Approve(campaign.Approval{}, 0, r.now)
}
