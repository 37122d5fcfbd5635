package desk

import (
	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/plan"
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
		s := plan.Surface{Platform: ch.LimitsName(), Limits: f.Limits, Capabilities: f.Capabilities, Measure: f.Measure}
		if ch.DailyLimit > 0 {
			s.Limits.DailyPosts = ch.DailyLimit
		}
		if open != nil {
			if adapter, err := open(c, id); err == nil {
				s.Check = adapter.Check
			}
		}
		return s, true
	}
}

func (d *Desk) surfaces(c *campaign.Campaign) func(campaign.ChannelID) (plan.Surface, bool) {
	return Surfaces(c, d.Facts, d.Channel)
}
