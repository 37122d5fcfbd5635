// Package oauth is what platforms that speak OAuth 2 have in common: an owner
// who agrees on the platform's page (RFC 6749 §4.1, with PKCE of RFC 7636 where
// the platform knows it), and an access token that is renewed once at a time.
// What a platform's answers mean beyond that is the adapter's to say.
package oauth

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// App is a program registered at a platform, as one channel uses it. Its
// exported fields are set before its first use; after that its methods may be
// called from several goroutines.
type App struct {
	Env    channels.Env
	Client *httpx.Client
	// Server is the host that tokens are kept for: one kept for another is not used.
	Server string
	// ID is the app's name at the platform, Secret the reference to its secret;
	// "" where the platform asks for none.
	ID, Secret string
	// InHead sends the secret as the password of HTTP Basic instead of in the form.
	InHead bool
	// IDName is how the platform calls ID in a form; "" is "client_id".
	IDName string
	// Authorize is the page on which the owner agrees, Token the place where
	// codes and refresh tokens are exchanged, Revocation where a token is ended.
	Authorize, Token, Revocation string
	// Redirect is the address registered with the app to which the owner is sent
	// where the engine has none of its own.
	Redirect string
	// Scopes are what we need, no more; Between stands between them, "" is a space.
	Scopes  []string
	Between string
	// More are further parameters of the page.
	More url.Values
	// Proof asks for PKCE.
	Proof bool
	// Label says what the owner brings back.
	Label string

	// Ahead is how long before its end an access token is renewed, Pause the
	// shortest time between two tries, Life how long an access token serves
	// where the answer does not say, RefreshLife the same of a refresh token;
	// zero where it has no end.
	Ahead, Pause, Life, RefreshLife time.Duration
	// Over are the error codes with which the platform says that it does not
	// know a refresh token any more; nil is "invalid_grant".
	Over []string

	// OpConnect and OpToken name the steps in errors.
	OpConnect, OpToken string
	// Fault is what a failed call means that the public cannot see.
	Fault func(op string, a httpx.Answer, err error) *channels.Error

	mu    sync.Mutex
	tried time.Time // when a renewal was tried last; zero after one that worked
}

// Kept is what the Keeper holds of a connected account. Nothing prints it.
type Kept struct {
	Server  string    `json:"server"` // host where the tokens belong; they go nowhere else
	AppID   string    `json:"client_id"`
	Access  string    `json:"access"`
	Until   time.Time `json:"until"`             // end of Access by our clock
	Refresh string    `json:"refresh,omitempty"` // "" when it was refused or never given
	Ends    time.Time `json:"ends,omitzero"`     // end of Refresh; zero: it has none
	Scope   string    `json:"scope,omitempty"`   // as the platform wrote it
	User    string    `json:"user,omitempty"`    // the platform's id of the account
	Handle  string    `json:"handle,omitempty"`
}

// String keeps it out of whatever prints it.
func (Kept) String() string { return secret.Hidden }

// GoString does the same for %#v.
func (Kept) GoString() string { return secret.Hidden }

// Encode is what the Keeper is given.
func (k Kept) Encode() (secret.String, error) {
	b, err := json.Marshal(k)
	return secret.New(string(b)), err
}

// Expires is when a person must agree again; zero is never.
func (k Kept) Expires() time.Time {
	switch {
	case k.Refresh == "":
		return k.Until
	case !k.Ends.IsZero() && k.Until.After(k.Ends):
		return k.Until
	}
	return k.Ends
}

// Scopes are the rights that were granted, as far as they may be shown.
func (k Kept) Scopes() []string {
	var out []string
	for _, f := range strings.FieldsFunc(k.Scope, func(r rune) bool { return r == ',' || r == ' ' }) {
		if f = channels.SafeID(f); f != "" && httpx.Redact(f) == f { // Google's are addresses
			out = append(out, f)
		}
	}
	return out
}

// Missing are those of need that were not granted; none where the platform did
// not say what was.
func (k Kept) Missing(need []string) []string {
	granted := k.Scopes()
	if len(granted) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(need), func(s string) bool { return slices.Contains(granted, s) })
}

// grant is the answer of the token page.
type grant struct {
	Access         string `json:"access_token"`
	Type           string `json:"token_type"`
	Expires        int64  `json:"expires_in"` // seconds
	Refresh        string `json:"refresh_token"`
	RefreshExpires int64  `json:"refresh_token_expires_in"`
	RefreshEnds    int64  `json:"refresh_expires_in"` // the same in other platforms' words
	Scope          string `json:"scope"`
	Error          string `json:"error"` // of a refusal
}

// take replaces the tokens by those of the answer. A refresh token that is not
// replaced serves on (RFC 6749 §6).
func (a *App) take(k *Kept, got grant, now time.Time) {
	k.Access, k.Until = got.Access, now.Add(lifeOf(got.Expires, a.Life))
	if got.Scope != "" {
		k.Scope = got.Scope
	}
	if got.Refresh == "" {
		return
	}
	k.Refresh = got.Refresh
	said := max(got.RefreshExpires, got.RefreshEnds)
	if a.RefreshLife > 0 && (k.Ends.IsZero() || said > 0) {
		k.Ends = now.Add(lifeOf(said, a.RefreshLife))
	}
}

// longest is the longest life that an answer is believed.
const longest = 2 * 365 * 24 * time.Hour

// lifeOf is a number of seconds if it can be meant, else the usual.
func lifeOf(seconds int64, usual time.Duration) time.Duration {
	if seconds < 1 || seconds > int64(longest/time.Second) {
		return usual
	}
	return time.Duration(seconds) * time.Second
}

// bearerForm is what may stand in a header. TikTok's tokens hold "!" and "*".
var bearerForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=:!*|-]+$`)

// maxBearer is the longest token that is taken, in bytes.
const maxBearer = 8 << 10

// IsBearer tells whether s may stand in a header as a token.
func IsBearer(s string) bool { return len(s) <= maxBearer && bearerForm.MatchString(s) }
