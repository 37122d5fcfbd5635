package simulation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs f in a bubble of its own, where time passes only when every
// goroutine waits. It returns what f panicked with, or that all got stuck. An
// empty testing.T is all that a bubble needs outside of a test.
func bubble(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.Join(err, fmt.Errorf("stuck: %v", v))
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
		f()
	})
	return err
}

// hand is the machine's clock in a bubble. True time is the bubble's; the wall
// clock can be set apart from it, and a suspended machine misses some of it.
type hand struct {
	start time.Time

	mu    sync.Mutex
	set   time.Duration // how far the wall clock was set
	slept time.Duration // true time that passed while nobody ran
	moved chan struct{} // closed at each change
}

func newHand() *hand { return &hand{start: time.Now(), moved: make(chan struct{})} }

// True is the time that the platforms and the people have.
func (h *hand) True() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.slept).UTC().Round(0)
}

// Now implements clock.Clock.
func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.slept + h.set).UTC().Round(0)
}

// Boot implements clock.Clock.
func (h *hand) Boot() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Hour + time.Since(h.start) + h.slept
}

// off is how wrong the wall clock is.
func (h *hand) off() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set
}

// jump sets the wall clock by d.
func (h *hand) jump(d time.Duration) { h.change(&h.set, d) }

// suspend lets d pass without anybody acting.
func (h *hand) suspend(d time.Duration) { h.change(&h.slept, d) }

func (h *hand) change(what *time.Duration, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*what += d
	close(h.moved)
	h.moved = make(chan struct{})
}

// Wait implements clock.Clock. Whoever waits looks up at each change.
func (h *hand) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	h.mu.Lock()
	moved := h.moved
	h.mu.Unlock()
	var timer <-chan time.Time
	if !until.IsZero() {
		left := until.Sub(h.Now())
		if left <= 0 {
			return nil
		}
		t := time.NewTimer(left)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-timer:
	case <-moved:
	}
	return nil
}
