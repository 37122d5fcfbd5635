package scheduler

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// expire closes what passed its latest time: missed, aloud; or, with a part
// public, published with a warning. A clock that is not trusted closes nothing.
// It returns when the next one passes.
func (e *Engine) expire(s survey) time.Time {
	if _, distrusted := s.switches.Causes[campaign.CauseClock]; distrusted || !e.guard.trusted() {
		return time.Time{}
	}
	if len(s.expired) == 0 {
		if s.nextExpiry.IsZero() {
			return time.Time{}
		}
		return s.nextExpiry.Add(time.Millisecond) // at its latest time it may still leave
	}
	closed := 0
	var notices []Notice
	err := e.update("closing what came too late", func(tx store.Tx) error {
		closed, notices = 0, nil
		for _, seen := range s.expired {
			d, err := tx.Delivery(seen.ID)
			if err != nil {
				return err
			}
			if (d.State != campaign.Planned && d.State != campaign.Scheduled) || !s.now.After(d.Latest) {
				continue
			}
			code, text := missedWhy(&d)
			if err := d.Miss(code, text, s.now); err != nil {
				return ruleError{err}
			}
			if err := putEnded(tx, &d); err != nil {
				return err
			}
			if err := audit(tx, s.now, &d, string(d.State)); err != nil {
				return err
			}
			closed++
			notices = append(notices, endNotice(&d, s.now)...)
		}
		return nil
	})
	if err != nil || closed == 0 {
		return s.now.Add(maxSleep)
	}
	e.tell(notices...)
	return s.now // there may be more
}

// missedWhy keeps the reason why a delivery did not leave in time.
func missedWhy(d *campaign.Delivery) (code, text string) {
	switch {
	case d.State == campaign.Planned:
		return campaign.ReasonNoApproval, "nobody approved it before its latest time"
	case d.Reason.Text != "":
		return d.Reason.Code, "its latest time passed; before: " + d.Reason.Text
	}
	return campaign.ReasonTooLate, "its latest time passed"
}
