package pretend

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	accessLife  = 60 * 24 * time.Hour
	refreshLife = 365 * 24 * time.Hour
	codeLife    = 30 * time.Minute
)

// Agree is the owner who opens the address in a browser and agrees: it gives
// the address on which the browser lands.
func (s *Server) Agree(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	if u.Path != "/oauth/v2/authorization" || q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("redirect_uri") != s.o.Redirect || q.Get("state") == "" {
		return "", errors.New("the redirect_uri does not match the registered value")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := "code-" + rand.Text()
	s.codes[code] = &grant{scopes: strings.Fields(q.Get("scope")), redirect: q.Get("redirect_uri"), until: s.o.Now().Add(codeLife)}
	return s.o.Redirect + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), nil
}

func refused(status int, what string) reply {
	return reply{status: status, body: map[string]string{"error": what, "error_description": "The request is invalid"}}
}

func (s *Server) client(c *call) bool {
	return c.form.Get("client_id") == ClientID && c.form.Get("client_secret") == s.o.ClientSecret
}

func (s *Server) token(c *call) reply {
	if !s.client(c) {
		return refused(http.StatusUnauthorized, "invalid_client")
	}
	next := &grant{until: c.now.Add(accessLife), ends: c.now.Add(refreshLife)}
	refresh := "rt-CANARY" + rand.Text()
	switch c.form.Get("grant_type") {
	case "authorization_code":
		g := s.codes[c.form.Get("code")]
		delete(s.codes, c.form.Get("code")) // once only
		if g == nil || !c.now.Before(g.until) || g.redirect != c.form.Get("redirect_uri") {
			return refused(http.StatusBadRequest, "invalid_request")
		}
		next.scopes = g.scopes
	case "refresh_token":
		g := s.fresh[c.form.Get("refresh_token")]
		if g == nil || g.over || !c.now.Before(g.ends) {
			return refused(http.StatusBadRequest, "invalid_grant")
		}
		// The same refresh token again, with the time that it has left.
		next.scopes, next.ends, refresh = g.scopes, g.ends, c.form.Get("refresh_token")
	default:
		return refused(http.StatusBadRequest, "unsupported_grant_type")
	}
	access := "at-CANARY" + rand.Text()
	s.tokens[access] = next
	body := map[string]any{"access_token": access, "expires_in": int(accessLife.Seconds()), "scope": strings.Join(next.scopes, ",")}
	if s.o.Refreshes {
		s.fresh[refresh] = next
		body["refresh_token"], body["refresh_token_expires_in"] = refresh, int(next.ends.Sub(c.now).Seconds())
	}
	return reply{status: http.StatusOK, body: body}
}

func (s *Server) revoke(c *call) reply {
	if !s.client(c) {
		return refused(http.StatusUnauthorized, "invalid_client")
	}
	if g := s.tokens[c.form.Get("token")]; g != nil {
		g.over = true
	}
	return reply{status: http.StatusOK}
}

// Accept makes a known text an access token, for tests that choose their own.
func (s *Server) Accept(token string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = &grant{scopes: slices.Clone(scopes), until: s.o.Now().Add(accessLife)}
}

// RevokeAll ends every permission, as an owner does in the settings.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.tokens {
		g.over = true
	}
	for _, g := range s.fresh {
		g.over = true
	}
}
