package campaign

import "time"

// Cause is why publishing is stopped as a whole. Causes are separate: each is
// set and lifted by itself.
type Cause string

const (
	CauseStop       Cause = "stop"    // a person stopped everything
	CauseQuarantine Cause = "restore" // the store may be older than what is public
	CauseClock      Cause = "clock"   // the clock is not trusted
	CauseStore      Cause = "store"   // the store or its disk fails
	CauseCopy       Cause = "copy"    // the store was copied and nobody said which one lives
)

// Scope is what a hold covers. Exactly one of Kind's fields counts.
type Scope struct {
	Kind      string      `json:"kind"` // all, mechanism, channel, takeover, plan, post
	Mechanism MechanismID `json:"mechanism,omitempty"`
	Channel   ChannelID   `json:"channel,omitempty"`
	Takeover  TakeoverID  `json:"takeover,omitempty"`
	Plan      PlanID      `json:"plan,omitempty"`
	Post      PostID      `json:"post,omitempty"` // with Plan
	Delivery  DeliveryID  `json:"delivery,omitempty"`
}

// Covers tells whether the delivery lies in the scope.
func (s Scope) Covers(d *Delivery) bool {
	switch s.Kind {
	case "all":
		return true
	case "mechanism":
		return d.Mechanism == s.Mechanism
	case "channel":
		return d.Channel == s.Channel
	case "takeover":
		return d.Takeover == s.Takeover
	case "plan":
		return d.Plan == s.Plan
	case "post":
		return d.Plan == s.Plan && d.Post == s.Post
	case "delivery":
		return d.ID == s.Delivery
	}
	return false
}

// String is the scope in words.
func (s Scope) String() string {
	switch s.Kind {
	case "all":
		return "everything"
	case "mechanism":
		return "mechanism " + string(s.Mechanism)
	case "channel":
		return "channel " + string(s.Channel)
	case "takeover":
		return "window " + string(s.Takeover)
	case "plan":
		return "plan " + string(s.Plan)
	case "post":
		return "post " + string(s.Plan) + "/" + string(s.Post)
	case "delivery":
		return "delivery " + string(s.Delivery)
	}
	return s.Kind
}

// Hold is a recorded stop on a scope.
type Hold struct {
	ID     string    `json:"id"`
	Scope  Scope     `json:"scope"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	// Stop marks a hold made with the stop button, which also closes the gate.
	Stop bool `json:"stop,omitempty"`
}

// CauseRecord says who or what stopped publishing as a whole, when and why.
type CauseRecord struct {
	By     PersonID  `json:"by,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Switches is the one record of everything that stops publishing; it is read
// in every arming transaction.
type Switches struct {
	Causes map[Cause]CauseRecord `json:"causes,omitempty"`
	Holds  []Hold                `json:"holds,omitempty"`
	// LaneHolds stop one account: a dead token, a wrong address, a panic.
	LaneHolds map[LaneID]CauseRecord `json:"lane_holds,omitempty"`
}

// Stopped tells whether a cause stops everything, and names one.
func (s *Switches) Stopped() (Cause, CauseRecord, bool) {
	for _, c := range []Cause{CauseStop, CauseQuarantine, CauseStore, CauseClock, CauseCopy} {
		if r, ok := s.Causes[c]; ok {
			return c, r, true
		}
	}
	return "", CauseRecord{}, false
}

// Older tells whether the store may be older than what is public, so that
// nothing of it can be called missed: it was put back, or another one lives.
func (s *Switches) Older() bool {
	_, restored := s.Causes[CauseQuarantine]
	_, copied := s.Causes[CauseCopy]
	return restored || copied
}

// HoldOn is the first hold that covers the delivery.
func (s *Switches) HoldOn(d *Delivery) (Hold, bool) {
	for _, h := range s.Holds {
		if h.Scope.Covers(d) {
			return h, true
		}
	}
	return Hold{}, false
}
