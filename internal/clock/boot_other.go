//go:build !linux

package clock

import "time"

var started = time.Now()

// boot is the monotonic time of this process, the best that is known here.
func boot() time.Duration { return time.Since(started) }
