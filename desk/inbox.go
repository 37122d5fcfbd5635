package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Inbox is what waits for a person. mine leaves out what the actor cannot approve.
func (d *Desk) Inbox(ctx context.Context, a campaign.Actor, mine bool) (Inbox, error) {
	var out Inbox
	err := d.look(ctx, a, func(r *room) error {
		out = Inbox{Approvals: []InboxItem{}, Decide: []Row{}, Missed: []Row{}, Paused: []Row{}}
		if err := r.mayEnter(); err != nil {
			return err
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		items, order := map[string]*InboxItem{}, []string{}
		f := store.Filter{States: []campaign.State{campaign.Planned, campaign.Scheduled, campaign.NeedsHuman, campaign.Missed}}
		err = r.each(f, func(v campaign.Delivery) error {
			if !r.sees(v.Mechanism, v.Plan) {
				return nil
			}
			var rows *[]Row
			switch {
			case v.State == campaign.NeedsHuman:
				rows = &out.Decide
			case v.State == campaign.Missed && v.IfMissed == "ask" && r.unanswered(&v):
				rows = &out.Missed
			case awaits(&v, r.c.Policies):
				key := string(v.Plan) + "/" + string(v.Post)
				if items[key] == nil {
					items[key] = &InboxItem{Plan: v.Plan, Post: v.Post, Mechanism: v.Mechanism, First: v.Due, Contents: map[campaign.Digest]campaign.Content{}, Since: map[campaign.Digest]Since{}, Originals: map[campaign.Digest]Original{}}
					order = append(order, key)
				}
				rows = &items[key].Rows
			case v.Parked && byPerson(v.Reason.Code):
				if _, held := pausedBy(&v, sw); held {
					return nil
				}
				rows = &out.Paused
			default:
				return nil
			}
			row, err := r.row(v)
			*rows = append(*rows, row)
			return err
		})
		if err != nil {
			return err
		}
		plans := map[campaign.PlanID][]campaign.Delivery{}
		for _, key := range order {
			item := items[key]
			if err := r.complete(item); err != nil {
				return err
			}
			if plans[item.Plan] == nil {
				if plans[item.Plan], err = r.OfPlan(item.Plan); err != nil {
					return err
				}
			}
			if err := r.originals(item, plans[item.Plan]); err != nil {
				return err
			}
			if items[key].Mine || !mine {
				out.Approvals = append(out.Approvals, *items[key])
			}
		}
		return nil
	})
	return out, err
}

// unanswered tells whether a missed delivery has no newer one in its stead.
func (r *room) unanswered(d *campaign.Delivery) bool {
	n := 1
	if m := numbered.FindStringSubmatch(d.Occurrence); m != nil {
		fmt.Sscan(m[1], &n)
	}
	_, err := r.Delivery(renamed(*d, n+1).ID)
	return errors.Is(err, store.ErrNotFound)
}

// complete adds to an inbox item what the approver looks at and whether they may.
func (r *room) complete(item *InboxItem) error {
	ds := make([]campaign.Delivery, len(item.Rows))
	for i, row := range item.Rows {
		ds[i] = row.Delivery
		c, err := r.Content(row.Delivery.Content)
		if err != nil {
			return err
		}
		item.Contents[row.Delivery.Content] = c
		s, err := r.since(&ds[i])
		if err != nil {
			return err
		}
		if s != nil {
			item.Since[row.Delivery.Content] = *s
		}
	}
	item.Hash, item.Mine = HashOf(ds), true
	for i := range ds {
		o := r.aboutDelivery(&ds[i])
		o.Authors, o.Due = []campaign.PersonID{ds[i].Author}, ds[i].Due
		if err := r.may(campaign.ActApprove, o); err != nil {
			item.Mine, item.Why = false, err.Error()
		}
	}
	p, err := r.Plan(item.Plan)
	item.Comments = ofPost(p.Comments, item.Post)
	return err
}
