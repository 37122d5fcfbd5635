package campaign

import (
	"fmt"
	"slices"
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
	Plan     *Plan    // nil where the plan is gone
	Content  *Content // nil where it cannot be read
	Twins    []Twin   // others of the account with the same fingerprint
	// Repeat marks a second call under the key of an attempt in doubt.
	Repeat bool
	// Media tells what is wrong with the stored media; "" is fine.
	Media string
}

// Twin is what check 6 needs of another delivery of the account.
type Twin struct {
	ID     DeliveryID
	State  State
	Series string
	Repeat bool
	At     time.Time // when it became public, or its due time
}

// TwinSpan is how far apart two equal posts of an account must be. Source: platforms.md §0.4.
const TwinSpan = 24 * time.Hour

// RestartSpacing is the least distance between posts that are more than
// OnTime late, so that an outage does not end in a burst.
const RestartSpacing = time.Minute

// OnTime is how late a post may be without being called late.
const OnTime = 2 * time.Minute

// Outcome of the checks before arming.
type Outcome uint8

const (
	Drop   Outcome = iota // the claim is dropped; nothing changes
	Go                    // arm it
	Stay                  // try again at Until
	Park                  // waits for a deed, not for a time
	Miss                  // its latest time passed
	Cancel                // may not go any more
	Ask                   // a person must decide
)

// ArmAnswer is what the checks decided, and why.
type ArmAnswer struct {
	Outcome Outcome
	Check   int // number of the check that decided, as reliability.md §2 counts; 0 for Go
	Code    string
	Text    string
	Until   time.Time // for Stay
}

// MayArm runs the checks of arming in their order and returns the first that
// decides. Its callers read every fact in the same transaction that arms.
func MayArm(f ArmFacts) ArmAnswer {
	for i, check := range armChecks {
		if a, decided := check(f); decided {
			a.Check = i + 1
			return lateOf(f, a)
		}
	}
	return ArmAnswer{Outcome: Go}
}

// armChecks are numbered from 1 by their place; reliability.md §2 and docs/ARCHITECTURE.md hold the table.
var armChecks = [...]func(ArmFacts) (ArmAnswer, bool){
	checkState, checkSwitches, checkApproval, checkGrant, checkTime, checkTwin, checkBudget, checkLane,
}

// lateOf turns a "stays" into a "missed" once the latest time has passed.
func lateOf(f ArmFacts, a ArmAnswer) ArmAnswer {
	if (a.Outcome == Stay || a.Outcome == Park) && f.Now.After(f.Delivery.Latest) {
		a.Outcome = Miss
	}
	if a.Outcome == Stay && a.Until.After(f.Delivery.Latest) {
		a.Until = f.Delivery.Latest.Add(time.Millisecond) // come back to be missed, aloud
	}
	return a
}

func checkState(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	want := Scheduled
	if f.Repeat {
		want = InDoubt
	}
	if d.State != want || d.Parked {
		return ArmAnswer{Outcome: Drop, Code: string(d.State)}, true
	}
	if !f.Repeat && (f.Plan == nil || f.Plan.Withdrawn) {
		return ArmAnswer{Outcome: Cancel, Code: ReasonRemoved, Text: "its plan was withdrawn"}, true
	}
	return ArmAnswer{}, false
}

func checkSwitches(f ArmFacts) (ArmAnswer, bool) {
	if c, r, ok := f.Switches.Stopped(); ok {
		return ArmAnswer{Outcome: Stay, Code: ReasonStopped, Text: string(c) + ": " + r.Reason, Until: f.Now.Add(OnTime)}, true
	}
	if h, ok := f.Switches.HoldOn(f.Delivery); ok {
		return ArmAnswer{Outcome: Park, Code: ReasonHeld, Text: h.Scope.String() + " is held by " + string(h.By)}, true
	}
	if r, ok := f.Switches.LaneHolds[f.Delivery.Lane]; ok {
		return ArmAnswer{Outcome: Stay, Code: ReasonLane, Text: r.Reason, Until: f.Now.Add(OnTime)}, true
	}
	if f.Campaign.Channels[f.Delivery.Channel].Paused {
		return ArmAnswer{Outcome: Stay, Code: ReasonHeld, Text: "the channel is paused", Until: f.Now.Add(OnTime)}, true
	}
	return ArmAnswer{}, false
}

func checkApproval(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	if f.Content == nil {
		return ArmAnswer{Outcome: Park, Code: ReasonHash, Text: "its content cannot be read"}, true
	}
	if d.WaitFor == "live" && !d.Live {
		return ArmAnswer{Outcome: Park, Code: ReasonWaitsLive, Text: "waits until somebody says that it is live"}, true
	}
	if err := f.Content.Filled(); err != nil {
		return ArmAnswer{Outcome: Park, Code: ReasonWaitsValue, Text: err.Error()}, true
	}
	hash := ApprovalHash(*f.Content, d.Terms())
	if hash != d.Wants || f.Content.Digest() != d.Content {
		return ArmAnswer{Outcome: Park, Code: ReasonHash, Text: "what would leave is not what was approved"}, true
	}
	if !d.Approved(f.Campaign.Policies.Approvals) {
		return ArmAnswer{Outcome: Park, Code: ReasonNoApproval, Text: "its approval is missing"}, true
	}
	if f.Media != "" {
		return ArmAnswer{Outcome: Park, Code: ReasonMedia, Text: f.Media}, true
	}
	return ArmAnswer{}, false
}

func checkGrant(f ArmFacts) (ArmAnswer, bool) {
	d, c := f.Delivery, f.Campaign
	cancel := func(code, text string) (ArmAnswer, bool) {
		return ArmAnswer{Outcome: Cancel, Code: code, Text: text}, true
	}
	t, ok := c.Takeovers[d.Takeover]
	switch {
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
	if c.Policies.Consent == Required {
		for _, ref := range d.Consents {
			if con, ok := c.Consents[ref]; !ok || !con.Holds(f.Now) {
				return cancel(ReasonConsent, "consent "+ref+" no longer holds")
			}
		}
	}
	return ArmAnswer{}, false
}

func checkTime(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	switch {
	case f.Now.After(d.Latest):
		return ArmAnswer{Outcome: Miss, Code: ReasonTooLate, Text: "its latest time passed"}, true
	case f.Now.Before(d.Due) && d.Part == 0:
		return ArmAnswer{Outcome: Stay, Code: ReasonApproved, Until: d.Due}, true
	}
	loc := f.Campaign.Location()
	for _, h := range f.Campaign.Takeovers[d.Takeover].NoPost {
		if h.Contains(f.Now.In(loc)) {
			return ArmAnswer{Outcome: Stay, Code: ReasonNoPost, Text: "it is in the window's no-post hours", Until: endOf(h, f.Now.In(loc))}, true
		}
	}
	return ArmAnswer{}, false
}

// endOf is when the hours that contain local end.
func endOf(h HourRange, local time.Time) time.Time {
	y, m, day := local.Date()
	end := time.Date(y, m, day, h.Until/60, h.Until%60, 0, 0, local.Location())
	if !end.After(local) {
		end = time.Date(y, m, day+1, h.Until/60, h.Until%60, 0, 0, local.Location())
	}
	return end
}

// checkTwin is check 6: a twin that is unsettled makes it stay, one that is public asks a person.
func checkTwin(f ArmFacts) (ArmAnswer, bool) {
	d := f.Delivery
	if f.Repeat || d.Part > 0 || d.TwinCleared {
		return ArmAnswer{}, false
	}
	for _, t := range f.Twins {
		if t.ID == d.ID || meant(d, t) {
			continue
		}
		switch t.State {
		case Armed, InDoubt, NeedsHuman:
			return ArmAnswer{Outcome: Stay, Code: ReasonTwinPending, Text: "the same text is being settled as " + string(t.ID), Until: f.Now.Add(15 * time.Second)}, true
		case Unresolved, Published:
			if f.Now.Sub(t.At).Abs() < TwinSpan {
				return ArmAnswer{Outcome: Ask, Code: ReasonTwin, Text: "the same text went out on this account as " + string(t.ID)}, true
			}
		}
	}
	return ArmAnswer{}, false
}

// meant tells whether two equal posts were asked for: occurrences of one
// series, or both marked as repeats.
func meant(d *Delivery, t Twin) bool {
	return (d.Series != "" && d.Series == t.Series) || (d.Repeat && t.Repeat)
}

func checkBudget(f ArmFacts) (ArmAnswer, bool) {
	d, l := f.Delivery, f.Lane
	if f.Now.Before(l.RateUntil) {
		return ArmAnswer{Outcome: Stay, Code: ReasonRate, Text: "the platform asked us to wait", Until: l.RateUntil}, true
	}
	if d.Part > 0 || f.Repeat {
		return ArmAnswer{}, false // the post was counted with its first part
	}
	ch := f.Campaign.Channels[d.Channel]
	gap := ch.MinGap
	if f.Now.Sub(d.RunAt()) > OnTime || f.Now.Sub(d.Due) > OnTime {
		gap = max(gap, RestartSpacing)
	}
	if next := l.LastAt.Add(gap); gap > 0 && !l.LastAt.IsZero() && f.Now.Before(next) {
		return ArmAnswer{Outcome: Stay, Code: ReasonGap, Text: "the account's posts keep a distance", Until: next}, true
	}
	day := f.Now.In(f.Campaign.Location())
	limits := []struct {
		limit int
		key   string
	}{
		{ch.DailyLimit, TallyKey(d.Channel, "", day)},
		{f.Campaign.Takeovers[d.Takeover].DailyLimit, TallyKey(d.Channel, d.Takeover, day)},
	}
	for _, q := range limits {
		if q.limit > 0 && l.Tally[q.key] >= q.limit {
			y, m, dd := day.Date()
			return ArmAnswer{Outcome: Stay, Code: ReasonQuota, Text: fmt.Sprintf("%d posts a day are allowed and were sent", q.limit),
				Until: time.Date(y, m, dd+1, 0, 0, 0, 0, day.Location())}, true
		}
	}
	return ArmAnswer{}, false
}

func checkLane(f ArmFacts) (ArmAnswer, bool) {
	if !f.Lane.LeaseEnd.IsZero() && !f.Now.Before(f.Lane.LeaseEnd.Add(-LeaseMargin)) {
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
	times := []time.Time{f.Now.Add(sendWithin), f.Delivery.Latest, f.Campaign.Takeovers[f.Delivery.Takeover].To}
	if !f.Lane.LeaseEnd.IsZero() {
		times = append(times, f.Lane.LeaseEnd.Add(-LeaseMargin))
	}
	return slices.MinFunc(times, time.Time.Compare)
}

// TallyKey names a counter of LaneState.Tally for a local day.
func TallyKey(ch ChannelID, t TakeoverID, local time.Time) string {
	if t == "" {
		return string(ch) + "/" + local.Format("2006-01-02")
	}
	return string(ch) + "/" + string(t) + "/" + local.Format("2006-01-02")
}

// Count notes that a delivery's first part was armed, and forgets old days.
func (l *LaneState) Count(d *Delivery, now time.Time, home *time.Location) {
	local := now.In(home)
	l.LastAt = now
	kept := map[string]int{}
	today, yesterday := local.Format("2006-01-02"), local.AddDate(0, 0, -1).Format("2006-01-02")
	for k, n := range l.Tally {
		if day := k[len(k)-len(today):]; day == today || day == yesterday {
			kept[k] = n
		}
	}
	kept[TallyKey(d.Channel, "", local)]++
	kept[TallyKey(d.Channel, d.Takeover, local)]++
	l.Tally = kept
}
