package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// span is a stretch of moments of the baton; to 0 is open.
type span struct{ from, to int }

func (s span) holds(at int) bool { return s.from <= at && (s.to == 0 || at <= s.to) }

// wanted is when a promise is to be kept, as the author said in a stretch of moments.
type wanted struct {
	span
	due, latest time.Time
}

// promise is one post on one account at one occurrence, as its author wrote it
// in a plan that was accepted.
type promise struct {
	plan     campaign.PlanID
	post     string
	account  campaign.ChannelID
	occur    int
	parts    []string
	when     []wanted
	stands   span
	approved []span
	void     bool // was never accepted
	sure     bool // was accepted, and its author knows
	since    int  // the moment of that answer
	// withdrawn ones stay so, whatever the file says, until it says something else.
	withdrawn bool
	dropped   int  // the moment from which the file does not have it any more, though it stays
	left      bool // a finding told its author that it could not be handed in again
	picture   bool
	repeat    bool // the same text again is meant
}

func (p *promise) approvedAt(at int) bool {
	return slices.ContainsFunc(p.approved, func(s span) bool { return s.holds(at) })
}

// last is when it is wanted by the author's last word.
func (p *promise) last() wanted { return p.when[len(p.when)-1] }

// ledger keeps what people asked for and what became public. It never asks the
// store what was meant.
type ledger struct {
	w *world

	mu       sync.Mutex
	promises []*promise
	halts    []*halt
	troubles []*trouble
	calls    []*call
	shows    []*public
	shownOn  map[*public]campaign.ChannelID
	words    map[campaign.DeliveryID][]int // a person's "send", by moment
	extra    map[string]int                // of these by account and text
	notices  map[scheduler.NoticeKind]int
	offSince time.Time
	rolled   time.Time             // true time of the latest rollback
	forgiven []campaign.DeliveryID // a person took out what was public already
	went     []campaign.DeliveryID // an answer said that they go with the old time
	found    []Violation
}

func newLedger(w *world) *ledger {
	return &ledger{w: w, shownOn: map[*public]campaign.ChannelID{}, words: map[campaign.DeliveryID][]int{}, extra: map[string]int{}, notices: map[scheduler.NoticeKind]int{}, offSince: epoch}
}

// wrong notes a broken rule. Callers hold l.mu.
func (l *ledger) wrong(kind, format string, args ...any) {
	v := Violation{Kind: kind, Text: fmt.Sprintf(format, args...), At: l.w.clk.True().Sub(epoch)}
	l.found = append(l.found, v)
	l.w.note("BROKEN %s: %s", v.Kind, v.Text)
}

// submit notes that an author hands a plan in. The answer says whether it was
// accepted, and whether what it dropped stays until a person decides.
func (l *ledger) submit(d *draft) (answered func(accepted, keeps bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.w.baton.now()
	var fresh, named []*promise
	for _, x := range d.posts {
		for i, due := range d.times(x) {
			latest := due.Add(x.tolerance)
			if x.form == "anchored" && x.offset < 0 && d.anchor.Before(latest) {
				latest = d.anchor
			}
			for _, ch := range x.channels {
				n := &promise{plan: d.id, post: x.id, account: ch, occur: i, parts: append([]string{x.text}, x.thread...), picture: x.picture, repeat: x.repeat,
					stands: span{from: now}, when: []wanted{{span{from: now}, due, latest}}}
				if old := l.same(n); old != nil {
					named = append(named, old)
					continue // as it was; also what was withdrawn stays so until it is changed
				}
				fresh = append(fresh, n)
				l.promises = append(l.promises, n)
				named = append(named, n)
			}
		}
	}
	return func(accepted, keeps bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		at := l.w.baton.now()
		if !accepted {
			for _, p := range named {
				p.void = p.void || !p.sure
			}
			return
		}
		for i, p := range named {
			if !p.sure {
				p.since = at
			}
			p.sure, p.dropped = true, 0
			if p.stands.to != 0 && !p.withdrawn { // somebody else's change came between, and this one undid it
				if now := l.same(p); now != nil {
					named[i] = now
					continue
				}
				again := *p
				again.since = at
				again.stands, again.approved, again.when = span{from: now}, nil, []wanted{{span{from: now}, p.last().due, p.last().latest}}
				l.promises, named[i] = append(l.promises, &again), &again
			}
		}
		for _, p := range l.promises {
			if p.plan != d.id || p.void || p.stands.to != 0 || slices.Contains(named, p) {
				continue
			}
			if keeps && !slices.ContainsFunc(fresh, func(n *promise) bool { return n.post == p.post }) {
				p.dropped = cmp.Or(p.dropped, at) // from the file; it stays until a person decides
				continue
			}
			p.stands.to = at
		}
	}
}

// leftOut notes which posts an answer named as not accepted.
func (l *ledger) leftOut(plan campaign.PlanID, posts []campaign.PostID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.promises {
		if p.plan == plan && slices.Contains(posts, campaign.PostID(p.post)) {
			p.left = true
		}
	}
}

// same is the promise that a new one repeats, standing or withdrawn.
func (l *ledger) same(n *promise) *promise {
	for _, p := range l.promises {
		if !p.void && (p.stands.to == 0 || p.withdrawn) && p.plan == n.plan && p.post == n.post && p.account == n.account && p.occur == n.occur &&
			slices.Equal(p.parts, n.parts) && p.picture == n.picture && p.last().due.Equal(n.last().due) {
			return p
		}
	}
	return nil
}

// approve notes that a plan's waiting posts are about to be approved. The answer
// covers what was handed in meanwhile, too.
func (l *ledger) approve(plan campaign.PlanID) (answered func()) {
	note := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.w.baton.now()
		for _, p := range l.promises {
			if p.plan == plan && !p.void && p.stands.to == 0 && !p.approvedAt(now) {
				p.approved = append(p.approved, span{from: now})
			}
		}
	}
	note()
	return note
}

// takenBack notes that the approvals of a post are gone, save on the accounts
// where the answer said that it was too late.
func (l *ledger) takenBack(plan campaign.PlanID, post string, late []campaign.ChannelID) {
	l.each(plan, post, func(p *promise, now int) {
		if slices.Contains(late, p.account) {
			return
		}
		for i := range p.approved {
			if p.approved[i].to == 0 {
				p.approved[i].to = now
			}
		}
	})
}

// withdrawn notes that a post is not wanted any more.
func (l *ledger) withdrawn(plan campaign.PlanID, post string) {
	l.each(plan, post, func(p *promise, now int) { p.stands.to, p.withdrawn = now, true })
}

func (l *ledger) each(plan campaign.PlanID, post string, f func(p *promise, now int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.w.baton.now()
	for _, p := range l.promises {
		if p.plan == plan && p.post == post && p.sure && !p.void && p.stands.to == 0 {
			f(p, now)
		}
	}
}

// moving notes that an event gets another start; answered, that it has it.
func (l *ledger) moving(d *draft) (answered func(ok bool, went []campaign.DeliveryID)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.w.baton.now()
	var moved []*promise
	for _, x := range d.posts {
		if x.form != "anchored" {
			continue
		}
		due := d.anchor.Add(x.offset)
		latest := due.Add(x.tolerance)
		if x.offset < 0 && d.anchor.Before(latest) {
			latest = d.anchor
		}
		for _, p := range l.promises {
			// A withdrawn post moves with its event as well: its text and its rule
			// are what they were, so it stays withdrawn.
			if p.plan == d.id && p.post == x.id && p.sure && !p.void && (p.stands.to == 0 || p.withdrawn) {
				p.when = append(p.when, wanted{span{from: now}, due, latest})
				moved = append(moved, p)
			}
		}
	}
	return func(ok bool, went []campaign.DeliveryID) {
		l.mu.Lock()
		defer l.mu.Unlock()
		at := l.w.baton.now()
		l.went = append(l.went, went...)
		for _, p := range moved {
			if !ok {
				p.when = p.when[:len(p.when)-1]
				continue
			}
			for i := range p.when[:len(p.when)-1] {
				if p.when[i].to == 0 {
					p.when[i].to = at
				}
			}
		}
	}
}

// word notes that a person says of a delivery: it is not there, send it.
func (l *ledger) word(id campaign.DeliveryID, account campaign.ChannelID, texts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.words[id] = append(l.words[id], l.w.baton.now())
	for _, text := range texts {
		l.extra[string(account)+"\x00"+text]++
	}
}
