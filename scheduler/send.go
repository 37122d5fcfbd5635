package scheduler

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// flight is one attempt between its arming and the record of its result.
// Engine.mu guards its place in Engine.flights; the fields do not change once
// it is armed, save pass, which guards itself.
type flight struct {
	lane     *lane
	since    time.Time
	pass     *pass // nil until armed
	delivery campaign.Delivery
	attempt  campaign.Attempt
	request  channels.Request
	channel  opened
	repeat   bool
	prevLast time.Time // the lane's LastAt before this one
	began    atomic.Pointer[string]
}

// work is the platform's name for what the call began, "" where none came yet.
func (f *flight) work() string {
	if began := f.began.Load(); began != nil {
		return *began
	}
	return ""
}

func (e *Engine) flying(id campaign.DeliveryID) *flight {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flights[id]
}

func (e *Engine) landed(f *flight) {
	f.pass.leave()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.flights, f.delivery.ID)
}

// ready does what must be known before p.send is armed and needs more than the
// store: the open channel, the time, the media, the account's newest post.
// False: the lane cannot send now.
func (e *Engine) ready(l *lane, p *pick) bool {
	var err error
	if p.channel, err = e.open(p.campaign, p.send.Channel); err != nil {
		e.unopened(l, p.send.Channel, err)
		return false
	}
	e.forget("open " + string(p.send.Channel))
	e.mu.Lock()
	l.fault = ""
	e.mu.Unlock()
	e.hearTime(l, p)
	for _, m := range p.content.Pictures() {
		if p.media = e.cfg.Media(m.Digest); p.media != "" {
			break
		}
	}
	if p.repeat {
		return true
	}
	if p.send.Part > 0 {
		return e.compare(l, p)
	}
	if at, ok := p.channel.Channel.(channels.Latest); ok {
		ctx, cancel := context.WithTimeout(e.soft, e.cfg.ReadTimeout/3)
		o := askOn(e, l, ctx, at.Latest)
		cancel()
		if o.err == nil {
			p.newest = o.value
		} // else read-back starts at the newest that we remember
	}
	return e.compare(l, p)
}

// unopened puts a lane aside whose channel cannot be opened.
func (e *Engine) unopened(l *lane, ch campaign.ChannelID, err error) {
	now := e.clk.Now()
	e.log.Error("channel cannot be opened", "channel", ch, "err", err)
	e.rest(l, campaign.Reason{Code: campaign.ReasonLane, Text: "channel " + string(ch) + " cannot be opened", At: now}, now.Add(maxSleep))
	e.mu.Lock()
	l.fault = err.Error()
	e.mu.Unlock()
	e.tellOnce("open "+string(ch), Notice{Kind: NoticeLane, Lane: l.id, Code: campaign.ReasonLane, Text: "Channel " + string(ch) + " cannot be opened: " + err.Error()})
}

// compare looks, before a lane's first arming since we were away and before
// each post that was due by then, whether what would leave is public already:
// then the store is older than what people see, and everything stops until a
// person has looked. Where a platform recognises no repeat it looks whenever
// the account shows what we do not know: a copy of us may run elsewhere.
func (e *Engine) compare(l *lane, p *pick) bool {
	c := p.channel
	e.mu.Lock()
	back := !l.compared || p.send.Due.Before(e.upSince)
	e.mu.Unlock()
	alone := c.class.Repeats() || p.newest == "" // or so it looks
	if !back && alone || p.send.Attempt > 0 && p.send.Part == 0 || c.strength == channels.Weak {
		return true
	}
	known := e.newestOf(l)
	if !back && p.newest == known || c.strength == channels.Good && p.newest == "" && known == "" {
		return true
	}
	if back {
		if l.newest == nil {
			l.newest = &known
		}
		known = *l.newest
	}
	r := channels.Request{Delivery: *p.send, Content: p.content, Part: p.send.Part, Key: keyFor(p.send, nil), ArmedAt: e.clk.Now(), Newest: known, Earlier: p.send.Receipts}
	if r.Part > 0 {
		r.Staged = e.stagedFor(p.send)
	}
	v, receipt, err := e.ask(l, c, r)
	if err != nil {
		return true // asked again before the next one
	}
	e.mu.Lock()
	l.compared = true
	e.mu.Unlock()
	if v != channels.Found || e.isKnown(l, p.send, receipt) {
		return true
	}
	e.quarantine(l, p.send, receipt)
	return false
}

// stagedFor is what is staged of the delivery; nothing where nobody knows.
func (e *Engine) stagedFor(d *campaign.Delivery) (s channels.Staged) {
	err := e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
		s, _ = stagedOf(tx, d, e.clk.Now())
		return nil
	})
	if err != nil {
		e.storeTrouble("reading what is staged of "+string(d.ID), err)
	}
	return s
}

// isKnown tells whether the receipt is of a twin that the store knows to be public.
func (e *Engine) isKnown(l *lane, d *campaign.Delivery, r campaign.Receipt) (known bool) {
	err := e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
		twins, err := tx.Twins(l.id, d.Fingerprint)
		known = slices.ContainsFunc(twins, func(t campaign.Delivery) bool {
			return slices.ContainsFunc(t.Receipts, func(k campaign.Receipt) bool { return k.RemoteID == r.RemoteID })
		})
		return err
	})
	if err != nil {
		e.storeTrouble("reading the twins of "+string(d.ID), err)
	}
	return known
}

// newestOf is the newest own post of the account that the store remembers.
func (e *Engine) newestOf(l *lane) (id string) {
	err := e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) error {
		s, err := tx.Lane(l.id)
		id = s.Newest
		return err
	})
	if err != nil {
		e.storeTrouble("reading lane "+string(l.id), err)
	}
	return id
}

// quarantine stops everything: d is public although the store says scheduled.
func (e *Engine) quarantine(l *lane, d *campaign.Delivery, r campaign.Receipt) {
	text := "delivery " + string(d.ID) + " is public already as " + r.RemoteID + ": the store may be older than what people see"
	if e.setCause(campaign.CauseQuarantine, text) == nil {
		e.tell(Notice{Kind: NoticeRestore, Delivery: d.ID, Plan: d.Plan, Lane: l.id, Text: "Publishing stopped: " + text + "."})
	}
}

// setCause stores a cause that stops everything and closes the gate.
func (e *Engine) setCause(c campaign.Cause, reason string) error {
	now := e.clk.Now()
	var s campaign.Switches
	err := e.update("stopping everything", func(tx store.Tx) (err error) {
		if s, err = tx.Switches(); err != nil {
			return err
		}
		if _, on := s.Causes[c]; on {
			return nil
		}
		s.Causes = with(s.Causes, c, campaign.CauseRecord{By: daemon, At: now, Reason: reason})
		if err := tx.PutSwitches(s); err != nil {
			return err
		}
		return tx.Audit(campaign.AuditEntry{At: now, By: daemon, Door: daemon, Deed: "stop", Object: string(c), Detail: reason})
	})
	if err == nil {
		e.gate.change(s)
		e.mu.Lock()
		e.stopped = c
		e.mu.Unlock()
	}
	return err
}

// daemon is who acts where no person does.
const daemon = "daemon"

// with is m with one entry more; m itself stays as it is.
func with[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	n := make(map[K]V, len(m)+1)
	for key, value := range m {
		n[key] = value
	}
	n[k] = v
	return n
}

// send makes the one publish call of an armed attempt and records what came of
// it. It tells whether the lane may go on at once.
func (e *Engine) send(l *lane, f *flight) bool {
	ctx, cancel := context.WithTimeout(e.hard, f.attempt.SendBy.Sub(f.attempt.ArmedAt)+e.cfg.CallTimeout)
	defer cancel()
	f.request.Gate = f.pass
	f.request.Note = func(work string) error { return e.note(f, work) }
	o, pending := attend(ctx, func(ctx context.Context) (campaign.Receipt, error) {
		return f.channel.Publish(ctx, f.request)
	})
	if pending != nil {
		e.hangs(l, f, pending)
		return false
	}
	on := e.record(l, f, o)
	e.landed(f)
	return on
}

// note stores the name of the work that an attempt's call began, while the call
// still waits for its end: a crash leaves the name behind.
func (e *Engine) note(f *flight, work string) error {
	f.began.Store(&work)
	return e.update("noting work that began", func(tx store.Tx) error {
		attempts, err := tx.Attempts(f.delivery.ID)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			if a.N == f.attempt.N {
				a.Work = work
				return tx.PutAttempt(a)
			}
		}
		return nil
	})
}

// hangs records a call that outlived its deadline as in doubt. The lane stays
// closed until the call returns; what it says then is evidence only.
func (e *Engine) hangs(l *lane, f *flight, pending <-chan outcome[campaign.Receipt]) {
	e.mu.Lock()
	l.hanging++
	e.mu.Unlock()
	f.pass.cut()
	e.record(l, f, outcome[campaign.Receipt]{err: errHangs})
	e.tell(Notice{Kind: NoticeHang, Delivery: f.delivery.ID, Plan: f.delivery.Plan, Lane: l.id,
		Text: "A call to the platform does not return. Its account waits until it does."})
	go func() {
		o := <-pending
		e.mu.Lock()
		l.hanging--
		e.mu.Unlock()
		if e.hard.Err() == nil {
			e.late(f, o)
		}
		e.landed(f)
		e.nudge()
	}()
}

// late keeps what a call said after its attempt was settled.
func (e *Engine) late(f *flight, o outcome[campaign.Receipt]) {
	var notices []Notice
	err := e.update("recording a late result", func(tx store.Tx) (err error) {
		notices, err = e.evidence(tx, f, o)
		return err
	})
	if err == nil {
		e.tell(notices...)
	}
}

// evidence adds a result to an attempt that was settled without it. Where it
// was taken back as not sent and says otherwise, a person must look: it is
// never sent again by itself, and never ends as missed.
func (e *Engine) evidence(tx store.Tx, f *flight, o outcome[campaign.Receipt]) ([]Notice, error) {
	now := e.clk.Now()
	d, err := tx.Delivery(f.delivery.ID)
	if err != nil {
		return nil, err
	}
	attempts, err := tx.Attempts(d.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		if a.N != f.attempt.N {
			continue
		}
		a.Late = true
		if o.value.RemoteID != "" {
			a.RemoteID = o.value.RemoteID
		}
		if o.err != nil {
			a.Reason = o.err.Error()
		}
		if err := tx.PutAttempt(a); err != nil {
			return nil, err
		}
	}
	if d.Attempt != f.attempt.N {
		return nil, nil
	}
	left, refused := f.pass.seen()
	v := judge(o, left, refused, f.attempt.N, d.ID, now)
	switch d.State {
	case campaign.InDoubt:
		d.CheckAt = now // there may be something to find
		return nil, tx.PutDelivery(&d)
	case campaign.Planned, campaign.Scheduled, campaign.Missed, campaign.Cancelled:
		if v.fate == channels.NotSent.String() || v.fate == channels.Refused.String() {
			return nil, nil
		}
		text := "it was taken back before it left, but its call answers as if it had left"
		if o.value.RemoteID != "" {
			text += ", as " + o.value.RemoteID
		}
		if err := d.Contradict(f.attempt.N, text, now); err != nil {
			return nil, ruleError{err}
		}
		if err := tx.PutDelivery(&d); err != nil {
			return nil, err
		}
		return endNotice(&d, now), audit(tx, now, &d, "contradicted")
	}
	return nil, nil
}

// isPanic tells whether an adapter panicked.
func isPanic(err error) (*panicError, bool) {
	var p *panicError
	return p, errors.As(err, &p)
}
