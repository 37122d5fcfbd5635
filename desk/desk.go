// Package desk holds every deed that a person can ask for, one function each,
// behind all doors: pages, API, commands, plan folder. A deed takes who acts,
// the object and, where it matters, the revision or hash that the person saw;
// it asks campaign.Campaign.May inside its transaction, runs one store.Update,
// writes one audit entry of ids and hashes, and says what it did. Doors have
// no rule of their own.
package desk

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

// What a door tells apart. Refusals wrap campaign.ErrNotAllowed, unknown
// objects store.ErrNotFound.
var (
	// ErrConflict is wrapped when what the person saw is not what is: another
	// revision, another hash, already sent, already decided.
	ErrConflict = errors.New("conflict")
	// ErrFindings is wrapped when errors in a plan or request stop the deed;
	// the answer that comes with it lists them. Nothing was changed.
	ErrFindings = errors.New("errors were found, nothing was changed")
	// ErrUsage is wrapped when a request makes no sense, whoever asks it.
	ErrUsage = errors.New("wrong request")
)

// UnconfirmedError names the daemons that did not say that they stopped: what
// they were sending may leave yet.
type UnconfirmedError struct{ Daemons []string }

func (e *UnconfirmedError) Error() string {
	return "not confirmed by " + strings.Join(e.Daemons, ", ")
}

// Brake is what the desk needs of the engine that publishes.
type Brake interface {
	// Halt is called after a stop, hold or withdrawal has been committed. It
	// takes back every armed delivery covered whose request has not left, and
	// returns when none of the covered can leave any more: left are those
	// whose first byte was out before (public, or perhaps public), back those
	// taken back. An error means that this could not be confirmed in time; it is
	// an *UnconfirmedError where other daemons did not.
	Halt(ctx context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error)
	// Lift is called after a stop or hold was lifted.
	Lift()
	// Wake is called after the queue changed in any other way.
	Wake()
}

// Notice is something that people should be told; whoever sends mail or pushes
// decides to whom by Event (the rows of ux.md §7).
type Notice struct {
	Event      string                `json:"event"` // "submitted", "changes_asked", "stopped", …
	By         campaign.PersonID     `json:"by"`
	Mechanism  campaign.MechanismID  `json:"mechanism,omitempty"`
	Plan       campaign.PlanID       `json:"plan,omitempty"`
	Post       campaign.PostID       `json:"post,omitempty"`
	Deliveries []campaign.DeliveryID `json:"deliveries,omitempty"`
	Text       string                `json:"text"` // a plain sentence
	At         time.Time             `json:"at"`
	// To are the people who are told by mail; Push tells it also where all
	// organizers look; what is Urgent does not wait for others. Address sets them.
	To     []campaign.PersonID `json:"to,omitempty"`
	Push   bool                `json:"push,omitempty"`
	Urgent bool                `json:"urgent,omitempty"`
}

// Config is what a Desk works with. Store and Clock are needed.
type Config struct {
	Store store.Store
	Clock clock.Clock
	// Brake reaches the running engines; nil where no daemon can run, so that
	// nothing can leave (commands on a data folder that nobody shares).
	Brake Brake
	// Running tells whether a daemon publishes what is in the store; nil: one
	// does where there is a Brake.
	Running func(store.Tx) (bool, error)
	// Preparing tells whether the engine prepares the delivery right now, such as
	// by uploading its pictures; nil where no daemon runs.
	Preparing func(campaign.DeliveryID) bool
	// Facts tells what is known of a channel's platform; nil knows none.
	Facts func(campaign.Channel) (channels.Facts, bool)
	// Channel is the open adapter of a channel (a Registry has it), whose Check adds to a plan's findings;
	// nil leaves that out. It does no I/O.
	Channel func(c *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error)
	// Vault keeps the tokens of connected channels; nil where none can be kept.
	Vault *vault.Vault
	// Media keeps pictures and films; nil where none can be stored.
	Media *media.Store
	Log   *slog.Logger // nil is silent
	// Tell is called after the commit, at most once a deed and never while a
	// transaction runs; nil tells nobody.
	Tell func(Notice)
}

// Desk does the deeds. Its methods may be called from several goroutines.
type Desk struct{ Config }

// New makes a Desk.
func New(c Config) *Desk {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Facts == nil {
		c.Facts = func(campaign.Channel) (channels.Facts, bool) { return channels.Facts{}, false }
	}
	return &Desk{c}
}

// Pick chooses deliveries: those named, or all that match every other field
// that is set. An empty Pick is refused.
type Pick struct {
	IDs       []campaign.DeliveryID `json:"ids,omitempty"`
	Plan      campaign.PlanID       `json:"plan,omitempty"`
	Post      campaign.PostID       `json:"post,omitempty"` // with Plan
	Takeover  campaign.TakeoverID   `json:"takeover,omitempty"`
	Channel   campaign.ChannelID    `json:"channel,omitempty"`
	Mechanism campaign.MechanismID  `json:"mechanism,omitempty"`
	Day       string                `json:"day,omitempty"` // due on the local day, "2026-12-18", of the campaign's zone
}

// Row is a delivery as people see it.
type Row struct {
	campaign.Delivery
	Short     string `json:"short"`               // the id as people write it: its shortest beginning that no other has
	Shown     string `json:"shown"`               // the word people see: "paused", "needs you", …
	PausedBy  string `json:"paused_by,omitempty"` // where it is paused, what holds it in a few words: "is live"
	Why       string `json:"why"`                 // one plain sentence of cause
	Next      string `json:"next"`                // who or what moves it on
	Tolerance Span   `json:"tolerance"`
	Lateness  Span   `json:"lateness,omitempty"`

	Told Explanation `json:"-"` // Why and Next, for readers of another language
}
