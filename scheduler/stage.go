package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// staging is what the store keeps of a Prepare: the frozen bytes, and of which
// content, so that an edit never sends the old text.
type staging struct {
	Content campaign.Digest `json:"content"`
	Wants   campaign.Digest `json:"wants"` // bytes may name the terms too,
	Due     time.Time       `json:"due"`   // and the time
	Staged  channels.Staged `json:"staged"`
}

// stagedOf is what was staged for the delivery's content; false when there is
// nothing or it expires before an attempt begun now could end. What was staged
// comes back even then: a repeat sends the same bytes.
func stagedOf(tx store.Tx, d *campaign.Delivery, now time.Time) (channels.Staged, bool) {
	b, err := tx.Staged(d.ID)
	if err != nil {
		return channels.Staged{}, false
	}
	var s staging
	if json.Unmarshal(b, &s) != nil || s.Content != d.Content || s.Wants != d.Wants || !s.Due.Equal(d.Due) {
		return channels.Staged{}, false
	}
	fresh := s.Staged.Until.IsZero() || s.Staged.Until.After(now.Add(campaign.OnTime))
	return s.Staged, fresh && d.Part < len(s.Staged.Parts) && !s.Staged.Parts[d.Part].Later
}

const (
	// stageLook is how many of the next deliveries the stager looks at. What is
	// due at one instant beyond them is staged while it should leave already.
	stageLook = 256
	// stageLate is up to which of them it stages late ones: those leave with a
	// distance, and what is staged too soon is staged again.
	stageLate = 16
)

// errNoParts is an adapter's fault.
var errNoParts = errors.New("the channel prepared nothing to send")

// stage prepares what is due on the lane now or soon, oldest first, one after
// the other. It runs beside the sender, so that a long upload delays no post
// that is ready.
func (e *Engine) stage(l *lane) {
	rest := max(e.cfg.PrepareAhead/5, time.Second)
	defer func() {
		e.mu.Lock()
		l.staging = false
		if l.stageAgain {
			l.stageAgain, l.stageAt = false, time.Time{}
		} else {
			l.stageAt = e.clk.Now().Add(rest)
		}
		e.mu.Unlock()
		e.nudge()
	}()
	for e.soft.Err() == nil {
		e.mu.Lock()
		l.stageAgain = false
		e.mu.Unlock()
		jobs, c, err := e.unstaged(l)
		if err != nil {
			e.storeTrouble("reading lane "+string(l.id), err)
			rest = retryIn(err)
			return
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			ch, err := e.open(c, j.delivery.Channel)
			if err != nil {
				e.unopened(l, j.delivery.Channel, err)
				return
			}
			if !e.prepares.take(e.soft) {
				return
			}
			on := e.prepare(l, ch, j)
			e.prepares.leave()
			if !on || e.stuck(l) {
				return
			}
			e.staged(l)
			e.nudge()
		}
	}
}

// stageJob is a delivery that must be staged.
type stageJob struct {
	delivery campaign.Delivery
	content  campaign.Content
	key      string
}

// staged lets a sender that waited for the stager look again.
func (e *Engine) staged(l *lane) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.waits.Code == reasonStaging {
		l.wait, l.waits, l.stale = time.Time{}, campaign.Reason{}, true
	}
}

// unstaged are the next deliveries of the lane that must be staged.
func (e *Engine) unstaged(l *lane) (jobs []stageJob, c *campaign.Campaign, err error) {
	err = e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
		now := e.clk.Now()
		if c, err = tx.Campaign(); err != nil {
			return err
		}
		due, err := tx.Due(l.id, now.Add(e.cfg.PrepareAhead), stageLook)
		if err != nil {
			return err
		}
		for i, d := range due {
			if i >= stageLate && now.Sub(d.Due) > campaign.OnTime {
				continue
			}
			if _, ok := stagedOf(tx, &d, now); ok || e.stagingWaits(l, &d, now) {
				continue
			}
			content, err := tx.Content(d.Content)
			if unreadable(err) || err == nil && content.Filled() != nil {
				continue // arming says so
			}
			if err != nil {
				return err
			}
			attempts, err := tx.Attempts(d.ID)
			if err != nil {
				return err
			}
			jobs = append(jobs, stageJob{d, content, keyFor(&d, attempts)})
		}
		return nil
	})
	return jobs, c, err
}

// stagingWaits tells whether d was refused while staged, or failed and is tried later.
func (e *Engine) stagingWaits(l *lane, d *campaign.Delivery, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if no, ok := l.refused[d.ID]; ok {
		if no.content == d.Content {
			return true
		}
		delete(l.refused, d.ID)
	}
	return now.Before(l.restage[d.ID])
}

// prepare stages one delivery and stores the result before anybody uses it. It
// tells whether the stager may go on.
func (e *Engine) prepare(l *lane, ch opened, j stageJob) bool {
	d := &j.delivery
	r := channels.Request{Delivery: *d, Content: j.content, Part: d.Part, Key: j.key, Attempt: d.Attempt + 1, Earlier: d.Receipts}
	ctx, cancel := context.WithTimeout(e.soft, e.cfg.PrepareTimeout)
	defer cancel()
	defer e.begins(l, d.ID)()
	o := askOn(e, l, ctx, func(ctx context.Context) (channels.Staged, error) { return ch.Prepare(ctx, r) })
	if e.soft.Err() != nil {
		return false // staged anew after the restart
	}
	if o.err == nil && d.Part >= len(o.value.Parts) {
		o.err = errNoParts
	}
	if o.err != nil {
		return e.notStaged(l, d, o.err)
	}
	b, err := json.Marshal(staging{d.Content, d.Wants, d.Due, o.value})
	if err != nil {
		return e.notStaged(l, d, err)
	}
	e.mu.Lock()
	delete(l.restage, d.ID)
	e.mu.Unlock()
	err = e.update("storing what was staged", func(tx store.Tx) error {
		now, err := tx.Delivery(d.ID)
		if err != nil {
			return err
		}
		if now.State != campaign.Scheduled || now.Content != d.Content || now.Wants != d.Wants || !now.Due.Equal(d.Due) {
			return nil // changed meanwhile
		}
		return tx.PutStaged(d.ID, b)
	})
	return err == nil
}

// begins notes what the stager is at until it is over; people see it as "preparing".
func (e *Engine) begins(l *lane, id campaign.DeliveryID) (over func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.preparing[id] = l
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.preparing, id)
	}
}

// notStaged decides what a failed staging means: the account, the platform, or
// this post alone. Nothing was public by it.
func (e *Engine) notStaged(l *lane, d *campaign.Delivery, cause error) bool {
	now := e.clk.Now()
	e.log.Warn("staging failed", "delivery", d.ID, "lane", l.id, "err", cause)
	var ce *channels.Error
	errors.As(cause, &ce)
	_, panicked := isPanic(cause)
	switch {
	case panicked, ce != nil && (ce.Scope == channels.ScopeChannel || ce.Scope == channels.ScopeApp) && ce.RetryAt.IsZero() && ce.Status != 429:
		e.holdLane(l, d, cause)
		return false
	case ce != nil && ce.Fate == channels.Refused:
		e.mu.Lock()
		l.refused[d.ID] = refusal{d.Content, cause.Error()}
		e.mu.Unlock()
		e.tell(about(d, NoticeRetry, string(d.Plan)+"/"+string(d.Post)+" will be refused by the platform: "+cause.Error(), now))
		return true
	}
	e.mu.Lock()
	l.fails++
	next := now.Add(delay(l.fails, string(d.ID)))
	if ce != nil {
		next = silence(ce.RetryAt, next, now)
	}
	_, again := l.restage[d.ID]
	l.restage[d.ID] = next
	e.mu.Unlock()
	if !again {
		e.tell(about(d, NoticeRetry, string(d.Plan)+"/"+string(d.Post)+" could not be prepared yet: "+cause.Error(), now))
	}
	return true
}

// holdLane closes an account that failed outside of a publish call.
func (e *Engine) holdLane(l *lane, d *campaign.Delivery, cause error) {
	now := e.clk.Now()
	fresh := false
	err := e.update("holding lane "+string(l.id), func(tx store.Tx) (err error) {
		fresh, err = hold(tx, l.id, cause.Error(), now)
		return err
	})
	if err == nil && fresh {
		e.tell(Notice{At: now, Kind: NoticeLane, Delivery: d.ID, Lane: l.id, Code: campaign.ReasonLane, Text: "The account is held, its posts are kept: " + cause.Error()})
	}
	e.rest(l, campaign.Reason{Code: campaign.ReasonLane, Text: cause.Error(), At: now}, now.Add(campaign.OnTime))
}
