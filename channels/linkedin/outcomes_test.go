package linkedin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

// TestOutcomes holds the table of errors against every recorded answer.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	fates := map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent, "unknown": channels.InDoubt,
		"read_back": channels.InDoubt, "published_evidence": channels.InDoubt}
	for _, tt := range channeltest.RecordedOf(t, "linkedin") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			if tt.Case == "cut-off-body" {
				a.Whole = false
			}
			switch tt.Call {
			case "delete":
				if !success(a.Status) {
					t.Error("not deleted")
				}
				return
			case "stage":
				if e := staging(opPrepare, a, nil, now); e.Fate != channels.NotSent || e.Scope.String() != tt.Scope {
					t.Errorf("%s, %s", e.Fate, e.Scope)
				}
				return
			}
			if id := published(a, partPost); id != tt.RemoteID {
				t.Fatalf("published %q, want %q", id, tt.RemoteID)
			}
			if tt.First == "published" {
				return
			}
			for n, word := range map[int]string{1: tt.First, 2: tt.Doubt} {
				if word == "" {
					word = tt.First
				}
				e, twin := outcome(a, nil, n, now)
				if want, known := fates[word]; !known || e.Fate != want || twin != tt.DupOf || e.Duplicate != (tt.DupOf != "") {
					t.Errorf("attempt %d: %s, duplicate %v of %q; want %s", n, e.Fate, e.Duplicate, twin, word)
				}
				if tt.Scope != "" && e.Scope.String() != tt.Scope {
					t.Errorf("scope %s, want %s", e.Scope, tt.Scope)
				}
				if want := tt.RetryAt(); !want.IsZero() && !e.RetryAt.Equal(want) {
					t.Errorf("retry at %v, want %v", e.RetryAt, want)
				}
			}
		})
	}
}

// TestOutcomeRows are the rows of the table that the recorded answers leave out.
func TestOutcomeRows(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range []struct {
		name    string
		status  int
		body    string
		attempt int
		fate    channels.Fate
		scope   channels.Scope
		retry   time.Duration
	}{
		{"picture cannot be worked on", 400, `{"status":400,"code":"MEDIA_ASSET_PROCESSING_FAILED","message":"Media asset failed"}`, 1, channels.NotSent, channels.ScopeContent, 0},
		{"picture cannot be worked on, again", 400, `{"status":400,"code":"MEDIA_ASSET_PROCESSING_FAILED","message":"Media asset failed"}`, 2, channels.Refused, channels.ScopeContent, 0},
		{"picture is worked on", 400, `{"status":400,"code":"MEDIA_ASSET_PROCESSING","message":"Media asset is being processed"}`, 1, channels.NotSent, channels.ScopeContent, 30 * time.Second},
		{"version gone, by 400", 400, `{"status":400,"code":"VERSION_MISSING","message":"A version must be present"}`, 1, channels.NotSent, channels.ScopeApp, 0},
		{"not found", 404, `{"status":404,"code":"NOT_FOUND","message":"Could not find entity"}`, 1, channels.NotSent, channels.ScopeApp, 0},
		{"a burst", 429, `{"status":429,"code":"TOO_MANY_REQUESTS","message":"Too many requests"}`, 1, channels.NotSent, channels.ScopeChannel, 15 * time.Minute},
		{"the day's limit", 429, `{"status":429,"serviceErrorCode":101,"message":"Resource level throttle DAY limit for calls to this resource is reached."}`, 1, channels.NotSent, channels.ScopeChannel, 15 * time.Hour},
		{"conflict", 409, `{"status":409,"code":"CONFLICT","message":"x"}`, 1, channels.InDoubt, channels.ScopePlatform, 0},
		{"a box in JSON", 403, `{"message":"blocked"}`, 1, channels.InDoubt, channels.ScopePlatform, 0},
		{"yes, but which", 201, "", 1, channels.InDoubt, channels.ScopePlatform, 0},
	} {
		e, _ := outcome(channeltest.AnswerOf(tt.status, nil, json.RawMessage(tt.body)), nil, tt.attempt, now)
		retry := time.Time{}
		if tt.retry > 0 {
			retry = now.Add(tt.retry)
		}
		if e.Fate != tt.fate || e.Scope != tt.scope || !e.RetryAt.Equal(retry) {
			t.Errorf("%s: %s, scope %s, retry at %v; want %s, scope %s, %v", tt.name, e.Fate, e.Scope, e.RetryAt, tt.fate, tt.scope, retry)
		}
	}
	for _, id := range []string{"urn:li:share:1 ", "urn:li:person:1", "javascript:alert(1)", "urn:li:share:" + strings.Repeat("9", 30)} {
		if got := published(channeltest.AnswerOf(201, map[string]string{"x-restli-id": id}, nil), partPost); got != "" {
			t.Errorf("%q is taken for a post: %q", id, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(201, "urn:li:share:1", "")
	f.Add(422, "", `{"message":"Content is a duplicate of urn:li:share:1","status":422,"errorDetails":{"inputErrors":[{"code":"DUPLICATE_POST"}]}}`)
	f.Fuzz(func(t *testing.T, status int, id, body string) {
		a := channeltest.AnswerOf(status, nil, json.RawMessage(body))
		a.Header["X-Restli-Id"] = []string{id}
		if got := published(a, partPost); got != "" {
			if r := receipt(got, "", channeltest.Now(), "answer"); channels.SafeID(r.RemoteID) == "" || r.URL != channels.SafeLink(r.URL) {
				t.Errorf("receipt %+v", r)
			}
			return
		}
		e, twin := outcome(a, nil, 1, channeltest.Now())
		if status >= 500 && e.Fate != channels.InDoubt || len(e.Error()) > 500 || twin != "" && safePost(twin) == "" {
			t.Errorf("%d: %s, %v, %q", status, e.Fate, e, twin)
		}
		var s shown
		if json.Unmarshal([]byte(body), &s) == nil {
			s.pictures()
			s.warning("x")
		}
	})
}
