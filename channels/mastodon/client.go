package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Steps as errors name them.
const (
	opPublish = "mastodon.publish"
	opPrepare = "mastodon.prepare"
	opRead    = "mastodon.read"
	opDelete  = "mastodon.delete"
	opConnect = "mastodon.connect"
	opToken   = "mastodon.token"
)

// address is a place of the API; each part is escaped, query may be nil.
func (c *Channel) address(query url.Values, path ...string) string {
	u := strings.TrimSuffix(c.cfg.Base.String(), "/")
	for _, p := range path {
		u += "/" + url.PathEscape(p)
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// head are the headers of every call. Error texts are asked for in English:
// some of them tell what became of a post.
func head(token secret.String) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Accept-Language": {"en"}}
	if !token.Empty() {
		h.Set("Authorization", "Bearer "+token.Reveal())
	}
	return h
}

// get reads a place of the API into out.
func (c *Channel) get(ctx context.Context, op string, token secret.String, out any, query url.Values, path ...string) (httpx.Answer, error) {
	return c.do(ctx, op, token, httpx.Call{Method: http.MethodGet, URL: c.address(query, path...), Header: head(token)}, out)
}

// form sends a form that publishes nothing and reads its answer into out.
func (c *Channel) form(ctx context.Context, op string, values url.Values, out any, path ...string) error {
	h := head(secret.String{})
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err := c.do(ctx, op, secret.String{}, httpx.Call{Method: http.MethodPost, URL: c.address(nil, path...), Header: h, Body: []byte(values.Encode())}, out)
	return err
}

// do makes a call that publishes nothing and reads a 2xx into out, nil where
// its body says nothing. token is what the call bears, if anything. The error
// is a *channels.Error.
func (c *Channel) do(ctx context.Context, op string, token secret.String, call httpx.Call, out any) (httpx.Answer, error) {
	a, err := c.client.Do(ctx, call)
	a = channels.Scrub(a, token)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return a, nil
	}
	return a, staging(op, a, err, c.env.Now())
}

func success(status int) bool { return status >= 200 && status <= 299 }

// failure is the body of an answer that says no.
type failure struct {
	Error string `json:"error"`
}

// said is the server's own word for its no; own tells that the answer is whole
// and of the API's shape, so that no box in between gave it.
func said(a httpx.Answer) (text string, own bool) {
	var f failure
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &f) != nil {
		return "", false
	}
	return f.Error, f.Error != ""
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	text, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = cause(a.Status, text)
	switch a.Status {
	case http.StatusForbidden:
		e.Scope = channels.ScopeChannel
	case http.StatusTooManyRequests:
		e.RetryAt = resetAt(a.Header, now)
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		e.Scope = channels.ScopeContent
	}
	return e
}

// cause is the server's text if it may be shown, else what its status says.
func cause(status int, text string) error {
	if code := channels.SafeCode(strings.TrimRight(text, ".! ")); code != "" {
		return errors.New(code)
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// resetAt is when the server takes calls again: a time with zone, unlike on
// most platforms, taken relative to the answer's own clock.
// Source: platforms.md §2.5.
func resetAt(h http.Header, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, h.Get("X-RateLimit-Reset"))
	if err != nil {
		return httpx.RetryAfter(h, now)
	}
	base := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		base = date
	}
	return now.Add(min(max(at.Sub(base), 0), httpx.MaxRetryAfter))
}
