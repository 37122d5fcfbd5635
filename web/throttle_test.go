package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// TestF53Guessing: whoever guesses is refused after some tries, whoever knows is not.
func TestF53Guessing(t *testing.T) {
	w := newWorld(t)
	good := w.linkOf("desk@campaign.example")
	post := func(path string) int {
		r := httptest.NewRecorder()
		w.tcp.ServeHTTP(r, httptest.NewRequest("POST", path, nil))
		return r.Code
	}
	for i := range throttleAddress {
		if got := post(fmt.Sprintf("/in/guess%d", i)); got != http.StatusForbidden {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	if got := post(good); got != http.StatusTooManyRequests {
		t.Errorf("after %d guesses: %d", throttleAddress, got)
	}
	w.clock.now = start.Add(throttleWithin)
	if got := post(good); got != http.StatusSeeOther {
		t.Errorf("a quarter of an hour later: %d", got)
	}
}

func TestThrottleCountsAccounts(t *testing.T) {
	th := &throttle{clock: &hands{start}}
	for i := range throttleAccount {
		if !th.allow(fmt.Sprint("from ", i), "a@b.example") {
			t.Fatal("refused too early", i)
		}
	}
	if th.allow("elsewhere", "a@b.example") {
		t.Error("guesses from many addresses at one account are not counted")
	}
	if !th.allow("elsewhere", "c@b.example") {
		t.Error("another account is refused, too")
	}
	th = &throttle{clock: &hands{start}}
	for range 5 * throttleAddress {
		if !th.allow("home", "a@b.example") {
			t.Fatal("who signs in is refused")
		}
		th.succeeded("home", "a@b.example")
	}
}

func TestAddressOf(t *testing.T) {
	s := &Server{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}}}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"}, // no proxy of ours: what it says counts for nothing
		{"127.0.0.1:5", "", "127.0.0.1"},
		{"127.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"127.0.0.1:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"}, // the client wrote the first
		{"127.0.0.1:5", "198.51.100.7, 10.1.2.3", "198.51.100.7"},
		{"127.0.0.1:5", "nonsense", "127.0.0.1"},
		{"[2001:db8:1:2:3::4]:5", "", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
		{"@", "198.51.100.7", "@"},
	} {
		q := httptest.NewRequest("GET", "/", nil)
		q.RemoteAddr = c.peer
		if c.forwarded != "" {
			q.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.addressOf(q); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}
