package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// request is one call of the protocol.
type request struct {
	host   string // "https://bsky.social", no slash at its end
	name   string // "com.atproto.repo.getRecord"
	query  url.Values
	bearer string
	post   bool   // a procedure, also without a body
	body   []byte // of a procedure
	mime   string // of the body; "" is JSON
}

func (r request) call() httpx.Call {
	call := httpx.Call{Method: http.MethodGet, URL: r.host + "/xrpc/" + r.name, Header: http.Header{"Accept": {"application/json"}}, Body: r.body}
	if len(r.query) > 0 {
		call.URL += "?" + r.query.Encode()
	}
	if r.post {
		call.Method = http.MethodPost
	}
	if r.body != nil {
		call.Header.Set("Content-Type", "application/json")
		if r.mime != "" {
			call.Header.Set("Content-Type", r.mime)
		}
	}
	if r.bearer != "" {
		call.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	return call
}

// answer is what a call brought.
type answer struct {
	httpx.Answer
	err  error
	said problem // the server's own refusal; zero where it gave none
}

// problem is the shape of every refusal.
type problem struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

// nameForm is the name of a refusal. No token and no app password has it.
var nameForm = regexp.MustCompile(`^[A-Z][A-Za-z]{2,60}$`)

// safeWord is a word of the server's if it may be stored and shown, else "".
func safeWord(s string) string {
	if !wordForm.MatchString(s) {
		return ""
	}
	return s
}

var wordForm = regexp.MustCompile(`^[a-z]{3,30}$`)

// read puts the refusal of an answer into it, if it is whole and in the
// protocol's shape.
func read(a httpx.Answer, err error) answer {
	out := answer{Answer: a, err: err}
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &out.said) != nil || !nameForm.MatchString(out.said.Error) {
		out.said = problem{}
	}
	return out
}

func success(status int) bool { return status >= 200 && status <= 299 }

// own tells that it was the server that refused, not a box in between.
func (a answer) own() bool { return a.said.Error != "" }

// into reads the body of a success; it tells whether that went well.
func (a answer) into(v any) bool {
	return a.err == nil && a.Whole && success(a.Status) && json.Unmarshal(a.Body, v) == nil
}

// is tells whether the server refused with the named error.
func (a answer) is(name string) bool { return a.said.Error == name }

// kind sorts refusals by what follows from them.
type kind uint8

const (
	kindOther   kind = iota // decided by the status alone
	kindToken               // the session is over, or never was
	kindAccount             // the account is closed, or is not there
	kindSwap                // another record stands under our key
	kindBlob                // an uploaded picture is gone
	kindContent             // this post will never be taken
)

var (
	tokenNames   = []string{"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}
	accountNames = []string{"AccountTakedown", "AccountDeactivated", "AccountSuspended", "RepoTakendown", "RepoDeactivated", "RepoSuspended", "RepoNotFound", "AccountNotFound"}
	contentNames = []string{"InvalidRequest", "InvalidSize", "InvalidMimeType", "BlobTooLarge", "InvalidRecord"}
)

// kind is what the refusal means. Source: platforms.md §3.6.
func (a answer) kind() kind {
	switch said := a.said; {
	case !a.own() || a.Status >= 500:
		return kindOther
	case a.Status == http.StatusUnauthorized, slices.Contains(tokenNames, said.Error):
		return kindToken
	case a.Status == http.StatusForbidden, slices.Contains(accountNames, said.Error), strings.HasPrefix(said.Message, "Could not find repo"):
		return kindAccount
	case said.Error == "InvalidSwap":
		return kindSwap
	case said.Error == "BlobNotFound", strings.HasPrefix(said.Message, "Could not find blob"):
		return kindBlob
	case a.Status == http.StatusBadRequest && slices.Contains(contentNames, said.Error), a.Status == http.StatusRequestEntityTooLarge:
		return kindContent
	}
	return kindOther
}

// why is the server's own refusal in words that may be stored and shown: the
// code, and what it is about where its text is one we know.
func (a answer) why() error {
	about := ""
	for _, known := range []struct{ text, about string }{
		{"graphemes", "the text is too long for the server"},
		{"string too big", "the text is too long for the server"},
		{"blob too big", "a picture is larger than the server takes; if it takes less than others, say so with image_bytes"},
		{"too large", "it is larger than the server takes"},
		{"Invalid identifier or password", "the handle or the app password is wrong, or the password was revoked"},
		{"Token has been revoked", "the session was ended elsewhere"},
	} {
		if strings.Contains(a.said.Message, known.text) {
			about = ": " + known.about
			break
		}
	}
	return errors.New(a.said.Error + about)
}

// published is the fate of a publish call that brought no receipt.
func (a answer) published(now time.Time) *channels.Error {
	e := channels.Transport(opPublish, a.Answer, a.err, a.own(), now)
	a.mark(e, now)
	switch a.kind() {
	case kindToken, kindAccount:
		e.Fate, e.Scope = channels.NotSent, channels.ScopeChannel
	case kindSwap:
		e.Fate, e.Scope, e.Duplicate = channels.InDoubt, channels.ScopeContent, true
	case kindBlob:
		e.Fate, e.Scope = channels.NotSent, channels.ScopeContent
	case kindContent:
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	}
	return e
}

// staging is what a failed call means that the public cannot see.
func (a answer) staging(op string, now time.Time) *channels.Error {
	e := channels.Staging(op, a.Answer, a.err, a.own(), now)
	a.mark(e, now)
	switch a.kind() {
	case kindToken, kindAccount:
		e.Scope = channels.ScopeChannel
	case kindContent:
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	}
	return e
}

// mark adds what every refusal of the server tells.
func (a answer) mark(e *channels.Error, now time.Time) {
	if !a.own() {
		return
	}
	e.Err = a.why()
	if at, ok := resetAt(a.Header, now); ok && a.Status == http.StatusTooManyRequests {
		e.RetryAt = at
	}
}

// resetAt is when a rate limit ends, by the server's own clock.
// Source: platforms.md §3.5.
func resetAt(h http.Header, now time.Time) (time.Time, bool) {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get("RateLimit-Reset")), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}, false
	}
	there := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		there = date
	}
	wait := time.Unix(seconds, 0).Sub(there)
	return now.Add(min(max(wait, 0), httpx.MaxRetryAfter)), true
}

// ask makes a call that publishes nothing.
func (c *Channel) ask(ctx context.Context, r request) answer {
	return read(c.client.Do(ctx, r.call()))
}

// askAs makes a call that publishes nothing in the account's name. A session
// that turns out to be over is renewed once.
func (c *Channel) askAs(ctx context.Context, op string, r request) (answer, error) {
	g, err := c.session(ctx)
	if err != nil {
		return answer{}, err
	}
	r.host, r.bearer = g.PDS, g.Access
	a := c.ask(ctx, r)
	if a.kind() == kindToken {
		if g, err = c.renew(ctx, g.Access); err != nil {
			return answer{}, err
		}
		r.host, r.bearer = g.PDS, g.Access
		a = c.ask(ctx, r)
	}
	if a.err != nil || !success(a.Status) {
		return a, a.staging(op, c.env.Now())
	}
	return a, nil
}
