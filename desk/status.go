package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// running tells whether what is queued is being published.
func (d *Desk) running(tx store.Tx) (bool, error) {
	if d.Running == nil {
		return d.Brake != nil, nil
	}
	return d.Running(tx)
}

// Status is the state of everything at a glance.
func (d *Desk) Status(ctx context.Context, a campaign.Actor) (Status, error) {
	var out Status
	err := d.look(ctx, a, func(r *room) error {
		running, err := d.running(r.Tx) // not the room: a store.Shared is looked for
		if err != nil {
			return err
		}
		if !a.Visits() {
			if err := r.mayEnter(); err != nil {
				return err
			}
		} else { // the frame of a page, and no more
			out = Status{Campaign: r.c.ID, Zone: r.c.Zone, At: r.now, Running: running}
			return nil
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		out = Status{Campaign: r.c.ID, Zone: r.c.Zone, At: r.now, Stopped: stopLines(sw), Running: running}
		if out.ByState, err = r.Counts(); err != nil {
			return err
		}
		out.Lanes, err = r.laneLines(sw)
		return err
	})
	return out, err
}

// laneLines describes every account of the campaign, and any other with work.
func (r *room) laneLines(sw *campaign.Switches) ([]LaneLine, error) {
	of := r.channelsByLane()
	busy, err := r.Lanes()
	if err != nil {
		return nil, err
	}
	for _, l := range busy {
		if _, ok := of[l]; !ok {
			of[l] = nil
		}
	}
	lines := []LaneLine{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		lane, err := r.Lane(id)
		if err != nil {
			return nil, err
		}
		line := LaneLine{Lane: id, Channels: of[id], Last: lane.LastAt, Held: sw.LaneHolds[id].Reason}
		if lane.RateUntil.After(r.now) {
			line.WaitsFor = lane.RateUntil
		}
		if line.Next, _, err = r.Head(id); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// channelsByLane are the channels of each account, by id.
func (r *room) channelsByLane() map[campaign.LaneID][]campaign.ChannelID {
	of := map[campaign.LaneID][]campaign.ChannelID{}
	for _, id := range slices.Sorted(maps.Keys(r.c.Channels)) {
		of[r.c.LaneOf(id)] = append(of[r.c.LaneOf(id)], id)
	}
	return of
}

// stopLines lists everything that stops publishing.
func stopLines(sw *campaign.Switches) []StopLine {
	lines := []StopLine{}
	for _, c := range slices.Sorted(maps.Keys(sw.Causes)) {
		rec := sw.Causes[c]
		lines = append(lines, StopLine{Cause: c, Stop: true, By: rec.By, At: rec.At, Reason: rec.Reason, Text: causeText(c, rec)})
	}
	for _, h := range sw.Holds {
		lines = append(lines, StopLine{Hold: h.ID, Stop: h.Stop, Scope: h.Scope, By: h.By, At: h.At, Reason: h.Reason, Text: holdText(h)})
	}
	for _, l := range slices.Sorted(maps.Keys(sw.LaneHolds)) {
		rec := sw.LaneHolds[l]
		lines = append(lines, StopLine{Lane: l, By: rec.By, At: rec.At, Reason: rec.Reason, Text: words("the account "+string(l)+" is held", rec.By, rec.Reason)})
	}
	return lines
}

// Windows lists the windows, by begin then id. A lead sees them all: whose
// turn it is on a channel is no secret among mechanisms.
func (d *Desk) Windows(ctx context.Context, a campaign.Actor) ([]WindowLine, error) {
	lines := []WindowLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		n, err := r.plansByWindow()
		if err == nil {
			lines = r.windowLines(n)
		}
		return err
	})
	return lines, err
}

// plansByWindow are how many plans were handed in for each.
func (r *room) plansByWindow() (map[campaign.TakeoverID]int, error) {
	plans, err := r.Tx.Plans()
	n := map[campaign.TakeoverID]int{}
	for _, p := range plans {
		n[p.Takeover]++
	}
	return n, err
}

// windowLines describes every window, by begin then id; plans is how many each has.
func (r *room) windowLines(plans map[campaign.TakeoverID]int) []WindowLine {
	lines := []WindowLine{}
	for id, t := range r.c.Takeovers {
		lines = append(lines, WindowLine{ID: id, Mechanism: t.Mechanism, From: t.From, To: t.To, Channels: t.Channels,
			SubmitBy: t.SubmitBy, Shared: t.Shared, Revoked: t.Revoked, State: windowState(t, r.now), Plans: plans[id]})
	}
	slices.SortFunc(lines, func(a, b WindowLine) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(string(a.ID), string(b.ID)))
	})
	return lines
}

func windowState(t campaign.Takeover, now time.Time) string {
	switch {
	case t.Revoked:
		return "revoked"
	case now.Before(t.From):
		return "coming"
	case now.Before(t.To):
		return "open"
	}
	return "ended"
}

// Channels lists the channels, by id.
func (d *Desk) Channels(ctx context.Context, a campaign.Actor) ([]ChannelLine, error) {
	lines := []ChannelLine{}
	err := d.look(ctx, a, func(r *room) (err error) {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		lines, err = d.channelLines(r, slices.Sorted(maps.Keys(r.c.Channels)))
		return err
	})
	return lines, err
}

// channelLines describes channels of the campaign, in the order of ids.
func (d *Desk) channelLines(r *room, ids []campaign.ChannelID) ([]ChannelLine, error) {
	lines := []ChannelLine{}
	for _, id := range ids {
		ch := r.c.Channels[id]
		line := ChannelLine{ID: id, Platform: ch.Platform, Like: ch.Like, Handle: ch.Handle, Lane: ch.Lane(id), Languages: ch.Languages,
			Paused: ch.Paused, DailyLimit: ch.DailyLimit, MinGap: Span(ch.MinGap)}
		if f, ok := d.Facts(ch); ok {
			line.Class = f.Class
		}
		var err error
		if line.Next, _, err = r.Head(line.Lane); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}
