package scheduler

import (
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// verifyAfter is how long after a platform's yes we look whether the post is
// there. Some say yes and drop it: a filter, a failed film.
const verifyAfter = 3 * time.Minute

// verifyMost bounds what one lane remembers to look at; the check is kept in
// memory alone, since nothing but a warning depends on it.
const verifyMost = 100

// look is a published attempt that is to be looked at. It keeps the request as
// it was sent, since the store forgets what was staged.
type look struct {
	channel opened
	request channels.Request
	at      time.Time
}

// verifyLater remembers to look at what was just published, where the platform
// can be believed when it does not have it.
func (e *Engine) verifyLater(l *lane, f *flight) {
	if f.channel.strength == channels.Weak {
		return
	}
	r := f.request
	r.Gate = nil
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(l.looks) < verifyMost {
		l.looks = append(l.looks, look{f.channel, r, e.clk.Now().Add(max(verifyAfter, f.channel.settle))})
	}
}

// startLooks starts looking at what was published on lanes where a look is
// due, and returns when the next is. Callers hold e.mu.
func (e *Engine) startLooks(now time.Time) (next time.Time) {
	for _, l := range e.lanes {
		if len(l.looks) == 0 || l.reading {
			continue
		}
		if first := l.looks[0]; first.at.After(now) {
			next = earlier(next, first.at)
			continue
		}
		first := l.looks[0]
		l.looks, l.reading = l.looks[1:], true
		e.begun(func() {
			if e.asks.take(e.soft) {
				e.verify(l, first)
				e.asks.leave()
			}
			e.mu.Lock()
			l.reading = false
			e.mu.Unlock()
			e.nudge()
		})
	}
	return next
}

// verify looks at one published attempt. What is not there is a warning: a
// person may have deleted it, so nothing is sent again.
func (e *Engine) verify(l *lane, k look) {
	v, _, err := e.ask(l, k.channel, k.request)
	if err != nil || v != channels.Absent && v != channels.Gone {
		return
	}
	now := e.clk.Now()
	var notices []Notice
	err = e.update("noting that a post is gone", func(tx store.Tx) error {
		notices = nil
		fresh, err := tx.Delivery(k.request.Delivery.ID)
		if err != nil {
			return err
		}
		fresh.Warnings = append(fresh.Warnings, "the platform said yes, but minutes later it does not have the post")
		if err := tx.PutDelivery(&fresh); err != nil {
			return err
		}
		notices = []Notice{about(&fresh, NoticeWarning, string(fresh.Plan)+"/"+string(fresh.Post)+" on "+string(fresh.Channel)+" was accepted, but is not there minutes later", now)}
		return audit(tx, now, &fresh, "not_there")
	})
	if err == nil {
		e.tell(notices...)
	}
}
