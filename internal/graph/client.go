package graph

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Options of a Client.
type Options struct {
	Base         *url.URL // of the host, without version
	Version      string   // "v26.0"
	AllowPrivate bool
	Env          channels.Env
	Rows         Rows
	// AppSecret names the secret of the app, "" where none is known: then calls
	// carry no proof that the app makes them.
	AppSecret string
}

// Client calls one host of the Graph API. It may be used by several goroutines.
type Client struct {
	Options
	env     channels.Env
	rows    Rows
	http    *httpx.Client
	uploads *httpx.Client // with time for a picture over a slow line

	mu    sync.Mutex
	rests time.Time // until when calls that can wait are not made
}

// maxUpload is the longest that an upload may take.
const maxUpload = 5 * time.Minute

// New makes a client.
func New(o Options) *Client {
	client := func(within time.Duration) *httpx.Client {
		return httpx.New(httpx.Options{AllowPrivate: o.AllowPrivate, Timeout: within, Date: o.Env.Date})
	}
	return &Client{Options: o, env: o.Env, rows: o.Rows, http: client(0), uploads: client(maxUpload)}
}

// Host is where a token belongs; it goes nowhere else.
func (c *Client) Host() string { return c.Base.Host }

// Call is one call of the API.
type Call struct {
	Op    string
	Step  Step
	Token secret.String // empty where the call bears none
	Path  []string      // below the version
	Root  bool          // below the host itself
	Query url.Values
	Form  url.Values // a form that is posted
	JSON  any        // a body that is posted; json.RawMessage stands as it is
	// Delete makes it a deletion.
	Delete bool
	// Tokens tells that the answer gives tokens, which may be the one that was
	// sent: it is read as it stands.
	Tokens bool
}

// request is the call on its way. With a known app secret it proves that the
// app makes it: what proves is derived from the token and of no use without it.
func (c *Client) request(call Call) (httpx.Call, error) {
	out := httpx.Call{Method: http.MethodGet, Header: http.Header{"Accept": {"application/json"}}}
	query := url.Values{}
	for k, v := range call.Query {
		query[k] = v
	}
	if !call.Token.Empty() {
		out.Header.Set("Authorization", "Bearer "+call.Token.Reveal())
		if c.AppSecret != "" {
			app, err := c.env.Secret(c.AppSecret)
			if err != nil {
				return out, channels.Unsent(call.Op, channels.ScopeChannel, err)
			}
			mac := hmac.New(sha256.New, []byte(strings.TrimSpace(app.Reveal())))
			mac.Write([]byte(call.Token.Reveal()))
			query.Set("appsecret_proof", hex.EncodeToString(mac.Sum(nil)))
		}
	}
	switch {
	case call.Form != nil:
		out.Method, out.Body = http.MethodPost, []byte(call.Form.Encode())
		out.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case call.JSON != nil:
		b, err := json.Marshal(call.JSON)
		if err != nil {
			return out, channels.Unsent(call.Op, channels.ScopeContent, err)
		}
		out.Method, out.Body = http.MethodPost, b
		out.Header.Set("Content-Type", "application/json")
	case call.Delete:
		out.Method = http.MethodDelete
	}
	path := call.Path
	if !call.Root {
		path = append([]string{c.Version}, path...)
	}
	out.URL = Address(c.Base, query, path...)
	return out, nil
}

// Address is a place below base; each part is escaped, query may be nil.
func Address(base *url.URL, query url.Values, path ...string) string {
	u := strings.TrimSuffix(base.String(), "/")
	for _, p := range path {
		u += "/" + url.PathEscape(p)
	}
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// Do makes a call that publishes nothing and reads a 2xx into out, nil where
// its body says nothing. The error is a *channels.Error.
func (c *Client) Do(ctx context.Context, call Call, out any) error {
	req, err := c.request(call)
	if err != nil {
		return err
	}
	return c.do(ctx, c.http, call, req, out)
}

func (c *Client) do(ctx context.Context, client *httpx.Client, call Call, req httpx.Call, out any) error {
	if until := c.resting(); call.Step == Stage && c.env.Now().Before(until) {
		e := channels.Unsent(call.Op, channels.ScopeChannel, errors.New("the account has nearly used up its calls"))
		e.RetryAt = until
		return e
	}
	a, err := client.Do(ctx, req)
	if !call.Tokens || !success(a.Status) {
		a = channels.Scrub(a, call.Token)
	}
	c.note(a)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return nil
	}
	return c.Fail(call.Op, call.Step, a, err, false)
}

// note remembers that the allowance is nearly used up: what can wait does.
func (c *Client) note(a httpx.Answer) {
	if a.Reach != httpx.ReachAnswer || !tooBusy(a.Header) {
		return
	}
	now := c.env.Now()
	until := regain(a.Header, now)
	if until.IsZero() {
		until = now.Add(busyFor)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rests = until
}

func (c *Client) resting() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rests
}

// Remove takes an object down. It is down where the platform says so itself: a
// box in between says yes, too.
func (c *Client) Remove(ctx context.Context, op string, token secret.String, id string) error {
	var got struct {
		Success bool `json:"success"`
	}
	err := c.Do(ctx, Call{Op: op, Token: token, Path: []string{id}, Delete: true}, &got)
	if err == nil && !got.Success {
		err = channels.Unsent(op, channels.ScopeContent, errors.New("the platform does not say that it was taken down"))
	}
	return err
}

// Upload posts a form with a picture, which publishes nothing.
func (c *Client) Upload(ctx context.Context, call Call, body []byte, contentType string, out any) error {
	req, err := c.request(call)
	if err != nil {
		return err
	}
	req.Method, req.Body = http.MethodPost, body
	req.Header.Set("Content-Type", contentType)
	return c.do(ctx, c.uploads, call, req, out)
}

// Send makes a call that publishes, through the gate, with a body that was
// frozen before. It gives the id that the answer names.
func (c *Client) Send(ctx context.Context, gate httpx.Gate, call Call, body []byte, doubt bool) (string, error) {
	call.JSON, call.Step = json.RawMessage(body), Publish
	req, err := c.request(call)
	if err != nil {
		return "", err
	}
	req.Body = body
	a, err := c.http.Publish(ctx, gate, req)
	a = channels.Scrub(a, call.Token)
	c.note(a)
	return c.Sent(call.Op, a, err, doubt)
}

// Sent reads the answer to a publish call: the id, or how it failed.
func (c *Client) Sent(op string, a httpx.Answer, err error, doubt bool) (string, error) {
	var got struct {
		ID ID `json:"id"`
	}
	if a.Whole && success(a.Status) && json.Unmarshal(a.Body, &got) == nil && got.ID != "" {
		return string(got.ID), nil
	}
	return "", c.Fail(op, Publish, a, err, doubt)
}

// Date is the host's clock, read without publishing anything.
func (c *Client) Date(ctx context.Context, op string) (time.Time, error) {
	a, err := c.http.Do(ctx, httpx.Call{Method: http.MethodGet, URL: Address(c.Base, nil, c.Version)})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, channels.Staging(op, a, err, false, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}

// ID is an id of Meta's: digits, for a post of a page two numbers with a line
// between. Some calls give it as a number. What is no id is "".
type ID string

var idForm = regexp.MustCompile(`^[0-9]{1,40}(_[0-9]{1,40})?$`)

// UnmarshalJSON takes an id from text or number, and "" from anything else.
func (id *ID) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	if *id = ""; idForm.MatchString(text) {
		*id = ID(text)
	}
	return nil
}

// Time is a time of Meta's: RFC 3339, or with a zone without colon.
type Time struct{ time.Time }

// UnmarshalJSON takes a time, and the zero one from what is none.
func (t *Time) UnmarshalJSON(b []byte) error {
	var text string
	t.Time = time.Time{}
	if json.Unmarshal(b, &text) != nil {
		return nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = at.UTC()
		}
	}
	return nil
}
