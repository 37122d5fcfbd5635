package clock

import (
	"context"
	"sync"
	"time"
)

// Stepped is a clock for rehearsal and simulation. It advances, at once, to
// the earliest time that anybody waits for, but only when everybody waits:
// whoever works with it says so by Busy, and does not count while inside Wait.
type Stepped struct {
	mu      sync.Mutex
	wall    time.Time
	boot    time.Duration
	busy    int
	waiters map[*waiter]struct{}
	limit   time.Time // never advanced beyond; zero: no limit

	still     bool // time stands still: nothing is waited for, or the limit is reached
	listening int  // waiters that listen for their wake-ups themselves
	recalled  bool // they were asked to stop listening
}

type waiter struct {
	ctx    context.Context
	until  time.Time
	wake   <-chan struct{}
	worker bool // was busy before it waited
	done   chan struct{}
	// look asks the waiting goroutine to look again what it may wait for.
	look chan struct{}
}

// NewStepped makes a clock that stands at wall, one hour after a boot.
func NewStepped(wall time.Time) *Stepped {
	return &Stepped{wall: wall.UTC().Round(0), boot: time.Hour, waiters: map[*waiter]struct{}{}}
}

// Now is where the wall clock stands.
func (s *Stepped) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wall
}

// Boot is where the boot clock stands.
func (s *Stepped) Boot() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boot
}

// SetWall sets the wall clock alone, as a person or a time service would.
func (s *Stepped) SetWall(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wall = t.UTC().Round(0)
	for w := range s.waiters { // a set clock is noticed by everybody
		s.release(w)
	}
}

// Suspend moves both clocks on without anybody acting in between.
func (s *Stepped) Suspend(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wall, s.boot = s.wall.Add(d), s.boot+d
	s.wakeDue()
}

// RunUntil lets the clock advance up to t and no further; zero lifts the
// limit. A new clock has none.
func (s *Stepped) RunUntil(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = t
	s.settle()
}

// Busy says that the caller works; time stands still until done is called,
// which may be done more than once. Wait counts as not working.
func (s *Stepped) Busy() (done func()) {
	s.mu.Lock()
	s.busy++
	s.mu.Unlock()
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy--
		s.settle()
	})
}

// Wait follows the contract of Clock. The caller must be one that said Busy
// before, or nobody may be.
//
// While time can go on, wake-ups are received by settle, under the lock, so
// that it cannot go on between a wake-up and the work that it asks for. While
// it stands still the waiters listen themselves, and it stays so until all of
// them have stopped listening: nobody polls.
func (s *Stepped) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	w := &waiter{ctx: ctx, until: until, wake: wake, done: make(chan struct{}), look: make(chan struct{}, 1)}
	s.mu.Lock()
	if s.busy > 0 {
		s.busy--
		w.worker = true
	}
	s.waiters[w] = struct{}{}
	s.settle()
	for {
		if _, waits := s.waiters[w]; !waits {
			s.mu.Unlock()
			return ctx.Err()
		}
		var listen <-chan struct{}
		if s.still {
			listen = wake
			s.listening++
		}
		s.mu.Unlock()
		heard := false
		select {
		case <-w.done:
		case <-ctx.Done():
		case <-w.look:
		case <-listen:
			heard = true
		}
		s.mu.Lock()
		if listen != nil {
			s.listening--
		}
		if heard || ctx.Err() != nil {
			s.release(w)
			s.settle()
		} else if s.recalled && s.listening == 0 {
			s.settle()
		}
	}
}

// settle runs with mu held: when nobody works it hands out wake-ups, else
// advances to the earliest time that is waited for; else time stands still.
func (s *Stepped) settle() {
	if s.busy > 0 {
		return
	}
	if s.listening > 0 {
		s.still, s.recalled = false, true
		s.ask() // the last one that stops listening settles
		return
	}
	s.recalled = false
	woken := false
	for w := range s.waiters {
		select {
		case <-w.wake:
			s.release(w)
			woken = true
		default:
			if w.ctx.Err() != nil {
				s.release(w)
				woken = true
			}
		}
	}
	if woken || s.wakeDue() {
		return
	}
	var next time.Time
	for w := range s.waiters {
		if !w.until.IsZero() && (next.IsZero() || w.until.Before(next)) {
			next = w.until
		}
	}
	if next.IsZero() || (!s.limit.IsZero() && next.After(s.limit)) {
		if !s.still {
			s.still = true
			s.ask()
		}
		return
	}
	s.still = false
	s.boot += next.Sub(s.wall)
	s.wall = next
	s.wakeDue()
}

// ask lets every waiting goroutine look again, with mu held.
func (s *Stepped) ask() {
	for w := range s.waiters {
		select {
		case w.look <- struct{}{}:
		default:
		}
	}
}

// wakeDue releases those whose time has come.
func (s *Stepped) wakeDue() (any bool) {
	for w := range s.waiters {
		if !w.until.IsZero() && !s.wall.Before(w.until) {
			s.release(w)
			any = true
		}
	}
	return any
}

// release ends a wait, with mu held; its worker works again from this moment.
func (s *Stepped) release(w *waiter) {
	if _, ok := s.waiters[w]; !ok {
		return
	}
	delete(s.waiters, w)
	if w.worker {
		s.busy++
	}
	close(w.done)
}
