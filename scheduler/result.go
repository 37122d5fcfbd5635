package scheduler

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/store"
)

// FatePublished is the one fate that is no error; the others are channels.Fate.
const FatePublished = "published"

// maxSilence bounds what a platform may ask for: an absurd Retry-After must
// not silence an account for years.
const maxSilence = 24 * time.Hour

// verdict is what a publish call's outcome means. It follows from what was
// seen alone.
type verdict struct {
	fate    string // published, not_sent, refused, in_doubt
	code    string // reason of the delivery
	text    string
	next    time.Time // not_sent: the next try; in_doubt: the first read-back
	hold    string    // why the account is held; "": it is not
	silence time.Time // until when the platform asked for silence
	ease    bool      // leave the platform in peace for a while
}

// judge decides the fate of an attempt by the table of reliability.md §2. left
// is when its first byte left, refused that it never can.
func judge(o outcome[campaign.Receipt], left time.Time, refused bool, n int, id campaign.DeliveryID, now time.Time) verdict {
	doubt := verdict{fate: channels.InDoubt.String(), code: campaign.ReasonDoubt, next: now.Add(schedule[0]), ease: true}
	if o.err == nil {
		if o.value.RemoteID == "" {
			doubt.text = "the platform said yes but named no post"
			return doubt
		}
		return verdict{fate: FatePublished, code: campaign.ReasonPublished}
	}
	doubt.text = o.err.Error()
	if _, ok := isPanic(o.err); ok {
		doubt.hold = "the program met a fault of its own while publishing"
		return doubt
	}
	retry := verdict{fate: channels.NotSent.String(), code: campaign.ReasonNotSent, text: o.err.Error(), next: now.Add(delay(n, string(id)))}
	var ce *channels.Error
	typed := errors.As(o.err, &ce)
	if refused && left.IsZero() && !errors.Is(o.err, errHangs) && !(typed && besideGate(ce)) {
		retry.code = campaign.ReasonGate
		return retry
	}
	if !typed {
		return doubt
	}
	if ce.Code != "" {
		doubt.code = ce.Code
	}
	if ce.Duplicate {
		doubt.code, doubt.ease = campaign.ReasonDuplicate, false
		return doubt
	}
	doubt.ease = doubt.code == campaign.ReasonDoubt
	account := ce.Scope == channels.ScopeChannel || ce.Scope == channels.ScopeApp
	switch {
	case ce.Fate == channels.InDoubt, ce.Gate && !left.IsZero():
		return doubt
	case ce.Status == http.StatusTooManyRequests || !ce.RetryAt.IsZero():
		retry.code, retry.silence = campaign.ReasonRate, silence(ce.RetryAt, retry.next, now)
		retry.next = retry.silence
	case account:
		// The post is not to blame, whatever the platform called it: it waits
		// until the account is mended.
		retry.code, retry.hold, retry.next = campaign.ReasonLane, o.err.Error(), now
	case ce.Fate == channels.Refused:
		return verdict{fate: channels.Refused.String(), code: campaign.ReasonRefused, text: o.err.Error()}
	case ce.Scope == channels.ScopePlatform:
		retry.ease = true
	}
	return retry
}

// besideGate tells that an adapter speaks of a request that our gate never let
// through: it did not use the gate, and its word counts.
func besideGate(e *channels.Error) bool {
	return !e.Gate && e.Fate == channels.InDoubt &&
		(e.Status != 0 || e.Reach == httpx.ReachSent.String() || e.Reach == httpx.ReachAnswer.String())
}

// silence is until when a platform's request to wait is honoured.
func silence(asked, otherwise, now time.Time) time.Time {
	if !asked.After(now) {
		return otherwise
	}
	if limit := now.Add(maxSilence); asked.After(limit) {
		return limit
	}
	return asked
}

// record stores what came of an attempt; results of several lanes share
// commits. It tells whether the lane may go on at once.
func (e *Engine) record(l *lane, f *flight, o outcome[campaign.Receipt]) bool {
	now := e.clk.Now()
	left, refused := f.pass.seen()
	v := judge(o, left, refused, f.attempt.N, f.delivery.ID, now)
	e.logAttempt(f, v, o)
	var notices []Notice
	heldNew := false
	err := e.update("recording a result", func(tx store.Tx) (err error) {
		notices, heldNew = nil, false
		d, err := tx.Delivery(f.delivery.ID)
		if err != nil {
			return err
		}
		if d.State != campaign.Armed || d.Attempt != f.attempt.N {
			notices, err = e.evidence(tx, f, o)
		} else {
			notices, err = e.apply(tx, f, &d, v, o, left, now)
		}
		if err != nil {
			return err
		}
		heldNew, err = hold(tx, l.id, v.hold, now)
		return err
	})
	if err != nil {
		return false
	}
	e.tell(notices...)
	if v.fate == FatePublished {
		e.verifyLater(l, f)
	}
	if heldNew {
		e.tell(Notice{Kind: NoticeLane, Delivery: f.delivery.ID, Lane: l.id, Code: campaign.ReasonLane, Text: "The account is held, its posts are kept: " + v.hold})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !v.ease {
		l.fails, l.ease = 0, time.Time{}
		return v.hold == ""
	}
	l.fails++
	l.ease = now.Add(delay(l.fails, string(l.id)))
	return false
}

func (e *Engine) logAttempt(f *flight, v verdict, o outcome[campaign.Receipt]) {
	args := []any{"post", string(f.delivery.Plan) + "/" + string(f.delivery.Post), "delivery", f.delivery.ID, "lane", f.lane.id, "attempt", f.attempt.N, "part", f.attempt.Part, "fate", v.fate}
	if o.err == nil {
		e.log.Info("attempt ended", args...)
		return
	}
	args = append(args, "err", o.err)
	if p, ok := isPanic(o.err); ok {
		args = append(args, "stack", string(p.stack))
	}
	e.log.Warn("attempt ended", args...)
}

// apply brings the armed delivery to the state that the verdict asks for, and
// stores it with the attempt's evidence and the lane's memory.
func (e *Engine) apply(tx store.Tx, f *flight, d *campaign.Delivery, v verdict, o outcome[campaign.Receipt], left, now time.Time) ([]Notice, error) {
	n := f.attempt.N
	lane, err := tx.Lane(d.Lane)
	if err != nil {
		return nil, err
	}
	if d.Part == 0 && !f.repeat && !left.IsZero() {
		d.Lateness = max(0, left.Sub(d.Due))
	}
	var rule error
	var more []Notice
	switch v.fate {
	case FatePublished:
		owner, ours, err := claim(tx, d, o.value)
		if err != nil {
			return nil, err
		}
		if !ours {
			v.fate, v.text = channels.InDoubt.String(), "the platform answered with the post of "+string(owner)
			if rule = d.Doubt(n, campaign.ReasonDoubt, v.text, now, now); rule == nil {
				rule = d.NeedPerson(campaign.ReasonCannotTell, v.text, now)
			}
			break
		}
		r := o.value
		r.At, r.How = now, "answer"
		if err := lateByRepeat(tx, d, r, now); err != nil {
			return nil, err
		}
		rule = d.Receive(n, r, len(f.request.Staged.Parts), now)
		lane.Newest = r.RemoteID
	case channels.NotSent.String():
		rule = d.PutBack(n, f.repeat, v.code, v.text, v.next, now)
		if rule == nil && stagingIsGone(f, o.err) {
			if err := tx.PutStaged(d.ID, nil); err != nil {
				return nil, err
			}
		}
		e.giveBack(tx, f, d, &lane)
		if n == 1 && v.code != campaign.ReasonGate {
			more = append(more, about(d, NoticeRetry, v.text, now))
		}
	case channels.Refused.String():
		rule = d.Refuse(n, v.code, v.text, now)
	default:
		rule = d.Doubt(n, v.code, v.text, v.next, now)
		if rule == nil && f.attempt.Class == campaign.K6 && f.work() == "" {
			code := campaign.ReasonCannotTell
			if v.code != campaign.ReasonDoubt {
				code = v.code // the adapter says why a person is needed
			}
			rule = d.NeedPerson(code, v.text, now)
		}
	}
	if rule != nil {
		return nil, ruleError{rule}
	}
	if v.silence.After(lane.RateUntil) {
		lane.RateUntil = v.silence
	}
	if err := tx.PutLane(lane); err != nil {
		return nil, err
	}
	if err := tx.PutAttempt(ended(f, v, o, left, now)); err != nil {
		return nil, err
	}
	if err := putEnded(tx, d); err != nil {
		return nil, err
	}
	return append(more, endNotice(d, now)...), audit(tx, now, d, v.fate)
}

// maxAddress is the longest address of a post that is looked at, in bytes.
const maxAddress = 2048

// claim binds what a receipt names to the delivery, unless it is another's. The
// address counts beside the id where it is all that a person named of a post;
// else it may be one that a platform gives to many.
func claim(tx store.Tx, d *campaign.Delivery, r campaign.Receipt) (owner campaign.DeliveryID, ours bool, err error) {
	if r.URL != "" && r.URL != r.RemoteID && len(r.URL) <= maxAddress {
		if owner, ours, err = tx.ClaimRemote(d.Lane, r.URL, d.ID); err != nil {
			return owner, ours, err
		}
		if !ours {
			other, err := tx.Delivery(owner)
			if err != nil && !unreadable(err) {
				return owner, false, err
			}
			if slices.ContainsFunc(other.Receipts, func(o campaign.Receipt) bool { return o.RemoteID == r.URL }) {
				return owner, false, nil
			}
		}
	}
	return tx.ClaimRemote(d.Lane, r.RemoteID, d.ID)
}

// lateByRepeat says how late a first part is that was repeated: nobody knows
// which call made it public. The platform's own time tells where it gave one
// that can be; else the repeat counts, so that nothing is late in silence.
func lateByRepeat(tx store.Tx, d *campaign.Delivery, r campaign.Receipt, now time.Time) error {
	if d.Part > 0 {
		return nil
	}
	attempts, err := tx.Attempts(d.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(attempts, func(a campaign.Attempt) bool { return a.N == d.Attempt })
	if i < 0 || !attempts[i].Repeat {
		return nil
	}
	at := d.ArmedAt
	if first, _ := firstUnder(attempts[i].Key, 0, attempts); !r.Platform.Before(first.ArmedAt.Add(-maxSkew)) && !r.Platform.After(now.Add(maxSkew)) {
		at = r.Platform
	}
	d.Lateness = max(0, at.Sub(d.Due))
	return nil
}

// giveBack returns the place in the lane's day and gap that a first part took
// which never left.
func (e *Engine) giveBack(tx store.Tx, f *flight, d *campaign.Delivery, lane *campaign.LaneState) {
	if f.attempt.Part > 0 || f.repeat {
		return
	}
	c, err := tx.Campaign()
	if err != nil {
		return // the place stays taken until midnight: careful
	}
	lane.Uncount(d, f.attempt.ArmedAt, c.Location())
	if lane.LastAt.Equal(f.attempt.ArmedAt) {
		lane.LastAt = f.prevLast
	}
}

// ended is the attempt with its evidence.
func ended(f *flight, v verdict, o outcome[campaign.Receipt], left, now time.Time) campaign.Attempt {
	a := f.attempt
	a.Work = f.work()
	a.EndedAt, a.Fate, a.Reason, a.RemoteID = now, v.fate, v.text, o.value.RemoteID
	a.Reach = httpx.ReachNothing.String()
	if !left.IsZero() {
		a.Reach = httpx.ReachSent.String()
	}
	var ce *channels.Error
	switch {
	case errors.As(o.err, &ce):
		a.Status = ce.Status
		if ce.Reach != "" {
			a.Reach = ce.Reach
		}
	case o.err == nil:
		a.Reach = httpx.ReachAnswer.String()
	case errors.Is(o.err, errHangs):
		a.Reach = httpx.ReachUnknown.String()
	}
	return a
}

// hold keeps the account closed until a person lifts it; why "" does nothing.
// It tells whether it was open before, so that people are told once.
func hold(tx store.Tx, id campaign.LaneID, why string, now time.Time) (fresh bool, err error) {
	if why == "" {
		return false, nil
	}
	s, err := tx.Switches()
	if err != nil {
		return false, err
	}
	if _, held := s.LaneHolds[id]; held {
		return false, nil
	}
	s.LaneHolds = with(s.LaneHolds, id, campaign.CauseRecord{By: daemon, At: now, Reason: why})
	if err := tx.PutSwitches(s); err != nil {
		return false, err
	}
	return true, tx.Audit(campaign.AuditEntry{At: now, By: daemon, Door: daemon, Deed: "hold_lane", Object: string(id)})
}

// putEnded stores the delivery and, once it has ended, forgets what was staged.
func putEnded(tx store.Tx, d *campaign.Delivery) error {
	if err := tx.PutDelivery(d); err != nil {
		return err
	}
	if d.State.End() {
		return tx.PutStaged(d.ID, nil)
	}
	return nil
}

// audit writes an entry about what became of a delivery; ids and codes only.
func audit(tx store.Tx, now time.Time, d *campaign.Delivery, deed string) error {
	return tx.Audit(campaign.AuditEntry{At: now, By: daemon, Door: daemon, Deed: deed, Object: string(d.ID),
		Detail: fmt.Sprintf("attempt %d part %d %s", d.Attempt, d.Part, d.Reason.Code)})
}

// stagingIsGone tells whether the platform took nothing since what was staged
// for the post is no longer there: it is staged anew. Once a part is public, or
// for a repeat, the bytes stay what they were.
func stagingIsGone(f *flight, err error) bool {
	var e *channels.Error
	return errors.As(err, &e) && e.Fate == channels.NotSent && e.Scope == channels.ScopeContent && !e.Gate && !e.Keep && !f.repeat && f.attempt.Part == 0
}
