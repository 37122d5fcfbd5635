package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/internal/clock"
)

// throttle bounds how often somebody may try to sign in. It remembers failures
// alone, by address and by account; a restart forgets them.
type throttle struct {
	clock clock.Clock
	mu    sync.Mutex
	tries map[string][]time.Time // of failures, oldest first
}

const (
	throttleWithin  = 15 * time.Minute
	throttleAccount = 10 // failures on one account, from anywhere
	throttleAddress = 30 // failures from one address, on anything
	throttleMost    = 50_000
)

// allow tells whether another try may be made. It counts as a failure until
// succeeded is called, so that many at once do not slip through.
func (t *throttle) allow(address, account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tries == nil || len(t.tries) > throttleMost {
		t.tries = map[string][]time.Time{}
	}
	now := t.clock.Now()
	keys := map[string]int{"address " + address: throttleAddress}
	if account != "" { // a link names none
		keys["account "+account] = throttleAccount
	}
	for key, most := range keys {
		recent := t.tries[key]
		for len(recent) > 0 && now.Sub(recent[0]) >= throttleWithin {
			recent = recent[1:]
		}
		t.tries[key] = recent
		if len(recent) >= most {
			return false
		}
	}
	for key := range keys {
		t.tries[key] = append(t.tries[key], now)
	}
	return true
}

// succeeded forgets what an account failed before, and the try itself.
func (t *throttle) succeeded(address, account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, "account "+account)
	if mine := t.tries["address "+address]; len(mine) > 0 {
		t.tries["address "+address] = mine[:len(mine)-1]
	}
}

// addressOf is where a request comes from: the peer, or what a trusted proxy
// says of it. The nearest address that is no proxy of ours counts, since a
// client can write any further ones. IPv6 counts by /64, which one household has.
func (s *Server) addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next
	}
	if at = at.Unmap(); at.Is6() {
		net, _ := at.Prefix(64)
		return net.String()
	}
	return at.String()
}

func (s *Server) trusts(at netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}
