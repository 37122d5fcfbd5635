package desk

import (
	"encoding/json"
	"errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Surfaces tells what each channel of the campaign looks like to a plan: what
// is known of its platform, the channel's own daily limit, and the check of
// its adapter. An adapter that cannot be opened adds no check: that its
// configuration is wrong is not the plan's fault. open may be nil.
func Surfaces(c *campaign.Campaign, facts func(campaign.Channel) (channels.Facts, bool), open func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error)) func(campaign.ChannelID) (plan.Surface, bool) {
	return func(id campaign.ChannelID) (plan.Surface, bool) {
		ch, ok := c.Channels[id]
		if !ok {
			return plan.Surface{}, false
		}
		f, ok := facts(ch)
		if !ok {
			return plan.Surface{}, false
		}
		s := plan.Surface{Platform: ch.LimitsName(), Limits: f.Limits, Capabilities: f.Capabilities, Measure: f.Measure, Card: f.Card}
		if ch.DailyLimit > 0 {
			s.Limits.DailyPosts = ch.DailyLimit
		}
		if open != nil {
			if adapter, err := open(c, id); err == nil {
				s.Check = adapter.Check
				s.Shown = func(c campaign.Content) []campaign.Shown { return channels.ShownBy(adapter, c) }
			}
		}
		return s, true
	}
}

// DailyPosts is how many posts the channel's platform takes from its account in
// 24 hours, 0 for no number: what the platform said when the account was
// connected or last checked, else what is known of it. The engine and the
// rehearsal ask the same; scheduler.Config tells when.
func DailyPosts(tx store.Settings, c *campaign.Campaign, id campaign.ChannelID) (int, error) {
	b, err := tx.Setting(connectionSettings + string(id))
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrCorrupt) {
		return 0, err
	}
	// What cannot be read is no reason to stop everything: the known number holds.
	var k campaign.Connection
	if err == nil && json.Unmarshal(b, &k) == nil && k.Account.Limits != nil {
		return k.Account.Limits.DailyPosts, nil
	}
	f, _ := channels.Known(c.Channels[id].LimitsName())
	return f.Limits.DailyPosts, nil
}

// surfaces are those of the room's campaign. What a server said of its own
// limits, when its account was connected or last checked, comes before what is
// known of its platform.
func (d *Desk) surfaces(r *room) func(campaign.ChannelID) (plan.Surface, bool) {
	known := Surfaces(r.c, d.Facts, d.Channel)
	return func(id campaign.ChannelID) (plan.Surface, bool) {
		s, ok := known(id)
		if k, err := connectionOf(r.Tx, id); ok && err == nil && k.Account.Limits != nil {
			daily := s.Limits.DailyPosts
			s.Limits = *k.Account.Limits
			if ch := r.c.Channels[id]; ch.DailyLimit > 0 {
				s.Limits.DailyPosts = daily // the campaign's own
			}
		}
		return s, ok
	}
}
