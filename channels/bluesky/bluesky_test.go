package bluesky_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/bluesky"
	"github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

var start = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

// bench is a channel with a pretend server behind it, and what stands in between.
type bench struct {
	t      *testing.T
	server *pretend.Server
	ch     *bluesky.Channel
	env    channels.Env
	config campaign.Channel
	keep   *channeltest.Keeper
	media  map[campaign.Digest][]byte

	mu  sync.Mutex
	now time.Time
	// before sees each call first; true: it answered itself.
	before func(w http.ResponseWriter, q *http.Request) bool
	// lose names a procedure whose next answer is lost.
	lose string
}

func newBench(t *testing.T, o pretend.Options) *bench {
	t.Helper()
	b := &bench{t: t, now: start, media: map[campaign.Digest][]byte{}}
	o.Handle, o.Password, o.Now = handle, password, b.clock
	b.server = pretend.New(o)
	h := httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(h.Close)
	b.config = campaign.Channel{Platform: "bluesky", Handle: "@" + handle,
		Settings: map[string]string{"base_url": h.URL, "allow_private": "true", "password": "file:app.password"}}
	b.env = channels.Env{Now: b.clock, Secret: func(string) (secret.String, error) { return secret.New(password + "\n"), nil },
		Media: func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
	b.ch = b.open()
	return b
}

func (b *bench) open() *bluesky.Channel {
	b.t.Helper()
	ch, err := bluesky.New(b.config, b.env)
	if err != nil {
		b.t.Fatal(err)
	}
	return ch
}

// connected makes the bench's channel one that a person connected.
func (b *bench) connected() *bench {
	b.t.Helper()
	delete(b.config.Settings, "password")
	b.keep = &channeltest.Keeper{}
	b.env.Keep = b.keep
	b.ch = b.open()
	invitation, err := b.ch.Begin(b.t.Context(), "")
	if err != nil || len(invitation.Ask) != 1 || !invitation.Ask[0].Secret {
		b.t.Fatalf("Begin: %+v, %v", invitation, err)
	}
	token, account, err := b.ch.Finish(b.t.Context(), invitation.Begun, map[string]secret.String{"password": secret.New(password)})
	if err != nil || account.ID != b.server.DID() {
		b.t.Fatalf("Finish: %+v, %v", account, err)
	}
	b.keep.Kept = token
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) goBy(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) serve(w http.ResponseWriter, q *http.Request) {
	if b.before != nil && b.before(w, q) {
		return
	}
	b.mu.Lock()
	lost := b.lose != "" && strings.HasSuffix(q.URL.Path, b.lose)
	if lost {
		b.lose = ""
	}
	b.mu.Unlock()
	if lost {
		b.server.ServeHTTP(httptest.NewRecorder(), q)
		panic(http.ErrAbortHandler)
	}
	b.server.ServeHTTP(w, q)
}

// answer answers every call of that name in the server's place.
func (b *bench) answer(name string, status int, body string) {
	b.before = func(w http.ResponseWriter, q *http.Request) bool {
		if !strings.HasSuffix(q.URL.Path, name) {
			return false
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// request is one delivery of a content, marked and staged as the engine does.
func (b *bench) request(key string, c campaign.Content) channels.Request {
	b.t.Helper()
	r := channels.Request{Delivery: campaign.Delivery{ID: campaign.DeliveryID("d_" + key), Due: start}, Content: c, Key: key, Gate: channeltest.Open{}}
	staged, err := b.ch.Prepare(b.t.Context(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Staged, r.ArmedAt = staged, b.clock()
	if r.Newest, err = b.ch.Latest(b.t.Context()); err != nil || channels.SafeID(r.Newest) != r.Newest {
		b.t.Fatalf("Latest: %q, %v", r.Newest, err)
	}
	return r
}

func TestWhatArrives(t *testing.T) {
	b := newBench(t, pretend.Options{People: map[string]string{"alice.bsky.social": "did:plc:alice"}})
	m, bytes := picture(t, 4, 3)
	b.media[m.Digest] = bytes
	r := b.request("a", campaign.Content{Text: "Hello @alice.bsky.social, @nobody.bsky.social: #écoute gfmd.org", Language: "fr", Languages: []string{"fr", "en", "es", "ar"}, Media: []campaign.Media{m}})
	if _, err := b.ch.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	p := b.server.Posts()[0]
	if p.CreatedAt != "2026-12-18T09:00:00.000Z" || strings.Join(p.Langs, " ") != "fr en es" || strings.Join(p.Alts, "") != m.Alt {
		t.Errorf("%+v", p)
	}
	if len(p.Mentions) != 1 || p.Mentions[0] != "did:plc:alice" || strings.Join(p.Tags, "") != "écoute" || strings.Join(p.Links, "") != "https://gfmd.org" {
		t.Errorf("%+v", p)
	}
	if !strings.HasSuffix(p.Text, "\n\n"+m.Credit) {
		t.Errorf("the credit is missing in %q", p.Text)
	}
}

func TestLinkCard(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, bytes := picture(t, 4, 3)
	b.media[m.Digest] = bytes
	c := campaign.Content{Text: "Read on.", Language: "en", Link: "https://www.gfmd.org/youth", Card: &campaign.Card{Title: "Youth", Description: "Ten years", Picture: &m}}
	if _, err := b.ch.Publish(t.Context(), b.request("a", c)); err != nil {
		t.Fatal(err)
	}
	if p := b.server.Posts()[0]; p.Card != "Youth" || p.Text != "Read on." || strings.Join(p.Links, " ") != c.Link {
		t.Errorf("%+v", p)
	}
	c.Card = nil
	if _, err := b.ch.Publish(t.Context(), b.request("b", c)); err != nil {
		t.Fatal(err)
	}
	if p := b.server.Posts()[1]; p.Card != "" || p.Text != "Read on.\n\n"+c.Link || strings.Join(p.Links, " ") != c.Link {
		t.Errorf("without a card: %+v", p)
	}
	// Pictures and a card do not go together: the link stands in the text.
	c.Card, c.Media = &campaign.Card{Title: "Youth"}, []campaign.Media{m}
	if _, err := b.ch.Publish(t.Context(), b.request("c", c)); err != nil {
		t.Fatal(err)
	}
	if p := b.server.Posts()[2]; p.Card != "" || len(p.Alts) != 1 || strings.Join(p.Links, " ") != c.Link {
		t.Errorf("with pictures: %+v", p)
	}
}

// TestContentWarning: it stands above the text, and the pictures are covered.
func TestContentWarning(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, bytes := picture(t, 4, 3)
	b.media[m.Digest] = bytes
	c := campaign.Content{Text: "What was said to us.", Language: "en", ContentWarning: "Quotes racist language", Media: []campaign.Media{m}, Thread: []string{"And what we say."}}
	r := b.request("a", c)
	for r.Part = range 2 {
		r.Key = "a" + string(rune('0'+r.Part))
		receipt, err := b.ch.Publish(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if v, _, err := b.ch.Reconcile(t.Context(), r); err != nil || v != channels.Found {
			t.Errorf("read back: %s, %v", v, err)
		}
		r.Earlier = append(r.Earlier, receipt)
	}
	posts := b.server.Posts()
	if p := posts[0]; p.Text != "Quotes racist language\n\nWhat was said to us.\n\n"+m.Credit || strings.Join(p.Labels, " ") != "graphic-media" {
		t.Errorf("%+v", p)
	}
	if p := posts[1]; p.Text != c.Thread[0] || len(p.Labels) != 0 {
		t.Errorf("%+v", p)
	}
	c.Media, c.Thread = nil, nil
	if _, err := b.ch.Publish(t.Context(), b.request("b", c)); err != nil {
		t.Fatal(err)
	}
	if p := b.server.Posts()[2]; !strings.HasPrefix(p.Text, c.ContentWarning) || len(p.Labels) != 0 {
		t.Errorf("without a picture there is nothing to cover: %+v", p)
	}
	c.ContentWarning = ""
	c.Media = []campaign.Media{m}
	if _, err := b.ch.Publish(t.Context(), b.request("c", c)); err != nil {
		t.Fatal(err)
	}
	if p := b.server.Posts()[3]; len(p.Labels) != 0 {
		t.Errorf("without a warning: %+v", p)
	}
}

func TestThread(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "One", Thread: []string{"Two", "Three"}, Language: "en"})
	for r.Part = 0; r.Part < 3; r.Part++ {
		r.Key = "a" + string(rune('0'+r.Part))
		receipt, err := b.ch.Publish(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		r.Earlier = append(r.Earlier, receipt)
	}
	posts := b.server.Posts()
	if posts[1].ReplyTo != r.Earlier[0].RemoteID || posts[2].ReplyTo != r.Earlier[1].RemoteID || posts[2].Root != r.Earlier[0].RemoteID {
		t.Errorf("%+v", posts)
	}
	// A part whose predecessor was taken down answers nothing.
	b.server.DeleteByHand(posts[1].Key)
	r.Part, r.Key, r.Earlier = 2, "again", r.Earlier[:2]
	if _, err := b.ch.Publish(t.Context(), r); channels.FateOf(err) != channels.Refused {
		t.Errorf("%v", err)
	}
	// A person may have given the address of a page as the receipt.
	r.Earlier = []campaign.Receipt{{RemoteID: "https://bsky.app/profile/" + handle + "/post/" + posts[0].Key, How: "person"}}
	if _, err := b.ch.Publish(t.Context(), r); err != nil {
		t.Error(err)
	}
}

// TestRepeat: the same call later sends the same bytes and changes nothing, and
// another record never replaces the one that stands under the key.
func TestRepeat(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "Ten years"})
	first, err := b.ch.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	was := b.server.Posts()[0]
	b.goBy(30 * time.Minute)
	again, err := b.ch.Publish(t.Context(), r)
	if err != nil || again.RemoteID != first.RemoteID {
		t.Errorf("%+v, %v", again, err)
	}
	other := b.request("a", campaign.Content{Text: "Another text"})
	_, err = b.ch.Publish(t.Context(), other)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.InDoubt || !e.Duplicate {
		t.Errorf("another record under the key: %v", err)
	}
	if now := b.server.Posts(); len(now) != 1 || now[0].CID != was.CID {
		t.Errorf("%+v was %+v", now, was)
	}
}

// TestDeletedByHand: a post whose answer was lost and which its owner took
// down is told apart from one that never was.
func TestDeletedByHand(t *testing.T) {
	content := campaign.Content{Text: "Ten years", Language: "en"}
	lost := func(t *testing.T) (*bench, channels.Request) {
		b := newBench(t, pretend.Options{})
		r := b.request("a", content)
		b.lose = "putRecord"
		if _, err := b.ch.Publish(t.Context(), r); channels.FateOf(err) != channels.InDoubt {
			t.Fatalf("%v", err)
		}
		return b, r
	}
	verdict := func(t *testing.T, ch *bluesky.Channel, r channels.Request) channels.Verdict {
		t.Helper()
		v, _, err := ch.Reconcile(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Run("lost and deleted", func(t *testing.T) {
		b, r := lost(t)
		b.server.DeleteByHand(b.server.Posts()[0].Key)
		if v := verdict(t, b.ch, r); v != channels.Gone {
			t.Errorf("%s", v)
		}
	})
	t.Run("lost and changed", func(t *testing.T) {
		b, r := lost(t)
		r.Content.Text = "Another text"
		if v := verdict(t, b.ch, r); v != channels.Ambiguous {
			t.Errorf("%s", v)
		}
	})
	t.Run("never arrived", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.request("a", content)
		if v := verdict(t, b.ch, r); v != channels.Absent {
			t.Errorf("%s", v)
		}
		// Further posts of ours change the account, and yet nothing else did.
		for _, key := range []string{"b", "c"} {
			if _, err := b.ch.Publish(t.Context(), b.request(key, campaign.Content{Text: key})); err != nil {
				t.Fatal(err)
			}
		}
		if v := verdict(t, b.ch, r); v != channels.Absent {
			t.Errorf("after posts of ours: %s", v)
		}
		if v := verdict(t, b.open(), r); v != channels.Gone {
			t.Errorf("who does not know whose posts they were says %s", v)
		}
		b.server.LikeByHand()
		if v := verdict(t, b.ch, r); v != channels.Gone {
			t.Errorf("after somebody did something: %s", v)
		}
	})
	t.Run("nothing known from before", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.request("a", content)
		for _, newest := range []string{"", b.server.DID() + "@", b.server.DID() + "@junk", "did:plc:another" + strings.TrimPrefix(r.Newest, b.server.DID()), "at://x/y/3lexample2k22"} {
			r.Newest = newest
			if v := verdict(t, b.ch, r); v != channels.Gone {
				t.Errorf("%q: %s; it would be sent again", newest, v)
			}
		}
	})
	t.Run("a part's mark is what was right before it", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		a, thread := b.request("a", content), b.request("b", campaign.Content{Text: "One", Thread: []string{"Two"}})
		receipt, err := b.ch.Publish(t.Context(), thread)
		if err != nil {
			t.Fatal(err)
		}
		if v := verdict(t, b.ch, a); v != channels.Absent {
			t.Errorf("after the first part: %s", v)
		}
		b.server.LikeByHand()
		thread.Part, thread.Key, thread.Earlier = 1, "b1", []campaign.Receipt{receipt}
		if _, err := b.ch.Publish(t.Context(), thread); err != nil {
			t.Fatal(err)
		}
		if v := verdict(t, b.ch, a); v != channels.Gone {
			t.Errorf("somebody did something between the parts: %s", v)
		}
	})
	t.Run("a clock that was set back says nothing", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		a, other := b.request("a", content), b.request("b", campaign.Content{Text: "b"})
		b.server.LikeByHand()
		b.goBy(-time.Minute)
		if _, err := b.ch.Publish(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if v := verdict(t, b.ch, a); v != channels.Gone {
			t.Errorf("%s", v)
		}
	})
	t.Run("the revision cannot be read", func(t *testing.T) {
		b, r := lost(t)
		b.server.DeleteByHand(b.server.Posts()[0].Key)
		for _, says := range []struct {
			status int
			body   string
		}{{503, "<html>"}, {502, `{"error":"UpstreamFailure"}`}, {429, `{"error":"RateLimitExceeded"}`}, {200, `{"rev":"junk"}`}, {200, "<html>"}} {
			b.answer("getLatestCommit", says.status, says.body)
			if v, _, err := b.ch.Reconcile(t.Context(), r); v != channels.CannotTell || err == nil {
				t.Errorf("%d %s: %s, %v", says.status, says.body, v, err)
			}
		}
		for _, status := range []int{404, 501} { // a box, or a server that told them before
			b.answer("getLatestCommit", status, "<html>")
			if v, _, _ := b.ch.Reconcile(t.Context(), r); v == channels.Absent {
				t.Errorf("%d: it would be sent again", status)
			}
		}
	})
	t.Run("a late attempt's mark is not what was before it", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		a, late := b.request("a", content), b.request("b", campaign.Content{Text: "b"})
		b.server.LikeByHand()
		b.goBy(time.Minute)
		if _, err := b.ch.Publish(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		if v := verdict(t, b.ch, a); v != channels.Gone {
			t.Errorf("%s", v)
		}
	})
}

// TestServerWithoutRevisions: where the server tells none, nobody can tell what
// is absent from what was taken down.
func TestServerWithoutRevisions(t *testing.T) {
	for _, says := range []struct {
		status int
		body   string
	}{{501, `{"error":"MethodNotImplemented","message":"Method Not Implemented"}`}, {400, `{"error":"MethodNotImplemented"}`},
		{400, `{"error":"InvalidRequest","message":"No service configured"}`}, {404, "<html>"}, {501, ""}} {
		b := newBench(t, pretend.Options{})
		b.answer("getLatestCommit", says.status, says.body)
		r := b.request("a", campaign.Content{Text: "a"})
		if r.Newest != "" {
			t.Errorf("the newest of an empty account is %q", r.Newest)
		}
		if v, _, err := b.ch.Reconcile(t.Context(), r); err != nil || v != channels.Gone {
			t.Errorf("%s, %v", v, err)
		}
		receipt, err := b.ch.Publish(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if r = b.request("b", campaign.Content{Text: "b"}); r.Newest != receipt.RemoteID {
			t.Errorf("the newest is %q, want %q", r.Newest, receipt.RemoteID)
		}
		if v, _, err := b.ch.Reconcile(t.Context(), r); err != nil || v != channels.Gone {
			t.Errorf("%s, %v", v, err)
		}
		b.before = nil // told again: our own post is the last that happened
		if v, _, err := b.ch.Reconcile(t.Context(), r); err != nil || v != channels.Absent {
			t.Errorf("%s, %v", v, err)
		}
	}
}

// TestSessionEnds: a session that is over is renewed, one at a time, and
// nobody logs in for a post.
func TestSessionEnds(t *testing.T) {
	for _, connected := range []bool{false, true} {
		b := newBench(t, pretend.Options{})
		if connected {
			b.connected()
		}
		b.request("first", campaign.Content{Text: "first"})
		for range 20 {
			b.goBy(3 * time.Hour)
			if _, err := b.ch.Publish(t.Context(), b.request(b.clock().String(), campaign.Content{Text: b.clock().String()})); err != nil {
				t.Fatal(err)
			}
		}
		if n := b.server.Calls("com.atproto.server.createSession"); n != 1 {
			t.Errorf("connected %v: %d logins", connected, n)
		}
		if n := b.server.Calls("com.atproto.server.refreshSession"); n != 20 {
			t.Errorf("connected %v: %d renewals", connected, n)
		}
		b.server.EndSessions() // as after a changed password: the app password still serves
		b.goBy(time.Hour)
		r := b.request("after", campaign.Content{Text: "after"})
		b.server.EndSessions()
		_, err := b.ch.Publish(t.Context(), r)
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeContent {
			t.Fatalf("connected %v: a session that ended between staging and sending: %v", connected, err)
		}
		if _, err := b.ch.Publish(t.Context(), r); err != nil {
			t.Errorf("connected %v: with the new session: %v", connected, err)
		}
	}
}

// TestWhatRenewsASession: a refusal that says that the session is over opens
// another, once, and holds the account only where none can be had; one that
// says anything else opens none.
func TestWhatRenewsASession(t *testing.T) {
	for _, tt := range []struct {
		status int
		name   string
		over   bool
	}{
		{400, "ExpiredToken", true}, {400, "InvalidToken", true}, {401, "AuthMissing", true}, {400, "AuthMissing", true}, {400, "AuthenticationRequired", true}, {401, "SomethingNew", true},
		{400, "AccountTakedown", false}, {400, "RepoDeactivated", false}, {403, "Forbidden", false}, {429, "RateLimitExceeded", false}, {400, "InvalidRequest", false}, {500, "ExpiredToken", false},
	} {
		for _, path := range []string{"putRecord", "uploadBlob"} {
			for _, ended := range []bool{false, true} { // whether no other can be had
				t.Run(fmt.Sprintf("%s %d %s, none to be had %v", path, tt.status, tt.name, ended), func(t *testing.T) {
					b := newBench(t, pretend.Options{})
					m, bytes := picture(t, 4, 3)
					b.media[m.Digest] = bytes
					r := b.request("a", campaign.Content{Text: "a", Media: []campaign.Media{m}})
					says := 1
					b.before = func(w http.ResponseWriter, q *http.Request) bool {
						session := strings.HasSuffix(q.URL.Path, "refreshSession") || strings.HasSuffix(q.URL.Path, "createSession")
						if !(ended && session) && (says == 0 || !strings.HasSuffix(q.URL.Path, path)) {
							return false
						}
						if status, name := http.StatusUnauthorized, "AuthenticationRequired"; session {
							w.WriteHeader(status)
							fmt.Fprintf(w, `{"error":%q,"message":"Invalid identifier or password"}`, name)
							return true
						}
						says--
						w.WriteHeader(tt.status)
						fmt.Fprintf(w, `{"error":%q,"message":"no"}`, tt.name)
						return true
					}
					try := func() error {
						if path == "uploadBlob" {
							_, err := b.ch.Prepare(t.Context(), r)
							return err
						}
						_, err := b.ch.Publish(t.Context(), r)
						return err
					}
					err := try()
					renewals := map[bool]int{true: 1}[tt.over && !ended]
					if n := b.server.Calls("com.atproto.server.refreshSession"); n != renewals {
						t.Errorf("%d renewals, want %d", n, renewals)
					}
					var e *channels.Error
					switch {
					case tt.over && !ended && path == "uploadBlob": // it is made again at once
						if err != nil {
							t.Error(err)
						}
					case !errors.As(err, &e):
						t.Errorf("%v", err)
					case tt.over && (e.Fate != channels.NotSent || (e.Scope == channels.ScopeChannel) != ended):
						t.Errorf("%s, scope %s", e.Fate, e.Scope)
					}
					b.before = nil
					if ended && tt.over {
						b.goBy(10 * time.Minute)
					}
					if err := try(); err != nil {
						t.Errorf("then: %v", err)
					}
				})
			}
		}
	}
}

func TestRefreshIsLost(t *testing.T) {
	for _, connected := range []bool{false, true} {
		b := newBench(t, pretend.Options{})
		if connected {
			b.connected()
		}
		b.request("a", campaign.Content{Text: "a"})
		b.goBy(2 * time.Hour)
		b.lose = "refreshSession"
		r := channels.Request{Delivery: campaign.Delivery{Due: start}, Content: campaign.Content{Text: "a"}, Key: "a"}
		if _, err := b.ch.Prepare(t.Context(), r); channels.FateOf(err) != channels.NotSent {
			t.Fatalf("connected %v: %v", connected, err)
		}
		b.goBy(time.Hour) // the old token still serves
		b.request("a", campaign.Content{Text: "a"})
		if n := b.server.Calls("com.atproto.server.createSession"); n != 1 {
			t.Errorf("connected %v: %d logins", connected, n)
		}
		b.goBy(2 * time.Hour)
		b.lose = "refreshSession"
		if _, err := b.ch.Prepare(t.Context(), r); channels.FateOf(err) != channels.NotSent {
			t.Fatalf("connected %v: %v", connected, err)
		}
		b.goBy(3 * time.Hour) // now it does not: the app password opens another session
		b.request("a", campaign.Content{Text: "a"})
		if n := b.server.Calls("com.atproto.server.createSession"); n != 2 {
			t.Errorf("connected %v: %d logins", connected, n)
		}
	}
}

func TestOneRenewalForMany(t *testing.T) {
	for _, connected := range []bool{false, true} {
		b := newBench(t, pretend.Options{})
		if connected {
			b.connected()
		}
		b.request("a", campaign.Content{Text: "a"})
		b.server.EndSessions()
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if _, err := b.ch.Inspect(t.Context()); err != nil {
					t.Errorf("connected %v: %v", connected, err)
				}
			})
		}
		all.Wait()
		if n := b.server.Calls("com.atproto.server.refreshSession"); n != 1 {
			t.Errorf("connected %v: %d renewals for 16 callers", connected, n)
		}
		if n := b.server.Calls("com.atproto.server.createSession"); n != 2 {
			t.Errorf("connected %v: %d logins", connected, n)
		}
	}
}

// TestWrongPassword: it holds the account, and is not tried again and again.
func TestWrongPassword(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.env.Secret = func(string) (secret.String, error) { return secret.New("wrong"), nil }
	b.ch = b.open()
	for range 50 {
		_, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}})
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !e.RetryAt.IsZero() {
			t.Fatalf("%v", err)
		}
		if strings.Contains(err.Error(), "wrong") && strings.Contains(err.Error(), "wrong\"") {
			t.Errorf("the error holds the password: %v", err)
		}
		b.goBy(10 * time.Second)
	}
	if n := b.server.Calls("com.atproto.server.createSession"); n > 3 {
		t.Errorf("%d logins", n)
	}
}

func TestQuarantineRenewsNothing(t *testing.T) {
	b := newBench(t, pretend.Options{}).connected()
	b.keep.Refuses = errors.New("the store is in quarantine")
	b.goBy(3 * time.Hour)
	_, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}})
	if channels.FateOf(err) != channels.NotSent || b.server.Calls("com.atproto.server.refreshSession") != 0 {
		t.Errorf("%v", err)
	}
	// What became of a post can still be read.
	if _, _, err := b.ch.Reconcile(t.Context(), channels.Request{Delivery: campaign.Delivery{Due: start}, Content: campaign.Content{Text: "a"}}); err != nil {
		t.Errorf("read-back: %v", err)
	}
}

func TestNotConnected(t *testing.T) {
	b := newBench(t, pretend.Options{})
	delete(b.config.Settings, "password")
	for _, keep := range []channels.Keeper{nil, &channeltest.Keeper{}} {
		b.env.Keep = keep
		_, err := b.open().Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}})
		var e *channels.Error
		if !errors.As(err, &e) || e.Scope != channels.ScopeChannel || !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("%v", err)
		}
	}
}

func TestPictureIsForgotten(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, bytes := picture(t, 4, 3)
	b.media[m.Digest] = bytes
	r := b.request("a", campaign.Content{Text: "a", Media: []campaign.Media{m}})
	if left := r.Staged.Until.Sub(start); left <= 5*time.Minute || left > time.Hour {
		t.Errorf("staged for %v", left)
	}
	b.server.DropBlobs()
	_, err := b.ch.Publish(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeContent {
		t.Fatalf("%v", err)
	}
	again := b.request("a", r.Content)
	if string(again.Staged.Parts[0].Body) != string(r.Staged.Parts[0].Body) {
		t.Error("staging again made other bytes")
	}
	if _, err := b.ch.Publish(t.Context(), again); err != nil {
		t.Error(err)
	}
}

// TestOlderServerTakesSmallerPictures: its refusal says what to do, and what is
// then made and checked by the limit that was set passes.
func TestOlderServerTakesSmallerPictures(t *testing.T) {
	b := newBench(t, pretend.Options{MaxImage: 1_000_000})
	photo := func(size int64) campaign.Content {
		bytes := make([]byte, size)
		m := campaign.Media{Digest: campaign.DigestOf(bytes), Type: "image/png", Bytes: size, Width: 4, Height: 3, Alt: "a"}
		b.media[m.Digest] = bytes
		return campaign.Content{Text: "a", Media: []campaign.Media{m}}
	}
	_, err := b.ch.Publish(t.Context(), b.request("a", photo(1_000_001)))
	if channels.FateOf(err) != channels.Refused || !strings.Contains(err.Error(), "image_bytes") {
		t.Errorf("%v", err)
	}
	if a, err := b.ch.Inspect(t.Context()); err != nil || a.Limits.ImageBytes != 2_000_000 {
		t.Errorf("%+v, %v", a.Limits, err)
	}
	b.config.Settings["image_bytes"] = "1000000"
	b.ch = b.open()
	if a, err := b.ch.Inspect(t.Context()); err != nil || a.Limits.ImageBytes != 1_000_000 { // renditions are made by it
		t.Errorf("%+v, %v", a.Limits, err)
	}
	if found := b.ch.Check(photo(1_000_001)); len(found) != 1 || found[0].Code != "P072" {
		t.Errorf("%+v", found)
	}
	if _, err := b.ch.Publish(t.Context(), b.request("b", photo(1_000_000))); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m := campaign.Media{Type: "image/jpeg", Bytes: 1000}
	with := func(change func(m *campaign.Media)) []campaign.Media {
		one := m
		change(&one)
		return []campaign.Media{one}
	}
	for _, tt := range []struct {
		name    string
		content campaign.Content
		code    string
	}{
		{"300 families", campaign.Content{Text: strings.Repeat("👨‍👩‍👧", 120) + strings.Repeat("e", 180)}, ""},
		{"301 graphemes", campaign.Content{Text: strings.Repeat("é", 301)}, "P051"},
		{"over 3,000 bytes", campaign.Content{Text: strings.Repeat("👨‍👩‍👧‍👦", 121)}, "P051"},
		{"301 in a later part", campaign.Content{Text: "a", Thread: []string{"b", strings.Repeat("c", 301)}}, "P051"},
		{"300, and a link below", campaign.Content{Text: strings.Repeat("e", 300), Link: "https://gfmd.org"}, "P051"},
		{"300, and a card", campaign.Content{Text: strings.Repeat("e", 300), Link: "https://gfmd.org", Card: &campaign.Card{Title: "x"}}, ""},
		{"300 with the warning", campaign.Content{Text: strings.Repeat("e", 288), ContentWarning: "0123456789"}, ""},
		{"301 with the warning", campaign.Content{Text: strings.Repeat("e", 289), ContentWarning: "0123456789"}, "P051"},
		{"nothing but a warning", campaign.Content{ContentWarning: "0123456789"}, "P050"},
		{"2.1 MB", campaign.Content{Text: "a", Media: with(func(m *campaign.Media) { m.Bytes = 2_100_000 })}, "P072"},
		{"a GIF", campaign.Content{Text: "a", Media: with(func(m *campaign.Media) { m.Type = "image/gif" })}, "P071"},
		{"five pictures", campaign.Content{Text: "a", Media: []campaign.Media{m, m, m, m, m}}, "P061"},
		{"a long alt text", campaign.Content{Text: "a", Media: with(func(m *campaign.Media) { m.Alt = strings.Repeat("e", 2001) })}, "W073"},
		{"four languages", campaign.Content{Text: "a", Languages: []string{"en", "fr", "es", "ar"}}, "W063"},
		{"a small card", campaign.Content{Text: "a", Link: "https://gfmd.org", Card: &campaign.Card{Title: "x", Picture: &campaign.Media{Type: "image/jpeg", Bytes: 1_000_000}}}, ""},
		{"a large card", campaign.Content{Text: "a", Link: "https://gfmd.org", Card: &campaign.Card{Title: "x", Picture: &campaign.Media{Type: "image/jpeg", Bytes: 1_000_001}}}, "P072"},
	} {
		found := b.ch.Check(tt.content)
		if tt.code == "" && len(found) != 0 || tt.code != "" && (len(found) != 1 || found[0].Code != tt.code) {
			t.Errorf("%s: %+v, want %q", tt.name, found, tt.code)
		}
	}
}

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t, pretend.Options{ShownAfter: time.Minute})
	receipt, err := b.ch.Publish(t.Context(), b.request("a", campaign.Content{Text: "a"}))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.ch.Numbers(t.Context(), receipt); err != nil || len(n.Counts) != 0 || !n.At.Equal(start) {
		t.Errorf("before it is shown: %+v, %v", n, err)
	}
	b.goBy(time.Minute)
	n, err := b.ch.Numbers(t.Context(), receipt)
	if _, quotes := n.Counts[campaign.CountQuotes]; err != nil || n.Counts[campaign.CountLikes] != 3 || quotes {
		t.Errorf("%+v, %v", n, err)
	}
	for range 2 {
		if err := b.ch.Delete(t.Context(), receipt); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.server.Posts()) != 0 {
		t.Error("it is still there")
	}
	if _, err := b.ch.Numbers(t.Context(), receipt); !errors.Is(err, channels.ErrGone) {
		t.Errorf("%v", err)
	}
	if err := b.ch.Delete(t.Context(), campaign.Receipt{RemoteID: "no key"}); channels.FateOf(err) != channels.Refused {
		t.Errorf("%v", err)
	}
	alone := newBench(t, pretend.Options{NoApplication: true})
	if receipt, err = alone.ch.Publish(t.Context(), alone.request("a", campaign.Content{Text: "a"})); err != nil {
		t.Fatal(err)
	}
	if n, err := alone.ch.Numbers(t.Context(), receipt); err != nil || len(n.Counts) != 0 {
		t.Errorf("without an application: %+v, %v", n, err)
	}
}

func TestInspectAndRevoke(t *testing.T) {
	b := newBench(t, pretend.Options{}).connected()
	a, err := b.ch.Inspect(t.Context())
	if err != nil || a.ID != b.server.DID() || a.Handle != "@"+handle || a.Server != "bluesky pds 0.5.35-pretend" || strings.Join(a.Rights, "") != "com.atproto.appPass" ||
		!a.Expires.IsZero() || a.Limits.Text != 300 {
		t.Errorf("%+v, %v", a, err)
	}
	if at, err := b.ch.Date(t.Context()); err != nil || !at.Equal(start) {
		t.Errorf("%v, %v", at, err)
	}
	for _, status := range []string{"takendown", "suspended", "deactivated"} {
		b.server.Close(status)
		_, err := b.ch.Inspect(t.Context())
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
			t.Errorf("%s: %v", status, err)
		}
	}
	b.server.Close("")
	for range 2 {
		if err := b.ch.Revoke(t.Context(), b.keep.Kept); err != nil {
			t.Error(err)
		}
	}
}

// TestAnotherAccount: what was staged for one account never goes to another.
func TestAnotherAccount(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "a"})
	r.Staged.Parts[0].Note = []byte(`{"did":"did:plc:somebodyelse"}`)
	_, err := b.ch.Publish(t.Context(), r)
	if channels.FateOf(err) != channels.NotSent || len(b.server.Posts()) != 0 {
		t.Errorf("%v", err)
	}
	if v, _, err := b.ch.Reconcile(t.Context(), r); err == nil || v != channels.CannotTell {
		t.Errorf("%s, %v", v, err)
	}
	b.config.Account = "did:plc:pinnedtoanother"
	_, err = b.open().Prepare(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Scope != channels.ScopeChannel {
		t.Errorf("a pinned account: %v", err)
	}
	b.config.Account = b.server.DID()
	if _, err = b.open().Prepare(t.Context(), r); err != nil {
		t.Errorf("the pinned account itself: %v", err)
	}
	b.config.Account = handle // names no account for ever
	if _, err = b.open().Prepare(t.Context(), r); err != nil {
		t.Errorf("its handle: %v", err)
	}
}

// TestServerOfTheAccount: calls go where the account lives.
func TestServerOfTheAccount(t *testing.T) {
	b := newBench(t, pretend.Options{})
	home := httptest.NewServer(b.server)
	defer home.Close()
	entry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasSuffix(q.URL.Path, "createSession") {
			t.Errorf("%s was asked at the entryway", q.URL.Path)
		}
		rec := httptest.NewRecorder()
		b.server.ServeHTTP(rec, q)
		doc := `{"didDoc":{"service":[{"id":"#atproto_labeler","serviceEndpoint":"https://labels.example"},{"id":"#atproto_pds","serviceEndpoint":"` + home.URL + `/"},{"id":"#other","serviceEndpoint":"https://other.example"},{"id":"#atproto_pds","serviceEndpoint":"ftp://pds.example"},{"id":"#atproto_pds","serviceEndpoint":"https://a b"}]},`
		_, _ = w.Write([]byte(strings.Replace(rec.Body.String(), "{", doc, 1)))
	}))
	defer entry.Close()
	b.config.Settings["base_url"] = entry.URL
	b.ch = b.open()
	if _, err := b.ch.Publish(t.Context(), b.request("a", campaign.Content{Text: "a"})); err != nil || len(b.server.Posts()) != 1 {
		t.Errorf("%v", err)
	}
	if _, err := b.ch.Date(t.Context()); err != nil {
		t.Errorf("its clock: %v", err)
	}
}

func TestParseConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    campaign.Channel
		bad  string // "": it is fine
	}{
		{"connected", campaign.Channel{}, ""},
		{"password", campaign.Channel{Handle: "@a.example", Settings: map[string]string{"password": "env:P"}}, ""},
		{"password of nobody", campaign.Channel{Settings: map[string]string{"password": "env:P"}}, "handle"},
		{"password in clear", campaign.Channel{Handle: "a", Settings: map[string]string{"password": "abcd-efgh"}}, "password"},
		{"plain http", campaign.Channel{Settings: map[string]string{"base_url": "http://pds.example"}}, "base_url"},
		{"unknown", campaign.Channel{Settings: map[string]string{"token": "x"}}, "token"},
		{"small pictures", campaign.Channel{Settings: map[string]string{"image_bytes": "1000000"}}, ""},
		{"too small pictures", campaign.Channel{Settings: map[string]string{"image_bytes": "99999"}}, "image_bytes"},
		{"too large pictures", campaign.Channel{Settings: map[string]string{"image_bytes": "2000001"}}, "image_bytes"},
		{"pictures of no size", campaign.Channel{Settings: map[string]string{"image_bytes": "1 MB"}}, "image_bytes"},
	} {
		_, err := bluesky.ParseConfig(tt.c)
		if (err == nil) != (tt.bad == "") || err != nil && (!strings.Contains(err.Error(), tt.bad) || strings.Contains(err.Error(), "abcd")) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if cfg, err := bluesky.ParseConfig(campaign.Channel{}); err != nil || cfg.Base.String() != "https://bsky.social" {
		t.Errorf("%v, %v", cfg, err)
	}
}

// TestClosedGateAfterRenewal: a session that is renewed before a send opens no gate.
func TestClosedGateAfterRenewal(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "a"})
	b.goBy(3 * time.Hour)
	r.Gate = shut{}
	_, err := b.ch.Publish(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || !e.Gate || len(b.server.Posts()) != 0 {
		t.Errorf("%v", err)
	}
}

type shut struct{}

func (shut) Pass(func() error) error { return httpx.ErrGate }
