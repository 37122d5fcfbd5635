package x

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// failure is the body of an answer that says no, of API v2 or of v1.1.
type failure struct {
	Title  string    `json:"title"`
	Detail string    `json:"detail"`
	Type   string    `json:"type"`
	Errors []problem `json:"errors"`
}

type problem struct {
	Message    string                     `json:"message"`
	Detail     string                     `json:"detail"`
	Type       string                     `json:"type"`
	Code       int                        `json:"code"` // v1.1
	Parameters map[string]json.RawMessage `json:"parameters"`
}

// said is the platform's own no; own tells that the answer is whole and of the
// API's shape, so that no box in between gave it.
func said(a httpx.Answer) (f failure, own bool) {
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &f) != nil {
		return failure{}, false
	}
	return f, f.Title != "" || f.Detail != "" || slices.ContainsFunc(f.Errors, func(p problem) bool { return p.Message != "" })
}

// is tells whether the failure is of the type, whose address changes its host.
func (f failure) is(kind string) bool {
	return strings.HasSuffix(f.Type, "/"+kind) || slices.ContainsFunc(f.Errors, func(p problem) bool { return strings.HasSuffix(p.Type, "/"+kind) })
}

// code is the number of v1.1, 0 where there is none.
func (f failure) code() int {
	for _, p := range f.Errors {
		if p.Code != 0 {
			return p.Code
		}
	}
	return 0
}

// text is all that the failure says in words.
func (f failure) text() string {
	all := []string{f.Title, f.Detail}
	for _, p := range f.Errors {
		all = append(all, p.Message, p.Detail)
	}
	return strings.Join(all, "\n")
}

// cause is the platform's text if it may be shown, else what its status says.
func (f failure) cause(status int) error {
	texts := []string{f.Detail, f.Title}
	for _, p := range f.Errors {
		texts = append([]string{p.Message}, texts...)
	}
	for _, t := range texts {
		if code := channels.SafeCode(strings.TrimRight(t, ".! ")); code != "" {
			return errors.New(code)
		}
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// row is what a refusal in the platform's own shape means.
type row struct {
	fate  channels.Fate
	scope channels.Scope
	twin  bool
	after time.Duration // when to try again, where the answer does not tell; 0: as the engine likes
	hint  string        // what a person shall do
	// notPermitted is the refusal without a reason: of a post, or of all.
	notPermitted bool
}

// Words of refusals that have no type of their own.
var (
	saysDuplicate = regexp.MustCompile(`(?i)duplicate content`)
	saysMedia     = regexp.MustCompile(`(?i)media ids? .*(invalid|expired|not found)|(invalid|expired) media`)
	saysContent   = regexp.MustCompile(`(?i)cashtag|not permitted.*\breply\b|reply.*not (allowed|permitted)|invalid url`)
	saysForbidden = regexp.MustCompile(`(?i)not permitted to perform this action`)
	saysLocked    = regexp.MustCompile(`(?i)\b(suspended|locked)\b`)
)

const day = 24 * time.Hour

// row is the row of the table of platforms.md §1.6; false where it has none.
func (f failure) row(status int, now time.Time) (row, bool) {
	if code := f.code(); code != 0 {
		if r, ok := codes[code]; ok {
			return r, true
		}
	}
	content := row{fate: channels.Refused, scope: channels.ScopeContent}
	account := row{fate: channels.NotSent, scope: channels.ScopeChannel}
	app := row{fate: channels.NotSent, scope: channels.ScopeApp}
	switch status {
	case http.StatusBadRequest:
		if f.aboutMedia() {
			return row{fate: channels.NotSent, scope: channels.ScopeContent}, true // uploaded anew
		}
		return content, f.is("invalid-request") || len(f.Errors) > 0
	case http.StatusUnauthorized:
		return account, true
	case http.StatusPaymentRequired:
		app.hint = "the prepaid credit is used up; buy more in the developer console"
		return app, true
	case http.StatusRequestEntityTooLarge:
		return content, true
	case http.StatusTooManyRequests:
		if f.is("usage-capped") {
			app.after = now.UTC().Truncate(day).Add(day).Sub(now)
			return app, true
		}
		return account, true
	case http.StatusForbidden:
		return f.forbidden()
	}
	return row{}, false
}

// forbidden are the rows of status 403.
func (f failure) forbidden() (row, bool) {
	text := f.text()
	switch {
	case saysDuplicate.MatchString(text):
		return row{fate: channels.InDoubt, scope: channels.ScopeContent, twin: true}, true
	case f.is("oauth1-permissions"):
		return row{fate: channels.NotSent, scope: channels.ScopeChannel, hint: "give the app read and write permission, then make a new access token"}, true
	case f.is("client-forbidden"), strings.Contains(text+f.Type, "client-not-enrolled"), f.is("client-not-enrolled"):
		return row{fate: channels.NotSent, scope: channels.ScopeApp}, true
	case saysLocked.MatchString(text):
		return row{fate: channels.NotSent, scope: channels.ScopeChannel}, true
	case saysContent.MatchString(text):
		return row{fate: channels.Refused, scope: channels.ScopeContent}, true
	case saysForbidden.MatchString(text):
		return row{fate: channels.Refused, scope: channels.ScopeContent, notPermitted: true}, true
	}
	return row{}, false
}

// aboutMedia tells whether a refusal names an uploaded file that is not to be had.
func (f failure) aboutMedia() bool {
	return saysMedia.MatchString(f.text()) || slices.ContainsFunc(f.Errors, func(p problem) bool { _, is := p.Parameters["media.media_ids"]; return is })
}

const hintV2 = "this access has no API v1.1; switch the channel to api: v2"

// codes are the rows of API v1.1, by its error numbers.
var codes = map[int]row{
	32:  {fate: channels.NotSent, scope: channels.ScopeChannel},
	64:  {fate: channels.NotSent, scope: channels.ScopeChannel},
	89:  {fate: channels.NotSent, scope: channels.ScopeChannel},
	135: {fate: channels.NotSent, scope: channels.ScopePlatform, hint: "X does not take our time; check the clock of this machine"},
	185: {fate: channels.NotSent, scope: channels.ScopeChannel, after: day},
	186: {fate: channels.Refused, scope: channels.ScopeContent},
	187: {fate: channels.InDoubt, scope: channels.ScopeContent, twin: true},
	215: {fate: channels.NotSent, scope: channels.ScopeChannel},
	220: {fate: channels.NotSent, scope: channels.ScopeChannel},
	226: {fate: channels.NotSent, scope: channels.ScopeChannel, after: time.Hour},
	261: {fate: channels.NotSent, scope: channels.ScopeApp},
	324: {fate: channels.Refused, scope: channels.ScopeContent},
	326: {fate: channels.NotSent, scope: channels.ScopeChannel},
	344: {fate: channels.NotSent, scope: channels.ScopeChannel, after: day},
	385: {fate: channels.Refused, scope: channels.ScopeContent},
	453: {fate: channels.NotSent, scope: channels.ScopeChannel, hint: hintV2},
}

// apply writes the row into the error.
func (r row) apply(e *channels.Error, a httpx.Answer, now time.Time) {
	e.Fate, e.Scope, e.Duplicate = r.fate, r.scope, r.twin
	if r.hint != "" {
		e.Err = errors.New(r.hint)
	}
	switch {
	case a.Status == http.StatusTooManyRequests && r.after == 0:
		e.RetryAt = resetAt(a.Header, now)
	case r.after > 0:
		e.RetryAt = now.Add(r.after)
	}
}

// outcome is how a publish call failed; it is asked only where there is no post.
func outcome(a httpx.Answer, err error, now time.Time) (*channels.Error, row) {
	f, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	if !own {
		return e, row{}
	}
	e.Err = f.cause(a.Status)
	r, ok := f.row(a.Status, now)
	if !ok {
		return e, row{}
	}
	r.apply(e, a, now)
	return e, r
}

// resetAt is when X takes calls again: the latest reset of those limits that
// are used up, by the answer's own clock. Source: platforms.md §1.5.
func resetAt(h http.Header, now time.Time) time.Time {
	base := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		base = date
	}
	var at time.Time
	for _, limit := range []string{"x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"} {
		n, err := strconv.ParseInt(h.Get(limit+"-reset"), 10, 64)
		if left := h.Get(limit + "-remaining"); err != nil || n <= 0 || n > 1<<40 || left != "" && left != "0" {
			continue
		}
		wait := min(max(time.Unix(n, 0).Sub(base), 0), httpx.MaxRetryAfter)
		if then := now.Add(wait); then.After(at) {
			at = then
		}
	}
	if at.IsZero() {
		return httpx.RetryAfter(h, now)
	}
	return at
}
