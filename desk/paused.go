package desk

import (
	"errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// paused is what holds the delivery back now, or will when its time comes; no
// code where nothing does. People must see it before the time, not at it.
func (r *room) paused(d *campaign.Delivery) (campaign.Reason, error) {
	if d.State != campaign.Planned && d.State != campaign.Scheduled {
		return campaign.Reason{}, nil
	}
	sw, err := r.switches()
	if err != nil {
		return campaign.Reason{}, err
	}
	if reason, ok := pausedBy(d, sw); ok {
		return reason, nil
	}
	switch {
	case d.Parked:
		return d.Reason, nil
	case r.c.Channels[d.Channel].Paused:
		return campaign.Reason{Code: campaign.ReasonHeld, Text: "the channel " + string(d.Channel) + " is paused"}, nil
	case d.State == campaign.Planned:
		return campaign.Reason{}, nil // its approval is what people must see
	}
	return r.waits(d)
}

// waits is what an approved delivery waits for beside its time.
func (r *room) waits(d *campaign.Delivery) (campaign.Reason, error) {
	c, err := r.glimpse(d.Content)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return campaign.Reason{Code: campaign.ReasonHash, Text: "its content cannot be read"}, nil
	case err != nil:
		return campaign.Reason{}, err
	}
	code, text := campaign.WaitsFor(d, &c)
	return campaign.Reason{Code: code, Text: text}, nil
}

// glimpse reads a content that many deliveries of a list may share, once. It is
// to be read only.
func (r *room) glimpse(digest campaign.Digest) (campaign.Content, error) {
	if c, ok := r.glimpsed[digest]; ok {
		return c, nil
	}
	c, err := r.Content(digest)
	if err != nil {
		return c, err
	}
	if r.glimpsed == nil {
		r.glimpsed = map[campaign.Digest]campaign.Content{}
	}
	r.glimpsed[digest] = c
	return c, nil
}

// shown is the word people see, with what pauses it taken in.
func shown(d *campaign.Delivery, paused campaign.Reason) string {
	if paused.Code != "" {
		return "paused"
	}
	return d.Shown()
}

// shown is the word people see, with what the engine is at taken in.
func (r *room) shown(d *campaign.Delivery, paused campaign.Reason) string {
	word := shown(d, paused)
	if word == "scheduled" && r.preparing != nil && r.preparing(d.ID) {
		return "preparing"
	}
	return word
}

// Icon is the sign of a state; it always stands beside the word. Source: ux.md's table of states.
func Icon(shown string) string {
	return map[string]string{
		"paused":             "⏸",
		"waits for approval": "⇪", "scheduled": "◷", "preparing": "⚙", "retrying": "↻", "sending": "●",
		"published": "✔", "checking": "?", "needs you": "!", "refused": "✕", "missed": "⌛",
		"cancelled": "⊘", "withdrawn": "⊘", "never settled": "?",
	}[shown]
}

// inShort names what pauses a delivery in a few words: "paused by: is live".
func inShort(paused campaign.Reason) string {
	switch paused.Code {
	case "":
		return ""
	case campaign.ReasonStopped:
		return "a stop"
	case campaign.ReasonHeld:
		return "a hold"
	case campaign.ReasonLane:
		return "its account"
	case campaign.ReasonWaitsLive:
		return "is live"
	case campaign.ReasonWaitsValue:
		return "a value"
	case campaign.ReasonAskLate, campaign.ReasonLeft:
		return "a decision"
	case campaign.ReasonNoApproval, campaign.ReasonUnapproved:
		return "its approval"
	case campaign.ReasonMedia:
		return "a picture"
	case campaign.ReasonHash, campaign.ReasonChanged:
		return "its plan"
	}
	return "a person"
}

// pausedBy is what stops the delivery now: a cause, a hold, its account.
func pausedBy(d *campaign.Delivery, s *campaign.Switches) (campaign.Reason, bool) {
	if s == nil {
		return campaign.Reason{}, false
	}
	if c, r, ok := s.Stopped(); ok {
		return campaign.Reason{Code: campaign.ReasonStopped, Text: causeText(c, r), At: r.At}, true
	}
	if h, ok := s.HoldOn(d); ok {
		return campaign.Reason{Code: campaign.ReasonHeld, Text: holdText(h), At: h.At}, true
	}
	if r, ok := s.LaneHolds[d.Lane]; ok {
		return campaign.Reason{Code: campaign.ReasonLane, Text: r.Reason, At: r.At}, true
	}
	return campaign.Reason{}, false
}

// causeWords say each cause without the words of engineers.
var causeWords = map[campaign.Cause]string{
	campaign.CauseStop:       "everything was stopped",
	campaign.CauseQuarantine: "the store was restored, and somebody must look at what is public first",
	campaign.CauseClock:      "the clock of the machine is not trusted",
	campaign.CauseStore:      "the store or its disk fails",
	campaign.CauseCopy:       "the store was copied, and somebody must say which one lives",
}

func causeText(c campaign.Cause, r campaign.CauseRecord) string {
	text := causeWords[c]
	if text == "" {
		text = string(c)
	}
	by := r.By
	if c != campaign.CauseStop {
		by = "" // nobody wanted it; who is named only ran into it
	}
	return words(text, by, r.Reason)
}

func holdText(h campaign.Hold) string {
	if h.Stop {
		return words(h.Scope.String()+" was stopped", h.By, h.Reason)
	}
	return words(h.Scope.String()+" is held", h.By, h.Reason)
}

func words(text string, by campaign.PersonID, reason string) string {
	if by != "" {
		text += " by " + string(by)
	}
	if reason != "" {
		text += " (" + reason + ")"
	}
	return text
}
