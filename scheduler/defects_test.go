package scheduler

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// What deliberate defects showed to be without a test; see cmd/mutants.

func TestWeigh(t *testing.T) {
	doubt := campaign.Delivery{State: campaign.InDoubt, Reason: campaign.Reason{Code: campaign.ReasonDoubt}}
	twin := campaign.Delivery{State: campaign.InDoubt, Reason: campaign.Reason{Code: campaign.ReasonDuplicate}}
	settled := doubt
	settled.Reads = 2
	good := opened{strength: channels.Good, settle: 30 * time.Second}
	for _, c := range []struct {
		name    string
		d       campaign.Delivery
		f       finding
		repeats bool
		want    step
	}{
		{"found", doubt, finding{verdict: channels.Found, channel: good}, false, found},
		{"cannot tell", settled, finding{verdict: channels.CannotTell, channel: good}, false, askPerson},
		{"cannot tell, but repeats", settled, finding{verdict: channels.CannotTell, channel: good}, true, repeat},
		{"cannot tell of a twin", twin, finding{verdict: channels.CannotTell, channel: good}, true, askPerson},
		{"absent too soon", doubt, finding{verdict: channels.Absent, channel: good}, true, lookAgain},
		{"absent and settled", settled, finding{verdict: channels.Absent, channel: good}, false, absent},
		{"several", settled, finding{verdict: channels.Ambiguous, channel: good}, true, askPerson},
		{"was there, says a list that may be late", doubt, finding{verdict: channels.Gone, channel: good}, true, lookAgain},
		{"was there", settled, finding{verdict: channels.Gone, channel: good}, true, askPerson},
	} {
		if got := weigh(&c.d, c.f, c.repeats); got != c.want {
			t.Errorf("%s: step %d, want %d", c.name, got, c.want)
		}
	}
}

// TestRepeatPassesTheChecks: a channel that was paused since the doubt gets no repeat.
func TestRepeatPassesTheChecks(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		p := w.p0()
		p.class, p.strength = campaign.K2, channels.Weak
		id := w.add("a", "c00", time.Minute)
		p.does(lost)
		w.start()
		goBy(61 * time.Second)
		w.pause("c00", true)
		goBy(30 * time.Minute)
		w.is(id, campaign.InDoubt, 1)
		if n := len(w.attempts(id)); n != 1 {
			t.Fatalf("%d attempts while the channel is paused", n)
		}
		w.pause("c00", false)
		goBy(30 * time.Minute)
		w.is(id, campaign.Published, 1)
		if n := len(w.attempts(id)); n != 2 {
			t.Errorf("%d attempts", n)
		}
	})
}

func (w *world) pause(id campaign.ChannelID, on bool) {
	w.update(func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		n := c.Clone()
		ch := n.Channels[id]
		ch.Paused = on
		n.Channels[id] = ch
		return tx.PutCampaign(n)
	})
	w.e.Wake()
}

// TestMissedForItsAccountSaysWhy: what a whole account waits for is not written
// to each of its deliveries, and is told of one that was missed for it.
func TestMissedForItsAccountSaysWhy(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute, tolerance(5*time.Minute))
		w.start()
		w.pause("c00", true)
		goBy(20 * time.Minute)
		w.is(id, campaign.Missed, 0)
		if r := w.get(id).Reason; r.Code != campaign.ReasonHeld || r.Text != Before+"the channel is paused" {
			t.Errorf("%+v", r)
		}
	})
}

// TestManyDueAtOneInstantAreStagedBefore: nothing that is due waits for its bytes.
func TestManyDueAtOneInstantAreStagedBefore(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		var ids []campaign.DeliveryID
		for i := range 100 {
			ids = append(ids, w.add(fmt.Sprint(i), "c00", 10*time.Minute))
		}
		w.start()
		goBy(6 * time.Minute)
		w.update(func(tx store.Tx) error {
			for _, id := range ids {
				if _, err := tx.Staged(id); err != nil {
					return fmt.Errorf("%s: %w", id, err)
				}
			}
			return nil
		})
	})
}

func TestGateObeysBothClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, set := range []struct {
			name string
			wall time.Duration // until when it may leave
			boot time.Duration
			open bool
		}{
			{"in time", time.Minute, time.Minute, true},
			{"too late on the wall", -time.Second, time.Minute, false},
			{"too late since it was armed", time.Minute, -time.Second, false},
		} {
			clk := newBubbleClock()
			g := newGate(clk)
			g.change(campaign.Switches{})
			p := g.admit(campaign.Delivery{}, clk.Now().Add(set.wall), clk.Boot()+set.boot)
			if err := p.Pass(func() error { return nil }); (err == nil) != set.open {
				t.Errorf("%s: %v", set.name, err)
			}
		}
	})
}
