// Package channels says what a platform adapter is: the questions the engine
// asks of one connected account, and the four answers there are.
package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Platform is what a kind of channel is and can. Values are constant.
type Platform struct {
	Name         string          `json:"name"`
	Class        campaign.Class  `json:"class"`
	Limits       campaign.Limits `json:"limits"`
	Capabilities []string        `json:"capabilities"` // "alt", "language", "thread", "link_card", …
	// Open makes a channel from its configuration. It does no I/O.
	Open func(id campaign.ChannelID, c campaign.Channel, env Env) (Channel, error) `json:"-"`
}

// Env is what an adapter may use from outside.
type Env struct {
	// Campaign is the id of the campaign; the Registry sets it.
	Campaign string
	// Secret resolves a reference ("file:…", "env:…") to its value. Adapters
	// ask at each use, so a changed file counts without a restart.
	Secret func(ref string) (secret.String, error)
	// Media opens a stored picture or film by its digest.
	Media func(d campaign.Digest) ([]byte, error)
	// Now is the engine's wall clock; adapters read no other.
	Now func() time.Time
	// Handover is the folder in which manual channels lay what a person shall
	// post; "" where there is none.
	Handover string
	// Tell says that a task lies there for a person; nil where nobody listens.
	// It must not block, and may be told of one task twice.
	Tell func(t Task)
	// Date is told the Date header of every answer of a platform, by its host;
	// nil where nobody listens. It must not block.
	Date func(host string, at time.Time)
	// MediaURL is a public address from which a platform fetches a stored
	// picture, until three days after due; the same for the same file and time.
	// "" tells that there is none for now; nil that there never is.
	MediaURL func(d campaign.Digest, due time.Time) string
	// Vault keeps the sealed tokens of each channel; nil where there is no key.
	Vault func(id campaign.ChannelID) Keeper
	// Keep is the channel's own part of Vault; the Registry sets it, never nil.
	Keep Keeper
}

// Task is a piece of work for a person: what a manual channel asks at the due time.
type Task struct {
	Delivery campaign.DeliveryID
	Channel  campaign.ChannelID
	Person   string // mail address
	Content  campaign.Content
	Folder   string // where text and files lie
}

// Channel publishes to one connected account. Its methods may be called from
// several goroutines, but never two for the same delivery at once. A Request
// holds all they need.
type Channel interface {
	// Class is what this account promises about a lost answer; it may differ
	// by configuration (a webhook whose receiver recognises repeats).
	Class() campaign.Class

	// Check lists everything in the content that the platform would refuse.
	// It does no I/O, so a form can call it at each keystroke.
	Check(c campaign.Content) []campaign.Finding

	// Prepare does all the work that the public cannot see, such as uploading
	// media, and returns what Publish will need, one part for each visible
	// call. It may run again after a crash; whatever it left behind must then
	// be harmless.
	Prepare(ctx context.Context, r Request) (Staged, error)

	// Publish makes one part public through r.Gate. The store already holds
	// the attempt. It sends exactly r.Staged.Parts[r.Part].Body, completed by
	// what only r.Earlier tells: the post that a part answers. An error that is
	// not an *Error means InDoubt.
	Publish(ctx context.Context, r Request) (campaign.Receipt, error)

	// Reconcile finds out what became of an earlier Publish whose answer was
	// lost. It only reads. CannotTell, not an error, is the verdict where the
	// platform has no way to ask; an error is a read that failed: ask later.
	//
	// A platform that cannot be read but recognises a repeat (a webhook whose
	// receiver remembers ids) says CannotTell too: the repeat is not its
	// business. Where Class().Repeats() and the KeyWindow is open, the engine
	// answers CannotTell and Absent by arming the same part again under the
	// same key, with the same bytes; otherwise CannotTell asks a person.
	Reconcile(ctx context.Context, r Request) (Verdict, campaign.Receipt, error)
}

// Shower is implemented by channels that show readers more than a content's
// texts: link and credits below them, a title, a content warning above.
type Shower interface {
	// Shown are the texts of the post and of its thread as readers will see them,
	// in order, by the functions that the requests are made with. It does no I/O.
	Shown(c campaign.Content) []campaign.Shown
}

// ShownBy are the texts of a content as readers will see them on the channel:
// what a preview must show. It does no I/O.
func ShownBy(ch Channel, c campaign.Content) []campaign.Shown {
	if s, ok := ch.(Shower); ok {
		return s.Shown(c)
	}
	return Texts(append([]string{c.Text}, c.Thread...)...)
}

// Texts are texts that have no titles.
func Texts(texts ...string) []campaign.Shown {
	out := make([]campaign.Shown, len(texts))
	for i, t := range texts {
		out[i].Text = t
	}
	return out
}

// Request is all an adapter is given about one delivery.
type Request struct {
	Delivery campaign.Delivery
	Content  campaign.Content
	Part     int
	Key      string // idempotency key or chosen id of this part, equal in every attempt at the same content
	Attempt  int
	ArmedAt  time.Time // of the first attempt of the part
	Newest   string    // newest own remote id seen before the first attempt
	// Doubt tells that an earlier attempt at this part may have left. What the
	// platform then refuses may be refused because it has the post.
	Doubt  bool
	Staged Staged
	// Work is what the platform named the work that the attempt at hand began, as
	// Note was told it; "" where no name came.
	Work string
	// Earlier are the receipts of the parts before this one.
	Earlier []campaign.Receipt
	Gate    httpx.Gate // nil outside Publish
	// Note stores, before it returns, the name that the platform gave to work that
	// the publish call began and that is not done yet: Reconcile asks by it, also
	// after a crash. An error tells that it could not be stored yet; it will be with
	// the result. nil outside Publish, and where nobody listens.
	Note func(work string) error
}

// Staged is what Prepare made: it is stored before it is used.
type Staged struct {
	Parts []Part `json:"parts"`
	// Until is when what was staged expires; zero: never.
	Until time.Time `json:"until,omitzero"`
}

// Part is one visible call with its exact bytes.
type Part struct {
	Name string          `json:"name"`           // "post", "reply", "first comment"
	Body []byte          `json:"body"`           // frozen: a repeat sends the same
	Note json.RawMessage `json:"note,omitempty"` // what the adapter wants to remember
	// Later tells that the part can be staged only once those before it are
	// public: Prepare is asked again then, with their receipts.
	Later bool `json:"later,omitempty"`
}

// Strength says how far a read-back can be believed. Source: platforms.md §0.1.
type Strength uint8

const (
	Weak  Strength = iota // eventually consistent, or cannot be filtered: absence proves nothing
	Good                  // own list, complete after SettleTime
	Exact                 // one object under an id known before publishing
)

// ReadBack says how the channel's Reconcile can be believed. A Channel without
// it is Weak.
type ReadBack interface {
	ReadBack() (s Strength, settle time.Duration)
}

// KeyWindow is implemented by channels whose repeats under one key are safe
// for a limited time only. Without it a class that repeats does so for ever.
type KeyWindow interface {
	KeyWindow() time.Duration
}

// Latest is implemented by channels that can name the account's newest own
// post, or another mark of how far the account is that only they understand;
// it is where a read-back starts.
type Latest interface {
	Latest(ctx context.Context) (remoteID string, err error)
}

// Deleter is implemented where a post can be taken down by its remote id.
type Deleter interface {
	Delete(ctx context.Context, r campaign.Receipt) error
}

// Dater is implemented by channels that can read the platform's clock from a
// Date header without publishing anything.
type Dater interface {
	Date(ctx context.Context) (time.Time, error)
}

// Verdict is what a read-back found.
type Verdict uint8

const (
	CannotTell Verdict = iota
	Found
	Absent
	// Ambiguous is what only a person can tell: several posts look like ours,
	// or one that somebody else may have made. It is never repeated.
	Ambiguous
	// Gone is absent where somebody may have taken it down since it was sent.
	// It is not sent again by itself either.
	Gone
)

// String is the verdict in a word.
func (v Verdict) String() string {
	return [...]string{"cannot tell", "found", "absent", "ambiguous", "gone"}[v]
}

// Fate is what is known about a call that failed; zero is the careful value.
type Fate uint8

const (
	InDoubt Fate = iota // the post may be public
	NotSent             // certainly not public; it may be sent again
	Refused             // the platform said no and will say so again
)

// String is the fate as evidence stores it.
func (f Fate) String() string { return [...]string{"in_doubt", "not_sent", "refused"}[f] }

// Scope is what a failure affects.
type Scope uint8

const (
	ScopeContent  Scope = iota // this post only
	ScopeChannel               // the account: its lane is held and people are told once
	ScopeApp                   // every channel with the same client
	ScopePlatform              // an outage
)

// String is the scope in a word.
func (s Scope) String() string { return [...]string{"content", "channel", "app", "platform"}[s] }

// Error is how a channel reports a call that did not succeed.
type Error struct {
	Op        string    // package and step, "webhook.publish"
	Fate      Fate      // what the public may have seen
	Scope     Scope     // what is affected
	Status    int       // HTTP status; 0 where no answer came
	Reach     string    // how far the request got
	RetryAt   time.Time // as the platform asked; zero for the default
	Duplicate bool      // the platform called it a twin: read back before anything else
	Gate      bool      // refused at our own gate: nothing left
	Keep      bool      // what was staged still serves: it is not staged anew
	// Code is a campaign.Reason… that says more than the fate, "" for the
	// fate's own. It is recorded with the attempt and stays the delivery's
	// reason when a person is asked: handed_over is no lost answer.
	Code string
	Err  error // cause, without tokens or URLs that hold them
}

func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s: %d: %v", e.Op, e.Status, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Op, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// FateOf is the fate an error carries; an error that is no *Error is in doubt.
func FateOf(err error) Fate {
	var e *Error
	if errors.As(err, &e) {
		return e.Fate
	}
	return InDoubt
}
