// Package rehearsal tells what will become of everything that is queued. It lets
// the real engine publish a copy of the store, on a clock that jumps from event
// to event, to channels that have the limits of the real ones and no network.
// So it forecasts what the engine does where every platform is honest and
// nobody does another deed meanwhile.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
)

// Options of one rehearsal.
type Options struct {
	// Store is a copy, and is spoiled.
	Store store.Store
	// Switches are what stops publishing in the original: opening a copy of a
	// store may have stopped it.
	Switches campaign.Switches
	From     time.Time
	// Channel opens the real channel, which is asked for its class and for what
	// it would refuse, both without I/O.
	Channel func(c *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error)
	// Media says what is wrong with a stored picture or film; "" nothing.
	Media func(campaign.Digest) string
	// Approve rehearses as if everything were approved.
	Approve bool
}

// Result is how everything ended that was not over at the beginning.
type Result struct {
	From, To time.Time
	Ends     map[campaign.DeliveryID]desk.Rehearsed
}

// margin is how long after the last latest time the rehearsal goes on, so that
// what was missed is noted as that.
const margin = 5 * time.Minute

// Run rehearses until everything has ended that time ends.
func Run(ctx context.Context, o Options) (Result, error) {
	r := Result{From: o.From, To: o.From, Ends: map[campaign.DeliveryID]desk.Rehearsed{}}
	if err := o.prepare(ctx, &r); err != nil {
		return r, err
	}
	r.To = r.To.Add(margin)
	steps := &begun{Stepped: clock.NewStepped(o.From), works: make(chan struct{})}
	stage := &stage{clock: steps, real: o.Channel, store: o.Store}
	engine, err := scheduler.New(scheduler.Config{Store: o.Store, Clock: steps, Channel: stage.channel, DailyPosts: desk.DailyPosts, Media: o.Media, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return r, err
	}
	if err := play(ctx, engine, steps, r.To); err != nil {
		return r, err
	}
	return r, o.read(ctx, &r)
}

// play runs the engine until the clock has come to the end: it only advances
// while nobody works, so whatever was due before is done by then.
func play(ctx context.Context, e *scheduler.Engine, c *begun, to time.Time) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	working := c.Stepped.Busy() // the engine's first moment is the first of the rehearsal
	defer working()
	ended := make(chan error, 1)
	go func() {
		ended <- e.Run(inner)
		stop() // a store that fails ends the rehearsal before its time
	}()
	select {
	case <-c.works:
		_ = c.Wait(inner, to, nil)
	case <-inner.Done():
	}
	stop()
	return errors.Join(<-ended, ctx.Err())
}

// begun is a clock that tells when somebody first works with it.
type begun struct {
	*clock.Stepped
	once  sync.Once
	works chan struct{}
}

// Busy is for clock.Busy.
func (b *begun) Busy() (done func()) {
	done = b.Stepped.Busy()
	b.once.Do(func() { close(b.works) })
	return done
}

// prepare notes what is open and makes the copy what is to be rehearsed.
func (o Options) prepare(ctx context.Context, r *Result) error {
	return o.Store.Update(ctx, func(tx store.Tx) error {
		clear(r.Ends)
		r.To = o.From
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		if err := tx.PutSwitches(o.Switches); err != nil {
			return err
		}
		return each(tx, func(d campaign.Delivery) error {
			if d.State.End() {
				return nil
			}
			if o.Approve {
				if err := approve(tx, c, &d, o.From); err != nil {
					return err
				}
			}
			r.Ends[d.ID] = desk.Rehearsed{Begun: d}
			if d.Latest.After(r.To) {
				r.To = d.Latest
			}
			return nil
		})
	})
}

// approve lets as many people approve as the policies ask for.
func approve(tx store.Tx, c *campaign.Campaign, d *campaign.Delivery, now time.Time) error {
	if d.State != campaign.Planned && d.State != campaign.Scheduled || d.ApprovedUnder(c.Policies) && d.State == campaign.Scheduled {
		return nil
	}
	for i := range max(c.Policies.Approvals, 1) {
		by := campaign.PersonID(fmt.Sprintf("rehearsal-%d", i+1))
		if err := d.Approve(campaign.Approval{By: by, At: now, Hash: d.Wants}, c.Policies.Approvals, now); err != nil {
			return err
		}
	}
	return tx.PutDelivery(d)
}

// read notes how everything ended.
func (o Options) read(ctx context.Context, r *Result) error {
	return o.Store.View(ctx, func(tx store.Tx) error {
		for id, end := range r.Ends {
			d, err := tx.Delivery(id)
			if err != nil {
				return err
			}
			end.End = d
			if d.State == campaign.Missed {
				d = end.Begun
			}
			if end.Held, err = desk.PausedBy(tx, &d); err != nil {
				return err
			}
			r.Ends[id] = end
		}
		return nil
	})
}

// each calls f for every delivery.
func each(tx store.Tx, f func(campaign.Delivery) error) error {
	for cursor := ""; ; {
		ds, next, err := tx.List(store.Filter{}, cursor, 1000)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if err := f(d); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}
