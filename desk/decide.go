package desk

import "time"

// Resolution is a person's word on a delivery that nobody else can settle.
// Exactly one of PublishedAs, NotPublished and GiveUp is set.
type Resolution struct {
	PublishedAs  string `json:"published_as,omitempty"` // its address
	NotPublished bool   `json:"not_published,omitempty"`
	GiveUp       bool   `json:"give_up,omitempty"`
	Why          string `json:"why"`
	// Expect is the record's revision that the person saw; 0 does not look.
	Expect uint64 `json:"expect,omitempty"`
}

// Done says what a deed did to deliveries.
type Done struct {
	Rows   []Row     `json:"rows"`             // as they are now
	Locked []Refusal `json:"locked,omitempty"` // picked, but could not be changed any more
	Text   string    `json:"text"`
}

// Reschedule asks for a delivery at another time.
type Reschedule struct {
	At     time.Time `json:"at,omitzero"` // zero: now
	Alone  string    `json:"alone,omitempty"`
	Expect uint64    `json:"expect,omitempty"` // the record's revision; 0 does not look
}
