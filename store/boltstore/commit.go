package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/store"
)

// maxShare is the most calls in one commit; it bounds the memory of one.
const maxShare = 512

// maxWaiting is the most calls that may wait for their turn; further ones are
// refused, so that a flood costs its callers and not the memory of the daemon.
const maxWaiting = 16 << 10

// call is one Update on its way through the queue.
type call struct {
	ctx   context.Context
	taken atomic.Bool // by the writer, or by its caller who gave up waiting
	turn  chan *tx    // the writer says: run now
	ran   chan error  // the caller says how its function ended
	done  chan error  // the outcome
}

// errPanicked stands for a function that did not return.
var errPanicked = errors.New("the function did not return")

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	c := &call{ctx: ctx, turn: make(chan *tx), ran: make(chan error), done: make(chan error, 1)}
	if err := s.enqueue(c); err != nil {
		return err
	}
	var t *tx
	select {
	case t = <-c.turn:
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		select {
		case t = <-c.turn:
		case err := <-c.done:
			return err
		}
	}
	runOn(c, t, f)
	return <-c.done
}

// runOn lets f have its turn on the caller's goroutine and reports even a
// panic or an exit of the goroutine, so that the writer goes on.
func runOn(c *call, t *tx, f func(store.Tx) error) {
	err := errPanicked
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		t.over = true
		c.ran <- err
	}()
	err = f(t)
}

func (s *Store) enqueue(c *call) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return store.ErrClosed
	case s.lock == nil:
		return ErrReadOnly
	case s.broken.Load() != nil:
		return s.brokenErr()
	case len(s.queue) >= maxWaiting:
		return fmt.Errorf("%w: %d", store.ErrBusy, len(s.queue))
	}
	s.queue = append(s.queue, c)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// write is the one goroutine that commits. It ends when the store closes and
// the queue is empty.
func (s *Store) write() {
	defer close(s.stopped)
	for range s.wake {
		for calls := s.take(); len(calls) > 0; calls = s.take() {
			s.commit(calls)
		}
	}
}

// take returns the calls that wait. When there are several it lets others that
// are ready to run join, as long as they come; a call alone does not wait.
func (s *Store) take() (calls []*call) {
	for n := -1; ; runtime.Gosched() {
		s.mu.Lock()
		if len(s.queue) <= 1 || len(s.queue) == n || len(s.queue) >= maxShare {
			break
		}
		n = len(s.queue)
		s.mu.Unlock()
	}
	defer s.mu.Unlock()
	k := min(len(s.queue), maxShare)
	calls = s.queue[:k:k]
	s.queue = s.queue[k:]
	if len(s.queue) == 0 {
		s.queue = nil
	}
	return calls
}

// commit runs the calls in one transaction and answers each.
func (s *Store) commit(calls []*call) {
	waiting, err := s.runAll(calls)
	s.point("committed, not answered")
	if err == nil {
		s.keepCounter()
	}
	for _, c := range waiting {
		c.done <- err
	}
}

// runAll gives each call its turn and commits. It returns those whose fate the
// commit decided; a call that failed by itself has been answered.
func (s *Store) runAll(calls []*call) (waiting []*call, err error) {
	w, err := s.begin()
	if err != nil {
		return s.claim(calls), err
	}
	open := true
	defer func() {
		if open {
			_ = w.btx.Rollback()
		}
	}()
	wrote := false
	for i, c := range calls {
		if !c.taken.CompareAndSwap(false, true) {
			continue
		}
		t := &tx{s: s, w: w}
		c.turn <- t
		if ferr := <-c.ran; ferr != nil {
			if err := t.rollback(); err != nil {
				// What it wrote cannot be taken out alone: nobody's is kept.
				c.done <- ferr
				return append(waiting, s.claim(calls[i+1:])...), fmt.Errorf("take back a failed change: %w", err)
			}
			c.done <- ferr
			continue
		}
		wrote = wrote || len(t.undo) > 0
		waiting = append(waiting, c)
	}
	if !wrote && !s.hasSuspects() {
		return waiting, nil
	}
	s.ownWork(w)
	s.point("before commit")
	open = false
	return waiting, s.commitWork(w)
}

// claim takes the calls that nobody gave up yet.
func (s *Store) claim(calls []*call) (mine []*call) {
	for _, c := range calls {
		if c.taken.CompareAndSwap(false, true) {
			mine = append(mine, c)
		}
	}
	return mine
}

// ownWork adds to a commit what the store itself has to write: records to set
// aside, and its age.
func (s *Store) ownWork(w *work) {
	run := func(f func(*tx) error) bool {
		t := &tx{s: s, w: w}
		if err := f(t); err != nil {
			_ = t.rollback() // it is tried again when next met
			return false
		}
		return true
	}
	run((*tx).setAsideSuspects)
	if s.o.Counter != "" && time.Since(s.raisedAt) >= raiseEvery {
		run((*tx).raise)
	}
}

// begin opens the shared transaction.
func (s *Store) begin() (w *work, err error) {
	if s.broken.Load() != nil {
		return nil, s.brokenErr()
	}
	defer damaged(inMeta, &err)
	btx, err := s.db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	return &work{btx: btx}, nil
}

// commitWork commits; any failure leaves unknown what was kept.
func (s *Store) commitWork(w *work) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			func() {
				defer func() { _ = recover() }()
				_ = w.btx.Rollback() // or Close would wait for it for ever
			}()
			err = s.fail(fmt.Errorf("commit: %v", p))
		}
	}()
	if err := w.btx.Commit(); err != nil {
		return s.fail(err)
	}
	s.dirty = true
	if w.raised != nil {
		s.life, s.raisedAt, s.dirty = *w.raised, time.Now(), false
		s.generation.Store(s.life.Generation)
	}
	return nil
}

// fail marks the store broken, in memory and for the next Open.
func (s *Store) fail(err error) error {
	s.broken.CompareAndSwap(nil, &err)
	s.lock.mark(lockBroken)
	return s.brokenErr()
}

func (s *Store) brokenErr() error {
	return fmt.Errorf("%w: %w", store.ErrBroken, *s.broken.Load())
}
