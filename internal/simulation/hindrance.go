package simulation

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// What keeps posts from leaving, or makes them late.

// halt is a stop or hold from when it was asked for until somebody begins to
// lift it. Only one that was answered as true is one.
type halt struct {
	span
	scope    campaign.Scope
	answered bool
}

// trouble is a stretch of true time in which posts may be late, or missed.
type trouble struct {
	kind     string
	account  campaign.ChannelID // "" is all
	plan     campaign.PlanID    // "" is all
	post     string
	from, to time.Time
}

// halting notes that somebody stops or holds a scope; answered, that it was
// answered as true. Whoever begins to lift the scope in between may have come
// after the stop, although its answer comes later: then nothing is promised.
func (l *ledger) halting(s campaign.Scope) (answered func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &halt{span{from: l.w.baton.now()}, s, false}
	l.halts = append(l.halts, h)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		h.answered = true
	}
}

// lifting notes that somebody begins to lift all stops of just that scope;
// answered, that they did. A stop that was asked for in between may have been
// met, too: which of two deeds came first only the store knows.
func (l *ledger) lifting(s campaign.Scope) (answered func()) {
	note := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lift(s)
	}
	note()
	return note
}

func (l *ledger) lift(s campaign.Scope) {
	for _, h := range l.halts {
		if h.to == 0 && h.scope == s {
			h.to = l.w.baton.now()
		}
	}
}

// halted is a stop that covers the delivery now; nil: none does. Callers hold l.mu.
func (l *ledger) halted(d *campaign.Delivery) *halt {
	for _, h := range l.halts {
		if h.answered && h.to == 0 && h.scope.Covers(d) {
			return h
		}
	}
	return nil
}

// hinder notes that posts of an account may be late from now on for a while.
func (l *ledger) hinder(kind string, account campaign.ChannelID, from time.Time, d time.Duration) {
	l.mind(&trouble{kind: kind, account: account, from: from, to: from.Add(d)})
}

// mind notes a trouble, which may be changed until the end of the run.
func (l *ledger) mind(t *trouble) *trouble {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.troubles = append(l.troubles, t)
	return t
}

// over notes that a trouble is over; what it held up may take a while yet.
func (l *ledger) over(t *trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.to = l.w.clk.True().Add(time.Hour)
}

// up and down keep the times when no daemon ran.
func (l *ledger) up(now time.Time, rolledBack bool) {
	l.mind(&trouble{kind: "down", from: l.offSince, to: now.Add(30 * time.Minute)})
	if rolledBack {
		l.mu.Lock()
		l.rolled = now
		l.halts = append(l.halts, &halt{span{from: l.w.baton.now()}, campaign.Scope{Kind: "all"}, true})
		l.mu.Unlock()
	}
}

func (l *ledger) down(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offSince = now
}

func (l *ledger) notice(n scheduler.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notices[n.Kind]++
	if n.Kind == scheduler.NoticeClock || n.Kind == scheduler.NoticeRestore {
		now := l.w.clk.True()
		l.troubles = append(l.troubles, &trouble{kind: string(n.Kind), from: now.Add(-time.Minute), to: now.Add(90 * time.Minute)})
	}
}
