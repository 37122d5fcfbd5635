package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

const toldSettings = "told/" // followed by the matter: when people were last told

// matter is something that people are told of as long as it is open: again and
// again, or once.
type matter struct {
	key    string
	again  time.Duration // 0: once
	notice Notice
}

const (
	// tellAgain is how soon people are told again of what waits for them.
	tellAgain = 10 * time.Minute
	// tellApproval is how soon they are told again of a missing approval.
	tellApproval = time.Hour
)

// approvalWarnings are how long before due a missing approval is told: the
// first once, from the second on every hour.
var approvalWarnings = [2]time.Duration{24 * time.Hour, 2 * time.Hour}

// TellOpen tells people of everything that is open and that they were not, or
// not lately, told of: what needs a person, what stops publishing, which
// account is held, which approval is missing. It reads the store, so that a
// restart forgets nothing; the daemon runs it every minute.
func (d *Desk) TellOpen(ctx context.Context) error {
	var due []matter
	var over []string
	look := func(tx store.Tx) (err error) {
		due, over, err = d.untold(tx)
		return err
	}
	err := d.Store.View(ctx, look)
	if err != nil || len(due)+len(over) == 0 { // mostly: nothing is written then
		return err
	}
	err = d.Store.Update(ctx, func(tx store.Tx) error {
		err := look(tx)
		for _, m := range due {
			err = errors.Join(err, putJSON(tx, toldSettings+m.key, d.Clock.Now()))
		}
		for _, name := range over {
			err = errors.Join(err, tx.PutSetting(name, nil))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range due {
		d.tell(m.notice)
	}
	return nil
}

// deadlineWarnings are how long before the end of submission a mechanism's leads
// are told, once each.
var deadlineWarnings = [...]time.Duration{24 * time.Hour, 72 * time.Hour}

// untold are the matters of which people are to be told now, and the records
// of those that are over.
func (d *Desk) untold(tx store.Tx) (due []matter, over []string, err error) {
	c, err := campaignYet(tx)
	if c == nil {
		return nil, nil, err
	}
	r := &room{Tx: tx, c: c, now: d.Clock.Now()}
	open, err := r.matters()
	if err != nil {
		return nil, nil, err
	}
	keys := map[string]bool{}
	for _, m := range open {
		keys[toldSettings+m.key] = true
		last, err := getJSON[time.Time](r.Tx, toldSettings+m.key)
		known := !errors.Is(err, store.ErrNotFound)
		if known && err != nil {
			return nil, nil, err
		}
		if !known || m.again > 0 && (r.now.Sub(last) >= m.again || r.now.Before(last)) {
			due = append(due, m)
		}
	}
	names, err := tx.SettingNames(toldSettings)
	over = slices.DeleteFunc(names, func(name string) bool { return keys[name] })
	return due, over, err
}

// matters are all that are open, in a fixed order.
func (r *room) matters() ([]matter, error) {
	sw, err := r.switches()
	if err != nil {
		return nil, err
	}
	var open []matter
	for _, c := range slices.Sorted(maps.Keys(sw.Causes)) {
		if c == campaign.CauseStop {
			continue // somebody wanted it, and the deed told people
		}
		open = append(open, matter{"cause/" + string(c), tellAgain, Notice{Event: "stopped",
			Text: fmt.Sprintf("Publishing is stopped: %s. Next: takeover resume --cause %s", causeText(c, sw.Causes[c]), c)}})
	}
	of := r.channelsByLane()
	for _, l := range slices.Sorted(maps.Keys(sw.LaneHolds)) {
		for _, id := range of[l] {
			open = append(open, matter{"lane/" + string(l) + "/" + string(id), tellAgain, Notice{Event: "lane_held",
				Text: fmt.Sprintf("Channel %s is stopped: %s. What is queued there waits. Next: takeover channel check %s, then takeover resume --channel %s", id, sw.LaneHolds[l].Reason, id, id)}})
		}
	}
	err = r.each(store.Filter{States: []campaign.State{campaign.NeedsHuman}}, func(v campaign.Delivery) error {
		row, err := r.row(v)
		if err != nil {
			return err
		}
		open = append(open, matter{"delivery/" + string(v.ID), tellAgain, Notice{Event: "needs_you", Mechanism: v.Mechanism, Plan: v.Plan, Post: v.Post,
			Deliveries: []campaign.DeliveryID{v.ID}, Text: fmt.Sprintf("%s/%s on %s, %s, needs you. %s Next: takeover resolve %s. Nothing else waits for it.",
				v.Plan, v.Post, v.Channel, When(v.Due, r.c.Location()), row.Why, row.Short)}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	missing, err := r.missingApprovals()
	if err != nil {
		return nil, err
	}
	windows, err := r.windowMatters()
	return append(append(open, missing...), windows...), err
}

// windowMatters are the windows whose submission ends soon, and those that are
// open. A moved deadline or window is told of anew: its time is in the key.
func (r *room) windowMatters() ([]matter, error) {
	handedIn, err := r.plansByWindow()
	if err != nil {
		return nil, err
	}
	var open []matter
	for _, w := range r.windowLines(handedIn) {
		left := w.SubmitBy.Sub(r.now)
		i := slices.IndexFunc(deadlineWarnings[:], func(d time.Duration) bool { return left <= d })
		if w.State != "revoked" && left > 0 && i >= 0 {
			open = append(open, matter{key: fmt.Sprintf("deadline/%s/%d/%s", w.ID, w.SubmitBy.Unix(), deadlineWarnings[i]),
				notice: Notice{Event: "deadline", Mechanism: w.Mechanism, Text: fmt.Sprintf("The window %s takes plans until %s. %s Later ones are taken until it ends, and marked as late. Next: takeover plan submit FILE",
					w.ID, When(w.SubmitBy, r.c.Location()), handedInText(w.Plans))}})
		}
		if w.State == "open" {
			open = append(open, matter{key: fmt.Sprintf("open/%s/%d", w.ID, w.From.Unix()),
				notice: Notice{Event: "window_open", Mechanism: w.Mechanism, Text: fmt.Sprintf("The window %s is open until %s. %s", w.ID, When(w.To, r.c.Location()), handedInText(w.Plans))}})
		}
	}
	return open, nil
}

func handedInText(plans int) string {
	switch plans {
	case 0:
		return "No plan was handed in yet."
	case 1:
		return "One plan was handed in."
	}
	return fmt.Sprintf("%d plans were handed in.", plans)
}

// missingApprovals are the posts that are due soon and have nobody's yes.
func (r *room) missingApprovals() ([]matter, error) {
	type post struct {
		plan campaign.PlanID
		post campaign.PostID
	}
	first, order := map[post]campaign.Delivery{}, []post{}
	f := store.Filter{States: []campaign.State{campaign.Planned}, From: r.now, To: r.now.Add(approvalWarnings[0])}
	err := r.each(f, func(v campaign.Delivery) error {
		k := post{v.Plan, v.Post}
		if _, known := first[k]; !known && awaits(&v, r.c.Policies) {
			first[k] = v
			order = append(order, k)
		}
		return nil
	})
	var open []matter
	for _, k := range order {
		v := first[k]
		m := matter{key: fmt.Sprintf("approval/%s/%s/early", k.plan, k.post)}
		if v.Due.Sub(r.now) <= approvalWarnings[1] {
			m.key, m.again = fmt.Sprintf("approval/%s/%s", k.plan, k.post), tellApproval
		}
		m.notice = Notice{Event: "approval_missing", Mechanism: v.Mechanism, Plan: v.Plan, Post: v.Post,
			Text: fmt.Sprintf("%s/%s is due %s and nobody has approved it. Without a yes it is missed. Next: takeover inbox", v.Plan, v.Post, When(v.Due, r.c.Location()))}
		open = append(open, m)
	}
	return open, err
}
