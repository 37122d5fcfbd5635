package web

import (
	"errors"
	"net/http"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/passkey"
	"github.com/ittakesacommunity/takeover/store"
)

// askCookie holds the name of the question that the browser answers.
const askCookie = "takeover-passkey"

// passkeyAsk gives the browser's script a question. Only our pages reach it:
// another site's request is refused, and its answer fits no other address.
func (s *Server) passkeyAsk(w http.ResponseWriter, options []byte, name string) {
	http.SetCookie(w, &http.Cookie{Name: askCookie, Value: name, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteStrictMode, MaxAge: 300})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(options)
}

func (s *Server) passkeyForNew(w http.ResponseWriter, r *http.Request, p page) error {
	if s.passkeys == nil {
		return store.ErrNotFound
	}
	owner, err := s.Desk.PasskeyOwner(r.Context(), p.actor)
	if err != nil {
		return err
	}
	options, name, err := s.passkeys.ForNew(owner)
	if err == nil {
		s.passkeyAsk(w, options, name)
	}
	return err
}

func (s *Server) addPasskey(w http.ResponseWriter, r *http.Request, p page) error {
	if s.passkeys == nil {
		return store.ErrNotFound
	}
	owner, err := s.Desk.PasskeyOwner(r.Context(), p.actor)
	if err != nil {
		return err
	}
	key, err := s.passkeys.Made(owner, cookieValue(r, askCookie), []byte(r.PostFormValue("answer")))
	if errors.Is(err, passkey.ErrRefused) {
		s.Log.Warn("a passkey was not added", "person", p.Person, "err", err)
		p.Title = p.T("not_done")
		s.render(w, http.StatusUnprocessableEntity, "message.html", messagePage{page: p, Text: p.T("passkey_refused"), Back: "/me"})
		return nil
	}
	if err == nil {
		err = s.Desk.AddPasskey(r.Context(), p.actor, key)
	}
	if err == nil {
		s.did(w, p, "passkey_added", "/me")
	}
	return err
}

func (s *Server) removePasskey(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.RemovePasskey(r.Context(), p.actor, r.PathValue("key"))
	if err == nil {
		http.Redirect(w, r, "/me", http.StatusSeeOther)
	}
	return err
}

func (s *Server) passkeyForSignIn(w http.ResponseWriter, r *http.Request, _ page) error {
	if s.passkeys == nil {
		return store.ErrNotFound
	}
	options, name, err := s.passkeys.ForSignIn()
	if err == nil {
		s.passkeyAsk(w, options, name)
	}
	return err
}

func (s *Server) signInPasskey(w http.ResponseWriter, r *http.Request, p page) error {
	if s.passkeys == nil {
		return store.ErrNotFound
	}
	from := s.addressOf(r)
	if !s.throttle.allow(from, "") {
		s.askToSignIn(w, p, http.StatusTooManyRequests, p.T("too_often_help"))
		return nil
	}
	secret, _, err := s.Desk.SignInPasskey(r.Context(), r.UserAgent(), func(find func([]byte) (passkey.Owner, error)) (passkey.Key, error) {
		return s.passkeys.Shown(cookieValue(r, askCookie), []byte(r.PostFormValue("answer")), find)
	})
	if errors.Is(err, campaign.ErrNotAllowed) {
		s.Log.Warn("a sign-in by passkey failed", "from", from, "err", err)
		s.askToSignIn(w, p, http.StatusForbidden, p.T("passkey_refused"))
		return nil
	}
	if err != nil {
		return err
	}
	s.throttle.succeeded(from, "")
	s.startSession(w, r, secret)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
