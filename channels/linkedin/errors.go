package linkedin

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// failure is the body of an answer that says no.
type failure struct {
	Message      string `json:"message"`
	Status       int    `json:"status"`
	Code         string `json:"code"`
	ServiceError int    `json:"serviceErrorCode"`
	Details      struct {
		Inputs []struct {
			Code        string `json:"code"`
			Description string `json:"description"`
		} `json:"inputErrors"`
	} `json:"errorDetails"`
}

// said is LinkedIn's own no; own tells that the answer is whole and of the
// API's shape, so that no box in between gave it.
func said(a httpx.Answer) (f failure, own bool) {
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &f) != nil {
		return failure{}, false
	}
	return f, f.Message != "" && (f.Status == a.Status || f.Code != "" || f.ServiceError != 0)
}

// has tells whether the failure bears the code, or an input of it does.
func (f failure) has(code string) bool {
	return strings.Contains(f.Code, code) || slices.ContainsFunc(f.Details.Inputs, func(i struct {
		Code        string `json:"code"`
		Description string `json:"description"`
	}) bool {
		return strings.Contains(i.Code, code)
	})
}

var (
	namesTwin    = regexp.MustCompile(`duplicate of (urn:li:(?:share|ugcPost):[0-9]{1,25})\b`)
	saysVersion  = regexp.MustCompile(`(?i)\bversion\b.*\b(not active|nonexistent|missing|invalid|supported)\b`)
	saysForADay  = regexp.MustCompile(`\bDAY\b|(?i)daily`)
	saysWaiting  = []string{"MEDIA_ASSET_WAITING_UPLOAD", "MEDIA_ASSET_PROCESSING"}
	unprocessed  = "MEDIA_ASSET_PROCESSING_FAILED"
	burstPause   = 15 * time.Minute
	pictureRetry = 30 * time.Second
)

// twin is the post that a refusal names, "" where it is not about one.
func (f failure) twin() string {
	if m := namesTwin.FindStringSubmatch(f.Message); m != nil {
		return m[1]
	}
	return ""
}

// cause is what the failure says that may be shown: its code, its message, or
// what its status says.
func (f failure) cause(status int) error {
	if twin := f.twin(); twin != "" {
		return errors.New("the same text is public already as " + twin)
	}
	for _, t := range []string{f.Message, f.Code} {
		if code := channels.SafeCode(strings.TrimRight(t, ".! \n")); code != "" {
			return errors.New(code)
		}
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// row is what a refusal in LinkedIn's own shape means.
type row struct {
	fate  channels.Fate
	scope channels.Scope
	twin  bool
	keep  bool          // what was staged still serves
	after time.Duration // when to try again; 0: as the engine likes
	hint  string        // what a person shall do
}

// row is the row of the table of platforms.md §7.6; false where it has none.
// attempt counts the calls of the part, from 1.
func (f failure) row(status, attempt int, now time.Time) (row, bool) {
	account := row{fate: channels.NotSent, scope: channels.ScopeChannel}
	app := row{fate: channels.NotSent, scope: channels.ScopeApp}
	content := row{fate: channels.Refused, scope: channels.ScopeContent}
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		switch {
		case f.has("DUPLICATE_POST"), f.twin() != "":
			return row{fate: channels.InDoubt, scope: channels.ScopeContent, twin: true}, true
		case f.has(unprocessed) && attempt > 1:
			return content, true
		case f.has(unprocessed):
			return row{fate: channels.NotSent, scope: channels.ScopeContent}, true // uploaded anew
		case slices.ContainsFunc(saysWaiting, f.has):
			return row{fate: channels.NotSent, scope: channels.ScopeContent, keep: true, after: pictureRetry}, true
		case strings.Contains(f.Code, "VERSION"), saysVersion.MatchString(f.Message):
			app.hint = hintVersion
			return app, true
		}
		return content, true
	case http.StatusUnauthorized, http.StatusForbidden:
		return account, true
	case http.StatusNotFound:
		return app, true
	case http.StatusUpgradeRequired:
		app.hint = hintVersion
		return app, true
	case http.StatusTooManyRequests:
		account.after = burstPause
		if saysForADay.MatchString(f.Message) {
			account.after = untilMidnight(now)
		}
		return account, true
	}
	return row{}, false
}

const hintVersion = "LinkedIn has switched this version of its API off; set a newer version"

// untilMidnight is how long it is to the next day of UTC, when LinkedIn counts anew.
func untilMidnight(now time.Time) time.Duration {
	const day = 24 * time.Hour
	return now.UTC().Truncate(day).Add(day).Sub(now)
}

// apply writes the row into the error.
func (r row) apply(e *channels.Error, now time.Time) {
	e.Fate, e.Scope, e.Duplicate, e.Keep = r.fate, r.scope, r.twin, r.keep
	if r.hint != "" {
		e.Err = errors.New(r.hint)
	}
	if r.after > 0 {
		e.RetryAt = now.Add(r.after)
	}
}

// outcome is how a publish call failed; it is asked only where there is no
// post. twin is the post that the refusal names.
func outcome(a httpx.Answer, err error, attempt int, now time.Time) (e *channels.Error, twin string) {
	f, own := said(a)
	e = channels.Transport(opPublish, a, err, own, now)
	if !own {
		return e, ""
	}
	e.Err = f.cause(a.Status)
	if r, ok := f.row(a.Status, attempt, now); ok {
		r.apply(e, now)
	}
	return e, f.twin()
}
