package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestRandomFaults runs small plans through random faults, crashes, stops and
// holds. What the public saw is counted at the platforms, what was meant comes
// from the plan. A failing seed is run again by TAKEOVER_SEED=n.
func TestRandomFaults(t *testing.T) {
	first, n := uint64(1), uint64(150)
	if testing.Short() {
		n = 30
	}
	if s, err := strconv.ParseUint(os.Getenv("TAKEOVER_SEED"), 10, 64); err == nil {
		first, n = s, 1
	}
	for seed := first; seed < first+n; seed++ {
		bubble(t, 3, func(t *testing.T, w *world) { randomRun(t, w, seed) })
		if t.Failed() {
			t.Fatalf("TAKEOVER_SEED=%d", seed)
		}
	}
}

// randomRun is one run; every choice comes from the seed.
func randomRun(t *testing.T, w *world, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	type kind struct {
		class    campaign.Class
		strength channels.Strength
	}
	kinds := []kind{{campaign.K1, channels.Good}, {campaign.K1, channels.Weak}, {campaign.K2, channels.Exact}, {campaign.K2, channels.Weak},
		{campaign.K4, channels.Weak}, {campaign.K5, channels.Good}, {campaign.K6, channels.Weak}}
	hangs := make(chan struct{})
	acts := []act{ok, ok, ok, ok, lost, lost, gone, undialled, dialling(3 * time.Second), dialling(15 * time.Second),
		answers(channels.Error{Fate: channels.Refused, Status: 422}),
		answers(channels.Error{Fate: channels.NotSent, Status: 429}),
		answers(channels.Error{Fate: channels.Refused, Duplicate: true}),
	}
	for range 2 { // answers late, deaf to its context
		late := time.Duration(rnd.IntN(100)) * time.Second
		acts = append(acts, func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			receipt, err := ok(ctx, p, r)
			select {
			case <-time.After(late):
			case <-hangs:
			}
			return receipt, err
		})
	}
	for i := range 3 {
		p := w.platforms[campaign.ChannelID(fmt.Sprintf("c%02d", i))]
		k := kinds[rnd.IntN(len(kinds))]
		p.class, p.strength = k.class, k.strength
		p.parts = 1 + rnd.IntN(2)
		for range 12 {
			p.does(acts[rnd.IntN(len(acts))])
		}
	}
	var ids []campaign.DeliveryID
	due := map[campaign.DeliveryID]campaign.Delivery{}
	for i := range 8 {
		id := w.add(fmt.Sprint("post", i), campaign.ChannelID(fmt.Sprintf("c%02d", rnd.IntN(3))), time.Duration(rnd.IntN(20*60))*time.Second,
			tolerance(time.Duration(5+rnd.IntN(60))*time.Minute))
		ids = append(ids, id)
		due[id] = w.get(id)
	}
	w.start()
	stoppedAt, stopped := 0, false
	for range 12 {
		switch rnd.IntN(6) {
		case 0:
			w.mu.Lock()
			w.crashAt, w.after = w.updates+1+rnd.IntN(6), rnd.IntN(2) == 0
			w.mu.Unlock()
		case 1:
			w.kill()
			w.start()
		case 2:
			if !stopped && !w.dead() {
				w.switches(stopAll)
				if _, err := w.e.Halt(context.Background(), everything); err == nil {
					stopped, stoppedAt = true, w.public()
				}
			}
		case 3:
			w.clk.suspend(time.Duration(rnd.IntN(200)) * time.Second)
		}
		goBy(time.Duration(1+rnd.IntN(240)) * time.Second)
		if stopped {
			if n := w.public(); n != stoppedAt {
				t.Errorf("%d posts left while stopped", n-stoppedAt)
			}
			stopped = false
			w.switches(func(s *campaign.Switches) { s.Causes = nil })
			if !w.dead() {
				_ = w.e.Lift(context.Background()) // a crash in between is met below
			}
		}
		if w.dead() {
			w.reap()
			w.start()
		}
	}
	w.mu.Lock()
	w.crashAt = 0
	w.mu.Unlock()
	close(hangs)
	for range 3 { // a crash point may have been met by the very last step
		goBy(time.Hour)
		if w.dead() {
			w.reap()
			w.start()
		}
	}
	w.judgeRun(t, ids, due)
}

// judgeRun holds what the public saw and what is stored against the plan.
func (w *world) judgeRun(t *testing.T, ids []campaign.DeliveryID, plan map[campaign.DeliveryID]campaign.Delivery) {
	t.Helper()
	remote := map[string]campaign.DeliveryID{}
	for _, id := range ids {
		d, want, p := w.get(id), plan[id], w.platforms[plan[id].Channel]
		texts := map[string]int{}
		p.mu.Lock()
		for _, x := range p.posts {
			if x.delivery != id {
				continue
			}
			texts[x.text]++
			if x.at.Before(want.Due) || x.at.After(want.Latest) {
				t.Errorf("%s was shown at %s, due %s, latest %s", d.Post, x.at, want.Due, want.Latest)
			}
		}
		p.mu.Unlock()
		for text, n := range texts {
			if n > 1 {
				t.Errorf("%q (class %s) was shown %d times: %+v", text, p.class, n, w.attempts(id))
			}
		}
		switch d.State {
		case campaign.Published:
			if len(d.Receipts) == 0 || len(texts) < len(d.Receipts) {
				t.Errorf("%s is published with %d receipts, %d shown", d.Post, len(d.Receipts), len(texts))
			}
		case campaign.Missed, campaign.Rejected, campaign.Cancelled:
			if len(texts) > 0 {
				t.Errorf("%s is %s, but was shown", d.Post, d.State)
			}
		case campaign.NeedsHuman:
		default:
			t.Errorf("%s is still %s (%+v)", d.Post, d.State, d.Reason)
		}
		for _, r := range d.Receipts {
			key := string(d.Lane) + r.RemoteID
			if other, twice := remote[key]; twice && other != id {
				t.Errorf("%s stands in the receipts of two", key)
			}
			remote[key] = id
		}
		for _, a := range w.attempts(id) {
			if a.ArmedAt.Before(want.Due) || a.ArmedAt.After(want.Latest) || a.SendBy.After(want.Latest) {
				t.Errorf("%s: attempt %+v lies outside of %s to %s", d.Post, a, want.Due, want.Latest)
			}
		}
	}
}
