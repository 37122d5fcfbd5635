package mastodon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// parrot is a server that repeats the caller's token wherever it can.
type parrot struct {
	*pretend.Server
	status int // 0: passes calls on
	leaked []string
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path != "/oauth/token" && r.URL.Path != "/oauth/revoke" && (bytes.Contains(body, []byte("CANARY")) || strings.Contains(r.URL.String(), "CANARY")) {
		p.leaked = append(p.leaked, r.Method+" "+r.URL.Path)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.status == 0 {
		p.Server.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", r.Header.Get("Authorization"))
	w.WriteHeader(p.status)
	fmt.Fprintf(w, `{"error":"%s is wrong: Bearer %s","id":"%s","url":"https://e.example/?access_token=%s","created_at":"%s","content":"%s","visibility":"%s","language":"%s"}`,
		canary, canary, canary, canary, canary, canary, canary, canary)
}

// TestF56NoSecretIsShown: no error, receipt, account, finding or log line holds
// a token, whatever the server answers.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	p := &parrot{Server: b.s}
	env := b.env()
	c := openOn(t, p, env)
	content := campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(1)}}
	r := channels.Request{Content: content, Key: "k", Gate: channeltest.Open{}}
	staged, err := c.Prepare(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	r.Staged = staged
	noCanary(t, string(staged.Parts[0].Body), c, c.cfg)
	calls := map[string]func(ctx context.Context) (any, error){
		"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
		"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
		"reconcile": func(ctx context.Context) (any, error) { _, receipt, err := c.Reconcile(ctx, r); return receipt, err },
		"latest":    func(ctx context.Context) (any, error) { return c.Latest(ctx) },
		"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
		"numbers":   func(ctx context.Context) (any, error) { return c.Numbers(ctx, campaign.Receipt{RemoteID: "1"}) },
		"tagged":    func(ctx context.Context) (any, error) { return c.Tagged(ctx, "#x", time.Time{}) },
		"delete":    func(ctx context.Context) (any, error) { return nil, c.Delete(ctx, campaign.Receipt{RemoteID: "1"}) },
		"begin":     func(ctx context.Context) (any, error) { return c.Begin(ctx, "") },
		"revoke":    func(ctx context.Context) (any, error) { return nil, c.Revoke(ctx, b.keep.Kept) },
	}
	for _, status := range []int{200, 202, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503} {
		for name, call := range calls {
			c.mu.Lock()
			c.account, c.server = identity{}, server{}
			c.mu.Unlock()
			p.status = status
			got, err := call(t.Context())
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "got", got)
			if status >= 400 && err == nil && name != "delete" { // 404 is deleted
				t.Errorf("%s with %d: no error", name, status)
			}
			if strings.Contains(log.String(), "CANARY") {
				t.Errorf("%s with %d: %s", name, status, log.String())
			}
			if err != nil {
				noCanary(t, err.Error())
			}
		}
	}
	p.status = 0
	if _, err := c.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(p.leaked) > 0 {
		t.Errorf("a token stood in the address or body of %v", p.leaked)
	}
}

// TestSecretThatCannotBeRead names the reference, not a value, and holds the channel.
func TestSecretThatCannotBeRead(t *testing.T) {
	b := newBench(t, pretend.Options{})
	env := b.env()
	env.Secret = func(ref string) (secret.String, error) {
		return secret.String{}, fmt.Errorf("secret %s: it is empty", ref)
	}
	c := open(t, b.box.URL, env)
	_, err := c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}})
	var e *channels.Error
	if channels.FateOf(err) != channels.NotSent || !strings.Contains(err.Error(), "file:mastodon.token") {
		t.Errorf("%v", err)
	}
	if !errors.As(err, &e) || e.Scope != channels.ScopeChannel {
		t.Errorf("%+v", err)
	}
}
