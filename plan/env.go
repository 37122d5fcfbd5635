package plan

import (
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/measure"
)

// Env is everything outside of the file that Expand needs.
type Env struct {
	Now      time.Time
	Campaign *campaign.Campaign
	// Surface is what a channel accepts; nil, or false for a channel, is one without limits.
	Surface func(campaign.ChannelID) (Surface, bool)
	// Media describes a file that the plan names, by its path as written; nil
	// skips the checks that need the file. An error says what is wrong with it;
	// wrap one of the ErrMedia errors for those, fs.ErrNotExist when it is missing.
	Media func(path string) (campaign.Media, error)
	// Rendition is a picture as a channel with those limits takes it, made where
	// it does not fit as it is; an error as of Media where none can be made. nil:
	// what it would be stands for it, without its bytes.
	Rendition func(m campaign.Media, l campaign.Limits) (campaign.Media, error)
	// Card is a quote drawn on its photo, as a channel with those limits takes it;
	// an error as of Media where it cannot be. nil: what it would be stands for it.
	Card func(q QuoteCard, l campaign.Limits) (campaign.Media, error)
	// Font is the file of a font of the kit; an error where it is lost. nil: what is
	// written in its letters is not known here, and the built-in ones stand for it.
	Font func(campaign.Digest) ([]byte, error)
	// Kit is what the plan is rendered with; nil: the campaign's.
	Kit *campaign.Kit
	// What people changed beside the file; nil at the first submission.
	Anchors map[string]campaign.Anchor
	Values  map[string]string // by ValueKey
	Author  campaign.PersonID
	// Revision the plan will have when it is stored.
	Revision int
	// Mechanisms the submitter may act for; nil: any (P003 otherwise).
	Mechanisms []campaign.MechanismID
	// Existing are the stored deliveries of this plan: times already out are
	// not "in the past", and what was missed or rejected and then mended
	// becomes a new delivery. Twins tells what else stands on an account with
	// a fingerprint. Both may be nil.
	Existing []campaign.Delivery
	Twins    func(lane campaign.LaneID, fingerprint string) []campaign.Delivery
}

// Surface is what a channel looks like to a plan: its platform's limits,
// abilities and measure.
type Surface struct {
	Platform     string // the platform whose limits hold ("like" of a sandbox)
	Limits       campaign.Limits
	Capabilities []string // see the Can… constants; nil: not known, everything is allowed
	Measure      measure.Func
	Card         [2]int // width and height of a quote card that is shown uncut; zero: square
	// Check is the adapter's own check of a rendered content; nil where there is none.
	Check func(campaign.Content) []campaign.Finding
	// Shown are the texts of a rendered content as readers will see them, by the
	// adapter's own hand; nil where they are shown as they are written.
	Shown func(campaign.Content) []campaign.Shown
}

// Abilities of platforms that a plan may ask for.
const (
	CanThread         = "thread"
	CanFirstComment   = "first_comment"
	CanVisibility     = "visibility"
	CanContentWarning = "content_warning"
	CanSilent         = "silent"
	CanPoll           = "poll"
	CanOwnCard        = "own_card"
)

// What Env.Media wraps when a file is there but cannot be used.
var (
	ErrMediaType = errors.New("not a kind of picture that can be used")
	ErrMediaSize = errors.New("too large")
	// ErrMediaLeaves is for a path that looks right and leads elsewhere all the same, as symbolic links do.
	ErrMediaLeaves = errors.New("the path leaves the plan's folder")
	// ErrKitFont is for a font of the kit that cannot be had.
	ErrKitFont = errors.New("a font of the kit is missing")
)

// MediaError is err, which wraps kind as well: one of the ErrMedia errors. Its
// text is that of err.
func MediaError(kind, err error) error { return mediaError{err, kind} }

type mediaError struct {
	error
	kind error
}

func (e mediaError) Unwrap() []error { return []error{e.error, e.kind} }

// Expansion is the finite list of deliveries of a plan with their content.
// Posts with an error are not in it; Skipped names them.
type Expansion struct {
	Plan       campaign.PlanID
	Takeover   campaign.TakeoverID
	Mechanism  campaign.MechanismID
	Title      string
	Deliveries []campaign.Delivery // in the order of due time, then id; State is empty
	Contents   map[campaign.Digest]campaign.Content
	Anchors    map[string]campaign.Anchor
	Media      map[string]campaign.Media // by path as written
	Values     []AskedValue              // to be filled in later, in the order of the file
	Tags       map[campaign.PostID]map[string]string
	Skipped    []campaign.PostID
	// Notes are good to know and need nothing done: times that were spaced.
	Notes []Note

	file     string
	places   map[campaign.DeliveryID]Pos // of the texts, for Compare
	rows     []row                       // of all posts, for Previews
	surfaces map[campaign.ChannelID]Surface
}

// AskedValue is a number that a person fills in after submission.
type AskedValue struct {
	Key   string          `json:"key"` // as Env.Values has it
	Post  campaign.PostID `json:"post"`
	Min   int64           `json:"min"`
	Max   int64           `json:"max"`
	Value string          `json:"value,omitempty"` // what was filled in
}

// Asked are the values of a post that are filled in after submission, in the
// order of the file, with what was filled in, by ValueKey.
func (x *Post) Asked(filled map[string]string) []AskedValue {
	var out []AskedValue
	for _, s := range x.parts() {
		for _, v := range s.Values {
			out = append(out, x.asked(s, v, filled))
		}
	}
	return out
}

// asked is a value of a step of the post, or of the post itself.
func (x *Post) asked(s *Step, v Value, filled map[string]string) AskedValue {
	name := ""
	if s != &x.Step {
		name = s.ID.Value
	}
	key := ValueKey(x.ID.Value, name, v.Name.Value)
	return AskedValue{Key: key, Post: campaign.PostID(x.ID.Value), Min: v.Min, Max: v.Max, Value: filled[key]}
}

// Note says that the due time of a delivery is not the written one, because
// its channel keeps a distance between posts.
type Note struct {
	File     string              `json:"file,omitempty"`
	Delivery campaign.DeliveryID `json:"delivery"`
	Post     campaign.PostID     `json:"post"`
	Channel  campaign.ChannelID  `json:"channel"`
	Language string              `json:"language"`
	Written  time.Time           `json:"written"`     // in the plan's zone
	Due      time.Time           `json:"due"`         // in the plan's zone
	Gap      int64               `json:"gap_seconds"` // the channel's min_gap
}

// ValueKey names a value to be filled in: "post/step/name", or "post/name"
// where the post has no steps or items.
func ValueKey(post, step, name string) string {
	if step == "" {
		return post + "/" + name
	}
	return post + "/" + step + "/" + name
}
