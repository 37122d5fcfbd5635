package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
)

// Job is a piece of housekeeping: a backup, a purge, a digest.
type Job struct {
	Name string
	Spec string // five cron fields, or "@every 6h", in the zone of Housekeep
	Run  func(ctx context.Context) error
}

// Housekeep runs the jobs at their times, in loc, until ctx ends, and returns
// when those that run have ended. A job that still runs is skipped, one that
// panics is logged; both go on at their next time. It runs on the machine's
// clock and keeps nothing: what must not be forgotten over a restart is no job.
func Housekeep(ctx context.Context, loc *time.Location, log *slog.Logger, jobs ...Job) error {
	logger := cronLog{log}
	c := cron.New(cron.WithLocation(loc), cron.WithLogger(logger),
		// Recover innermost: a panic would else count as still running for ever.
		cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	for _, j := range jobs {
		_, err := c.AddFunc(j.Spec, func() {
			if err := j.Run(ctx); err != nil && ctx.Err() == nil {
				log.Error("housekeeping failed", "job", j.Name, "err", err)
			}
		})
		if err != nil {
			return fmt.Errorf("housekeeping %s: %w", j.Name, err)
		}
	}
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	return nil
}

// cronLog hands what the runner says to slog; its routine remarks are for debugging.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, kv ...any) { l.log.Debug("housekeeping: "+msg, kv...) }
func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("housekeeping: "+msg, append(kv, "err", err)...)
}
