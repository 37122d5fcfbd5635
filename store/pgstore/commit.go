package pgstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/store"
)

const (
	// maxShare is the most calls in one commit: each has a savepoint, and the
	// server keeps 64 of these in fast memory.
	maxShare = 60
	// maxWaiting is the most calls that may wait for their turn.
	maxWaiting = 16 << 10
)

// call is one Update on its way through the queue.
type call struct {
	ctx   context.Context
	taken atomic.Bool // by the writer, or by its caller who gave up waiting
	began bool        // the writer's: it had a turn
	turn  chan *tx    // the writer says: run now; again when the database lost the last turn
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
	gaveUp := ctx.Done()
	for {
		select {
		case t := <-c.turn:
			runOn(c, t, f)
			gaveUp = nil // from now on the outcome counts
		case err := <-c.done:
			return err
		case <-gaveUp:
			if c.taken.CompareAndSwap(false, true) {
				return ctx.Err()
			}
			gaveUp = nil
		}
	}
}

// runOn lets f have its turn on the caller's goroutine and reports even a
// panic or an exit of the goroutine, so that the writer goes on.
func runOn(c *call, t *tx, f func(store.Tx) error) {
	err := errPanicked
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
			s.serve(calls)
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

// serve brings the calls to their end: again where the database lost a turn that
// was surely not kept, one by one where it refuses what one of them wrote.
func (s *Store) serve(calls []*call) {
	until := time.Now().Add(patience)
	for {
		left, err := s.attempt(calls)
		switch {
		case err == nil || len(left) == 0:
			return
		case errors.Is(err, store.ErrBroken):
		case passes(err) && time.Now().Before(until):
			calls = left
			time.Sleep(20 * time.Millisecond)
			continue
		case passes(err):
			err = away(err)
		case len(left) > 1:
			for _, c := range left {
				s.serve([]*call{c})
			}
			return
		}
		for _, c := range left {
			if c.began || c.taken.CompareAndSwap(false, true) {
				c.done <- err
			}
		}
		return
	}
}

// attempt gives each call its turn in one transaction and commits. It returns the
// calls that have no outcome, and why; nothing of these was kept.
func (s *Store) attempt(calls []*call) (left []*call, err error) {
	w, err := s.begin()
	if err != nil {
		return calls, err
	}
	defer w.rollback()
	var waiting []*call
	for i, c := range calls {
		if !c.began && !c.taken.CompareAndSwap(false, true) {
			continue
		}
		c.began = true
		before := w.mark(len(calls) > 1)
		c.turn <- &tx{s: s, w: w}
		ferr := <-c.ran
		if w.err != nil {
			if !errors.Is(ferr, errPanicked) {
				waiting = append(waiting, c)
			}
			return append(waiting, calls[i+1:]...), w.err
		}
		if ferr != nil {
			w.backTo(before)
			c.done <- ferr
			continue
		}
		waiting = append(waiting, c)
	}
	if w.wrote {
		if err := w.commit(); err != nil {
			return waiting, err
		}
	}
	s.point("committed, not answered")
	for _, c := range waiting {
		c.done <- nil
	}
	return nil, nil
}

// begin opens the writer's transaction, on a new connection where the old one is
// gone, and does the store's own work in it.
func (s *Store) begin() (*work, error) {
	if s.broken.Load() != nil {
		return nil, s.brokenErr()
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerIn)
	defer cancel()
	if s.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, s.config)
		if err != nil {
			return nil, unreachable(err)
		}
		s.conn = conn
	}
	w := newWork(s, s.conn)
	w.writes = true
	if err := w.beginUpdate(); err != nil {
		w.rollback()
		return nil, err
	}
	t := &tx{s: s, w: w}
	err := errors.Join(t.comparePlace(), t.setAsideSuspects())
	if w.err != nil {
		err = w.err
	}
	if err != nil {
		w.rollback()
		return nil, err
	}
	return w, nil
}
