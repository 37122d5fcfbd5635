package scheduler

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Health is what the engine is doing right now, from memory.
type Health struct {
	// Running is false before the engine has looked at the store once, and after it ended.
	Running  bool      `json:"running"`
	LastLoop time.Time `json:"last_loop,omitzero"` // last turn of the loop
	Next     time.Time `json:"next,omitzero"`      // when it turns next by itself; zero while it turns
	// Stopped names the cause that stops everything; "" when none does.
	Stopped campaign.Cause `json:"stopped,omitempty"`
	// Clock is false while the clock is not trusted.
	Clock bool `json:"clock"`
	// Skew is the platforms' clocks minus ours where a Date header told it, by platform.
	Skew  map[string]time.Duration `json:"skew,omitempty"`
	Lanes []LaneHealth             `json:"lanes"` // by id
	Fault string                   `json:"fault,omitempty"`
}

// LaneHealth is one lane of Health.
type LaneHealth struct {
	Lane     campaign.LaneID     `json:"lane"`
	Next     time.Time           `json:"next,omitzero"` // earliest runnable delivery
	InFlight campaign.DeliveryID `json:"in_flight,omitempty"`
	Since    time.Time           `json:"since,omitzero"` // of the call in flight
	// Preparing is what is being staged: uploads that nobody sees yet.
	Preparing campaign.DeliveryID `json:"preparing,omitempty"`
	Hanging   bool                `json:"hanging,omitempty"` // it outlived its deadline
	Waits     campaign.Reason     `json:"waits,omitzero"`    // why the lane as a whole waits
	Until     time.Time           `json:"until,omitzero"`    // and until when
	Fault     string              `json:"fault,omitempty"`   // what cannot be read or opened
}

// Preparing tells whether the delivery is being staged right now. It is what
// the engine does, not what is stored: after a crash it is staged anew.
func (e *Engine) Preparing(id campaign.DeliveryID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.preparing[id] != nil
}

// Ready tells whether the engine does its work: it runs, turned lately, trusts
// the clock and no lane hangs or has a fault. A stop is no fault.
func (h Health) Ready(now time.Time) bool {
	if !h.Running || !h.Clock || h.Fault != "" || now.Sub(h.LastLoop) > 3*maxSleep {
		return false
	}
	for _, l := range h.Lanes {
		if l.Hanging || l.Fault != "" {
			return false
		}
	}
	return true
}
