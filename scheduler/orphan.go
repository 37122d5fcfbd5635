package scheduler

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// orphanLook is how often what is armed is compared with what is in flight.
const orphanLook = 5 * time.Second

// orphans settles every armed row without a live sender: what an earlier
// process left, or an attempt whose result could not be recorded. Nobody knows
// whether it left, so it is in doubt.
func (e *Engine) orphans(s survey) (next time.Time) {
	for i := range s.armed {
		next = s.now.Add(orphanLook)
		if d := &s.armed[i]; e.flying(d.ID) == nil {
			e.orphan(d)
		}
	}
	return next
}

func (e *Engine) orphan(seen *campaign.Delivery) {
	now := e.clk.Now()
	var notices []Notice
	err := e.update("settling an orphan", func(tx store.Tx) error {
		notices = nil
		if ours, err := e.ours(tx, seen.Lane); !ours || err != nil {
			return err
		}
		d, err := tx.Delivery(seen.ID)
		if err != nil {
			return err
		}
		// It may have been settled, and armed again, since it was seen.
		if d.State != campaign.Armed || d.Attempt != seen.Attempt || e.flying(d.ID) != nil {
			return nil
		}
		attempts, err := tx.Attempts(d.ID)
		if err != nil {
			return err
		}
		if err := d.Doubt(d.Attempt, campaign.ReasonCrash, "the program ended while it was being sent", now.Add(schedule[0]), now); err != nil {
			return ruleError{err}
		}
		for _, a := range attempts {
			if a.N != d.Attempt {
				continue
			}
			a.EndedAt, a.Fate, a.Reason = now, "in_doubt", d.Reason.Text
			if err := tx.PutAttempt(a); err != nil {
				return err
			}
			if a.Class == campaign.K6 && a.Work == "" {
				notices, err = needPerson(tx, &d, campaign.ReasonCannotTell, d.Reason.Text, now)
				return err
			}
		}
		if err := tx.PutDelivery(&d); err != nil {
			return err
		}
		return audit(tx, now, &d, "orphan")
	})
	if err == nil {
		e.tell(notices...)
	}
}
