package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Late says what becomes of posts that are late when a stop is lifted.
type Late string

const (
	LateAsk  Late = "ask"  // they stay paused, each waits for a decision (the default)
	LateSend Late = "send" // they go now, spaced by the channel's gap and a minute at least
	LateMove Late = "move" // each becomes a new delivery, spaced from Resumption.MoveTo
	LateSkip Late = "skip" // they are missed
	// LateMissed is no choice: the latest time passed, or no room is left before it.
	LateMissed Late = "missed"
	// LateSettle is no choice: it may have gone out before the store was put
	// back, and a person says whether it did.
	LateSettle Late = "settle"
)

// Resumption asks to lift what stops publishing: a cause, or the stops and
// holds on exactly a scope, or one hold by its id. Lifting a scope that is one
// channel also lifts what holds its account.
type Resumption struct {
	Cause  campaign.Cause               `json:"cause,omitempty"`
	Scope  campaign.Scope               `json:"scope,omitzero"`
	Hold   string                       `json:"hold,omitempty"`
	Late   Late                         `json:"late,omitempty"`
	Each   map[campaign.DeliveryID]Late `json:"each,omitempty"` // goes before Late
	MoveTo time.Time                    `json:"move_to,omitzero"`
	Reason string                       `json:"reason,omitempty"`
}

// Resumed says what lifting does, or would do.
type Resumed struct {
	Lifted []string `json:"lifted"` // in words
	// Late are the posts that a resumption meets late, and what becomes of each.
	Late []LateRow `json:"late"`
	// Still names what goes on stopping some of it.
	Still []string `json:"still,omitempty"`
	// Unsettled are, where a restored store is let go, the deliveries of which
	// it does not know whether they are public.
	Unsettled []Row  `json:"unsettled,omitempty"`
	Text      string `json:"text"`
}

// LateRow is a post that is late when a stop is lifted.
type LateRow struct {
	Row
	By   Span      `json:"by"`   // how late
	Does Late      `json:"does"` // what becomes of it
	At   time.Time `json:"at,omitzero"`
}

// PreviewResume says what Resume would do, and changes nothing.
func (d *Desk) PreviewResume(ctx context.Context, a campaign.Actor, q Resumption) (Resumed, error) {
	var out Resumed
	err := d.look(ctx, a, func(r *room) error {
		l, err := r.lift(q, false)
		if err != nil {
			return err
		}
		out, err = l.answer(r)
		return err
	})
	return out, err
}

// Resume lifts a cause or the stops and holds of a scope. Nothing floods out:
// what became late is decided by q and goes, if it goes, with a distance.
func (d *Desk) Resume(ctx context.Context, a campaign.Actor, q Resumption) (Resumed, error) {
	return d.resume(ctx, a, "resume", q, false)
}

// Release lifts holds, never stops, and lets single paused deliveries go
// (Scope of kind "delivery").
func (d *Desk) Release(ctx context.Context, a campaign.Actor, q Resumption) (Resumed, error) {
	if q.Cause != "" || q.Scope.Kind == "all" {
		return Resumed{}, fmt.Errorf("%w: a stop of everything is lifted with resume", ErrUsage)
	}
	return d.resume(ctx, a, "release", q, true)
}

func (d *Desk) resume(ctx context.Context, a campaign.Actor, deed string, q Resumption, release bool) (Resumed, error) {
	var out Resumed
	err := d.do(ctx, a, deed, func(r *room) error {
		l, err := r.lift(q, release)
		if err != nil {
			return err
		}
		if out, err = l.answer(r); err != nil {
			return err
		}
		if err := r.putSwitches(l.after); err != nil {
			return err
		}
		if err := l.carryOut(r, q); err != nil {
			return err
		}
		r.did(strings.Join(out.Lifted, ", "), "%d late: %s%s", len(out.Late), l.tally(), quoted(q.Reason))
		return nil
	})
	if err != nil {
		return Resumed{}, err
	}
	if d.Brake != nil {
		d.Brake.Lift()
	}
	d.tell(Notice{Event: "resumed", By: a.Person, Text: out.Text})
	return out, nil
}

// lifted is what a resumption does to the switches and to what it meets.
type lifted struct {
	after campaign.Switches
	older time.Time // a store put back then is let go; zero: it is not
	words []string
	holds []campaign.Hold // lifted
	todo  []release
}

// release is one delivery that may run again.
type release struct {
	d    campaign.Delivery
	late time.Duration // 0: in time
	does Late          // "" for one in time
	at   time.Time     // of the next try; zero: at its due time
}

// lift decides everything and changes nothing.
func (r *room) lift(q Resumption, release bool) (lifted, error) {
	sw, err := r.switches()
	if err != nil {
		return lifted{}, err
	}
	l := lifted{after: copySwitches(sw)}
	if q, err = r.wholeOf(q); err != nil {
		return l, err
	}
	switch {
	case q.Cause != "":
		err = l.liftCause(r, q.Cause)
	case q.Scope.Kind == "all":
		err = l.liftCause(r, campaign.CauseStop)
	default:
		err = l.liftHolds(r, q, release)
	}
	if err != nil {
		return l, err
	}
	scope := q.Scope
	switch {
	case q.Cause != "":
		scope = campaign.Scope{Kind: "all"}
	case q.Hold != "":
		scope = l.holds[0].Scope
	}
	return l, l.meet(r, q, scope)
}

// wholeOf is the request with whole ids in it.
func (r *room) wholeOf(q Resumption) (Resumption, error) {
	var err error
	if q.Scope, err = r.whole(q.Scope); err != nil || len(q.Each) == 0 {
		return q, err
	}
	each := map[campaign.DeliveryID]Late{}
	for id, late := range q.Each {
		d, err := r.find(id)
		if err != nil {
			return q, err
		}
		each[d.ID] = late
	}
	q.Each = each
	return q, nil
}

func (l *lifted) liftCause(r *room, c campaign.Cause) error {
	if err := r.may(campaign.ActResume, campaign.Object{Cause: c}); err != nil {
		return err
	}
	if _, on := l.after.Causes[c]; !on {
		return fmt.Errorf("%w: nothing is stopped by %q", ErrConflict, c)
	}
	if c == campaign.CauseQuarantine {
		l.older = l.after.Causes[c].At
	}
	delete(l.after.Causes, c)
	l.words = append(l.words, "everything ("+string(c)+")")
	return nil
}

func (l *lifted) liftHolds(r *room, q Resumption, release bool) error {
	about, err := campaign.Object{}, error(nil)
	if q.Hold == "" {
		if about, err = r.scope(q.Scope); err != nil {
			return err
		}
	}
	kept := l.after.Holds[:0:0]
	for _, h := range l.after.Holds {
		if h.ID != q.Hold && (q.Hold != "" || h.Scope != q.Scope) || release && h.Stop {
			kept = append(kept, h)
			continue
		}
		if q.Hold != "" {
			if about, err = r.scope(h.Scope); err != nil {
				about = campaign.Object{} // what it held is gone; organizers may still lift it
			}
		}
		o := about
		o.Hold = &h
		if err := r.may(releaseAct(release), o); err != nil {
			return err
		}
		l.holds = append(l.holds, h)
		l.words = append(l.words, h.Scope.String())
	}
	l.after.Holds = kept
	if !release && q.Scope.Kind == "channel" {
		lane := r.c.LaneOf(q.Scope.Channel)
		if _, on := l.after.LaneHolds[lane]; on {
			delete(l.after.LaneHolds, lane)
			l.words = append(l.words, "the account of "+string(q.Scope.Channel))
		}
	}
	if len(l.words) > 0 {
		return nil
	}
	if q.Scope.Kind != "delivery" {
		return fmt.Errorf("%w: nothing is stopped or held there", ErrConflict)
	}
	// A single delivery may be paused without a hold: it waits for a decision.
	d, err := r.Delivery(q.Scope.Delivery)
	if err != nil {
		return err
	}
	if !d.Parked || !byPerson(d.Reason.Code) {
		return fmt.Errorf("%w: delivery %s is not held", ErrConflict, d.ID)
	}
	l.words = append(l.words, q.Scope.String())
	return r.may(releaseAct(release), about)
}

func releaseAct(release bool) campaign.Action {
	if release {
		return campaign.ActRelease
	}
	return campaign.ActResume
}

// meet finds what may run again and decides on the late ones, oldest first.
// Everything that the engine put aside because of a stop was due by then, so
// what is due later need not be looked at.
func (l *lifted) meet(r *room, q Resumption, scope campaign.Scope) error {
	slots := slots{r: r, next: map[campaign.LaneID]time.Time{}}
	visit := func(d campaign.Delivery) error {
		if d.Due.Before(l.older) && r.now.After(d.Latest) {
			l.todo = append(l.todo, release{d: d, late: r.now.Sub(d.Due), does: LateSettle})
			return nil
		}
		if !scope.Covers(&d) || !l.met(&d, q.Scope.Kind == "delivery", r.now) {
			return nil
		}
		if _, still := pausedBy(&d, &l.after); still {
			return nil
		}
		one := release{d: d}
		if late := r.now.Sub(d.Due); late > campaign.OnTime && d.State == campaign.Scheduled {
			if err := one.decide(r, q, late, &slots); err != nil {
				return err
			}
		}
		l.todo = append(l.todo, one)
		return nil
	}
	if scope.Kind == "delivery" {
		d, err := r.Delivery(scope.Delivery)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
			return nil // what was held is gone or set aside
		case err != nil, d.State != campaign.Planned && d.State != campaign.Scheduled:
			return err
		}
		return visit(d)
	}
	f := within(scope)
	f.States, f.To = []campaign.State{campaign.Planned, campaign.Scheduled}, r.now.Add(time.Second)
	return r.each(f, visit)
}

// within is a filter that passes what the scope covers, so that lifting a stop
// of one channel does not read all that is due on the others.
func within(s campaign.Scope) (f store.Filter) {
	switch s.Kind {
	case "mechanism":
		f.Mechanism = s.Mechanism
	case "channel":
		f.Channel = s.Channel
	case "takeover":
		f.Takeover = s.Takeover
	case "plan":
		f.Plan = s.Plan
	case "post":
		f.Plan, f.Post = s.Plan, s.Post
	}
	return f
}

// met tells whether what is lifted is what keeps the delivery. One that waits
// for something else goes on waiting: for its value, for a word on it alone.
func (l *lifted) met(d *campaign.Delivery, alone bool, now time.Time) bool {
	switch d.Reason.Code {
	case campaign.ReasonStopped, campaign.ReasonLane:
		return true
	case campaign.ReasonAskLate, campaign.ReasonLeft:
		return alone
	case campaign.ReasonHeld:
		return alone || slices.ContainsFunc(l.holds, func(h campaign.Hold) bool { return h.Scope.Covers(d) }) || !d.Parked
	}
	return d.Runnable() && !d.RunAt().After(now) // due, and nobody looked at it yet
}

func (one *release) decide(r *room, q Resumption, late time.Duration, s *slots) error {
	one.late, one.does = late, q.Late
	if does, ok := q.Each[one.d.ID]; ok {
		one.does = does
	}
	switch {
	case one.does != "":
	case q.Scope.Kind == "delivery":
		one.does = LateSend // naming it is the decision
	default:
		one.does = LateAsk
	}
	if r.now.After(one.d.Latest) {
		one.does = LateMissed
	}
	var err error
	switch one.does {
	case LateSend:
		if one.at, err = s.take(&one.d, r.now); err == nil && one.at.After(one.d.Latest) {
			one.does, one.at = LateMissed, time.Time{}
		}
	case LateMove:
		if q.MoveTo.Before(r.now) {
			return fmt.Errorf("%w: say to when (later than now) the late posts move", ErrUsage)
		}
		one.at, err = s.take(&one.d, q.MoveTo)
	case LateAsk, LateSkip, LateMissed:
	default:
		return fmt.Errorf("%w: late posts can be asked about, sent, moved or skipped, not %q", ErrUsage, one.does)
	}
	return err
}

// slots hands out times with a distance on each account.
type slots struct {
	r    *room
	next map[campaign.LaneID]time.Time
}

func (s *slots) take(d *campaign.Delivery, from time.Time) (time.Time, error) {
	gap := max(s.r.c.Channels[d.Channel].MinGap, campaign.RestartSpacing)
	next, known := s.next[d.Lane]
	if !known {
		lane, err := s.r.Lane(d.Lane)
		if err != nil {
			return time.Time{}, err
		}
		if !lane.LastAt.IsZero() && !lane.LastAt.After(s.r.now) {
			next = lane.LastAt.Add(gap)
		}
	}
	if next.Before(from) {
		next = from
	}
	s.next[d.Lane] = next.Add(gap)
	return next, nil
}

// carryOut does to each delivery what was decided.
func (l *lifted) carryOut(r *room, q Resumption) error {
	for _, one := range l.todo {
		d := one.d
		if err := one.do(r, &d); err != nil {
			return err
		}
	}
	return nil
}

func (one release) do(r *room, d *campaign.Delivery) error {
	if one.does == LateSettle {
		if err := d.Suspect("it was due "+When(d.Due, r.c.Location()), r.now); err != nil {
			return err
		}
		return r.PutDelivery(d)
	}
	why := d.Reason
	if err := r.ready(d, one.at); err != nil {
		return err
	}
	var err error
	switch one.does {
	case LateSend:
		err = d.Wait(campaign.ReasonGap, "it is late after a stop, and the posts of an account keep a distance", one.at, r.now)
	case LateAsk:
		err = d.Park(campaign.ReasonAskLate, lateText, r.now)
	case LateSkip:
		err = d.Miss(campaign.ReasonSkipLate, "it was late when publishing went on, and was skipped", r.now)
	case LateMissed:
		if why.Code != campaign.ReasonStopped && why.Code != campaign.ReasonHeld {
			why.Code = campaign.ReasonTooLate
		}
		err = d.Miss(why.Code, "it was stopped until after its latest time", r.now)
	case LateMove:
		if err := r.PutDelivery(d); err != nil {
			return err
		}
		_, err := r.reschedule(*d, Reschedule{At: one.at})
		return err
	}
	if err != nil {
		return err
	}
	return r.PutDelivery(d)
}

// byPerson tells whether a pause of the reason is ended by a person's word alone.
func byPerson(code string) bool {
	return code == campaign.ReasonHeld || code == campaign.ReasonAskLate || code == campaign.ReasonLeft
}

// lateText is why a post waits that was late when a stop was lifted.
const lateText = "publishing was stopped at its time, and it waits for a decision"

// ready makes d runnable, not before at.
func (r *room) ready(d *campaign.Delivery, at time.Time) error {
	if d.Parked {
		return d.Unpark(at, r.now)
	}
	if d.State != campaign.Scheduled {
		return nil
	}
	return d.Wait(campaign.ReasonApproved, "", at, r.now)
}

// answer is the lifting in rows and words.
func (l *lifted) answer(r *room) (Resumed, error) {
	out := Resumed{Lifted: l.words}
	if l.lifts(r, campaign.CauseQuarantine) {
		var err error
		if out.Unsettled, err = r.unsettled(); err != nil {
			return out, err
		}
	}
	for _, one := range l.todo {
		if one.does == "" {
			continue
		}
		row, err := r.row(one.d)
		if err != nil {
			return out, err
		}
		out.Late = append(out.Late, LateRow{Row: row, By: Span(one.late), Does: one.does, At: one.at})
	}
	for _, s := range stopLines(&l.after) {
		out.Still = append(out.Still, s.Text)
	}
	out.Text = fmt.Sprintf("Publishing goes on: %s. %s late: %s.", strings.Join(l.words, ", "), count(len(out.Late), "post is", "posts are"), l.tally())
	if len(out.Late) == 0 {
		out.Text = fmt.Sprintf("Publishing goes on: %s. Nothing is late.", strings.Join(l.words, ", "))
	}
	if len(out.Still) > 0 {
		out.Text += " Still stopped: " + strings.Join(out.Still, "; ") + "."
	}
	return out, nil
}

// tally says how many late posts go which way.
func (l *lifted) tally() string {
	words := map[Late]string{LateSend: "sent with a distance", LateAsk: "wait for a decision", LateMove: "moved", LateSkip: "skipped", LateMissed: "missed", LateSettle: "perhaps public, to be settled by a person"}
	var parts []string
	for _, does := range []Late{LateSettle, LateSend, LateAsk, LateMove, LateSkip, LateMissed} {
		n := 0
		for _, one := range l.todo {
			if one.does == does {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[does]))
		}
	}
	return strings.Join(parts, ", ")
}
