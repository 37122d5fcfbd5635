// Package turns lets callers of a store share its commits. Their calls wait in
// one queue; one goroutine, the writer, takes what waits and lets an engine give
// each a turn in one transaction. A caller's function runs on the caller's own
// goroutine, never beside another's, and its outcome is told after the commit.
//
// A caller whose context ends while it waits gives up, and nothing of it is
// done. Once it has had its turn the outcome counts, however long it takes.
package turns

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ittakesacommunity/takeover/store"
)

// MaxWaiting is the most calls that may wait for their turn; further ones are
// refused, so that a flood costs its callers and not the memory of the daemon.
const MaxWaiting = 16 << 10

// ErrPanicked stands for a function that did not return.
var ErrPanicked = errors.New("the function did not return")

// Queue is where calls wait; T is the engine's transaction.
type Queue[T any] struct {
	share int
	admit func() error
	serve func([]*Call[T])

	mu      sync.Mutex
	calls   []*Call[T]
	closed  bool
	wake    chan struct{} // holds one token when the queue may have grown
	stopped chan struct{} // closed when the writer has ended
}

// Call is one caller's function on its way through the queue. Its methods are
// the writer's.
type Call[T any] struct {
	taken atomic.Bool // by the writer, or by its caller who gave up waiting
	began bool        // the writer took it
	turn  chan T      // the writer says: run now
	ran   chan error  // the caller says how its function ended
	done  chan error  // the outcome
}

// New starts the writer. It hands serve at most share calls at once, each of
// which must be ended. Admit may refuse a call before it waits.
func New[T any](share int, admit func() error, serve func([]*Call[T])) *Queue[T] {
	q := &Queue[T]{share: share, admit: admit, serve: serve, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	go q.write()
	return q
}

// Do waits for a turn, runs f in it and returns the outcome. Errors beside f's
// own and the engine's: the context's, store.ErrClosed, store.ErrBusy.
func (q *Queue[T]) Do(ctx context.Context, f func(T) error) error {
	c := &Call[T]{turn: make(chan T), ran: make(chan error), done: make(chan error, 1)}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := q.enqueue(c); err != nil {
		return err
	}
	gaveUp := ctx.Done()
	for {
		select {
		case t := <-c.turn:
			c.runOn(t, f)
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

// Close refuses further calls and waits until those before it have ended.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	first := !q.closed
	q.closed = true
	q.mu.Unlock()
	if first {
		close(q.wake) // enqueue sends only while closed is false, under mu
	}
	<-q.stopped
}

// Closed tells whether Close was called.
func (q *Queue[T]) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// Begin takes the call; false where its caller gave up. One that began before
// may have another turn.
func (c *Call[T]) Begin() bool {
	if !c.began {
		c.began = c.taken.CompareAndSwap(false, true)
	}
	return c.began
}

// Run gives the caller its turn and returns how its function ended; ErrPanicked
// where it did not return.
func (c *Call[T]) Run(t T) error {
	c.turn <- t
	return <-c.ran
}

// End tells the caller the outcome, once.
func (c *Call[T]) End(err error) { c.done <- err }

// runOn lets f have its turn on the caller's goroutine and reports even a
// panic or an exit of the goroutine, so that the writer goes on.
func (c *Call[T]) runOn(t T, f func(T) error) {
	err := ErrPanicked
	defer func() { c.ran <- err }()
	err = f(t)
}

func (q *Queue[T]) enqueue(c *Call[T]) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return store.ErrClosed
	}
	if err := q.admit(); err != nil {
		return err
	}
	if len(q.calls) >= MaxWaiting {
		return fmt.Errorf("%w: %d", store.ErrBusy, len(q.calls))
	}
	q.calls = append(q.calls, c)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// write is the writer. It ends when the queue is closed and empty.
func (q *Queue[T]) write() {
	defer close(q.stopped)
	for range q.wake {
		for calls := q.take(); len(calls) > 0; calls = q.take() {
			q.serve(calls)
		}
	}
}

// take returns the calls that wait. When there are several it lets others that
// are ready to run join, as long as they come; a call alone does not wait.
func (q *Queue[T]) take() (calls []*Call[T]) {
	for n := -1; ; runtime.Gosched() {
		q.mu.Lock()
		if len(q.calls) <= 1 || len(q.calls) == n || len(q.calls) >= q.share {
			break
		}
		n = len(q.calls)
		q.mu.Unlock()
	}
	defer q.mu.Unlock()
	k := min(len(q.calls), q.share)
	calls = q.calls[:k:k]
	q.calls = q.calls[k:]
	if len(q.calls) == 0 {
		q.calls = nil
	}
	return calls
}
