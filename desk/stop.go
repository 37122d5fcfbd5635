package desk

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Stopped is the truthful answer to a stop or hold.
type Stopped struct {
	Scope campaign.Scope `json:"scope"`
	Hold  string         `json:"hold,omitempty"` // id of the hold; "" for a stop of everything
	At    time.Time      `json:"at"`
	// Left had left before and is public, or will turn out to be.
	Left []Row `json:"left"`
	// Perhaps may be public: the answer is missing.
	Perhaps []Row `json:"perhaps"`
	// TakenBack was about to be sent and was not.
	TakenBack []Row `json:"taken_back"`
	// Confirmed tells that nothing more leaves; false: the engine did not answer in time.
	Confirmed bool `json:"confirmed"`
	// Already tells that it was stopped before.
	Already bool   `json:"already,omitempty"`
	Text    string `json:"text"` // the answer in words
}

// Late says what becomes of posts that are late when a stop is lifted.
type Late string

const (
	LateAsk  Late = "ask"  // they stay paused, each waits for a decision (the default)
	LateSend Late = "send" // they go now, spaced by the channel's gap and a minute at least
	LateMove Late = "move" // each becomes a new delivery, spaced from Resumption.MoveTo
	LateSkip Late = "skip" // they are missed
)

// Resumption asks to lift what stops publishing: a cause, or the stops and
// holds on exactly a scope, or one hold by its id.
type Resumption struct {
	Cause  campaign.Cause               `json:"cause,omitempty"`
	Scope  campaign.Scope               `json:"scope,omitzero"`
	Hold   string                       `json:"hold,omitempty"`
	Late   Late                         `json:"late,omitempty"`
	Each   map[campaign.DeliveryID]Late `json:"each,omitempty"` // goes before Late
	MoveTo time.Time                    `json:"move_to,omitzero"`
	Reason string                       `json:"reason,omitempty"`
}

// Resumed says what lifting does, or would do.
type Resumed struct {
	Lifted []string `json:"lifted"` // in words
	// Late are the posts that a resumption meets late, and what becomes of each.
	Late []LateRow `json:"late"`
	// Still names what goes on stopping some of it.
	Still []string `json:"still,omitempty"`
	Text  string   `json:"text"`
}

// LateRow is a post that is late when a stop is lifted.
type LateRow struct {
	Row
	By   time.Duration `json:"by"`   // how late
	Does Late          `json:"does"` // what becomes of it; "missed" where its latest time passed or no room is left before it
	At   time.Time     `json:"at,omitzero"`
}

// LateMissed is what becomes of a post whose latest time passed while it was stopped.
const LateMissed Late = "missed"
