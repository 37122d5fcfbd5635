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
	b.rewrite("Session", `"handle":"`+handle, `"handle":"<b>`+handle)
	if a, err := b.ch.Inspect(t.Context()); err != nil || a.Handle != "@" {
		t.Errorf("%+v, %v", a, err)
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
	for _, pair := range [][2]string{{`"active":true`, `"active":false,"status":"suspended"`}, {`"did":"did:plc:`, `"did":"did:plc:x`}, {`{`, `[`}} {
		b.rewrite("getSession", pair[0], pair[1])
		if a, err := b.ch.Inspect(t.Context()); channels.FateOf(err) != channels.NotSent || err == nil {
			t.Errorf("%s: %+v, %v", pair[1], a, err)
		}
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
