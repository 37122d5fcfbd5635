package channels

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Transport is the fate of a publish call as far as it does not depend on the
// platform; adapters call it for whatever their own table has no row for. own
// tells that the body is whole and in the platform's own shape, so that it was
// not a box in between that answered. It never returns nil: a receipt is for
// the adapter to find. Source: platforms.md §0.3, reliability.md §2.
func Transport(op string, a httpx.Answer, err error, own bool, now time.Time) *Error {
	e := failure(op, a, err, now)
	switch {
	case a.Reach == httpx.ReachNothing:
		e.Fate = NotSent
		e.Gate = errors.Is(err, httpx.ErrGate)
		switch {
		case e.Gate:
			e.Scope = ScopeContent
		case errors.Is(err, httpx.ErrAddress):
			e.Scope = ScopeChannel
		}
	case moved(a.Status):
		// A wrong address: it was not followed, and will not be right by itself.
		e.Fate, e.Scope = NotSent, ScopeChannel
	case own && a.Status == http.StatusUnauthorized, own && a.Status == http.StatusTooManyRequests:
		e.Fate, e.Scope = NotSent, ScopeChannel
	}
	return e
}

// Staging is what a failed call means that the public cannot see: an upload, a
// read, a refresh. Nothing was published by it, so it may be made again.
func Staging(op string, a httpx.Answer, err error, own bool, now time.Time) *Error {
	e := failure(op, a, err, now)
	e.Fate = NotSent
	switch {
	case errors.Is(err, httpx.ErrAddress), moved(a.Status), a.Status == http.StatusUnauthorized,
		own && a.Status == http.StatusTooManyRequests:
		e.Scope = ScopeChannel
	}
	return e
}

// failure collects the facts; its fate is the careful one.
func failure(op string, a httpx.Answer, err error, now time.Time) *Error {
	e := &Error{Op: op, Scope: ScopePlatform, Status: a.Status, Reach: a.Reach.String(), Err: err}
	if a.Reach == httpx.ReachAnswer {
		e.RetryAt = httpx.RetryAfter(a.Header, now)
	}
	if e.Err == nil {
		e.Err = errors.New(statusText(a.Status))
	}
	return e
}

func moved(status int) bool {
	return status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
}

func statusText(status int) string {
	if s := http.StatusText(status); s != "" {
		return s
	}
	return fmt.Sprintf("status %d", status)
}
