package x

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/x/pretend"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// connect goes the whole way and keeps the token.
func (b *bench) connect(redirect string) (campaign.Account, error) {
	b.t.Helper()
	invited, err := b.c.Begin(b.t.Context(), redirect)
	if err != nil {
		return campaign.Account{}, err
	}
	if (invited.State == "") != (redirect == "") {
		b.t.Errorf("state %q where we are sent back to %q", invited.State, redirect)
	}
	landed, err := b.s.Agree(invited.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	token, account, err := b.c.Finish(b.t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(" " + landed + "\n")})
	b.keep.Kept = token
	return account, err
}

func TestConnect(t *testing.T) {
	for _, tt := range []struct {
		name, redirect, secret string
	}{{"public client", "", ""}, {"confidential client, sent back", back, "file:app"}} {
		t.Run(tt.name, func(t *testing.T) {
			o := pretend.Options{Redirect: back}
			if tt.secret != "" {
				o.ClientSecret = appSecret
			}
			b := newBench(t, o, byOAuth2("client_secret", tt.secret)...)
			if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
				t.Errorf("before: %v", err)
			}
			a, err := b.connect(tt.redirect)
			if err != nil {
				t.Fatal(err)
			}
			if a.ID != pretend.UserID || a.Handle != "@campaign" || a.URL != "https://x.com/campaign" || !slices.Equal(a.Rights, scopes) || len(a.Missing) != 0 || !a.Expires.IsZero() || a.Limits == nil {
				t.Errorf("%+v", a)
			}
			for n := range 3 { // each time with a token renewed since
				if _, err := b.publish(b.prepare(campaign.Content{Text: fmt.Sprint("post ", n)})); err != nil {
					t.Fatal(err)
				}
				b.pass(3 * time.Hour)
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

// TestF33OneUse: a refresh token serves once. Of many callers one renews; an
// answer that was lost without effect is made good while the old token serves;
// one that was lost with it ends in one refusal, and no more are made.
func TestF33OneUse(t *testing.T) {
	fresh := func() *bench {
		b := newBench(t, pretend.Options{Redirect: back}, byOAuth2()...)
		if _, err := b.connect(""); err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := fresh()
	b.pass(3 * time.Hour)
	before := len(b.box.Bodies())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.c.oauth.Session(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(b.box.Bodies()) - before; n != 1 {
		t.Errorf("%d renewals", n)
	}
	for _, effect := range []bool{false, true} {
		b := fresh()
		first := b.keep.Kept.Reveal()
		b.pass(usualLife - renewAhead + time.Second)
		b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer, Lost: !effect})
		if k, err := b.c.oauth.Session(t.Context()); err != nil || !strings.Contains(first, k.Access) || b.keep.Kept.Reveal() != first {
			t.Fatalf("the old token serves: %v", err)
		}
		b.box.Set(channeltest.Fault{})
		before := len(b.box.Bodies())
		if _, err := b.c.oauth.Session(t.Context()); err != nil || len(b.box.Bodies()) != before {
			t.Errorf("tried again at once: %v", err)
		}
		b.pass(2 * time.Minute)
		k, err := b.c.oauth.Session(t.Context())
		if err != nil || strings.Contains(first, k.Access) == !effect {
			t.Errorf("effect %v: %v", effect, err)
		}
		if !effect {
			continue
		}
		before = len(b.box.Bodies())
		b.pass(usualLife)
		for range 3 {
			b.pass(5 * time.Minute)
			var e *channels.Error
			if _, err := b.c.oauth.Session(t.Context()); !errors.Is(err, channels.ErrNotConnected) || !errors.As(err, &e) || e.Scope != channels.ScopeChannel {
				t.Errorf("%+v", err)
			}
		}
		if n := len(b.box.Bodies()) - before; n != 0 {
			t.Errorf("a token that was refused was sent %d more times", n)
		}
		if _, err := b.connect(""); err != nil {
			t.Errorf("connecting anew: %v", err)
		}
	}
}

func TestF57ForgedAndReplayed(t *testing.T) {
	b := newBench(t, pretend.Options{Redirect: back}, byOAuth2()...)
	begin := func() (channels.Invitation, string) {
		invited, err := b.c.Begin(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		landed, err := b.s.Agree(invited.URL)
		if err != nil {
			t.Fatal(err)
		}
		return invited, landed
	}
	finish := func(sealed secret.String, answers ...string) error {
		a := map[string]secret.String{"code": secret.New(answers[0])}
		if len(answers) > 1 {
			a["state"] = secret.New(answers[1])
		}
		_, _, err := b.c.Finish(t.Context(), sealed, a)
		return err
	}
	one, landedOne := begin()
	two, landedTwo := begin()
	at, _ := url.Parse(landedTwo)
	codeTwo := at.Query().Get("code")
	for name, err := range map[string]error{
		"another flow's answer": finish(one.Begun, landedTwo),
		"another flow's code":   finish(one.Begun, codeTwo), // no state comes along: its verifier does not fit
		"a forged state":        finish(two.Begun, codeTwo, "x"),
		"no code":               finish(one.Begun, back+"?error=access_denied"),
		"nothing begun":         finish(secret.String{}, landedOne),
	} {
		if err == nil || strings.Contains(err.Error(), "code-") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := finish(one.Begun, landedOne); err != nil {
		t.Error(err)
	}
	if err := finish(one.Begun, landedOne); err == nil {
		t.Error("a code served twice")
	}
	late, landed := begin()
	b.pass(time.Minute)
	if err := finish(late.Begun, landed); err == nil {
		t.Error("a code served after its 30 seconds")
	}
}

func TestKeysThatMayNotWrite(t *testing.T) {
	b := newBench(t, pretend.Options{ReadOnly: true})
	if a, err := b.c.Inspect(t.Context()); err != nil || !slices.Equal(a.Rights, []string{"read"}) || !slices.Equal(a.Missing, []string{"read-write"}) {
		t.Errorf("%+v, %v", a, err)
	}
	_, err := b.publish(b.prepare(campaign.Content{Text: "x"}))
	if channels.FateOf(err) != channels.NotSent || !strings.Contains(err.Error(), "read and write") {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	keys := []string{"consumer_key", "file:a", "consumer_secret", "file:b", "token", "file:c", "token_secret", "file:d"}
	for _, tt := range []struct {
		kv   []string
		want string // part of the error; "" for none
	}{
		{nil, ""},
		{keys, ""},
		{append([]string{"api", "v1.1"}, keys...), ""},
		{keys[2:], "belong together"},
		{[]string{"api", "v1.1", "client_id", "x"}, "v1.1 needs consumer_key"},
		{append([]string{"api", "v1.1", "reply_settings", "verified"}, keys...), "API v1.1 has none"},
		{[]string{"api", "v3"}, "api: it must be"},
		{[]string{"reply_settings", "nobody"}, "reply_settings:"},
		{[]string{"max_weight", "0"}, "max_weight:"},
		{[]string{"link_price", "much"}, "link_price:"},
		{[]string{"client_id", "a b"}, "client_id:"},
		{[]string{"tokn", "x"}, "tokn: unknown here"},
		{[]string{"base_url", "http://127.0.0.1"}, "base_url:"},
	} {
		settings := map[string]string{}
		for i := 0; i < len(tt.kv); i += 2 {
			settings[tt.kv[i]] = tt.kv[i+1]
		}
		_, err := ParseConfig(campaign.Channel{Settings: settings})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v", tt.kv, err)
		}
	}
}

// parrot is a server that repeats the caller's secrets wherever it can.
type parrot struct {
	*pretend.Server
	status int // 0: passes calls on
	leaked []string
}

var secrets = []string{canary.ConsumerSecret, canary.TokenSecret, canary.Token, canary.Consumer, "at-CANARY-1", "rt-CANARY-1", appSecret}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if !strings.HasPrefix(r.URL.Path, "/2/oauth2/") && (bytes.Contains(body, []byte("CANARY")) || strings.Contains(r.URL.String(), "CANARY")) {
		p.leaked = append(p.leaked, r.Method+" "+r.URL.Path)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.status == 0 {
		p.Server.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Access-Level", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	w.WriteHeader(p.status)
	said := strings.ReplaceAll(strings.Join(secrets, " "), `"`, "")
	fmt.Fprintf(w, `{"title":"%[1]s","detail":"%[1]s","type":"%[1]s","error":"%[1]s","id_str":"%[1]s","errors":[{"message":"%[1]s","code":1}],"data":{"id":"%[1]s","username":"%[1]s","name":"%[1]s"},"meta":{"result_count":0}}`, said)
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds a
// secret, whatever the server answers.
func TestF56NoSecretIsShown(t *testing.T) {
	for _, kv := range [][]string{nil, {"api", "v1.1"}, byOAuth2("client_secret", "file:app")} {
		b := newBench(t, pretend.Options{Redirect: back, Old: true, ClientSecret: appSecret}, kv...)
		b.s.Accept("at-CANARY-1", scopes...)
		p := &parrot{Server: b.s}
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		keep, err := oauth.Kept{Server: server.Listener.Addr().String(), AppID: pretend.ClientID, Access: "at-CANARY-1", Refresh: "rt-CANARY-1", User: pretend.UserID,
			Until: b.clock().Add(renewAhead / 2)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b.keep.Kept = keep
		c := open(t, server.URL, b.env(), kv...)
		r := channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}}, Key: "k", Gate: gate{}, ArmedAt: b.clock()}
		if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		b.keep.Kept = keep
		post := campaign.Receipt{RemoteID: "1"}
		calls := map[string]func(ctx context.Context) (any, error){
			"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
			"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
			"reconcile": func(ctx context.Context) (any, error) { _, receipt, err := c.Reconcile(ctx, r); return receipt, err },
			"latest":    func(ctx context.Context) (any, error) { return c.Latest(ctx) },
			"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
			"numbers":   func(ctx context.Context) (any, error) { return c.Numbers(ctx, post) },
			"delete":    func(ctx context.Context) (any, error) { return nil, c.Delete(ctx, post) },
			"revoke":    func(ctx context.Context) (any, error) { return nil, c.Revoke(ctx, b.keep.Kept) },
			"session":   func(ctx context.Context) (any, error) { return c.oauth.Session(ctx) },
		}
		for _, status := range []int{200, 201, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503} {
			for name, call := range calls {
				c = open(t, server.URL, b.env(), kv...) // remembers nothing
				b.keep.Kept = keep
				p.status = status
				got, err := call(t.Context())
				var log bytes.Buffer
				slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "got", fmt.Sprintf("%+v", got))
				if strings.Contains(log.String(), "CANARY") || err != nil && strings.Contains(err.Error(), "CANARY") {
					t.Errorf("%v, %s with %d: %s", kv, name, status, log.String())
				}
			}
		}
		p.status, b.keep.Kept = 0, keep
		if _, err := c.Publish(t.Context(), r); err != nil {
			t.Error(err)
		}
		if len(p.leaked) > 0 {
			t.Errorf("a secret stood in the address or body of %v", p.leaked)
		}
	}
}
