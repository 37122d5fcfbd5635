package scheduler

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// stagedTx is a transaction that knows one staging alone.
type stagedTx struct {
	store.Tx
	b []byte
}

func (s stagedTx) Staged(campaign.DeliveryID) ([]byte, error) { return s.b, nil }

// TestAPartForLaterIsNotStaged: it is prepared once those before it are public.
func TestAPartForLaterIsNotStaged(t *testing.T) {
	b, err := json.Marshal(staging{Staged: channels.Staged{Parts: []channels.Part{{Name: "post"}, {Name: "reply", Later: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range []bool{true, false} {
		if _, ok := stagedOf(stagedTx{b: b}, &campaign.Delivery{Part: part}, time.Now()); ok != want {
			t.Errorf("part %d: staged %v", part, ok)
		}
	}
}

// TestWhatServesIsKept: what a platform only works on is not staged anew.
func TestWhatServesIsKept(t *testing.T) {
	for _, keep := range []bool{false, true} {
		err := &channels.Error{Fate: channels.NotSent, Scope: channels.ScopeContent, Keep: keep, Err: errors.New("not ready")}
		if got := stagingIsGone(&flight{}, err); got == keep {
			t.Errorf("keep %v: gone %v", keep, got)
		}
	}
}
