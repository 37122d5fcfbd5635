package scheduler

import (
	"context"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// lane is what the engine keeps in memory of one remote account. Engine.mu guards it.
type lane struct {
	id    campaign.LaneID
	stale bool      // head must be read again
	head  time.Time // earliest RunAt, if has
	has   bool

	// wait is until when nothing of the lane can be armed, and waits why: its
	// gap, its rate, a hold. It is kept here so that an outage with 100,000 due
	// does not rewrite each of them.
	wait  time.Time
	waits campaign.Reason
	// ease is until when the lane leaves a failing platform in peace.
	ease  time.Time
	fails int // calls in a row without an answer that helps

	sending, staging, reading bool
	hanging                   int // calls that outlived their deadline and hold the lane
	stuck                     int // other calls that did; see askOn
	stageAt                   time.Time
	stageAgain                bool                  // asked for while the stager ran
	repeats                   []campaign.DeliveryID // in doubt, to be repeated under their key
	refused                   map[campaign.DeliveryID]refusal
	restage                   map[campaign.DeliveryID]time.Time // staging failed; not before
	looks                     []look                            // published, to be looked at
	compared                  bool                              // its newest posts were looked at since the start
	newest                    *string                           // newest own post when it was first compared; the sender's own
	fault                     string
}

// refusal is a platform's final no to a post while it was staged.
type refusal struct {
	content campaign.Digest
	text    string
}

// sorted lists the lanes by id; callers hold e.mu.
func (e *Engine) sorted() []*lane {
	ls := make([]*lane, 0, len(e.lanes))
	for _, l := range e.lanes {
		ls = append(ls, l)
	}
	slices.SortFunc(ls, func(a, b *lane) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return ls
}

// free is when the lane may next arm something; zero: nothing is there.
func (l *lane) free() time.Time {
	if l.sending || l.hanging > 0 || !l.has && len(l.repeats) == 0 {
		return time.Time{}
	}
	at := l.head
	if len(l.repeats) > 0 {
		at = time.Time{}
	}
	for _, t := range []time.Time{l.wait, l.ease} {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// startLanes starts the work of every lane that has some now, and returns when
// the next one will.
func (e *Engine) startLanes(s survey) (next time.Time) {
	if _, _, stopped := s.switches.Stopped(); stopped || !e.guard.trusted() {
		return time.Time{} // a deed or the clock guard will wake us
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.soft.Err() != nil {
		return time.Time{}
	}
	for _, l := range e.sorted() {
		if !e.holdsNow(l.id) {
			continue
		}
		if r, held := s.switches.LaneHolds[l.id]; held {
			l.wait, l.waits = s.now.Add(campaign.OnTime), campaign.Reason{Code: campaign.ReasonLane, Text: r.Reason, At: r.At}
			continue
		}
		if at := l.free(); l.has || len(l.repeats) > 0 {
			switch {
			case l.sending || l.hanging > 0:
			case at.After(s.now):
				next = earlier(next, at)
			default:
				l.sending = true
				e.begun(func() { e.work(l) })
			}
		}
		if l.staging || !l.has || l.stuck > 0 {
			continue
		}
		at := l.head.Add(-e.cfg.PrepareAhead)
		if l.stageAt.After(at) {
			at = l.stageAt
		}
		if at.After(s.now) {
			next = earlier(next, at)
			continue
		}
		l.staging = true
		e.begun(func() { e.stage(l) })
	}
	return next
}

// work arms and publishes what is due on the lane, one after the other, until
// nothing can leave now.
func (e *Engine) work(l *lane) {
	defer func() {
		e.mu.Lock()
		l.sending, l.stale = false, true
		e.mu.Unlock()
		e.nudge()
	}()
	for e.soft.Err() == nil {
		p, err := e.choose(l)
		if err != nil {
			e.storeTrouble("reading lane "+string(l.id), err)
			e.rest(l, campaign.Reason{Code: "unreadable", Text: err.Error()}, e.clk.Now().Add(retryIn(err)))
			return
		}
		if !p.waits.IsZero() {
			e.rest(l, p.reason, p.waits)
		}
		if p.unstaged {
			e.awaitStaging(l)
		}
		if p.send == nil && len(p.settle) == 0 {
			return
		}
		if !e.carry(l, p) {
			return
		}
	}
}

// carry does what was chosen: settles, arms, sends. It tells whether the lane
// may go on at once.
func (e *Engine) carry(l *lane, p pick) bool {
	if p.send != nil {
		if !e.calls.take(e.soft) {
			return false
		}
		defer e.calls.leave()
		if !e.ready(l, &p) {
			return false
		}
	}
	f, err := e.arm(l, p)
	if err != nil {
		e.rest(l, campaign.Reason{Code: "unreadable", Text: err.Error()}, e.clk.Now().Add(retryIn(err)))
		return false
	}
	return f == nil || e.send(l, f)
}

// rest makes the whole lane wait.
func (e *Engine) rest(l *lane, why campaign.Reason, until time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.wait, l.waits = until, why
}

// awaitStaging makes the lane wait for its stager, which wakes it.
func (e *Engine) awaitStaging(l *lane) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clk.Now()
	// Looked at each second: another may fall due meanwhile that is ready.
	l.wait, l.waits = now.Add(time.Second), campaign.Reason{Code: reasonStaging, Text: "what is due is being prepared", At: now}
	l.stageAgain, l.stageAt = true, time.Time{}
}

// reasonStaging is why a lane waits for its stager; no delivery bears it.
const reasonStaging = "staging"

// pick is what a lane may do next.
type pick struct {
	settle []campaign.DeliveryID // whose checks gave another answer than go
	send   *campaign.Delivery    // may be armed, staged or refused while staged
	repeat bool
	staged bool
	// unstaged tells that something is due but its bytes are not ready.
	unstaged bool
	waits    time.Time // the lane as a whole waits until then
	reason   campaign.Reason

	campaign *campaign.Campaign
	content  campaign.Content

	media   string // what is wrong with the media of send
	newest  string // newest own post of the account before send
	refusal string
	channel opened
}

// choose looks at what is due on the lane, oldest first; see giveWay for the one
// exception. What cannot run by itself is put aside to be settled and never stands before what can; what the
// lane as a whole waits for ends the search.
func (e *Engine) choose(l *lane) (p pick, err error) {
	ctx := context.WithoutCancel(e.soft)
	err = e.cfg.Store.View(ctx, func(tx store.Tx) error {
		p = pick{}
		b, err := e.benchOf(tx, l.id)
		if err != nil {
			return err
		}
		if _, _, stopped := b.switches.Stopped(); stopped || !e.guard.trusted() {
			return nil
		}
		if found, err := e.chooseRepeat(tx, b, l, &p); found || err != nil {
			return err
		}
		// Mostly the first can leave; the others are looked at when it cannot.
		due, err := tx.Due(l.id, b.now, 1)
		if err != nil {
			return err
		}
		done, err := e.chooseFrom(tx, b, l, due, &p)
		if err != nil || len(due) == 0 {
			return err
		}
		if !done {
			p = pick{}
			if due, err = tx.Due(l.id, b.now, batch); err != nil {
				return err
			}
			if _, err = e.chooseFrom(tx, b, l, due, &p); err != nil {
				return err
			}
		}
		return e.giveWay(tx, b, l, &p)
	})
	return p, err
}

// chooseFrom fills p from what is due and tells whether it found one that can
// leave, or that the whole lane waits.
func (e *Engine) chooseFrom(tx store.Tx, b *bench, l *lane, due []campaign.Delivery, p *pick) (done bool, err error) {
	for i := range due {
		d := &due[i]
		f, err := b.facts(tx, d, false, "")
		if err != nil {
			return false, err
		}
		a := e.answer(f)
		switch {
		case b.laneWide(f, a):
			if a.Outcome == campaign.Drop {
				a.Until = b.now.Add(glance) // the lane is another's: its lease says so soon
			}
			p.waits, p.reason = a.Until, campaign.Reason{Code: a.Code, Text: a.Text, At: b.now}
			return true, nil
		case a.Outcome == campaign.Drop:
		case a.Outcome != campaign.Go:
			p.settle = append(p.settle, d.ID)
		case !e.putOffStaging(l, d.ID).IsZero():
			p.settle = append(p.settle, d.ID) // steps aside until it is tried again
		case e.isReady(tx, l, d, p):
			p.send, p.content, p.campaign = d, *f.Content, b.campaign
			p.unstaged = false
			return true, nil
		default:
			p.unstaged = true // stays so only where nothing else can leave
		}
	}
	return false, nil
}

// chooseRepeat takes the first repeat that was asked for and is still wanted.
func (e *Engine) chooseRepeat(tx store.Tx, b *bench, l *lane, p *pick) (bool, error) {
	e.mu.Lock()
	wanted := slices.Clone(l.repeats)
	e.mu.Unlock()
	for _, id := range wanted {
		d, err := tx.Delivery(id)
		if err != nil && !unreadable(err) {
			return false, err
		}
		if err == nil && d.State == campaign.InDoubt && e.flying(id) == nil {
			p.send, p.repeat, p.staged, p.campaign = &d, true, true, b.campaign
			if p.content, err = tx.Content(d.Content); unreadable(err) {
				err = nil // arming puts it before a person
			}
			return true, err
		}
		e.dropRepeat(l, id)
	}
	return false, nil
}

func (e *Engine) dropRepeat(l *lane, id campaign.DeliveryID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.repeats = slices.DeleteFunc(l.repeats, func(r campaign.DeliveryID) bool { return r == id })
}

// isReady tells whether d can be armed as far as staging goes: its bytes are
// stored, or the platform refused it while it was staged.
func (e *Engine) isReady(tx store.Tx, l *lane, d *campaign.Delivery, p *pick) bool {
	e.mu.Lock()
	no, refused := l.refused[d.ID]
	e.mu.Unlock()
	if refused && no.content == d.Content {
		p.refusal = no.text
		return true
	}
	_, p.staged = stagedOf(tx, d, e.clk.Now())
	return p.staged
}

// putOffStaging is until when a delivery whose staging failed is left alone;
// zero: it is not.
func (e *Engine) putOffStaging(l *lane, id campaign.DeliveryID) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if until := l.restage[id]; until.After(e.clk.Now()) {
		return until
	}
	return time.Time{}
}

func (l *lane) health(flights map[campaign.DeliveryID]*flight, preparing map[campaign.DeliveryID]*lane) LaneHealth {
	h := LaneHealth{Lane: l.id, Waits: l.waits, Until: l.wait, Hanging: l.hanging > 0 || l.stuck > 0, Fault: l.fault}
	if l.has {
		h.Next = l.head
	}
	if l.ease.After(l.wait) {
		h.Until = l.ease
		h.Waits = campaign.Reason{Code: campaign.ReasonNotSent, Text: "the platform does not answer as it should"}
	}
	for id, at := range preparing {
		if at == l {
			h.Preparing = id
		}
	}
	for id, f := range flights {
		if f.lane == l && (h.InFlight == "" || f.since.Before(h.Since)) {
			h.InFlight, h.Since = id, f.since
		}
	}
	return h
}
