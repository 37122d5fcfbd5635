package mastodon

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// attempt is what of a publish call decides about the fate of its failure.
type attempt struct {
	pictures bool // it shows some
	reply    bool // it answers a post
	doubt    bool // an earlier one may have left
}

// processingRetry is when to try again with a picture that the server works
// on. Source: platforms.md §2.6.
const processingRetry = 10 * time.Second

// What the server says of pictures that it does not attach, and of texts.
// Servers before 4.5 and others word it differently.
var (
	stillProcessing = regexp.MustCompile(`(?i)(not|n't) (yet )?(been )?(finished|fully) process|still (being )?process`)
	// textTooLong is about nothing but the text, so it says the same of every attempt.
	textTooLong    = regexp.MustCompile(`(?i)character limit|(text|status) is too long`)
	pictureMissing = regexp.MustCompile(`(?i)(media|attachment|file|image)\b.*(not (be )?found|already (been )?(attached|used)|does not exist|no longer)`)
)

// outcome reads the answer to a publish call: the post, or how it failed.
func outcome(a httpx.Answer, err error, p attempt, now time.Time) (post, *channels.Error) {
	if got, ok := decodePost(a); ok {
		return got, nil
	}
	text, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	if !own {
		return post{}, e
	}
	e.Err = cause(a.Status, text)
	if fate, scope, ok := p.row(a.Status, text); ok {
		e.Fate, e.Scope = fate, scope
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.RetryAt = resetAt(a.Header, now)
	case p.processing(a.Status, text):
		e.Err, e.RetryAt = errProcessing, now.Add(processingRetry)
	}
	return post{}, e
}

// row is the row of the table of platforms.md §2.6 for a refusal in the
// server's own shape; false where the table has none.
func (p attempt) row(status int, text string) (channels.Fate, channels.Scope, bool) {
	switch {
	case status == http.StatusForbidden:
		return channels.NotSent, channels.ScopeChannel, true
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
		return channels.Refused, channels.ScopeContent, true
	case p.processing(status, text):
		return channels.NotSent, channels.ScopeContent, true
	case status == http.StatusUnprocessableEntity && textTooLong.MatchString(text):
		return channels.Refused, channels.ScopeContent, true
	case p.doubt && (status == http.StatusNotFound || p.pictures && status == http.StatusUnprocessableEntity):
		// A picture that a post has is no longer to be had, and a key may point
		// to a post that was taken down: the first call may have worked.
		return channels.InDoubt, channels.ScopeContent, true
	case p.pictures && (status == http.StatusNotFound || status == http.StatusUnprocessableEntity && pictureMissing.MatchString(text)):
		return channels.NotSent, channels.ScopeContent, true // uploaded anew
	case p.reply && status == http.StatusNotFound, status == http.StatusUnprocessableEntity:
		return channels.Refused, channels.ScopeContent, true
	}
	return 0, 0, false
}

// processing tells whether the server still works on a picture of the post.
func (p attempt) processing(status int, text string) bool {
	return p.pictures && status == http.StatusUnprocessableEntity && stillProcessing.MatchString(text)
}

// decodePost is the post that an answer holds: one with an id and a time, not
// one that the server means to publish later.
func decodePost(a httpx.Answer) (post, bool) {
	var p post
	if !a.Whole || !success(a.Status) || json.Unmarshal(a.Body, &p) != nil {
		return post{}, false
	}
	return p, channels.SafeID(p.ID) != "" && p.CreatedAt != "" && !p.ScheduledAt.said
}
