package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// maxSleep is the longest the loop sleeps: a net under forgotten wake-ups, and
// how soon a set clock is noticed at the latest.
const maxSleep = time.Minute

// Engine publishes the campaign of one store. Make it with New, run it once.
type Engine struct {
	cfg    Config
	clk    clock.Clock
	log    *slog.Logger
	gate   *gate
	guard  *guard
	wake   chan struct{}
	halted chan struct{} // the store says that another daemon changed something

	calls, prepares, asks places

	// soft ends when no new work may begin: it bounds staging and read-backs.
	// hard ends when the grace is over: it bounds publish calls.
	soft, hard       context.Context
	endSoft, endHard context.CancelFunc
	workers          sync.WaitGroup

	mu        sync.Mutex // guards what follows
	lanes     map[campaign.LaneID]*lane
	flights   map[campaign.DeliveryID]*flight
	preparing map[campaign.DeliveryID]*lane // one a lane at most
	woken     bool                          // Wake was called: every head may have changed
	upSince   time.Time                     // what was due before fell into a time when we were away
	rewound   bool                          // what a wrong clock had put off was brought forward
	fatal     error
	stopped   campaign.Cause
	running   bool
	lastLoop  time.Time
	lastBoot  time.Duration
	lastHeads time.Time // when all heads were read
	next      time.Time
	told      map[string]bool // what is told once
	// Where daemons share the store: our lanes and their epochs, whether we give
	// them away, and the last stop of another daemon that our gate obeyed.
	epochs map[campaign.LaneID]uint64
	drains bool
	obeyed uint64
}

// New makes an engine. It does no I/O; its gate is closed until Run has read
// the switches.
func New(c Config) (*Engine, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: c, clk: c.Clock, log: c.Log,
		gate: newGate(c.Clock), guard: newGuard(c.Clock),
		wake: make(chan struct{}, 1), halted: make(chan struct{}, 1),
		calls: make(places, maxCalls), prepares: make(places, maxPrepares), asks: make(places, maxAsks),
		lanes:   map[campaign.LaneID]*lane{},
		flights: map[campaign.DeliveryID]*flight{}, preparing: map[campaign.DeliveryID]*lane{},
		told:  map[string]bool{},
		woken: true,
	}
	e.soft, e.endSoft = context.WithCancel(context.Background())
	e.hard, e.endHard = context.WithCancel(context.Background())
	return e, nil
}

// Run publishes until ctx ends, then lets the calls in flight finish within
// Config.Grace, and returns nil. When the store fails it returns an error that
// wraps store.ErrBroken: the process must end and open the store anew. Run may
// be called once.
func (e *Engine) Run(ctx context.Context) error {
	defer clock.Busy(e.clk)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.soft, cancel)() // a failing store ends the loop, too
	e.begin()
	leave := e.tenure()
	for ctx.Err() == nil {
		next := e.turn(ctx)
		e.mu.Lock()
		e.next = next
		e.mu.Unlock()
		if ctx.Err() != nil || e.clk.Wait(ctx, next, e.wake) != nil {
			break
		}
	}
	e.drain()
	leave()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = false
	return e.fatal
}

// Wake says that somebody changed the store: the loop looks at everything again.
func (e *Engine) Wake() {
	e.mu.Lock()
	e.woken = true
	e.mu.Unlock()
	e.nudge()
}

// nudge makes the loop turn.
func (e *Engine) nudge() { nudge(e.wake) }

// nudge leaves a word for whoever waits, unless one lies there.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (e *Engine) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.upSince = e.clk.Now()
	e.lastBoot = e.clk.Boot()
}

// turn looks once at everything that is due and starts the work. It returns
// when to turn again.
func (e *Engine) turn(ctx context.Context) time.Time {
	now := e.clk.Now()
	e.notice(now)
	asked := e.guard.askedOnce() // before the answers are weighed, which watchClock does
	e.watchClock(ctx)
	s, err := e.survey(ctx, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		e.looked(s.switches)
		return now.Add(maxSleep) // no campaign yet
	case err != nil:
		e.storeTrouble("looking for what is due", err)
		return now.Add(retryIn(err))
	}
	next := earlier(now.Add(maxSleep), e.orphans(s))
	next = earlier(next, e.startReads(s))
	if asked {
		e.rewindOnce(now)
		next = earlier(next, e.expire(s))
		next = earlier(next, e.startLanes(s))
	} else {
		next = earlier(next, now.Add(time.Second))
	}
	return next
}

// busyLook is how soon a store that cannot be asked right now is asked again: one
// in another process may be back at any moment, and nothing would wake us.
const busyLook = time.Second

// retryIn is how long after the error the store is read again.
func retryIn(err error) time.Duration {
	if errors.Is(err, store.ErrBusy) {
		return busyLook
	}
	return maxSleep
}

// notice keeps the time of the turn, and whether we were away since the last:
// a suspended machine is away like one that was off.
func (e *Engine) notice(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	boot := e.clk.Boot()
	if boot-e.lastBoot > maxSleep+campaign.OnTime {
		e.upSince = now
	}
	e.lastLoop, e.lastBoot, e.next = now, boot, time.Time{} // none is named while it turns
}

// earlier is the earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// begun runs f in a goroutine that drain waits for and a stepped clock counts.
func (e *Engine) begun(f func()) {
	done := clock.Busy(e.clk)
	e.workers.Add(1)
	go func() {
		defer done()
		defer e.workers.Done()
		f()
	}()
}

// drain ends the work: nothing new is armed, calls in flight may finish within
// the grace, then their connections are cut and they are in doubt.
func (e *Engine) drain() {
	e.endSoft()
	ended := make(chan struct{})
	go func() {
		e.workers.Wait()
		close(ended)
	}()
	grace := time.NewTimer(e.cfg.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		e.endHard()
		<-ended // every worker gives up its call soon after; see await
	}
	e.endHard()
}

// storeTrouble judges an error of the store that is not about a rule. A broken
// store ends the engine; anything else is logged, told once, and met again at
// the next turn.
func (e *Engine) storeTrouble(doing string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if errors.Is(err, store.ErrBroken) {
		e.fail(fmt.Errorf("%s: %w", doing, err))
		return
	}
	e.log.Error("the store cannot be read", "doing", doing, "err", err)
	e.tellOnce("store "+doing, Notice{Kind: NoticeStore, Code: "unreadable", Text: "While " + doing + ": " + err.Error()})
}

// fail closes the gate for good and ends the engine.
func (e *Engine) fail(err error) {
	e.gate.shutForGood()
	e.mu.Lock()
	first := e.fatal == nil
	if first {
		e.fatal = err
	}
	e.mu.Unlock()
	if first {
		e.log.Error("publishing stops: the store failed", "err", err)
		e.tell(Notice{Kind: NoticeStore, Code: "broken", Text: "Publishing stopped: the store failed while writing. The program ends and checks the store at its next start."})
	}
	e.endSoft()
}

// ruleError marks an error that a rule gave inside a transaction: nothing was
// written, and the store is well.
type ruleError struct{ error }

func (r ruleError) Unwrap() error { return r.error }

// busyWait is how long we wait for a store that takes no more changes right now.
const busyWait = 50 * time.Millisecond

// update runs f durably. An error that f gave because of a rule, a stale or an
// unreadable record comes back; any other means that nobody knows what the
// store kept, and ends the engine.
func (e *Engine) update(doing string, f func(tx store.Tx) error) error {
	// Not bound to a stop request: what happened must be recorded.
	err := e.cfg.Store.Update(context.WithoutCancel(e.hard), f)
	for errors.Is(err, store.ErrBusy) && e.hard.Err() == nil {
		time.Sleep(busyWait) // ours wait for their turn: what was sent must be recorded
		err = e.cfg.Store.Update(context.WithoutCancel(e.hard), f)
	}
	var rule ruleError
	switch {
	case err == nil, errors.As(err, &rule):
	case errors.Is(err, store.ErrBroken):
		e.fail(fmt.Errorf("%s: %w", doing, err))
	case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrBusy):
		e.storeTrouble(doing, err)
	default:
		e.fail(fmt.Errorf("%s: %w: %w", doing, store.ErrBroken, err))
	}
	return err
}

// tell hands notices to people.
func (e *Engine) tell(ns ...Notice) {
	for _, n := range ns {
		if n.At.IsZero() {
			n.At = e.clk.Now()
		}
		e.cfg.Tell(n)
	}
}

// tellOnce tells n unless key was told before and not forgotten since.
func (e *Engine) tellOnce(key string, n Notice) {
	e.mu.Lock()
	known := e.told[key]
	e.told[key] = true
	e.mu.Unlock()
	if !known {
		e.tell(n)
	}
}

// forget lets key be told again.
func (e *Engine) forget(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.told, key)
}

// Health is what the engine is doing right now.
func (e *Engine) Health() Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := Health{Running: e.running, LastLoop: e.lastLoop, Next: e.next, Stopped: e.stopped,
		Clock: e.guard.trusted(), Skew: e.guard.skews()}
	if e.fatal != nil {
		h.Fault = e.fatal.Error()
	}
	for _, l := range e.sorted() {
		h.Lanes = append(h.Lanes, l.health(e.flights, e.preparing))
	}
	return h
}
