package scheduler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// schedule is when read-backs follow a doubt, counted from the first moment
// the platform can be reached. Source: platforms.md §0.4.
var schedule = [...]time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute}

const (
	// tellUnreachable is after how many failed read-backs in a row people hear of it.
	tellUnreachable = 8
	// unreachableFor is how long read-backs may fail before a person is asked.
	unreachableFor = 24 * time.Hour
	// settleUnknown is how long the absence on a weak channel must last before a
	// repeat that the platform would recognise.
	settleUnknown = 40 * time.Second
)

// startReads starts read-backs on every lane that has some due, and returns
// when the next is.
func (e *Engine) startReads(s survey) time.Time {
	byLane := map[campaign.LaneID][]campaign.Delivery{}
	for _, d := range s.doubts {
		byLane[d.Lane] = append(byLane[d.Lane], d)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.soft.Err() != nil {
		return time.Time{}
	}
	for id, ds := range byLane {
		l := e.laneNamed(id)
		if !l.reading {
			l.reading = true
			e.begun(func() { e.reads(l, s.campaign, ds) })
		}
	}
	next := e.startLooks(s.now)
	if !s.nextDoubt.IsZero() && !s.nextDoubt.After(s.now) {
		return earlier(next, s.now.Add(time.Second)) // more are due than one turn takes
	}
	return earlier(next, s.nextDoubt)
}

// reads reads back the lane's doubts, one after the other. When one read finds
// the platform unreachable the others count as failed, too: none would do better.
func (e *Engine) reads(l *lane, c *campaign.Campaign, ds []campaign.Delivery) {
	defer func() {
		e.mu.Lock()
		l.reading, l.stale = false, true
		e.mu.Unlock()
		e.nudge()
	}()
	var unreachable error
	for i := range ds {
		d := &ds[i]
		if e.soft.Err() != nil {
			return
		}
		if e.flying(d.ID) != nil {
			e.putOff(d, e.clk.Now().Add(schedule[1])) // its call has not returned
			continue
		}
		f := finding{err: unreachable}
		if unreachable == nil {
			if !e.asks.take(e.soft) {
				return
			}
			f = e.readBack(l, c, d)
			e.asks.leave()
			unreachable = f.err
		}
		if f.over {
			continue
		}
		if e.soft.Err() != nil {
			return // cut by the end, not failed
		}
		if err := e.concluded(l, d, f); err != nil {
			return
		}
	}
}

// finding is what one read-back brought.
type finding struct {
	verdict channels.Verdict
	receipt campaign.Receipt
	err     error
	lost    string // why there is nothing to ask with; the platform was not asked
	over    bool   // it was read back or settled since it was seen; the platform was not asked
	channel opened
}

// readBack asks the platform what became of the delivery's part.
func (e *Engine) readBack(l *lane, c *campaign.Campaign, d *campaign.Delivery) finding {
	ch, err := e.open(c, d.Channel)
	if err != nil {
		return finding{err: err}
	}
	var r channels.Request
	over := false
	err = e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
		// A turn may have seen it before the last read-back was recorded. Asking
		// twice at once would count as time that passed, and what was staged for
		// one that ended is gone.
		fresh, err := tx.Delivery(d.ID)
		if err == nil && (fresh.State != campaign.InDoubt || fresh.Attempt != d.Attempt || !fresh.CheckAt.Equal(d.CheckAt)) {
			over = true
			return nil
		}
		content, err := tx.Content(d.Content)
		if err != nil {
			return fmt.Errorf("its content: %w", err)
		}
		attempts, err := tx.Attempts(d.ID)
		if err != nil {
			return fmt.Errorf("its attempts: %w", err)
		}
		i := slices.IndexFunc(attempts, func(a campaign.Attempt) bool { return a.N == d.Attempt })
		if i < 0 {
			return fmt.Errorf("attempt %d: %w", d.Attempt, store.ErrNotFound)
		}
		staged, _ := stagedOf(tx, d, e.clk.Now())
		r = requestFor(*d, content, attempts[i], attempts, staged)
		return nil
	})
	if unreadable(err) {
		return finding{lost: "what was sent cannot be read any more, so nobody can look for it: " + err.Error()}
	}
	if err != nil {
		return finding{err: err}
	}
	if over {
		return finding{over: true}
	}
	f := finding{channel: ch}
	f.verdict, f.receipt, f.err = e.ask(l, ch, r)
	if _, ok := isPanic(f.err); ok {
		e.log.Error("read-back panicked", "lane", l.id, "err", f.err)
		e.holdLane(l, d, f.err)
	}
	return f
}

// ask is one bounded Reconcile.
func (e *Engine) ask(l *lane, ch opened, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	type answer struct {
		verdict channels.Verdict
		receipt campaign.Receipt
	}
	ctx, cancel := context.WithTimeout(e.soft, e.cfg.ReadTimeout)
	defer cancel()
	o := askOn(e, l, ctx, func(ctx context.Context) (a answer, err error) {
		a.verdict, a.receipt, err = ch.Reconcile(ctx, r)
		return a, err
	})
	if o.err == nil && o.value.verdict == channels.Found && o.value.receipt.RemoteID == "" {
		o.value.verdict = channels.CannotTell // found what nobody can point at
	}
	return o.value.verdict, o.value.receipt, o.err
}

// step is what a finding leads to.
type step uint8

const (
	lookAgain step = iota
	found
	absent
	refuseTwin // "duplicate", and it is not ours
	repeat     // under the same key
	askPerson
)

// weigh decides what follows from a read-back that worked. d is as it was
// before it.
func weigh(d *campaign.Delivery, f finding, repeats bool) step {
	// How long the platform has been answering without having it.
	since := schedule[min(d.Reads, len(schedule)-1)] - schedule[0]
	if d.Reads >= len(schedule) {
		since += time.Duration(d.Reads-len(schedule)+1) * schedule[len(schedule)-1]
	}
	duplicate := d.Reason.Code == campaign.ReasonDuplicate
	settle := f.channel.settle
	believed := f.channel.strength != channels.Weak && since >= settle
	exhausted := d.Reads+1 >= len(schedule)
	switch {
	case f.verdict == channels.Found:
		return found
	case f.verdict == channels.Gone && f.channel.strength == channels.Good && since < settle:
		return lookAgain // its list may be late: asked now, a person would not see it either
	case f.verdict == channels.Ambiguous, f.verdict == channels.Gone:
		return askPerson
	case f.verdict == channels.CannotTell && repeats && !duplicate:
		return repeat
	case f.verdict == channels.CannotTell:
		return askPerson
	case believed && duplicate:
		return refuseTwin
	case believed:
		return absent
	case f.channel.strength != channels.Weak:
		return lookAgain // until it has settled
	case repeats && !duplicate && since >= max(settle, settleUnknown):
		return repeat
	case exhausted:
		return askPerson
	}
	return lookAgain
}

// nextRead is when to look again after the nth read-back that worked.
func nextRead(n int) time.Duration {
	if n >= len(schedule) {
		return schedule[len(schedule)-1]
	}
	return schedule[n] - schedule[n-1]
}

// concluded stores what a read-back led to.
func (e *Engine) concluded(l *lane, d *campaign.Delivery, f finding) error {
	now := e.clk.Now()
	var notices []Notice
	again := false
	err := e.update("recording a read-back", func(tx store.Tx) error {
		notices, again = nil, false
		fresh, err := tx.Delivery(d.ID)
		if err != nil {
			return err
		}
		if fresh.State != campaign.InDoubt || fresh.Attempt != d.Attempt {
			return nil // settled meanwhile
		}
		if f.err != nil {
			notices, err = e.unread(tx, &fresh, f.err, now)
			return err
		}
		if f.lost != "" {
			notices, err = needPerson(tx, &fresh, campaign.ReasonCannotTell, f.lost, now)
			return err
		}
		attempts, err := tx.Attempts(d.ID)
		if err != nil {
			return err
		}
		s := weigh(&fresh, f, repeatable(&fresh, attempts, now.Add(e.callSpan())))
		if (s == absent || s == refuseTwin || s == repeat) && !e.guard.steady() {
			// Absence is a matter of time, and ours just jumped: count anew.
			if err := fresh.LookAgain(false, now.Add(schedule[0])); err != nil {
				return ruleError{err}
			}
			return tx.PutDelivery(&fresh)
		}
		again = s == repeat
		notices, err = e.take(tx, &fresh, f, s, now)
		return err
	})
	if err != nil {
		return err
	}
	e.tell(notices...)
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.err == nil && f.lost == "" {
		l.fails, l.ease = 0, time.Time{} // the platform can be reached
	}
	if again && !slices.Contains(l.repeats, d.ID) {
		l.repeats = append(l.repeats, d.ID)
	}
	return nil
}

// repeatable tells from what was recorded whether a repeat may be armed.
func repeatable(d *campaign.Delivery, attempts []campaign.Attempt, by time.Time) bool {
	i := slices.IndexFunc(attempts, func(a campaign.Attempt) bool { return a.N == d.Attempt })
	return i >= 0 && d.Touched == "" && !by.After(d.Latest.Add(time.Minute)) && mayRepeat(attempts[i], attempts, by) == ""
}

// unread records a read-back that failed.
func (e *Engine) unread(tx store.Tx, d *campaign.Delivery, cause error, now time.Time) ([]Notice, error) {
	if now.Sub(d.DoubtAt) > unreachableFor {
		return needPerson(tx, d, campaign.ReasonCannotTell, "the platform could not be asked for a day", now)
	}
	if err := d.LookAgain(false, now.Add(delay(d.Failed+1, string(d.ID)))); err != nil {
		return nil, ruleError{err}
	}
	if err := tx.PutDelivery(d); err != nil {
		return nil, err
	}
	if d.Failed == tellUnreachable {
		return []Notice{about(d, NoticeDoubt, "The platform cannot be asked whether it has this post: "+cause.Error(), now)}, nil
	}
	return nil, nil
}

// take carries out what a read-back led to.
func (e *Engine) take(tx store.Tx, d *campaign.Delivery, f finding, s step, now time.Time) ([]Notice, error) {
	var rule error
	switch s {
	case found:
		return e.found(tx, d, f.receipt, now)
	case absent:
		rule = d.Absent(now)
	case refuseTwin:
		rule = d.Refuse(d.Attempt, campaign.ReasonDuplicate, "the platform has the same text from somebody else", now)
	case askPerson:
		text := "the platform does not tell whether it has it"
		if f.verdict == channels.Ambiguous {
			text = "the account shows posts that look like it, and which one is ours cannot be told"
		}
		if f.verdict == channels.Gone {
			text = "it is not there, but it may have been public and taken down since it was sent"
		}
		return needPerson(tx, d, campaign.ReasonCannotTell, text, now)
	case repeat:
		// The lane's sender arms it; if it does not come to that, we look again.
		rule = d.LookAgain(true, now.Add(max(nextRead(d.Reads+1), time.Minute)))
	default:
		rule = d.LookAgain(true, now.Add(nextRead(d.Reads+1)))
	}
	if rule != nil {
		return nil, ruleError{rule}
	}
	if err := putEnded(tx, d); err != nil {
		return nil, err
	}
	if d.State == campaign.InDoubt {
		return nil, nil
	}
	return endNotice(d, now), audit(tx, now, d, string(d.State))
}

// found binds what a read-back found to the delivery, unless it belongs to another.
func (e *Engine) found(tx store.Tx, d *campaign.Delivery, r campaign.Receipt, now time.Time) ([]Notice, error) {
	owner, ours, err := claim(tx, d, r)
	if err != nil {
		return nil, err
	}
	if !ours {
		if d.Reason.Code == campaign.ReasonDuplicate {
			return e.take(tx, d, finding{}, refuseTwin, now)
		}
		return needPerson(tx, d, campaign.ReasonCannotTell, "only the post of "+string(owner)+" was found, which has the same text", now)
	}
	r.At, r.How = now, "read-back"
	if err := lateByRepeat(tx, d, r, now); err != nil {
		return nil, err
	}
	if err := d.Receive(d.Attempt, r, max(d.Parts, 1), now); err != nil {
		return nil, ruleError{err}
	}
	lane, err := tx.Lane(d.Lane)
	if err != nil {
		return nil, err
	}
	lane.Newest = r.RemoteID
	if err := tx.PutLane(lane); err != nil {
		return nil, err
	}
	if err := putEnded(tx, d); err != nil {
		return nil, err
	}
	return endNotice(d, now), audit(tx, now, d, "found")
}

// putOff moves a read-back that cannot be done now.
func (e *Engine) putOff(d *campaign.Delivery, until time.Time) {
	_ = e.update("putting off a read-back", func(tx store.Tx) error { // an error ends the engine or is told
		fresh, err := tx.Delivery(d.ID)
		if err != nil || fresh.State != campaign.InDoubt {
			return err
		}
		fresh.CheckAt = until
		return tx.PutDelivery(&fresh)
	})
}
