package scheduler

import (
	"context"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// rewindAhead is how far ahead a start looks for what a clock that ran ahead
// had put off; a clock that is set right while we run is met with no such bound.
const rewindAhead = 24 * time.Hour

// rewind brings forward what was put off by a clock that ran ahead and has been
// set right: what was written at a time that is still to come. The checks say
// anew what each waits for. to bounds the due times; zero: all.
func (e *Engine) rewind(to time.Time) {
	filter := store.Filter{States: []campaign.State{campaign.Scheduled, campaign.InDoubt}, To: to}
	for cursor, more := "", true; more && e.soft.Err() == nil; more = cursor != "" {
		var ids []campaign.DeliveryID
		now := e.clk.Now()
		err := e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
			ids = nil
			ds, next, err := tx.List(filter, cursor, batch)
			for i := range ds {
				if fromAhead(&ds[i], now) {
					ids = append(ids, ds[i].ID)
				}
			}
			cursor = next
			return err
		})
		if err != nil {
			e.storeTrouble("looking for what a wrong clock put off", err)
			return
		}
		if len(ids) > 0 && e.rewindAll(ids, now) != nil {
			return
		}
	}
	e.Wake()
}

// fromAhead tells whether a later time than now had come when d was last put off.
func fromAhead(d *campaign.Delivery, now time.Time) bool {
	if d.State == campaign.InDoubt {
		// No read-back is ever put off by more than two steps of the schedule.
		return d.CheckAt.After(now.Add(2 * schedule[len(schedule)-1]))
	}
	return d.Runnable() && d.Reason.At.After(now.Add(maxSkew)) && d.NotBefore.After(now)
}

func (e *Engine) rewindAll(ids []campaign.DeliveryID, now time.Time) error {
	return e.update("bringing forward what a wrong clock put off", func(tx store.Tx) error {
		for _, id := range ids {
			d, err := tx.Delivery(id)
			if unreadable(err) {
				continue
			} else if err != nil {
				return err
			}
			switch {
			case !fromAhead(&d, now):
				continue
			case d.State == campaign.InDoubt:
				d.CheckAt, d.Reads = now, 0 // absence is a matter of time: count anew
			default:
				if err := d.Wait(d.Reason.Code, d.Reason.Text, now, now); err != nil {
					return ruleError{err}
				}
			}
			if err := tx.PutDelivery(&d); err != nil {
				return err
			}
		}
		return nil
	})
}
