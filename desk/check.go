package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// CheckChannel asks the platform who the channel's account is and what we may
// do there; nothing is posted. The answer's Fault tells what is wrong.
func (d *Desk) CheckChannel(ctx context.Context, a campaign.Actor, id campaign.ChannelID) (campaign.Connection, error) {
	ch, err := d.account(ctx, a, id, campaign.ActOperate)
	if err != nil {
		return campaign.Connection{}, err
	}
	inspector, ok := ch.(channels.Inspector)
	if !ok {
		return campaign.Connection{}, fmt.Errorf("%w: channel %s cannot be asked without posting", ErrUsage, id)
	}
	k, _, err := d.inspect(ctx, a, id, inspector)
	return k, err
}

// CheckChannels asks for every account that can be asked, as the daemon does by
// itself, and tells people once what is new: a permission that is lost, or that
// ends in 14, 7, 3 or 1 days. A platform that does not answer is no such news.
func (d *Desk) CheckChannels(ctx context.Context) error {
	daemon := campaign.Actor{Door: campaign.DoorDaemon}
	var c *campaign.Campaign
	err := d.look(ctx, daemon, func(r *room) error { c = r.c; return nil })
	if errors.Is(err, store.ErrNotFound) || d.Channel == nil {
		return nil
	}
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		ch, err := d.Channel(c, id)
		if err != nil {
			continue // its configuration is wrong, and the lane says so
		}
		inspector, ok := ch.(channels.Inspector)
		if !ok {
			continue
		}
		k, news, err := d.inspect(ctx, daemon, id, inspector)
		if err != nil {
			return err
		}
		if news != "" {
			d.tell(Notice{Event: "channel", At: k.Checked, Text: news})
		}
	}
	return ctx.Err()
}

// inspect asks the platform and keeps its answer. news is what people must be
// told that the last check did not say.
func (d *Desk) inspect(ctx context.Context, a campaign.Actor, id campaign.ChannelID, inspector channels.Inspector) (k campaign.Connection, news string, err error) {
	account, asked := inspector.Inspect(ctx)
	lost := asked != nil && lostPermission(asked)
	err = d.do(ctx, a, "channel.check", func(r *room) error {
		was, err := connectionOf(r.Tx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		k = was
		k.Channel, k.Checked, k.Fault = id, r.now, ""
		if asked != nil {
			k.Fault, k.Lost = asked.Error(), lost || was.Lost
		} else if k.Account, k.Lost = account, false; k.At.IsZero() {
			k.At, k.By = r.now, a.Person // named in campaign.yaml, not connected here
		}
		news = ""
		switch days := daysLeft(k.Account.Expires, r.now); {
		case lost && was.Fault == "":
			news = fmt.Sprintf("Channel %s: the platform does not accept us any more (%s). What is queued there waits. Next: takeover channel connect %s", id, k.Fault, id)
		case asked == nil && days < daysLeft(was.Account.Expires, was.Checked):
			news = fmt.Sprintf("Channel %s: the permission ends %s. Next: takeover channel connect %s", id, When(k.Account.Expires, r.c.Location()), id)
		}
		if a.Person != "" || (k.Fault == "") != (was.Fault == "") {
			r.did(string(id), "%s", map[bool]string{true: "fine", false: "failed"}[asked == nil])
		}
		return putJSON(r.Tx, connectionSettings+string(id), k)
	})
	return k, news, err
}

// lostPermission tells whether a person must connect the account anew.
func lostPermission(err error) bool {
	var e *channels.Error
	return errors.Is(err, channels.ErrNotConnected) || errors.As(err, &e) && e.Scope == channels.ScopeChannel && e.Status != 0
}

// warnedDays are the days before the end of a permission at which people are told.
var warnedDays = []int{1, 3, 7, 14}

// daysLeft is the least of warnedDays within which the permission ends; a
// hundred years where that is far off or never.
func daysLeft(expires, now time.Time) int {
	for _, days := range warnedDays {
		if !expires.IsZero() && expires.Sub(now) <= time.Duration(days)*24*time.Hour {
			return days
		}
	}
	return 36500
}
