package scheduler

import (
	"maps"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Order on a lane: oldest first, save that a late post lets one pass that is on
// time and would become late behind it, as long as every late one still has its
// room before its latest time. So an outage makes late what it met and nothing
// else, and nobody is missed for it: once a late post can wait no longer, it goes.

// giveWay looks, when p would send a late post now, whether one that is on time
// goes first. Where that one's time has come p sends it; where it is still to
// come the lane waits for it.
func (e *Engine) giveWay(tx store.Tx, b *bench, l *lane, p *pick) error {
	late := p.send
	if late == nil || p.refusal != "" || late.Part > 0 || b.now.Sub(late.Due) <= campaign.OnTime {
		return nil
	}
	d, err := b.punctual(tx, l.id)
	if err != nil || d == nil || d.ID == late.ID {
		return err
	}
	at := d.Due
	if at.Before(b.now) {
		at = b.now
	}
	if room, err := b.roomAfter(tx, l.id, at); err != nil || !room {
		return err
	}
	if d.Due.After(b.now) {
		p.send = nil
		p.waits, p.reason = d.Due, campaign.Reason{Code: campaign.ReasonGap, Text: "a post that is on time goes before late ones", At: b.now}
		return nil
	}
	// Only if it can leave: else the late one loses its turn for nothing.
	first := pick{settle: p.settle}
	if done, err := e.chooseFrom(tx, b, l, []campaign.Delivery{*d}, &first); err != nil || !done || first.send == nil {
		return err
	}
	*p = first
	return nil
}

// gap is the distance that the channel's posts keep on their account.
func (b *bench) gap(ch campaign.ChannelID) time.Duration { return b.campaign.Channels[ch].MinGap }

// punctual is the earliest delivery of the lane that is on time and would be
// late if another left now; nil for none.
func (b *bench) punctual(tx store.Tx, id campaign.LaneID) (first *campaign.Delivery, err error) {
	for _, ch := range slices.Sorted(maps.Keys(b.campaign.Channels)) {
		// What another's gap delays by less than OnTime is on time all the same.
		if b.campaign.LaneOf(ch) != id || b.gap(ch) <= campaign.OnTime {
			continue
		}
		f := store.Filter{Channel: ch, States: []campaign.State{campaign.Scheduled},
			From: b.now.Add(-campaign.OnTime), To: b.now.Add(b.gap(ch) - campaign.OnTime)}
		ds, _, err := tx.List(f, "", batch)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(ds, func(d campaign.Delivery) bool {
			return d.Runnable() && d.Part == 0 && d.Lane == id && !d.RunAt().After(d.Due.Add(campaign.OnTime))
		})
		if i >= 0 && (first == nil || ds[i].Due.Before(first.Due)) {
			first = &ds[i]
		}
	}
	return first, nil
}

// roomAfter tells whether the late posts that could leave in time from now on
// still can when another goes before them at the time.
func (b *bench) roomAfter(tx store.Tx, id campaign.LaneID, at time.Time) (bool, error) {
	due, err := tx.Due(id, b.now, batch)
	if err != nil {
		return false, err
	}
	now := b.now
	for i := range due {
		d := &due[i]
		if d.Part > 0 || b.now.Sub(d.Due) <= campaign.OnTime {
			continue
		}
		last := d.Latest
		if t, ok := b.campaign.Takeovers[d.Takeover]; ok && t.To.Before(last) {
			last = t.To
		}
		gap := max(b.gap(d.Channel), campaign.RestartSpacing)
		at = at.Add(gap)
		if !now.After(last) && at.After(last) {
			return false, nil
		}
		now = now.Add(gap)
	}
	return true, nil
}
