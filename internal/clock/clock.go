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
	// Wait returns nil when the wall clock has reached until (zero: never) or
	// wake has received, whichever is first, and ctx.Err() when ctx ends. It
	// notices within a second when the wall clock is set or the machine resumes.
	Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error
}
