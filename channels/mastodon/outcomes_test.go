package mastodon

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the adapter against every recorded answer of a server.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	fates := map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent,
		"unknown": channels.InDoubt, "published_evidence": channels.InDoubt, "read_back": channels.InDoubt}
	for _, tt := range channeltest.RecordedOf(t, "mastodon") {
		a := tt.Answer()
		// inDoubt is the word for a doubt: a refusal that the post itself may have
		// caused, the server's own trouble with a repeat, or any other answer.
		inDoubt := func(doubt bool) string {
			_, own := said(a)
			switch {
			case doubt && own && a.Status >= 500:
				return "read_back"
			case doubt && own:
				return "published_evidence"
			}
			return "unknown"
		}
		check := func(t *testing.T, word string, doubt bool, e *channels.Error) {
			t.Helper()
			want, known := fates[word]
			switch {
			case !known:
				t.Fatalf("unknown word %q", word)
			case e == nil:
				t.Fatalf("no error; want %s", word)
			case e.Fate != want:
				t.Errorf("%s, want %s (%s)", e.Fate, want, word)
			case want == channels.InDoubt && word != inDoubt(doubt):
				t.Errorf("%s, want %s", inDoubt(doubt), word)
			case tt.Scope != "" && word == tt.First && e.Scope.String() != tt.Scope:
				t.Errorf("scope %s, want %s", e.Scope, tt.Scope)
			}
			if retry := tt.RetryAt(); !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		}
		t.Run(tt.Case, func(t *testing.T) {
			switch tt.Call {
			case "publish":
				for doubt, word := range tt.Words() {
					p, e := outcome(a, nil, attempt{pictures: true, doubt: doubt}, now)
					if word == "published" {
						if e != nil || p.receipt(now, "answer").RemoteID != tt.RemoteID {
							t.Errorf("%+v, %v", p, e)
						}
						continue
					}
					check(t, word, doubt, e)
				}
			case "stage", "poll":
				id, ready, e := staged(a, nil, tt.Call == "stage", now)
				if !strings.HasPrefix(tt.First, "staged") {
					check(t, tt.First, false, e)
				} else if e != nil || id == "" || ready != (tt.First == "staged") {
					t.Errorf("%q, ready %v, %v; want %s", id, ready, e, tt.First)
				}
			case "delete":
				if gone(a) != (tt.First == "deleted") {
					t.Errorf("gone %v, want %s", gone(a), tt.First)
				}
			default:
				t.Fatalf("unknown call %q", tt.Call)
			}
		})
	}
}

// TestOutcomeRows are the rows of the table that the recorded answers leave out.
func TestOutcomeRows(t *testing.T) {
	now := channeltest.Now()
	says := func(text string) json.RawMessage { return json.RawMessage(`{"error":"` + text + `"}`) }
	picture, reply, doubt := attempt{pictures: true}, attempt{reply: true}, attempt{pictures: true, doubt: true}
	for _, tt := range []struct {
		name   string
		status int
		body   json.RawMessage
		p      attempt
		fate   channels.Fate
		scope  channels.Scope
	}{
		{"reply target is gone", 404, says("The post you are trying to reply to does not appear to exist."), reply, channels.Refused, channels.ScopeContent},
		{"reply target is gone, after a doubt", 404, says("Record not found"), attempt{reply: true, doubt: true}, channels.InDoubt, channels.ScopeContent},
		{"media unknown", 404, says("Record not found"), picture, channels.NotSent, channels.ScopeContent},
		{"media unknown, after a doubt", 404, says("Record not found"), doubt, channels.InDoubt, channels.ScopeContent},
		{"no such call", 404, says("Record not found"), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"processing, and it has no pictures", 422, says("Cannot attach files that have not finished processing."), attempt{}, channels.Refused, channels.ScopeContent},
		{"already attached", 422, says("Media 12 not found or already attached to another post"), picture, channels.NotSent, channels.ScopeContent},
		{"in another language, after a doubt", 422, says("Media introuvable"), doubt, channels.InDoubt, channels.ScopeContent},
		{"processing, after a doubt", 422, says("Cannot attach files that have not finished processing."), doubt, channels.NotSent, channels.ScopeContent},
		{"too long, after a doubt, no pictures", 422, says("Validation failed: Text"), attempt{doubt: true}, channels.Refused, channels.ScopeContent},
		{"too long, after a doubt", 422, says("Validation failed: Text character limit of 500 exceeded"), doubt, channels.Refused, channels.ScopeContent},
		{"too long in another server's words", 422, says("The status is over the character limit"), doubt, channels.Refused, channels.ScopeContent},
		{"of the text, and it has pictures", 422, says("Validation failed: Language is not supported"), picture, channels.Refused, channels.ScopeContent},
		{"the server's own trouble with a reply", 500, says("Record not found"), reply, channels.InDoubt, channels.ScopePlatform},
		{"bad request", 400, says("bad"), attempt{}, channels.Refused, channels.ScopeContent},
		{"too large", 413, says("too large"), attempt{}, channels.Refused, channels.ScopeContent},
		{"too large, from a box", 413, json.RawMessage(`"<html>"`), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"terms", 403, says("You must accept the terms"), attempt{}, channels.NotSent, channels.ScopeChannel},
		{"conflict", 409, says("conflict"), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"gone", 410, says("gone"), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"moved", 301, json.RawMessage(`""`), attempt{}, channels.NotSent, channels.ScopeChannel},
		{"maintenance", 503, json.RawMessage(`"<html>under maintenance"`), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"503 of the server's own", 503, says("There was a temporary problem"), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"yes, but later", 200, json.RawMessage(`{"id":"1","created_at":"2026-12-18T09:00:00Z","scheduled_at":"2026-12-18T12:00:00Z"}`), attempt{}, channels.InDoubt, channels.ScopePlatform},
		{"yes, but which", 200, json.RawMessage(`{"id":"1"}`), attempt{}, channels.InDoubt, channels.ScopePlatform},
	} {
		p, e := outcome(channeltest.AnswerOf(tt.status, nil, tt.body), nil, tt.p, now)
		if e == nil {
			t.Errorf("%s: published %+v", tt.name, p)
		} else if e.Fate != tt.fate || e.Scope != tt.scope {
			t.Errorf("%s: %s, scope %s; want %s, scope %s", tt.name, e.Fate, e.Scope, tt.fate, tt.scope)
		}
	}
}

// TestF31RateLimit: a reset is a time with zone, believed for a day at most.
func TestF31RateLimit(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range []struct {
		name, reset, date, after string
		want                     time.Duration // -1: says nothing
	}{
		{"told", "2026-12-18T09:05:00.000000Z", "", "", 5 * time.Minute},
		{"another zone", "2026-12-18T11:05:00+02:00", "", "", 5 * time.Minute},
		{"by the server's own clock", "2026-12-18T10:05:00Z", now.Add(time.Hour).Format(http.TimeFormat), "", 5 * time.Minute},
		{"past", "2026-12-18T08:00:00Z", "", "", 0},
		{"absurd", "9999-12-18T08:00:00Z", "", "", httpx.MaxRetryAfter},
		{"epoch", "1797584700", "", "", -1},
		{"nothing but Retry-After", "", "", "60", time.Minute},
		{"none", "", "", "", -1},
	} {
		a := channeltest.AnswerOf(429, map[string]string{"X-RateLimit-Reset": tt.reset, "Date": tt.date, "Retry-After": tt.after}, json.RawMessage(`{"error":"Too many requests"}`))
		_, e := outcome(a, nil, attempt{}, now)
		want := now.Add(tt.want)
		if tt.want < 0 {
			want = time.Time{}
		}
		if e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !e.RetryAt.Equal(want) {
			t.Errorf("%s: %s, %s, retry at %v, want %v", tt.name, e.Fate, e.Scope, e.RetryAt, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"id":"1","created_at":"2026-12-18T09:00:00Z","content":"<p>x</p>","media_attachments":[{"id":"2"}],"language":7,"poll":[]}`)
	f.Add(422, `{"error":"Media could not be found"}`)
	f.Add(200, `{"id":"1","scheduled_at":"x","created_at":"y"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		p, e := outcome(a, nil, attempt{pictures: true, doubt: true}, now)
		switch {
		case e == nil:
			r := p.receipt(now, "answer")
			if channels.SafeID(r.RemoteID) == "" || r.URL != channels.SafeLink(r.URL) {
				t.Errorf("receipt %+v", r)
			}
			p.differences(draft{alts: []string{"a"}})
		case status >= 500 && e.Fate != channels.InDoubt, len(e.Error()) > 500:
			t.Errorf("%d: %s, %v", status, e.Fate, e)
		}
		staged(a, nil, true, now)
		var in instance
		if json.Unmarshal([]byte(body), &in) == nil {
			in.server().facts()
		}
	})
}
