package linkedin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const back = "https://takeover.example/connected"

// connected are the settings of a channel that is connected by command.
func connected(kv ...string) []string {
	return append([]string{"token", "", "client_id", pretend.ClientID, "client_secret", "file:app", "redirect_uri", back}, kv...)
}

// connect goes the whole way and keeps the token.
func (b *bench) connect() (campaign.Account, error) {
	b.t.Helper()
	invited, err := b.c.Begin(b.t.Context(), "")
	if err != nil {
		return campaign.Account{}, err
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
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name         string
		o            pretend.Options
		kv           []string
		id           string
		rights       []string
		expires      time.Duration
		after        time.Duration // works then
		tooLate      time.Duration // and not then
		expiresAfter time.Duration
	}{
		{"member", pretend.Options{}, nil, pretend.Member, memberScopes, 60 * day, 59 * day, 61 * day, 60 * day},
		{"page", pretend.Options{}, asPage, pretend.Page, pageScopes, 60 * day, 59 * day, 61 * day, 60 * day},
		{"page of an approved app", pretend.Options{Refreshes: true}, asPage, pretend.Page, pageScopes, 365 * day, 55 * day, 2000 * day, 365 * day},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Redirect = back
			b := newBench(t, tt.o, append(connected(), tt.kv...)...)
			begun := b.clock()
			if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
				t.Errorf("before: %v", err)
			}
			a, err := b.connect()
			if err != nil {
				t.Fatal(err)
			}
			rights := slices.Sorted(slices.Values(tt.rights))
			if a.ID != tt.id || a.Handle == "" || !slices.Equal(a.Rights, rights) || len(a.Missing) != 0 || !a.Expires.Equal(begun.Add(tt.expires)) || a.Limits == nil {
				t.Errorf("%+v", a)
			}
			b.pass(tt.after)
			if _, err := b.publish(b.prepare(campaign.Content{Text: "later"})); err != nil {
				t.Errorf("after %v: %v", tt.after, err)
			}
			if a, err := b.c.Inspect(t.Context()); err != nil || !a.Expires.Equal(begun.Add(tt.expiresAfter)) {
				t.Errorf("after %v: %+v, %v", tt.after, a, err)
			}
			b.pass(tt.tooLate)
			var e *channels.Error
			if _, err := b.c.Inspect(t.Context()); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
				t.Errorf("after its end: %+v", err)
			}
		})
	}
}

// TestF33RenewalLost: an answer that is lost changes nothing for as long as the
// old token serves, and the same refresh token serves again.
func TestF33RenewalLost(t *testing.T) {
	b := newBench(t, pretend.Options{Refreshes: true, Redirect: back}, connected(asPage...)...)
	if _, err := b.connect(); err != nil {
		t.Fatal(err)
	}
	first := b.keep.Kept.Reveal()
	b.pass(55 * 24 * time.Hour)
	b.box.Set(lost)
	if k, err := b.c.oauth.Session(t.Context()); err != nil || !strings.Contains(first, k.Access) {
		t.Fatalf("%v", err)
	}
	b.box.Set(channeltest.Fault{})
	b.pass(time.Hour)
	if k, err := b.c.oauth.Session(t.Context()); err != nil || strings.Contains(first, k.Access) || b.keep.Kept.Reveal() == first {
		t.Errorf("not renewed: %v", err)
	}
	b.s.RevokeAll()
	b.pass(55 * 24 * time.Hour)
	if _, err := b.c.oauth.Session(t.Context()); err != nil {
		t.Errorf("the access token serves to its end: %v", err)
	}
	if strings.Contains(b.keep.Kept.Reveal(), `"refresh":`) {
		t.Error("a refused refresh token is kept")
	}
}

func TestF57ForgedAndReplayed(t *testing.T) {
	b := newBench(t, pretend.Options{Redirect: back}, connected(asPage...)...)
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
	one, landedOne := begin()
	_, landedTwo := begin()
	finish := func(sealed secret.String, answer string) error {
		_, _, err := b.c.Finish(t.Context(), sealed, map[string]secret.String{"code": secret.New(answer)})
		return err
	}
	for name, err := range map[string]error{
		"another flow's answer": finish(one.Begun, landedTwo), "no code": finish(one.Begun, "https://takeover.example/?error=x"),
		"nothing begun": finish(secret.String{}, landedOne), "an empty flow": finish(secret.New("{}"), landedOne),
	} {
		if err == nil || strings.Contains(err.Error(), "code-") {
			t.Errorf("%s: %v", name, err)
		}
	}
	channeltest.Unbound(t, b.c, one.Begun, landedOne)
	if err := finish(one.Begun, landedOne); err != nil {
		t.Error(err)
	}
	if err := finish(one.Begun, landedOne); err == nil {
		t.Error("a code served twice")
	}
	elsewhere := open(t, "http://127.0.0.1:1", b.env(), connected(asPage...)...)
	if _, err := elsewhere.token(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("a token is used elsewhere: %v", err)
	}
}

func TestVersionIsWarnedOf(t *testing.T) {
	b := newBench(t, pretend.Options{}, asPage...)
	if a, err := b.c.Inspect(t.Context()); err != nil || len(a.Missing) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	b.pass(250 * 24 * time.Hour)
	b.s.Accept(canary, pageScopes...) // a new token of the same text
	if a, err := b.c.Inspect(t.Context()); err != nil || len(a.Missing) != 1 || !strings.Contains(a.Missing[0], "202610") {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		kv   []string
		want string // part of the error; "" for none
	}{
		{nil, ""},
		{[]string{"organization", "ITAC"}, "number of the page"},
		{[]string{"version", "2026"}, "version: write year and month"},
		{[]string{"organization", "1", "probe_on_doubt", "true"}, "it is for members"},
		{[]string{"token", "AQVclear"}, "token:"},
		{[]string{"client_id", "a b"}, "client_id:"},
		{[]string{"base_url", "ftp://x"}, "base_url:"},
		{[]string{"tokn", "x"}, "tokn: unknown here"},
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

// parrot is a server that repeats the caller's token wherever it can.
type parrot struct {
	*pretend.Server
	status int // 0: passes calls on
	leaked []string
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if !strings.HasPrefix(r.URL.Path, "/oauth/") && (bytes.Contains(body, []byte("CANARY")) || strings.Contains(r.URL.String(), "CANARY")) {
		p.leaked = append(p.leaked, r.Method+" "+r.URL.Path)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.status == 0 {
		p.Server.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Restli-Id", r.Header.Get("Authorization"))
	w.WriteHeader(p.status)
	fmt.Fprintf(w, `{"message":"%s duplicate of %s","code":"%s","status":%d,"id":"%s","sub":"%s","name":"Bearer %s","error":"%s","elements":[{"id":"%s","commentary":"%s"}],"value":{"uploadUrl":"https://e.example/?access_token=%s","image":"%s"}}`,
		canary, canary, canary, p.status, canary, canary, canary, canary, canary, canary, canary, canary)
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds a token,
// whatever the server answers.
func TestF56NoSecretIsShown(t *testing.T) {
	for _, kv := range [][]string{nil, asPage, connected(), connected(asPage...)} {
		b := newBench(t, pretend.Options{Redirect: back}, kv...)
		p := &parrot{Server: b.s}
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		keep, err := oauth.Kept{Server: server.Listener.Addr().String(), AppID: pretend.ClientID, Access: canary, Refresh: canary,
			Until: b.clock().Add(renewAhead / 2)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b.keep.Kept = keep
		c := open(t, server.URL, b.env(), kv...)
		r := channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}, FirstComment: "y"}, Key: "k", Gate: channeltest.Open{}, ArmedAt: b.clock()}
		if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		post := campaign.Receipt{RemoteID: "urn:li:share:1"}
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
					t.Errorf("%s with %d: %s", name, status, log.String())
				}
			}
		}
		p.status = 0
		if _, err := c.Publish(t.Context(), r); err != nil {
			t.Error(err)
		}
		if len(p.leaked) > 0 {
			t.Errorf("a token stood in the address or body of %v", p.leaked)
		}
	}
}
