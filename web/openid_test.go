package web

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/openid"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// byOpenID lets people of the world sign in by a real provider.
func byOpenID(t *testing.T, w *world, change func(*OpenID)) {
	t.Helper()
	issuer := peertest.Need(t, "oidc", "TAKEOVER_TEST_OIDC")
	c := openid.Config{Issuer: issuer, ClientID: "takeover", Redirect: w.Address + OpenIDBack, GroupsClaim: "groups",
		Secret: func() (secret.String, error) { return secret.New("takeover-secret"), nil }}
	w.OpenID = &OpenID{Provider: openid.New(c), Name: "City accounts", Groups: map[string][]campaign.MechanismID{"mayors-team": {"mayors"}}}
	if change != nil {
		change(w.OpenID)
		w.OpenID.Provider = openid.New(w.OpenID.Config)
	}
}

// trip is a browser that went to the provider and is about to come back.
type trip struct {
	back   string // path and query that it comes back with
	cookie *http.Cookie
}

// goTo begins at our page and signs in at the provider under a name.
func (w *world) goTo(t *testing.T, login string) trip {
	t.Helper()
	begun := answered(w.tcp, "GET", "/auth/start", "", nil)
	if begun.Code != http.StatusSeeOther {
		t.Fatalf("the beginning: status %d: %s", begun.Code, begun.Body)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	browser := &http.Client{Jar: jar, CheckRedirect: func(q *http.Request, _ []*http.Request) error {
		if q.URL.Host == "takeover.test" {
			back = q.URL.RequestURI()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	r, err := browser.Get(begun.Header().Get("Location"))
	for _, form := range []url.Values{{"prompt": {"login"}, "login": {login}, "password": {"x"}}, {"prompt": {"consent"}}} {
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		action := regexp.MustCompile(`action="([^"]+)"`).FindSubmatch(body)
		if action == nil {
			t.Fatalf("the provider shows no form: %s", body)
		}
		at, perr := r.Request.URL.Parse(string(action[1]))
		if perr != nil {
			t.Fatal(perr)
		}
		r, err = browser.PostForm(at.String(), form)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if !strings.HasPrefix(back, OpenIDBack+"?") {
		t.Fatalf("the provider leads back to %q", back)
	}
	return trip{back, begun.Result().Cookies()[0]}
}

// arrives is the answer to coming back.
func (w *world) arrives(t trip) *httptest.ResponseRecorder {
	return answered(w.tcp, "GET", t.back, "", t.cookie)
}

// with changes one parameter of what the browser brings back.
func (t trip) with(key, value string) trip {
	u, _ := url.Parse(t.back)
	q := u.Query()
	q.Set(key, value)
	t.back = u.Path + "?" + q.Encode()
	return t
}

// session is the cookie that signs in; nil where there is none.
func sessionOf(w *world, r *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range r.Result().Cookies() {
		if c.Name == w.cookieName() {
			return c
		}
	}
	return nil
}

// TestOpenID: a real provider signs in whom the campaign knows, and its groups
// make leads, while it is their sign-in that vouches for them.
func TestOpenID(t *testing.T) {
	w := newWorld(t)
	byOpenID(t, w, nil)
	w.ask("boss@campaign.example", "POST", "/people/pat@example.org", map[string]any{"roles": []string{"organizer", "viewer"}}, http.StatusOK, nil)
	if body := w.page("/sign-in", nil).Body.String(); !strings.Contains(body, `href="/auth/start"`) || !strings.Contains(body, "City accounts") {
		t.Error("the sign-in page does not offer the provider")
	}

	r := w.arrives(w.goTo(t, "mayor"))
	lead := sessionOf(w, r)
	if r.Code != http.StatusSeeOther || lead == nil {
		t.Fatalf("a lead by group: status %d: %s", r.Code, r.Body)
	}
	if got := pressed(w.tcp, "POST", "/import", importForm("submit"), lead); got != http.StatusSeeOther {
		t.Errorf("a lead by group submits: status %d", got)
	}
	if got := pressed(w.tcp, "GET", "/plans/youth", "", lead); got == http.StatusOK {
		t.Error("a lead by group reads another mechanism's plan")
	}

	// Nobody says that two factors were asked for: what decides is not carried.
	weak := sessionOf(w, w.arrives(w.goTo(t, "pat")))
	if got := pressed(w.tcp, "POST", "/people/lead@mayors.example/disable", "", weak); got != http.StatusForbidden {
		t.Errorf("an organizer without a second factor: status %d", got)
	}
	byOpenID(t, w, func(o *OpenID) { o.TwoFactors = true })
	strong := sessionOf(w, w.arrives(w.goTo(t, "pat")))
	if got := pressed(w.tcp, "POST", "/people/lead@mayors.example/disable", "", strong); got != http.StatusSeeOther {
		t.Errorf("an organizer whose provider asks for two: status %d", got)
	}
	// Whose access was ended here is not let in by whoever vouches.
	if got := pressed(w.tcp, "POST", "/people", "mail=mayor@example.org&roles=viewer", strong); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	if got := pressed(w.tcp, "POST", "/people/mayor@example.org/disable", "", strong); got != http.StatusSeeOther {
		t.Fatalf("status %d", got)
	}
	if got := pressed(w.tcp, "GET", "/queue", "", lead); got != http.StatusUnauthorized {
		t.Errorf("the session of whoever was disabled goes on: %d", got)
	}
	if r := w.arrives(w.goTo(t, "mayor")); r.Code != http.StatusForbidden || sessionOf(w, r) != nil {
		t.Errorf("disabled, vouched for: status %d", r.Code)
	}
}

// TestOpenIDRefuses: what was not asked for by this browser, is used a second
// time, or says nothing reliable of anybody signs nobody in.
func TestOpenIDRefuses(t *testing.T) {
	w := newWorld(t)
	byOpenID(t, w, nil)
	refused := func(name string, r *httptest.ResponseRecorder) {
		t.Helper()
		if r.Code != http.StatusForbidden || sessionOf(w, r) != nil {
			t.Errorf("%s: status %d, session %v", name, r.Code, sessionOf(w, r))
		}
	}
	w.ask("boss@campaign.example", "POST", "/people/unverified@example.org", map[string]any{"roles": []string{"viewer"}}, http.StatusOK, nil)
	refused("an unverified mail address", w.arrives(w.goTo(t, "unverified")))
	refused("somebody unknown", w.arrives(w.goTo(t, "stranger")))

	good := w.goTo(t, "mayor")
	if r := w.arrives(good); r.Code != http.StatusSeeOther {
		t.Fatalf("status %d", r.Code)
	}
	refused("a code used twice", w.arrives(good))

	one := w.goTo(t, "mayor")
	refused("another state", w.arrives(one.with("state", "forged")))
	refused("no state", w.arrives(one.with("state", "")))
	refused("another issuer", w.arrives(one.with("iss", "https://login.evil.example")))
	refused("no issuer, of a provider that says it", w.arrives(one.with("iss", "")))
	refused("no code", w.arrives(one.with("code", "")))
	refused("an error", w.arrives(one.with("error", "access_denied")))
	refused("another browser", w.arrives(trip{back: one.back}))
	refused("somebody else's beginning", w.arrives(trip{one.back, w.goTo(t, "mayor").cookie}))
	if r := w.arrives(one); r.Code != http.StatusSeeOther {
		t.Errorf("none of these used the code up: status %d", r.Code)
	}

	two := w.goTo(t, "mayor")
	two.cookie = tampered(t, two.cookie, func(b *openid.Begun) { b.Nonce = "another" })
	refused("another nonce", w.arrives(two))
	three := w.goTo(t, "mayor")
	three.cookie = tampered(t, three.cookie, func(b *openid.Begun) { b.Verifier = strings.Repeat("a", 43) })
	refused("another proof", w.arrives(three))

	byOpenID(t, w, func(o *OpenID) { o.Issuer = strings.Replace(o.Issuer, "127.0.0.1", "localhost", 1) })
	if r := answered(w.tcp, "GET", "/auth/start", "", nil); r.Code != http.StatusServiceUnavailable {
		t.Errorf("a provider that calls itself otherwise: status %d", r.Code)
	}
	byOpenID(t, w, func(o *OpenID) { o.ClientID = "another" })
	r := answered(w.tcp, "GET", OpenIDBack+"?code=x&state=s&iss="+url.QueryEscape(w.OpenID.Issuer), "", tampered(t, good.cookie, func(b *openid.Begun) { b.State = "s" }))
	refused("a program that the provider does not know", r)
}

// tampered is the cookie of a beginning that somebody tampered with.
func tampered(t *testing.T, c *http.Cookie, change func(*openid.Begun)) *http.Cookie {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	var b openid.Begun
	if err != nil || json.Unmarshal(raw, &b) != nil {
		t.Fatal(err)
	}
	change(&b)
	return &http.Cookie{Name: c.Name, Value: base64.RawURLEncoding.EncodeToString(mustJSON(b))}
}
