package campaign

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// arrow is a change of state.
type arrow struct{ from, to State }

// lifeTable is the table of reliability.md §1, written from that page and not
// from the code.
var lifeTable = map[arrow]bool{
	{"", Planned}:            true,
	{Planned, Scheduled}:     true,
	{Planned, Missed}:        true,
	{Planned, Cancelled}:     true,
	{Scheduled, Cancelled}:   true,
	{Scheduled, Armed}:       true,
	{Scheduled, Missed}:      true,
	{Scheduled, Planned}:     true,
	{Scheduled, NeedsHuman}:  true,
	{Scheduled, Published}:   true,
	{Armed, Published}:       true,
	{Armed, Rejected}:        true,
	{Armed, Scheduled}:       true,
	{Armed, InDoubt}:         true,
	{InDoubt, Published}:     true,
	{InDoubt, Rejected}:      true,
	{InDoubt, Armed}:         true,
	{InDoubt, Scheduled}:     true,
	{InDoubt, NeedsHuman}:    true,
	{NeedsHuman, Published}:  true,
	{NeedsHuman, Scheduled}:  true,
	{NeedsHuman, Unresolved}: true,
	{Cancelled, Planned}:     true,

	// Beyond that page: what was taken back as not sent answers as if it had left;
	// and what may have gone out before the store was put back.
	{Planned, NeedsHuman}:   true,
	{Missed, NeedsHuman}:    true,
	{Cancelled, NeedsHuman}: true,
}

var testNow = time.Date(2026, 12, 18, 8, 0, 0, 0, time.UTC)

// deed is one call of a method of Delivery with arguments that pick chose.
type deed struct {
	name string
	do   func(d *Delivery, w *walk) error
}

// walk is a random life; pick(n) chooses from 0..n-1.
type walk struct {
	pick func(n int) int
	now  time.Time
}

func (w *walk) yes() bool { return w.pick(2) == 0 }

// attempt is mostly the latest one, sometimes an older one.
func (w *walk) attempt(d *Delivery) int { return d.Attempt - w.pick(4)/3 }

func (w *walk) hash() Digest { return Digest(fmt.Sprint(w.pick(4) / 3)) }

func (w *walk) planned(d *Delivery) Delivery {
	due := testNow.Add(time.Duration(w.pick(3)) * time.Hour)
	return Delivery{ID: d.ID, Wants: w.hash(), Fingerprint: fmt.Sprint(w.pick(2)), Due: due, Latest: due.Add(4 * time.Hour), Author: "a@x"}
}

func (w *walk) code() string { return []string{ReasonRefused, ReasonDuplicate}[w.pick(2)] }

var deeds = []deed{
	{"BeginPlanned", func(d *Delivery, w *walk) error { return d.BeginPlanned(w.now) }},
	{"Approve", func(d *Delivery, w *walk) error {
		return d.Approve(Approval{By: PersonID(fmt.Sprint(w.pick(3))), Hash: w.hash()}, 1+w.pick(2), w.now)
	}},
	{"TakeBack", func(d *Delivery, w *walk) error { return d.TakeBack("", w.now) }},
	{"Change", func(d *Delivery, w *walk) error { return d.Change(w.planned(d), w.now) }},
	{"Replant", func(d *Delivery, w *walk) error { return d.Replant(w.planned(d), w.now) }},
	{"Miss", func(d *Delivery, w *walk) error { return d.Miss(ReasonTooLate, "", w.now) }},
	{"Cancel", func(d *Delivery, w *walk) error { return d.Cancel(ReasonWithdrawn, "", w.now) }},
	{"GiveUpRest", func(d *Delivery, w *walk) error { return d.GiveUpRest("late", w.now) }},
	{"Arm", func(d *Delivery, w *walk) error { return d.Arm(w.now) }},
	{"Receive", func(d *Delivery, w *walk) error {
		return d.Receive(w.attempt(d), Receipt{RemoteID: "1"}, 1+w.pick(3), w.now)
	}},
	{"Refuse", func(d *Delivery, w *walk) error { return d.Refuse(w.attempt(d), w.code(), "", w.now) }},
	{"PutBack", func(d *Delivery, w *walk) error {
		return d.PutBack(w.attempt(d), w.yes(), ReasonNotSent, "", w.now, w.now)
	}},
	{"Doubt", func(d *Delivery, w *walk) error { return d.Doubt(w.attempt(d), ReasonDoubt, "", w.now, w.now) }},
	{"LookAgain", func(d *Delivery, w *walk) error { return d.LookAgain(w.yes(), w.now) }},
	{"Absent", func(d *Delivery, w *walk) error { return d.Absent(w.now) }},
	{"NeedPerson", func(d *Delivery, w *walk) error { return d.NeedPerson(ReasonCannotTell, "", w.now) }},
	{"AskTwin", func(d *Delivery, w *walk) error { return d.AskTwin("d_twin", "", w.now) }},
	{"Contradict", func(d *Delivery, w *walk) error { return d.Contradict(w.attempt(d), "", w.now) }},
	{"Suspect", func(d *Delivery, w *walk) error { return d.Suspect("", w.now) }},
	{"DecidePublished", func(d *Delivery, w *walk) error { return d.DecidePublished(Receipt{RemoteID: "2"}, w.now) }},
	{"DecideSend", func(d *Delivery, w *walk) error { return d.DecideSend(w.now) }},
	{"DecideGiveUp", func(d *Delivery, w *walk) error { return d.DecideGiveUp("", w.now) }},
	{"TakeDown", func(d *Delivery, w *walk) error { return d.TakeDown(w.pick(2), w.now) }},
	{"Park", func(d *Delivery, w *walk) error { return d.Park(ReasonHeld, "", w.now) }},
	{"Unpark", func(d *Delivery, w *walk) error { return d.Unpark(w.now, w.now) }},
	{"Wait", func(d *Delivery, w *walk) error { return d.Wait(ReasonGap, "", w.now, w.now) }},
	{"Touch", func(d *Delivery, w *walk) error {
		if w.pick(3) == 0 {
			d.Touch("stop")
		}
		return nil
	}},
	{"Outdate", func(d *Delivery, w *walk) error {
		if w.pick(3) == 0 {
			d.Outdate("edit")
		}
		return nil
	}},
	{"Apply", func(d *Delivery, w *walk) error {
		return d.Apply(ArmAnswer{Outcome: Outcome(w.pick(7)), Code: ReasonTwin, Twin: []DeliveryID{"", "d_twin"}[w.pick(2)]}, w.now)
	}},
}

// live lets a delivery live through steps deeds and checks each one.
func (w *walk) live(steps int, fail func(format string, args ...any), seen func(arrow)) {
	d := &Delivery{ID: "d_1", Wants: "0", Due: testNow, Latest: testNow.Add(4 * time.Hour), Author: "a@x"}
	w.now = testNow
	for range steps {
		w.now = w.now.Add(time.Duration(w.pick(20)) * time.Minute)
		deed := deeds[w.pick(len(deeds))]
		before := *d
		err := deed.do(d, w)
		if broken := check(&before, d, deed.name, err, w.now); broken != "" {
			fail("%s: %s\nbefore %+v\nafter  %+v", deed.name, broken, before, *d)
		}
		if before.State != d.State {
			seen(arrow{before.State, d.State})
		}
	}
}

// check names the rule that a deed broke, "" for none.
func check(before, after *Delivery, deed string, err error, now time.Time) string {
	a := arrow{before.State, after.State}
	moved := a.from != a.to
	switch {
	case err != nil && !reflect.DeepEqual(before, after):
		return "an error changed it"
	case moved && !lifeTable[a]:
		return fmt.Sprintf("%s → %s is not in the table", a.from, a.to)
	case after.Attempt < before.Attempt, len(after.Receipts) < len(before.Receipts) && deed != "Replant":
		return "evidence was lost"
	case after.Parked && after.State != Planned && after.State != Scheduled:
		return "parked outside of the queue"
	case after.Public() && (after.State == Missed || after.State == Cancelled || after.State == Rejected || after.State == Planned || after.State == Unresolved):
		return "what is public is shown as if it were not"
	case a == arrow{InDoubt, Scheduled} && (deed == "Absent") && (!now.Before(before.Latest) || before.Touched != ""):
		return "absent was sent again although late or touched"
	case a == arrow{InDoubt, Scheduled} && deed != "Absent" && deed != "Receive":
		return "only absence, or the receipt of one part, leads from doubt to the queue"
	case a == arrow{InDoubt, Armed} && before.Touched != "":
		return "a touched one was repeated"
	case before.State == Armed && before.Rearmed && moved && deed != "Receive" && after.State != InDoubt:
		return "a repeat without a receipt left the doubt"
	case a == arrow{Scheduled, NeedsHuman} && after.Twin == "" && deed != "Contradict" && deed != "Suspect":
		return "put before a person without a twin"
	case a.to == NeedsHuman && a.from.End() && before.Attempt == 0:
		return "what was never armed was put before a person"
	case a == arrow{Cancelled, Planned} && before.Attempt > 0:
		return "an armed one was planned again"
	case a.to == Scheduled && a.from == Planned && !after.Approved(1):
		return "scheduled without approval"
	case a.from == Scheduled && a.to == Armed && before.Stale:
		return "armed although its plan says something else"
	}
	return ""
}

func TestLifeHasOnlyTheTablesArrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }}
		w.live(60, t.Fatalf, func(arrow) {})
	})
}

func TestEveryArrowOfTheTableIsAMethod(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	reached := map[arrow]bool{}
	for n := 0; n < 200_000 && (n < 5000 || len(reached) < len(lifeTable)); n++ {
		w := &walk{pick: rng.IntN}
		w.live(60, t.Fatalf, func(a arrow) { reached[a] = true })
	}
	for a := range lifeTable {
		if !reached[a] {
			t.Errorf("%s → %s is in the table but no method leads there", a.from, a.to)
		}
	}
}

func TestEveryMethodThatMovesIsWalked(t *testing.T) {
	// Methods with a pointer receiver that return only an error move a delivery.
	walked := map[string]bool{}
	for _, d := range deeds {
		walked[d.name] = true
	}
	typ := reflect.TypeFor[*Delivery]()
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		if m.Type.NumOut() == 1 && m.Type.Out(0) == reflect.TypeFor[error]() && !walked[m.Name] {
			t.Errorf("Delivery.%s is not in the random walks", m.Name)
		}
	}
}

// in returns a delivery that came to the state by its methods.
func in(t *testing.T, s State, parts int) *Delivery {
	t.Helper()
	d := &Delivery{ID: "d_1", Wants: "h", Due: testNow, Latest: testNow.Add(4 * time.Hour), Author: "a@x", Fingerprint: "f"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if must(d.BeginPlanned(testNow)); s == Planned {
		return d
	}
	if must(d.Approve(Approval{By: "b@x", Hash: "h"}, 1, testNow)); s == Scheduled && parts == 0 {
		return d
	}
	must(d.Arm(testNow))
	for i := range parts {
		must(d.Receive(d.Attempt, Receipt{RemoteID: fmt.Sprint(i)}, parts+1, testNow))
		if s == Scheduled && i == parts-1 {
			return d
		}
		must(d.Arm(testNow))
	}
	if s == Armed {
		return d
	}
	if must(d.Doubt(d.Attempt, ReasonDoubt, "", testNow, testNow)); s == InDoubt {
		return d
	}
	must(d.NeedPerson(ReasonCannotTell, "", testNow))
	return d
}

func TestDecisionsOfOneRow(t *testing.T) {
	early, late := testNow.Add(time.Hour), testNow.Add(5*time.Hour)
	again := func(d *Delivery) { _ = d.Arm(early) } // from in_doubt: a repeat
	for _, tt := range []struct {
		name  string
		from  State
		parts int // that are public already
		do    func(d *Delivery) error
		want  State
		code  string
	}{
		{"missed without approval", Planned, 0, func(d *Delivery) error { return d.Miss(ReasonNoApproval, "", late) }, Missed, ReasonNoApproval},
		{"missed with a part out", Scheduled, 1, func(d *Delivery) error { return d.Miss(ReasonTooLate, "", late) }, Published, ReasonRestPartial},
		{"cancelled with a part out", Scheduled, 1, func(d *Delivery) error { return d.Cancel(ReasonWithdrawn, "", late) }, Published, ReasonRestPartial},
		{"refused", Armed, 0, func(d *Delivery) error { return d.Refuse(1, ReasonRefused, "no", early) }, Rejected, ReasonRefused},
		{"refused with a part out", Armed, 1, func(d *Delivery) error { return d.Refuse(2, ReasonRefused, "no", early) }, Published, ReasonRestPartial},
		{"proven another's", InDoubt, 0, func(d *Delivery) error { return d.Refuse(1, ReasonDuplicate, "", early) }, Rejected, ReasonDuplicate},
		{"a repeat refused", InDoubt, 0, func(d *Delivery) error { again(d); return d.Refuse(2, ReasonRefused, "", early) }, InDoubt, ReasonDoubt},
		{"a repeat not sent", InDoubt, 0, func(d *Delivery) error { again(d); return d.PutBack(2, false, ReasonGate, "", early, early) }, InDoubt, ReasonGate},
		{"a repeat answered", InDoubt, 0, func(d *Delivery) error { again(d); return d.Receive(2, Receipt{}, 1, early) }, Published, ReasonPublished},
		{"absent in time", InDoubt, 0, func(d *Delivery) error { return d.Absent(early) }, Scheduled, ReasonAbsent},
		{"absent at the latest time", InDoubt, 0, func(d *Delivery) error { return d.Absent(d.Latest) }, NeedsHuman, ReasonTooLate},
		{"absent and touched", InDoubt, 0, func(d *Delivery) error { d.Touch("hold"); return d.Absent(early) }, NeedsHuman, ReasonTouched},
		{"absent, touched while armed", Armed, 0, func(d *Delivery) error {
			d.Touch("stop")
			_ = d.Doubt(1, ReasonDoubt, "", early, early)
			return d.Absent(early)
		}, NeedsHuman, ReasonTouched},
		{"a later part absent and late", InDoubt, 1, func(d *Delivery) error { return d.Absent(late) }, Published, ReasonRestPartial},
		{"found", InDoubt, 0, func(d *Delivery) error { return d.Receive(1, Receipt{How: "read-back"}, 1, early) }, Published, ReasonFound},
		{"given up", NeedsHuman, 0, func(d *Delivery) error { return d.DecideGiveUp("", early) }, Unresolved, ReasonPerson},
		{"given up with a part out", NeedsHuman, 1, func(d *Delivery) error { return d.DecideGiveUp("", early) }, Published, ReasonRestPartial},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := in(t, tt.from, tt.parts)
			if err := tt.do(d); err != nil {
				t.Fatal(err)
			}
			if d.State != tt.want || d.Reason.Code != tt.code {
				t.Errorf("it is %s (%s), want %s (%s)", d.State, d.Reason.Code, tt.want, tt.code)
			}
			if d.Reason.Code == ReasonRestPartial && len(d.Warnings) == 0 {
				t.Error("no warning names what is missing")
			}
		})
	}
}

func TestForbiddenSteps(t *testing.T) {
	for _, tt := range []struct {
		name string
		from State
		do   func(d *Delivery) error
	}{
		{"refused while in doubt", InDoubt, func(d *Delivery) error { return d.Refuse(1, ReasonRefused, "", testNow) }},
		{"a person asked while scheduled, without a twin", Scheduled, func(d *Delivery) error { return d.NeedPerson(ReasonCannotTell, "", testNow) }},
		{"changed while armed", Armed, func(d *Delivery) error { return d.Change(*d, testNow) }},
		{"cancelled while in doubt", InDoubt, func(d *Delivery) error { return d.Cancel(ReasonWithdrawn, "", testNow) }},
		{"missed while a person decides", NeedsHuman, func(d *Delivery) error { return d.Miss(ReasonTooLate, "", testNow) }},
		{"rest given up while in doubt", InDoubt, func(d *Delivery) error { return d.GiveUpRest("", testNow) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var step *StepError
			if err := tt.do(in(t, tt.from, 0)); !errors.As(err, &step) {
				t.Errorf("got %v, want a StepError", err)
			}
		})
	}
}

// TestReadsCountInARow: absence is a matter of time, so only read-backs that
// worked one after the other since the latest call count.
func TestReadsCountInARow(t *testing.T) {
	d := in(t, InDoubt, 0)
	look := func(worked bool) {
		t.Helper()
		if err := d.LookAgain(worked, testNow); err != nil {
			t.Fatal(err)
		}
	}
	look(true)
	look(true)
	if d.Reads != 2 {
		t.Fatalf("%d reads", d.Reads)
	}
	if look(false); d.Reads != 0 || d.Failed != 1 {
		t.Errorf("after one that failed: %d reads, %d failed", d.Reads, d.Failed)
	}
	look(true)
	if err := d.Arm(testNow); err != nil {
		t.Fatal(err)
	}
	if err := d.Doubt(d.Attempt, ReasonDoubt, "", testNow, testNow); err != nil || d.Reads != 0 {
		t.Errorf("%v; reads of the call before count for the next: %d", err, d.Reads)
	}
}

func TestHeldIsNotArmed(t *testing.T) {
	d := in(t, Scheduled, 0)
	if err := d.Park(ReasonHeld, "", testNow); err != nil {
		t.Fatal(err)
	}
	if d.Arm(testNow) == nil {
		t.Error("armed although it is held")
	}
}

func TestOutdatedDoesNotGoByItself(t *testing.T) {
	d := in(t, Armed, 0)
	d.Outdate("edit")
	if err := d.PutBack(1, false, ReasonGate, "", testNow, testNow); err != nil || d.State != Scheduled {
		t.Fatalf("%v, %s", err, d.State)
	}
	if d.Arm(testNow) == nil {
		t.Fatal("armed although its plan says something else")
	}
	n := *d
	n.Wants = "new"
	if err := d.Change(n, testNow); err != nil || d.Stale || d.State != Planned {
		t.Errorf("after the change: %v, stale %v, %s", err, d.Stale, d.State)
	}
}

// plannedFields are what a plan says about a delivery; lifeFields are the rest.
var plannedFields = []string{"Takeover", "Mechanism", "Plan", "Post", "Kind", "Step", "Channel", "Lane", "Language",
	"Languages", "Occurrence", "Series", "Repeat", "Rule", "Due", "Latest", "Tolerance", "IfMissed", "WaitFor", "Anchor",
	"Content", "Fingerprint", "Wants", "Consents", "Author", "PlanRevision"}

var lifeFields = []string{"ID", "State", "Reason", "Approvals", "Parked", "NotBefore", "Live", "Attempt", "Part", "Parts",
	"Receipts", "Warnings", "ArmedAt", "Lateness", "Twin", "Cleared", "DoubtAt", "CheckAt", "Reads", "Failed", "Rearmed",
	"Before", "Touched", "Stale", "Revision"}

// TestNoFieldIsForgotten sorts every field: a new one must be put into one of
// the lists, and Change and Replant must then treat it as that list says.
func TestNoFieldIsForgotten(t *testing.T) {
	typ := reflect.TypeFor[Delivery]()
	if n := len(plannedFields) + len(lifeFields); n != typ.NumField() {
		t.Fatalf("%d of %d fields are sorted: put the new one into a list and into takePlanned if the plan says it", n, typ.NumField())
	}
	var old, next Delivery
	fill(reflect.ValueOf(&old).Elem(), 1)
	fill(reflect.ValueOf(&next).Elem(), 2)
	old.State, old.Receipts, next.ID = Planned, nil, old.ID

	changed := old
	if err := changed.Change(next, testNow); err != nil {
		t.Fatal(err)
	}
	forgets := map[string]bool{ // by what Change means to do
		"State": true, "Reason": true, "Approvals": true, "NotBefore": true, "Stale": true, "Cleared": true, "Twin": true, "Rearmed": true, "Before": true,
	}
	replanted := old
	replanted.State, replanted.Attempt = Cancelled, 0
	if err := replanted.Replant(next, testNow); err != nil {
		t.Fatal(err)
	}
	field := func(d Delivery, name string) any { return reflect.ValueOf(d).FieldByName(name).Interface() }
	for _, name := range plannedFields {
		for what, d := range map[string]Delivery{"Change": changed, "Replant": replanted} {
			if !reflect.DeepEqual(field(d, name), field(next, name)) {
				t.Errorf("%s does not take %s from the plan", what, name)
			}
		}
	}
	for _, name := range lifeFields {
		if !forgets[name] && !reflect.DeepEqual(field(changed, name), field(old, name)) {
			t.Errorf("Change loses %s", name)
		}
		switch name {
		case "ID", "Revision":
			if !reflect.DeepEqual(field(replanted, name), field(old, name)) {
				t.Errorf("Replant loses %s", name)
			}
		case "State", "Reason":
		default:
			if !reflect.ValueOf(replanted).FieldByName(name).IsZero() {
				t.Errorf("Replant keeps %s of a life that ended", name)
			}
		}
	}
}

func TestChangeWithinWhatWasApproved(t *testing.T) {
	d := in(t, Scheduled, 0)
	n := *d
	n.Author, n.Due, n.State = "b@x", d.Due.Add(time.Hour), ""
	if err := d.Change(n, testNow); err != nil {
		t.Fatal(err)
	}
	if d.State != Scheduled || len(d.Approvals) != 1 || d.Author != "a@x" {
		t.Errorf("state %s, %d approvals, author %s: want all as before", d.State, len(d.Approvals), d.Author)
	}
	if !d.Due.Equal(testNow.Add(time.Hour)) {
		t.Error("the new time was not taken")
	}
}

// TestBeforeIsWhatWasApproved: after several changes it is still what somebody
// approved, and the new approval ends it.
func TestBeforeIsWhatWasApproved(t *testing.T) {
	d := in(t, Planned, 0)
	d.Content = "first"
	change := func(content, wants Digest) {
		t.Helper()
		n := d.Clone()
		n.Content, n.Wants = content, wants
		if err := d.Change(n, testNow); err != nil {
			t.Fatal(err)
		}
	}
	approve := func() {
		t.Helper()
		if err := d.Approve(Approval{By: "b@x", Hash: d.Wants, At: testNow}, 1, testNow); err != nil {
			t.Fatal(err)
		}
	}
	change("second", "h2")
	if d.Before != nil {
		t.Errorf("nobody approved, yet before is %+v", d.Before)
	}
	approve()
	change("third", "h3")
	change("fourth", "h4")
	if d.Before == nil || d.Before.Content != "second" || d.Before.By != "b@x" {
		t.Errorf("before is %+v", d.Before)
	}
	if approve(); d.Before != nil {
		t.Errorf("approved, yet before is %+v", d.Before)
	}
}

func TestApprovals(t *testing.T) {
	two := Policies{Approvals: 2, TwoPerson: true}
	d := in(t, Planned, 0)
	for i, tt := range []struct {
		by    PersonID
		hash  Digest
		alone string
		at    time.Time
		ok    bool
		want  State
	}{
		{"b@x", "other", "", testNow, false, Planned},
		{"b@x", "h", "", testNow, true, Planned},
		{"b@x", "h", "", testNow, true, Planned}, // the same person again
		{"c@x", "h", "nobody is there", testNow.Add(-3 * time.Hour), false, Planned},
		{"c@x", "h", "", testNow, true, Scheduled},
	} {
		err := d.Approve(Approval{By: tt.by, Hash: tt.hash, Alone: tt.alone}, 2, tt.at)
		if (err == nil) != tt.ok || d.State != tt.want {
			t.Fatalf("step %d: %v, %s", i, err, d.State)
		}
	}
	if !d.ApprovedUnder(two) {
		t.Error("two different people are not enough")
	}
	d.Author = "c@x"
	if d.ApprovedUnder(two) {
		t.Error("the author's own approval counts under two_person")
	}
	d.Approvals[1].Alone = "the others are away"
	if !d.ApprovedUnder(two) {
		t.Error("one who approved alone with a reason is not enough")
	}
	twice := in(t, Scheduled, 0)
	twice.Approvals = []Approval{{By: "b@x", Hash: "h", At: testNow}, {By: "b@x", Hash: "h", At: testNow.Add(time.Hour)}}
	if twice.ApprovedUnder(two) {
		t.Error("one person's two approvals are two people")
	}
	guest := in(t, Scheduled, 0)
	guest.Approvals = []Approval{{By: "b@x", Hash: "h", At: testNow}, {By: "guest@x", Host: "b@x", Hash: "h", At: testNow}}
	if guest.ApprovedUnder(two) {
		t.Error("somebody and a guest of theirs are two people")
	}
	guest.Approvals, guest.Author = append(guest.Approvals, Approval{By: "c@x", Hash: "h"}), "b@x"
	if guest.ApprovedUnder(two) {
		t.Error("a guest of the author counts beside one other")
	}
	parked := in(t, Scheduled, 0)
	_ = parked.Park(ReasonNoApproval, "", testNow)
	if err := parked.Approve(Approval{By: "c@x", Hash: "h"}, 2, testNow); err != nil || parked.Parked {
		t.Errorf("a further approval does not free it: %v", err)
	}
}

// TestTwinQuestionOfADoubt: who is asked about a twin of what is in doubt hears
// of both, and the answer lifts check 6 for that twin alone.
func TestTwinQuestionOfADoubt(t *testing.T) {
	d := in(t, InDoubt, 0)
	if err := d.Apply(ArmAnswer{Outcome: Ask, Code: ReasonTwin, Text: "the same text went out as d_2", Twin: "d_2"}, testNow); err != nil {
		t.Fatal(err)
	}
	if text := d.Reason.Text; !strings.Contains(text, "d_2") || !strings.Contains(text, "not settled") {
		t.Errorf("the question does not name both: %q", text)
	}
	if err := d.DecideSend(testNow); err != nil {
		t.Fatal(err)
	}
	if text := d.Reason.Text; !strings.Contains(text, "d_2") || !strings.Contains(text, "never settled") || !slices.Equal(d.Cleared, []DeliveryID{"d_2"}) {
		t.Errorf("what was decided: %q, cleared %v", text, d.Cleared)
	}
	plain := in(t, Scheduled, 0)
	if err := errors.Join(plain.AskTwin("d_2", "twin", testNow), plain.DecideSend(testNow)); err != nil || strings.Contains(plain.Reason.Text, "settled") {
		t.Errorf("a doubt that is none: %q, %v", plain.Reason.Text, err)
	}
}

func TestTwinIsClearedByName(t *testing.T) {
	d := in(t, Scheduled, 0)
	if err := d.Apply(ArmAnswer{Outcome: Ask, Code: ReasonTwin, Twin: "d_2"}, testNow); err != nil {
		t.Fatal(err)
	}
	if err := d.DecideSend(testNow); err != nil {
		t.Fatal(err)
	}
	if len(d.Cleared) != 1 || d.Cleared[0] != "d_2" || d.Twin != "" {
		t.Errorf("cleared %v, still asked about %q", d.Cleared, d.Twin)
	}
}
