package web

import (
	"errors"
	"net/http"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type signInView struct {
	page
	Wrong   string // why the last try failed
	Passkey bool   // browsers have passkeys for our address
	OpenID  string // the provider that one may sign in by; "" is none
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, p page) error {
	s.askToSignIn(w, p, http.StatusOK, "")
	return nil
}

func (s *Server) askToSignIn(w http.ResponseWriter, p page, status int, wrong string) {
	p.Title = p.T("sign_in")
	v := signInView{page: p, Wrong: wrong, Passkey: s.passkeys != nil}
	if s.OpenID != nil {
		v.OpenID = s.OpenID.Name
	}
	s.render(w, status, "signin.html", v)
}

// signIn takes mail address, password and code.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request, p page) error {
	who, from := r.PostFormValue("mail"), s.addressOf(r)
	if !s.throttle.allow(from, who) {
		s.askToSignIn(w, p, http.StatusTooManyRequests, p.T("too_often_help"))
		return nil
	}
	secret, _, err := s.Desk.SignIn(r.Context(), campaign.PersonID(who), r.PostFormValue("password"), r.PostFormValue("code"), r.UserAgent())
	if errors.Is(err, campaign.ErrNotAllowed) {
		s.Log.Warn("a sign-in failed", "from", from)
		s.askToSignIn(w, p, http.StatusForbidden, p.T("sign_in_wrong"))
		return nil
	}
	if err != nil {
		return err
	}
	s.throttle.succeeded(from, who)
	s.startSession(w, r, secret)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// linkPage shows a button; only pressing it uses the link, since mail scanners
// open links.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request, p page) error {
	p.Title = p.T("sign_in")
	s.render(w, http.StatusOK, "message.html", messagePage{page: p, Text: p.T("sign_in_press"), Button: p.T("sign_in")})
	return nil
}

func (s *Server) useLink(w http.ResponseWriter, r *http.Request, p page) error {
	if !s.throttle.allow(s.addressOf(r), "") {
		p.Title = p.T("too_often")
		s.render(w, http.StatusTooManyRequests, "message.html", messagePage{page: p, Text: p.T("too_often_help")})
		return nil
	}
	secret, session, err := s.Desk.UseLink(r.Context(), r.PathValue("secret"), r.UserAgent())
	if errors.Is(err, campaign.ErrNotAllowed) {
		p.Title = p.T("link_used")
		s.render(w, http.StatusForbidden, "message.html", messagePage{page: p, Text: p.T("link_used_help")})
		return nil
	}
	if err != nil {
		return err
	}
	s.throttle.succeeded(s.addressOf(r), "")
	s.startSession(w, r, secret)
	home := "/"
	if session.Guest != nil {
		home = guestHome(*session.Guest)
	}
	http.Redirect(w, r, home, http.StatusSeeOther)
	return nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request, p page) error {
	if is := whoOf(r.Context()); is.session.ID != "" {
		if err := s.Desk.EndSession(r.Context(), is.actor, is.session.ID); err != nil {
			return err
		}
	}
	s.dropCookie(w)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// meView is how a person signs in, and where from.
type meView struct {
	page
	Ways     desk.Ways
	Passkey  bool // browsers have passkeys for our address
	Sessions []desk.Session
	Current  string
	Shared   string // the new secret of codes, shown this once
	CodeLink string
}

func (s *Server) mePage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showMe(w, r, meView{page: p})
}

func (s *Server) showMe(w http.ResponseWriter, r *http.Request, v meView) (err error) {
	v.Title, v.Current = v.T("me"), whoOf(r.Context()).session.ID
	v.Passkey = s.passkeys != nil
	if v.Ways, err = s.Desk.WaysOf(r.Context(), v.actor); err != nil {
		return err
	}
	if v.Sessions, err = s.Desk.Sessions(r.Context(), v.actor); err != nil {
		return err
	}
	s.render(w, http.StatusOK, "me.html", v)
	return nil
}

func (s *Server) setPassword(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.SetPassword(r.Context(), p.actor, whoOf(r.Context()).session.ID, r.PostFormValue("present"), r.PostFormValue("password"))
	if err == nil {
		s.did(w, p, "password_set", "/me")
	}
	return err
}

func (s *Server) beginCodes(w http.ResponseWriter, r *http.Request, p page) error {
	shared, link, err := s.Desk.BeginCodes(r.Context(), p.actor)
	if err != nil {
		return err
	}
	return s.showMe(w, r, meView{page: p, Shared: shared, CodeLink: link})
}

func (s *Server) confirmCodes(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.ConfirmCodes(r.Context(), p.actor, whoOf(r.Context()).session.ID, r.PostFormValue("code"))
	if err == nil {
		s.did(w, p, "codes_set", "/me")
	}
	return err
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request, p page) error {
	if err := s.Desk.EndSession(r.Context(), p.actor, r.PathValue("id")); err != nil {
		return err
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}
