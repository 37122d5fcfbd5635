package tiktok

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
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Steps as errors name them.
const (
	opPublish = "tiktok.publish"
	opPrepare = "tiktok.prepare"
	opRead    = "tiktok.read"
	opConnect = "tiktok.connect"
	opToken   = "tiktok.token"
)

// Places of the API.
const (
	pathCreator = "/v2/post/publish/creator_info/query/"
	pathInit    = "/v2/post/publish/content/init/"
	pathStatus  = "/v2/post/publish/status/fetch/"
	pathUser    = "/v2/user/info/"
)

func head(token secret.String) http.Header {
	return http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json; charset=UTF-8"}, "Authorization": {"Bearer " + token.Reveal()}}
}

func bearer(k oauth.Kept) secret.String { return secret.New(k.Access) }

// answered is the shape of every answer.
type answered struct {
	Data  json.RawMessage `json:"data"`
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
}

// result reads what a call that succeeded gave; false where it did not.
func result(a httpx.Answer, out any) bool {
	var r answered
	return a.Whole && a.Status == http.StatusOK && json.Unmarshal(a.Body, &r) == nil && r.Error.Code == "ok" && json.Unmarshal(r.Data, out) == nil
}

// said is TikTok's own word for its no; own tells that the answer is whole and of
// the API's shape, so that no box in between gave it.
func said(a httpx.Answer) (code string, own bool) {
	var r answered
	if !a.Whole || json.Unmarshal(a.Body, &r) != nil || r.Error.Code == "" || r.Error.Code == "ok" {
		return "", false
	}
	return r.Error.Code, true
}

// ask makes a call that publishes nothing and reads its result into out. The
// error is a *channels.Error.
func (c *Channel) ask(ctx context.Context, op string, token secret.String, method, path string, body, out any) error {
	call := httpx.Call{Method: method, URL: c.at(path), Header: head(token)}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return channels.Unsent(op, channels.ScopeContent, err)
		}
		call.Body = b
	}
	a, err := c.client.Do(ctx, call)
	a = channels.Scrub(a, token)
	if err == nil && result(a, out) {
		return nil
	}
	return staging(op, a, err, c.env.Now())
}

// row is a row of the table of platforms.md §11.
type row struct {
	fate  channels.Fate
	scope channels.Scope
	wait  time.Duration
}

const (
	aMinute = time.Minute
	aDay    = 24 * time.Hour
)

// rowOf is what a code means, of an answer or of a post that failed; false where
// the table has no row.
func rowOf(code string) (row, bool) {
	switch code {
	case "access_token_invalid", "scope_not_authorized", "scope_permission_missed", "spam_risk_user_banned_from_posting", "spam_risk",
		"unaudited_client_can_only_post_to_private_accounts", "url_ownership_unverified", "privacy_level_option_mismatch", "auth_removed":
		return row{fate: channels.NotSent, scope: channels.ScopeChannel}, true
	case "rate_limit_exceeded":
		return row{channels.NotSent, channels.ScopeChannel, aMinute}, true
	case "spam_risk_too_many_posts", "spam_risk_too_many_pending_share", "reached_active_user_cap":
		return row{channels.NotSent, channels.ScopeChannel, aDay}, true
	case "invalid_param", "invalid_params", "file_format_check_failed", "duration_check_failed", "picture_size_check_failed", "frame_rate_check_failed",
		"app_version_check_failed", "invalid_file_upload":
		return row{fate: channels.Refused, scope: channels.ScopeContent}, true
	case "photo_pull_failed", "video_pull_failed", "publish_cancelled":
		return row{fate: channels.NotSent, scope: channels.ScopeContent}, true
	}
	return row{}, false
}

func (r row) apply(e *channels.Error, now time.Time) {
	e.Fate, e.Scope = r.fate, r.scope
	if r.wait > 0 {
		e.RetryAt = now.Add(r.wait)
	}
}

// cause is the code if it may be shown, else what the status says.
func cause(status int, code string) error {
	if code = channels.SafeCode(code); code != "" {
		return errors.New(strings.ReplaceAll(code, "_", " "))
	}
	return errors.New(strings.ToLower(http.StatusText(status)))
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	code, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && a.Status == http.StatusOK {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = cause(a.Status, code)
	if r, ok := rowOf(code); ok {
		r.apply(e, now)
	}
	return e
}

// workForm is the name of a post in work, "p_pub_url~v2-1.123".
var workForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:~-]{0,199}$`)

// outcome reads the answer to the call that publishes: the name of the post in
// work, or how it failed.
func outcome(a httpx.Answer, err error, now time.Time) (id string, e *channels.Error) {
	var got struct {
		ID string `json:"publish_id"`
	}
	if result(a, &got) && workForm.MatchString(got.ID) {
		return got.ID, nil
	}
	code, own := said(a)
	e = channels.Transport(opPublish, a, err, own, now)
	if own {
		e.Err = cause(a.Status, code)
		if r, ok := rowOf(code); ok && a.Status < 500 {
			r.apply(e, now)
		}
	}
	return "", e
}
