package pgstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// Store is an open store. Its methods may be called from several goroutines.
type Store struct {
	o      Options
	info   Info
	config *pgx.ConnConfig
	pool   *pgxpool.Pool // of views
	place  string        // the question where we are

	turns *turns.Queue[*tx]
	mu    sync.Mutex // of info
	close sync.Once

	broken     atomic.Pointer[error]
	generation atomic.Uint64
	remembered atomic.Pointer[campaignMemory]
	warning    atomic.Pointer[pgconn.Notice] // the last of the writer's connection

	suspectsMu sync.Mutex
	suspects   map[suspect]string // why

	conn *pgx.Conn // the writer's own
	self string    // tells our own notifications from others'
}

var _ store.Store = (*Store)(nil)

// campaignMemory is the decoded campaign of one revision.
type campaignMemory struct {
	revision uint64
	c        *campaign.Campaign
}

// View implements store.Store. f runs on the caller's goroutine, beside others
// and beside a commit. What it asks goes over the network, one question after
// the other.
func (s *Store) View(ctx context.Context, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.broken.Load() != nil {
		return s.brokenErr()
	}
	if s.turns.Closed() {
		return store.ErrClosed
	}
	wait, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	c, err := s.pool.Acquire(wait)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.turns.Closed() {
			return store.ErrClosed
		}
		return away(err)
	}
	defer c.Release()
	w := newWork(s, c.Conn())
	defer w.rollback()
	if err := w.beginView(); err != nil {
		return away(err)
	}
	t := &tx{s: s, w: w}
	defer func() { t.over = true }()
	err = f(t)
	if w.err != nil {
		return away(w.err)
	}
	return err
}

// Generation implements store.Store: how often the store was opened.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// Opened tells what Open found and did.
func (s *Store) Opened() Info { return s.info }

// Close implements store.Store. Calls that come after it fail with ErrClosed.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		s.turns.Close()
		s.pool.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.conn.Close(ctx) // nothing is open on it
	})
	return err
}

// fail marks the store broken.
func (s *Store) fail(err error) error {
	s.broken.CompareAndSwap(nil, &err)
	return s.brokenErr()
}

func (s *Store) brokenErr() error { return fmt.Errorf("%w: %w", store.ErrBroken, *s.broken.Load()) }

// point marks a numbered place where tests stop.
func (s *Store) point(name string) {
	if s.o.onPoint != nil {
		s.o.onPoint(name)
	}
}
