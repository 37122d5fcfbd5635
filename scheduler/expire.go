package scheduler

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// expire closes what passed its latest time: missed, aloud; or, with a part
// public, published with a warning. A clock that is not trusted closes nothing,
// nor does a store that may be older than what is public: what it would call
// missed may have gone out, and who lets it go is asked.
// It returns when the next one passes.
func (e *Engine) expire(s survey) time.Time {
	if _, distrusted := s.switches.Causes[campaign.CauseClock]; distrusted || !e.guard.trusted() || s.switches.Older() {
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
			if ours, err := e.ours(tx, seen.Lane); err != nil {
				return err
			} else if !ours {
				continue
			}
			d, err := tx.Delivery(seen.ID)
			if err != nil {
				return err
			}
			if (d.State != campaign.Planned && d.State != campaign.Scheduled) || !s.now.After(d.Latest) || e.flying(d.ID) != nil {
				continue // a call that was taken back may still say that it left
			}
			code, text, err := e.missedWhy(tx, &d)
			if err != nil {
				return err
			}
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

// Before begins the text of a missed delivery's reason where it was not the
// time alone: what stood in its way follows.
const Before = "its latest time passed; before: "

// missedWhy keeps the reason why a delivery did not leave in time. What a whole
// lane waited for was not written to each of its deliveries: the checks say it
// again, as they were at the latest time.
func (e *Engine) missedWhy(tx store.Tx, d *campaign.Delivery) (code, text string, err error) {
	switch {
	case d.State == campaign.Planned:
		return campaign.ReasonNoApproval, "nobody approved it before its latest time", nil
	case d.Reason.Text != "":
		return d.Reason.Code, Before + d.Reason.Text, nil
	}
	b, err := e.benchOf(tx, d.Lane)
	if err != nil {
		return "", "", err
	}
	f, err := b.facts(tx, d, false, "")
	if err != nil {
		return "", "", err
	}
	f.Now = d.Latest
	if a := e.answer(f); a.Text != "" && (a.Outcome == campaign.Stay || a.Outcome == campaign.Park) {
		return a.Code, Before + a.Text, nil
	}
	return campaign.ReasonTooLate, "its latest time passed", nil
}
