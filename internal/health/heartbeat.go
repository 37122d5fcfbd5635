package health

import (
	"context"
	"log/slog"
	"time"
)

// Beat is how often a heartbeat is sent.
const Beat = time.Minute

// Heartbeat sends one now and each Beat until ctx ends, as long as well says so:
// whoever listens tells people when none comes, also where this machine is gone.
// One that cannot be sent is said in the log, the first of a row alone.
func Heartbeat(ctx context.Context, well func() bool, send func(context.Context) error, log *slog.Logger) {
	failed := false
	every(ctx, Beat, func() {
		if !well() {
			return
		}
		once, cancel := context.WithTimeout(ctx, Beat/2)
		defer cancel()
		err := send(once)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			log.Warn("the heartbeat could not be sent", "err", err)
		}
		failed = err != nil
	})
}
