package graph

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Failure is Meta's own word for its no.
type Failure struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    int    `json:"code"`
	Subcode int    `json:"error_subcode"`
}

// Step is what a call does, as far as its failure means something else for it.
type Step uint8

const (
	Stage   Step = iota // a call that the public cannot see
	Read                // a read, which is asked again
	Publish             // the call that makes a part public
)

// Row is a row of a platform's error table.
type Row struct {
	Fate      channels.Fate
	Scope     channels.Scope
	Wait      time.Duration // until the next try where the answer names none
	Duplicate bool          // the platform calls it a twin
	Keep      bool          // what was staged still serves
}

// Rows is a platform's error table: the row for a failure, false where it has
// none. doubt tells that an earlier attempt at the same part may have left.
type Rows func(step Step, f Failure, doubt bool) (Row, bool)

// RateWait is how long to wait after too many calls where no header tells.
// Source: platforms.md §4.6.
const RateWait = time.Hour

// Rate tells whether the code says that there were too many calls, and whether
// by the app as a whole. Source: platforms.md §4.6.
func (f Failure) Rate() (rate, app bool) {
	switch c := f.Code; {
	case c == 4:
		return true, true
	case c == 17, c == 32, c == 341, c == 613, c >= 80001 && c <= 80014:
		return true, false
	}
	return false, false
}

// RateRow is the row for too many calls.
func (f Failure) RateRow() (Row, bool) {
	rate, app := f.Rate()
	row := Row{Fate: channels.NotSent, Scope: channels.ScopeChannel, Wait: RateWait}
	if app {
		row.Scope = channels.ScopeApp
	}
	return row, rate
}

// Denied tells whether the account's token or its rights are at fault: a person
// must act. Source: platforms.md §4.6, §5.6, §6.6.
func (f Failure) Denied() bool {
	return f.Code == 190 || f.Code == 102 || f.Code == 10 || f.Code >= 200 && f.Code <= 299
}

// Hidden tells whether the object is not there or not ours to see.
func (f Failure) Hidden() bool { return f.Code == 100 && f.Subcode == 33 }

// HeldRow is the row of an account that a person must look after.
var HeldRow = Row{Fate: channels.NotSent, Scope: channels.ScopeChannel}

// RefusedRow is the row of a post that will be refused again.
var RefusedRow = Row{Fate: channels.Refused, Scope: channels.ScopeContent}

// AgainRow is the row of a post that may be staged anew.
var AgainRow = Row{Fate: channels.NotSent, Scope: channels.ScopeContent}

// ServerRow is the row of the server's own trouble. It may stand behind the
// effect: posts with such an answer were found live.
func ServerRow(step Step) Row {
	if step == Publish {
		return Row{Fate: channels.InDoubt, Scope: channels.ScopePlatform}
	}
	return Row{Fate: channels.NotSent, Scope: channels.ScopePlatform}
}

// AccountRow is the row of what concerns the account as a whole: too many
// calls, or a token or right that is lost.
func (f Failure) AccountRow() (Row, bool) {
	if row, rate := f.RateRow(); rate {
		return row, true
	}
	return HeldRow, f.Denied()
}

// Said is Meta's own failure in an answer; own tells that there is one, so that
// no box in between gave the answer.
func Said(a httpx.Answer) (f Failure, own bool) {
	var body struct {
		Error *Failure `json:"error"`
	}
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &body) != nil || body.Error == nil || body.Error.Code == 0 {
		return Failure{}, false
	}
	return *body.Error, true
}

func (f Failure) cause() error {
	what := cmp.Or(channels.SafeCode(f.Type), "refused")
	if f.Subcode != 0 {
		return fmt.Errorf("%s, code %d/%d", what, f.Code, f.Subcode)
	}
	return fmt.Errorf("%s, code %d", what, f.Code)
}

func success(status int) bool { return status >= 200 && status <= 299 }

// Fail is what a failed call of the step means. It never returns nil.
func (c *Client) Fail(op string, step Step, a httpx.Answer, err error, doubt bool) *channels.Error {
	now := c.env.Now()
	f, own := Said(a)
	var e *channels.Error
	if step == Publish {
		e = channels.Transport(op, a, err, own, now)
	} else {
		e = channels.Staging(op, a, err, own, now)
	}
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = f.cause()
	if step == Publish && a.Status >= 500 {
		return e // posts with such an answer were found live; no code in it says otherwise
	}
	row, known := c.rows(step, f, doubt)
	if !known {
		return e
	}
	e.Fate, e.Scope, e.Duplicate, e.Keep = row.Fate, row.Scope, row.Duplicate, row.Keep
	if at := regain(a.Header, now); !at.IsZero() && row.Wait > 0 {
		e.RetryAt = at
	} else if row.Wait > 0 && e.RetryAt.IsZero() {
		e.RetryAt = now.Add(row.Wait)
	}
	return e
}

// regain is when the account or app may call again, by the header that says so
// in minutes; zero where none does. Source: platforms.md §4.5.
func regain(h http.Header, now time.Time) time.Time {
	var usage map[string][]struct {
		Minutes float64 `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return time.Time{}
	}
	var wait time.Duration
	for _, cases := range usage {
		for _, u := range cases {
			minutes := min(max(u.Minutes, 0), httpx.MaxRetryAfter.Minutes())
			wait = max(wait, time.Duration(minutes*float64(time.Minute)))
		}
	}
	if wait == 0 {
		return time.Time{}
	}
	return now.Add(wait)
}

// busy is the share of its allowance, in percent, above which the account makes
// no call that can wait. Source: platforms.md §4.5.
const busy = 95

// busyFor is how long calls wait then.
const busyFor = 10 * time.Minute

// tooBusy tells whether the headers say that the next calls will be refused.
func tooBusy(h http.Header) bool {
	type usage struct {
		Calls float64 `json:"call_count"`
		Time  float64 `json:"total_time"`
		CPU   float64 `json:"total_cputime"`
	}
	most := 0.0
	look := func(u usage) { most = max(most, u.Calls, u.Time, u.CPU) }
	for _, name := range []string{"X-App-Usage", "X-Page-Usage"} {
		var u usage
		if json.Unmarshal([]byte(h.Get(name)), &u) == nil {
			look(u)
		}
	}
	var cases map[string][]usage
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &cases) == nil {
		for _, us := range cases {
			for _, u := range us {
				look(u)
			}
		}
	}
	return most > busy
}
