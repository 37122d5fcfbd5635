package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// zonesSetting keeps by which rules of time zones the queue was looked through
// last: digests by the zone's name.
const zonesSetting = "zones"

// TellZones tells people of plans whose queued posts would go at another time,
// because an update changed the rules of their time zone. Nothing moves by itself:
// a time that somebody approved stays until the plan is handed in again, whose
// difference shows the new one. The daemon runs it; while no rule changes it reads
// the plans alone.
func (d *Desk) TellZones(ctx context.Context) error {
	var told []Notice
	var rules map[string]string
	err := d.Store.View(ctx, func(tx store.Tx) (err error) {
		told, rules, err = d.rezoned(tx)
		return err
	})
	if err != nil || rules == nil {
		return err
	}
	if err := d.Store.Update(ctx, func(tx store.Tx) error { return putJSON(tx, zonesSetting, rules) }); err != nil {
		return err
	}
	for _, n := range told {
		d.tell(n)
	}
	return nil
}

// rezoned looks through the plans of zones whose rules are not those of the last
// time; rules is nil where there is nothing to keep.
func (d *Desk) rezoned(tx store.Tx) (told []Notice, rules map[string]string, err error) {
	c, err := campaignYet(tx)
	if c == nil {
		return nil, nil, err
	}
	r := &room{Tx: tx, c: c, now: d.Clock.Now()}
	before, err := getJSON[map[string]string](tx, zonesSetting)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, nil, err
	}
	rules = maps.Clone(before)
	if rules == nil {
		rules = map[string]string{}
	}
	plans, err := tx.Plans()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range plans {
		if p.Withdrawn {
			continue
		}
		source, err := tx.Blob(p.Source)
		if err != nil {
			return nil, nil, err
		}
		parsed, _ := plan.Parse(p.File, source)
		if parsed == nil {
			continue
		}
		zone := parsed.Zone(c)
		now := plan.RulesOf(zone)
		rules[zone.String()] = now
		if before[zone.String()] == now {
			continue
		}
		moved, err := d.movedByRules(r, parsed, &p)
		if err != nil {
			return nil, nil, err
		}
		if len(moved) > 0 {
			told = append(told, zoneNotice(r, &p, zone.String(), moved))
		}
	}
	if maps.Equal(before, rules) {
		return nil, nil, nil
	}
	return told, rules, nil
}

// shifted is a queued delivery, and the same as its plan says it now.
type shifted struct{ is, would campaign.Delivery }

// movedByRules are the queued deliveries of a plan that would have another time,
// were the same file handed in now.
func (d *Desk) movedByRules(r *room, parsed *plan.Plan, p *campaign.Plan) (moved []shifted, err error) {
	ds, err := r.OfPlan(p.ID)
	if err != nil {
		return nil, err
	}
	is := map[campaign.DeliveryID]campaign.Delivery{}
	for _, v := range ds {
		if queued(&v) {
			is[v.ID] = v
		}
	}
	if len(is) == 0 {
		return nil, nil
	}
	for _, n := range d.derived(r, parsed, p, ds, p.Kit) {
		if v, ok := is[n.ID]; ok && v.Rule == n.Rule && !v.Due.Equal(n.Due) {
			moved = append(moved, shifted{v, n})
		}
	}
	return moved, nil
}

func zoneNotice(r *room, p *campaign.Plan, zone string, moved []shifted) Notice {
	n := Notice{Event: "zones", Mechanism: moved[0].is.Mechanism, Plan: p.ID}
	for _, m := range moved {
		n.Deliveries = append(n.Deliveries, m.is.ID)
	}
	first := moved[0]
	n.Text = fmt.Sprintf("The rules of %s have changed: %s of %s would go at another time, first %s on %s, now %s, then %s. Nothing moved. Next: takeover plan diff FILE, then takeover plan submit FILE",
		zone, count(len(moved), "post", "posts"), p.ID, first.is.Post, first.is.Channel, When(first.is.Due, r.c.Location()), When(first.would.Due, r.c.Location()))
	return n
}
