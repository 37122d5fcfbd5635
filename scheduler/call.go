package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// cutWithin is how long an adapter may take to return once its context ended
// and its connection is being cut. Later it hangs.
const cutWithin = 2 * time.Second

// errHangs is what attend answers for a call that does not return.
var errHangs = errors.New("the call did not return in its time")

// panicError is a panic of an adapter.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// outcome is what a call to an adapter returned.
type outcome[T any] struct {
	value T
	err   error
}

// attend runs f in a goroutine of its own, so that neither a panic nor a call
// that never returns takes the caller with it. It returns what f returned, or
// errHangs some time after ctx ended; then pending brings the late outcome.
func attend[T any](ctx context.Context, f func(context.Context) (T, error)) (o outcome[T], pending <-chan outcome[T]) {
	ended := make(chan outcome[T], 1)
	go func() {
		var o outcome[T]
		defer func() {
			if v := recover(); v != nil {
				o.err = &panicError{v, debug.Stack()}
			}
			ended <- o
		}()
		o.value, o.err = f(ctx)
	}()
	select {
	case o = <-ended:
		return o, nil
	case <-ctx.Done():
	}
	last := time.NewTimer(cutWithin)
	defer last.Stop()
	select {
	case o = <-ended:
		return o, nil
	case <-last.C:
		o.err = errHangs
		return o, ended
	}
}

// opened is a channel with what it says about itself.
type opened struct {
	channels.Channel
	class     campaign.Class
	keyWindow time.Duration
	strength  channels.Strength
	settle    time.Duration
}

// open asks for the channel and its promises.
func (e *Engine) open(c *campaign.Campaign, id campaign.ChannelID) (o opened, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	ch, err := e.cfg.Channel(c, id)
	if err != nil {
		return o, err
	}
	o = opened{Channel: ch, class: ch.Class()}
	if w, ok := ch.(channels.KeyWindow); ok {
		o.keyWindow = w.KeyWindow()
	}
	if r, ok := ch.(channels.ReadBack); ok {
		o.strength, o.settle = r.ReadBack()
	}
	return o, nil
}

// callSpan is how long an attempt may last from its arming to its end.
func (e *Engine) callSpan() time.Duration { return 10*time.Second + e.cfg.CallTimeout + cutWithin }

// delay is how long to wait after the nth failure in a row: 5 s, doubling to 5
// min, less up to a fifth. The jitter comes from seed, so that a run can be replayed.
func delay(n int, seed string) time.Duration {
	d := 5 * time.Second
	for i := 1; i < n && d < 5*time.Minute; i++ {
		d *= 2
	}
	d = min(d, 5*time.Minute)
	h := uint64(14695981039346656037)
	for _, b := range []byte(fmt.Sprint(seed, n)) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return d - time.Duration(h%1000)*d/5000
}
