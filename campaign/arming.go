package campaign

import (
	"slices"
	"strconv"
	"time"
)

// ArmFacts is all that decides whether a delivery may be armed now, read in
// the arming transaction.
type ArmFacts struct {
	Now      time.Time
	Campaign *Campaign
	Switches *Switches
	Lane     *LaneState
	Delivery *Delivery
	Plan     *Plan    // nil where it cannot be read
	Content  *Content // nil where it cannot be read
	Twins    []Twin   // others of the account with the same fingerprint, see TwinOf
	// Repeat marks a second call under the key of an attempt in doubt. It comes
	// after a read-back that did not find the first.
	Repeat bool
	// Media tells what is wrong with the stored media; "" is fine.
	Media string
	// DailyPosts is how many posts the platform takes from the account in any 24
	// hours; 0: it says no number. Source: channels.Facts, or the platform itself.
	DailyPosts int
	// Epoch is the one under which we hold the lane; it counts where lanes are leased.
	Epoch uint64
}

// Twin is what check 6 needs of another delivery of the account.
type Twin struct {
	ID     DeliveryID
	State  State
	Plan   PlanID
	Series string
	Repeat bool
	At     time.Time // when it became public, or its due time
	Public bool      // some part of it is out
}

// TwinOf describes another delivery for check 6.
func TwinOf(d *Delivery) Twin {
	t := Twin{ID: d.ID, State: d.State, Plan: d.Plan, Series: d.Series, Repeat: d.Repeat, At: d.Due, Public: d.Public()}
	switch {
	case t.Public:
		t.At = d.Receipts[0].At
		// A platform's time that cannot be would hide the twin.
		if ago := t.At.Sub(d.Receipts[0].Platform); ago > 0 && ago < TwinSpan {
			t.At = d.Receipts[0].Platform
		}
	case !d.ArmedAt.IsZero():
		t.At = d.ArmedAt
	}
	return t
}

// TwinSpan is how far apart two equal posts of an account must be. Source: platforms.md §0.4.
const TwinSpan = 24 * time.Hour

// RestartSpacing is the least distance between posts that are more than
// OnTime late, so that an outage does not end in a burst; and before a post of
// the organizers, who are not kept off a channel by anybody's window.
const RestartSpacing = time.Minute

// OnTime is how late a post may be without being called late.
const OnTime = 2 * time.Minute

// Outcome of the checks before arming.
type Outcome uint8

const (
	Drop   Outcome = iota // the claim is dropped; nothing changes
	Go                    // arm it
	Stay                  // try again at Until; in doubt: look again then
	Park                  // waits for a deed, not for a time
	Miss                  // its latest time passed
	Cancel                // may not go any more
	Ask                   // a person must decide
)

// String is the outcome in a word.
func (o Outcome) String() string {
	return [...]string{"drop", "go", "stay", "park", "miss", "cancel", "ask"}[o]
}

// ArmAnswer is what the checks decided, and why. Delivery.Apply carries it out.
type ArmAnswer struct {
	Outcome Outcome
	Check   int // number of the check that decided, as reliability.md §2 counts; 0 for Go
	Code    string
	Text    string
	Until   time.Time  // for Stay
	Twin    DeliveryID // for Ask by check 6
}

// MayArm runs the checks of arming in their order and returns the first that
// decides. Its callers read every fact in the same transaction that arms.
func MayArm(f ArmFacts) ArmAnswer {
	for i, check := range armChecks {
		if a, decided := check(f); decided {
			a.Check = i + 1
			if f.Repeat {
				return forRepeat(f, lateOf(f, a))
			}
			return lateOf(f, a)
		}
	}
	return ArmAnswer{Outcome: Go}
}

// armChecks are numbered from 1 by their place; reliability.md §2 and docs/ARCHITECTURE.md hold the table.
var armChecks = [...]func(ArmFacts) (ArmAnswer, bool){
	checkState, checkSwitches, checkApproval, checkGrant, checkTime, checkTwin, checkBudget, checkLane,
}

// lateOf turns a "stays" into a "missed" once the latest time has passed. A
// clock that is not trusted cannot tell that it has.
func lateOf(f ArmFacts, a ArmAnswer) ArmAnswer {
	if a.Outcome != Stay && a.Outcome != Park {
		return a
	}
	if _, distrusted := f.Switches.Causes[CauseClock]; distrusted {
		return a
	}
	if f.Now.After(f.Delivery.Latest) {
		a.Outcome = Miss
	}
	if a.Outcome == Stay && a.Until.After(f.Delivery.Latest) {
		a.Until = f.Delivery.Latest.Add(time.Millisecond) // come back to be missed, aloud
	}
	return a
}

// askAgain is when to look again where a check names no time of its own.
const askAgain = 15 * time.Second

// forRepeat translates an answer for a delivery in doubt: what stays or waits
// for a deed stays in doubt; what may not go any more is a person's to decide,
// since the attempt before may be public.
func forRepeat(f ArmFacts, a ArmAnswer) ArmAnswer {
	switch {
	case a.Outcome == Park && (a.Code == ReasonHash || a.Code == ReasonMedia):
		// The same bytes cannot be had any more, and no time brings them back.
		a.Outcome = Ask
	case a.Outcome == Park:
		a.Outcome, a.Until = Stay, f.Now.Add(askAgain)
	case a.Outcome == Miss, a.Outcome == Cancel:
		a.Outcome = Ask
	}
	return a
}

func checkState(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	want := Scheduled
	if f.Repeat {
		want = InDoubt
	}
	switch {
	case d.State != want || d.Parked:
		return ArmAnswer{Outcome: Drop, Code: string(d.State)}, true
	case f.Repeat && d.Touched != "":
		// Somebody may have deleted it on purpose.
		return ArmAnswer{Outcome: Ask, Code: ReasonTouched, Text: d.Touched}, true
	case f.Repeat:
		return ArmAnswer{}, false // the frozen revision is the one that counts
	case f.Plan == nil:
		return ArmAnswer{Outcome: Park, Code: ReasonHash, Text: "its plan cannot be read"}, true
	case f.Plan.Withdrawn:
		return ArmAnswer{Outcome: Cancel, Code: ReasonRemoved, Text: "its plan was withdrawn"}, true
	case d.Stale || d.PlanRevision > f.Plan.Revision:
		return ArmAnswer{Outcome: Park, Code: ReasonChanged, Text: "it is not what its plan says now"}, true
	}
	return ArmAnswer{}, false
}

func checkSwitches(f ArmFacts) (ArmAnswer, bool) {
	later := f.Now.Add(OnTime)
	if c, r, ok := f.Switches.Stopped(); ok {
		return ArmAnswer{Outcome: Stay, Code: ReasonStopped, Text: string(c) + ": " + r.Reason, Until: later}, true
	}
	if h, ok := f.Switches.HoldOn(f.Delivery); ok {
		return ArmAnswer{Outcome: Park, Code: ReasonHeld, Text: h.Scope.String() + " is held by " + string(h.By)}, true
	}
	if r, ok := f.Switches.LaneHolds[f.Delivery.Lane]; ok {
		return ArmAnswer{Outcome: Stay, Code: ReasonLane, Text: r.Reason, Until: later}, true
	}
	if f.Campaign.Channels[f.Delivery.Channel].Paused {
		return ArmAnswer{Outcome: Stay, Code: ReasonHeld, Text: "the channel is paused", Until: later}, true
	}
	return ArmAnswer{}, false
}

func checkApproval(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	park := func(code, text string) (ArmAnswer, bool) {
		return ArmAnswer{Outcome: Park, Code: code, Text: text}, true
	}
	if f.Content == nil {
		return park(ReasonHash, "its content cannot be read")
	}
	if code, text := WaitsFor(d, f.Content); code != "" {
		return park(code, text)
	}
	if ApprovalHash(*f.Content, d.Terms()) != d.Wants || f.Content.Digest() != d.Content {
		return park(ReasonHash, "what would leave is not what was approved")
	}
	if !d.ApprovedUnder(f.Campaign.Policies) {
		return park(ReasonNoApproval, "its approval is missing")
	}
	if f.Media != "" {
		return park(ReasonMedia, f.Media)
	}
	if credit := f.Content.Uncredited(); credit != "" {
		return park(ReasonMedia, "the licence of a picture demands the credit "+strconv.Quote(credit)+", which nothing says")
	}
	return ArmAnswer{}, false
}

// WaitsFor is what stands between the delivery and its time that time alone does
// not bring: its event is not live, or a value of its content is not filled in.
// The code is "" for nothing.
func WaitsFor(d *Delivery, c *Content) (code, text string) {
	if d.WaitFor == "live" && !d.Live {
		return ReasonWaitsLive, "waits until somebody says that it is live"
	}
	if err := c.Filled(); err != nil {
		return ReasonWaitsValue, err.Error()
	}
	return "", ""
}

func checkGrant(f ArmFacts) (ArmAnswer, bool) {
	d, c := f.Delivery, f.Campaign
	cancel := func(code, text string) (ArmAnswer, bool) {
		return ArmAnswer{Outcome: Cancel, Code: code, Text: text}, true
	}
	t, ok := c.Takeovers[d.Takeover]
	switch {
	case d.Takeover == "" && d.Mechanism == Organizers:
		// Organizers may always post: no window bounds them.
	case !ok || t.Revoked:
		return cancel(ReasonGrant, "its window was revoked")
	case t.Mechanism != d.Mechanism || !t.Has(d.Channel):
		return cancel(ReasonGrant, "the mechanism no longer has this channel")
	case !f.Now.Before(t.To):
		return cancel(ReasonGrant, "its window ended")
	case f.Now.Before(t.From):
		return ArmAnswer{Outcome: Stay, Code: ReasonGrant, Text: "its window has not begun", Until: t.From}, true
	}
	if _, ok := c.Channels[d.Channel]; !ok || c.LaneOf(d.Channel) != d.Lane {
		return cancel(ReasonGrant, "the channel is not what it was when the plan was submitted")
	}
	if why := c.ConsentMissing(consentsOf(d, f.Content), d.Channel, f.Now); why != "" {
		return cancel(ReasonConsent, why)
	}
	return ArmAnswer{}, false
}

// consentsOf are the references that the delivery names and those its pictures carry.
func consentsOf(d *Delivery, c *Content) []string {
	refs := slices.Clone(d.Consents)
	if c == nil {
		return refs
	}
	for _, m := range c.Pictures() {
		if m.Consent != "" && !slices.Contains(refs, m.Consent) {
			refs = append(refs, m.Consent)
		}
	}
	return refs
}

func checkTime(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	if f.Now.After(d.Latest) {
		return ArmAnswer{Outcome: Miss, Code: ReasonTooLate, Text: "its latest time passed"}, true
	}
	// A further part follows at once: its post is out already.
	if f.Now.Before(d.Due) && d.Part == 0 {
		return ArmAnswer{Outcome: Stay, Code: ReasonApproved, Until: d.Due}, true
	}
	if t := f.Campaign.Takeovers[d.Takeover]; len(t.NoPost) > 0 {
		if free := t.FreeAt(f.Now, f.Campaign.Location()); free.After(f.Now) {
			return ArmAnswer{Outcome: Stay, Code: ReasonNoPost, Text: "it is in the window's no-post hours", Until: free}, true
		}
	}
	return ArmAnswer{}, false
}

// checkTwin is check 6: a twin that is unsettled makes it stay, one that is
// public asks a person. All are looked at: an unsettled one comes first, since
// what becomes of it may answer the question.
func checkTwin(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	var ask ArmAnswer
	for _, t := range f.Twins {
		if t.ID == d.ID || meant(d, t) || slices.Contains(d.Cleared, t.ID) {
			continue
		}
		switch {
		case t.State == Armed, t.State == InDoubt, t.State == NeedsHuman, t.State == Scheduled && t.Public:
			return ArmAnswer{Outcome: Stay, Code: ReasonTwinPending, Text: "the same text is being settled as " + string(t.ID), Until: f.Now.Add(askAgain)}, true
		case t.State == Unresolved, t.State == Published:
			if ask.Twin == "" && f.Now.Sub(t.At).Abs() < TwinSpan {
				ask = ArmAnswer{Outcome: Ask, Code: ReasonTwin, Text: "the same text went out on this account as " + string(t.ID), Twin: t.ID}
			}
		}
	}
	return ask, ask.Twin != ""
}

// meant tells whether the same text again is what people asked for and
// approved: occurrences of one series, or a post marked as a repeat.
func meant(d *Delivery, t Twin) bool {
	return d.Repeat || d.Series != "" && d.Series == t.Series && d.Plan == t.Plan
}

// longestSilence is how far ahead a lane's RateUntil is believed: a platform is
// heard for a day at most, so what lies farther was written by a clock that ran wrong.
const longestSilence = 25 * time.Hour

func checkBudget(f ArmFacts) (ArmAnswer, bool) {
	d, l := f.Delivery, f.Lane
	if f.Now.Before(l.RateUntil) && !l.RateUntil.After(f.Now.Add(longestSilence)) {
		return ArmAnswer{Outcome: Stay, Code: ReasonRate, Text: "the platform asked us to wait", Until: l.RateUntil}, true
	}
	if d.Part > 0 || f.Repeat {
		return ArmAnswer{}, false // the post was counted with its first part
	}
	if next := f.spaced(); next.After(f.Now) {
		return ArmAnswer{Outcome: Stay, Code: ReasonGap, Text: "the account's posts keep a distance", Until: next}, true
	}
	return f.quota()
}

// spaced is when the lane's gap is over; the zero time where there is none.
func (f ArmFacts) spaced() time.Time {
	d, last := f.Delivery, f.Lane.LastAt
	gap := f.Campaign.Channels[d.Channel].MinGap
	if f.Now.Sub(d.Due) > OnTime || d.Mechanism == Organizers {
		gap = max(gap, RestartSpacing)
	}
	if last.IsZero() || last.After(f.Now.Add(gap)) {
		return time.Time{} // one so far ahead was written by a clock that ran wrong
	}
	return last.Add(gap)
}

func checkLane(f ArmFacts) (ArmAnswer, bool) {
	if f.Lane.LeaseEnd.IsZero() {
		return ArmAnswer{}, false // one daemon, no leases
	}
	if f.Epoch != f.Lane.Epoch {
		return ArmAnswer{Outcome: Drop, Code: ReasonLane, Text: "the lane is another daemon's"}, true
	}
	if !f.Now.Before(f.Lane.LeaseEnd.Add(-LeaseMargin)) {
		return ArmAnswer{Outcome: Drop, Code: ReasonLane, Text: "the lane's lease ends"}, true
	}
	return ArmAnswer{}, false
}

// LeaseMargin is how long before a lease's end nothing more is armed under it.
const LeaseMargin = 2 * time.Second

// sendWithin is how long after arming the first byte may leave.
const sendWithin = 10 * time.Second

// SendBy is until when the first byte of an attempt armed now may leave.
func SendBy(f ArmFacts) time.Time {
	times := []time.Time{f.Now.Add(sendWithin), f.Delivery.Latest}
	if t, ok := f.Campaign.Takeovers[f.Delivery.Takeover]; ok {
		times = append(times, t.To)
	}
	if !f.Lane.LeaseEnd.IsZero() {
		times = append(times, f.Lane.LeaseEnd.Add(-LeaseMargin))
	}
	return slices.MinFunc(times, time.Time.Compare)
}
