package wordpress

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// States of an article.
const (
	statePublic  = "publish"
	stateDraft   = "draft"
	statePending = "pending" // waits for somebody who may publish
	stateTrash   = "trash"
)

// codeNoPost is how a site says that there is no such article.
const codeNoPost = "rest_post_invalid_id"

// row is the row of the table of platforms.md §12 for a refusal in the site's
// own shape; false where the table has none.
func row(status int, code string) (channels.Fate, channels.Scope, bool) {
	switch {
	case status >= 500:
		return channels.InDoubt, channels.ScopePlatform, true
	case code == codeNoPost:
		return channels.InDoubt, channels.ScopeContent, true // somebody took it away, before or after
	case status == http.StatusUnauthorized, status == http.StatusForbidden, code == "rest_no_route", code == "incorrect_password", code == "invalid_username":
		return channels.NotSent, channels.ScopeChannel, true
	case code == "rest_invalid_param", code == "rest_missing_callback_param", code == "empty_content", status == http.StatusRequestEntityTooLarge,
		strings.HasPrefix(code, "rest_upload_"):
		return channels.Refused, channels.ScopeContent, true
	}
	return 0, 0, false
}

// post is an article as the site shows it.
type post struct {
	ID      int64  `json:"id"`
	Status  string `json:"status"`
	Slug    string `json:"slug"`
	Link    string `json:"link"`
	DateGMT string `json:"date_gmt"`
	Title   text   `json:"title"`
	Content text   `json:"content"`
}

// text is a text of an article: as it was written, where we may see it so.
type text struct {
	Raw      string `json:"raw"`
	Rendered string `json:"rendered"`
}

func (p post) receipt(how string, now time.Time) campaign.Receipt {
	r := campaign.Receipt{RemoteID: string(number(p.ID)), URL: channels.SafeLink(p.Link), At: now, How: how}
	if at, err := time.Parse("2006-01-02T15:04:05", p.DateGMT); err == nil {
		r.Platform = at.UTC()
	}
	return r
}

// outcome reads the answer to a publish call: the article, or how it failed.
func outcome(a httpx.Answer, err error, now time.Time) (post, *channels.Error) {
	var p post
	whole := a.Status == http.StatusOK && a.Whole && json.Unmarshal(a.Body, &p) == nil && p.ID > 0
	if whole && p.Status == statePublic {
		return p, nil
	}
	code, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	switch {
	case whole && p.Status == statePending:
		e.Fate, e.Scope, e.Err = channels.NotSent, channels.ScopeChannel, errors.New("the user may not publish; the article waits for somebody who may")
	case own:
		e.Err = cause(a.Status, code)
		if fate, scope, ok := row(a.Status, code); ok {
			e.Fate, e.Scope = fate, scope
		}
	}
	return post{}, e
}
