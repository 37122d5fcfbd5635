package plan

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Occurrence is one instant of a cron series, named by its earliest wall time.
type Occurrence struct {
	Wall string    `json:"wall"` // local, "2026-10-25T02:30"
	At   time.Time `json:"at"`
	Note string    `json:"note"` // "", "gap" or "overlap"
}

// Change says what a resubmission does to one delivery.
type Change struct {
	Kind   string             `json:"kind"` // "added", "changed", "removed", "unchanged", "locked"
	New    *campaign.Delivery `json:"new,omitempty"`
	Old    *campaign.Delivery `json:"old,omitempty"`
	Fields []string           `json:"fields,omitempty"` // what differs: "text", "due", "media", …
	// Reapprove tells that the approval will be asked again.
	Reapprove bool `json:"reapprove,omitempty"`
}

// Diff is what a (re)submission changes.
type Diff struct {
	Changes  []Change          `json:"changes"`
	Findings campaign.Findings `json:"findings,omitempty"` // locked rows that a change touches, twins under other ids
}
