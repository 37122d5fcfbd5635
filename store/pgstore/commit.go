package pgstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// maxShare is the most calls in one commit: each has a savepoint, and the
// server keeps 64 of these in fast memory.
const maxShare = 60

// call is one Update on its way through the queue.
type call = turns.Call[*tx]

// Update implements store.Store. f runs again where the database lost its turn.
func (s *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	return s.turns.Do(ctx, func(t *tx) error {
		defer func() { t.over = true }()
		return f(t)
	})
}

// admit refuses what could not be kept.
func (s *Store) admit() error {
	if s.broken.Load() != nil {
		return s.brokenErr()
	}
	return nil
}

// serve brings the calls to their end: again where the database lost a turn that
// was surely not kept, one by one where it refuses what one of them wrote.
func (s *Store) serve(calls []*call) {
	until := time.Now().Add(patience)
	for wait := time.Duration(0); ; {
		left, err := s.attempt(calls)
		switch {
		case err == nil || len(left) == 0:
			return
		case errors.Is(err, store.ErrBroken):
		case passes(err) && time.Now().Before(until):
			calls = left
			wait = backOff(wait)
			time.Sleep(jittered(wait))
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
			if c.Begin() {
				c.End(err)
			}
		}
		return
	}
}

// longest is the longest wait between two tries.
const longest = time.Second

// backOff is how long to wait after a wait that did not help: 20 ms at first,
// twice as long each time.
func backOff(wait time.Duration) time.Duration {
	return min(max(2*wait, 20*time.Millisecond), longest)
}

// jittered is between half and all of the wait, so that daemons that lost the
// database at one moment do not come back at one moment.
func jittered(wait time.Duration) time.Duration { return wait/2 + rand.N(wait/2+1) }

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
		if !c.Begin() {
			continue
		}
		before := w.mark(len(calls) > 1)
		ferr := c.Run(&tx{s: s, w: w})
		if w.err != nil {
			if !errors.Is(ferr, turns.ErrPanicked) {
				waiting = append(waiting, c)
			}
			return append(waiting, calls[i+1:]...), w.err
		}
		if ferr != nil {
			w.backTo(before)
			c.End(ferr)
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
		c.End(nil)
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
