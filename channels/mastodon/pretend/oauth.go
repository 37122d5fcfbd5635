package pretend

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

// app is a registered program.
type app struct {
	id, secret, name, redirect string
	scopes                     []string
}

// grant is what an owner agreed to: first behind a code, then behind a token.
type grant struct {
	app       *app
	scopes    []string
	redirect  string
	challenge string
	revoked   bool
}

// wide are the scopes that hold all that begin with them.
var wide = []string{"read", "write", "follow", "push", "profile"}

func scopeKnown(scope string) bool {
	head, _, _ := strings.Cut(scope, ":")
	return slices.Contains(wide, head)
}

// allows tells whether a scope is among those that were granted.
func allows(granted []string, scope string) bool {
	head, _, _ := strings.Cut(scope, ":")
	return slices.Contains(granted, scope) || slices.Contains(granted, head)
}

func (s *Server) registerApp(c *call) reply {
	a := &app{id: "id-" + rand.Text(), secret: "cs-" + rand.Text(), name: c.text("client_name"), redirect: c.text("redirect_uris"), scopes: strings.Fields(c.text("scopes"))}
	if len(a.scopes) == 0 {
		a.scopes = []string{"read"}
	}
	for _, scope := range a.scopes {
		if !scopeKnown(scope) || s.o.BroadScopesOnly && strings.Contains(scope, ":") {
			return no(http.StatusUnprocessableEntity, "Validation failed: Scopes doesn't match configured on the server.")
		}
	}
	if a.name == "" || len(a.name) > 60 || a.redirect == "" {
		return no(http.StatusUnprocessableEntity, "Validation failed: Application name can't be blank")
	}
	s.apps[a.id] = a
	return ok(map[string]any{"id": "1", "name": a.name, "redirect_uri": a.redirect, "client_id": a.id, "client_secret": a.secret})
}

// authorize is the owner who agrees at once: sent back with a code, or shown it.
func (s *Server) authorize(c *call) reply {
	q := c.URL.Query()
	a := s.apps[q.Get("client_id")]
	if a == nil || q.Get("response_type") != "code" || q.Get("redirect_uri") != a.redirect {
		return reply{status: http.StatusUnauthorized, body: "<html>Client authentication failed</html>"}
	}
	asked := strings.Fields(q.Get("scope"))
	for _, scope := range asked {
		if !slices.Contains(a.scopes, scope) {
			return reply{status: http.StatusBadRequest, body: "<html>The requested scope is invalid, unknown, or malformed.</html>"}
		}
	}
	g := &grant{app: a, scopes: asked, redirect: a.redirect}
	if q.Get("code_challenge_method") == "S256" && s.o.Software == "mastodon" && s.o.Version >= "4.3" {
		g.challenge = q.Get("code_challenge")
	}
	code := "code-" + rand.Text()
	s.codes[code] = g
	if a.redirect == outOfBand {
		return reply{status: http.StatusOK, body: "<html><code>" + code + "</code></html>"}
	}
	back, err := url.Parse(a.redirect)
	if err != nil {
		return reply{status: http.StatusBadRequest, body: "<html>The redirect uri is not valid.</html>"}
	}
	v := back.Query()
	v.Set("code", code)
	v.Set("state", q.Get("state"))
	back.RawQuery = v.Encode()
	return reply{status: http.StatusFound, body: "", header: map[string]string{"Location": back.String()}}
}

func (s *Server) token(c *call) reply {
	refused := func(what string) reply {
		return reply{status: http.StatusBadRequest, body: map[string]string{"error": what, "error_description": "The provided authorization grant is invalid."}}
	}
	a := s.apps[c.text("client_id")]
	if a == nil || a.secret != c.text("client_secret") {
		return no(http.StatusUnauthorized, "invalid_client")
	}
	g := s.codes[c.text("code")]
	delete(s.codes, c.text("code")) // once only
	if c.text("grant_type") != "authorization_code" || g == nil || g.app != a || g.redirect != c.text("redirect_uri") {
		return refused("invalid_grant")
	}
	if g.challenge != "" {
		sum := sha256.Sum256([]byte(c.text("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
			return refused("invalid_grant")
		}
	}
	token := "tok-" + rand.Text()
	s.tokens[token] = g
	return ok(map[string]any{"access_token": token, "token_type": "Bearer", "scope": strings.Join(g.scopes, " "), "created_at": c.now.Unix()})
}

func (s *Server) revoke(c *call) reply {
	a, g := s.apps[c.text("client_id")], s.tokens[c.text("token")]
	if a == nil || a.secret != c.text("client_secret") || g != nil && g.app != a {
		return no(http.StatusForbidden, "unauthorized_client")
	}
	if g != nil {
		g.revoked = true
	}
	return ok(struct{}{})
}

// scoped lets calls through that bear a token with the scope, within the limits.
func (s *Server) scoped(scope string, h func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		token, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
		g := s.tokens[token]
		switch {
		case g == nil:
			return no(http.StatusUnauthorized, "The access token is invalid")
		case g.revoked:
			return no(http.StatusUnauthorized, "The access token was revoked")
		case s.disabled:
			return no(http.StatusForbidden, "Your login is currently disabled")
		case scope != "" && !allows(g.scopes, scope):
			return no(http.StatusForbidden, "This action is outside the authorized scopes")
		}
		c.grant = g
		header, allowed := s.spend("calls", callsPer5Min, 5*time.Minute, c.now)
		if !allowed {
			return reply{status: http.StatusTooManyRequests, body: map[string]string{"error": "Too many requests"}, header: header}
		}
		a := h(c)
		if a.header == nil {
			a.header = header
		}
		return a
	}
}

// Token is an access token made by hand, under Preferences, Development.
func (s *Server) Token(appName string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := "tok-" + rand.Text()
	s.tokens[token] = &grant{app: &app{name: appName, scopes: scopes}, scopes: scopes}
	return token
}

// AcceptToken makes a known text an access token, for tests that choose their own.
func (s *Server) AcceptToken(token, appName string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = &grant{app: &app{name: appName, scopes: scopes}, scopes: scopes}
}

// Live is how many tokens serve.
func (s *Server) Live() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.tokens {
		if !g.revoked {
			n++
		}
	}
	return n
}

// RevokeTokens ends all tokens, as a changed password does.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.tokens {
		g.revoked = true
	}
}

// Agree is the owner who opens the address in a browser and agrees: it gives
// the code and the state that come back.
func (s *Server) Agree(address string) (code, state string, err error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return "", "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.authorize(&call{Request: r, now: s.o.Now()})
	switch {
	case a.status == http.StatusFound:
		back, err := url.Parse(a.header["Location"])
		if err != nil {
			return "", "", err
		}
		return back.Query().Get("code"), back.Query().Get("state"), nil
	case a.status == http.StatusOK:
		page := fmt.Sprint(a.body)
		_, code, _ = strings.Cut(page, "<code>")
		code, _, _ = strings.Cut(code, "</code>")
		return code, "", nil
	}
	return "", "", errors.New(fmt.Sprint(a.body))
}
