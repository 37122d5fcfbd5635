package desk

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// QueueFilter chooses rows of the queue; zero fields match all.
type QueueFilter struct {
	store.Filter
	Open   bool   // not yet in an end state
	Cursor string // from an earlier Page
	Max    int    // 0: 500; at most 5,000
}

// Page is a stretch of the queue in the order of due time.
type Page struct {
	Rows   []Row  `json:"rows"`
	Next   string `json:"next,omitempty"` // cursor of the rest; "" at the end
	Zone   string `json:"zone"`           // the campaign's
	Person int    `json:"person"`         // rows that need a person
}

// Sight is everything about one delivery.
type Sight struct {
	Row
	Content  campaign.Content   `json:"rendered"`
	Tries    []Try              `json:"attempts"`
	Class    campaign.Class     `json:"class,omitempty"`
	Comments []campaign.Comment `json:"comments,omitempty"`
	Twins    []Row              `json:"twins,omitempty"` // the same text on the same account
	Since    *Since             `json:"since,omitempty"` // what changed since it was approved
	// Numbers are what the platform counted an hour, a day and a week after publication, as far as that is over.
	Numbers []campaign.Numbers `json:"numbers,omitempty"`
}

// Try is one attempt with what it came to in a plain sentence, and what follows.
type Try struct {
	campaign.Attempt
	Why  string `json:"why"`
	Next string `json:"next"`
}

// Inbox is what waits for a person.
type Inbox struct {
	Approvals []InboxItem `json:"approvals"`
	Decide    []Row       `json:"decide"` // needs a person
	Missed    []Row       `json:"missed"` // missed, and the plan says to ask
	Paused    []Row       `json:"paused"` // late after a stop, or approved by somebody who left: each waits for a decision
}

// InboxItem is one post that waits for approval, in all its variants.
type InboxItem struct {
	Plan      campaign.PlanID                      `json:"plan"`
	Post      campaign.PostID                      `json:"post"`
	Mechanism campaign.MechanismID                 `json:"mechanism"`
	Rows      []Row                                `json:"rows"`
	Contents  map[campaign.Digest]campaign.Content `json:"contents"`
	Since     map[campaign.Digest]Since            `json:"since,omitempty"`     // what changed since somebody approved, by the new content
	Originals map[campaign.Digest]Original         `json:"originals,omitempty"` // of translations, by their content
	First     time.Time                            `json:"first"`               // earliest due
	Hash      campaign.Digest                      `json:"hash"`                // to be expected by an approval of exactly these
	Comments  []campaign.Comment                   `json:"comments,omitempty"`
	Mine      bool                                 `json:"mine"`          // the reader may approve it
	Why       string                               `json:"why,omitempty"` // why not
}

// PostStatus is where a post stands before and in the queue.
type PostStatus string

const (
	PostDraft     PostStatus = "draft"
	PostSubmitted PostStatus = "submitted"
	PostApproved  PostStatus = "approved"
	PostChanges   PostStatus = "changes asked"
	PostDeclined  PostStatus = "declined"
	PostWithdrawn PostStatus = "withdrawn"
)

// PlanView is a plan with all its posts.
type PlanView struct {
	campaign.Plan
	Anchors  map[string]AnchorView  `json:"anchors,omitempty"`
	Posts    []PostView             `json:"posts"`
	Total    int                    `json:"total"` // posts of the plan, of which Posts may be a stretch
	ByState  map[campaign.State]int `json:"by_state"`
	Hash     campaign.Digest        `json:"hash"`              // of all that waits for approval
	Deadline time.Time              `json:"deadline,omitzero"` // submit_by of the window
}

// AnchorView is an event of a plan.
type AnchorView struct {
	campaign.Anchor
	Length Span `json:"length"`
	// Waits tells that something goes only once somebody, or the platform, says that it is live.
	Waits bool `json:"waits"`
}

// End is when the event ends as it stands.
func (a AnchorView) End() time.Time { return a.Start.Add(a.Anchor.Length) }

// ChallengeView is a challenge as its file says it now, and who answered it.
type ChallengeView struct {
	Hashtag string    `json:"hashtag"`
	Rules   string    `json:"rules,omitempty"`
	Closes  time.Time `json:"closes,omitzero"`
	Entries []Entries `json:"entries"` // by channel that was searched
}

// PostView is one post of a plan.
type PostView struct {
	ID       campaign.PostID    `json:"id"`
	Kind     campaign.Kind      `json:"kind"`
	Status   PostStatus         `json:"status"`
	Rows     []Row              `json:"rows"`
	Comments []campaign.Comment `json:"comments,omitempty"`
	// Asks are the values that are filled in after submission.
	Asks      []plan.AskedValue `json:"asks,omitempty"`
	Challenge *ChallengeView    `json:"challenge,omitempty"`
}

// PlanLine is a plan in a list.
type PlanLine struct {
	ID        campaign.PlanID        `json:"id"`
	Title     string                 `json:"title"`
	Mechanism campaign.MechanismID   `json:"mechanism"`
	Takeover  campaign.TakeoverID    `json:"window"`
	Revision  int                    `json:"revision"`
	By        campaign.PersonID      `json:"by"`
	At        time.Time              `json:"at"`
	Late      bool                   `json:"late,omitempty"`
	Withdrawn bool                   `json:"withdrawn,omitempty"`
	ByState   map[campaign.State]int `json:"by_state"`
}

// Status is the state of everything at a glance.
type Status struct {
	Campaign string                 `json:"campaign"`
	Zone     string                 `json:"zone"`
	At       time.Time              `json:"at"`
	ByState  map[campaign.State]int `json:"by_state"`
	Stopped  []StopLine             `json:"stopped"` // every cause, stop, hold and held account
	Lanes    []LaneLine             `json:"lanes"`
	Running  bool                   `json:"running"` // a daemon publishes
}

// StopLine is one thing that stops publishing.
type StopLine struct {
	Cause  campaign.Cause    `json:"cause,omitempty"`
	Hold   string            `json:"hold,omitempty"`
	Stop   bool              `json:"stop,omitempty"`
	Scope  campaign.Scope    `json:"scope,omitzero"`
	Lane   campaign.LaneID   `json:"lane,omitempty"`
	By     campaign.PersonID `json:"by,omitempty"`
	At     time.Time         `json:"at"`
	Reason string            `json:"reason,omitempty"`
	Text   string            `json:"text"` // in words
}

// LaneLine is one account's work.
type LaneLine struct {
	Lane     campaign.LaneID      `json:"lane"`
	Channels []campaign.ChannelID `json:"channels"`
	Next     time.Time            `json:"next,omitzero"`      // the earliest try; zero: nothing is queued
	Last     time.Time            `json:"last,omitzero"`      // the latest send
	WaitsFor time.Time            `json:"waits_for,omitzero"` // silence that the platform asked for
	Held     string               `json:"held,omitempty"`
}

// WindowLine is a take-over window in a list.
type WindowLine struct {
	ID        campaign.TakeoverID  `json:"id"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	From      time.Time            `json:"from"`
	To        time.Time            `json:"to"`
	Channels  []campaign.ChannelID `json:"channels"`
	SubmitBy  time.Time            `json:"submit_by,omitzero"`
	Shared    bool                 `json:"shared,omitempty"`
	Revoked   bool                 `json:"revoked,omitempty"`
	State     string               `json:"state"` // "coming", "open", "ended", "revoked"
	Plans     int                  `json:"plans"`
}

// ChannelLine is a channel in a list. It shows no secret, nor a reference to one.
type ChannelLine struct {
	ID         campaign.ChannelID    `json:"id"`
	Platform   string                `json:"platform"`
	Like       string                `json:"like,omitempty"`
	Handle     string                `json:"handle,omitempty"`
	Lane       campaign.LaneID       `json:"lane"`
	Languages  campaign.LanguageMode `json:"languages"`
	Paused     bool                  `json:"paused,omitempty"`
	DailyLimit int                   `json:"daily_limit,omitempty"`
	MinGap     Span                  `json:"min_gap,omitempty"`
	Class      campaign.Class        `json:"class,omitempty"`
	Next       time.Time             `json:"next,omitzero"`
}

// AuditCheck is the outcome of verifying the whole log.
type AuditCheck struct {
	OK      bool   `json:"ok"`
	Entries uint64 `json:"entries"`
	Bad     uint64 `json:"bad,omitempty"` // number of the first entry that does not fit
	Why     string `json:"why,omitempty"`
}
