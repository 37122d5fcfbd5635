package scheduler

import (
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestAmbiguousAsksAPerson: what may be another's post is neither taken for
// ours nor for absent, and is not repeated, however long it has settled.
func TestAmbiguousAsksAPerson(t *testing.T) {
	for _, strength := range []channels.Strength{channels.Weak, channels.Good, channels.Exact} {
		for _, repeats := range []bool{true, false} {
			for reads := range 10 {
				d := &campaign.Delivery{Reads: reads}
				f := finding{verdict: channels.Ambiguous, channel: opened{strength: strength, settle: time.Second}}
				if got := weigh(d, f, repeats); got != askPerson {
					t.Errorf("strength %d, repeats %v, read %d: step %d", strength, repeats, reads, got)
				}
			}
		}
	}
}

// TestRequestTellsOfDoubt: an attempt that provably left nothing casts none.
func TestRequestTellsOfDoubt(t *testing.T) {
	at := func(n, part int, fate string) campaign.Attempt { return campaign.Attempt{N: n, Part: part, Fate: fate} }
	for _, tt := range []struct {
		name    string
		earlier []campaign.Attempt
		want    bool
	}{
		{"first", nil, false},
		{"itself", []campaign.Attempt{at(3, 1, "")}, false},
		{"not sent", []campaign.Attempt{at(1, 1, "not_sent")}, false},
		{"another part", []campaign.Attempt{at(1, 0, "in_doubt")}, false},
		{"in doubt", []campaign.Attempt{at(1, 1, "in_doubt"), at(2, 1, "not_sent")}, true},
		{"no record", []campaign.Attempt{at(1, 1, "")}, true},
	} {
		r := requestFor(campaign.Delivery{}, campaign.Content{}, at(3, 1, ""), tt.earlier, channels.Staged{})
		if r.Doubt != tt.want {
			t.Errorf("%s: doubt %v", tt.name, r.Doubt)
		}
	}
}
