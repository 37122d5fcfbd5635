package desk

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// When is an instant as people read it, with its zone:
// "Fri 18 Dec 2026 09:00 Europe/Brussels (+01:00)".
func When(at time.Time, loc *time.Location) string {
	local := at.In(loc)
	layout := "Mon 2 Jan 2006 15:04"
	if local.Second() != 0 {
		layout = "Mon 2 Jan 2006 15:04:05"
	}
	return fmt.Sprintf("%s %s (%s)", local.Format(layout), loc, local.Format("-07:00"))
}

// sentence says why, and what comes next. In both {text} is the reason's own
// text, {due}, {latest}, {next} and {since} are times, {channel} the channel.
type sentence struct{ why, next string }

// byReason has one sentence for each code of a reason; bySpot those that read
// otherwise in some state, byState what is left when a code is unknown.
var byReason = map[string]sentence{
	campaign.ReasonPlanned:     {"It has its time and waits for approval.", "Somebody who may approve says yes before {latest}; else it is missed."},
	campaign.ReasonApproved:    {"It is approved and leaves at its time.", "It goes out {next} by itself."},
	campaign.ReasonUnapproved:  {"Its approval was taken back: {text}.", "Somebody who may approve looks at it again before {latest}."},
	campaign.ReasonChanged:     {"It was changed after its approval.", "Somebody who may approve looks at the new text before {latest}."},
	campaign.ReasonWithdrawn:   {"It was withdrawn: {text}.", "Nothing; change and submit it again if it should go out after all."},
	campaign.ReasonRemoved:     {"The newest version of its plan does not contain it.", "Nothing; it comes back if a later version contains it again."},
	campaign.ReasonOrganizer:   {"An organizer cancelled it: {text}.", "Nothing; an organizer can give it a new time."},
	campaign.ReasonConsent:     {"A consent it needs was withdrawn or has ended: {text}.", "Use other words or another picture, then submit it again."},
	campaign.ReasonGrant:       {"Its window does not allow it: {text}.", "Ask an organizer about the window, then submit it again."},
	campaign.ReasonNoApproval:  {"Its time has come, but its approval is missing.", "Somebody who may approve says yes before {latest}; else it is missed."},
	campaign.ReasonTooLate:     {"Its latest time, {latest}, passed: {text}.", "An organizer can give it a new time."},
	campaign.ReasonSkipLate:    {"It was late when publishing went on, and was skipped.", "An organizer can give it a new time."},
	campaign.ReasonAskLate:     {"It is late: {text}.", "An organizer decides before {latest}: send it, give it a new time, or cancel it."},
	campaign.ReasonArmed:       {"It is being sent at this moment.", "The answer of {channel} decides; it cannot be changed now."},
	campaign.ReasonPublished:   {"It is published; {channel} confirmed it.", "Nothing."},
	campaign.ReasonFound:       {"It is published; the answer was lost and we found it on {channel}.", "Nothing."},
	campaign.ReasonPerson:      {"A person decided: {text}.", "Nothing."},
	campaign.ReasonRefused:     {"{channel} refused it, and nothing is public: {text}.", "Mend what was refused and submit it again, or give it a new time."},
	campaign.ReasonDuplicate:   {"{channel} refused it because somebody else's post says the same, and ours is not public.", "Change the text and submit it again."},
	campaign.ReasonNotSent:     {"It could not be sent, and certainly nothing is public: {text}.", "It is tried again {next} by itself."},
	campaign.ReasonGate:        {"It was about to be sent and was taken back in time: {text}.", "It is tried again {next} by itself, unless it is stopped."},
	campaign.ReasonNextPart:    {"A part of it is published; the next part follows.", "The next part goes out {next} by itself."},
	campaign.ReasonDoubt:       {"It was sent and no usable answer came, so it may or may not be public: {text}.", "We look on {channel} again {check}."},
	campaign.ReasonCrash:       {"The program ended while it was being sent, so it may or may not be public.", "We look on {channel} again {check}."},
	campaign.ReasonAbsent:      {"We looked, and it is not on {channel}.", "It is sent again {next} by itself."},
	campaign.ReasonCannotTell:  {"It was sent, no answer came, and {channel} cannot be asked whether it is there: {text}.", "Please look at {channel} and decide: it is there, it is not there, or give up."},
	campaign.ReasonTouched:     {"It is not on {channel} now, but somebody stopped or changed it meanwhile: {text}.", "Please decide whether it shall be sent: it is there, send it, or give up."},
	campaign.ReasonTwin:        {"The same text is, or may be, on this account already: {text}.", "Please decide: send it all the same, or give it up."},
	campaign.ReasonTwinPending: {"The same text is being settled on this account: {text}.", "It goes on by itself when that is settled."},
	campaign.ReasonStopped:     {"Publishing is stopped: {text}.", "An organizer resumes publishing before {latest}; else it is missed."},
	campaign.ReasonHeld:        {"It is paused: {text}.", "Somebody who may release it does so before {latest}; else it is missed."},
	campaign.ReasonLeft:        {"It is paused: {text}.", "An organizer releases or cancels it before {latest}; else it is missed."},
	campaign.ReasonWaitsLive:   {"It waits until the event is live.", "Somebody says that it is live before {latest}; else it is missed."},
	campaign.ReasonWaitsValue:  {"It waits for a value of its text: {text}.", "Its lead fills the value in before {latest}; else it is missed."},
	campaign.ReasonHash:        {"What would go out is not what was approved, or cannot be read: {text}.", "Submit its plan again and approve it before {latest}; else it is missed."},
	campaign.ReasonNoPost:      {"Its time lies in hours in which nothing goes out.", "It goes out {next} by itself."},
	campaign.ReasonGap:         {"The posts of an account keep a distance: {text}.", "It goes out {next} by itself."},
	campaign.ReasonQuota:       {"The day's number of posts is used up: {text}.", "It goes out {next} by itself, if that is before {latest}."},
	campaign.ReasonRate:        {"{channel} asked us to wait.", "It is tried again {next} by itself."},
	campaign.ReasonLane:        {"The account of {channel} is held: {text}.", "Whoever looks after the account mends it and resumes {channel} before {latest}."},
	campaign.ReasonRestPartial: {"A part of it is published; the rest will not come: {text}.", "Look whether what is public can stay as it is."},
	campaign.ReasonMedia:       {"A picture of it is missing or damaged: {text}.", "Submit the plan with the picture again before {latest}."},
	campaign.ReasonRestored:    {"The store was put back from a copy, and this may have gone out before: {text}.", "Please look at {channel} and decide: it is there, it is not there, or give up."},
	campaign.ReasonHandedOver:  {"A person has its text and files, and publishes it by hand.", "That person posts it and pastes the link."},
}

type spot struct {
	state campaign.State
	code  string
}

var bySpot = map[spot]sentence{
	{campaign.Planned, campaign.ReasonHeld}:          {"It is paused: {text}. It also waits for approval.", "Somebody releases it and somebody approves it before {latest}; else it is missed."},
	{campaign.Scheduled, campaign.ReasonPerson}:      {"A person looked and decided to send it: {text}.", "It goes out {next} by itself."},
	{campaign.Published, campaign.ReasonPerson}:      {"A person looked and found it published.", "Nothing."},
	{campaign.Unresolved, campaign.ReasonPerson}:     {"Nobody could find out whether it is public; a person gave up looking: {text}.", "It may be public; look at {channel} once more if it matters."},
	{campaign.Scheduled, campaign.ReasonChanged}:     {"It is not what its plan says now: {text}.", "Submit its plan again, cancel it, or let it be missed after {latest}."},
	{campaign.Missed, campaign.ReasonNoApproval}:     {"Nobody approved it before its latest time, {latest}.", "An organizer can give it a new time."},
	{campaign.Missed, campaign.ReasonPlanned}:        {"Nobody approved it before its latest time, {latest}.", "An organizer can give it a new time."},
	{campaign.InDoubt, campaign.ReasonArmed}:         {"It was sent and no answer came yet.", "We look on {channel} again {check}."},
	{campaign.InDoubt, campaign.ReasonGate}:          {"It was sent before and no usable answer came; sending it again was called off.", "We look on {channel} again {check}."},
	{campaign.InDoubt, campaign.ReasonNotSent}:       {"It was sent before and no usable answer came; sending it again failed: {text}.", "We look on {channel} again {check}."},
	{campaign.InDoubt, campaign.ReasonHandedOver}:    {"A person has its text and files; nobody said yet whether it is posted.", "That person posts it and pastes the link."},
	{campaign.NeedsHuman, campaign.ReasonHandedOver}: {"A person has its text and files, and publishes it by hand.", "Please post it by hand and paste the link, or say that it is not posted."},
	{campaign.NeedsHuman, campaign.ReasonDoubt}:      {"It was sent and no usable answer came, and we cannot find out whether it is public: {text}.", "Please look at {channel} and decide: it is there, it is not there, or give up."},
	{campaign.NeedsHuman, campaign.ReasonTooLate}:    {"It is not on {channel}, and its latest time, {latest}, has passed.", "Please decide: it is there after all, it is not there, or give up."},
	{campaign.Planned, campaign.ReasonTooLate}:       {"Its latest time, {latest}, has passed.", "It is marked as missed."},
	{campaign.Cancelled, campaign.ReasonWithdrawn}:   {"Its author withdrew it: {text}.", "Nothing; change and submit it again if it should go out after all."},
	{campaign.Missed, campaign.ReasonTooLate}:        {"Its latest time, {latest}, passed before its turn came, or while nothing ran.", "An organizer can give it a new time."},
	{campaign.Missed, campaign.ReasonStopped}:        {"Publishing was stopped until after its latest time, {latest}.", "An organizer can give it a new time."},
	{campaign.Missed, campaign.ReasonHeld}:           {"It was paused until after its latest time, {latest}.", "An organizer can give it a new time."},
	{campaign.Rejected, campaign.ReasonPerson}:       {"A person found that it was refused: {text}.", "Mend it and submit it again."},
}

// byState is what can be said of a state alone. A reason that no sentence of
// its own fits in an end state still ends with what to do there.
var byState = map[campaign.State]sentence{
	campaign.Planned:    {"It waits for approval.", "Somebody who may approve says yes before {latest}; else it is missed."},
	campaign.Scheduled:  {"It is approved.", "It goes out {next} by itself."},
	campaign.Armed:      {"It is being sent at this moment.", "The answer of {channel} decides; it cannot be changed now."},
	campaign.InDoubt:    {"It may or may not be public.", "We look on {channel} again {check}."},
	campaign.NeedsHuman: {"It cannot be found out by us.", "Please look at {channel} and decide: it is there, it is not there, or give up."},
	campaign.Published:  {"It is published.", "Nothing."},
	campaign.Rejected:   {"{channel} refused it, and nothing is public.", "Mend what was refused and submit it again, or give it a new time."},
	campaign.Missed:     {"Its latest time, {latest}, passed before it could go out.", "An organizer can give it a new time."},
	campaign.Cancelled:  {"It was cancelled.", "Nothing; it can be given a new time or be submitted again."},
	campaign.Unresolved: {"It may be public; nobody could find out.", "Look at {channel} once more if it matters."},
}

// Explanation says why a delivery is where it is, and what moves it on, before
// that is put into a language. The zero Explanation says nothing.
type Explanation struct {
	before string // stands before why; mostly ""
	said   sentence
	reason campaign.Reason
	of     campaign.Delivery
}

// In is the explanation in a reader's language: word translates one of
// Sentences, without filling it in, and when writes an instant.
func (e Explanation) In(word func(english string) string, when func(time.Time) string) (why, next string) {
	why = e.fill(e.said.why, word, when)
	if e.before != "" {
		why = e.fill(e.before, word, when) + " " + why
	}
	return why, e.fill(e.said.next, word, when)
}

// in is the explanation in English, with the times of a zone.
func (e Explanation) in(loc *time.Location) (why, next string) {
	return e.In(func(english string) string { return english }, func(at time.Time) string { return When(at, loc) })
}

// Explain says in one plain sentence why the delivery is where it is, and in
// another what moves it on. What pauses it now (no code: nothing) comes first.
func Explain(d *campaign.Delivery, paused campaign.Reason, loc *time.Location) (why, next string) {
	return explain(d, paused).in(loc)
}

func explain(d *campaign.Delivery, paused campaign.Reason) Explanation {
	reason := d.Reason
	if paused.Code != "" {
		reason = paused
	}
	return explainAs(d.State, d, reason)
}

// passed stands before why something did not go out while it still could.
const passed = "Its latest time, {latest}, passed. Until then:"

// explainAs explains a delivery as if it were in the state, for the reason.
func explainAs(s campaign.State, d *campaign.Delivery, reason campaign.Reason) Explanation {
	e := Explanation{said: pickSentence(s, reason.Code), of: *d}
	_, own := bySpot[spot{s, reason.Code}]
	if s == campaign.NeedsHuman || s.End() {
		// Whatever led there: a person decides, or nothing more happens.
		if !own && !ends(reason.Code, s) {
			e.said.next = byState[s].next
		}
	}
	if before, late := strings.CutPrefix(reason.Text, scheduler.Before); late {
		reason.Text = before
		if s == campaign.Missed && !own {
			e.before = passed
		}
	}
	e.reason = reason
	return e
}

// Sentences are all that an Explanation of a delivery is made of, in English
// and before they are filled in, in no order.
func Sentences() []string {
	all := map[string]bool{passed: true, minutes: true}
	for _, said := range slices.Concat(slices.Collect(maps.Values(byReason)), slices.Collect(maps.Values(bySpot)), slices.Collect(maps.Values(byState))) {
		all[said.why], all[said.next] = true, true
	}
	return slices.Collect(maps.Keys(all))
}

func pickSentence(s campaign.State, code string) sentence {
	if said, ok := bySpot[spot{s, code}]; ok {
		return said
	}
	if said, ok := byReason[code]; ok {
		return said
	}
	return byState[s]
}

// ends tells whether the code's own next step fits the state.
func ends(code string, s campaign.State) bool {
	switch code {
	case campaign.ReasonPublished, campaign.ReasonFound, campaign.ReasonRestPartial:
		return s == campaign.Published
	case campaign.ReasonRefused, campaign.ReasonDuplicate:
		return s == campaign.Rejected
	case campaign.ReasonWithdrawn, campaign.ReasonRemoved, campaign.ReasonOrganizer, campaign.ReasonConsent, campaign.ReasonGrant:
		return s == campaign.Cancelled
	case campaign.ReasonTooLate, campaign.ReasonSkipLate:
		return s == campaign.Missed
	case campaign.ReasonCannotTell, campaign.ReasonTouched, campaign.ReasonTwin, campaign.ReasonRestored:
		return s == campaign.NeedsHuman
	}
	return false
}

// byFate says what one attempt came to, and what follows from that alone; "" is
// the fate of one that has no result yet.
var byFate = map[string]sentence{
	"":                        {"It is under way, or the program ended before its answer came.", "Its answer counts; where none comes, we look on {channel}."},
	scheduler.FatePublished:   {"{channel} confirmed it: it is public.", "Nothing."},
	channels.NotSent.String(): {"Certainly nothing of it became public: {text}.", "It may be sent again."},
	channels.Refused.String(): {"{channel} refused it for good, and nothing of it became public: {text}.", "The same is not sent again."},
	channels.InDoubt.String(): {"No usable answer came, so it may be public: {text}.", "Nothing is sent again before we have looked on {channel}, or a person has."},
}

// explainTry says what the attempt of a delivery came to, and what follows.
func explainTry(a *campaign.Attempt, d *campaign.Delivery, loc *time.Location) (why, next string) {
	return Explanation{said: byFate[a.Fate], reason: campaign.Reason{Text: a.Reason}, of: *d}.in(loc)
}

// noText is where a reason without a text of its own leaves no colon behind, in
// whatever language and between whatever marks of direction.
var noText = regexp.MustCompile(`[ \x{a0}]?: \x{2068}?\{text\}\x{2069}?`)

// minutes stands for the time of a look that is not set yet.
const minutes = "within minutes"

// fill puts the delivery into a sentence.
func (e Explanation) fill(t string, word func(string) string, when func(time.Time) string) string {
	d, text := &e.of, strings.TrimRight(strings.TrimSpace(e.reason.Text), ".:")
	t = word(t)
	if text == "" {
		t = noText.ReplaceAllString(t, "")
	}
	check := word(minutes)
	if !d.CheckAt.IsZero() {
		check = when(d.CheckAt)
	}
	return strings.NewReplacer(
		"{text}", text,
		"{due}", when(d.Due),
		"{latest}", when(d.Latest),
		"{next}", when(d.RunAt()),
		"{check}", check,
		"{channel}", string(d.Channel),
	).Replace(t)
}
