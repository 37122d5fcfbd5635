package discord

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Steps as errors name them.
const (
	opPublish = "discord.publish"
	opPrepare = "discord.prepare"
	opRead    = "discord.read"
	opDelete  = "discord.delete"
	opConnect = "discord.connect"
	opToken   = "discord.token"
)

// userAgent is of the form that Discord demands.
const userAgent = "DiscordBot (https://github.com/ittakesacommunity/takeover, 1)"

// address is a place of the API; each part is escaped, query may be nil.
func (c *Channel) address(query url.Values, path ...string) string {
	u := c.cfg.Base.String()
	for _, p := range path {
		u += "/" + url.PathEscape(p)
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// head are the headers of every call.
func (p pass) head(contentType string) http.Header {
	h := http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	if !p.token.Empty() && p.hook == "" {
		h.Set("Authorization", "Bot "+p.token.Reveal())
	}
	return h
}

// get reads a place of the API into out. The error is a *channels.Error.
func (c *Channel) get(ctx context.Context, op string, p pass, out any, query url.Values, path ...string) error {
	_, err := c.do(ctx, op, p, httpx.Call{Method: http.MethodGet, URL: c.address(query, path...), Header: p.head("")}, out)
	return err
}

// do makes a call that publishes nothing and reads a 2xx into out, nil where
// its body says nothing.
func (c *Channel) do(ctx context.Context, op string, p pass, call httpx.Call, out any) (httpx.Answer, error) {
	a, err := c.client.Do(ctx, call)
	a = channels.Scrub(a, p.token)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return a, nil
	}
	return a, staging(op, a, err, c.env.Now())
}

func success(status int) bool { return status >= 200 && status <= 299 }

// refusal is the body of an answer that says no.
type refusal struct {
	Code       *int    `json:"code"`
	Message    string  `json:"message"`
	RetryAfter float64 `json:"retry_after"` // seconds
}

// said is Discord's own no; own tells that the answer is whole and of the
// API's shape, so that no box in between gave it.
func said(a httpx.Answer) (code int, r refusal, own bool) {
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &r) != nil || r.Message == "" {
		return 0, refusal{}, false
	}
	if r.Code == nil { // a rate limit has none
		return 0, r, a.Status == http.StatusTooManyRequests && r.RetryAfter > 0
	}
	return *r.Code, r, true
}

// cause is Discord's text if it may be shown, else what its status says.
func cause(status int, text string) error {
	if text = channels.SafeCode(strings.TrimRight(text, ".! ")); text != "" {
		return errors.New(text)
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	code, r, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = cause(a.Status, r.Message)
	if fate, scope, ok := (attempt{}).row(a.Status, code); ok && (fate == channels.NotSent || a.Status != http.StatusNotFound) {
		e.Scope = scope
	}
	if at := r.retryAt(now); !at.IsZero() {
		e.RetryAt = at
	}
	return e
}

// retryAt is when Discord takes calls again; zero where it does not say.
func (r refusal) retryAt(now time.Time) time.Time {
	if !(r.RetryAfter > 0) || math.IsInf(r.RetryAfter, 0) {
		return time.Time{}
	}
	if r.RetryAfter > httpx.MaxRetryAfter.Seconds() {
		return now.Add(httpx.MaxRetryAfter)
	}
	return now.Add(time.Duration(r.RetryAfter * float64(time.Second)))
}
