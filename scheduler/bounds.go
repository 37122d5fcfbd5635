package scheduler

import (
	"context"

	"github.com/ittakesacommunity/takeover/campaign"
)

// How much runs at once, however many lanes have something due: descriptors,
// memory and goroutines are bounded, and what finds no place waits for one
// before it is armed, so that nothing is lost by it.
const (
	// maxCalls publish calls, each with one connection.
	maxCalls = 512
	// maxPrepares stagings: each may hold the pictures of a post in memory.
	maxPrepares = 32
	// maxAsks read-backs. They never take the place of what is due.
	maxAsks = 64
)

// places bounds how many of something run at once.
type places chan struct{}

// take waits for a place; false: ctx ended first.
func (p places) take(ctx context.Context) bool {
	select {
	case p <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p places) leave() { <-p }

// askOn is attend for a call that publishes nothing. While an earlier one of
// the lane has not returned, no further is made: one that never returns costs a
// goroutine once, not at each try.
func askOn[T any](e *Engine, l *lane, ctx context.Context, f func(context.Context) (T, error)) outcome[T] {
	if e.stuck(l) {
		return outcome[T]{err: errHangs}
	}
	o, pending := attend(ctx, f)
	if pending == nil {
		return o
	}
	e.mu.Lock()
	l.stuck++
	e.mu.Unlock()
	e.tell(Notice{Kind: NoticeHang, Lane: l.id, Code: campaign.ReasonNotSent,
		Text: "A question to the platform does not return. Nothing is prepared or looked up on its account until it does."})
	go func() {
		<-pending
		e.mu.Lock()
		l.stuck--
		e.mu.Unlock()
		e.nudge()
	}()
	return o
}

// stuck tells whether a call of the lane that publishes nothing does not return.
func (e *Engine) stuck(l *lane) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return l.stuck > 0
}
