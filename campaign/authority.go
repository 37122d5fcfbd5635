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

// Doors through which a deed comes and of which a rule speaks.
const (
	DoorFolder = "folder" // a plan file laid into a mechanism's folder
	DoorDaemon = "daemon" // the program itself; its actor has no person
)

// Actor is who asks, and through which door. Get it anew from ActorFor for each
// call: what a person may do can have changed since the last one.
type Actor struct {
	Person PersonID
	Roles  []Role
	Door   string // "command", "api", "page", or one of the Doors
	// Guest is set for somebody invited to one plan only: the one they may see
	// and, with the role approver, decide on or, as lead, hand in for Window.
	Guest  PlanID
	Window TakeoverID
	Host   PersonID // who invited the guest; their approvals are as one person's
	// Owner is set for the owner of an account who was invited to connect that
	// channel, and may do nothing else.
	Owner ChannelID
}

// Visits tells whether the actor was invited to one thing only.
func (a Actor) Visits() bool { return a.Guest != "" || a.Owner != "" }

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
	ActRead        Action = "read"         // queue, plans, deliveries, the recap
	ActSubmit      Action = "submit"       // a plan for a window
	ActWithdraw    Action = "withdraw"     // a plan or post, before it leaves
	ActApprove     Action = "approve"      // approve, ask for changes, decline
	ActHold        Action = "hold"         // hold one plan or post
	ActRelease     Action = "release"      // lift such a hold
	ActStop        Action = "stop"         // stop publishing within a scope
	ActResume      Action = "resume"       // lift a stop or another cause
	ActResolve     Action = "resolve"      // settle a doubt
	ActTakeDown    Action = "take_down"    // delete what is public, at the platform
	ActReschedule  Action = "reschedule"   // a missed or refused delivery anew
	ActAnchor      Action = "anchor"       // move an anchor, say it is live, fill a value
	ActConfigure   Action = "configure"    // campaign, channels, windows, people, consents
	ActConnect     Action = "connect"      // an account to a channel
	ActReadAudit   Action = "read_audit"   // the log of deeds
	ActOperate     Action = "operate"      // backups, migration, tokens
	ActReadMetrics Action = "read_metrics" // numbers and health, no content
)

// Actions lists all of them.
var Actions = []Action{ActRead, ActSubmit, ActWithdraw, ActApprove, ActHold, ActRelease, ActStop, ActResume,
	ActResolve, ActTakeDown, ActReschedule, ActAnchor, ActConfigure, ActConnect, ActReadAudit, ActOperate, ActReadMetrics}

// Object is what an action is about. The zero value is the whole campaign.
type Object struct {
	Mechanism MechanismID
	Takeover  *Takeover  // the window concerned; nil: any of the mechanism's
	Window    TakeoverID // the window's name, for guests
	Plan      PlanID     // for guests
	Channel   ChannelID  // to be connected
	Authors   []PersonID // who wrote it
	Due       time.Time  // of what is to be approved
	Alone     string     // reason for approving alone, see May
	Hold      *Hold      // the one to be released; a lead must name it
	Cause     Cause      // the one to be lifted, for resume
}

// ErrNotAllowed is wrapped by every refusal of May; the text says why.
var ErrNotAllowed = errors.New("not allowed")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotAllowed, fmt.Sprintf(format, args...))
}

// aloneWithin is how long before due an organizer may approve without a second person.
const aloneWithin = 2 * time.Hour

// aloneFrom tells whether it is late enough to approve alone what is due then.
func aloneFrom(due, now time.Time) bool {
	return !due.IsZero() && !now.Before(due.Add(-aloneWithin))
}

// May is the one place that decides who may do what to which object when. It
// returns nil or a refusal that says why. docs/authority.md is made from it.
func (c *Campaign) May(a Actor, act Action, o Object, now time.Time) error {
	if o.Mechanism == "" && o.Takeover != nil {
		o.Mechanism = o.Takeover.Mechanism
	}
	if p, ok := c.person(a.Person); ok && p.Disabled {
		return refuse("%s is disabled", a.Person)
	}
	switch {
	case a.Owner != "":
		if act == ActConnect && o.Channel == a.Owner {
			return nil
		}
		return refuse("%s was invited to connect channel %s, and may not do this", a.Person, a.Owner)
	case a.Guest != "":
		return c.mayGuest(a, act, o, now)
	case a.Door == DoorDaemon && a.Person == "":
		return mayDaemon(act, o)
	case a.Door == DoorFolder && act != ActSubmit && act != ActRead:
		return refuse("a plan folder only hands in plans; a person must do this")
	}
	switch act {
	case ActRead:
		return c.mayRead(a, o)
	case ActSubmit, ActAnchor, ActWithdraw, ActHold:
		return c.mayLead(a, o, now)
	case ActRelease:
		return c.mayRelease(a, o, now)
	case ActApprove:
		return c.mayApprove(a, o, now)
	case ActStop:
		return c.mayStop(a, o, now)
	case ActResume, ActResolve, ActTakeDown, ActReschedule, ActConfigure, ActConnect:
		return needs(a, Organizer)
	case ActOperate, ActReadMetrics:
		return needs(a, Operator, Organizer)
	case ActReadAudit:
		return needs(a, Organizer, Approver, Operator)
	}
	return refuse("unknown action %q", act)
}

// needs asks for any one of the roles.
func needs(a Actor, roles ...RoleName) error {
	if slices.ContainsFunc(roles, a.Is) {
		return nil
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return refuse("%s needs the role %s", a.Person, strings.Join(names, " or "))
}

// mayRead: the frame of the campaign is open to every role; what a mechanism
// says is its leads' and those who decide on it. It ends with no window, so
// that leads keep their recap.
func (c *Campaign) mayRead(a Actor, o Object) error {
	switch {
	case len(a.Roles) == 0:
		return refuse("%s has no role", a.Person)
	case o.Mechanism == "" || leadsObject(a, o):
		return nil
	}
	return needs(a, Organizer, Approver, Viewer)
}

// leadsObject tells whether the actor leads the mechanism and the window is the mechanism's.
func leadsObject(a Actor, o Object) bool {
	return o.Mechanism != "" && a.Leads(o.Mechanism) && (o.Takeover == nil || o.Takeover.Mechanism == o.Mechanism)
}

// mayLead: organizers always, leads for their own windows until those end.
func (c *Campaign) mayLead(a Actor, o Object, now time.Time) error {
	switch {
	case a.Is(Organizer):
		return nil
	case !leadsObject(a, o):
		return refuse("%s does not lead %s", a.Person, o.Mechanism)
	case o.Takeover != nil:
		return windowOpen(*o.Takeover, now)
	}
	for _, t := range c.Takeovers {
		if t.Mechanism == o.Mechanism && windowOpen(t, now) == nil {
			return nil
		}
	}
	return refuse("%s has no window that is open", o.Mechanism)
}

// windowOpen ends a lead's rights with the window. They begin with the grant.
func windowOpen(t Takeover, now time.Time) error {
	switch {
	case t.Revoked:
		return refuse("the window was revoked")
	case !now.Before(t.To):
		return refuse("the window ended %s", t.To.Format(time.RFC3339))
	}
	return nil
}

// mayRelease: a lead lifts what a lead of the mechanism held, never what the
// organizers held or stopped.
func (c *Campaign) mayRelease(a Actor, o Object, now time.Time) error {
	if err := c.mayLead(a, o, now); err != nil || a.Is(Organizer) {
		return err
	}
	if o.Hold == nil || o.Hold.Stop {
		return refuse("%s needs the role organizer", a.Person)
	}
	by := Actor{Person: o.Hold.By, Roles: c.rolesOf(o.Hold.By)}
	if !by.Leads(o.Mechanism) || by.Is(Organizer) || by.Is(Approver) {
		return refuse("this was held by %s, an organizer must release it", o.Hold.By)
	}
	return nil
}

func (c *Campaign) mayApprove(a Actor, o Object, now time.Time) error {
	if err := needs(a, Approver, Organizer); err != nil {
		return err
	}
	if o.Alone != "" {
		// Even if it were not needed: the record of it counts for two people.
		if !a.Is(Organizer) || !aloneFrom(o.Due, now) {
			return refuse("only an organizer may approve alone, from two hours before due")
		}
		return nil
	}
	if c.Policies.TwoPerson && a.Host != "" && slices.Contains(o.Authors, a.Host) {
		return refuse("%s wrote this and invited %s; somebody else must approve", a.Host, a.Person)
	}
	if c.Policies.TwoPerson && slices.Contains(o.Authors, a.Person) {
		return refuse("%s wrote this; another person must approve (or, from two hours before due, an organizer alone with a reason)", a.Person)
	}
	return nil
}

// mayStop: organizers always, others as the policy names them; a lead stops
// what is the mechanism's.
func (c *Campaign) mayStop(a Actor, o Object, now time.Time) error {
	if a.Is(Organizer) {
		return nil
	}
	for _, name := range c.Policies.WhoMayStop {
		if name != Lead && a.Is(name) {
			return nil
		}
	}
	if slices.Contains(c.Policies.WhoMayStop, Lead) && leadsObject(a, o) {
		return c.mayLead(a, o, now)
	}
	return refuse("%s may not stop this", a.Person)
}

// mayGuest: somebody invited to one plan sees it, decides on it or hands it in, and nothing else.
func (c *Campaign) mayGuest(a Actor, act Action, o Object, now time.Time) error {
	switch {
	case o.Plan != a.Guest:
		return refuse("%s was invited to plan %s only", a.Person, a.Guest)
	case act == ActRead:
		return nil
	case act == ActApprove:
		return c.mayApprove(a, o, now)
	case act == ActSubmit && !a.Is(Organizer) && a.Window != "" && o.Window == a.Window:
		return c.mayLead(a, o, now)
	}
	return refuse("%s was invited to plan %s, and may not do this", a.Person, a.Guest)
}

// mayDaemon: the program stops by itself when it cannot trust what it stands
// on; it starts again by itself only when the platforms agree with its clock.
func mayDaemon(act Action, o Object) error {
	switch act {
	case ActStop, ActRead, ActReadMetrics, ActOperate:
		return nil
	case ActResume:
		if o.Cause == CauseClock {
			return nil
		}
	}
	return refuse("a person must do this")
}

func (c *Campaign) person(id PersonID) (Person, bool) {
	for _, p := range c.People {
		if strings.EqualFold(string(p.Mail), string(id)) {
			return p, true
		}
	}
	return Person{}, false
}

// rolesOf are the person's own roles and those of the people whose deputy they
// are. A disabled person has none, and lends none.
func (c *Campaign) rolesOf(id PersonID) []Role {
	if p, ok := c.person(id); id == "" || ok && p.Disabled {
		return nil
	}
	var roles []Role
	for _, p := range c.People {
		if p.Disabled || !strings.EqualFold(string(p.Mail), string(id)) && !strings.EqualFold(string(p.Deputy), string(id)) {
			continue
		}
		for _, r := range p.Roles {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return roles
}

// ActorFor is the person as an actor, with the roles held as a deputy too, or
// an error for somebody unknown or disabled. A deputy needs no entry of their own.
// granted are roles that somebody else vouches for, such as a sign-in provider for
// its groups: leads of the campaign's mechanisms only, never those who decide, and
// nothing for whoever is disabled.
func (c *Campaign) ActorFor(id PersonID, door string, granted ...Role) (Actor, error) {
	id = PersonID(strings.ToLower(string(id)))
	p, known := c.person(id)
	if p.Disabled {
		return Actor{}, refuse("%s is disabled", id)
	}
	roles := c.rolesOf(id)
	for _, r := range granted {
		if _, known := c.Mechanisms[r.Mechanism]; known && r.Name == Lead && !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	if id == "" || !known && len(roles) == 0 {
		return Actor{}, refuse("nobody is known as %q", id)
	}
	return Actor{Person: id, Roles: roles, Door: door}, nil
}
