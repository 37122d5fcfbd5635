package plan

import "github.com/ittakesacommunity/takeover/campaign"

// Change says what a resubmission does to one delivery.
type Change struct {
	// Kind is added, changed, removed, unchanged or locked (it went out, or is
	// being sent; it stays as it is).
	Kind   string             `json:"kind"`
	New    *campaign.Delivery `json:"new,omitempty"`
	Old    *campaign.Delivery `json:"old,omitempty"`
	Fields []string           `json:"fields,omitempty"` // what differs: "text", "due", "media", …
	// Text is the difference word by word, "for [-two-]{+one+} year", where the text changed.
	Text string `json:"text,omitempty"`
	// Reapprove tells that the approval will be asked again.
	Reapprove bool `json:"reapprove,omitempty"`
}

// Diff is what a (re)submission changes.
type Diff struct {
	Changes  []Change          `json:"changes"`
	Findings campaign.Findings `json:"findings,omitempty"` // locked rows that a change touches, twins under other ids
}
