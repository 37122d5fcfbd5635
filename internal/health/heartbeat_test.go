package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHeartbeat: it beats each minute while all is well, is silent while
// something is wrong, and says once that nobody hears it.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent, sick, deaf atomic.Int32
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		go Heartbeat(ctx, func() bool { return sick.Load() == 0 }, func(ctx context.Context) error {
			if deaf.Load() == 1 {
				<-ctx.Done() // an answer that never comes ends before the next beat
				return errors.New("no answer")
			}
			sent.Add(1)
			return nil
		}, slog.New(slog.NewTextHandler(&log, nil)))
		pass := func(d time.Duration, want int32, why string) {
			t.Helper()
			sent.Store(0)
			time.Sleep(d)
			synctest.Wait()
			if got := sent.Load(); got != want {
				t.Errorf("%s: %d beats in %v, want %d", why, got, d, want)
			}
		}
		pass(time.Second, 1, "at the start")
		pass(5*Beat, 5, "well")
		sick.Store(1)
		pass(5*Beat, 0, "something is wrong")
		sick.Store(0)
		deaf.Store(1)
		pass(5*Beat, 0, "nobody listens")
		deaf.Store(0)
		pass(5*Beat, 5, "somebody listens again")
		cancel()
		synctest.Wait()
		if n := strings.Count(log.String(), "heartbeat could not be sent"); n != 1 {
			t.Errorf("said %d times:\n%s", n, log.String())
		}
	})
}
