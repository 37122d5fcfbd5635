package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/openid"
	"github.com/ittakesacommunity/takeover/store"
)

// OpenID is a provider that people may sign in by.
type OpenID struct {
	*openid.Provider
	Name string // on its button, such as "City accounts"
	// Groups are the mechanisms that the provider's groups lead.
	Groups map[string][]campaign.MechanismID
	// TwoFactors says that the provider asks everybody for two.
	TwoFactors bool
}

// OpenIDBack is where a provider sends people back to on our address.
const OpenIDBack = "/auth/callback"

// openIDWithin is how long one may take at the provider.
const openIDWithin = 10 * time.Minute

// openIDCookie holds what the browser keeps meanwhile.
func (s *Server) openIDCookie() string { return s.cookieName() + "-openid" }

// beginOpenID is a link and no form: a form may send nobody to another site.
func (s *Server) beginOpenID(w http.ResponseWriter, r *http.Request, p page) error {
	if s.OpenID == nil {
		return store.ErrNotFound
	}
	address, begun, err := s.OpenID.Begin(r.Context())
	if err != nil {
		s.Log.Error("signing in by the provider", "err", err)
		s.askToSignIn(w, p, http.StatusServiceUnavailable, p.T("openid_down"))
		return nil
	}
	b, err := json.Marshal(begun)
	if err != nil {
		return err
	}
	s.keepOpenID(w, base64.RawURLEncoding.EncodeToString(b), int(openIDWithin.Seconds()))
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// keepOpenID sets the cookie; Lax lets it come along from the provider's page.
func (s *Server) keepOpenID(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: s.openIDCookie(), Value: value, Path: "/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode, MaxAge: seconds})
}

// endOpenID signs in whoever the provider vouches for.
func (s *Server) endOpenID(w http.ResponseWriter, r *http.Request, p page) error {
	if s.OpenID == nil {
		return store.ErrNotFound
	}
	from := s.addressOf(r)
	if !s.throttle.allow(from, "") {
		s.askToSignIn(w, p, http.StatusTooManyRequests, p.T("too_often_help"))
		return nil
	}
	s.keepOpenID(w, "", -1) // one try for each beginning
	var begun openid.Begun
	if b, err := base64.RawURLEncoding.DecodeString(cookieValue(r, s.openIDCookie())); err == nil {
		_ = json.Unmarshal(b, &begun) // what is no beginning is refused below
	}
	q := r.URL.Query()
	id, err := s.OpenID.Finish(r.Context(), begun, openid.Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error")})
	var secret string
	if err == nil {
		secret, _, err = s.Desk.SignInVouched(r.Context(), s.OpenID.vouched(id), r.UserAgent())
	}
	switch {
	case errors.Is(err, openid.ErrRefused) || errors.Is(err, campaign.ErrNotAllowed):
		s.Log.Warn("a sign-in by the provider failed", "from", from, "err", err)
		s.askToSignIn(w, p, http.StatusForbidden, p.T("openid_refused"))
		return nil
	case err != nil:
		s.Log.Error("signing in by the provider", "err", err)
		s.askToSignIn(w, p, http.StatusServiceUnavailable, p.T("openid_down"))
		return nil
	}
	s.throttle.succeeded(from, "")
	s.startSession(w, r, secret)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// vouched is what the provider says of somebody, in the campaign's words.
func (o *OpenID) vouched(id openid.Identity) desk.Vouched {
	v := desk.Vouched{Account: o.Issuer + " " + id.Subject, Mail: campaign.PersonID(id.Mail), Verified: id.Verified, TwoFactors: o.TwoFactors || id.TwoFactors}
	for _, g := range id.Groups {
		for _, m := range o.Groups[g] {
			v.Granted = append(v.Granted, campaign.Role{Name: campaign.Lead, Mechanism: m})
		}
	}
	return v
}
