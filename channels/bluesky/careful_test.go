package bluesky_test

import (
	"bytes"
	"encoding/base64"
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
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Answers that no server should give, and what is not believed of them.

// rewrite passes every call of that name on and changes the answer's text.
func (b *bench) rewrite(name string, pairs ...string) {
	b.before = func(w http.ResponseWriter, q *http.Request) bool {
		if !strings.HasSuffix(q.URL.Path, name) {
			return false
		}
		rec := httptest.NewRecorder()
		b.server.ServeHTTP(rec, q)
		w.WriteHeader(rec.Code)
		_, _ = io.WriteString(w, strings.NewReplacer(pairs...).Replace(rec.Body.String()))
		return true
	}
}

func TestPartThatAnswersNothing(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "One", Thread: []string{"Two"}})
	first, err := b.ch.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, want string, earlier ...campaign.Receipt) {
		t.Helper()
		later := r
		later.Part, later.Key, later.Earlier = 1, "b", earlier
		_, err := b.ch.Publish(t.Context(), later)
		if channels.FateOf(err) != channels.NotSent || !strings.Contains(err.Error(), want) || len(b.server.Posts()) != 1 {
			t.Errorf("%s: %v, %d posts", what, err, len(b.server.Posts()))
		}
	}
	refused("no part before it", "no post to answer")
	refused("a receipt without a post", "names no post", campaign.Receipt{RemoteID: "at://x/y/not-a-record"})
	b.rewrite("getRecord", `"cid":"`, `"cid":"<b>`)
	refused("a version that is none", "", first)
	b.rewrite("getRecord", b.server.DID(), "did:plc:somebodyelse")
	refused("another record than was asked for", "", first)
	if v, receipt, err := b.ch.Reconcile(t.Context(), r); v == channels.Found {
		t.Errorf("another's record was taken for ours: %+v, %v", receipt, err)
	}
	b.before = nil
	r.Part = 7
	if v, _, err := b.ch.Reconcile(t.Context(), r); v != channels.CannotTell || err != nil {
		t.Errorf("a part that there is not: %s, %v", v, err)
	}
}

// TestWhatIsSent: the server checks the record, and creates it only where none is.
func TestWhatIsSent(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, picture := picture(t, 4, 3)
	b.media[m.Digest] = picture
	sent := map[string]string{}
	b.before = func(_ http.ResponseWriter, q *http.Request) bool {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		name := q.URL.Path[strings.LastIndexByte(q.URL.Path, '.')+1:]
		sent[name], sent[name+" type"] = string(body), q.Header.Get("Content-Type")
		return false
	}
	if _, err := b.ch.Publish(t.Context(), b.request("a", campaign.Content{Text: "a", Media: []campaign.Media{m}})); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"validate":true`, `"swapRecord":null`, `"rkey":"`, `"aspectRatio":{"width":4,"height":3}`} {
		if !strings.Contains(sent["putRecord"], field) {
			t.Errorf("%s is missing in %s", field, sent["putRecord"])
		}
	}
	if sent["uploadBlob type"] != "image/png" || sent["putRecord type"] != "application/json" || sent["uploadBlob"] != string(picture) {
		t.Errorf("sent as %s and %s", sent["uploadBlob type"], sent["putRecord type"])
	}
	// Another login names the account by what does not change.
	b.server.EndSessions()
	if _, err := b.ch.Inspect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(sent["createSession"], `"identifier":"`+b.server.DID()+`"`) {
		t.Errorf("logged in as %s", sent["createSession"])
	}
}

func TestWhereAPictureLies(t *testing.T) {
	for _, pair := range [][2]string{{`"$type":"blob"`, `"$type":"b"`}, {`"$link":"`, `"$link":"<b>`}, {`image/png`, `<b>`}, {`"size":`, `"size":1`}} {
		b := newBench(t, pretend.Options{})
		m, picture := picture(t, 4, 3)
		b.media[m.Digest] = picture
		b.rewrite("uploadBlob", pair[0], pair[1])
		staged, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a", Media: []campaign.Media{m}}})
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopePlatform {
			t.Errorf("%s: %+v, %v", pair[1], staged, err)
		}
	}
}

func TestReceiptsThatPeopleGive(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for _, form := range []string{"https://bsky.app/profile/mayors.test/post/%s?ref=share#top", "https://bsky.app/profile/mayors.test/post/%s", "at://x/app.bsky.feed.post/%s", "%s"} {
		receipt, err := b.ch.Publish(t.Context(), b.request(form, campaign.Content{Text: form}))
		if err != nil {
			t.Fatal(err)
		}
		key := receipt.RemoteID[strings.LastIndexByte(receipt.RemoteID, '/')+1:]
		if err := b.ch.Delete(t.Context(), campaign.Receipt{RemoteID: fmt.Sprintf(form, key)}); err != nil || len(b.server.Posts()) != 0 {
			t.Errorf("%s: %v, %d posts", form, err, len(b.server.Posts()))
		}
	}
	calls := b.server.Calls("com.atproto.repo.deleteRecord")
	for _, none := range []string{"", "x", "https://bsky.app/profile/mayors.test", "at://x/app.bsky.feed.post/not-a-record"} {
		if err := b.ch.Delete(t.Context(), campaign.Receipt{RemoteID: none}); channels.FateOf(err) != channels.Refused {
			t.Errorf("%q: %v", none, err)
		}
	}
	if n := b.server.Calls("com.atproto.repo.deleteRecord"); n != calls {
		t.Errorf("%d calls for what names no post", n-calls)
	}
}

// TestDeletedWithoutAWord: some servers say nothing when they took a post down.
func TestDeletedWithoutAWord(t *testing.T) {
	b := newBench(t, pretend.Options{})
	receipt, err := b.ch.Publish(t.Context(), b.request("a", campaign.Content{Text: "a"}))
	if err != nil {
		t.Fatal(err)
	}
	b.answer("deleteRecord", 200, "")
	if err := b.ch.Delete(t.Context(), receipt); err == nil {
		t.Error("a box said yes, and it is still there")
	} else if !strings.Contains(err.Error(), "does not say that it was taken down") {
		t.Error(err)
	}
	b.before = func(w http.ResponseWriter, q *http.Request) bool {
		if !strings.HasSuffix(q.URL.Path, "deleteRecord") {
			return false
		}
		b.server.ServeHTTP(httptest.NewRecorder(), q)
		w.WriteHeader(http.StatusOK)
		return true
	}
	if err := b.ch.Delete(t.Context(), receipt); err != nil || len(b.server.Posts()) != 0 {
		t.Errorf("%v", err)
	}
}

func TestNumbersOfAnother(t *testing.T) {
	b := newBench(t, pretend.Options{})
	receipt, err := b.ch.Publish(t.Context(), b.request("a", campaign.Content{Text: "a"}))
	if err != nil {
		t.Fatal(err)
	}
	b.rewrite("getPosts", `"likeCount":3`, `"likeCount":-3`)
	if n, err := b.ch.Numbers(t.Context(), receipt); err != nil || len(n.Counts) != 2 {
		t.Errorf("a count below zero: %+v, %v", n, err)
	}
	b.rewrite("getPosts", "at://did:plc:", "at://did:plc:x")
	if n, err := b.ch.Numbers(t.Context(), receipt); err != nil || len(n.Counts) != 0 {
		t.Errorf("another's numbers: %+v, %v", n, err)
	}
	// What nobody answered is not told, and takes no post for gone.
	b.answer("getPosts", 502, "<html>")
	if n, err := b.ch.Numbers(t.Context(), receipt); err == nil || errors.Is(err, channels.ErrGone) {
		t.Errorf("a box's answer: %+v, %v", n, err)
	}
	b.rewrite("getPosts", "at://did:plc:", "at://did:plc:x")
	feed := b.before
	b.before = func(w http.ResponseWriter, q *http.Request) bool {
		if strings.HasSuffix(q.URL.Path, "getRecord") {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return feed(w, q)
	}
	if n, err := b.ch.Numbers(t.Context(), receipt); err == nil || errors.Is(err, channels.ErrGone) {
		t.Errorf("a record that cannot be read: %+v, %v", n, err)
	}
	calls := b.server.Calls("app.bsky.feed.getPosts")
	if n, err := b.ch.Numbers(t.Context(), campaign.Receipt{RemoteID: "no key"}); channels.FateOf(err) != channels.Refused || b.server.Calls("app.bsky.feed.getPosts") != calls {
		t.Errorf("a receipt without a post: %+v, %v", n, err)
	}
}

// TestWhatOpensNoSession: an answer to a login or a renewal that lacks what
// belongs to a session, or is of another account, is none.
func TestWhatOpensNoSession(t *testing.T) {
	long := strings.Repeat("a", 9000)
	for _, tt := range []struct {
		name  string
		pairs []string
		scope channels.Scope
	}{
		{"no permanent name", []string{`"did":"did:plc:`, `"did":"<b>`}, channels.ScopePlatform},
		{"an access token that is none", []string{`"accessJwt":"`, `"accessJwt":"\r\n`}, channels.ScopePlatform},
		{"a refresh token that is none", []string{`"refreshJwt":"`, `"refreshJwt":"\r\n`}, channels.ScopePlatform},
		{"no refresh token", []string{`"refreshJwt":"`, `"x":"`}, channels.ScopePlatform},
		{"a long token", []string{`"accessJwt":"`, `"accessJwt":"` + long}, channels.ScopePlatform},
		{"a closed account", []string{`"active":true`, `"active":false`}, channels.ScopeChannel},
		{"another account", []string{`"did":"did:plc:`, `"did":"did:plc:x`}, channels.ScopeChannel},
	} {
		for _, name := range []string{"createSession", "refreshSession"} {
			if tt.name == "another account" && name == "createSession" {
				continue // the first login says which it is; a pinned one is asked in TestAnotherAccount
			}
			b := newBench(t, pretend.Options{})
			if name == "refreshSession" {
				b.request("a", campaign.Content{Text: "a"})
				b.goBy(2 * time.Hour)
			}
			b.rewrite(name, tt.pairs...)
			r := channels.Request{Content: campaign.Content{Text: "a"}}
			_, err := b.ch.Prepare(t.Context(), r)
			var e *channels.Error
			if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != tt.scope || len(err.Error()) > 300 {
				t.Errorf("%s, %s: %v", name, tt.name, err)
			}
			b.before = nil
			if _, err := b.ch.Prepare(t.Context(), r); err != nil {
				t.Errorf("%s, %s, then: %v", name, tt.name, err)
			}
		}
	}
}

func TestHandleThatIsNone(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for _, before := range []string{"<b>", strings.Repeat(strings.Repeat("a", 60)+".", 4)} {
		b.rewrite("Session", `"handle":"`+handle, `"handle":"`+before+handle)
		b.ch = b.open()
		if a, err := b.ch.Inspect(t.Context()); err != nil || a.Handle != "@" {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

// TestPasswordIsTriedAgain: a refused one is not, for a while; another one is at
// once, and a clock that was set back keeps nobody waiting.
func TestPasswordIsTriedAgain(t *testing.T) {
	b := newBench(t, pretend.Options{})
	word := "wrong"
	b.env.Secret = func(string) (secret.String, error) { return secret.New(word), nil }
	b.ch = b.open()
	logins := func(want int, what string) error {
		t.Helper()
		_, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}})
		if n := b.server.Calls("com.atproto.server.createSession"); n != want {
			t.Errorf("%s: %d logins, want %d", what, n, want)
		}
		return err
	}
	_ = logins(1, "the first time")
	_ = logins(1, "at once")
	b.goBy(-time.Hour)
	_ = logins(2, "the clock was set back")
	word = password
	if err := logins(3, "another password"); err != nil {
		t.Error(err)
	}
}

func TestWhatIsKeptCannotBeUsed(t *testing.T) {
	for _, kept := range []string{"{}", `{"did":"did:plc:x"}`, `{"pds":"https://pds.example"}`, "junk", ""} {
		b := newBench(t, pretend.Options{})
		delete(b.config.Settings, "password")
		b.env.Keep = &channeltest.Keeper{Kept: secret.New(kept)}
		if _, err := b.open().Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}}); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("%q: %v", kept, err)
		}
	}
}

func TestClockOfNoServer(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.config.Settings["base_url"] = "http://127.0.0.1:1"
	_, err := b.open().Date(t.Context())
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent {
		t.Errorf("%v", err)
	}
	// Before anybody is connected it is the clock of where one logs in.
	b = newBench(t, pretend.Options{})
	delete(b.config.Settings, "password")
	if at, err := b.open().Date(t.Context()); err != nil || !at.Equal(start) {
		t.Errorf("%v, %v", at, err)
	}
}

// TestWhoIsNobody: an answer that is no name is none of the server's, and is
// asked for again.
func TestWhoIsNobody(t *testing.T) {
	b := newBench(t, pretend.Options{People: map[string]string{"alice.bsky.social": "did:plc:alice"}})
	r := channels.Request{Content: campaign.Content{Text: "With @alice.bsky.social"}}
	b.rewrite("resolveHandle", "did:plc:", "<b>")
	if staged, err := b.ch.Prepare(t.Context(), r); channels.FateOf(err) != channels.NotSent || err == nil {
		t.Errorf("%+v, %v", staged.Parts, err)
	}
}

func TestConnectingByHandIsForThoseWithoutAPassword(t *testing.T) {
	if i, err := newBench(t, pretend.Options{}).ch.Begin(t.Context(), ""); err == nil {
		t.Errorf("%+v", i)
	}
}

func TestClosedAccountIsInspected(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for _, tt := range []struct {
		pairs []string
		says  string // "": it is fine
	}{
		{[]string{`"active":true`, `"active":false,"status":"suspended"`}, "not active suspended"},
		{[]string{`"active":true`, `"active":false,"status":"<b>"`}, "not active"},
		{[]string{`"active":true`, `"x":true`}, ""},
		{[]string{`"did":"did:plc:`, `"did":"did:plc:x`}, "another account"},
		{[]string{`{`, `[`}, "whose session"},
		{[]string{`"handle":"` + handle, `"handle":"renamed.` + handle}, ""},
		{[]string{`"handle":"` + handle, `"handle":"<b>` + handle}, ""},
	} {
		b.rewrite("getSession", tt.pairs...)
		a, err := b.ch.Inspect(t.Context())
		switch {
		case tt.says == "":
			if renamed := strings.Contains(tt.pairs[1], "renamed"); err != nil || (a.Handle == "@renamed."+handle) != renamed || !renamed && a.Handle != "@"+handle {
				t.Errorf("%s: %+v, %v", tt.pairs[1], a, err)
			}
		case err == nil || channels.FateOf(err) != channels.NotSent || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "<"):
			t.Errorf("%s: %+v, %v", tt.pairs[1], a, err)
		}
	}
	// A login that does not tell whether the account is active opens a session.
	b = newBench(t, pretend.Options{})
	b.rewrite("createSession", `"active":true`, `"x":true`)
	if _, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}}); err != nil {
		t.Error(err)
	}
}

// TestRightsOfASession are shown as the token says them, if they can be shown.
func TestRightsOfASession(t *testing.T) {
	for scope, want := range map[string]string{"com.atproto.appPass": "com.atproto.appPass", "com.atproto.access": "com.atproto.access", "<b>": "", "": ""} {
		b := newBench(t, pretend.Options{}).connected()
		claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"scope":%q,"iat":1,"exp":7201}`, scope))
		b.answer("createSession", 200, `{"did":"`+b.server.DID()+`","handle":"`+handle+`","accessJwt":"e30.`+claims+`.x","refreshJwt":"r"}`)
		_, a, err := b.ch.Finish(t.Context(), secret.String{}, map[string]secret.String{"password": secret.New(password)})
		if err != nil || strings.Join(a.Rights, " ") != want {
			t.Errorf("%q: %v, %v", scope, a.Rights, err)
		}
	}
}

// TestEndingWhatIsOver is done; a server that cannot be asked is told of.
func TestEndingWhatIsOver(t *testing.T) {
	b := newBench(t, pretend.Options{}).connected()
	for body, status := range map[string]int{`{"error":"ExpiredToken"}`: 400, `{"error":"InvalidToken"}`: 400, `{"error":"AuthMissing"}`: 401} {
		b.answer("deleteSession", status, body)
		if err := b.ch.Revoke(t.Context(), b.keep.Kept); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	for body, status := range map[string]int{`{"error":"InternalServerError"}`: 500, "<html>": 403, `{"error":"RateLimitExceeded"}`: 429} {
		b.answer("deleteSession", status, body)
		if err := b.ch.Revoke(t.Context(), b.keep.Kept); err == nil {
			t.Errorf("%s: it was ended", body)
		}
	}
	if err := b.ch.Revoke(t.Context(), secret.String{}); err == nil || strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("what was never connected: %v", err)
	}
	// What is ended is what was given, be it kept or not.
	given := b.keep.Kept
	b.keep.Kept, b.before = secret.String{}, nil
	if err := b.ch.Revoke(t.Context(), given); err != nil || b.server.Calls("com.atproto.server.deleteSession") != 1 {
		t.Errorf("a session that is not kept: %v", err)
	}
	// The session of a password is the one in memory.
	b = newBench(t, pretend.Options{})
	if err := b.ch.Revoke(t.Context(), secret.String{}); err != nil || b.server.Calls("com.atproto.server.deleteSession") != 1 {
		t.Errorf("by password: %v", err)
	}
}

// TestFailedLoginIsOne: a server that cannot log us in is asked once a time.
func TestFailedLoginIsOne(t *testing.T) {
	b := newBench(t, pretend.Options{})
	logins := 0
	b.before = func(w http.ResponseWriter, q *http.Request) bool {
		logins++
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	if _, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a"}}); err == nil || logins != 1 {
		t.Errorf("%d logins, %v", logins, err)
	}
}

// TestKeeperFails: a store that does not answer is no account's fault, and
// what the server said of an account inside it stays the account's.
func TestKeeperFails(t *testing.T) {
	b := newBench(t, pretend.Options{}).connected()
	b.keep.Refuses = errors.New("no room")
	b.goBy(3 * time.Hour)
	r := channels.Request{Content: campaign.Content{Text: "a"}}
	_, err := b.ch.Prepare(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Scope != channels.ScopePlatform {
		t.Errorf("%v", err)
	}
	b.keep.Refuses = nil
	b.answer("refreshSession", 403, `{"error":"AccountTakedown","message":""}`)
	if _, err = b.ch.Prepare(t.Context(), r); !errors.As(err, &e) || e.Scope != channels.ScopeChannel || !strings.Contains(err.Error(), "AccountTakedown") {
		t.Errorf("%v", err)
	}
}

// TestReadFailsWhileNothingChanged: where the record cannot be read, an account
// at which nothing happened proves no absence.
func TestReadFailsWhileNothingChanged(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "a"})
	for body, status := range map[string]int{"<html>": 502, `{"error":"InternalServerError"}`: 500, `{"error":"InvalidRequest"}`: 400} {
		b.answer("getRecord", status, body)
		if v, _, err := b.ch.Reconcile(t.Context(), r); v != channels.CannotTell || err == nil {
			t.Errorf("%s: %s, %v", body, v, err)
		}
	}
}

// TestWhatIsStaged: parts are called what they are, and only what the server may
// forget is staged for a time.
func TestWhatIsStaged(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if body := string(b.request("0", campaign.Content{Text: "a"}).Staged.Parts[0].Body); strings.Contains(body, "langs") {
		t.Errorf("a language that nobody named: %s", body)
	}
	r := b.request("a", campaign.Content{Text: "a", Language: "fr", Thread: []string{"b", "c"}})
	names := ""
	for _, p := range r.Staged.Parts {
		names += p.Name + " "
	}
	if names != "post reply reply " || !r.Staged.Until.IsZero() || !strings.Contains(string(r.Staged.Parts[0].Body), `"langs":["fr"]`) {
		t.Errorf("%s until %v, %s", names, r.Staged.Until, r.Staged.Parts[0].Body)
	}
	m, bytes := picture(t, 4, 3)
	b.media[m.Digest] = bytes
	c := campaign.Content{Text: "a", Link: "https://gfmd.org", Card: &campaign.Card{Title: "x", Picture: &m}}
	if body := string(b.request("b", c).Staged.Parts[0].Body); !strings.Contains(body, `"thumb":{"$type":"blob"`) {
		t.Errorf("the card's picture is missing in %s", body)
	}
	c.Card = &campaign.Card{Title: "x"}
	if body := string(b.request("bare", c).Staged.Parts[0].Body); strings.Contains(body, "thumb") || !strings.Contains(body, "app.bsky.embed.external") {
		t.Errorf("a card without a picture: %s", body)
	}
	c.Link = ""
	if body := string(b.request("c", c).Staged.Parts[0].Body); strings.Contains(body, "embed") {
		t.Errorf("a card of no link: %s", body)
	}
	m.Width = 0
	if body := string(b.request("d", campaign.Content{Text: "a", Media: []campaign.Media{m}}).Staged.Parts[0].Body); strings.Contains(body, "aspectRatio") {
		t.Errorf("the shape of a picture without a width: %s", body)
	}
	m.Width, m.Height = 4, 0
	if body := string(b.request("e", campaign.Content{Text: "a", Media: []campaign.Media{m}}).Staged.Parts[0].Body); strings.Contains(body, "aspectRatio") {
		t.Errorf("the shape of a picture without a height: %s", body)
	}
	for body, status := range map[string]int{`{"error":"InvalidMimeType"}`: 400, `{"error":"BlobTooLarge"}`: 400, `{"error":"PayloadTooLarge"}`: 413} {
		b.answer("uploadBlob", status, body)
		_, err := b.ch.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "a", Media: []campaign.Media{m}}})
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.Refused || e.Scope != channels.ScopeContent {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestWhatTheOwnerTypes is taken as people write it, and nothing is asked of
// the server without all of it.
func TestWhatTheOwnerTypes(t *testing.T) {
	for _, tt := range []struct {
		handle, password string
		logins           int
	}{{" @" + handle + "\n", " " + password + "\n", 1}, {handle, password, 1}, {"", password, 0}, {"@", password, 0}, {handle, " ", 0}} {
		b := newBench(t, pretend.Options{})
		b.config.Handle = ""
		delete(b.config.Settings, "password")
		ch := b.open()
		if i, err := ch.Begin(t.Context(), ""); err != nil || len(i.Ask) != 2 || i.Ask[0].Secret || !i.Ask[1].Secret {
			t.Errorf("%+v, %v", i, err)
		}
		_, a, err := ch.Finish(t.Context(), secret.String{}, map[string]secret.String{"handle": secret.New(tt.handle), "password": secret.New(tt.password)})
		if n := b.server.Calls("com.atproto.server.createSession"); n != tt.logins || (err == nil) != (n == 1) {
			t.Errorf("%q %q: %d logins, %+v, %v", tt.handle, tt.password, n, a, err)
		}
	}
}

func TestServerThatSaysNoVersion(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.answer("_health", 200, `{"version":"<b>0.5"}`)
	if a, err := b.ch.Inspect(t.Context()); err != nil || a.Server != "bluesky pds" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestTimesAreInUTC(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.request("a", campaign.Content{Text: "a"})
	r.ArmedAt = start.In(time.FixedZone("", 5*3600+1800))
	if _, err := b.ch.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if at := b.server.Posts()[0].CreatedAt; at != "2026-12-18T09:00:00.000Z" {
		t.Errorf("%s", at)
	}
}
