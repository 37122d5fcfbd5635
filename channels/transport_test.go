package channels

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/internal/httpx"
)

var testNow = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

// TestTransport is the table of reliability.md §2, a row a line.
func TestTransport(t *testing.T) {
	answer := func(status int) httpx.Answer {
		return httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Whole: true, Header: http.Header{"Retry-After": {"60"}}}
	}
	nothing, sent := httpx.Answer{Reach: httpx.ReachNothing}, httpx.Answer{Reach: httpx.ReachSent}
	broken := errors.New("connection reset")
	for _, tt := range []struct {
		name  string
		a     httpx.Answer
		err   error
		own   bool
		fate  Fate
		scope Scope
	}{
		{"DNS, dial or TLS", nothing, broken, false, NotSent, ScopePlatform},
		{"gate closed", nothing, fmt.Errorf("late: %w", httpx.ErrGate), false, NotSent, ScopeContent},
		{"private address", nothing, fmt.Errorf("dial: %w", httpx.ErrAddress), false, NotSent, ScopeChannel},
		{"cut after the gate", sent, broken, false, InDoubt, ScopePlatform},
		{"time-out", sent, context.DeadlineExceeded, false, InDoubt, ScopePlatform},
		{"nobody knows how far", httpx.Answer{}, broken, false, InDoubt, ScopePlatform},
		{"2xx without a receipt", answer(200), nil, true, InDoubt, ScopePlatform},
		{"301", answer(301), nil, false, NotSent, ScopeChannel},
		{"302", answer(302), nil, false, InDoubt, ScopePlatform},
		{"303", answer(303), nil, false, InDoubt, ScopePlatform},
		{"307", answer(307), nil, false, NotSent, ScopeChannel},
		{"308", answer(308), nil, false, NotSent, ScopeChannel},
		{"400 without a row", answer(400), nil, true, InDoubt, ScopePlatform},
		{"401 in its own shape", answer(401), nil, true, NotSent, ScopeChannel},
		{"401 of a box", answer(401), nil, false, InDoubt, ScopePlatform},
		{"408", answer(408), nil, true, InDoubt, ScopePlatform},
		{"409", answer(409), nil, true, InDoubt, ScopePlatform},
		{"425", answer(425), nil, true, InDoubt, ScopePlatform},
		{"429 in its own shape", answer(429), nil, true, NotSent, ScopeChannel},
		{"429 of a box", answer(429), nil, false, InDoubt, ScopePlatform},
		{"500", answer(500), nil, true, InDoubt, ScopePlatform},
		{"503", answer(503), nil, true, InDoubt, ScopePlatform},
		{"521", answer(521), nil, false, InDoubt, ScopePlatform},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Transport("x.publish", tt.a, tt.err, tt.own, testNow)
			if e.Fate != tt.fate || e.Scope != tt.scope || e.Gate != errors.Is(tt.err, httpx.ErrGate) {
				t.Errorf("%s, scope %s, gate %v; want %s, scope %s", e.Fate, e.Scope, e.Gate, tt.fate, tt.scope)
			}
			if e.Status != tt.a.Status || e.Reach != tt.a.Reach.String() || e.Err == nil || !errors.Is(e, e.Err) {
				t.Errorf("evidence: %+v", e)
			}
			if (tt.a.Reach == httpx.ReachAnswer) != e.RetryAt.Equal(testNow.Add(time.Minute)) {
				t.Errorf("retry at %v", e.RetryAt)
			}
			s := Staging("x.upload", tt.a, tt.err, tt.own, testNow)
			if s.Fate != NotSent {
				t.Errorf("staging: %s; nothing is public by it", s.Fate)
			}
			if tt.scope == ScopeChannel && s.Scope != ScopeChannel {
				t.Errorf("staging: scope %s", s.Scope)
			}
		})
	}
}

func TestFateOf(t *testing.T) {
	full := &Error{Op: "x", Fate: NotSent, Err: errors.New("full")}
	for _, tt := range []struct {
		name string
		err  error
		want Fate
	}{
		{"typed", full, NotSent},
		{"wrapped", fmt.Errorf("attempt 2: %w", full), NotSent},
		{"untyped", errors.New("EOF"), InDoubt},
		{"forgot to say", &Error{Op: "x", Err: errors.New("y")}, InDoubt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := FateOf(tt.err); got != tt.want {
				t.Errorf("FateOf(%v) = %v, want %v", tt.err, got, tt.want)
			}
		})
	}
}

func TestF71SafeTexts(t *testing.T) {
	for _, tt := range []struct {
		name      string
		safe      func(string) string
		good, bad []string
	}{
		{"code", SafeCode, []string{"too_long", "error.content.text", "Bad Request"},
			[]string{"", "<b>", "a\nb", "7", strings.Repeat("a", 65), "Bearer abcdef", "0123456789abcdef0123456789abcdef"}},
		{"id", SafeID, []string{"1867", "n-1", "at://did:plc:abc/app.bsky.feed.post/3k", "urn:li:share:7"},
			[]string{"", "<script>", "a b", "-rf", "a\x00", strings.Repeat("1", 201), "ä"}},
		{"link", SafeLink, []string{"https://social.example/@itac/1", "http://127.0.0.1:8081/wall/1"},
			[]string{"", "javascript:alert(1)", "//x.example", "https://me:pass@x.example/", "data:text/html,x", "https://" + strings.Repeat("a", 2048), "https://x.example/\x00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range tt.good {
				if tt.safe(s) != s {
					t.Errorf("%q became %q", s, tt.safe(s))
				}
			}
			for _, s := range tt.bad {
				if tt.safe(s) != "" {
					t.Errorf("%q passes as %q", s, tt.safe(s))
				}
			}
		})
	}
}

func FuzzSafeLink(f *testing.F) {
	f.Add("https://x.example/\"><script>")
	f.Add("HTTPS://x.example:443/ü?q=ü#f")
	f.Fuzz(func(t *testing.T, s string) {
		got := SafeLink(s)
		if got == "" {
			return
		}
		if !strings.HasPrefix(got, "https://") && !strings.HasPrefix(got, "http://") || strings.ContainsAny(got, "<>\"\x00\n\r ") {
			t.Errorf("SafeLink(%q) = %q", s, got)
		}
	})
}
