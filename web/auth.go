package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
)

// AsHeader names the person whom the local operator acts as.
const AsHeader = "Takeover-As"

type actorKey struct{}

// who is the outcome of finding out who asks; err is kept until something needs an actor.
type who struct {
	actor campaign.Actor
	err   error
}

func withActor(r *http.Request, a campaign.Actor, err error) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, who{a, err}))
}

// actorOf is who asks; a refusal when nobody known does.
func actorOf(ctx context.Context) (campaign.Actor, error) {
	w, ok := ctx.Value(actorKey{}).(who)
	if !ok {
		return campaign.Actor{}, errNobody
	}
	return w.actor, w.err
}

func (s *Server) actorLocal(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.Desk.LocalActor(r.Context(), campaign.PersonID(r.Header.Get(AsHeader)))
		h.ServeHTTP(w, withActor(r, a, err))
	})
}

// actorPublic knows a caller by token on the API and by session on the pages:
// a browser's cookie opens no API, so that no page of another site can use it.
func (s *Server) actorPublic(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := campaign.Actor{}, error(errNobody)
		if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			a, err = s.Desk.ActorByToken(r.Context(), secret, "token")
		} else if p := s.pagePerson(r); p != "" && !strings.HasPrefix(r.URL.Path, "/api/") {
			a, err = s.Desk.ActorAs(r.Context(), p, "page")
		}
		h.ServeHTTP(w, withActor(r, a, err))
	})
}

func (s *Server) pagePerson(r *http.Request) campaign.PersonID {
	if c, err := r.Cookie(cookieName(r)); err == nil {
		if p, ok := s.sessions.person(c.Value); ok {
			return p
		}
	}
	return s.PagesAs
}

// cookieName binds the cookie to this host where TLS allows it. Source: ux.md §9.
func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-takeover"
	}
	return "takeover"
}

const (
	linkLife    = 72 * time.Hour
	sessionLife = 12 * time.Hour
	// maxSessions bounds memory; the oldest go first.
	maxSessions = 10_000
)

// sessions are sign-in links and sessions, kept by the hash of their secret in
// memory: a restart signs everybody out.
type sessions struct {
	clock clock.Clock
	mu    sync.Mutex
	links map[[32]byte]session
	open  map[[32]byte]session
}

type session struct {
	person campaign.PersonID
	until  time.Time
}

// Link makes a sign-in link for a person; it works once, within 72 hours. The
// answer is a path below the server's address.
func (s *Server) Link(p campaign.PersonID) string {
	return "/in/" + s.sessions.add(&s.sessions.links, p, linkLife)
}

func (s *sessions) add(to *map[[32]byte]session, p campaign.PersonID, life time.Duration) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails; source: crypto/rand
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if *to == nil {
		*to = map[[32]byte]session{}
	}
	s.purge(*to)
	(*to)[sha256.Sum256([]byte(secret))] = session{p, s.clock.Now().Add(life)}
	return secret
}

func (s *sessions) purge(m map[[32]byte]session) {
	now := s.clock.Now()
	for k, v := range m {
		if !now.Before(v.until) {
			delete(m, k)
		}
	}
	for len(m) >= maxSessions {
		var oldest [32]byte
		var until time.Time
		for k, v := range m {
			if until.IsZero() || v.until.Before(until) {
				oldest, until = k, v.until
			}
		}
		delete(m, oldest)
	}
}

// use trades a link for a session's secret; ok is false for an unknown, used or old link.
func (s *sessions) use(link string) (secret string, ok bool) {
	key := sha256.Sum256([]byte(link))
	s.mu.Lock()
	l, ok := s.links[key]
	delete(s.links, key)
	s.mu.Unlock()
	if !ok || !s.clock.Now().Before(l.until) {
		return "", false
	}
	return s.add(&s.open, l.person, sessionLife), true
}

func (s *sessions) person(secret string) (campaign.PersonID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.open[sha256.Sum256([]byte(secret))]
	return v.person, ok && s.clock.Now().Before(v.until)
}

func (s *sessions) end(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(secret)))
}
