package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// AsHeader names the person whom the local operator acts as.
const AsHeader = "Takeover-As"

type actorKey struct{}

// who is the outcome of finding out who asks; err is kept until something needs an actor.
type who struct {
	actor   campaign.Actor
	session desk.Session // of a signed-in browser
	err     error
}

func withWho(r *http.Request, w who) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, w))
}

func whoOf(ctx context.Context) who {
	w, ok := ctx.Value(actorKey{}).(who)
	if !ok {
		w.err = errNobody
	}
	return w
}

// actorOf is who asks; a refusal when nobody known does.
func actorOf(ctx context.Context) (campaign.Actor, error) {
	w := whoOf(ctx)
	return w.actor, w.err
}

func (s *Server) actorLocal(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.Desk.LocalActor(r.Context(), campaign.PersonID(r.Header.Get(AsHeader)))
		h.ServeHTTP(w, withWho(r, who{actor: a, err: err}))
	})
}

// actorPublic knows a caller by token on the API and by session on the pages:
// a browser's cookie opens no API, so that no page of another site can use it,
// and a token opens no page.
func (s *Server) actorPublic(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		is := who{err: errNobody}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
				is.actor, is.err = s.Desk.ActorByToken(r.Context(), secret, "token")
			}
		} else {
			is = s.visitor(r)
		}
		h.ServeHTTP(w, withWho(r, is))
	})
}

// visitor is who looks at the pages. A cookie that means nothing any more is
// nobody: the page asks to sign in.
func (s *Server) visitor(r *http.Request) who {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		if a, session, err := s.Desk.ActorBySession(r.Context(), c.Value); err == nil {
			return who{actor: a, session: session}
		}
	}
	if s.PagesAs != "" {
		a, err := s.Desk.ActorAs(r.Context(), s.PagesAs, desk.DoorPage)
		return who{actor: a, err: err}
	}
	return who{err: errNobody}
}

// secure tells whether people reach the pages by https, directly or through a proxy.
func (s *Server) secure() bool { return strings.HasPrefix(s.Address, "https:") }

// cookieName binds the cookie to this host where TLS allows it. Source: ux.md §9.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-takeover"
	}
	return "takeover"
}

// startSession hands the browser its new session, and ends the one it had: a
// secret that somebody else put into the browser is worth nothing afterwards.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request, secret string) {
	if had := whoOf(r.Context()); had.session.ID != "" {
		if err := s.Desk.EndSession(r.Context(), had.actor, had.session.ID); err != nil {
			s.Log.Warn("an old session could not be ended", "session", had.session.ID, "err", err)
		}
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: s.secure(), MaxAge: int(desk.SessionLife.Seconds())})
}

func (s *Server) dropCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", HttpOnly: true, Secure: s.secure(), MaxAge: -1})
}
