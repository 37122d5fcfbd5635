package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// Store is an open store. Its methods may be called from several goroutines.
type Store struct {
	o    Options
	info Info
	lock *lockFile // nil where the store can only be read
	db   *bolt.DB

	turns *turns.Queue[*tx]
	close sync.Once

	broken     atomic.Pointer[error]
	generation atomic.Uint64
	remembered atomic.Pointer[campaignMemory]
	memory     memory

	suspectsMu sync.Mutex
	suspects   map[suspect]string // why

	// The writer's own:
	life     life
	raisedAt time.Time
	dirty    bool // written to since the last raise
	counted  uint64
	former   bool // the counter under the former name is of this store

	counterMu  sync.Mutex
	counterErr error
}

var _ store.Store = (*Store)(nil)

// campaignMemory is the decoded campaign of one revision.
type campaignMemory struct {
	revision uint64
	c        *campaign.Campaign
}

// View implements store.Store. f runs on the caller's goroutine, beside
// others and beside a commit. A view that stays open for long keeps freed
// pages from being used again, so the file grows meanwhile.
func (s *Store) View(ctx context.Context, f func(store.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.broken.Load() != nil {
		return s.brokenErr()
	}
	btx, err := s.db.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	} else if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &tx{s: s, w: &work{btx: btx}}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		t.over = true
		_ = btx.Rollback()
	}()
	return f(t)
}

// Generation implements store.Store: how often the store's age was raised.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// Opened tells what Open found and did.
func (s *Store) Opened() Info { return s.info }

// CounterErr is why the counter outside could not be written the last time;
// nil when it is up to date. A rollback may go unseen until it is mended.
func (s *Store) CounterErr() error {
	s.counterMu.Lock()
	defer s.counterMu.Unlock()
	return s.counterErr
}

// Close implements store.Store. Calls that come after it fail with ErrClosed.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		s.turns.Close()
		if s.broken.Load() == nil && s.dirty && s.o.Counter != "" {
			err = s.raiseNow()
		}
		err = errors.Join(err, s.db.Close())
		if s.lock == nil {
			return
		}
		if s.broken.Load() == nil && err == nil {
			s.lock.mark(lockClosed)
		}
		err = errors.Join(err, s.lock.release())
	})
	return err
}

// point marks a numbered place where tests stop or photograph the store.
func (s *Store) point(name string) { s.o.point(name) }
