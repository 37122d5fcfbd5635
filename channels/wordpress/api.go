package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Steps as errors name them.
const (
	opPublish = "wordpress.publish"
	opPrepare = "wordpress.prepare"
	opRead    = "wordpress.read"
	opDelete  = "wordpress.delete"
	opConnect = "wordpress.connect"
	opToken   = "wordpress.token"
)

// address is a place of the API.
func (c *Channel) address(api, path string, query url.Values) string {
	u := c.cfg.Base.Scheme + "://" + c.cfg.Base.Host + api + path
	switch {
	case len(query) == 0:
	case strings.Contains(api, "?"): // a site without pretty permalinks
		u += "&" + query.Encode()
	default:
		u += "?" + query.Encode()
	}
	return u
}

// head are the headers of every call.
func (p pass) head(contentType string) http.Header {
	h := http.Header{"Accept": {"application/json"}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	if !p.password.Empty() {
		h.Set("Authorization", "Basic "+p.basic().Reveal())
	}
	return h
}

var (
	apiLink = regexp.MustCompile(`<([^<>]*)>;\s*rel="https://api\.w\.org/"`)
	apiForm = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*(?:\?rest_route=/)?$`)
)

// root is where the site's API begins, as the site tells it, asked once.
func (c *Channel) root(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.api
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodHead, URL: c.cfg.Base.String(), Header: http.Header{"Accept": {"text/html"}}})
	switch {
	case err == nil && a.Status >= 300 && a.Status < 400:
		e := channels.Staging(opRead, a, errors.New("the site moved to another address; write that as server"), false, c.env.Now())
		e.Scope = channels.ScopeChannel
		return "", e
	case err != nil || a.Status >= 500:
		return "", channels.Staging(opRead, a, err, false, c.env.Now())
	}
	api := strings.TrimSuffix(c.cfg.Base.EscapedPath(), "/") + "/wp-json/"
	for _, header := range a.Header.Values("Link") {
		if m := apiLink.FindStringSubmatch(header); m != nil {
			if own := c.ownPath(m[1]); own != "" {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.api = own
				return own, nil
			}
		}
	}
	return api, nil // not kept: a box in between names none either
}

// ownPath is the path of an address on this site, "" for one elsewhere: what a
// site says does not lead the password to other hosts.
func (c *Channel) ownPath(link string) string {
	u, err := url.Parse(link)
	if err != nil || !strings.EqualFold(u.Host, c.cfg.Site.Host) && !strings.EqualFold(u.Host, c.cfg.Base.Host) {
		return ""
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		q, err := url.QueryUnescape(u.RawQuery)
		if err != nil {
			return ""
		}
		path += "?" + q
	}
	if !apiForm.MatchString(path) || strings.Contains(path, "..") {
		return ""
	}
	return path
}

// session is a pass and the place of the API.
type session struct {
	pass
	api string
}

func (c *Channel) session(ctx context.Context) (session, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return session{}, err
	}
	api, err := c.root(ctx)
	return session{p, api}, err
}

// get reads a place of the API into out. The error is a *channels.Error.
func (c *Channel) get(ctx context.Context, op string, s session, path string, query url.Values, out any) (httpx.Answer, error) {
	return c.do(ctx, c.client, op, s, httpx.Call{Method: http.MethodGet, URL: c.address(s.api, path, query), Header: s.head("")}, out)
}

// post sends fields that publish nothing and reads the answer into out.
func (c *Channel) post(ctx context.Context, op string, s session, path string, fields, out any) error {
	b, err := json.Marshal(fields)
	if err != nil {
		return channels.Unsent(op, channels.ScopeContent, err)
	}
	_, err = c.do(ctx, c.client, op, s, httpx.Call{Method: http.MethodPost, URL: c.address(s.api, path, nil), Header: s.head("application/json"), Body: b}, out)
	return err
}

func (c *Channel) do(ctx context.Context, client *httpx.Client, op string, s session, call httpx.Call, out any) (httpx.Answer, error) {
	a, err := client.Do(ctx, call)
	a = s.scrub(a)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return a, nil
	}
	return a, staging(op, a, err, c.env.Now())
}

func success(status int) bool { return status >= 200 && status <= 299 }

// said is the site's own word for its no; own tells that the answer is whole
// and of the API's shape, so that no box in between gave it.
func said(a httpx.Answer) (code string, own bool) {
	var r struct {
		Code string `json:"code"`
		Data struct {
			Status int `json:"status"`
		} `json:"data"`
	}
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &r) != nil || r.Code == "" || r.Data.Status != a.Status {
		return "", false
	}
	return r.Code, true
}

// cause is the site's code if it may be shown, else what its status says. Its
// message is HTML for its own pages.
func cause(status int, code string) error {
	if code = channels.SafeCode(code); code != "" {
		return errors.New(code)
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	code, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = cause(a.Status, code)
	switch fate, scope, ok := row(a.Status, code); {
	case code == "rest_upload_sideload_error": // final, though some sites answer 500
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	case ok && fate != channels.InDoubt:
		e.Fate, e.Scope = fate, scope
	}
	return e
}
