// Package plan turns what a lead submits into deliveries: Parse reads a file,
// Expand lists everything that is wrong with it and makes the finite list of
// deliveries, Compare says what they change in what is stored. Load is the
// first two in one; it is what doors call. The package is pure: no clock and
// no I/O; "now" is an argument.
package plan

import (
	"slices"
	"time"
	_ "time/tzdata" // zones must be the same on every machine

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Pos is a place in the file; Str is a string with its place.
type (
	Pos = yamlwalk.Pos
	Str = yamlwalk.Str
)

// Plan is a submitted file as it was written, with places. Its form is right,
// as far as broken does not say otherwise; Expand checks what it says.
type Plan struct {
	File      string
	Pos       Pos
	ID        Str
	Campaign  Str
	Window    Str
	Title     Str
	Timezone  Str // empty: the campaign's
	Languages []Str
	Defaults  Defaults
	Anchors   []Anchor
	Media     []Media
	Posts     []Post

	// broken are the posts, by number, whose form is wrong; -1 stands for the rest of the file.
	broken map[int]bool
}

// Text is one string (a template for all languages) or one a language.
type Text struct {
	Pos  Pos
	All  Str            // the one string, if it was one
	Lang map[string]Str // by BCP 47 tag otherwise
}

// Written tells whether anything was said at all.
func (t Text) Written() bool { return t.All.Written() || len(t.Lang) > 0 }

// In is the text of one language; one string serves all.
func (t Text) In(lang string) Str {
	if t.All.Written() {
		return t.All
	}
	return t.Lang[lang]
}

// Defaults hold where a post says nothing.
type Defaults struct {
	Channels  []Str
	Hashtags  []Str
	HasTags   bool // Hashtags was written, be it empty
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
	Length    Str // duration; empty: an hour
	Watch     Str
	LiveCheck Str // "", "youtube" or "person"
}

// Media is a picture or film beside the plan.
type Media struct {
	ID      Str
	Pos     Pos
	File    Str
	Alt     Text
	Credit  Str
	Licence Str
	Shows   Str // nobody, person, crowd
	Consent Str
	Focus   [2]float64 // x, y from the top left, 0..1
}

// Post is one piece of content. Quotes and messages say it themselves (Step);
// challenges and livestreams in Steps, a message in a series also in Items.
type Post struct {
	Step
	Kind      campaign.Kind
	Channels  []Str // empty: the defaults
	Schedule  *Schedule
	Anchor    Str // the event it hangs on
	Series    *Series
	Tags      []Tag
	Quote     *Quote
	Challenge *Challenge
	Items     []Step // one for each occurrence, in order; without a time of their own
	Steps     []Step
	Repeat    bool // the same text again is meant
}

// Step is a part of a post's life with its own text and time, or one item of a
// series.
type Step struct {
	ID        Str
	Pos       Pos
	At        []Str // local date-times; or one offset from the anchor
	AtIsList  bool
	Text      Text
	Images    []Str // ids of media
	HasImages bool
	Source    Str // where a statement of fact comes from
	Hashtags  []Str
	HasTags   bool // Hashtags was written, be it empty
	Link      Str
	HasLink   bool
	WaitFor   Str
	Tolerance Str
	IfMissed  Str
	Values    []Value
	Variants  []Variant
	Options
}

// Options are abilities that not every channel has; those of a step hold
// before those of its post, those of a variant before both.
type Options struct {
	FirstComment   Text
	Thread         []Text
	Visibility     Str
	ContentWarning Text
	Silent         *bool
	Poll           *Poll
	Card           *Card
	// IfTooLong "separate" makes a joined post that is too long several.
	IfTooLong Str
	// where each option was written, for what a channel cannot do
	silentAt, threadAt Pos
}

// Series numbers the posts of a series of voices; it does not schedule them.
type Series struct {
	Name   Str
	Number int64
}

// Quote is somebody's words.
type Quote struct {
	Pos     Pos
	Text    Text
	Name    Str  // of the speaker, where it may be said
	Role    Text // of the speaker
	Photo   Str  // id of a medium
	Card    bool // draw the quote on the photo
	Consent Str
}

// Challenge asks the public for entries.
type Challenge struct {
	Hashtag Str
	Rules   Str
	Closes  Str // local date-time
}

// Ends is when the challenge closes, in the plan's zone or else home; false
// where the file does not say.
func (p *Plan) Ends(c *Challenge, home *time.Location) (time.Time, bool) {
	wall, err := yamlwalk.ParseLocal(c.Closes.Value)
	if err != nil {
		return time.Time{}, false
	}
	if loc, _ := loadZone(p.Timezone.Value); p.Timezone.Written() && loc != nil {
		home = loc
	}
	at, _ := Instant(wall, home)
	return at, true
}

// Schedule is a cron series from a local date or time on, until another. A
// date without a time as Until includes that day.
type Schedule struct {
	Pos   Pos
	Cron  Str
	From  Str // empty: the beginning of the window
	Until Str
}

// Value is a whole number to be filled in later, within bounds.
type Value struct {
	Name     Str
	Min, Max int64
}

// Variant overrides a post or step for one channel.
type Variant struct {
	Channel   Str
	Text      Text // languages it does not write keep their text
	Images    []Str
	HasImages bool
	Languages []Str // only these
	Hashtags  []Str
	HasTags   bool
	Link      Str
	HasLink   bool
	Off       bool // not on this channel
	Options
}

// TagsOf are the tags of a post over the plan's defaults.
func (p *Plan) TagsOf(x *Post) map[string]string {
	out := map[string]string{}
	for _, t := range append(slices.Clone(p.Defaults.Tags), x.Tags...) {
		out[t.Key.Value] = t.Value.Value
	}
	return out
}

// mediaByID finds a medium of the plan.
func (p *Plan) mediaByID(id string) (Media, bool) {
	for _, m := range p.Media {
		if m.ID.Value == id {
			return m, true
		}
	}
	return Media{}, false
}

// anchorByID finds an anchor of the plan.
func (p *Plan) anchorByID(id string) (Anchor, bool) {
	for _, a := range p.Anchors {
		if a.ID.Value == id {
			return a, true
		}
	}
	return Anchor{}, false
}
