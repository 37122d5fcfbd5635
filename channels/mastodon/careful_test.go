package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Answers that no server should give, and what is not believed of them.

// TestNotFoundBeforeADoubt says nothing of a post that was taken down.
func TestNotFoundBeforeADoubt(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	b.s.Set(&pretend.Trouble{Path: "POST /api/v1/statuses", Status: 404, Body: `{"error":"Record not found"}`})
	if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
		t.Fatalf("%v", err)
	}
	b.s.Set(nil)
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("%s", v)
	}
}

func TestPartWhosePredecessorIsGone(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "One", Language: "en", Thread: []string{"Two"}})
	receipt, err := b.publish(r)
	if err != nil {
		t.Fatal(err)
	}
	b.s.DeleteByHand(receipt.RemoteID)
	if _, err := b.publish(r); channels.FateOf(err) != channels.Refused || len(b.s.Statuses()) != 0 {
		t.Errorf("%v, %+v", err, b.s.Statuses())
	}
}

func TestWhatIsRememberedOfDeletedPostsIsBounded(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for i := range 3 * maxDeleted {
		if b.c.noteDeleted(fmt.Sprint(i)); len(b.c.deleted) > maxDeleted || !b.c.wasDeleted(fmt.Sprint(i)) {
			t.Fatalf("%d are remembered", len(b.c.deleted))
		}
	}
	if !b.c.wasDeleted(fmt.Sprint(3*maxDeleted - 2)) {
		t.Error("one drives out the other")
	}
}

func TestPartsThatThereAreNot(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	r.Part, r.Earlier, r.Gate = 3, []campaign.Receipt{{RemoteID: "1"}}, channeltest.Open{}
	if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.NotSent || b.s.Ever() != 0 {
		t.Errorf("%v", err)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.CannotTell || err != nil {
		t.Errorf("%s, %v", v, err)
	}
	r.Part = -1
	if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.NotSent || b.s.Ever() != 0 {
		t.Errorf("%v", err)
	}
}

// TestTroubleAtARepeat is no sign that somebody took the post down.
func TestTroubleAtARepeat(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	b.s.Set(&pretend.Trouble{Path: "POST /api/v1/statuses", Status: 503, Body: `{"error":"x"}`})
	for range 2 {
		if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
			t.Fatalf("%v", err)
		}
	}
	r.Key = "d_00000000000000000001_0"
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("%s", v)
	}
}

// TestOursIsPagesAfterTheNewest: what people posted meanwhile fills pages before it.
func TestOursIsPagesAfterTheNewest(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.PostByHand("Something before", 0)
	r := b.prepare(campaign.Content{Text: "Ten years", Language: "en"})
	for range 3 * pageSize {
		b.s.PostByHand("Something else", 0)
	}
	ours, err := b.publish(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Part, r.Earlier = 0, nil
	if v, receipt := b.reconcile(r); v != channels.Found || receipt.RemoteID != ours.RemoteID {
		t.Errorf("%s, %+v", v, receipt)
	}
}

func TestOutcomesThatLookLikeOthers(t *testing.T) {
	const whole = `{"id":"1","created_at":"2026-12-18T09:00:00Z"}`
	for _, tt := range []struct {
		name   string
		status int
		body   string
		whole  bool
	}{
		{"a receipt that was cut", 200, whole, false},
		{"a receipt with the status of a failure", 502, whole, true},
		{"a refusal without a word", 422, `{}`, true},
		{"its own trouble with a picture that is gone", 409, `{"error":"Media could not be found"}`, true},
		{"a receipt whose id is none", 200, strings.Replace(whole, "1", "<b>", 1), true},
		{"its own trouble with the words of a long text", 500, `{"error":"the character limit could not be read"}`, true},
		{"its own trouble with the words of a picture in work", 503, `{"error":"media is still being processed"}`, true},
		{"a refusal that was cut", 422, `{"error":"Validation failed: Text character limit of 500 exceeded"}`, false},
	} {
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.status, Body: []byte(tt.body), Whole: tt.whole}
		if p, e := outcome(a, nil, attempt{pictures: true}, channeltest.Now()); e == nil || e.Fate != channels.InDoubt {
			t.Errorf("%s: %+v, %v", tt.name, p, e)
		}
	}
	// What the server says is shown where it can be, else what its status means.
	for text, want := range map[string]string{"Media could not be found": "Media could not be found", "<b>": "not found", canary + " " + strings.Repeat("x", 300): "not found"} {
		b, _ := json.Marshal(map[string]string{"error": text})
		_, e := outcome(httpx.Answer{Reach: httpx.ReachAnswer, Status: 404, Body: b, Whole: true}, nil, attempt{}, channeltest.Now())
		if !strings.Contains(e.Error(), want) || strings.ContainsAny(e.Error(), "<") || strings.Contains(e.Error(), "CANARY") {
			t.Errorf("%.30s: %v", text, e)
		}
	}
}

func TestServerIsAskedAnewWhenTheClockWasWrong(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.prepare(campaign.Content{Text: "x"})
	b.s.Change(func(o *pretend.Options) { o.Software = "pixelfed" })
	b.pass(-24 * time.Hour)
	if b.prepare(campaign.Content{Text: "x"}); b.c.Class() != campaign.K5 {
		t.Errorf("class %s by what it will be tomorrow", b.c.Class())
	}
}

// TestServersThatTellLittle: older ones and others tell their limits elsewhere,
// or not at all, and can be posted to.
func TestServersThatTellLittle(t *testing.T) {
	b := newBench(t, pretend.Options{NoInstanceV2: true, MaxCharacters: 777})
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Limits.Text != 777 {
		t.Errorf("%+v, %v", a.Limits, err)
	}
	b = newBench(t, pretend.Options{})
	b.s.Set(&pretend.Trouble{Path: "GET /api/v", Status: 404, Body: `{"error":"Record not found"}`})
	if err := b.c.learnAnew(t.Context()); err != nil || b.c.known().facts().Limits.Text != facts().Limits.Text {
		t.Errorf("%v, %+v", err, b.c.known())
	}
	broken := errors.New("broken")
	for status, want := range map[int]error{404: nil, 410: nil, 500: broken} {
		if got := unlessAnswered(httpx.Answer{Status: status, Whole: true}, broken); got != want {
			t.Errorf("%d: %v", status, got)
		}
		if unlessAnswered(httpx.Answer{Status: status}, broken) == nil {
			t.Errorf("%d that was cut counts as an answer", status)
		}
	}
}

func TestSoftwareByAnyName(t *testing.T) {
	for says, want := range map[string]string{"Mastodon": "mastodon", "mastodon": "mastodon", "<b>": "", "GoToSocial": "gotosocial"} {
		b := newBench(t, pretend.Options{})
		b.s.Set(&pretend.Trouble{Path: "GET /nodeinfo", Status: 200, Body: `{"software":{"name":"` + says + `","version":"1"}}`})
		if _, err := b.c.Inspect(t.Context()); err != nil || b.c.known().software != want || (b.c.Class() == campaign.K1) != (want == "mastodon") {
			t.Errorf("%s: %q, class %s, %v", says, b.c.known().software, b.c.Class(), err)
		}
	}
}

func TestOwnPath(t *testing.T) {
	c := open(t, "http://127.0.0.1:1", channels.Env{})
	for address, want := range map[string]string{
		"http://127.0.0.1:1/nodeinfo/2.1": "nodeinfo/2.1", "https://social.example/nodeinfo/2.1": "nodeinfo/2.1", "https://SOCIAL.example/a": "a",
		"https://other.example/nodeinfo/2.1": "", "https://social.example/a?b": "", "https://social.example/a/../b": "", "https://social.example/": "", "%": "",
	} {
		if got := strings.Join(c.ownPath(address), "/"); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// TestEveryLimitThatAServerTells replaces ours.
func TestEveryLimitThatAServerTells(t *testing.T) {
	var in instance
	if err := json.Unmarshal([]byte(`{"configuration":{"statuses":{"max_media_attachments":9,"characters_reserved_per_url":31},
		"media_attachments":{"supported_mime_types":["image/png","video/mp4"],"description_limit":99,"image_size_limit":999,"image_matrix_limit":9999},
		"polls":{"max_options":9,"max_characters_per_option":19,"min_expiration":60,"max_expiration":120}},"max_toot_chars":4321,"uri":"https://a.example/"}`), &in); err != nil {
		t.Fatal(err)
	}
	s := in.server()
	l := s.facts().Limits
	if l.Text != 4321 || l.Images != 9 || l.Alt != 99 || l.ImageBytes != 999 || l.ImagePixels != 9999 || l.PollOption != 19 || strings.Join(l.ImageTypes, " ") != "image/png" {
		t.Errorf("%+v", l)
	}
	if s.perLink != 31 || s.poll != (pollLimits{9, time.Minute, 2 * time.Minute}) || s.domain != "a.example" {
		t.Errorf("%+v", s)
	}
	if c := open(t, "http://127.0.0.1:1", channels.Env{}); c.known().perLink != defaultPerLink || c.known().poll != defaultPoll {
		t.Errorf("where nothing was told: %+v", c.known())
	}
}

func TestStagedAnswers(t *testing.T) {
	for _, tt := range []struct {
		status    int
		body      string
		uploading bool
		ready     bool
		fate      channels.Fate // where there is no id
	}{
		{200, `{"id":"7","url":"https://a/b"}`, true, true, 0},
		{200, `{"id":"7","url":null}`, true, false, 0},
		{200, `{"id":"7","url":""}`, true, false, 0},
		{202, `{"id":"7","url":"https://a/b"}`, true, false, 0},
		{200, `{"id":"7","url":null}`, false, true, 0}, // some never tell one
		{206, `{"id":"7","url":null}`, false, false, 0},
		{200, `{"id":"<b>","url":"https://a/b"}`, true, false, channels.NotSent},
		{422, `{"error":"no"}`, true, false, channels.Refused},
		{413, `{"error":"no"}`, true, false, channels.Refused},
		{400, `{"error":"no"}`, true, false, channels.Refused},
		{422, `{"id":"7","error":"no"}`, true, false, channels.Refused},
		{422, `<html>`, true, false, channels.NotSent},
		{422, `{"error":"no"}`, false, false, channels.NotSent},
		{404, `{"error":"no"}`, true, false, channels.NotSent},
	} {
		id, ready, e := staged(httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.status, Body: []byte(tt.body), Whole: true}, nil, tt.uploading, channeltest.Now())
		if has := id != ""; has != (e == nil) || has != (tt.fate == 0) || ready != tt.ready || e != nil && e.Fate != tt.fate {
			t.Errorf("%d %s uploading %v: %q, ready %v, %v", tt.status, tt.body, tt.uploading, id, ready, e)
		}
	}
}

// TestWhatCallsSay: the language of errors, our own names of files, nothing of an id that leads elsewhere.
func TestWhatCallsSay(t *testing.T) {
	b := newBench(t, pretend.Options{})
	type call struct{ uri, language, body string }
	var calls []call
	c := openOn(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		calls = append(calls, call{q.Method + " " + q.RequestURI, q.Header.Get("Accept-Language"), string(body)})
		b.s.ServeHTTP(w, q)
	}), b.env())
	last := func() call { return calls[len(calls)-1] }
	m := b.picture(9)
	r := channels.Request{Content: campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{m}}, Key: "k", Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if up := last(); !strings.Contains(up.body, `filename="picture.png"`) || strings.Contains(up.body, m.Name) {
		t.Errorf("%.300q", up.body)
	}
	one, _, _ := mediaForm(m, []byte("a"))
	if two, _, err := mediaForm(m, []byte("a")); err != nil || !bytes.Equal(one, two) {
		t.Errorf("the same upload has other bytes: %v", err)
	}
	receipt, err := c.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if sent := last(); sent.language != "en" || !strings.Contains(sent.body, `"content_type":"text/plain"`) || !strings.Contains(sent.body, `"sensitive":false`) || strings.Contains(sent.body, "in_reply_to_id") {
		t.Errorf("%+v", sent)
	}
	if _, err := c.Numbers(t.Context(), campaign.Receipt{RemoteID: "../../x?y"}); err == nil || !strings.HasSuffix(last().uri, "/api/v1/statuses/..%2F..%2Fx%3Fy") {
		t.Errorf("%v, %s", err, last().uri)
	}
	if err := c.Delete(t.Context(), receipt); err != nil || last().uri != "DELETE /api/v1/statuses/"+receipt.RemoteID+"?delete_media=true" {
		t.Errorf("%v, %s", err, last().uri)
	}
	d := c.drafts(campaign.Content{Text: "x", Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: time.Hour, Multiple: true}})
	if p := d[0].body.Poll; p.ExpiresIn != 3600 || !p.Multiple || len(p.Options) != 2 {
		t.Errorf("%+v", p)
	}
}

func TestTokenFilesEndWithALine(t *testing.T) {
	b := newBench(t, pretend.Options{})
	env := b.env()
	env.Secret = func(string) (secret.String, error) { return secret.New(" " + canary + "\r\n"), nil }
	if _, err := open(t, b.box.URL, env).Inspect(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhoseTokenItIs: what the server says of account and program is shown only where it can be.
func TestWhoseTokenItIs(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/accounts/verify_credentials", Status: 200,
		Body: `{"id":"1","acct":"<b>","display_name":"Us Bearer ` + canary + `","url":"javascript:x"}`})
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Handle != "@@social.example" || strings.Contains(a.Name, "CANARY") || a.URL != "" {
		t.Errorf("%+v, %v", a, err)
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/apps/verify_credentials", Status: 200, Body: `{"name":"x","scopes":["read","<b>","write"]}`})
	if a, err := b.c.Inspect(t.Context()); err != nil || strings.Join(a.Rights, " ") != "read write" {
		t.Errorf("%+v, %v", a.Rights, err)
	}
	// A server that does not say what the program is called: it was we who named it.
	b = newBench(t, pretend.Options{}, "token", "", "app_name", "It Takes a Community")
	if _, err := b.connect(""); err != nil {
		t.Fatal(err)
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/apps/verify_credentials", Status: 404, Body: `{"error":"Record not found"}`})
	token, err := b.c.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if who, err := b.c.identify(t.Context(), token); err != nil || who.app != "It Takes a Community" {
		t.Errorf("%q, %v", who.app, err)
	}
	b.s.AcceptToken(canary, "another", scopes...)
	if who, err := b.c.identify(t.Context(), secret.New(canary)); err != nil || who.app != "" {
		t.Errorf("another token is of %q, %v", who.app, err)
	}
}

// TestFlowsThatLackSomething end where it is missing.
func TestFlowsThatLackSomething(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "")
	invited, err := b.c.Begin(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	calls := len(b.s.Calls())
	if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(" \n")}); err == nil || !strings.Contains(err.Error(), "code is missing") || len(b.s.Calls()) != calls {
		t.Errorf("%v", err)
	}
	for _, body := range []string{`{"access_token":"x","token_type":"mac"}`, `{"access_token":"","token_type":"Bearer"}`, `{"access_token":"x"}`} {
		b.s.Set(&pretend.Trouble{Path: "POST /oauth/token", Status: 200, Body: body})
		if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New("c")}); err == nil || !strings.Contains(err.Error(), "gave no token") {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`{"client_id":"a"}`, `{"client_secret":"b"}`, `{}`} {
		b.s.Set(&pretend.Trouble{Path: "POST /api/v1/apps", Status: 200, Body: body})
		if _, err := b.c.Begin(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "registered no program") {
			t.Errorf("%s: %v", body, err)
		}
	}
	b.s.Set(&pretend.Trouble{Path: "POST /api/v1/apps", Status: 500, Body: `{"error":"x"}`})
	calls = len(b.s.Calls())
	if _, err := b.c.Begin(t.Context(), ""); err == nil || len(b.s.Calls()) != calls+1 {
		t.Errorf("%d calls, %v", len(b.s.Calls())-calls, err)
	}
}

func TestWhereAReceiptLeads(t *testing.T) {
	for answer, want := range map[string]string{
		`{"id":"1","url":"https://a.example/@us/1","uri":"https://a.example/1"}`: "https://a.example/@us/1",
		`{"id":"1","url":null,"uri":"https://a.example/1"}`:                      "https://a.example/1",
		`{"id":"1","url":"javascript:x","uri":"https://a.example/1"}`:            "https://a.example/1",
		`{"id":"1","url":"javascript:x","uri":"javascript:y"}`:                   "",
	} {
		var p post
		if err := json.Unmarshal([]byte(answer), &p); err != nil {
			t.Fatal(err)
		}
		if r := p.receipt(channeltest.Now(), "answer"); r.URL != want {
			t.Errorf("%s: %+v", answer, r)
		}
	}
}

func TestNumbersThatCannotBe(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/statuses", Status: 200, Body: `{"id":"1","favourites_count":-3,"reblogs_count":"many","replies_count":2}`})
	n, err := b.c.Numbers(t.Context(), campaign.Receipt{RemoteID: "1"})
	if err != nil || len(n.Counts) != 1 || n.Counts[campaign.CountReplies] != 2 {
		t.Errorf("%+v, %v", n, err)
	}
	for status, gone := range map[int]bool{404: true, 410: true, 403: false} {
		for body, own := range map[string]bool{`{"error":"x"}`: true, "<html>": false} {
			b.s.Set(&pretend.Trouble{Path: "GET /api/v1/statuses", Status: status, Body: body})
			if _, err := b.c.Numbers(t.Context(), campaign.Receipt{RemoteID: "1"}); err == nil || errors.Is(err, channels.ErrGone) != (gone && own) {
				t.Errorf("%d %s: %v", status, body, err)
			}
		}
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/accounts/1", Status: 200, Body: `[{"id":"<b>"}]`})
	if id, err := b.c.Latest(t.Context()); id != "" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	b.c.cfg.Base = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	var e *channels.Error
	if _, err := b.c.Date(t.Context()); !errors.As(err, &e) || e.Fate != channels.NotSent {
		t.Errorf("the clock of no server: %v", err)
	}
}

// TestWordsOfWhatFailedUnseen: the server's own where it gave some, else what is
// known; a refusal of what was sent is of that post alone.
func TestWordsOfWhatFailedUnseen(t *testing.T) {
	lost := errors.New("the line broke")
	for _, tt := range []struct {
		status int
		body   string
		err    error
		says   string
		scope  channels.Scope
	}{
		{400, `{"error":"bad alt text"}`, nil, "bad alt text", channels.ScopeContent},
		{404, `{"error":"Record not found"}`, nil, "Record not found", channels.ScopeContent},
		{413, `{"error":"too large"}`, nil, "too large", channels.ScopeContent},
		{422, `{"error":"unknown type"}`, nil, "unknown type", channels.ScopeContent},
		{403, `{"error":"This is not allowed"}`, nil, "This is not allowed", channels.ScopeChannel},
		{200, `junk`, nil, "cannot be understood", channels.ScopePlatform},
		{200, `junk`, lost, "the line broke", channels.ScopePlatform},
		{502, `<html>`, nil, "502", channels.ScopePlatform},
	} {
		e := staging(opPrepare, httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.status, Body: []byte(tt.body), Whole: true}, tt.err, channeltest.Now())
		if e.Fate != channels.NotSent || e.Scope != tt.scope || !strings.Contains(e.Error(), tt.says) || strings.Contains(e.Error(), "understood") != strings.Contains(tt.says, "understood") {
			t.Errorf("%d %s: %v, scope %s", tt.status, tt.body, e, e.Scope)
		}
	}
}

// TestHowAProgramIsRegistered: with its website where there is one, by nobody's
// token, and with broad scopes where the narrow ones are refused in either way.
func TestHowAProgramIsRegistered(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusUnprocessableEntity} {
		for _, site := range []string{"", "https://us.example"} {
			b := newBench(t, pretend.Options{}, "token", "")
			var forms []url.Values
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path == "/api/v1/apps" {
					if forms = append(forms, url.Values{}); q.ParseForm() == nil {
						forms[len(forms)-1] = q.PostForm
					}
					if _, bears := q.Header["Authorization"]; bears {
						t.Error("a program is registered with a token")
					}
					w.WriteHeader(status)
					_, _ = io.WriteString(w, `{"error":"invalid scopes"}`)
					return
				}
				b.s.ServeHTTP(w, q)
			}))
			t.Cleanup(server.Close)
			if _, err := open(t, server.URL, b.env(), "token", "", "app_website", site).Begin(t.Context(), ""); err == nil {
				t.Error("registered")
			}
			if len(forms) != 2 || forms[0].Get("scopes") != strings.Join(scopes, " ") || forms[1].Get("scopes") != strings.Join(broadScopes, " ") ||
				forms[0].Get("website") != site || forms[0].Has("website") != (site != "") {
				t.Errorf("%d %s: %v", status, site, forms)
			}
		}
	}
}

// TestWhatAConnectionTells: rights that are newly granted replace those of
// before, those that nobody tells are not missed, and accounts of a server that
// names no domain have its address's.
func TestWhatAConnectionTells(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "")
	kept, err := json.Marshal(kept{Server: b.c.cfg.Server.Host, ClientID: "a", ClientSecret: "b", Token: "old", Scope: "read"})
	if err != nil {
		t.Fatal(err)
	}
	b.keep.Kept = secret.New(string(kept))
	if a, err := b.connect(""); err != nil || strings.Join(a.Rights, " ") != strings.Join(scopes, " ") {
		t.Errorf("%v, %v", a.Rights, err)
	}
	b = newBench(t, pretend.Options{})
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/apps/verify_credentials", Status: 404, Body: `{"error":"Record not found"}`})
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Rights != nil || a.Missing != nil {
		t.Errorf("%v, missing %v, %v", a.Rights, a.Missing, err)
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v2/instance", Status: 200, Body: `{}`})
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Handle != "@campaign@social.example" {
		t.Errorf("%s, %v", a.Handle, err)
	}
	b = newBench(t, pretend.Options{Domain: "example.org"})
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Handle != "@campaign@example.org" {
		t.Errorf("%s, %v", a.Handle, err)
	}
	b = newBench(t, pretend.Options{}, "token", "")
	b.keep.Kept = secret.New(`{"server":"` + b.c.cfg.Server.Host + `"}`)
	if _, err := b.c.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("what is kept holds no token: %v", err)
	}
}

// TestUploadsOfPictures: they say their type, and no description where there is none.
func TestUploadsOfPictures(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m := b.picture(3)
	m.Alt = ""
	body, _, err := mediaForm(m, []byte("a"))
	if err != nil || !bytes.Contains(body, []byte("Content-Type: image/png\r\n")) || bytes.Contains(body, []byte(`"description"`)) {
		t.Errorf("%q, %v", body, err)
	}
}

// TestWhereNodeinfoLies: at the place that the server names for it, of what it is.
func TestWhereNodeinfoLies(t *testing.T) {
	b := newBench(t, pretend.Options{})
	v1 := 0
	c := openOn(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		const rel = "http://nodeinfo.diaspora.software/ns/schema/"
		switch q.URL.Path {
		case "/.well-known/nodeinfo":
			_, _ = io.WriteString(w, `{"links":[{"rel":"https://a.example/other","href":"http://`+q.Host+`/wrong"},{"rel":"`+rel+`2.1","href":"https://other.example/x"},{"rel":"`+rel+`2.0","href":"http://`+q.Host+`/ni/2"}]}`)
		case "/ni/2":
			_, _ = io.WriteString(w, `{"software":{"name":"Akkoma","version":"3.13"}}`)
		case "/wrong":
			_, _ = io.WriteString(w, `{"software":{"name":"wrong"}}`)
		case "/api/v1/instance":
			v1++
		case "/api/v2/instance":
			_, _ = io.WriteString(w, "junk")
		default:
			b.s.ServeHTTP(w, q)
		}
	}), b.env())
	if a, err := c.Inspect(t.Context()); err != nil || a.Server != "akkoma 3.13" || v1 != 0 {
		t.Errorf("%q, %d, %v", a.Server, v1, err)
	}
	for said, want := range map[string]string{"Social.example": "social.example", "https://a.example:1/b": "a.example", "": "", "a b": "", "%": ""} {
		if got := host(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

// TestPostsWithoutATime may be ours, whenever they were made.
func TestPostsWithoutATime(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "Ten years", Language: "en"})
	r.Newest = ""
	for _, older := range []string{"", `,{"id":"4","content":"x","created_at":"2020-01-01T00:00:00Z"}`} {
		b.s.Set(&pretend.Trouble{Path: "GET /api/v1/accounts/1", Status: 200, Body: `[{"id":"5","content":"<p>Ten years</p>","application":{"name":"takeover"}}` + older + `]`})
		if v, receipt := b.reconcile(r); v != channels.Found || receipt.RemoteID != "5" {
			t.Errorf("%s: %s, %+v", older, v, receipt)
		}
	}
}

// TestWhoMadeItIsNotKnown: then it is ours only where nothing of it is missing.
func TestWhoMadeItIsNotKnown(t *testing.T) {
	want := draft{name: partReply, body: status{Status: "x"}, alts: []string{"a"}}
	for body, verdict := range map[string]channels.Verdict{
		`{"id":"1","content":"x","media_attachments":[{"id":"2"}]}`: channels.Found,
		`{"id":"1","content":"x"}`:                                  channels.Ambiguous,
	} {
		var p post
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		if v, _ := judge([]post{p}, want, nil, "", channeltest.Now()); v != verdict {
			t.Errorf("%s: %s", body, v)
		}
	}
}
