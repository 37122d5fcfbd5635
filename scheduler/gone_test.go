package scheduler

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestF68GoneAsksAPerson: what may have been taken down by hand is never
// repeated by itself, whatever the platform would recognise.
func TestF68GoneAsksAPerson(t *testing.T) {
	for _, strength := range []channels.Strength{channels.Weak, channels.Good, channels.Exact} {
		for _, repeats := range []bool{false, true} {
			for _, code := range []string{campaign.ReasonDoubt, campaign.ReasonDuplicate} {
				d := campaign.Delivery{Reason: campaign.Reason{Code: code}, Reads: 3}
				if s := weigh(&d, finding{verdict: channels.Gone, channel: opened{strength: strength}}, repeats); s != askPerson {
					t.Errorf("strength %d, repeats %v, %s: step %d", strength, repeats, code, s)
				}
			}
		}
	}
}
