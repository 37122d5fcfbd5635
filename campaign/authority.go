package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RoleName is the kind of a role; a lead's role also names a mechanism.
type RoleName string

const (
	Viewer    RoleName = "viewer"
	Lead      RoleName = "lead"
	Approver  RoleName = "approver"
	Organizer RoleName = "organizer"
	Operator  RoleName = "operator" // no content rights
)

// Role is what a person may do, "organizer" or "lead:mayors" in files.
type Role struct {
	Name      RoleName
	Mechanism MechanismID // leads only
}

// ParseRole reads a role as files write it.
func ParseRole(s string) (Role, error) {
	name, mech, has := strings.Cut(s, ":")
	r := Role{Name: RoleName(name), Mechanism: MechanismID(mech)}
	switch r.Name {
	case Lead:
		if mech == "" {
			return Role{}, fmt.Errorf("role %q names no mechanism, write lead:mechanism", s)
		}
	case Viewer, Approver, Organizer, Operator:
		if has {
			return Role{}, fmt.Errorf("role %q takes no mechanism", s)
		}
	default:
		return Role{}, fmt.Errorf("unknown role %q", s)
	}
	return r, nil
}

// String is the role as files write it.
func (r Role) String() string {
	if r.Mechanism == "" {
		return string(r.Name)
	}
	return string(r.Name) + ":" + string(r.Mechanism)
}

// Actor is who asks, and through which door.
type Actor struct {
	Person PersonID
	Roles  []Role
	Door   string // "command", "api", "folder", "page", "daemon"
}

// Is tells whether the actor has a role of that name (for any mechanism).
func (a Actor) Is(name RoleName) bool {
	return slices.ContainsFunc(a.Roles, func(r Role) bool { return r.Name == name })
}

// Leads tells whether the actor is a lead of the mechanism.
func (a Actor) Leads(m MechanismID) bool {
	return slices.Contains(a.Roles, Role{Lead, m})
}

// Action is a deed that needs authority.
type Action string

const (
	ActRead        Action = "read"         // queue, plans, deliveries
	ActSubmit      Action = "submit"       // a plan for a window
	ActWithdraw    Action = "withdraw"     // a plan or post, before it leaves
	ActApprove     Action = "approve"      // approve, ask for changes, decline
	ActHold        Action = "hold"         // hold one plan or post
	ActRelease     Action = "release"      // lift such a hold
	ActStop        Action = "stop"         // stop publishing within a scope
	ActResume      Action = "resume"       // lift a stop or another cause
	ActResolve     Action = "resolve"      // settle a doubt
	ActReschedule  Action = "reschedule"   // a missed or refused delivery anew
	ActAnchor      Action = "anchor"       // move an anchor, say it is live, fill a value
	ActConfigure   Action = "configure"    // campaign, channels, windows, people
	ActReadAudit   Action = "read_audit"   //
	ActOperate     Action = "operate"      // backups, migration, tokens
	ActReadMetrics Action = "read_metrics" //
)

// Object is what an action is about. The zero value is the whole campaign.
type Object struct {
	Mechanism MechanismID
	Takeover  *Takeover  // the window concerned, if any
	Authors   []PersonID // who wrote it
	Due       time.Time  // of what is to be approved
	Alone     string     // reason for approving alone, see May
}

// ErrNotAllowed is wrapped by every refusal of May; the text says why.
var ErrNotAllowed = errors.New("not allowed")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotAllowed, fmt.Sprintf(format, args...))
}

// aloneWithin is how long before due an organizer may approve without a second person.
const aloneWithin = 2 * time.Hour

// May is the one place that decides who may do what to which object when. It
// returns nil or a refusal that says why.
func (c *Campaign) May(a Actor, act Action, o Object, now time.Time) error {
	if p, ok := c.person(a.Person); ok && p.Disabled {
		return refuse("%s is disabled", a.Person)
	}
	organizer, leads := a.Is(Organizer), a.Leads(o.Mechanism) && o.Mechanism != ""
	switch act {
	case ActRead:
		if len(a.Roles) == 0 {
			return refuse("%s has no role", a.Person)
		}
		if o.Mechanism != "" && !organizer && !leads && !a.Is(Approver) && !a.Is(Viewer) {
			return refuse("%s does not lead %s", a.Person, o.Mechanism)
		}
		return nil
	case ActSubmit, ActAnchor, ActWithdraw, ActHold, ActRelease:
		if organizer {
			return nil
		}
		if !leads {
			return refuse("%s does not lead %s", a.Person, o.Mechanism)
		}
		return leadWindow(o.Takeover, now)
	case ActApprove:
		return c.mayApprove(a, o, now)
	case ActStop:
		return c.mayStop(a, o, now)
	case ActResume, ActResolve, ActReschedule, ActConfigure:
		if organizer {
			return nil
		}
		return refuse("%s needs the role organizer", a.Person)
	case ActOperate, ActReadMetrics:
		if a.Is(Operator) || organizer {
			return nil
		}
		return refuse("%s needs the role operator", a.Person)
	case ActReadAudit:
		if organizer || a.Is(Operator) || a.Is(Approver) {
			return nil
		}
		return refuse("%s needs the role organizer, approver or operator", a.Person)
	}
	return refuse("unknown action %q", act)
}

// leadWindow ends a lead's rights with the window.
func leadWindow(t *Takeover, now time.Time) error {
	switch {
	case t == nil:
		return nil
	case t.Revoked:
		return refuse("the window was revoked")
	case !now.Before(t.To):
		return refuse("the window ended %s", t.To.Format(time.RFC3339))
	}
	return nil
}

func (c *Campaign) mayApprove(a Actor, o Object, now time.Time) error {
	if !a.Is(Organizer) && !a.Is(Approver) {
		return refuse("%s needs the role approver or organizer", a.Person)
	}
	if !c.Policies.TwoPerson || !slices.Contains(o.Authors, a.Person) {
		return nil
	}
	if a.Is(Organizer) && o.Alone != "" && !o.Due.IsZero() && !now.Before(o.Due.Add(-aloneWithin)) {
		return nil
	}
	return refuse("%s wrote this; another person must approve (or, from two hours before due, an organizer alone with a reason)", a.Person)
}

func (c *Campaign) mayStop(a Actor, o Object, now time.Time) error {
	for _, name := range c.Policies.WhoMayStop {
		switch {
		case name != Lead && a.Is(name):
			return nil
		case name == Lead && a.Leads(o.Mechanism) && o.Mechanism != "":
			return leadWindow(o.Takeover, now)
		}
	}
	return refuse("%s may not stop this", a.Person)
}

func (c *Campaign) person(id PersonID) (Person, bool) {
	for _, p := range c.People {
		if p.Mail == id {
			return p, true
		}
	}
	return Person{}, false
}

// ActorFor is the person as an actor, or an error for somebody unknown or disabled.
func (c *Campaign) ActorFor(id PersonID, door string) (Actor, error) {
	p, ok := c.person(PersonID(strings.ToLower(string(id))))
	if !ok {
		return Actor{}, refuse("nobody is known as %q", id)
	}
	if p.Disabled {
		return Actor{}, refuse("%s is disabled", id)
	}
	return Actor{Person: p.Mail, Roles: p.Roles, Door: door}, nil
}
