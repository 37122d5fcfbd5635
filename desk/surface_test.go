package desk

import (
	"errors"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

type fussy struct{ channels.Channel }

func (fussy) Check(campaign.Content) []campaign.Finding { return []campaign.Finding{{Code: "P061"}} }

func TestSurfaces(t *testing.T) {
	c := sample()
	c.Channels["small"] = campaign.Channel{Platform: "sandbox", Like: "x", DailyLimit: 3}
	c.Channels["odd"] = campaign.Channel{Platform: "nowhere"}
	facts := func(ch campaign.Channel) (channels.Facts, bool) {
		return channels.Facts{Limits: campaign.Limits{Text: 280, DailyPosts: 50}}, ch.Platform == "sandbox"
	}
	surface := Surfaces(&c, facts, func(_ *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
		if id == "wall" {
			return nil, errors.New("its configuration is wrong")
		}
		return fussy{}, nil
	})
	s, ok := surface("small")
	if !ok || s.Platform != "x" || s.Limits.Text != 280 || s.Limits.DailyPosts != 3 || s.Check == nil || len(s.Check(campaign.Content{})) != 1 {
		t.Errorf("small: %v, %+v", ok, s)
	}
	if s, ok := surface("wall"); !ok || s.Check != nil || s.Limits.DailyPosts != 50 {
		t.Errorf("a channel that cannot be opened: %v, %+v", ok, s)
	}
	for _, id := range []campaign.ChannelID{"odd", "none"} {
		if _, ok := surface(id); ok {
			t.Errorf("%s has a surface", id)
		}
	}
}
