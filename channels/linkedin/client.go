package linkedin

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
	opPublish = "linkedin.publish"
	opPrepare = "linkedin.prepare"
	opRead    = "linkedin.read"
	opDelete  = "linkedin.delete"
	opConnect = "linkedin.connect"
	opToken   = "linkedin.token"
)

const (
	mimeJSON = "application/json"
	mimeForm = "application/x-www-form-urlencoded"
)

// address is a place below base; each part is escaped, as LinkedIn wants names
// of things (urn:li:…) in a path. query may be nil.
func address(base *url.URL, query url.Values, path ...string) string {
	u := strings.TrimSuffix(base.String(), "/")
	for _, p := range path {
		u += "/" + strings.ReplaceAll(url.PathEscape(p), ":", "%3A")
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// head are the headers of every call of the API.
func (c *Channel) head(token secret.String) http.Header {
	h := http.Header{"Accept": {mimeJSON}, "Linkedin-Version": {c.cfg.Version}, "X-Restli-Protocol-Version": {"2.0.0"}}
	if !token.Empty() {
		h.Set("Authorization", "Bearer "+token.Reveal())
	}
	return h
}

// request is a call that publishes nothing.
type request struct {
	op, method string
	finder     bool // the query names a finder
	path       []string
	query      url.Values
	body       any // sent as JSON; nil is none
}

// do makes the call and reads a 2xx into out, nil where its body says nothing.
// The error is a *channels.Error.
func (c *Channel) do(ctx context.Context, token secret.String, r request, out any) (httpx.Answer, error) {
	call := httpx.Call{Method: r.method, URL: address(c.cfg.Base, r.query, r.path...), Header: c.head(token)}
	if r.finder {
		call.Header.Set("X-Restli-Method", "FINDER")
	}
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return httpx.Answer{}, channels.Unsent(r.op, channels.ScopeContent, err)
		}
		call.Body = b
		call.Header.Set("Content-Type", mimeJSON)
	}
	a, err := c.client.Do(ctx, call)
	a = channels.Scrub(a, token)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return a, nil
	}
	return a, staging(r.op, a, err, c.env.Now())
}

func (c *Channel) get(ctx context.Context, op string, token secret.String, out any, query url.Values, path ...string) (httpx.Answer, error) {
	return c.do(ctx, token, request{op: op, method: http.MethodGet, path: path, query: query}, out)
}

func success(status int) bool { return status >= 200 && status <= 299 }

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	f, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = f.cause(a.Status)
	if r, ok := f.row(a.Status, 1, now); ok {
		r.apply(e, now)
		e.Fate, e.Duplicate = channels.NotSent, false // nothing is published by it
	}
	return e
}
