package campaign

import "time"

// Plan is what the store keeps of a submitted plan: its exact source and what
// people changed beside it. Expanding the source again with these overrides
// gives the plan's deliveries.
type Plan struct {
	ID        PlanID            `json:"id"`
	Takeover  TakeoverID        `json:"takeover"`
	Mechanism MechanismID       `json:"mechanism"`
	Title     string            `json:"title"`
	Revision  int               `json:"revision"` // from 1
	Source    Digest            `json:"source"`   // blob with the file's bytes
	File      string            `json:"file"`     // base name, for findings
	By        PersonID          `json:"by"`
	At        time.Time         `json:"at"`
	Late      bool              `json:"late,omitempty"` // came after submit_by
	Anchors   map[string]Anchor `json:"anchors,omitempty"`
	Values    map[string]string `json:"values,omitempty"` // "post/step/name" → value filled in
	Media     map[string]Media  `json:"media,omitempty"`  // by file name as the plan writes it
	Comments  []Comment         `json:"comments,omitempty"`
	Withdrawn bool              `json:"withdrawn,omitempty"`
	Kit       Kit               `json:"kit,omitzero"` // with which it was rendered
	// Drafts are posts of the source that had errors and were not submitted with the others.
	Drafts []PostID `json:"drafts,omitempty"`
}

// Anchor is an event with a movable start.
type Anchor struct {
	// Base is the start that was approved; Start may differ from it by what
	// the policy allows (Policies.AnchorMoves) without a new approval.
	Base   time.Time     `json:"base"`
	Start  time.Time     `json:"start"`
	Length time.Duration `json:"length"`
	// Written is the start that the plan's file said last: a file that says it
	// again does not undo what a person moved.
	Written time.Time `json:"written,omitzero"`
	Live    bool      `json:"live,omitempty"` // a person or a check said that it is live
}

// Comment is a word of a reviewer on a post: asked changes, or why it was declined.
type Comment struct {
	Post     PostID    `json:"post"`
	By       PersonID  `json:"by"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // "changes" or "declined"
	Text     string    `json:"text"`
	Revision int       `json:"revision"` // of the plan it speaks of; an older one is answered
}

// AuditEntry is one deed or send in the append-only, hash-chained log. It
// holds ids and hashes, never personal data beyond the actor's id.
type AuditEntry struct {
	N      uint64    `json:"n"` // from 1, without gaps
	At     time.Time `json:"at"`
	By     PersonID  `json:"by"`
	Door   string    `json:"door"`
	Deed   string    `json:"deed"`   // "approve", "arm", "stop", …
	Object string    `json:"object"` // id of what it was about
	Detail string    `json:"detail,omitempty"`
	Prev   Digest    `json:"prev"` // hash of the entry before
	Hash   Digest    `json:"hash"` // over all fields above
}

// Seal computes the entry's hash from its fields and Prev.
func (e AuditEntry) Seal() AuditEntry {
	e.Hash = ""
	e.Hash = digestJSON(e)
	return e
}

// LaneState is what one account's lane remembers: its spacing, tallies and
// what the platform told it. It survives restarts.
type LaneState struct {
	Lane LaneID `json:"lane"`
	// LastAt is when a post of the lane was last armed; the gap counts from it.
	LastAt time.Time `json:"last_at,omitzero"`
	// Tally counts what was armed first by "channel/2026-12-18" and
	// "channel/takeover/2026-12-18" (local days of the campaign).
	Tally map[string]int `json:"tally,omitempty"`
	// Hours counts what was armed first by hours since 1970, for a day: the
	// platforms' own quotas are of the account, and of 24 hours that move on.
	Hours map[int64]int `json:"hours,omitempty"`
	// RateUntil is until when the platform asked for silence.
	RateUntil time.Time `json:"rate_until,omitzero"`
	Newest    string    `json:"newest,omitempty"` // newest own remote id seen
	Epoch     uint64    `json:"epoch"`
	Owner     string    `json:"owner,omitempty"`
	LeaseEnd  time.Time `json:"lease_end,omitzero"` // zero: one daemon, no lease
}
