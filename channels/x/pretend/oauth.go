package pretend

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grant is what an owner agreed to.
type grant struct {
	scopes              []string
	redirect, challenge string
	until               time.Time
	over                bool
}

const (
	accessLife = 2 * time.Hour
	codeLife   = 30 * time.Second
	maxSkew    = 5 * time.Minute
)

// signed lets calls through that bear a valid token with the scope, or a valid
// signature of OAuth 1.0a.
func (s *Server) signed(scope string, h func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		head := c.Header.Get("Authorization")
		v2 := strings.HasPrefix(c.URL.Path, "/2/")
		if token, is := strings.CutPrefix(head, "Bearer "); is {
			g := s.grants[token]
			switch {
			case g == nil || g.over || !c.now.Before(g.until):
				return no(http.StatusUnauthorized, "about:blank", "Unauthorized")
			case !v2, !slices.Contains(g.scopes, scope):
				return no(http.StatusForbidden, "client-forbidden", "The scope is missing.")
			}
			return h(c)
		}
		switch err := s.verify(c, head); {
		case err == nil:
			c.oauth1 = true
		case errors.Is(err, errClock) && !v2:
			return old(http.StatusUnauthorized, 135, "Timestamp out of bounds.")
		case !v2:
			return old(http.StatusUnauthorized, 32, "Could not authenticate you.")
		default:
			return no(http.StatusUnauthorized, "about:blank", "Unauthorized")
		}
		if s.o.ReadOnly && c.Method != http.MethodGet {
			return no(http.StatusForbidden, "oauth1-permissions", "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.")
		}
		return h(c)
	}
}

var errClock = errors.New("timestamp out of bounds")

// verify checks a signature of OAuth 1.0a as RFC 5849 says, on its own account.
func (s *Server) verify(c *call, head string) error {
	fields, is := strings.CutPrefix(head, "OAuth ")
	if !is {
		return errors.New("no signature")
	}
	given := map[string]string{}
	for f := range strings.SplitSeq(fields, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(f), "=")
		plain, err := url.PathUnescape(strings.Trim(v, `"`))
		if err != nil {
			return err
		}
		given[k] = plain
	}
	var pairs []string
	for k, v := range given {
		if k != "oauth_signature" {
			pairs = append(pairs, escape(k)+"="+escape(v))
		}
	}
	for _, values := range []url.Values{c.URL.Query(), c.form} {
		for k, vs := range values {
			for _, v := range vs {
				pairs = append(pairs, escape(k)+"="+escape(v))
			}
		}
	}
	slices.Sort(pairs)
	base := c.Method + "&" + escape("http://"+c.Host+c.URL.Path) + "&" + escape(strings.Join(pairs, "&"))
	k := s.o.Keys
	mac := hmac.New(sha1.New, []byte(escape(k.ConsumerSecret)+"&"+escape(k.TokenSecret)))
	mac.Write([]byte(base))
	at, err := strconv.ParseInt(given["oauth_timestamp"], 10, 64)
	switch {
	case err != nil || given["oauth_consumer_key"] != k.Consumer || given["oauth_token"] != k.Token || k.Token == "":
		return errors.New("unknown keys")
	case given["oauth_signature"] != base64.StdEncoding.EncodeToString(mac.Sum(nil)):
		return errors.New("the signature is wrong")
	case c.now.Sub(time.Unix(at, 0)).Abs() > maxSkew:
		return errClock
	case s.nonces[given["oauth_nonce"]]:
		return errors.New("the nonce was used")
	}
	s.nonces[given["oauth_nonce"]] = true
	return nil
}

// escape is the encoding of RFC 3986, byte by byte.
func escape(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if b := s[i]; b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}

// Agree is the owner who opens the address in a browser and agrees: it gives
// the address on which the browser lands.
func (s *Server) Agree(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	if u.Path != "/i/oauth2/authorize" || q.Get("response_type") != "code" || q.Get("client_id") != ClientID ||
		q.Get("redirect_uri") != s.o.Redirect || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" {
		return "", errors.New("something went wrong: no access could be given to the app")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := "code-" + rand.Text()
	s.codes[code] = &grant{scopes: strings.Fields(q.Get("scope")), redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), until: s.o.Now().Add(codeLife)}
	return s.o.Redirect + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), nil
}

// client tells whether the call is the app's own.
func (s *Server) client(c *call) bool {
	if s.o.ClientSecret == "" {
		return c.form.Get("client_id") == ClientID
	}
	id, secret, _ := c.BasicAuth()
	return id == ClientID && secret == s.o.ClientSecret
}

func refused(what string) reply {
	return reply{status: http.StatusBadRequest, body: map[string]string{"error": what, "error_description": "Value passed for the token was invalid."}}
}

func (s *Server) token(c *call) reply {
	if !s.client(c) {
		return reply{status: http.StatusUnauthorized, body: map[string]string{"error": "unauthorized_client", "error_description": "Missing valid authorization header"}}
	}
	var g *grant
	switch c.form.Get("grant_type") {
	case "authorization_code":
		g = s.codes[c.form.Get("code")]
		delete(s.codes, c.form.Get("code")) // once only
		sum := sha256.Sum256([]byte(c.form.Get("code_verifier")))
		if g == nil || !c.now.Before(g.until) || g.redirect != c.form.Get("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
			return refused("invalid_request")
		}
	case "refresh_token":
		g = s.fresh[c.form.Get("refresh_token")]
		delete(s.fresh, c.form.Get("refresh_token")) // once only
		if g == nil || g.over {
			return refused("invalid_request")
		}
		g.over = true
	default:
		return refused("unsupported_grant_type")
	}
	next := &grant{scopes: g.scopes, until: c.now.Add(accessLife)}
	access, refresh := s.issue(next)
	body := map[string]any{"token_type": "bearer", "expires_in": int(accessLife.Seconds()), "access_token": access, "scope": strings.Join(g.scopes, " ")}
	if slices.Contains(g.scopes, "offline.access") {
		body["refresh_token"] = refresh
	}
	return reply{status: http.StatusOK, body: body}
}

func (s *Server) issue(g *grant) (access, refresh string) {
	access, refresh = "at-CANARY"+rand.Text(), "rt-CANARY"+rand.Text()
	s.grants[access], s.fresh[refresh] = g, g
	return access, refresh
}

func (s *Server) revoke(c *call) reply {
	if !s.client(c) {
		return reply{status: http.StatusUnauthorized, body: map[string]string{"error": "unauthorized_client"}}
	}
	for _, tokens := range []map[string]*grant{s.grants, s.fresh} {
		if g := tokens[c.form.Get("token")]; g != nil {
			g.over = true
		}
	}
	return reply{status: http.StatusOK, body: map[string]bool{"revoked": true}}
}

// RevokeAll ends every permission, as an owner does in the settings.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, tokens := range []map[string]*grant{s.grants, s.fresh} {
		for _, g := range tokens {
			g.over = true
		}
	}
}

// Accept makes a known text an access token, for tests that choose their own.
func (s *Server) Accept(token string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[token] = &grant{scopes: scopes, until: s.o.Now().Add(accessLife)}
}
