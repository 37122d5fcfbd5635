package simulation

import (
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// Breakage breaks a rule on purpose, by standing between the engine and what it
// works with: so it is shown that the judge can say no. The zero value breaks nothing.
type Breakage struct {
	Name    string
	Channel func(*adapter) channels.Channel
	Store   func(store.Store) store.Store
	Clock   func(clock.Clock) clock.Clock
	// Forgetful loses the counter outside of the store at each rollback.
	Forgetful bool
}

func (b Breakage) channel(a *adapter) channels.Channel {
	if b.Channel == nil {
		return a
	}
	return b.Channel(a)
}

func (b Breakage) store(s store.Store) store.Store {
	if b.Store == nil {
		return s
	}
	return b.Store(s)
}

func (b Breakage) clock(c clock.Clock) clock.Clock {
	if b.Clock == nil {
		return c
	}
	return b.Clock(c)
}
