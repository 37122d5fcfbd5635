package scheduler

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// gate stands between every armed attempt and its first byte. What it lets
// through derives from the stored switches, so that a restart with a stop
// stored starts closed; a Halt closes it further until the switches are read again by Lift.
type gate struct {
	clk clock.Clock

	mu       sync.Mutex
	read     bool // the switches were read at least once
	switches campaign.Switches
	halts    []halt
	seq      uint64 // counts halts and own changes of the switches
	written  uint64 // seq of the last own change of the switches
	distrust bool   // the clock is not trusted
	shut     bool   // for good
	passes   map[*pass]struct{}
}

// halt is a stop that was asked for and not lifted since.
type halt struct {
	n      uint64
	covers func(*campaign.Delivery) bool
}

func newGate(c clock.Clock) *gate { return &gate{clk: c, passes: map[*pass]struct{}{}} }

// pass is one attempt's way through the gate; it implements httpx.Gate.
type pass struct {
	g        *gate
	delivery campaign.Delivery
	wall     time.Time     // the first byte leaves by then, by the wall clock
	boot     time.Duration // and by the boot clock

	mu   sync.Mutex // held while the first byte is written
	used bool
	// Read without mu, which a write that hangs would keep:
	refused atomic.Bool               // nothing left, and nothing can any more
	left    atomic.Pointer[time.Time] // when the first byte left; nil: it did not
}

// admit registers an attempt that is about to be armed.
func (g *gate) admit(d campaign.Delivery, wall time.Time, boot time.Duration) *pass {
	p := &pass{g: g, delivery: d, wall: wall, boot: boot}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passes[p] = struct{}{}
	return p
}

// leave ends a pass: whatever still holds it can send nothing.
func (p *pass) leave() {
	p.revoke()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	delete(p.g.passes, p)
}

// Pass follows the contract of httpx.Gate.
func (p *pass) Pass(write func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used {
		return fmt.Errorf("%w: an attempt passes once", httpx.ErrGate)
	}
	p.used = true
	if why := p.g.closedFor(p, p.g.clk.Now()); why != "" {
		p.refused.Store(true)
		return fmt.Errorf("%w: %s", httpx.ErrGate, why)
	}
	// By the clock that was trusted when it was armed: the wall clock may have
	// been set back since, and a late post would count as on time.
	left := p.wall.Add(p.g.clk.Boot() - p.boot)
	p.left.Store(&left)
	return write()
}

// revoke refuses the pass for the future; it waits for a running write.
func (p *pass) revoke() (left bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse()
	return p.left.Load() != nil
}

// cut revokes the pass of a call that hangs, without waiting for it.
func (p *pass) cut() {
	if p.mu.TryLock() {
		defer p.mu.Unlock()
		p.refuse()
	}
}

// refuse uses the pass up, with mu held.
func (p *pass) refuse() {
	if !p.used {
		p.used = true
		p.refused.Store(true)
	}
}

// seen is what the pass knows of the first byte: when it left (zero: it did
// not), and whether it never can.
func (p *pass) seen() (left time.Time, refused bool) {
	if at := p.left.Load(); at != nil {
		left = *at
	}
	return left, p.refused.Load()
}

// closedFor says why the first byte may not leave now; "" lets it through.
// Both clocks count: the wall clock may have been set, and a process may have
// been stopped while only the boot clock went on.
func (g *gate) closedFor(p *pass, now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.shut, !g.read:
		return "it is shut"
	case g.distrust:
		return "the clock is not trusted"
	case now.After(p.wall), g.clk.Boot() > p.boot:
		return "it is too late"
	}
	if c, _, stopped := g.switches.Stopped(); stopped {
		return "publishing is stopped: " + string(c)
	}
	if _, held := g.switches.HoldOn(&p.delivery); held {
		return "it is held"
	}
	if _, held := g.switches.LaneHolds[p.delivery.Lane]; held {
		return "its account is held"
	}
	for _, h := range g.halts {
		if h.covers(&p.delivery) {
			return "it is stopped"
		}
	}
	return ""
}

// mark is taken before the switches are read, so that what was read cannot
// undo what closed the gate in the meantime.
func (g *gate) mark() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seq
}

// set takes over the switches as they were read after the mark; halts stay.
func (g *gate) set(s campaign.Switches, mark uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.follow(s, mark)
}

// follow is set with mu held: a change that we made ourselves since the mark is newer.
func (g *gate) follow(s campaign.Switches, mark uint64) {
	if g.written <= mark {
		g.switches = s
	}
	g.read = true
}

// change takes over switches that were just stored.
func (g *gate) change(s campaign.Switches) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seq++
	g.switches, g.read, g.written = s, true, g.seq
}

// lift takes over the switches as they were read after the mark, and forgets
// the halts from before it.
func (g *gate) lift(s campaign.Switches, mark uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.follow(s, mark)
	g.halts = slices.DeleteFunc(g.halts, func(h halt) bool { return h.n <= mark })
}

func (g *gate) setDistrust(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.distrust = on
}

func (g *gate) shutForGood() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}

// halt closes the gate for what is covered and waits until none of it stands
// between gate and first byte. It returns the covered passes by whether their
// first byte had left; unsure are those whose write did not end before ctx.
func (g *gate) halt(ctx context.Context, covers func(*campaign.Delivery) bool) (left, kept, unsure []*pass) {
	g.mu.Lock()
	g.seq++
	g.halts = append(g.halts, halt{g.seq, covers})
	g.mu.Unlock()
	return g.revoke(ctx, covers)
}

// revoke refuses what is covered, once; see halt.
func (g *gate) revoke(ctx context.Context, covers func(*campaign.Delivery) bool) (left, kept, unsure []*pass) {
	g.mu.Lock()
	var met []*pass
	for p := range g.passes {
		if covers(&p.delivery) {
			met = append(met, p)
		}
	}
	g.mu.Unlock()
	for _, p := range met {
		answer := make(chan bool, 1)
		go func() { answer <- p.revoke() }()
		select {
		case gone := <-answer:
			if gone {
				left = append(left, p)
			} else {
				kept = append(kept, p)
			}
		case <-ctx.Done():
			unsure = append(unsure, p)
		}
	}
	return left, kept, unsure
}
