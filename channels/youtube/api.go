package youtube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Steps as errors name them.
const (
	opPublish = "youtube.publish"
	opPrepare = "youtube.prepare"
	opRead    = "youtube.read"
	opDelete  = "youtube.delete"
	opConnect = "youtube.connect"
	opToken   = "youtube.token"
)

// Places of the API.
const (
	pathVideos     = "/youtube/v3/videos"
	pathBroadcasts = "/youtube/v3/liveBroadcasts"
	pathBind       = "/youtube/v3/liveBroadcasts/bind"
	pathChannels   = "/youtube/v3/channels"
	pathThumbnail  = "/upload/youtube/v3/thumbnails/set"
)

func head(token secret.String, contentType string) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer " + token.Reveal()}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return h
}

// token is an access token that serves for now.
func (c *Channel) token(ctx context.Context) (secret.String, error) {
	k, err := c.app.Session(ctx)
	return secret.New(k.Access), err
}

// do makes a call that publishes nothing and reads a 2xx into out, nil where its
// body says nothing. The error is a *channels.Error.
func (c *Channel) do(ctx context.Context, op string, token secret.String, method, path string, query url.Values, body, out any) error {
	call := httpx.Call{Method: method, URL: place(c.cfg.Base, path, query), Header: head(token, "")}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return channels.Unsent(op, channels.ScopeContent, err)
		}
		call.Body = b
		call.Header.Set("Content-Type", "application/json")
	}
	return c.call(ctx, c.client, op, token, call, out)
}

func (c *Channel) call(ctx context.Context, client *httpx.Client, op string, token secret.String, call httpx.Call, out any) error {
	a, err := client.Do(ctx, call)
	a = channels.Scrub(a, token)
	if err == nil && success(a.Status) && (out == nil || json.Unmarshal(a.Body, out) == nil) {
		return nil
	}
	return staging(op, a, err, c.env.Now())
}

func success(status int) bool { return status >= 200 && status <= 299 }

// said is YouTube's own word for its no; own tells that the answer is whole and
// of the API's shape, so that no box in between gave it.
func said(a httpx.Answer) (reason string, own bool) {
	var r struct {
		Error struct {
			Code   int `json:"code"`
			Errors []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if !a.Whole || success(a.Status) || json.Unmarshal(a.Body, &r) != nil || r.Error.Code != a.Status || len(r.Error.Errors) == 0 {
		return "", false
	}
	return r.Error.Errors[0].Reason, true
}

// row is a row of the table of platforms.md §10.6.
type row struct {
	fate  channels.Fate
	scope channels.Scope
	day   bool // until the quotas of the day begin anew
}

// rowOf is what a reason means for a call that publishes; false where the table has no row.
func rowOf(status int, reason string) (row, bool) {
	switch reason {
	case "quotaExceeded", "dailyLimitExceeded":
		return row{channels.NotSent, channels.ScopeApp, true}, true
	case "rateLimitExceeded", "userRequestsExceedRateLimit":
		return row{fate: channels.NotSent, scope: channels.ScopeChannel}, true
	case "uploadLimitExceeded":
		return row{channels.NotSent, channels.ScopeChannel, true}, true
	case "authError", "youtubeSignupRequired", "insufficientPermissions", "insufficientLivePermissions", "liveStreamingNotEnabled", "livePermissionBlocked", "forbidden":
		return row{fate: channels.NotSent, scope: channels.ScopeChannel}, true
	case "invalidTitle", "invalidDescription", "invalidTags", "invalidCategoryId", "invalidPublishAt", "invalidScheduledStartTime", "invalidPrivacyStatus",
		"titleRequired", "mediaBodyRequired", "invalidVideoMetadata", "invalidImage", "mediaBodyTooLarge":
		if status < 500 {
			return row{fate: channels.Refused, scope: channels.ScopeContent}, true
		}
	case "videoNotFound", "liveBroadcastNotFound":
		if status == http.StatusNotFound {
			return row{fate: channels.InDoubt, scope: channels.ScopeContent}, true // somebody took it away, before or after
		}
	}
	return row{}, false
}

func (r row) apply(e *channels.Error, now time.Time) {
	e.Fate, e.Scope = r.fate, r.scope
	if r.day {
		e.RetryAt = tomorrow(now)
	}
}

// tomorrow is when the quotas of the day begin anew: midnight in California.
func tomorrow(now time.Time) time.Time {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return now.Add(24 * time.Hour)
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+1, 0, 1, 0, 0, zone).UTC()
}

// cause is the reason if it may be shown, else what the status says.
func cause(status int, reason string) error {
	if reason = channels.SafeCode(reason); reason != "" {
		return errors.New(reason)
	}
	return errors.New(http.StatusText(status))
}

// staging is what a failed call means that the public cannot see.
func staging(op string, a httpx.Answer, err error, now time.Time) *channels.Error {
	reason, own := said(a)
	e := channels.Staging(op, a, err, own, now)
	if !own {
		if err == nil && success(a.Status) {
			e.Err = errors.New("the answer cannot be understood")
		}
		return e
	}
	e.Err = cause(a.Status, reason)
	if r, ok := rowOf(a.Status, reason); ok && r.fate != channels.InDoubt {
		r.apply(e, now)
	}
	return e
}

// outcome reads the answer to a publish call: the film as it is now, or how it failed.
func outcome(a httpx.Answer, err error, now time.Time) (video, *channels.Error) {
	var v video
	whole := a.Status == http.StatusOK && a.Whole && json.Unmarshal(a.Body, &v) == nil && idForm.MatchString(v.ID)
	if whole && (v.Status.Privacy == public || v.Status.Privacy == unlisted) {
		return v, nil
	}
	reason, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	switch {
	case whole && v.Status.Privacy == private:
		e.Fate, e.Scope, e.Err = channels.NotSent, channels.ScopeChannel, errors.New("YouTube keeps it private; apps that were not audited may not publish")
	case own:
		e.Err = cause(a.Status, reason)
		if r, ok := rowOf(a.Status, reason); ok {
			r.apply(e, now)
		}
	}
	return video{}, e
}
