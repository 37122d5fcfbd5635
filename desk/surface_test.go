package desk

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
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
	if !ok || s.Platform != "x" || s.Limits.Text != 280 || s.Limits.DailyPosts != 3 || s.Check == nil || len(s.Check(campaign.Content{})) != 1 || s.Shown == nil || s.Shown(campaign.Content{Text: "x"})[0].Text != "x" {
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

// TestDailyPosts: what a platform said of this account counts before what is
// known of all of them, and a record that makes no sense stops nothing.
func TestDailyPosts(t *testing.T) {
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := sample()
	c.Channels["gram"] = campaign.Channel{Platform: "instagram"}
	known, _ := channels.Known("instagram")
	for said, want := range map[string]int{
		"": known.Limits.DailyPosts,
		`{"channel":"gram","account":{"limits":{"daily_posts":7}}}`: 7,
		`{"channel":"gram","account":{}}`:                           known.Limits.DailyPosts,
		"not JSON":                                                  known.Limits.DailyPosts,
	} {
		err := s.Update(t.Context(), func(tx store.Tx) error {
			if said != "" {
				if err := tx.PutSetting(connectionSettings+"gram", []byte(said)); err != nil {
					return err
				}
			}
			if n, err := DailyPosts(tx, &c, "gram"); n != want || n == 0 || err != nil {
				t.Errorf("%q: %d, %v, want %d", said, n, err, want)
			}
			return tx.PutSetting(connectionSettings+"gram", nil)
		})
		if err != nil {
			t.Error(err)
		}
	}
}
