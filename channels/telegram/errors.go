package telegram

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// row is a row of the table of platforms.md §8.6.
type row struct {
	says  *regexp.Regexp
	fate  channels.Fate
	scope channels.Scope
	cause error // for people; Telegram's own text is not repeated unseen
}

func says(pattern string, fate channels.Fate, scope channels.Scope, cause string) row {
	return row{regexp.MustCompile(`(?i)` + pattern), fate, scope, errors.New(cause)}
}

// rows are read from above; the first whose text fits counts.
var rows = []row{
	says(`chat not found|chat_id is empty|peer_id_invalid`, channels.NotSent, channels.ScopeChannel, "the chat is not found; is the bot a member, and the name right?"),
	says(`not enough rights|need administrator rights|have no rights|chat_admin_required|write_forbidden`, channels.NotSent, channels.ScopeChannel, "the bot has not the rights to do this"),
	says(`upgraded to a supergroup|deactivated`, channels.NotSent, channels.ScopeChannel, "the chat moved or ended"),
	says(`failed to get http url content|wrong type of the web page content`, channels.NotSent, channels.ScopeContent, "the server could not fetch a file"),
	says(`repl(y|ied).*not found|message to reply`, channels.Refused, channels.ScopeContent, "the message that it answers is gone"),
	says(`caption is too long`, channels.Refused, channels.ScopeContent, "the text is too long for a post with pictures"),
	says(`(message|text) is too long`, channels.Refused, channels.ScopeContent, "the text is too long"),
	says(`is empty|must be non-empty`, channels.Refused, channels.ScopeContent, "the text is empty"),
	says(`can't parse|can't find end`, channels.Refused, channels.ScopeContent, "the text cannot be parsed"),
	says(`wrong (remote )?file|photo_|image_process|media_|file is too big|too big for a photo`, channels.Refused, channels.ScopeContent, "a picture is not taken"),
	says(`poll`, channels.Refused, channels.ScopeContent, "the poll is not taken"),
}

// row is the row for a refusal of Telegram's own; doubt where there is none.
func (r refusal) row(status int) row {
	if status >= 500 {
		return row{fate: channels.InDoubt, scope: channels.ScopePlatform, cause: cause(status)}
	}
	if status == http.StatusBadRequest || status == http.StatusForbidden {
		for _, row := range rows {
			if row.says.MatchString(r.Description) {
				return row
			}
		}
	}
	switch status {
	case http.StatusForbidden:
		return row{fate: channels.NotSent, scope: channels.ScopeChannel, cause: errors.New("the bot may not post there")}
	case http.StatusUnauthorized, http.StatusNotFound:
		return row{fate: channels.NotSent, scope: channels.ScopeChannel, cause: errors.New("the bot's token is not valid (any more)")}
	case http.StatusTooManyRequests:
		return row{fate: channels.NotSent, scope: channels.ScopeChannel, cause: errors.New("too many calls")}
	case http.StatusRequestEntityTooLarge:
		return row{fate: channels.Refused, scope: channels.ScopeContent, cause: errors.New("the post is too large")}
	}
	return row{fate: channels.InDoubt, scope: channels.ScopeContent, cause: cause(status)}
}

func cause(status int) error { return errors.New(strings.ToLower(http.StatusText(status))) }

// outcome reads the answer to a publish call: the messages, or how it failed.
func outcome(a httpx.Answer, err error, now time.Time) ([]message, *channels.Error) {
	if got, ok := decode(a); ok {
		return got, nil
	}
	r, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	if !own {
		return nil, e
	}
	row := r.row(a.Status)
	e.Fate, e.Scope, e.Err = row.fate, row.scope, row.cause
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.RetryAt = r.retryAt(now)
	case r.Parameters.MigrateTo != 0:
		e.Fate, e.Scope, e.RetryAt = channels.NotSent, channels.ScopeChannel, now
	}
	return nil, e
}
