// Package clock is the time that engine and pages read: a wall clock and a
// boot clock that people cannot set. Deadlines on the network are always real.
package clock

import (
	"context"
	"time"
)

// Clock tells and waits for time. Implementations may be used by several goroutines.
type Clock interface {
	// Now is the wall clock in UTC, without a monotonic reading.
	Now() time.Time
	// Boot is the time since the machine started, suspension included
	// (CLOCK_BOOTTIME); it never jumps when the wall clock is set.
	Boot() time.Duration
	// Wait returns nil when the wall clock has reached until (zero: never),
	// when wake has received, or within a second after the wall clock was set
	// by more than a second; and ctx.Err() when ctx ends. It notices within a
	// second when the machine resumes. wake should have a buffer, so that a
	// wake-up sent while nobody waits is not lost.
	Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error
}

// Busy tells a stepped clock that the caller works and that time must stand
// still until it calls the returned function. With other clocks it does nothing.
func Busy(c Clock) (done func()) {
	if s, ok := c.(interface{ Busy() (done func()) }); ok { // Stepped, or one made of it
		return s.Busy()
	}
	return func() {}
}
