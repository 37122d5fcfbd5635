package httpx

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDo(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		status       int
		whole        bool
	}{
		{"ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, true},
		{"too large", "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + strings.Repeat("x", 101), 200, false},
		{"cut", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", 200, false},
		{"packed stays packed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 200, true},
		{"head too large", "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 100_000) + "\r\n\r\n", 0, false},
		{"none", "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, nil, say(tt.answer))
			a, err := local(Options{MaxBody: 100}).Do(t.Context(), Call{Method: http.MethodPut, URL: s.URL, Body: []byte("x")})
			if a.Status != tt.status || a.Whole != tt.whole || (err == nil) != tt.whole || len(a.Body) > 100 {
				t.Errorf("%d, whole %v, %d bytes, %v", a.Status, a.Whole, len(a.Body), err)
			}
		})
	}
}

// TestErrorsHoldNoURL: with some platforms the token stands in the path.
func TestErrorsHoldNoURL(t *testing.T) {
	const token = "123456789:AAF-abcdefghijklmnopqrstuvwxyz012345"
	s := serve(t, nil, say("HTTP/1.1 "+token))
	c := local(Options{})
	for _, base := range []string{s.URL, "http://127.0.0.1:1", "https://127.0.0.1:1", "https://127.0.0.1:1\x7f"} {
		url := base + "/bot" + token + "/sendMessage"
		_, err := c.Publish(t.Context(), open, post(url))
		if err == nil || strings.Contains(err.Error(), "AAF-") || strings.Contains(err.Error(), "sendMessage") {
			t.Errorf("publish: %v", err)
		}
		_, err = c.Do(t.Context(), Call{Method: http.MethodGet, URL: url})
		if err == nil || strings.Contains(err.Error(), "AAF-") || strings.Contains(err.Error(), "sendMessage") {
			t.Errorf("read: %v", err)
		}
	}
}

func TestDateIsTold(t *testing.T) {
	at := time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, header string
		told         bool
	}{
		{"told", "Date: " + at.Format(http.TimeFormat) + "\r\n", true},
		{"none", "", false},
		{"nonsense", "Date: yesterday\r\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, nil, say("HTTP/1.1 500 Oops\r\n"+tt.header+"Content-Length: 0\r\n\r\n"))
			calls := 0
			c := local(Options{Date: func(host string, date time.Time) {
				calls++
				if host != "127.0.0.1" || !date.Equal(at) {
					t.Errorf("told %s %v", host, date)
				}
			}})
			c.Publish(t.Context(), open, post(s.URL))
			c.Do(t.Context(), Call{Method: http.MethodGet, URL: s.URL})
			if want := map[bool]int{true: 2}[tt.told]; calls != want {
				t.Errorf("told %d times, want %d", calls, want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	httpDate := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration // -1: says nothing
	}{
		{"none", "", "", -1},
		{"seconds", "120", "", 2 * time.Minute},
		{"zero", "0", "", 0},
		{"a year", "31536000", "", MaxRetryAfter},
		{"past any integer", "99999999999999999999999", "", MaxRetryAfter},
		{"negative", "-5", "", -1},
		{"a fraction", "1.5", "", -1},
		{"words", "soon", "", -1},
		{"date", httpDate(time.Hour), "", time.Hour},
		{"date in the past", httpDate(-time.Hour), "", 0},
		{"date in a century", httpDate(1e6 * time.Hour), "", MaxRetryAfter},
		{"date of a platform whose clock is an hour ahead", httpDate(time.Hour + time.Minute), httpDate(time.Hour), time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("Retry-After", tt.value)
			h.Set("Date", tt.date)
			got := RetryAfter(h, now)
			if tt.want < 0 {
				if !got.IsZero() {
					t.Errorf("wait until %v", got)
				}
				return
			}
			if !got.Equal(now.Add(tt.want)) {
				t.Errorf("wait %v, want %v", got.Sub(now), tt.want)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "connection refused", "connection refused"},
		{"error with numbers", "read tcp 127.0.0.1:443: i/o timeout after 3 tries", "read tcp 127.0.0.1:443: i/o timeout after 3 tries"},
		{"bearer", "Authorization: Bearer abcdef0123", "Authorization: •••"},
		{"query", "GET /me?access_token=EAAB12345&x=1", "GET /me?•••&x=1"},
		{"oauth code", "GET /callback?code=abc123&x=1", "GET /callback•••&x=1"},
		{"json", `{"client_secret": "hunter2secret"}`, `{"•••"}`},
		{"webhook secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "•••"},
		{"telegram", "https://api.telegram.org/bot123456789:AAF-abcdefghijklmnopqrstuv/send", "https://api.telegram.org/•••/send"},
		{"jwt", "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "token •••"},
		{"long key", "key 0123456789abcdef0123456789abcdef", "key •••"},
		{"control and direction", "a\x1b[31m\r\nb\u202ec\u0000", "a [31m  b c "},
		{"no UTF-8", "a\xffb", "a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.text); got != tt.want {
				t.Errorf("Redact(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	if got := Redact(strings.Repeat("word ", 1000)); len([]rune(got)) != maxText+1 {
		t.Errorf("%d characters are left", len([]rune(got)))
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("bot123456789:AAF-abcdefghijklmnopqrstuv")
	f.Fuzz(func(t *testing.T, s string) {
		got := Redact(s)
		if len([]rune(got)) > maxText+1 || strings.ContainsAny(got, "\x00\x1b\r\n\u202e") {
			t.Errorf("%q", got)
		}
		if i := strings.Index(strings.ToLower(s), "bearer 0123456789"); i == 0 && strings.Contains(got, "0123456789") {
			t.Errorf("%q", got)
		}
	})
}
