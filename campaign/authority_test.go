package campaign

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/authority.md anew")

// authorityCampaign has a person for each role. The second approver is absent
// from the list but named as a deputy.
func authorityCampaign() *Campaign {
	return &Campaign{
		People: []Person{
			{Mail: "viewer@x", Roles: []Role{{Name: Viewer}}},
			{Mail: "lead@x", Roles: []Role{{Lead, "mayors"}}},
			{Mail: "colead@x", Roles: []Role{{Lead, "mayors"}}},
			{Mail: "youth@x", Roles: []Role{{Lead, "youth"}}},
			{Mail: "approver@x", Roles: []Role{{Name: Approver}}, Deputy: "deputy@x"},
			{Mail: "organizer@x", Roles: []Role{{Name: Organizer}}},
			{Mail: "operator@x", Roles: []Role{{Name: Operator}}},
			{Mail: "gone@x", Roles: []Role{{Name: Organizer}}, Disabled: true, Deputy: "heir@x"},
		},
		Policies: DefaultPolicies(),
	}
}

// columns of the table: who asks.
func authorityColumns(t *testing.T, c *Campaign) []struct {
	name  string
	actor Actor
} {
	t.Helper()
	who := func(id PersonID, door string) Actor {
		a, err := c.ActorFor(id, door)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	guest := Actor{Person: "guest@x", Roles: []Role{{Name: Approver}}, Guest: "mayors-plan"}
	return []struct {
		name  string
		actor Actor
	}{
		{"viewer", who("viewer@x", "api")},
		{"its lead", who("lead@x", "api")},
		{"its plan folder", who("lead@x", DoorFolder)},
		{"another's lead", who("youth@x", "api")},
		{"approver", who("approver@x", "api")},
		{"deputy", who("deputy@x", "api")},
		{"organizer", who("organizer@x", "api")},
		{"operator", who("operator@x", "api")},
		{"guest", guest},
		{"owner", Actor{Person: "owner@x", Owner: "x-main"}},
		{"daemon", Actor{Door: DoorDaemon}},
		{"nobody", Actor{Door: "api"}},
		{"disabled organizer", Actor{Person: "gone@x", Roles: []Role{{Name: Organizer}}, Door: "api"}},
	}
}

// windowStates are where a window can stand when somebody asks.
var windowStates = []struct {
	name   string
	window func() *Takeover
}{
	{"invited", func() *Takeover { return standing(1, 8, 0) }},
	{"open", func() *Takeover { return standing(-1, 6, 1) }},
	{"after the deadline", func() *Takeover { return standing(-1, 6, -1) }},
	{"ended", func() *Takeover { return standing(-8, 0, -9) }},
	{"revoked", func() *Takeover { w := standing(-1, 6, 1); w.Revoked = true; return w }},
}

// standing is a window of the mayors in days from now.
func standing(from, to, submit int) *Takeover {
	day := 24 * time.Hour
	return &Takeover{Mechanism: "mayors", From: testNow.Add(time.Duration(from) * day), To: testNow.Add(time.Duration(to) * day),
		SubmitBy: testNow.Add(time.Duration(submit) * day)}
}

// authorityRows are the deeds, with what they are about.
var authorityRows = []struct {
	action Action
	about  string
	object func(a Actor, w *Takeover) Object
}{
	{ActRead, "the campaign's frame", func(Actor, *Takeover) Object { return Object{} }},
	{ActRead, "a mechanism's plans", plain},
	{ActSubmit, "a plan", plain},
	{ActAnchor, "a livestream's start, a value", plain},
	{ActWithdraw, "a plan or post", plain},
	{ActHold, "a plan or post", plain},
	{ActRelease, "what a lead of the mechanism held", held("colead@x", false)},
	{ActRelease, "what an organizer held", held("organizer@x", false)},
	{ActRelease, "what the program held", held("", false)},
	{ActRelease, "what a lead stopped", held("colead@x", true)},
	{ActRelease, "a hold that is not named", plain},
	{ActApprove, "another's post", plain},
	{ActApprove, "one's own post", own("", 24*time.Hour)},
	{ActApprove, "one's own post, alone with a reason, over two hours before due", own("they are away", 2*time.Hour+1)},
	{ActApprove, "one's own post, alone with a reason, from two hours before due", own("they are away", 2*time.Hour)},
	{ActStop, "the mechanism's window", plain},
	{ActStop, "everything", func(Actor, *Takeover) Object { return Object{} }},
	{ActResume, "a stop", func(_ Actor, w *Takeover) Object { return Object{Mechanism: "mayors", Takeover: w, Cause: CauseStop} }},
	{ActResume, "a restored store", func(Actor, *Takeover) Object { return Object{Cause: CauseQuarantine} }},
	{ActResume, "a distrusted clock", func(Actor, *Takeover) Object { return Object{Cause: CauseClock} }},
	{ActResolve, "a doubt", plain},
	{ActTakeDown, "what is public", plain},
	{ActReschedule, "a missed or refused delivery", plain},
	{ActConfigure, "campaign, channels, windows, people, consents", func(Actor, *Takeover) Object { return Object{} }},
	{ActConnect, "an account to a channel", func(Actor, *Takeover) Object { return Object{Channel: "x-main"} }},
	{ActReadAudit, "the log", func(Actor, *Takeover) Object { return Object{} }},
	{ActOperate, "doctor, backups, list of people, tokens, migration", func(Actor, *Takeover) Object { return Object{} }},
	{ActReadMetrics, "numbers and health", func(Actor, *Takeover) Object { return Object{} }},
}

func plain(_ Actor, w *Takeover) Object {
	return Object{Mechanism: "mayors", Takeover: w, Plan: "mayors-plan", Authors: []PersonID{"author@x"}, Due: testNow.Add(time.Hour)}
}

func held(by PersonID, stop bool) func(Actor, *Takeover) Object {
	return func(a Actor, w *Takeover) Object {
		o := plain(a, w)
		o.Hold = &Hold{By: by, Stop: stop}
		return o
	}
}

func own(alone string, before time.Duration) func(Actor, *Takeover) Object {
	return func(a Actor, w *Takeover) Object {
		o := plain(a, w)
		o.Authors, o.Alone, o.Due = []PersonID{"author@x", a.Person}, alone, testNow.Add(before)
		return o
	}
}

// authorityTable asks May every question there is and writes the answers down.
func authorityTable(t *testing.T) string {
	c := authorityCampaign()
	columns := authorityColumns(t, c)
	var b strings.Builder
	b.WriteString(`# Who may do what

Made by asking ` + "`campaign.May`" + ` every question (` + "`go test ./campaign -run Authority -update`" + `), under the
default policies. A window is *invited* from its grant to its first hour, then *open*, then *ended*; plans that
come *after the deadline* are taken and marked. *yes*: in every state of the window; *until it ends*: invited, open,
after the deadline. A deputy has the roles of the person who names them. A guest was invited as approver
to one plan, this one; an owner to connect the account of one channel, this one.

| deed | about |`)
	for _, col := range columns {
		b.WriteString(" " + col.name + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, row := range authorityRows {
		fmt.Fprintf(&b, "| %s | %s |", row.action, row.about)
		for _, col := range columns {
			var in []string
			for _, s := range windowStates {
				w := s.window()
				err := c.May(col.actor, row.action, row.object(col.actor, w), testNow)
				if err == nil {
					in = append(in, s.name)
				} else if !errors.Is(err, ErrNotAllowed) {
					t.Errorf("%s %s by %s: %v is no ErrNotAllowed", row.action, row.about, col.name, err)
				}
			}
			fmt.Fprintf(&b, " %s |", inWords(in))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func inWords(states []string) string {
	switch s := strings.Join(states, ", "); s {
	case "":
		return "–"
	case "invited, open, after the deadline, ended, revoked":
		return "yes"
	case "invited, open, after the deadline":
		return "until it ends"
	default:
		return s
	}
}

// TestAuthority compares every answer of May with the table in docs/authority.md.
// Read the difference before you say -update: each word of it is a right.
func TestAuthority(t *testing.T) {
	const file = "../docs/authority.md"
	got := authorityTable(t)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := "", ""
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

func TestAuthorityTableIsComplete(t *testing.T) {
	declared := constants(t, "Act")
	for _, act := range declared {
		if !slices.Contains(Actions, Action(act)) {
			t.Errorf("Actions lacks %s", act)
		}
	}
	if len(declared) != len(Actions) {
		t.Errorf("%d actions are declared, %d listed", len(declared), len(Actions))
	}
	for _, act := range Actions {
		if !slices.ContainsFunc(authorityRows, func(r struct {
			action Action
			about  string
			object func(a Actor, w *Takeover) Object
		}) bool {
			return r.action == act
		}) {
			t.Errorf("%s is not in the table", act)
		}
	}
	if authorityCampaign().May(Actor{Person: "organizer@x", Roles: []Role{{Name: Organizer}}}, "invent", Object{}, testNow) == nil {
		t.Error("an unknown action is allowed")
	}
}

func TestAuthorityBeyondTheTable(t *testing.T) {
	c := authorityCampaign()
	actor := func(id PersonID) Actor { a, _ := c.ActorFor(id, "api"); return a }
	open, youths := standing(-1, 6, 1), standing(-1, 6, 1)
	youths.Mechanism = "youth"
	with := func(p func(*Policies)) *Campaign {
		n := authorityCampaign()
		p(&n.Policies)
		return n
	}
	c.Takeovers = map[TakeoverID]Takeover{"old": *standing(-8, -1, -9), "now": *open}
	ended := authorityCampaign()
	ended.Takeovers = map[TakeoverID]Takeover{"old": *standing(-8, -1, -9), "youth": *youths}
	both := Actor{Person: "both@x", Roles: []Role{{Lead, "mayors"}, {Name: Approver}}}
	ownPost := Object{Mechanism: "mayors", Takeover: open, Authors: []PersonID{"both@x"}, Due: testNow.Add(time.Minute)}
	alone := ownPost
	alone.Alone = "nobody is there"
	noDue := alone
	noDue.Due = time.Time{}
	over := standing(-8, 0, -9)
	writer := Actor{Person: "g@x", Roles: []Role{{Name: Lead, Mechanism: "mayors"}}, Guest: "a", Window: "w"}
	for _, tt := range []struct {
		name string
		c    *Campaign
		a    Actor
		act  Action
		o    Object
		ok   bool
	}{
		{"a lead with another's window under the own name", c, actor("lead@x"), ActSubmit, Object{Mechanism: "mayors", Takeover: youths}, false},
		{"a lead who names no mechanism", c, actor("lead@x"), ActSubmit, Object{Takeover: youths}, false},
		{"a lead who names only the window", c, actor("lead@x"), ActSubmit, Object{Takeover: open}, true},
		{"a lead without a window named, one is open", c, actor("lead@x"), ActHold, Object{Mechanism: "mayors"}, true},
		{"a lead without a window named, all have ended", ended, actor("lead@x"), ActHold, Object{Mechanism: "mayors"}, false},
		{"a lead reads the recap without a window named", ended, actor("lead@x"), ActRead, Object{Mechanism: "mayors"}, true},
		{"a lead and approver approves the own post", c, both, ActApprove, ownPost, false},
		{"the same where two people are not demanded", with(func(p *Policies) { p.TwoPerson = false }), both, ActApprove, ownPost, true},
		{"a lead and approver alone: no organizer", c, both, ActApprove, alone, false},
		{"an organizer alone without a due time", c, actor("organizer@x"), ActApprove, noDue, false},
		{"a needless reason of an approver is no clearance", c, actor("approver@x"), ActApprove, alone, false},
		{"leads may not stop by policy", with(func(p *Policies) { p.WhoMayStop = []RoleName{Organizer} }), actor("lead@x"), ActStop, Object{Mechanism: "mayors", Takeover: open}, false},
		{"approvers may not stop by policy", with(func(p *Policies) { p.WhoMayStop = []RoleName{Lead} }), actor("approver@x"), ActStop, Object{}, false},
		{"an organizer whom the policy forgot", with(func(p *Policies) { p.WhoMayStop = nil }), actor("organizer@x"), ActStop, Object{}, true},
		{"a guest at another plan", c, Actor{Person: "g@x", Roles: []Role{{Name: Approver}}, Guest: "a"}, ActApprove, Object{Plan: "b"}, false},
		{"a guest reads the whole campaign", c, Actor{Person: "g@x", Roles: []Role{{Name: Approver}}, Guest: "a"}, ActRead, Object{}, false},
		{"a guest with a bigger role stays a guest", c, Actor{Person: "g@x", Roles: []Role{{Name: Organizer}}, Guest: "a"}, ActStop, Object{Plan: "a"}, false},
		{"a guest hands in for the own window", c, writer, ActSubmit, Object{Plan: "a", Window: "w", Takeover: open}, true},
		{"a guest hands in another plan", c, writer, ActSubmit, Object{Plan: "b", Window: "w", Takeover: open}, false},
		{"a guest hands in for another window", c, writer, ActSubmit, Object{Plan: "a", Window: "x", Takeover: open}, false},
		{"a guest hands in for another's window under the own name", c, writer, ActSubmit, Object{Plan: "a", Window: "w", Takeover: youths}, false},
		{"a guest hands in after the window", c, writer, ActSubmit, Object{Plan: "a", Window: "w", Takeover: over}, false},
		{"a guest who writes decides nothing", c, writer, ActApprove, Object{Plan: "a", Window: "w", Takeover: open}, false},
		{"a guest who writes withdraws nothing", c, writer, ActWithdraw, Object{Plan: "a", Window: "w", Takeover: open}, false},
		{"a guest who decides hands nothing in", c, Actor{Person: "g@x", Roles: []Role{{Name: Approver}}, Guest: "a"}, ActSubmit, Object{Plan: "a", Takeover: open}, false},
		{"a guest decides on what the host wrote", c, Actor{Person: "g@x", Roles: []Role{{Name: Approver}}, Guest: "a", Host: "author@x"}, ActApprove, Object{Plan: "a", Authors: []PersonID{"author@x"}}, false},
		{"an owner connects another channel", c, Actor{Person: "o@x", Owner: "x-main"}, ActConnect, Object{Channel: "x-other"}, false},
		{"an owner with a role stays an owner", c, Actor{Person: "organizer@x", Roles: []Role{{Name: Organizer}}, Owner: "x-main"}, ActConfigure, Object{}, false},
		{"somebody who says to be the daemon", c, Actor{Person: "viewer@x", Roles: []Role{{Name: Viewer}}, Door: DoorDaemon}, ActStop, Object{}, false},
		{"an organizer's folder withdraws nothing", c, Actor{Person: "organizer@x", Roles: []Role{{Name: Organizer}}, Door: DoorFolder}, ActWithdraw, Object{Mechanism: "mayors", Takeover: open}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.c.May(tt.a, tt.act, tt.o, testNow)
			if (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
			if err != nil && !errors.Is(err, ErrNotAllowed) {
				t.Errorf("%v is no ErrNotAllowed", err)
			}
		})
	}
}

// TestActorForGranted: who is vouched for leads a mechanism at most.
func TestActorForGranted(t *testing.T) {
	c := authorityCampaign()
	c.Mechanisms = map[MechanismID]Mechanism{"mayors": {}}
	lead := Role{Name: Lead, Mechanism: "mayors"}
	for id, want := range map[PersonID]string{"stranger@x": "lead:mayors", "approver@x": "approver lead:mayors", "lead@x": "lead:mayors", "gone@x": ""} {
		a, err := c.ActorFor(id, "page", lead, Role{Name: Organizer}, Role{Name: Operator}, Role{Name: Approver}, Role{Name: Lead, Mechanism: "none"}, lead)
		var roles []string
		for _, r := range a.Roles {
			roles = append(roles, r.String())
		}
		if got := strings.Join(roles, " "); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, want %q, %v", id, got, want, err)
		}
	}
}

func TestActorFor(t *testing.T) {
	c := authorityCampaign()
	for _, tt := range []struct {
		id    PersonID
		roles string // "" for a refusal
	}{
		{"lead@x", "lead:mayors"},
		{"Lead@X", "lead:mayors"},
		{"deputy@x", "approver"},
		{"approver@x", "approver"},
		{"gone@x", ""},
		{"heir@x", ""}, // deputy of somebody who is disabled
		{"stranger@x", ""},
		{"", ""}, // most people name no deputy: that makes nobody one
	} {
		a, err := c.ActorFor(tt.id, "api")
		var roles []string
		for _, r := range a.Roles {
			roles = append(roles, r.String())
		}
		if got := strings.Join(roles, " "); got != tt.roles || (err == nil) != (tt.roles != "") {
			t.Errorf("%q: %q, %v", tt.id, got, err)
		}
	}
	if a, _ := c.ActorFor("Lead@X", "page"); a.Person != "lead@x" || a.Door != "page" {
		t.Errorf("the actor is %+v", a)
	}
	c.People[4].Deputy = "viewer@x"
	if a, _ := c.ActorFor("viewer@x", "api"); len(a.Roles) != 2 {
		t.Errorf("a deputy with an own role has %v", a.Roles)
	}
}
