package bluesky_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/bluesky"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/sitetest"
)

// real is a fresh account on a real personal data server, with a line between
// it and us that can hold calls and lose answers.
type real struct {
	t                     *testing.T
	direct                string // address of the server itself
	*sitetest.Line               // to it
	did, handle, password string
	access                string // of the owner, who acts by hand

	mu      sync.Mutex
	secrets []string // tokens that the server gave out
}

func newReal(t *testing.T) *real {
	t.Helper()
	p := &real{t: t, direct: strings.TrimSuffix(peertest.Need(t, "pds", "TAKEOVER_TEST_PDS"), "/"),
		handle: fmt.Sprintf("t%x.test", rand.Uint64()>>24)}
	var account struct {
		DID    string `json:"did"`
		Access string `json:"accessJwt"`
	}
	p.do("com.atproto.server.createAccount", map[string]any{"handle": p.handle, "email": p.handle + "@example.org", "password": "the owner's own"}, &account)
	p.did, p.access = account.DID, account.Access
	var app struct{ Password string }
	p.do("com.atproto.server.createAppPassword", map[string]any{"name": "takeover"}, &app)
	p.password = app.Password
	p.Line = sitetest.NewLine(t, p.direct, func(q *http.Request) string { return strings.TrimPrefix(q.URL.Path, "/xrpc/") })
	p.Heard = p.harvest
	return p
}

// do makes a call as the account's owner, past the line. A nil body is a query.
func (p *real) do(name string, body, into any) {
	p.t.Helper()
	method, text := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		text, _ = json.Marshal(body)
	}
	q, err := http.NewRequest(method, p.direct+"/xrpc/"+name, bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if p.access != "" {
		q.Header.Set("Authorization", "Bearer "+p.access)
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s %s %v", name, resp.Status, b, err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			p.t.Fatalf("%s: %v in %s", name, err, b)
		}
	}
}

// harvest keeps the tokens that the server gives out.
func (p *real) harvest(_ *http.Request, answer []byte) {
	var session struct{ AccessJwt, RefreshJwt string }
	if json.Unmarshal(answer, &session) == nil && session.AccessJwt != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.secrets = append(p.secrets, session.AccessJwt, session.RefreshJwt)
	}
}

// sayExpired tells that the session is over in answer to the next call of that name.
func (p *real) sayExpired(name string) {
	p.Say(name, http.StatusBadRequest, `{"error":"ExpiredToken","message":"Token has expired"}`)
}

// all are the secrets of the account: the app password, and tokens that the server gave out.
func (p *real) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.secrets) == 0 {
		p.t.Error("the server gave out no token")
	}
	return append([]string{p.password}, p.secrets...)
}

// entry is a record as the server has it.
type entry struct {
	URI   string `json:"uri"`
	CID   string `json:"cid"`
	Value struct {
		Text      string
		CreatedAt string
		Langs     []string
		Facets    []struct {
			Index    struct{ ByteStart, ByteEnd int }
			Features []struct {
				Type          string `json:"$type"`
				URI, Tag, DID string
			}
		}
		Embed struct {
			Images []struct {
				Alt         string
				AspectRatio struct{ Width, Height int }
				Image       struct {
					MimeType string
					Size     int
				}
			}
			External struct{ URI, Title string }
		}
		Labels struct{ Values []struct{ Val string } }
		Reply  struct{ Root, Parent struct{ URI, CID string } }
	}
}

func (e entry) key() string { return e.URI[strings.LastIndexByte(e.URI, '/')+1:] }

// posts are all posts of the account, oldest key first.
func (p *real) posts() []entry {
	p.t.Helper()
	var v struct{ Records []entry }
	p.do("com.atproto.repo.listRecords?reverse=true&limit=100&repo="+url.QueryEscape(p.did)+"&collection=app.bsky.feed.post", nil, &v)
	return v.Records
}

// deleteByHand takes a post down as its owner.
func (p *real) deleteByHand(key string) {
	p.t.Helper()
	p.do("com.atproto.repo.deleteRecord", map[string]any{"repo": p.did, "collection": "app.bsky.feed.post", "rkey": key}, nil)
}

// channel is an adapter on the account, its calls by way of the line.
func (p *real) channel(media map[campaign.Digest][]byte) *bluesky.Channel {
	p.t.Helper()
	ch, err := bluesky.New(campaign.Channel{Platform: "bluesky", Handle: p.handle,
		Settings: map[string]string{"base_url": p.URL, "allow_private": "true", "password": "file:app.password"}},
		channels.Env{Now: time.Now, Secret: func(string) (secret.String, error) { return secret.New(p.password), nil },
			Media: func(d campaign.Digest) ([]byte, error) { return media[d], nil }})
	if err != nil {
		p.t.Fatal(err)
	}
	return ch
}

// request stages and marks a delivery as the engine does.
func (p *real) request(ch *bluesky.Channel, key string, c campaign.Content) channels.Request {
	p.t.Helper()
	r := channels.Request{Delivery: campaign.Delivery{Due: time.Now()}, Content: c, Key: key, ArmedAt: time.Now(), Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = ch.Prepare(p.t.Context(), r); err != nil {
		p.t.Fatal(err)
	}
	if r.Newest, err = ch.Latest(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// TestPDSTable holds the adapter, and what the pretend server is made after,
// against the real answers.
func TestPDSTable(t *testing.T) {
	p := newReal(t)
	ch := p.channel(nil)
	content := campaign.Content{Text: "Ten years, one community", Language: "en"}
	r := p.request(ch, "a", content)
	first, err := ch.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ch.Publish(t.Context(), r); err != nil || again.RemoteID != first.RemoteID {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	other := r
	other.ArmedAt = r.ArmedAt.Add(time.Hour)
	_, err = ch.Publish(t.Context(), other)
	if e := asError(t, err); e.Fate != channels.InDoubt || !e.Duplicate {
		t.Errorf("another record under the key: %v", err)
	}
	var all sync.WaitGroup
	six := p.request(ch, "six", campaign.Content{Text: "six at once"})
	for range 6 {
		all.Go(func() {
			if _, err := ch.Publish(t.Context(), six); err != nil {
				t.Errorf("six at once: %v", err)
			}
		})
	}
	all.Wait()
	if n := len(p.posts()); n != 2 {
		t.Fatalf("%d posts, want 2", n)
	}
	if v, receipt, err := ch.Reconcile(t.Context(), r); err != nil || v != channels.Found || receipt.RemoteID != first.RemoteID {
		t.Errorf("%s %+v %v", v, receipt, err)
	}
	if v, _, err := ch.Reconcile(t.Context(), p.request(ch, "never", content)); err != nil || v != channels.Absent {
		t.Errorf("never sent: %s, %v", v, err)
	}
	p.deleteByHand(first.RemoteID[strings.LastIndexByte(first.RemoteID, '/')+1:])
	if v, _, err := ch.Reconcile(t.Context(), r); err != nil || v != channels.Gone {
		t.Errorf("deleted by hand: %s, %v", v, err)
	}
	if err := ch.Delete(t.Context(), first); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	if n, err := ch.Numbers(t.Context(), first); err == nil {
		t.Errorf("numbers of what is not there: %+v", n)
	}
	account, err := ch.Inspect(t.Context())
	if err != nil || account.ID != p.did || account.Handle != "@"+p.handle || !strings.HasPrefix(account.Server, "bluesky pds 0.") || strings.Join(account.Rights, "") != "com.atproto.appPass" {
		t.Errorf("%+v, %v", account, err)
	}
	if at, err := ch.Date(t.Context()); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("its clock: %v, %v", at, err)
	}
	if err := ch.Revoke(t.Context(), secret.String{}); err != nil {
		t.Error(err)
	}
}

func asError(t *testing.T, err error) *channels.Error {
	t.Helper()
	e, ok := err.(*channels.Error)
	if !ok {
		t.Fatalf("%v is no *channels.Error", err)
	}
	return e
}

// TestPDSRefuses: what the check refuses, the server refuses too.
func TestPDSRefuses(t *testing.T) {
	p := newReal(t)
	big := bytes.Repeat([]byte("takeover"), 262_500)
	copy(big, "\xff\xd8\xff\xe0\x00\x10JFIF")
	photo := campaign.Media{Digest: campaign.DigestOf(big), Type: "image/jpeg", Bytes: int64(len(big)), Alt: "Noise", Width: 4, Height: 3}
	ch := p.channel(map[campaign.Digest][]byte{photo.Digest: big})
	for name, c := range map[string]campaign.Content{
		"301 graphemes":    {Text: strings.Repeat("é", 301)},
		"over 3,000 bytes": {Text: strings.Repeat("👨‍👩‍👧‍👦", 121)},
		"2.1 MB":           {Text: "a photo", Media: []campaign.Media{photo}},
	} {
		if found := ch.Check(c); !campaign.Findings(found).HasErrors() {
			t.Errorf("%s passes the check", name)
		}
		_, err := ch.Publish(t.Context(), p.request(ch, name, c))
		if e := asError(t, err); e.Fate != channels.Refused || e.Scope != channels.ScopeContent {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(p.posts()); n != 0 {
		t.Errorf("%d posts", n)
	}
}

// connected is a channel of the account that a person connected, and what it keeps.
func (p *real) connected() (*bluesky.Channel, *channeltest.Keeper) {
	p.t.Helper()
	keep := &channeltest.Keeper{}
	ch, err := bluesky.New(campaign.Channel{Platform: "bluesky", Settings: map[string]string{"base_url": p.URL, "allow_private": "true"}},
		channels.Env{Now: time.Now, Keep: keep})
	if err != nil {
		p.t.Fatal(err)
	}
	keep.Kept, _, err = ch.Finish(p.t.Context(), secret.String{}, map[string]secret.String{"handle": secret.New("@" + p.handle), "password": secret.New(p.password)})
	if err != nil {
		p.t.Fatal(err)
	}
	return ch, keep
}

// change rewrites what is kept, as time or somebody else would.
func change(t *testing.T, k *channeltest.Keeper, fields map[string]any) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(k.Kept.Reveal()), &v); err != nil {
		t.Fatal(err)
	}
	maps.Copy(v, fields)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	k.Kept = secret.New(string(b))
}

// TestPDSRefreshIsLost: the answer to a renewal never arrives, and the session
// goes on all the same.
func TestPDSRefreshIsLost(t *testing.T) {
	p := newReal(t)
	ch, keep := p.connected()
	logins := p.Reached("com.atproto.server.createSession")
	change(t, keep, map[string]any{"until": time.Now()})
	p.HoldAnswer("com.atproto.server.refreshSession")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if _, err := ch.Prepare(ctx, channels.Request{Content: campaign.Content{Text: "a"}}); channels.FateOf(err) != channels.NotSent {
		t.Fatalf("%v", err)
	}
	if keep.Changes != 0 {
		t.Error("something was kept of an answer that never came")
	}
	if _, err := ch.Publish(t.Context(), p.request(ch, "a", campaign.Content{Text: "a"})); err != nil {
		t.Fatal(err)
	}
	if n := p.Reached("com.atproto.server.createSession") - logins; n != 0 || keep.Changes != 1 {
		t.Errorf("%d logins, %d renewals: the old refresh token still serves", n, keep.Changes)
	}
	// Tokens that are worth nothing: the app password opens another session.
	change(t, keep, map[string]any{"access": "worth.no.thing", "refresh": "worth.no.thing"})
	if _, err := ch.Inspect(t.Context()); err != nil {
		t.Error(err)
	}
	if n := p.Reached("com.atproto.server.createSession") - logins; n != 1 {
		t.Errorf("%d logins after the session was ended", n)
	}
	if n := len(p.posts()); n != 1 {
		t.Errorf("%d posts", n)
	}
}

// TestPDSSessionEndedElsewhere: the owner ends the session between two posts.
func TestPDSSessionEndedElsewhere(t *testing.T) {
	p := newReal(t)
	ch, keep := p.connected()
	if err := ch.Revoke(t.Context(), keep.Kept); err != nil {
		t.Fatal(err)
	}
	p.request(ch, "a", campaign.Content{Text: "a"})
}
