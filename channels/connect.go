package channels

import (
	"context"
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// ErrNotConnected is wrapped where a channel has no token: somebody must
// connect it first.
var ErrNotConnected = errors.New("the channel is not connected; run: takeover channel connect")

// Keeper keeps what one channel must remember and nobody may read: its tokens.
// What it keeps is sealed. It may be used by several goroutines.
type Keeper interface {
	// Load is what was kept last. The error wraps ErrNotConnected where
	// nothing is.
	Load(ctx context.Context) (secret.String, error)
	// Change replaces what is kept by what f makes of it, and has it on the
	// disk when it returns. It is the one place where a token is renewed: at
	// most one Change of a channel runs at a time, so that f may call the
	// platform and finds out, from what it is given, whether another has
	// renewed meanwhile. f gets the empty secret where nothing is kept. Where
	// f fails, or returns what it was given, nothing is written. Change refuses
	// before calling f while the store is in quarantine: a copy of the store
	// must not use up a refresh token.
	Change(ctx context.Context, f func(ctx context.Context, kept secret.String) (secret.String, error)) error
}

// nothingKept is the Keeper where there is no vault.
type nothingKept struct{}

func (nothingKept) Load(context.Context) (secret.String, error) {
	return secret.String{}, ErrNotConnected
}

func (nothingKept) Change(context.Context, func(context.Context, secret.String) (secret.String, error)) error {
	return ErrNotConnected
}

// Connector is implemented by channels whose account a person connects. The
// person answers what Begin asks; Finish turns that into what the Keeper keeps.
// Neither stores anything itself.
type Connector interface {
	// Begin starts a flow. redirect is the address of ours to which the
	// platform may send the owner back; "" where there is none, so that the
	// owner copies a code.
	Begin(ctx context.Context, redirect string) (Invitation, error)
	// Finish ends the flow that begun belongs to. answers holds one value for
	// each field that was asked.
	Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (token secret.String, a campaign.Account, err error)
	// Revoke ends, as far as it can, the permission that Finish or the Keeper
	// gave as token; it is empty where nothing is kept. It does not use the
	// Keeper: the caller keeps renewals away, and forgets the token in any case.
	Revoke(ctx context.Context, token secret.String) error
}

// Invitation is what the owner of an account must do to connect it.
type Invitation struct {
	URL   string        // the platform's page on which the owner agrees; "" where there is none
	Ask   []Field       // what the owner types here, or the page sends back
	Begun secret.String // what Finish needs; kept sealed until then
	// State is the parameter by which the platform's way back is known again;
	// "" where the owner is not sent back.
	State string
	Until time.Time // when the flow is void; zero: ten minutes from now
}

// Field is one thing that the owner is asked for.
type Field struct {
	Name   string `json:"name"`  // "code", "handle", "password"
	Label  string `json:"label"` // as people read it
	Secret bool   `json:"secret,omitempty"`
}

// Inspector is implemented by channels that can ask the platform, without
// posting, who they are, what they may do, until when, and within which limits.
// An error is an *Error: NotSent with ScopeChannel means that a person must connect anew.
type Inspector interface {
	Inspect(ctx context.Context) (campaign.Account, error)
}

// Counter is implemented where the platform tells how a post did.
type Counter interface {
	// Numbers are what is counted for the post of the receipt. A post that is
	// gone is an error that wraps ErrGone.
	Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error)
}

// Searcher is implemented where the platform is asked for public posts under a
// hashtag. Whoever made one is known by its address alone; no text is taken.
type Searcher interface {
	// Tagged are the public posts under a hashtag ("#MyStreet") that others made
	// since then, newest first, each once, at most MaxTagged.
	Tagged(ctx context.Context, hashtag string, since time.Time) ([]campaign.Entry, error)
}

// Watcher is implemented where the platform is asked whether an event is live.
type Watcher interface {
	// Watch tells whether the broadcast at an address is live now. An address
	// that is none of the platform's is an error.
	Watch(ctx context.Context, address string) (live bool, err error)
}

// MaxTagged is the most posts that a Searcher gives.
const MaxTagged = 1000

// ErrGone is wrapped where a post that was public is not there any more.
var ErrGone = errors.New("the post is not there any more")
