package simulation

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// TestTheJudgeSaysNo breaks one rule after the other and looks whether the
// judge notices, and calls it by the right name.
func TestTheJudgeSaysNo(t *testing.T) {
	for _, tt := range []struct {
		Breakage
		caught string
		runs   int
	}{
		{Breakage{Name: "no answer counts as not sent", Channel: publishing(func(c *adapter, ctx context.Context, r channels.Request) (campaign.Receipt, error) {
			receipt, err := c.Publish(ctx, r)
			var e *channels.Error
			if errors.As(err, &e) && e.Fate == channels.InDoubt {
				n := *e
				n.Fate = channels.NotSent
				return receipt, &n
			}
			return receipt, err
		})}, "duplicates", 20},
		{Breakage{Name: "the read-back finds nothing", Channel: func(c *adapter) channels.Channel { return &blindly{broken{adapter: c}} }}, "duplicates", 30},
		{Breakage{Name: "another key for each attempt", Channel: publishing(func(c *adapter, ctx context.Context, r channels.Request) (campaign.Receipt, error) {
			r.Key = fmt.Sprint(r.Key, r.Attempt)
			return c.Publish(ctx, r)
		})}, "duplicates", 30},
		{Breakage{Name: "check 6 sees no twins", Store: over(func(tx store.Tx) store.Tx { return &twinless{tx} })}, "duplicates", 40},
		{Breakage{Name: "a rollback goes unseen", Forgetful: true}, "unexplained", 60},
		{Breakage{Name: "the gate is open", Channel: publishing(func(c *adapter, ctx context.Context, r channels.Request) (campaign.Receipt, error) {
			r.Gate = open{}
			return c.Publish(ctx, r)
		})}, "unauthorised", 80},
		{Breakage{Name: "holds are not read", Store: over(func(tx store.Tx) store.Tx { return &unheld{tx} })}, "unauthorised", 40},
		{Breakage{Name: "the clock is believed", Clock: func(c clock.Clock) clock.Clock { return &gullible{c} },
			Channel: func(c *adapter) channels.Channel { return &dateless{c} }}, "early", 80},
		{Breakage{Name: "the gap is forgotten", Store: over(func(tx store.Tx) store.Tx { return &gapless{tx} })}, "burst", 40},
		{Breakage{Name: "nothing is ever late", Store: over(func(tx store.Tx) store.Tx { return &punctual{tx} })}, "silent_late", 30},
		{Breakage{Name: "a yes that was never heard", Channel: publishing(func(_ *adapter, _ context.Context, r channels.Request) (campaign.Receipt, error) {
			return campaign.Receipt{RemoteID: "made up " + r.Key}, nil
		})}, "lost", 5},
		{Breakage{Name: "one account is never looked at", Store: over(func(tx store.Tx) store.Tx { return &idle{tx} })}, "unexplained", 20},
		{Breakage{Name: "one post for two receipts", Store: over(func(tx store.Tx) store.Tx { return &generous{tx} })}, "unexplained", 200},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			if testing.Short() && tt.runs > 40 {
				t.Skip("takes many runs")
			}
			seen := map[string]int{}
			for seed := uint64(1); seed <= uint64(tt.runs) && seen[tt.caught] == 0; seed += 8 {
				r, err := Many(t.Context(), seed, 8, Options{Breaks: tt.Breakage})
				if err != nil {
					t.Fatal(err)
				}
				for kind, n := range r.Broken {
					seen[kind] += n
				}
			}
			if seen[tt.caught] == 0 {
				t.Errorf("nobody noticed: %v", seen)
			}
		})
	}
}

// broken is an adapter that does something else at one call.
type broken struct {
	*adapter
	publish func(c *adapter, ctx context.Context, r channels.Request) (campaign.Receipt, error)
}

func (b *broken) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	if b.publish == nil {
		return b.adapter.Publish(ctx, r)
	}
	return b.publish(b.adapter, ctx, r)
}

func publishing(f func(c *adapter, ctx context.Context, r channels.Request) (campaign.Receipt, error)) func(*adapter) channels.Channel {
	return func(c *adapter) channels.Channel { return &broken{c, f} }
}

type blindly struct{ broken }

func (b *blindly) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.Absent, campaign.Receipt{}, nil
}

type dateless struct{ *adapter }

func (d *dateless) Date(context.Context) (time.Time, error) { return time.Time{}, errUnreachable }

// open is a gate that lets everything through.
type open struct{}

func (open) Pass(write func() error) error { return write() }

// gullible hides that the wall clock was set: the boot clock goes with it.
type gullible struct{ clock.Clock }

func (g *gullible) Boot() time.Duration { return g.Now().Sub(epoch) + 24*time.Hour }

// broken store transactions

type overStore struct {
	store.Store
	tx func(store.Tx) store.Tx
}

func over(tx func(store.Tx) store.Tx) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return &overStore{s, tx} }
}

func (o *overStore) View(ctx context.Context, f func(store.Tx) error) error {
	return o.Store.View(ctx, func(tx store.Tx) error { return f(o.tx(tx)) })
}

func (o *overStore) Update(ctx context.Context, f func(store.Tx) error) error {
	return o.Store.Update(ctx, func(tx store.Tx) error { return f(o.tx(tx)) })
}

type twinless struct{ store.Tx }

func (twinless) Twins(campaign.LaneID, string) ([]campaign.Delivery, error) { return nil, nil }

type unheld struct{ store.Tx }

func (u unheld) Switches() (campaign.Switches, error) {
	s, err := u.Tx.Switches()
	s.Holds = nil
	return s, err
}

type gapless struct{ store.Tx }

func (g gapless) Lane(id campaign.LaneID) (campaign.LaneState, error) {
	l, err := g.Tx.Lane(id)
	l.LastAt = time.Time{}
	return l, err
}

type punctual struct{ store.Tx }

func (p punctual) PutDelivery(d *campaign.Delivery) error {
	d.Lateness = 0
	return p.Tx.PutDelivery(d)
}

type idle struct{ store.Tx }

func (i idle) Head(lane campaign.LaneID) (time.Time, bool, error) {
	at, has, err := i.Tx.Head(lane)
	return at, has && lane != "platform0:@sim", err
}

type generous struct{ store.Tx }

func (g generous) ClaimRemote(lane campaign.LaneID, remoteID string, id campaign.DeliveryID) (campaign.DeliveryID, bool, error) {
	_, _, err := g.Tx.ClaimRemote(lane, remoteID, id)
	return id, true, err
}
