package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Halted is what a Halt met.
type Halted struct {
	// Left had sent their first byte: public, or perhaps public.
	Left []campaign.Delivery
	// TakenBack were armed but had not left; they are scheduled again.
	TakenBack []campaign.Delivery
	// Unsure could not be asked before the context ended.
	Unsure []campaign.Delivery
	// Unconfirmed names the other daemons that did not say that they obey.
	Unconfirmed []string
}

// Halt closes the gate for what is covered and waits until no sender stands
// between gate and first byte. Its caller commits the stop or hold first: from
// that commit on nothing covered is armed, and a restart starts closed. covers
// is called by several goroutines, also later, until Lift. An error means that
// what was taken back may still be stored as armed; the gate is closed all the same.
func (e *Engine) Halt(ctx context.Context, covers func(*campaign.Delivery) bool) (h Halted, err error) {
	left, kept, unsure := e.gate.halt(ctx, covers)
	h = Halted{Left: deliveriesOf(left), Unsure: deliveriesOf(unsure)}
	back := deliveriesOf(kept)
	if err := e.takeBackAll(back); err != nil {
		return h, err
	}
	h.TakenBack = back
	e.log.Info("halted", "left", len(h.Left), "taken_back", len(h.TakenBack), "unsure", len(h.Unsure), "at", e.clk.Now())
	e.Wake()
	if h.Unconfirmed, err = e.othersHalt(ctx); err != nil {
		return h, fmt.Errorf("the other daemons could not be asked: %w", err)
	}
	return h, nil
}

// takeBackAll returns armed deliveries whose passes were revoked to the queue.
func (e *Engine) takeBackAll(back []campaign.Delivery) error {
	if len(back) == 0 {
		return nil
	}
	return e.update("taking back what had not left", func(tx store.Tx) error {
		for _, armed := range back {
			if err := e.takeBack(tx, e.flying(armed.ID), armed.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeBack returns an armed delivery whose pass was revoked to the queue.
func (e *Engine) takeBack(tx store.Tx, f *flight, id campaign.DeliveryID) error {
	now := e.clk.Now()
	d, err := tx.Delivery(id)
	if err != nil || f == nil || d.State != campaign.Armed || d.Attempt != f.attempt.N {
		return err // its sender has recorded the same
	}
	att := f.attempt
	v := verdict{fate: "not_sent", code: campaign.ReasonGate, text: "it was stopped before it left", next: now}
	if err := d.PutBack(att.N, f.repeat, v.code, v.text, v.next, now); err != nil {
		return ruleError{err}
	}
	lane, err := tx.Lane(d.Lane)
	if err != nil {
		return err
	}
	e.giveBack(tx, f, &d, &lane)
	if err := tx.PutLane(lane); err != nil {
		return err
	}
	att.EndedAt, att.Fate, att.Reach, att.Reason = now, v.fate, "nothing left", v.text
	if err := tx.PutAttempt(att); err != nil {
		return err
	}
	if err := tx.PutDelivery(&d); err != nil {
		return err
	}
	return audit(tx, now, &d, "taken_back")
}

// Lift reads the switches again and opens the gate for all that they no longer
// close. Its caller commits the change first.
func (e *Engine) Lift(ctx context.Context) error {
	mark := e.gate.mark()
	var s campaign.Switches
	err := e.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		s, err = tx.Switches()
		return err
	})
	if err != nil {
		return err
	}
	e.gate.lift(s, mark)
	e.Wake()
	return nil
}

// deliveriesOf lists what passes are for, in one order whatever order they were met in.
func deliveriesOf(ps []*pass) []campaign.Delivery {
	ds := make([]campaign.Delivery, 0, len(ps))
	for _, p := range ps {
		ds = append(ds, p.delivery)
	}
	slices.SortFunc(ds, func(a, b campaign.Delivery) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return ds
}
