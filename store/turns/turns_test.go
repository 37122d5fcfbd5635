package turns

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ittakesacommunity/takeover/store"
)

// engine serves a queue as a store does, and remembers how many shared each commit.
type engine struct {
	*Queue[*int]
	sum    int // what its transactions are about
	shares []int
	refuse error
	broken error // what each commit ends with
}

func newEngine(share int) *engine {
	e := &engine{}
	e.Queue = New(share, func() error { return e.refuse }, func(calls []*Call[*int]) {
		e.shares = append(e.shares, len(calls))
		var waiting []*Call[*int]
		for _, c := range calls {
			if !c.Begin() {
				continue
			}
			if err := c.Run(&e.sum); err != nil {
				c.End(err)
				continue
			}
			waiting = append(waiting, c)
		}
		for _, c := range waiting {
			c.End(e.broken)
		}
	})
	return e
}

func add(n int) func(*int) error {
	return func(sum *int) error { *sum += n; return nil }
}

// TestCallersShareACommit: those that come while one has its turn go together
// in the next, up to the share, in their order and never beside each other.
func TestCallersShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(3)
		let := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { _ = e.Do(t.Context(), func(*int) error { <-let; return nil }) })
		synctest.Wait()
		for range 7 {
			all.Go(func() {
				if err := e.Do(t.Context(), add(1)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(let)
		all.Wait()
		e.Close()
		if e.sum != 7 || len(e.shares) != 4 || e.shares[1] != 3 || e.shares[2] != 3 || e.shares[3] != 1 {
			t.Errorf("the sum is %d after commits of %v", e.sum, e.shares)
		}
	})
}

// TestWhoGivesUpHasNoTurn, and who had one gets its outcome all the same.
func TestWhoGivesUpHasNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(10)
		defer e.Close()
		let := make(chan struct{})
		ctx, giveUp := context.WithCancel(t.Context())
		outcome, gone := make(chan error, 1), make(chan error, 1)
		go func() { outcome <- e.Do(ctx, func(sum *int) error { <-let; *sum++; return nil }) }()
		synctest.Wait()
		go func() { gone <- e.Do(ctx, add(100)) }()
		synctest.Wait()
		giveUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who waited: %v", err)
		}
		close(let)
		if err := <-outcome; err != nil {
			t.Errorf("who had its turn: %v", err)
		}
		if err := e.Do(t.Context(), add(1)); err != nil || e.sum != 2 {
			t.Errorf("%v, the sum is %d", err, e.sum)
		}
		if err := e.Do(ctx, add(100)); !errors.Is(err, context.Canceled) {
			t.Errorf("who came too late: %v", err)
		}
	})
}

// TestAPanicIsItsCallersOwn: the writer goes on, and the call counts as failed.
func TestAPanicIsItsCallersOwn(t *testing.T) {
	e := newEngine(10)
	defer e.Close()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = e.Do(t.Context(), func(*int) error { panic("no") })
	}()
	if err := e.Do(t.Context(), add(1)); err != nil || e.sum != 1 {
		t.Errorf("%v, the sum is %d", err, e.sum)
	}
}

// TestRefused: by its function, by the commit, by the engine, and after the end.
func TestRefused(t *testing.T) {
	e, no := newEngine(10), errors.New("no")
	if err := e.Do(t.Context(), func(*int) error { return no }); err != no {
		t.Error(err)
	}
	e.broken = no
	if err := e.Do(t.Context(), add(1)); err != no {
		t.Error(err)
	}
	e.broken, e.refuse = nil, no
	if err := e.Do(t.Context(), add(1)); err != no {
		t.Error(err)
	}
	if e.Closed() {
		t.Error("closed before its end")
	}
	e.Close()
	e.Close()
	if err := e.Do(t.Context(), add(1)); !errors.Is(err, store.ErrClosed) || !e.Closed() {
		t.Error(err)
	}
}
