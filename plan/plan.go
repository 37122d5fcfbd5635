// Package plan turns what a lead submits into deliveries: Parse reads a file,
// Check lists everything that is wrong with it, Expand makes the finite list of
// deliveries, Diff compares them with what is stored. It is pure: no clock and
// no I/O; "now" is an argument.
package plan

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/measure"
)

// Pos is a place in the file, for findings; Line and Column count from 1.
type Pos struct {
	Line, Column int
	Path         string // "posts[quote-nurse].text.en"
}

// Str is a string with its place.
type Str struct {
	Value string
	Pos   Pos
}

// Text is one string (a template for all languages) or one a language.
type Text struct {
	Pos  Pos
	All  *Str           // the one string, if it was one
	Lang map[string]Str // by BCP 47 tag otherwise
	Tags []string       // the keys of Lang in file order
}

// Written tells whether anything was said at all.
func (t Text) Written() bool { return t.All != nil || len(t.Lang) > 0 }

// Plan is a submitted file as it was written, with places.
type Plan struct {
	File      string
	Pos       Pos
	Schema    Str
	ID        Str
	Campaign  Str
	Window    Str
	Title     Str
	Timezone  Str
	Languages []Str
	Defaults  Defaults
	Anchors   []Anchor
	Media     []Media
	Posts     []Post
}

// Defaults hold where a post says nothing.
type Defaults struct {
	Pos       Pos
	Channels  []Str
	Hashtags  []Str
	Link      Str
	Tags      []Tag
	Tolerance Str
	IfMissed  Str
}

// Tag is one value for the balance of voices.
type Tag struct{ Key, Value Str }

// Anchor is an event with a movable start.
type Anchor struct {
	ID        Str
	Start     Str // local date-time
	Length    Str // duration
	Watch     Str
	LiveCheck Str // "", "youtube" or "person"
	Pos       Pos
}

// Media is a picture or film beside the plan.
type Media struct {
	ID      Str
	File    Str
	Alt     Text
	Credit  Str
	Licence Str
	Shows   Str // nobody, person, crowd
	Consent Str
	Focus   [2]float64 // default 0.5, 0.5
	Pos     Pos
}

// Post is one piece of content.
type Post struct {
	ID        Str
	Kind      Str
	Pos       Pos
	At        []Str // local date-times; or one anchor expression
	AtIsList  bool
	Schedule  *Schedule
	Channels  []Str // empty: the defaults
	Series    *Series
	Tags      []Tag
	Quote     *Quote
	Challenge *Challenge
	Anchor    Str // livestream
	Images    []Str
	Text      Text
	Items     []Item
	Steps     []Step
	Variants  []Variant
	Hashtags  []Str
	HasTags   bool // Hashtags was written, be it empty
	Link      Str
	Source    Str
	Tolerance Str
	IfMissed  Str
	WaitFor   Str
	Repeat    bool
	Values    []Value
	// Options that channels may carry; a variant overrides them.
	Options Options
}

// Options are per-channel abilities that a post or variant may use.
type Options struct {
	FirstComment   Text
	Thread         []Text
	Visibility     Str
	ContentWarning Text
	Silent         *bool
}

// Series numbers the posts of a series of voices; it does not schedule them.
type Series struct {
	Name   Str
	Number int
}

// Quote is somebody's words.
type Quote struct {
	Pos     Pos
	Text    Text
	Speaker Text // speaker.role
	Photo   Str  // id in media
	Card    bool
}

// Challenge asks the public for entries.
type Challenge struct {
	Pos     Pos
	Hashtag Str
	Rules   Str
	Closes  Str // local date-time
}

// Schedule is a cron series within local dates. A date without a time as Until
// includes that day.
type Schedule struct {
	Pos   Pos
	Cron  Str
	From  Str
	Until Str
}

// Item is the content of one occurrence of a series.
type Item struct {
	ID     Str
	Text   Text
	Images []Str
	Source Str
	Pos    Pos
}

// Step is a part of a challenge's or livestream's life.
type Step struct {
	ID        Str
	At        []Str
	AtIsList  bool
	Text      Text
	Images    []Str
	WaitFor   Str
	Tolerance Str
	IfMissed  Str
	Values    []Value
	Pos       Pos
}

// Value is a number to be filled in later, within bounds.
type Value struct {
	Name     Str
	Min, Max int64
	Pos      Pos
}

// Variant overrides a post for one channel.
type Variant struct {
	Channel   Str
	Pos       Pos
	Text      Text
	Images    []Str
	HasImages bool
	Languages []Str
	Link      Str
	HasLink   bool
	Off       bool
	Options   Options
}

// Surface is what a channel looks like to a plan: its platform's limits,
// abilities and measure.
type Surface struct {
	Platform     string // the platform whose limits hold ("like" of a sandbox)
	Limits       campaign.Limits
	Capabilities []string
	Measure      measure.Func
	// Check is the adapter's own check of a rendered content; nil where there is none.
	Check func(campaign.Content) []campaign.Finding
}

// Env is everything outside of the file that Check and Expand need.
type Env struct {
	Now      time.Time
	Campaign *campaign.Campaign
	Surface  func(campaign.ChannelID) (Surface, bool)
	// Media describes a file that the plan names, by its path as written; nil
	// skips the checks that need the file. An error says what is wrong with it;
	// wrap ErrMediaType or ErrMediaSize for those, fs.ErrNotExist when it is missing.
	Media func(path string) (campaign.Media, error)
	// What people changed beside the file; nil at the first submission.
	Anchors map[string]campaign.Anchor
	Values  map[string]string // "post/step/name"
	Author  campaign.PersonID
	// Revision the plan will have when it is stored.
	Revision int
	// Mechanisms the submitter may act for; nil: any (P003 otherwise).
	Mechanisms []campaign.MechanismID
	// Existing are the stored deliveries of this plan (times already out are
	// not "in the past"), Twins tells what else stands on an account with a
	// fingerprint; both may be nil.
	Existing []campaign.Delivery
	Twins    func(lane campaign.LaneID, fingerprint string) []campaign.Delivery
}

// Expansion is the finite list of deliveries of a plan with their content.
type Expansion struct {
	Plan       campaign.PlanID
	Takeover   campaign.TakeoverID
	Mechanism  campaign.MechanismID
	Title      string
	Deliveries []campaign.Delivery // in the order of due time, then id; State is empty
	Contents   map[campaign.Digest]campaign.Content
	Anchors    map[string]campaign.Anchor
	Media      map[string]campaign.Media // by path as written
}
