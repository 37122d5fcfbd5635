package scheduler

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// batch is how many deliveries one transaction settles at most.
const batch = 128

// survey is what one turn of the loop saw in the store, on one state of it.
type survey struct {
	now      time.Time
	campaign *campaign.Campaign
	switches campaign.Switches
	armed    []campaign.Delivery

	doubts     []campaign.Delivery
	nextDoubt  time.Time
	expired    []campaign.Delivery
	nextExpiry time.Time
}

// survey reads the switches, what is armed, in doubt or expired, and the heads
// of those lanes whose head may have changed.
func (e *Engine) survey(ctx context.Context, now time.Time) (survey, error) {
	mark := e.gate.mark()
	s := survey{now: now}
	err := e.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		if s.switches, err = tx.Switches(); err != nil {
			return err
		}
		if s.campaign, err = tx.Campaign(); err != nil {
			return err
		}
		if s.armed, err = tx.Armed(""); err != nil {
			return err
		}
		if s.doubts, s.nextDoubt, err = tx.Doubts(now, 2*batch); err != nil {
			return err
		}
		if s.expired, s.nextExpiry, err = tx.Expired(now, batch); err != nil {
			return err
		}
		return e.readHeads(tx)
	})
	if err != nil {
		return s, err
	}
	e.gate.set(s.switches, mark)
	e.onlyOurs(&s)
	e.looked(s.switches)
	return s, nil
}

// onlyOurs drops what lies on other daemons' lanes.
func (e *Engine) onlyOurs(s *survey) {
	if !e.shared() {
		return
	}
	others := func(d campaign.Delivery) bool { return !e.holds(d.Lane) }
	for _, seen := range []struct {
		ds   *[]campaign.Delivery
		next *time.Time
	}{{&s.armed, nil}, {&s.doubts, &s.nextDoubt}, {&s.expired, &s.nextExpiry}} {
		n := len(*seen.ds)
		*seen.ds = slices.DeleteFunc(*seen.ds, others)
		if soon := s.now.Add(glance); len(*seen.ds) < n && seen.next != nil && !seen.next.IsZero() && seen.next.Before(soon) {
			*seen.next = soon // theirs to do
		}
	}
}

// looked says what the store said of stops. Before the first look the engine
// does not call itself running: it could not tell whether it is stopped.
func (e *Engine) looked(sw campaign.Switches) {
	cause, _, _ := sw.Stopped()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.stopped = true, cause
}

// readHeads brings the lanes in memory up to date. After a Wake all are read,
// and what a lane waited for is asked again.
func (e *Engine) readHeads(tx store.Tx) error {
	ids, err := tx.Lanes()
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.woken || e.clk.Now().Sub(e.lastHeads).Abs() >= maxSleep
	if all {
		e.woken, e.lastHeads = false, e.clk.Now()
	}
	for _, id := range ids {
		e.laneNamed(id)
	}
	for id, l := range e.lanes {
		if !all && !l.stale {
			continue
		}
		if all {
			l.wait, l.waits = time.Time{}, campaign.Reason{}
		}
		head, has, err := tx.Head(id)
		switch {
		case errors.Is(err, store.ErrCorrupt):
			l.fault = err.Error() // the other lanes go on
			continue
		case err != nil:
			return err
		}
		l.stale, l.head, l.has = false, head, has
	}
	return nil
}

// laneNamed is the lane in memory; callers hold e.mu.
func (e *Engine) laneNamed(id campaign.LaneID) *lane {
	l := e.lanes[id]
	if l == nil {
		l = &lane{id: id, stale: true, refused: map[campaign.DeliveryID]refusal{}, restage: map[campaign.DeliveryID]time.Time{}}
		e.lanes[id] = l
	}
	return l
}
