package desk

import (
	"errors"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Since is what changed since somebody approved, for whoever approves anew.
type Since struct {
	By     campaign.PersonID `json:"by"` // who approved last
	At     time.Time         `json:"at"`
	Fields []string          `json:"fields"`          // what differs: "text", "media", "due", …
	Edits  []plan.Edit       `json:"edits,omitempty"` // the texts that differ, word by word
	Due    time.Time         `json:"due,omitzero"`    // when it was to leave, where that differs
	Media  []campaign.Media  `json:"media,omitempty"` // the pictures that were approved, where those differ
}

// since compares the delivery with what was approved; nil where nothing was. An
// approved text that is gone, because somebody was forgotten, reads as empty.
func (r *room) since(d *campaign.Delivery) (*Since, error) {
	if d.Before == nil {
		return nil, nil
	}
	was, err := r.Content(d.Before.Content)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	is, err := r.Content(d.Content)
	if err != nil {
		return nil, err
	}
	s := &Since{By: d.Before.By, At: d.Before.At, Fields: plan.Fields(was, is), Edits: plan.Edits(was, is)}
	s.Fields = append(s.Fields, plan.TermFields(*d.Before, d)...)
	if !d.Due.Equal(d.Before.Due) {
		s.Due = d.Before.Due
	}
	if slices.Contains(s.Fields, "media") {
		s.Media = was.Media
	}
	return s, nil
}
