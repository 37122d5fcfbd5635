package bluesky

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

var testNow = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

const (
	testDID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
	testKey = "3lexample2k22"
)

func testChannel(t *testing.T) *Channel {
	t.Helper()
	c, err := New(campaign.Channel{}, channels.Env{Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOutcomes holds the adapter against every recorded answer.
func TestOutcomes(t *testing.T) {
	c := testChannel(t)
	fates := map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent, "unknown": channels.InDoubt,
		"refresh": channels.NotSent, "read_back": channels.InDoubt}
	overs := map[string]bool{"invalid-token": true, "auth-missing": true} // held only where no other session can be had, platforms.md §3.6
	for _, tt := range channeltest.RecordedOf(t, "bluesky") {
		t.Run(tt.Case, func(t *testing.T) {
			a := read(tt.Answer(), nil)
			if tt.Call == "read" {
				var v stored
				if found := a.into(&v) && v.URI == uriOf(testDID, testKey); found != (tt.First == "published") || a.is("RecordNotFound") != (tt.First == "absent") {
					t.Errorf("found %v, absent %v; want %s", found, a.is("RecordNotFound"), tt.First)
				}
				return
			}
			var e *channels.Error
			if tt.Call == "stage" {
				e = a.staging(opPrepare, testNow)
			} else {
				var receipt campaign.Receipt
				if receipt, e = c.outcome(a, testDID, testKey); tt.First == "published" {
					if e != nil || receipt.RemoteID != uriOf(testDID, testKey) || receipt.URL != "https://bsky.app/profile/"+testDID+"/post/"+testKey {
						t.Errorf("receipt %+v, %v", receipt, e)
					}
					return
				}
			}
			if e == nil {
				t.Fatalf("published; want %s", tt.First)
			}
			if want, known := fates[tt.First]; !known || e.Fate != want || tt.Scope != "" && e.Scope.String() != tt.Scope {
				t.Errorf("%s, scope %s; want %s, scope %s", e.Fate, e.Scope, tt.First, tt.Scope)
			}
			if (tt.First == "refresh") != a.is("ExpiredToken") {
				t.Errorf("%s for %s: what has expired is refreshed, all else is held where that does not help", tt.First, a.said.Error)
			}
			// In doubt the server's own trouble may mean that the record is there.
			if read := a.own() && a.Status >= 500; (tt.Doubt == "read_back") != read || tt.Doubt != "" && e.Fate != channels.InDoubt {
				t.Errorf("%q in a doubt, want it read back: %v, %s", tt.Doubt, read, e.Fate)
			}
			if renews := tt.First == "refresh" || overs[tt.Case]; (a.kind() == kindToken) != renews {
				t.Errorf("another session would be opened: %v, want %v", !renews, renews)
			}
			if (tt.First == "read_back") != e.Duplicate {
				t.Errorf("read back before anything else: %v", e.Duplicate)
			}
			if retry := tt.RetryAt(); !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		})
	}
}

// TestOutcomesOfTheReferenceServer: answers that a real server was seen to
// give, beyond the recorded ones.
func TestOutcomesOfTheReferenceServer(t *testing.T) {
	c := testChannel(t)
	for _, tt := range []struct {
		status        int
		name, message string
		fate          channels.Fate
		scope         channels.Scope
		says          string
	}{
		{400, "InvalidRequest", "string too big (maximum 3000, got 3001) at $.record.text", channels.Refused, channels.ScopeContent, "too long"},
		{400, "InvalidRequest", "blob too big (maximum 2000000, got 2100000) at $.record", channels.Refused, channels.ScopeContent, "larger than the server takes"},
		{400, "InvalidSize", "Referenced Size does not match stored blob", channels.Refused, channels.ScopeContent, ""},
		{400, "InvalidRequest", "Could not find repo: did:plc:x", channels.NotSent, channels.ScopeChannel, ""},
		{400, "InvalidRequest", "Could not find blob: bafkreib", channels.NotSent, channels.ScopeContent, ""},
		{400, "BlobNotFound", "it is gone", channels.NotSent, channels.ScopeContent, ""},
		{400, "RepoDeactivated", "", channels.NotSent, channels.ScopeChannel, ""},
		{401, "AuthenticationRequired", "", channels.NotSent, channels.ScopeChannel, ""},
		{403, "Forbidden", "", channels.NotSent, channels.ScopeChannel, ""},
		{413, "PayloadTooLarge", "request entity too large", channels.Refused, channels.ScopeContent, "larger"},
		{400, "SomethingNew", "", channels.InDoubt, channels.ScopePlatform, ""},
		{500, "InvalidRequest", "", channels.InDoubt, channels.ScopePlatform, ""},
		{409, "InvalidRequest", "", channels.InDoubt, channels.ScopePlatform, ""},
	} {
		body, err := json.Marshal(problem{tt.name, tt.message})
		if err != nil {
			t.Fatal(err)
		}
		a := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.status, Header: http.Header{}, Body: body, Whole: true}, nil)
		_, e := c.outcome(a, testDID, testKey)
		if e.Fate != tt.fate || e.Scope != tt.scope || !strings.Contains(e.Error(), tt.name) || !strings.Contains(e.Error(), tt.says) {
			t.Errorf("%d %s %q: %s, scope %s, %v; want %s, scope %s", tt.status, tt.name, tt.message, e.Fate, e.Scope, e, tt.fate, tt.scope)
		}
		if cut := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.status, Header: http.Header{}, Body: body}, nil); cut.own() {
			t.Errorf("%d %s: a body that was cut counts as the server's own", tt.status, tt.name)
		}
	}
	other := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 200, Whole: true, Body: []byte(`{"uri":"` + uriOf("did:plc:somebodyelse", testKey) + `","cid":"bafyreib"}`)}, nil)
	if receipt, e := c.outcome(other, testDID, testKey); e == nil || e.Fate != channels.InDoubt {
		t.Errorf("another's post was taken for a receipt: %+v, %v", receipt, e)
	} else if !strings.Contains(e.Error(), "did not name our post") {
		t.Errorf("%v", e)
	}
	ours := httpx.Answer{Reach: httpx.ReachAnswer, Status: 200, Whole: true, Body: []byte(`{"uri":"` + uriOf(testDID, testKey) + `"}`)}
	for name, change := range map[string]func(a *httpx.Answer){"cut": func(a *httpx.Answer) { a.Whole = false }, "accepted for later": func(a *httpx.Answer) { a.Status = 202 }} {
		a := ours
		change(&a)
		if receipt, e := c.outcome(read(a, nil), testDID, testKey); e == nil || e.Fate != channels.InDoubt {
			t.Errorf("%s: %+v, %v", name, receipt, e)
		}
	}
	yes := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 200, Whole: true, Body: []byte(`{"error":"InvalidToken"}`)}, nil)
	if _, e := c.outcome(yes, testDID, testKey); yes.own() || e.Fate != channels.InDoubt {
		t.Errorf("a yes with a refusal in it: %v", e)
	}
	later := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 429, Header: http.Header{"Retry-After": {"60"}}, Whole: true, Body: []byte(`{"error":"RateLimitExceeded"}`)}, nil)
	if _, e := c.outcome(later, testDID, testKey); !e.RetryAt.Equal(testNow.Add(time.Minute)) {
		t.Errorf("a limit whose end another header tells: %v", e.RetryAt)
	}
	later.Header.Set("RateLimit-Reset", strconv.FormatInt(testNow.Add(time.Hour).Unix(), 10))
	if e := later.staging(opPrepare, testNow); !e.RetryAt.Equal(testNow.Add(time.Hour)) || !strings.Contains(e.Error(), "RateLimitExceeded") {
		t.Errorf("%v at %v", e, e.RetryAt)
	}
	box := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 502, Whole: true, Body: []byte("<html>")}, nil)
	if _, e := c.outcome(box, testDID, testKey); strings.Contains(e.Error(), "said yes") {
		t.Errorf("a box's answer: %v", e)
	}
	over := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 400, Whole: true, Body: []byte(`{"error":"InvalidToken"}`)}, nil)
	if e := over.staging(opPrepare, testNow); e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("%v", e)
	}
	reset := http.Header{"Ratelimit-Reset": {"1797588000"}}
	if _, e := c.outcome(read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 400, Header: reset, Body: []byte(`{"error":"InvalidRequest"}`), Whole: true}, nil), testDID, testKey); !e.RetryAt.IsZero() {
		t.Errorf("what is refused for good is tried at %v", e.RetryAt)
	}
}

// TestSameText: what readers would take for the text.
func TestSameText(t *testing.T) {
	for value, same := range map[string]bool{`{"text":"a b"}`: true, `{"text":" a \n b "}`: true, `{"text":"a c"}`: false, `{"text":7}`: false, `{}`: false, `<`: false} {
		if sameText(json.RawMessage(value), "a b") != same {
			t.Errorf("%s: %v", value, !same)
		}
	}
}

// TestLifeOfASession: a token that says nothing sensible of its end serves as long as most do.
func TestLifeOfASession(t *testing.T) {
	for claims, want := range map[string]time.Duration{
		`{"iat":1000,"exp":4600}`: time.Hour, `{"iat":4600,"exp":1000}`: usualLife, `{"iat":1000,"exp":1000}`: usualLife,
		`{"iat":0,"exp":1000}`: usualLife, `{"iat":1,"exp":999999999999}`: 100 * usualLife, `{}`: usualLife, `<`: usualLife,
	} {
		if got := lifeOf("e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"); got != want {
			t.Errorf("%s: %v, want %v", claims, got, want)
		}
	}
	if got := lifeOf("opaque"); got != usualLife {
		t.Errorf("%v", got)
	}
}

// TestRevisionThatIsNone is not remembered.
func TestRevisionThatIsNone(t *testing.T) {
	c := testChannel(t)
	for _, body := range []string{`{"uri":"u","commit":{"rev":"<b>"}}`, `{"uri":"u","commit":{}}`, `{"uri":"u"}`} {
		c.remember(read(httpx.Answer{Reach: httpx.ReachAnswer, Status: 200, Whole: true, Body: []byte(body)}, nil), "")
	}
	if len(c.trail.made) != 0 {
		t.Errorf("%v", c.trail.made)
	}
}

// TestTrailIsBounded: what it forgets asks a person.
func TestTrailIsBounded(t *testing.T) {
	var tr trail
	for i := range 3 * trailMost {
		tr.ours(fmt.Sprint("post ", i), fmt.Sprint(i+1), fmt.Sprint(i))
		if len(tr.made) > trailMost || len(tr.before) > trailMost {
			t.Fatalf("%d posts are remembered", len(tr.made))
		}
	}
	if !tr.quiet(fmt.Sprint(3*trailMost-9), fmt.Sprint(3*trailMost)) || tr.quiet("0", fmt.Sprint(3*trailMost)) {
		t.Error("the newest are forgotten, or the oldest are not")
	}
	if tr.quiet("", "unknown") {
		t.Error("what is not known was quiet")
	}
}

func TestResetIsByTheServersClock(t *testing.T) {
	for _, tt := range []struct {
		reset, date string
		want        time.Duration // below 0: says nothing
	}{
		{"1797588000", "", time.Unix(1797588000, 0).Sub(testNow)},
		{"1797588000", time.Unix(1797587940, 0).UTC().Format(http.TimeFormat), time.Minute},
		{"1", "", 0},
		{"99999999999", "", httpx.MaxRetryAfter},
		{"", "", -1}, {"soon", "", -1}, {"-5", "", -1}, {"999999999999999999999", "", -1},
	} {
		h := http.Header{}
		h.Set("RateLimit-Reset", tt.reset)
		h.Set("Date", tt.date)
		at, ok := resetAt(h, testNow)
		if ok != (tt.want >= 0) || ok && !at.Equal(testNow.Add(tt.want)) {
			t.Errorf("%q at %q: %v %v, want %v", tt.reset, tt.date, at, ok, tt.want)
		}
	}
}

func TestTIDVectors(t *testing.T) {
	for name, want := range map[string]bool{"valid": true, "invalid": false} {
		lines := bufio.NewScanner(bytes.NewReader(channeltest.Spec(t, "bluesky/syntax/tid_syntax_"+name+".txt")))
		for lines.Scan() {
			if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") && isTID(line) != want {
				t.Errorf("%q is a TID: %v", line, !want)
			}
		}
	}
}

// TestRecordKey: equal in every attempt, another for every part and key, valid
// whatever the times are, and in the order of times and parts.
func TestRecordKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := time.Unix(rapid.Int64Range(-1<<33, 1<<33).Draw(t, "due"), 0)
		r := channels.Request{Delivery: campaign.Delivery{Due: due}, Key: rapid.String().Draw(t, "key"), Part: rapid.IntRange(0, 98).Draw(t, "part"),
			ArmedAt: testNow, Attempt: 1}
		key := recordKey(r)
		again := r
		again.Attempt, again.ArmedAt, again.Newest = 7, testNow.Add(time.Hour), "x"
		if !isTID(key) || recordKey(again) != key {
			t.Fatalf("%q, then %q", key, recordKey(again))
		}
		next := r
		next.Part++
		if recordKey(next) <= key {
			t.Fatalf("part %d sorts before part %d", next.Part, r.Part)
		}
		later := r
		later.Delivery.Due = due.Add(time.Second)
		if due.Unix() >= 0 && recordKey(later) <= key {
			t.Fatal("a later post sorts before an earlier one")
		}
	})
	keys := map[string]bool{}
	for i := range 300 { // of one second and part: the clock id tells them apart, too
		keys[recordKey(channels.Request{Delivery: campaign.Delivery{Due: testNow}, Key: strconv.Itoa(i)})] = true
	}
	if len(keys) != 300 {
		t.Errorf("300 deliveries have %d keys", len(keys))
	}
	if key := recordKey(channels.Request{Delivery: campaign.Delivery{Due: time.Unix(-9, 0)}}); key[:7] != "2222222" {
		t.Errorf("a time before 1970 gives the key %s", key)
	}
	for s, want := range map[string]bool{"3jzfcijpj2z2a": true, "jzzzzzzzzzzzz": true, "kjzfcijpj2z2a": false, "zzzzzzzzzzzzz": false, "3jzfcijpj2z2": false,
		"3jzfcijpj2z2aa": false, "3JZFCIJPJ2Z2A": false, "0000000000000": false, "3jzf-cij-pj2z": false, "": false} {
		if isTID(s) != want {
			t.Errorf("%q is a TID: %v", s, !want)
		}
	}
	if tid(0, 0) != "2222222222222" || !isTID(tid(1<<53-1, 1023)) {
		t.Errorf("%s %s", tid(0, 0), tid(1<<53-1, 1023))
	}
}
