package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// liveEvent is an event that something due waits for, and where it is shown.
type liveEvent struct {
	plan    campaign.PlanID
	anchor  string
	start   time.Time
	address string
}

// WatchEvents asks the platforms whether events are live that something due
// waits for and whose plan says live_check: youtube. Where one says so, what waits
// may go; where none can be asked, a person says it. It is the daemon's own deed
// and may be repeated at any time: a plan without such an event is not read.
func (d *Desk) WatchEvents(ctx context.Context) error {
	var due []liveEvent
	var c *campaign.Campaign
	err := d.Store.View(ctx, func(tx store.Tx) (err error) {
		if c, err = campaignYet(tx); c == nil {
			return err
		}
		due, err = eventsDue(tx, d.Clock.Now())
		return err
	})
	for _, e := range due {
		if err == nil && d.isLive(ctx, c, e) {
			err = d.noteLive(ctx, e)
		}
	}
	return errors.Join(err, ctx.Err())
}

// eventsDue are the events to ask for now.
func eventsDue(tx store.Tx, now time.Time) ([]liveEvent, error) {
	plans, err := tx.Plans()
	if err != nil {
		return nil, err
	}
	var due []liveEvent
	for _, p := range plans {
		var waits []string
		for id, at := range p.Anchors {
			if !at.Live && !p.Withdrawn && !now.Before(at.Start) {
				waits = append(waits, id)
			}
		}
		if len(waits) == 0 {
			continue
		}
		ds, err := tx.OfPlan(p.ID)
		if err != nil {
			return nil, err
		}
		waits = slices.DeleteFunc(waits, func(id string) bool {
			return !slices.ContainsFunc(ds, func(v campaign.Delivery) bool { return v.Anchor == id && waitsLive(&v) && !now.Before(v.Due) })
		})
		if len(waits) == 0 {
			continue
		}
		parsed, err := fileOf(tx, &p)
		if err != nil {
			return nil, err
		}
		if parsed == nil {
			continue
		}
		for _, a := range parsed.Anchors {
			if a.LiveCheck.Value == "youtube" && slices.Contains(waits, a.ID.Value) {
				due = append(due, liveEvent{p.ID, a.ID.Value, p.Anchors[a.ID.Value].Start, a.Watch.Value})
			}
		}
	}
	return due, nil
}

// isLive asks the campaign's accounts, one after the other, until one answers.
func (d *Desk) isLive(ctx context.Context, c *campaign.Campaign, e liveEvent) bool {
	if d.Channel == nil {
		return false
	}
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		ch, err := d.Channel(c, id)
		if err != nil {
			continue // the channel's trouble is told elsewhere
		}
		w, ok := ch.(channels.Watcher)
		if !ok {
			continue
		}
		live, err := w.Watch(ctx, e.address)
		if err == nil {
			return live
		}
		d.Log.Debug("nobody says whether it is live", "plan", e.plan, "anchor", e.anchor, "channel", id, "err", err)
	}
	return false
}

// noteLive lets go what waits for the event, unless it was moved meanwhile.
func (d *Desk) noteLive(ctx context.Context, e liveEvent) error {
	_, err := d.anchorLive(ctx, campaign.Actor{Door: campaign.DoorDaemon}, e.anchor, "by the platform", func(r *room) (campaign.Plan, error) {
		p, err := r.Plan(e.plan)
		if err == nil && !p.Anchors[e.anchor].Start.Equal(e.start) {
			err = ErrConflict
		}
		return p, err
	})
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}
