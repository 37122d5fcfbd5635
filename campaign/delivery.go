package campaign

import (
	"cmp"
	"slices"
	"time"
)

// State is one of the ten stored states of a delivery. Only methods of
// Delivery assign it (see life.go).
type State string

const (
	Planned    State = "planned"     // has its time, not yet its approval
	Scheduled  State = "scheduled"   // approved; leaves at its time
	Armed      State = "armed"       // the one request is out
	InDoubt    State = "in_doubt"    // the answer was lost; we look
	NeedsHuman State = "needs_human" // nobody but a person can tell
	Published  State = "published"
	Rejected   State = "rejected"
	Missed     State = "missed"
	Cancelled  State = "cancelled"
	Unresolved State = "unresolved" // may be public; a person gave up looking
)

// States lists all ten in the order of a delivery's life.
var States = []State{Planned, Scheduled, Armed, InDoubt, NeedsHuman, Published, Rejected, Missed, Cancelled, Unresolved}

// End tells whether nothing more happens to a delivery in the state.
func (s State) End() bool {
	switch s {
	case Published, Rejected, Missed, Cancelled, Unresolved:
		return true
	}
	return false
}

// Pins tells whether the state pins the frozen revision: an edit waits.
func (s State) Pins() bool { return s == Armed || s == InDoubt || s == NeedsHuman }

// Kind of a post.
type Kind string

const (
	Quote      Kind = "quote"
	Challenge  Kind = "challenge"
	Livestream Kind = "livestream"
	Message    Kind = "message"
)

// Kinds are all that a plan's posts can be.
func Kinds() []Kind { return []Kind{Quote, Challenge, Livestream, Message} }

// Class says how much a platform lets us know about a lost answer. Source: platforms.md §0.4.
type Class string

const (
	K1 Class = "K1" // remembers a key for a window
	K2 Class = "K2" // stores the object under an id we chose
	K3 Class = "K3" // stage, then publish by the staged id
	K4 Class = "K4" // refuses twins recognisably
	K5 Class = "K5" // lists own posts
	K6 Class = "K6" // nobody can tell
)

// Repeats tells whether a platform of the class recognises a second call for the same thing.
func (c Class) Repeats() bool { return c == K1 || c == K2 || c == K3 }

// Receipt is the platform's proof of publication. RemoteID is unique for the account.
type Receipt struct {
	Part     int       `json:"part"`
	RemoteID string    `json:"remote_id"`
	URL      string    `json:"url,omitempty"`
	At       time.Time `json:"at"`                // when we learned of it
	Platform time.Time `json:"platform"`          // the platform's own time; zero if it gave none
	How      string    `json:"how"`               // "answer", "read-back", or "person"
	Warning  string    `json:"warning,omitempty"` // what the platform dropped or changed
	Deleted  time.Time `json:"deleted,omitzero"`  // when we took it down; zero: we did not
}

// Approval is one person's yes to exactly Hash.
type Approval struct {
	By       PersonID  `json:"by"`
	At       time.Time `json:"at"`
	Hash     Digest    `json:"hash"`
	Alone    string    `json:"alone,omitempty"`     // reason for approving own content alone
	OnBehalf string    `json:"on_behalf,omitempty"` // role whose clearance came another way
	Evidence string    `json:"evidence,omitempty"`
	Host     PersonID  `json:"host,omitempty"` // who invited the approver; both are as one person
}

// Reason is why a delivery is where it is: a stable code and a plain sentence.
type Reason struct {
	Code string    `json:"code"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}

// Delivery is one post step on one channel in one language (or joined) at one
// occurrence: the unit that is queued, armed and published.
type Delivery struct {
	ID         DeliveryID  `json:"id"`
	Takeover   TakeoverID  `json:"takeover"`
	Mechanism  MechanismID `json:"mechanism"`
	Plan       PlanID      `json:"plan"`
	Post       PostID      `json:"post"`
	Kind       Kind        `json:"kind"`
	Step       string      `json:"step"` // "" where the post has none
	Channel    ChannelID   `json:"channel"`
	Lane       LaneID      `json:"lane"`
	Language   string      `json:"language"` // or "joined"
	Languages  []string    `json:"languages"`
	Occurrence string      `json:"occurrence"`
	// Series names the cron series or list the delivery belongs to; occurrences of one may repeat a text.
	Series string `json:"series,omitempty"`
	Repeat bool   `json:"repeat,omitempty"` // the same text again is meant

	Rule      string        `json:"rule"` // how Due came about, part of what is approved
	Due       time.Time     `json:"due"`
	Latest    time.Time     `json:"latest"` // after it: missed
	Tolerance time.Duration `json:"tolerance"`
	IfMissed  string        `json:"if_missed"`          // ask, skip or send
	WaitFor   string        `json:"wait_for,omitempty"` // "live": waits until the anchor is live
	Anchor    string        `json:"anchor,omitempty"`   // id in the plan

	Content      Digest   `json:"content"`
	Fingerprint  string   `json:"fingerprint"`
	Wants        Digest   `json:"wants"` // the hash an approval must carry
	Consents     []string `json:"consents,omitempty"`
	Author       PersonID `json:"author"`
	PlanRevision int      `json:"plan_revision"`

	State     State      `json:"state"`
	Reason    Reason     `json:"reason"`
	Approvals []Approval `json:"approvals,omitempty"`
	// Parked takes a scheduled delivery out of the runnable index: a hold
	// covers it, or it waits for something that is not a time.
	Parked    bool      `json:"parked,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"` // the next try; zero: at Due
	Live      bool      `json:"live,omitempty"`      // what it waits for has come

	Attempt  int           `json:"attempt"`         // number of the latest attempt
	Part     int           `json:"part"`            // next visible part, from 0
	Parts    int           `json:"parts,omitempty"` // visible parts, once known
	Receipts []Receipt     `json:"receipts,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`
	ArmedAt  time.Time     `json:"armed_at,omitzero"`  // of the latest attempt
	Lateness time.Duration `json:"lateness,omitempty"` // first byte of the first part after Due

	// Twin is the delivery with the same text that a person is asked about;
	// Cleared are those for which a named person said "send all the same".
	Twin    DeliveryID   `json:"twin,omitempty"`
	Cleared []DeliveryID `json:"cleared,omitempty"`

	// While in doubt. A settle time counts from the later of DoubtAt and ArmedAt.
	DoubtAt time.Time `json:"doubt_at,omitzero"` // since when
	CheckAt time.Time `json:"check_at,omitzero"` // the next read-back
	Reads   int       `json:"reads,omitempty"`   // read-backs in a row that worked since the latest call
	Failed  int       `json:"failed,omitempty"`  // read-backs that failed
	// Rearmed marks an armed repeat: whatever becomes of it short of a receipt,
	// the attempt before it stays in doubt.
	Rearmed bool `json:"rearmed,omitempty"`
	// Before is what was approved until a change took the approval away; nil
	// where nothing was, or what would leave is approved.
	Before *Before `json:"before,omitempty"`
	// Touched is set by a stop, hold, edit or withdrawal while armed, in
	// doubt or needing a person: an absent post is then not sent again by itself.
	Touched string `json:"touched,omitempty"`
	// Stale marks one that a newer plan revision changed or dropped while it
	// was pinned: should it come back to the queue, it does not go by itself.
	Stale bool `json:"stale,omitempty"`

	Revision uint64 `json:"revision"` // of the record; the store refuses a stale one
}

// Before is what somebody approved, and who said so last.
type Before struct {
	Content   Digest    `json:"content"`
	Rule      string    `json:"rule"`
	Due       time.Time `json:"due"`
	Tolerance string    `json:"tolerance"` // as time.Duration writes it
	WaitFor   string    `json:"wait_for,omitempty"`
	Repeat    bool      `json:"repeat,omitempty"`
	Lane      LaneID    `json:"lane"`
	By        PersonID  `json:"by"`
	At        time.Time `json:"at"`
}

// WasApproved is what Before keeps of the delivery once a change takes its
// approval away: what was approved last.
func (d *Delivery) WasApproved() *Before {
	n := len(d.Approvals)
	if n == 0 {
		return d.Before
	}
	last := d.Approvals[n-1]
	return &Before{Content: d.Content, Rule: d.Rule, Due: d.Due, Tolerance: d.Tolerance.String(), WaitFor: d.WaitFor,
		Repeat: d.Repeat, Lane: d.Lane, By: last.By, At: last.At}
}

// Clone is a copy that can be changed without changing this one.
func (d *Delivery) Clone() Delivery {
	c := *d
	c.Languages, c.Consents, c.Approvals = slices.Clone(d.Languages), slices.Clone(d.Consents), slices.Clone(d.Approvals)
	if d.Before != nil {
		before := *d.Before
		c.Before = &before
	}
	c.Receipts, c.Warnings, c.Cleared = slices.Clone(d.Receipts), slices.Clone(d.Warnings), slices.Clone(d.Cleared)
	return c
}

// Terms of the delivery, as its approval binds them.
func (d *Delivery) Terms() Terms {
	return Terms{Takeover: d.Takeover, Channel: d.Channel, Lane: d.Lane, Language: d.Language,
		Rule: d.Rule, Tolerance: d.Tolerance, WaitFor: d.WaitFor, Repeat: d.Repeat}
}

// RunAt is when the delivery may next be tried.
func (d *Delivery) RunAt() time.Time {
	if d.NotBefore.After(d.Due) {
		return d.NotBefore
	}
	return d.Due
}

// Runnable tells whether time alone stands between the delivery and its next try.
func (d *Delivery) Runnable() bool { return d.State == Scheduled && !d.Parked }

// Public tells whether some part of it is known to be visible.
func (d *Delivery) Public() bool { return len(d.Receipts) > 0 }

// Approved tells whether enough different people approved exactly what would
// leave. One who approved alone, with a reason, is enough.
func (d *Delivery) Approved(need int) bool {
	return d.approvedBy(need, func(Approval) bool { return true })
}

// ApprovedUnder is Approved as the policies want it now: where two people are
// demanded the author's own approval does not count, save alone with a reason.
func (d *Delivery) ApprovedUnder(p Policies) bool {
	return d.approvedBy(p.Approvals, func(a Approval) bool {
		return !p.TwoPerson || a.By != d.Author && (a.Host == "" || a.Host != d.Author)
	})
}

func (d *Delivery) approvedBy(need int, counts func(Approval) bool) bool {
	who := map[PersonID]bool{}
	for _, a := range d.Approvals {
		switch {
		case a.Hash != d.Wants:
		case a.Alone != "":
			return true
		case counts(a):
			who[cmp.Or(a.Host, a.By)] = true
		}
	}
	return len(who) >= need
}

// Shown is the word people see, derived from the state and what surrounds it.
func (d *Delivery) Shown() string {
	switch d.State {
	case Planned:
		if d.Parked {
			return "paused"
		}
		return "waits for approval"
	case Scheduled:
		switch {
		case d.Parked:
			return "paused"
		case d.Attempt > 0 && d.NotBefore.After(d.Due):
			return "retrying"
		}
		return "scheduled"
	case Armed:
		return "sending"
	case InDoubt:
		return "checking"
	case NeedsHuman:
		return "needs you"
	case Rejected:
		return "refused"
	case Cancelled:
		if d.Reason.Code == ReasonWithdrawn || d.Reason.Code == ReasonConsent {
			return "withdrawn"
		}
		return "cancelled"
	case Unresolved:
		return "never settled"
	}
	return string(d.State)
}

// Attempt is one try at a delivery or one of its parts, with its evidence.
type Attempt struct {
	Delivery DeliveryID `json:"delivery"`
	N        int        `json:"n"`
	Part     int        `json:"part"`
	Repeat   bool       `json:"repeat,omitempty"` // under the key or id of an earlier one
	Class    Class      `json:"class"`
	Key      string     `json:"key,omitempty"` // idempotency key or chosen id
	// KeyUntil is until when a repeat under Key is safe, counted from the first try.
	KeyUntil time.Time `json:"key_until,omitzero"`
	Newest   string    `json:"newest,omitempty"` // newest own remote id seen before arming
	Content  Digest    `json:"content"`
	Envelope Digest    `json:"envelope"` // of the exact bytes
	ArmedAt  time.Time `json:"armed_at"`
	SendBy   time.Time `json:"send_by"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	Fate     string    `json:"fate,omitempty"`  // published, not_sent, refused, in_doubt
	Reach    string    `json:"reach,omitempty"` // how far the request got
	Status   int       `json:"status,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	RemoteID string    `json:"remote_id,omitempty"`
	Work     string    `json:"work,omitempty"` // the platform's name for work that it began and had not done
	Late     bool      `json:"late,omitempty"` // the result came after a newer attempt: evidence only
}
