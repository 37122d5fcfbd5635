package desk

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

// store keeps the submission: its source, its texts, and what it changes.
func (dr *draft) store(r *room, s Submission, out *Submitted) error {
	if s.Removals == RemoveNamed {
		for _, id := range s.Remove {
			if !slices.ContainsFunc(dr.diff.Changes, func(c plan.Change) bool { return c.Kind == plan.Removed && c.Old.ID == id }) {
				return fmt.Errorf("%w: delivery %s did not vanish from the plan", ErrConflict, id)
			}
		}
	}
	p := campaign.Plan{ID: dr.exp.Plan, Takeover: dr.exp.Takeover, Mechanism: dr.exp.Mechanism}
	if dr.old != nil {
		p = *dr.old
	}
	source := campaign.DigestOf(s.Source)
	if p.Withdrawn && r.a.Door == campaign.DoorFolder && p.Source == source {
		return nil // the file lies where it lay; that does not undo a person's word
	}
	touched, err := dr.carryOut(r, dr.removals(s))
	if err != nil {
		return err
	}
	same := len(touched) == 0 && dr.old != nil && !p.Withdrawn && p.Title == dr.exp.Title && slices.Equal(p.Drafts, dr.exp.Skipped)
	if same && p.Source == source && maps.Equal(p.Media, dr.exp.Media) {
		return dr.waiting(r, out)
	}
	p.Title, p.File, p.Drafts, p.Withdrawn = dr.exp.Title, path.Base(s.File), dr.exp.Skipped, false
	p.Anchors, p.Media, p.Kit = dr.exp.Anchors, dr.exp.Media, r.c.Kit.Clone()
	if p.Source, err = r.PutBlob(s.Source); err != nil {
		return err
	}
	if !same {
		// Only white space or a comment changed: nothing that people look at did.
		p.Revision++
		p.By, p.At, p.Late = r.a.Person, r.now, out.Late
		out.Changed, out.Revision = true, p.Revision
	}
	if err := r.PutPlan(p); err != nil {
		return err
	}
	r.did(string(p.ID), "revision %d, source %s: %d added, %d changed, %d removed, %d kept%s; %s",
		p.Revision, p.Source, out.Added, out.Edited, out.Removed, len(out.Kept), quoted(s.Note), list(touched))
	return dr.waiting(r, out)
}

// waiting counts what of the plan waits for approval.
func (dr *draft) waiting(r *room, out *Submitted) error {
	ds, err := r.OfPlan(dr.exp.Plan)
	for _, v := range ds {
		if awaits(&v, r.c.Policies) {
			out.Waiting++
		}
	}
	return err
}

// carryOut brings the stored deliveries to what the plan says, and returns
// those it touched. goes are the vanished ones to be cancelled.
func (dr *draft) carryOut(r *room, goes map[campaign.DeliveryID]bool) (touched []campaign.DeliveryID, err error) {
	for _, c := range dr.diff.Changes {
		var v campaign.Delivery
		switch {
		case c.Kind == plan.Added:
			v, err = dr.add(r, *c.New)
		case c.Kind == plan.Changed:
			v, err = dr.alter(r, dr.stored[c.Old.ID], *c.New)
		case (c.Kind == plan.Removed || vanished(c)) && goes[c.Old.ID]:
			v, err = remove(r, dr.stored[c.Old.ID])
		case c.Kind == plan.Locked && c.New != nil && c.Old.State.Pins() && !c.Old.Stale:
			v = dr.stored[c.Old.ID]
			v.Outdate("its plan changed by " + string(r.a.Person))
		case went(c) && c.Old.State.Pins() && c.Old.Touched == "":
			v = dr.stored[c.Old.ID]
			v.Touch("its time was moved by " + string(r.a.Person))
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := r.PutDelivery(&v); err != nil {
			return nil, err
		}
		touched = append(touched, v.ID)
	}
	return touched, nil
}

// went tells whether the change comes too late for one that left, or is
// leaving, with what the plan said before.
func went(c plan.Change) bool {
	if c.Old == nil || c.New == nil || queued(c.Old) {
		return false
	}
	switch c.Old.State {
	case campaign.Missed, campaign.Rejected, campaign.Cancelled:
		return false
	}
	return c.Kind == plan.Locked || !c.Old.Due.Equal(c.New.Due)
}

func (dr *draft) add(r *room, n campaign.Delivery) (campaign.Delivery, error) {
	if err := dr.keepContent(r, n); err != nil {
		return n, err
	}
	v, exists := dr.stored[n.ID]
	if !exists {
		v = n
		if err := v.BeginPlanned(r.now); err != nil {
			return v, err
		}
	} else if err := v.Replant(n, r.now); err != nil {
		return v, err
	}
	v.Live = v.WaitFor != "" && dr.exp.Anchors[v.Anchor].Live
	return v, r.unasked(&v)
}

func (dr *draft) alter(r *room, v, n campaign.Delivery) (campaign.Delivery, error) {
	if err := dr.keepContent(r, n); err != nil {
		return v, err
	}
	due, why := v.Due, v.Reason.Code
	if err := v.Change(n, r.now); err != nil {
		return v, err
	}
	v.Live = v.WaitFor != "" && dr.exp.Anchors[v.Anchor].Live
	// What paused it may be mended now. A hold stays, and so does a person's
	// pause of what is late, unless its new time is still to come.
	if !byPerson(why) || !v.Due.Equal(due) && v.Due.After(r.now) {
		if err := r.free(&v); err != nil {
			return v, err
		}
	}
	return v, r.unasked(&v)
}

func remove(r *room, v campaign.Delivery) (campaign.Delivery, error) {
	if v.State.Pins() {
		v.Outdate("its plan dropped it, by " + string(r.a.Person))
		return v, nil
	}
	return v, v.Cancel(campaign.ReasonRemoved, "", r.now)
}

func (dr *draft) keepContent(r *room, n campaign.Delivery) error {
	_, err := r.PutContent(dr.exp.Contents[n.Content])
	return err
}
