package clock

import (
	"context"
	"time"
)

// tick is how often a wait looks at the clocks again: a timer runs on the
// monotonic clock, which stands still in suspend and knows nothing of a set clock.
const tick = time.Second

// Real is the machine's own time.
type Real struct{}

// Now is the wall clock in UTC.
func (Real) Now() time.Time { return time.Now().UTC().Round(0) }

// Boot is the time since the machine started, suspension included.
func (Real) Boot() time.Duration { return boot() }

// Wait follows the contract of Clock.
func (r Real) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	return wait(ctx, r, until, wake)
}

// wait sleeps in short stretches, looking at both clocks of c in between.
func wait(ctx context.Context, c Clock, until time.Time, wake <-chan struct{}) error {
	wall, since := c.Now(), c.Boot()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := c.Now()
		moved := now.Sub(wall) - (c.Boot() - since) // how far the wall clock was set meanwhile
		if moved.Abs() > tick || (!until.IsZero() && !now.Before(until)) {
			return nil
		}
		stretch := tick
		if !until.IsZero() {
			stretch = min(stretch, until.Sub(now))
		}
		timer.Reset(stretch)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
			return nil
		case <-timer.C:
		}
	}
}
