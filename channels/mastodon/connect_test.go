package mastodon

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// connect goes the whole way and keeps the token.
func (b *bench) connect(redirect string) (campaign.Account, error) {
	b.t.Helper()
	invited, err := b.c.Begin(b.t.Context(), redirect)
	if err != nil {
		return campaign.Account{}, err
	}
	code, state, err := b.s.Agree(invited.URL)
	if err != nil || state != invited.State {
		b.t.Fatalf("state %q, want %q; %v", state, invited.State, err)
	}
	token, account, err := b.c.Finish(b.t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(" " + code + "\n")})
	b.keep.Kept = token
	return account, err
}

func TestConnect(t *testing.T) {
	for _, tt := range []struct {
		name, redirect string
		o              pretend.Options
		rights         []string
	}{
		{"sent back", "https://takeover.example/connected", pretend.Options{}, scopes},
		{"copied code", "", pretend.Options{}, scopes},
		{"before PKCE", "", pretend.Options{Version: "4.2.0"}, scopes},
		{"broad scopes alone", "", pretend.Options{BroadScopesOnly: true, Software: "friendica"}, broadScopes},
		{"Pixelfed", "", pretend.Options{Software: "pixelfed"}, broadScopes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tt.o, "token", "")
			if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
				t.Errorf("before: %v", err)
			}
			a, err := b.connect(tt.redirect)
			if err != nil {
				t.Fatal(err)
			}
			if a.ID == "" || a.Handle != "@campaign@social.example" || a.Name != "The Campaign" || a.URL != "https://social.example/@campaign" ||
				!slices.Equal(a.Rights, tt.rights) || len(a.Missing) != 0 || a.Limits == nil || !a.Expires.IsZero() {
				t.Errorf("%+v", a)
			}
			again, err := b.c.Inspect(t.Context())
			if err != nil || again.ID != a.ID || !slices.Equal(again.Rights, a.Rights) {
				t.Errorf("inspected: %+v, %v", again, err)
			}
			r := b.prepare(campaign.Content{Text: "x", Language: "en"})
			if _, err := b.publish(r); err != nil || b.s.Statuses()[0].App != defaultAppName {
				t.Errorf("%v, %+v", err, b.s.Statuses())
			}
			if err := b.c.Revoke(t.Context(), b.keep.Kept); err != nil {
				t.Fatal(err)
			}
			var e *channels.Error
			if _, err := b.c.Inspect(t.Context()); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
				t.Errorf("after the end: %+v", err)
			}
		})
	}
}

// TestF57ForgedAndReplayed: a code serves once, in its own flow, with its own
// verifier, for its own server.
func TestF57ForgedAndReplayed(t *testing.T) {
	begin := func(b *bench) (channels.Invitation, string) {
		invited, err := b.c.Begin(t.Context(), "https://takeover.example/connected")
		if err != nil {
			t.Fatal(err)
		}
		code, _, err := b.s.Agree(invited.URL)
		if err != nil {
			t.Fatal(err)
		}
		return invited, code
	}
	answers := func(code, state string) map[string]secret.String {
		return map[string]secret.String{"code": secret.New(code), "state": secret.New(state)}
	}
	b := newBench(t, pretend.Options{}, "token", "")
	one, codeOne := begin(b)
	two, codeTwo := begin(b)
	for name, try := range map[string]func() error{
		"another flow's state": func() error { _, _, err := b.c.Finish(t.Context(), one.Begun, answers(codeOne, two.State)); return err },
		"another flow's code":  func() error { _, _, err := b.c.Finish(t.Context(), one.Begun, answers(codeTwo, one.State)); return err },
		"no code":              func() error { _, _, err := b.c.Finish(t.Context(), one.Begun, answers("", one.State)); return err },
		"nothing begun": func() error {
			_, _, err := b.c.Finish(t.Context(), secret.String{}, answers(codeOne, one.State))
			return err
		},
		"another server": func() error {
			elsewhere := open(t, b.box.URL, b.env(), "server", "https://evil.example", "token", "")
			_, _, err := elsewhere.Finish(t.Context(), one.Begun, answers(codeOne, one.State))
			return err
		},
		"another verifier": func() error {
			three, code := begin(b)
			forged := strings.Replace(three.Begun.Reveal(), `"verifier":"`, `"verifier":"x`, 1)
			_, _, err := b.c.Finish(t.Context(), secret.New(forged), answers(code, three.State))
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			noSecret(t, err, codeOne, codeTwo, one.State, two.State)
		}
	}
	if _, _, err := b.c.Finish(t.Context(), one.Begun, answers(codeOne, one.State)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.c.Finish(t.Context(), one.Begun, answers(codeOne, one.State)); err == nil {
		t.Error("a code served twice")
	}
}

// TestTokenGoesNowhereElse: a token is for the server that gave it.
func TestTokenGoesNowhereElse(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "")
	if _, err := b.connect(""); err != nil {
		t.Fatal(err)
	}
	elsewhere := open(t, b.box.URL, b.env(), "server", "https://other.example", "token", "")
	before := len(b.s.Calls())
	if _, err := elsewhere.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) || len(b.s.Calls()) != before {
		t.Errorf("%v, %d calls", err, len(b.s.Calls())-before)
	}
}

func TestInvitationHoldsNoSecret(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "", "app_name", "It Takes a Community")
	invited, err := b.c.Begin(t.Context(), "https://takeover.example/connected")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(invited.URL)
	if err != nil || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("scope") != strings.Join(scopes, " ") || u.Query().Get("state") == "" {
		t.Errorf("%s, %v", invited.URL, err)
	}
	for _, part := range []string{"client_secret", "verifier"} {
		_, value, _ := strings.Cut(invited.Begun.Reveal(), `"`+part+`":"`)
		value, _, _ = strings.Cut(value, `"`)
		if value == "" || strings.Contains(invited.URL, value) {
			t.Errorf("%s %q stands in %s", part, value, invited.URL)
		}
	}
}

func TestInspectTellsWhatIsMissing(t *testing.T) {
	for _, tt := range []struct{ have, missing string }{
		{"read write", ""}, {"read:accounts read:statuses write", ""}, {"read", "write:statuses write:media"},
		{"read:accounts read:statuses write:statuses", "write:media"}, {"read:accounts", "read:statuses write:statuses write:media"},
	} {
		b := newBench(t, pretend.Options{})
		b.s.AcceptToken(canary, "takeover", strings.Fields(tt.have)...)
		a, err := b.c.Inspect(t.Context())
		if err != nil || strings.Join(a.Missing, " ") != tt.missing || strings.Join(a.Rights, " ") != tt.have {
			t.Errorf("%s: missing %v of %v, %v", tt.have, a.Missing, a.Rights, err)
		}
	}
}

func TestAnswerWithoutATokenConnectsNothing(t *testing.T) {
	for _, body := range []string{`{"access_token":"x","token_type":"mac"}`, `{"token_type":"Bearer"}`, `{}`, "<html>"} {
		b := newBench(t, pretend.Options{}, "token", "")
		b.s.Set(&pretend.Trouble{Path: "POST /oauth/token", Status: 200, Body: body})
		if a, err := b.connect(""); err == nil || a.ID != "" || !b.keep.Kept.Empty() {
			t.Errorf("%s: %+v, %v", body, a, err)
		}
	}
}

// TestAnotherTokenIsAskedForItsAccount: what was learned of one is not taken for the next.
func TestAnotherTokenIsAskedForItsAccount(t *testing.T) {
	b := newBench(t, pretend.Options{})
	token, env := canary, b.env()
	env.Secret = func(string) (secret.String, error) { return secret.New(token), nil }
	c := open(t, b.box.URL, env)
	asked := func() (n int) {
		for range 3 {
			if _, err := c.Latest(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, call := range b.s.Calls() {
			if call == "GET /api/v1/accounts/verify_credentials" {
				n++
			}
		}
		return n
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times for one token", n)
	}
	token = b.s.Token("other", "read")
	if n := asked(); n != 2 {
		t.Errorf("asked %d times for two tokens", n)
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/accounts/verify_credentials", Status: 200, Body: `{"id":null}`})
	var e *channels.Error
	if _, err := c.Inspect(t.Context()); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("a token without an account: %+v", err)
	}
}

func TestRevokeOfATokenMadeByHand(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if err := b.c.Revoke(t.Context(), b.keep.Kept); err == nil || !strings.Contains(err.Error(), "file:mastodon.token") {
		t.Errorf("%v", err)
	}
}

// noSecret fails where an error holds one of the texts.
func noSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	noCanary(t, err)
	for _, s := range secrets {
		if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%q holds %q", err, s)
		}
	}
}
