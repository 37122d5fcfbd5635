package desk

import (
	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

// Difference is what a submission changes; what stays as it is is counted, not listed.
type Difference struct {
	Changes  []Change          `json:"changes"` // by due time, then id; removed ones last
	Findings campaign.Findings `json:"findings,omitempty"`
}

// Change is what a submission does to one delivery.
type Change struct {
	plan.Change
	New *Item `json:"new,omitempty"`
	Old *Item `json:"old,omitempty"`
}

// Item is a delivery with its durations as text.
type Item struct {
	campaign.Delivery
	Tolerance Span `json:"tolerance"`
	Lateness  Span `json:"lateness,omitempty"`
}

func itemOf(d *campaign.Delivery) *Item {
	if d == nil {
		return nil
	}
	return &Item{*d, Span(d.Tolerance), Span(d.Lateness)}
}

func differenceOf(changes []plan.Change, findings campaign.Findings) Difference {
	out := Difference{Changes: make([]Change, len(changes)), Findings: findings}
	for i, c := range changes {
		out.Changes[i] = Change{c, itemOf(c.New), itemOf(c.Old)}
	}
	return out
}
