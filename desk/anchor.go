package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Moved says what moving an anchor or filling a value in did.
type Moved struct {
	Submitted
	Start time.Time `json:"start,omitzero"` // of the anchor, now
	// Asks tells that approvals are asked again, since the move is larger than the policy allows.
	Asks bool `json:"asks"`
	// Went are deliveries that left or were leaving with the old time or text.
	Went []campaign.DeliveryID `json:"went,omitempty"`
	// Corrections are proposed for them where an event moved.
	Corrections []Correction `json:"corrections,omitempty"`
}

// AnchorSet moves the start of an event, and with it everything that hangs on
// it and has not left. Within the policy's bounds approvals stay, beyond them
// they are asked again. expect is the plan's revision that the person saw (0
// does not look).
func (d *Desk) AnchorSet(ctx context.Context, a campaign.Actor, id campaign.PlanID, anchor string, start time.Time, expect int) (Moved, error) {
	out, err := d.move(ctx, a, "anchor.set", id, expect, func(r *room, p *campaign.Plan) (string, error) {
		at, ok := p.Anchors[anchor]
		if !ok {
			return "", fmt.Errorf("anchor %s of plan %s: %w", anchor, id, store.ErrNotFound)
		}
		at.Start = start.UTC()
		if at.Start.Sub(at.Base).Abs() > r.c.Policies.AnchorMoves {
			at.Base = at.Start
		}
		at.Live = at.Live && !at.Start.After(r.now) // what is yet to begin is not live, whatever was said before
		p.Anchors[anchor] = at
		return fmt.Sprintf("%s to %s", anchor, at.Start.Format(time.RFC3339)), nil
	})
	out.Start = start.UTC()
	return out, err
}

// FillValue fills a value of a text in; key is as plan.ValueKey writes it.
// Within the bounds that the plan states the approval stays; another value is
// refused, since the bounds are part of what was approved. expect is the plan's
// revision that the person saw (0 does not look).
func (d *Desk) FillValue(ctx context.Context, a campaign.Actor, id campaign.PlanID, key, value string, expect int) (Moved, error) {
	if value == "" {
		return Moved{}, fmt.Errorf("%w: say the value", ErrUsage)
	}
	return d.move(ctx, a, "value.fill", id, expect, func(r *room, p *campaign.Plan) (string, error) {
		p.Values[key] = value
		return key, nil
	})
}

// move edits what stands beside a plan's file and derives its deliveries anew.
func (d *Desk) move(ctx context.Context, a campaign.Actor, deed string, id campaign.PlanID, expect int, edit func(*room, *campaign.Plan) (string, error)) (Moved, error) {
	var out Moved
	err := d.do(ctx, a, deed, func(r *room) error {
		out = Moved{}
		p, err := r.plan(id, campaign.ActAnchor, expect)
		if err != nil {
			return err
		}
		if p.Withdrawn {
			return fmt.Errorf("%w: plan %s was withdrawn", ErrConflict, id)
		}
		before := p
		p.Anchors, p.Values = maps.Clone(p.Anchors), maps.Clone(p.Values)
		if p.Values == nil {
			p.Values = map[string]string{}
		}
		what, err := edit(r, &p)
		if err != nil {
			return err
		}
		dr, err := d.rederive(r, &before, &p, &out)
		if err != nil {
			return err
		}
		out.Submitted = dr.answer(r, Submission{Removals: RemoveNone})
		touched, err := dr.carryOut(r, nil)
		if err != nil {
			return err
		}
		p.Revision++
		out.Changed, out.Revision, out.Late = true, p.Revision, false
		for _, c := range dr.diff.Changes {
			out.Asks = out.Asks || c.Kind == plan.Changed && c.Reapprove
			if went(c) {
				out.Went = append(out.Went, c.Old.ID)
			}
		}
		for anchor, at := range p.Anchors {
			if !at.Start.Equal(before.Anchors[anchor].Start) {
				if out.Corrections, err = r.corrections(out.Went, at.Start); err != nil {
					return err
				}
			}
		}
		r.did(string(id), "%s, revision %d: %s; went before %s", what, p.Revision, list(touched), list(out.Went))
		if err := r.PutPlan(p); err != nil {
			return err
		}
		return dr.waiting(r, &out.Submitted)
	})
	if err != nil {
		return out, err
	}
	d.wake()
	d.tell(Notice{Event: "moved", By: a.Person, Mechanism: out.Mechanism, Plan: id, Deliveries: out.Went,
		Text: fmt.Sprintf("Plan %s: %s changed, %d went before.", id, count(out.Edited, "delivery", "deliveries"), len(out.Went))})
	return out, nil
}

// rederive makes the draft of the stored source with what stands beside it
// now. Errors that were there before the edit (a time that is past by now) do
// not stand in its way, those that it brings do.
func (d *Desk) rederive(r *room, before, now *campaign.Plan, out *Moved) (*draft, error) {
	source, err := r.Blob(now.Source)
	if err != nil {
		return nil, err
	}
	parsed, found := plan.Parse(now.File, source)
	if parsed == nil {
		return nil, fmt.Errorf("the stored source of plan %s cannot be read", now.ID)
	}
	env := plan.Env{Author: now.By, Revision: now.Revision + 1, Media: beside(nothingNew, now), Anchors: now.Anchors, Values: now.Values, Kit: &before.Kit}
	dr, err := d.derive(r, parsed, found, before, env)
	if err != nil {
		return nil, err
	}
	// Who moves an event does not change a post: what was taken out stays out.
	dr.diff.Changes = slices.DeleteFunc(dr.diff.Changes, func(c plan.Change) bool {
		return c.Kind == plan.Added && dr.takenOut(*c.New)
	})
	env.Anchors, env.Values = before.Anchors, before.Values
	was, err := d.derive(r, parsed, found, before, env)
	if err != nil {
		return nil, err
	}
	brought := slices.DeleteFunc(slices.Clone(dr.findings), func(f campaign.Finding) bool { return slices.Contains(was.findings, f) })
	for key := range now.Values {
		if !slices.ContainsFunc(dr.exp.Values, func(v plan.AskedValue) bool { return v.Key == key }) && before.Values[key] != now.Values[key] && !brought.HasErrors() {
			return nil, fmt.Errorf("value %s of plan %s: %w", key, now.ID, store.ErrNotFound)
		}
	}
	if brought.HasErrors() {
		out.Findings = brought
		return nil, ErrFindings
	}
	if len(dr.exp.Deliveries) == 0 && dr.findings.HasErrors() {
		// The plan as a whole has an error by now (a consent of one of its
		// pictures was withdrawn): nothing can be moved, and to say that
		// it was would send everything at the old time.
		out.Findings = dr.findings
		return nil, ErrFindings
	}
	// What has an error by now stays as it was.
	dr.findings = brought
	return dr, nil
}

func nothingNew(string) (campaign.Media, bool, error) { return campaign.Media{}, false, nil }

// AnchorLive says that an event is live: what waits for it may go.
func (d *Desk) AnchorLive(ctx context.Context, a campaign.Actor, id campaign.PlanID, anchor string) (Done, error) {
	return d.anchorLive(ctx, a, anchor, "by a person", func(r *room) (campaign.Plan, error) { return r.plan(id, campaign.ActAnchor, 0) })
}

// anchorLive notes that an event of the plan that of gives is live, and how that is known.
func (d *Desk) anchorLive(ctx context.Context, a campaign.Actor, anchor, how string, of func(*room) (campaign.Plan, error)) (Done, error) {
	var out Done
	err := d.do(ctx, a, "anchor.live", func(r *room) error {
		out = Done{Rows: []Row{}}
		p, err := of(r)
		if err != nil {
			return err
		}
		at, ok := p.Anchors[anchor]
		if !ok {
			return fmt.Errorf("anchor %s of plan %s: %w", anchor, p.ID, store.ErrNotFound)
		}
		at.Live = true
		p.Anchors = maps.Clone(p.Anchors)
		p.Anchors[anchor] = at
		if err := r.PutPlan(p); err != nil {
			return err
		}
		ds, err := r.OfPlan(p.ID)
		if err != nil {
			return err
		}
		for _, v := range ds {
			if v.Anchor != anchor || !waitsLive(&v) {
				continue
			}
			v.Live = true
			if v.Reason.Code == campaign.ReasonWaitsLive {
				if err := r.free(&v); err != nil {
					return err
				}
			}
			if err := r.PutDelivery(&v); err != nil {
				return err
			}
			row, err := r.row(v)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		r.did(strings.Join([]string{string(p.ID), anchor}, "/"), "known %s; %s", how, list(idsOfRows(out.Rows)))
		return nil
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = fmt.Sprintf("%s is live: %s may go", anchor, count(len(out.Rows), "delivery", "deliveries"))
	d.wake()
	return out, nil
}

// waitsLive tells whether the delivery goes only once its event is live.
func waitsLive(v *campaign.Delivery) bool { return v.WaitFor != "" && !v.Live && !v.State.End() }
