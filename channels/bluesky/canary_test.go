package bluesky

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const canaryPassword = "cana-rypa-sswo-rdxx"

// parrot is a server that repeats the caller's secrets wherever it can.
type parrot struct {
	*pretend.Server
	status int      // 0: passes calls on
	heard  []string // secrets that callers sent
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	q.Body = io.NopCloser(strings.NewReader(string(body)))
	if token, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer "); ok {
		p.heard = append(p.heard, token)
	}
	if strings.Contains(string(body), canaryPassword) && !strings.HasSuffix(q.URL.Path, "createSession") {
		p.heard = append(p.heard, "THE PASSWORD IN "+q.URL.Path)
	}
	if p.status == 0 {
		p.Server.ServeHTTP(w, q)
		return
	}
	said := canaryPassword
	if len(p.heard) > 0 {
		said = p.heard[len(p.heard)-1]
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("RateLimit-Reset", said)
	w.WriteHeader(p.status)
	fmt.Fprintf(w, `{"error":%[1]q,"message":"blob too big: %[1]s","uri":"at://%[1]s","cid":%[1]q,"did":"did:plc:%[1]s","handle":%[1]q,"version":%[1]q,"rev":%[1]q,
		"active":false,"status":%[1]q,"accessJwt":%[1]q,"refreshJwt":%[1]q,"blob":{"$type":"blob","ref":{"$link":%[1]q},"mimeType":%[1]q,"size":1},"posts":[{"uri":%[1]q}]}`, said)
}

// TestF56NoSecretIsShown: no error, receipt or account holds a secret,
// whatever the server answers, and the password goes nowhere but to the login.
func TestF56NoSecretIsShown(t *testing.T) {
	now := time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)
	for _, status := range []int{0, 200, 400, 401, 403, 413, 429, 500, 502} {
		p := &parrot{Server: pretend.New(pretend.Options{Handle: "mayors.test", Password: canaryPassword, Now: func() time.Time { return now }})}
		server := httptest.NewServer(p)
		c, err := New(campaign.Channel{Handle: "mayors.test", Settings: map[string]string{"base_url": server.URL, "allow_private": "true", "password": "env:P"}},
			channels.Env{Now: func() time.Time { return now }, Secret: func(string) (secret.String, error) { return secret.New(canaryPassword), nil }})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		r := channels.Request{Delivery: campaign.Delivery{Due: now}, Content: campaign.Content{Text: "x"}, Key: "k", ArmedAt: now, Gate: channeltest.Open{}}
		if r.Staged, err = c.Prepare(ctx, r); err != nil {
			t.Fatal(err)
		}
		p.status = status
		receipt := campaign.Receipt{RemoteID: uriOf(p.DID(), "3lexample2k22")}
		shown := func(what string, v any, err error) {
			t.Helper()
			text := fmt.Sprintf("%v %+v %#v %v", v, v, v, err)
			for _, s := range append(p.heard, canaryPassword, "THE PASSWORD IN") {
				if strings.Contains(text, s) {
					t.Errorf("%d, %s: %s", status, what, text)
				}
			}
		}
		_, err = c.Prepare(ctx, r)
		shown("prepare", nil, err)
		got, err := c.Publish(ctx, r)
		shown("publish", got, err)
		_, got, err = c.Reconcile(ctx, r)
		shown("reconcile", got, err)
		account, err := c.Inspect(ctx)
		shown("inspect", account, err)
		n, err := c.Numbers(ctx, receipt)
		shown("numbers", n, err)
		entries, err := c.Tagged(ctx, "#x", now)
		shown("tagged", entries, err)
		mark, err := c.Latest(ctx)
		shown("latest", mark, err)
		shown("delete", nil, c.Delete(ctx, receipt))
		_, account, err = c.Finish(ctx, secret.String{}, map[string]secret.String{"password": secret.New(canaryPassword)})
		shown("finish", account, err)
		shown("revoke", nil, c.Revoke(ctx, secret.String{}))
		g, _ := c.load(ctx)
		shown("grant", g, nil)
		shown("channel", c, nil)
		server.Close()
	}
}

// FuzzAnswer: whatever a server says, it is understood or refused, and no
// receipt is made of what does not name our post.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{`{"uri":"at://did:plc:a/app.bsky.feed.post/3lexample2k22","cid":"bafy","commit":{"rev":"3lexample2k22"}}`, `{"error":"InvalidSwap","message":"Record was at x"}`,
		`{"did":"did:plc:a","handle":"a.example","accessJwt":"a.e30.c","refreshJwt":"a.b.c","didDoc":{"service":[{"id":"#atproto_pds","serviceEndpoint":"https://pds.example"}]}}`, `[`} {
		f.Add(200, body)
		f.Add(400, body)
	}
	c, err := New(campaign.Channel{}, channels.Env{Now: func() time.Time { return testNow }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := read(httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Header: http.Header{}, Body: []byte(body), Whole: true}, nil)
		receipt, e := c.outcome(a, testDID, testKey)
		switch {
		case (e == nil) != (receipt.RemoteID == uriOf(testDID, testKey)):
			t.Errorf("receipt %+v, error %v", receipt, e)
		case e != nil && status >= 500 && e.Fate != channels.InDoubt:
			t.Errorf("%d is %s", status, e.Fate)
		case e != nil && len(e.Error()) > 500:
			t.Errorf("a long error: %v", e)
		}
		g, err := c.granted(a, grant{PDS: "https://bsky.social"})
		if err == nil && (!didForm.MatchString(g.DID) || !isBearer(g.Access) || !strings.HasPrefix(g.PDS, "https://")) {
			t.Errorf("a session of %v at %s", g.DID, g.PDS)
		}
		var e2 *channels.Error
		if err != nil && (!errors.As(err, &e2) || e2.Fate == channels.InDoubt) {
			t.Errorf("a session that was not opened: %v", err)
		}
	})
}

// FuzzReceiptKey: what a person gives as a receipt names a key or nothing.
func FuzzReceiptKey(f *testing.F) {
	f.Add(uriOf(testDID, testKey), "")
	f.Add("x", "https://bsky.app/profile/a.example/post/3lexample2k22?x=1#y")
	f.Fuzz(func(t *testing.T, id, address string) {
		if key := keyIn(campaign.Receipt{RemoteID: id, URL: address}); key != "" && (!isTID(key) || !strings.Contains(id+" "+address, key)) {
			t.Errorf("%q", key)
		}
	})
}
