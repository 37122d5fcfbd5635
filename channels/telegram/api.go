package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Steps as errors name them.
const (
	opPublish = "telegram.publish"
	opPrepare = "telegram.prepare"
	opRead    = "telegram.read"
	opDelete  = "telegram.delete"
	opConnect = "telegram.connect"
	opToken   = "telegram.token"
)

// tokenForm is the shape of a bot's token. Anything else is not put into an address.
var tokenForm = regexp.MustCompile(`^[0-9]{3,20}:[A-Za-z0-9_-]{20,100}$`)

// address is where a method is called. It holds the token: it goes into a
// call and nowhere else.
func (c *Channel) address(token secret.String, method string) string {
	return strings.TrimSuffix(c.cfg.Base.String(), "/") + "/bot" + token.Reveal() + "/" + method
}

func head(contentType string) http.Header {
	return http.Header{"Accept": {"application/json"}, "Content-Type": {contentType}}
}

// ask calls a method that publishes nothing and reads its result into out, nil
// where it says nothing. The error is a *channels.Error.
func (c *Channel) ask(ctx context.Context, op string, token secret.String, method string, fields, out any) (httpx.Answer, error) {
	b, err := json.Marshal(fields)
	if err != nil {
		return httpx.Answer{}, channels.Unsent(op, channels.ScopeContent, err)
	}
	return c.call(ctx, c.client, op, token, method, head("application/json"), b, out)
}

func (c *Channel) call(ctx context.Context, client *httpx.Client, op string, token secret.String, method string, h http.Header, body []byte, out any) (httpx.Answer, error) {
	a, err := client.Do(ctx, httpx.Call{Method: http.MethodPost, URL: c.address(token, method), Header: h, Body: body})
	a = scrub(a, token)
	if err == nil && a.Status == http.StatusOK && result(a, out) {
		return a, nil
	}
	return a, staging(op, a, err, c.env.Now())
}

// scrub takes the token, and its secret half alone, out of an answer.
func scrub(a httpx.Answer, token secret.String) httpx.Answer {
	_, half, _ := strings.Cut(token.Reveal(), ":")
	return channels.Scrub(a, token, secret.New(half))
}

// result reads what a call that succeeded gave; false where it did not.
func result(a httpx.Answer, out any) bool {
	var r struct {
		OK     bool            `json:"ok"`
		Result json.RawMessage `json:"result"`
	}
	if !a.Whole || json.Unmarshal(a.Body, &r) != nil || !r.OK {
		return false
	}
	return out == nil || json.Unmarshal(r.Result, out) == nil
}

// refusal is the body of an answer that says no.
type refusal struct {
	OK          *bool  `json:"ok"`
	Code        int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		MigrateTo  int64 `json:"migrate_to_chat_id"`
		RetryAfter int64 `json:"retry_after"` // seconds
	} `json:"parameters"`
}

// said is Telegram's own no; own tells that the answer is whole and of the
// API's shape, so that no box in between gave it.
func said(a httpx.Answer) (r refusal, own bool) {
	if !a.Whole || json.Unmarshal(a.Body, &r) != nil || r.OK == nil || *r.OK || r.Code != a.Status || r.Description == "" {
		return refusal{}, false
	}
	return r, true
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	r, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && a.Status == http.StatusOK {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	row := r.row(a.Status)
	e.Err = row.cause
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.RetryAt = r.retryAt(now)
	case row.fate == channels.Refused, row.fate == channels.NotSent:
		e.Scope = row.scope
	}
	return e
}

// retryAt is when Telegram takes calls again; zero where it does not say.
func (r refusal) retryAt(now time.Time) time.Time {
	if r.Parameters.RetryAfter <= 0 {
		return time.Time{}
	}
	if r.Parameters.RetryAfter > int64(httpx.MaxRetryAfter/time.Second) {
		return now.Add(httpx.MaxRetryAfter)
	}
	return now.Add(time.Duration(r.Parameters.RetryAfter) * time.Second)
}
