package boltstore

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// call is one Update on its way through the queue.
type call = turns.Call[*tx]

// maxShare is the most calls in one commit; it bounds the memory of one.
const maxShare = 512

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	return s.turns.Do(ctx, func(t *tx) error {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { t.over = true }()
		return f(t)
	})
}

// admit refuses what could not be kept.
func (s *Store) admit() error {
	switch {
	case s.lock == nil:
		return ErrReadOnly
	case s.broken.Load() != nil:
		return s.brokenErr()
	}
	return nil
}

// commit runs the calls in one transaction and answers each.
func (s *Store) commit(calls []*call) {
	waiting, err := s.runAll(calls)
	s.point("committed, not answered")
	if err == nil {
		s.keepCounter()
	}
	for _, c := range waiting {
		c.End(err)
	}
}

// runAll gives each call its turn and commits. It returns those whose fate the
// commit decided; a call that failed by itself has been answered.
func (s *Store) runAll(calls []*call) (waiting []*call, err error) {
	w, err := s.begin()
	if err != nil {
		return unlessGivenUp(calls), err
	}
	open := true
	defer func() {
		if open {
			_ = w.btx.Rollback()
		}
	}()
	wrote := false
	for i, c := range calls {
		if !c.Begin() {
			continue
		}
		t := &tx{s: s, w: w}
		if ferr := c.Run(t); ferr != nil {
			if err := t.rollback(); err != nil {
				// What it wrote cannot be taken out alone: nobody's is kept.
				c.End(ferr)
				return append(waiting, unlessGivenUp(calls[i+1:])...), fmt.Errorf("take back a failed change: %w", err)
			}
			c.End(ferr)
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

// unlessGivenUp are the calls whose callers still wait.
func unlessGivenUp(calls []*call) []*call {
	return slices.DeleteFunc(slices.Clone(calls), func(c *call) bool { return !c.Begin() })
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
