package x

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
)

// Steps as errors name them.
const (
	opPublish = "x.publish"
	opPrepare = "x.prepare"
	opRead    = "x.read"
	opDelete  = "x.delete"
	opConnect = "x.connect"
	opToken   = "x.token"
)

const (
	mimeJSON = "application/json"
	mimeForm = "application/x-www-form-urlencoded"
)

// address is a place of the API; each part of the path is escaped, query may be nil.
func (c *Channel) address(query url.Values, path ...string) string {
	return place(c.cfg.Base, query, path...)
}

func place(base *url.URL, query url.Values, path ...string) string {
	u := strings.TrimSuffix(base.String(), "/")
	for _, p := range path {
		u += "/" + url.PathEscape(p)
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// request is a call that publishes nothing.
type request struct {
	op     string
	method string
	path   []string
	query  url.Values
	body   []byte
	mime   string // of body
}

// do makes the call and reads a 2xx into out, nil where its body says nothing.
// The error is a *channels.Error.
func (c *Channel) do(ctx context.Context, cred credential, r request, out any) (httpx.Answer, error) {
	return c.doBy(ctx, c.client, cred, r, out)
}

func (c *Channel) doBy(ctx context.Context, client *httpx.Client, cred credential, r request, out any) (httpx.Answer, error) {
	address := c.address(r.query, r.path...)
	h, err := cred.head(r.method, address, nil, c.env.Now())
	if err != nil {
		return httpx.Answer{}, channels.Unsent(r.op, channels.ScopeChannel, errors.New("the call cannot be signed"))
	}
	if r.mime != "" {
		h.Set("Content-Type", r.mime)
	}
	a, err := client.Do(ctx, httpx.Call{Method: r.method, URL: address, Header: h, Body: r.body})
	a = channels.Scrub(a, cred.secrets()...)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return a, nil
	}
	return a, staging(r.op, a, err, c.env.Now())
}

// sendJSON makes a call with a body in JSON.
func (c *Channel) sendJSON(ctx context.Context, op string, cred credential, body, out any, path ...string) (httpx.Answer, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return httpx.Answer{}, channels.Unsent(op, channels.ScopeContent, err)
	}
	return c.do(ctx, cred, request{op: op, method: http.MethodPost, path: path, body: b, mime: mimeJSON}, out)
}

// get reads a place of the API.
func (c *Channel) get(ctx context.Context, op string, cred credential, out any, query url.Values, path ...string) (httpx.Answer, error) {
	return c.do(ctx, cred, request{op: op, method: http.MethodGet, path: path, query: query}, out)
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
	if r, ok := f.row(a.Status, now); ok {
		r.apply(e, a, now)
		e.Fate = channels.NotSent // nothing is published by it, and nothing refused for good
		e.Duplicate = false
	}
	return e
}
