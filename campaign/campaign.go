package campaign

import (
	"maps"
	"slices"
	"time"
)

// Ids have their own types so that one cannot stand in for another.
type (
	MechanismID string // "mayors"
	ChannelID   string // "mastodon-main"
	TakeoverID  string // "mayors-dec"; people and files say window
	PlanID      string // unique in the campaign
	PostID      string // unique in its plan
	DeliveryID  string // "d_" and 20 characters; derived, see Identity
	PersonID    string // a mail address, lower case
	LaneID      string // platform and remote account, "mastodon:@itac@social.example"
)

// Campaign is the whole effort as the organizers describe it. One store holds
// one. Values are shared by readers: treat one that came out of a store as
// read-only and edit a Clone.
type Campaign struct {
	ID         string
	Title      string
	Zone       string   // IANA name, home zone of windows and the default of plans
	Languages  []string // BCP 47
	Required   []string // languages without which a post is a warning
	Mechanisms map[MechanismID]Mechanism
	Channels   map[ChannelID]Channel
	Takeovers  map[TakeoverID]Takeover
	People     []Person
	Consents   map[string]Consent  // by reference
	Tags       map[string][]string // allowed values by key, for the balance of voices
	// Balance is what was agreed for the shares of values, by key: "region" → "africa" → 20 to 40.
	Balance  map[string]map[string]Range
	Policies Policies
	Kit      Kit
	Revision uint64 // counts the changes; set by the store
}

// Mechanism is a stakeholder group that takes over.
type Mechanism struct {
	Title  string
	Colour string // "#2B6CB0"
}

// Channel is one connected account on one platform as the campaign names it.
type Channel struct {
	Platform  string // "sandbox", "webhook", "manual", …
	Like      string // sandbox only: the platform whose limits it takes over
	Account   string // remote account id; with the platform it names the lane
	Handle    string // what people call the account
	Languages LanguageMode
	Paused    bool
	// DailyLimit is the most posts a local day; 0 leaves it to the platform.
	DailyLimit int
	MinGap     time.Duration // between two posts of the account; 0 is none
	// Settings is what only the adapter understands (base_url, url, secret,
	// person, …). Secrets stand here as references ("file:…", "env:…"), never in clear.
	Settings map[string]string
}

// Lane names the ordered stream of the channel's remote account. Channels on
// one account share a lane. Without an account the channel is its own lane.
func (c Channel) Lane(id ChannelID) LaneID {
	account := c.Account
	if account == "" {
		account = string(id)
	}
	return LaneID(c.Platform + ":" + account)
}

// LimitsName is the platform whose text and media limits hold for c.
func (c Channel) LimitsName() string {
	if c.Like != "" {
		return c.Like
	}
	return c.Platform
}

// LanguageMode says how the languages of a post share a channel.
type LanguageMode string

const (
	Separate LanguageMode = "separate" // one delivery for each written language
	Joined   LanguageMode = "joined"   // one post, one block a language
	First    LanguageMode = "first"    // the first written language only
)

// Person is somebody who may act.
type Person struct {
	Mail     PersonID
	Roles    []Role
	Deputy   PersonID // may act in these roles as well
	Disabled bool
}

// Policies are the campaign's choices; DefaultPolicies gives the defaults.
type Policies struct {
	Approvals      int           // people who must approve: 0, 1 or 2
	TwoPerson      bool          // an author cannot approve own content
	MinLead        time.Duration // earliest send after submission
	AltText        Strictness
	Consent        Strictness
	OnRestartLate  string        // "send", "skip" or "ask"
	WhoMayStop     []RoleName    // any one of them
	AnchorMoves    time.Duration // a livestream may move this far without a new approval
	MaxOccurrences int           // of one cron series; default 200
}

// Strictness says how a missing thing is treated: "required", "warn" or "off".
type Strictness string

const (
	Required Strictness = "required"
	Warn     Strictness = "warn"
	Off      Strictness = "off"
)

// DefaultPolicies holds where a campaign file says nothing.
func DefaultPolicies() Policies {
	return Policies{
		Approvals: 1, TwoPerson: true, MinLead: 10 * time.Minute,
		AltText: Required, Consent: Required, OnRestartLate: "send",
		WhoMayStop:     []RoleName{Organizer, Approver, Lead},
		AnchorMoves:    2 * time.Hour,
		MaxOccurrences: 200,
	}
}

// Location is the campaign's home zone; UTC when the name cannot be loaded
// (the campaign file's check refuses such a name).
func (c *Campaign) Location() *time.Location {
	loc, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// LaneOf is the lane of one of the campaign's channels.
func (c *Campaign) LaneOf(ch ChannelID) LaneID { return c.Channels[ch].Lane(ch) }

// Clone is a copy that shares nothing with c.
func (c *Campaign) Clone() Campaign {
	n := *c
	n.Languages, n.Required = slices.Clone(c.Languages), slices.Clone(c.Required)
	n.Mechanisms = maps.Clone(c.Mechanisms)
	n.Channels = maps.Clone(c.Channels)
	for id, ch := range n.Channels {
		ch.Settings = maps.Clone(ch.Settings)
		n.Channels[id] = ch
	}
	n.Takeovers = maps.Clone(c.Takeovers)
	for id, t := range n.Takeovers {
		t.Channels, t.NoPost = slices.Clone(t.Channels), slices.Clone(t.NoPost)
		n.Takeovers[id] = t
	}
	n.People = slices.Clone(c.People)
	for i := range n.People {
		n.People[i].Roles = slices.Clone(n.People[i].Roles)
	}
	n.Consents = maps.Clone(c.Consents)
	for ref, con := range n.Consents {
		con.Scope, con.Platforms, con.Languages = slices.Clone(con.Scope), slices.Clone(con.Platforms), slices.Clone(con.Languages)
		n.Consents[ref] = con
	}
	n.Tags = maps.Clone(c.Tags)
	for key, values := range n.Tags {
		n.Tags[key] = slices.Clone(values)
	}
	n.Balance = maps.Clone(c.Balance)
	for key, ranges := range n.Balance {
		n.Balance[key] = maps.Clone(ranges)
	}
	n.Kit = c.Kit.Clone()
	n.Policies.WhoMayStop = slices.Clone(c.Policies.WhoMayStop)
	return n
}
