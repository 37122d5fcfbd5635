package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// rig is a server with a clock of its own and a client of one account.
type rig struct {
	*Server
	t   *testing.T
	now time.Time
	url string
}

func newRig(t *testing.T, a Account) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)}
	r.Server = newServer(t, Options{Now: func() time.Time { return r.now }})
	hs := httptest.NewServer(r.Server)
	t.Cleanup(hs.Close)
	r.url = hs.URL
	r.want(200, "PUT", "/v1/accounts/main", a)
	return r
}

// call makes a call; status 0 is an answer that never came whole.
func (r *rig) call(method, path string, body any, header ...string) (int, reply, http.Header) {
	r.t.Helper()
	var b []byte
	switch v := body.(type) {
	case nil:
	case []byte:
		b = v
	default:
		b, _ = json.Marshal(v)
	}
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(string(b)))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Close, req.GetBody = true, nil
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		return 0, reply{}, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, reply{}, nil
	}
	var v reply
	json.Unmarshal(raw, &v)
	return resp.StatusCode, v, resp.Header
}

func (r *rig) want(status int, method, path string, body any, header ...string) reply {
	r.t.Helper()
	got, v, _ := r.call(method, path, body, header...)
	if got != status {
		r.t.Fatalf("%s %s: %d %s %s, want %d", method, path, got, v.Error, v.Message, status)
	}
	return v
}

const posts = "/v1/accounts/main/posts"

func TestKeyIsRemembered(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K1})
	first := r.want(201, "POST", posts, Draft{Text: "one"}, "Idempotency-Key", "k")
	if again := r.want(200, "POST", posts, Draft{Text: "one"}, "Idempotency-Key", "k"); again.ID != first.ID {
		t.Errorf("a repeat made %s beside %s", again.ID, first.ID)
	}
	r.want(422, "POST", posts, Draft{Text: "two"}, "Idempotency-Key", "k")
	r.now = r.now.Add(keyWindow)
	r.want(201, "POST", posts, Draft{Text: "one"}, "Idempotency-Key", "k")
	if seen := r.Seen(); seen.Duplicates != 1 || len(seen.Twice) != 1 || seen.Posts[1].Copy != 2 || seen.Posts[0].Copies != 2 {
		t.Errorf("a forgotten key: %+v", seen)
	}
}

func TestKeyIsNotHonouredByOthers(t *testing.T) {
	for _, class := range []campaign.Class{campaign.K5, campaign.K6} {
		r := newRig(t, Account{Class: class})
		for range 2 {
			r.want(201, "POST", posts, Draft{Text: "one"}, "Idempotency-Key", "k")
		}
		if seen := r.Seen(); seen.Duplicates != 1 {
			t.Errorf("%s: %d duplicates", class, seen.Duplicates)
		}
	}
}

func TestOwnID(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K2})
	r.want(404, "GET", posts+"/own", nil)
	r.want(201, "PUT", posts+"/own", Draft{Text: "one"})
	r.want(200, "PUT", posts+"/own", Draft{Text: "one"})
	if v := r.want(409, "PUT", posts+"/own", Draft{Text: "two"}); v.Error != "id_taken" {
		t.Errorf("another post under the id: %+v", v)
	}
	r.want(200, "DELETE", posts+"/own", nil)
	r.want(404, "GET", posts+"/own", nil)
	r.want(201, "PUT", posts+"/own", Draft{Text: "one"}) // it comes back, as on Bluesky
	if n := len(r.Seen().Posts); n != 1 {
		t.Errorf("%d posts are visible", n)
	}
}

func TestContainerPublishesOnce(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K3})
	c := r.want(201, "POST", "/v1/accounts/main/containers", Draft{Text: "one"})
	place := "/v1/accounts/main/containers/" + c.ID
	if v := r.want(200, "GET", place, nil); v.State != "ready" {
		t.Errorf("state %q", v.State)
	}
	first := r.want(201, "POST", place+"/publish", nil)
	if v := r.want(409, "POST", place+"/publish", nil); v.ID != first.ID || v.Error != "already_published" {
		t.Errorf("a second publishing: %+v", v)
	}
	if v := r.want(200, "GET", place, nil); v.State != "published" || v.PostID != first.ID {
		t.Errorf("state %+v", v)
	}
	old := r.want(201, "POST", "/v1/accounts/main/containers", Draft{Text: "two"})
	r.now = r.now.Add(containerLife + time.Second)
	r.want(410, "POST", "/v1/accounts/main/containers/"+old.ID+"/publish", nil)
	r.want(404, "POST", "/v1/accounts/main/containers/c99/publish", nil)
}

func TestTwinsAreRefused(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K4})
	r.want(201, "POST", posts, Draft{Text: "See https://gfmd.org/a"})
	if v := r.want(403, "POST", posts, Draft{Text: "See  https://gfmd.org/b"}); v.Error != "duplicate" {
		t.Errorf("%+v", v)
	}
	r.now = r.now.Add(twinSpan)
	r.want(201, "POST", posts, Draft{Text: "See https://gfmd.org/a"})
}

func TestNobodyCanAskK6(t *testing.T) {
	r := newRig(t, Account{Like: "telegram"})
	r.want(201, "POST", posts, Draft{Text: "one"})
	for _, path := range []string{posts, posts + "/1000001", "/v1/accounts/main/containers/c1"} {
		r.want(403, "GET", path, nil)
	}
}

func TestLimits(t *testing.T) {
	digest, bytes := pixel(t)
	pic := Picture{Digest: digest}
	for _, tt := range []struct {
		name, like string
		draft      Draft
		code       string
	}{
		{"empty", "x", Draft{}, "empty"},
		{"280", "x", Draft{Text: strings.Repeat("a", 280)}, ""},
		{"281", "x", Draft{Text: strings.Repeat("a", 281)}, "text_too_long"},
		{"weighted", "x", Draft{Text: strings.Repeat("移", 141)}, "text_too_long"},
		{"forbidden", "x", Draft{Text: "a\uFEFF"}, "text_invalid"},
		{"graphemes", "bluesky", Draft{Text: strings.Repeat("👨‍👩‍👧‍👦", 120)}, ""},
		{"bytes", "bluesky", Draft{Text: strings.Repeat("👨‍👩‍👧‍👦", 121)}, "text_invalid"},
		{"caption", "telegram", Draft{Text: strings.Repeat("a", 1025), Pictures: []Picture{pic}}, "text_too_long"},
		{"text", "telegram", Draft{Text: strings.Repeat("a", 1025)}, ""},
		{"no picture", "instagram", Draft{Text: "a"}, "picture_needed"},
		{"five pictures", "x", Draft{Text: "a", Pictures: []Picture{pic, pic, pic, pic, pic}}, "too_many_pictures"},
		{"alt", "x", Draft{Pictures: []Picture{{Digest: digest, Alt: strings.Repeat("é", 1001)}}}, "alt_too_long"},
		{"not uploaded", "x", Draft{Pictures: []Picture{{Digest: "aa"}}}, "media_missing"},
		{"thread", "x", Draft{Kind: KindReply, Text: "a"}, "kind"},
		{"answers nothing", "mastodon", Draft{Kind: KindReply, Text: "a"}, "reply_target"},
		{"odd kind", "mastodon", Draft{Kind: "story", Text: "a"}, "kind"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Account{Like: tt.like, Class: campaign.K5})
			r.call("PUT", "/v1/accounts/main/media/"+string(digest), bytes)
			if _, v, _ := r.call("POST", posts, tt.draft); v.Error != tt.code {
				t.Errorf("%q, want %q", v.Error, tt.code)
			}
			want := 0
			if tt.code == "" {
				want = 1
			}
			if n := len(r.Seen().Posts); n != want {
				t.Errorf("%d posts are visible", n)
			}
		})
	}
}

func TestUploads(t *testing.T) {
	r := newRig(t, Account{Like: "instagram"})
	digest, bytes := pixel(t)
	place := "/v1/accounts/main/media/"
	r.want(415, "PUT", place+string(digest), bytes) // a PNG
	r.want(422, "PUT", place+"00", bytes)
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	r.want(415, "PUT", place+string(campaign.DigestOf(svg)), svg)
	large := make([]byte, maxPicture+1)
	r.want(413, "PUT", place+string(campaign.DigestOf(large)), large)
	r.want(413, "POST", posts, Draft{Text: strings.Repeat("a", maxDraft)})
}

// TestFaults counts for each fault what the client sees and what the public sees.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  Fault
		status int // 0: no whole answer
		shown  int
	}{
		{"hang up", Fault{Kind: FaultHangUp}, 0, 0},
		{"no answer", Fault{Kind: FaultNoAnswer}, 0, 0},
		{"no answer, with effect", Fault{Kind: FaultNoAnswer, Effect: true}, 0, 1},
		{"late", Fault{Kind: FaultLate, Delay: time.Millisecond}, 201, 1},
		{"own 503", Fault{Kind: FaultStatus}, 503, 0},
		{"own 500, with effect", Fault{Kind: FaultStatus, Status: 500, Effect: true}, 500, 1},
		{"a box's 502, with effect", Fault{Kind: FaultBox, Status: 502, Effect: true}, 502, 1},
		{"rate limit", Fault{Kind: FaultRateLimit, RetryAfter: "7"}, 429, 0},
		{"dead token", Fault{Kind: FaultToken}, 401, 0},
		{"cut off", Fault{Kind: FaultCut}, 0, 1},
		{"no id", Fault{Kind: FaultNoID}, 201, 1},
		{"huge", Fault{Kind: FaultHuge}, 201, 1},
		{"redirect", Fault{Kind: FaultRedirect, Location: "http://127.0.0.1:1/"}, 307, 0},
		{"duplicate", Fault{Kind: FaultDuplicate}, 403, 0},
		{"every account", Fault{Kind: FaultStatus, Account: ""}, 503, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Account{Class: campaign.K5})
			if tt.name != "every account" {
				tt.fault.Account = "main"
			}
			if err := r.AddFault(tt.fault); err != nil {
				t.Fatal(err)
			}
			r.want(200, "GET", posts, nil) // not a publish call: the fault waits
			status, v, header := r.call("POST", posts, Draft{Text: "one"})
			if status != tt.status || tt.fault.RetryAfter != header.Get("Retry-After") {
				t.Errorf("status %d, %v", status, header)
			}
			if tt.fault.Kind == FaultNoID && v.ID != "" {
				t.Errorf("id %q", v.ID)
			}
			if n := len(r.Seen().Posts); n != tt.shown {
				t.Errorf("%d posts are visible, want %d", n, tt.shown)
			}
			r.want(201, "POST", posts, Draft{Text: "two"}) // the fault is over
		})
	}
}

func TestFaultsEnd(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K5})
	for _, bad := range []Fault{{Kind: "odd"}, {Kind: FaultBox, Call: "odd"}, {Kind: FaultBox, Status: 99}, {Kind: FaultLate, Delay: time.Hour}} {
		if r.AddFault(bad) == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	r.AddFault(Fault{Account: "other", Kind: FaultToken, Call: FaultAny, Times: -1})
	r.AddFault(Fault{Account: "main", Kind: FaultStatus, Call: FaultOnlyRead, Times: 2})
	for _, want := range []int{503, 503, 200} {
		r.want(want, "GET", posts, nil)
	}
	if n := len(r.Faults()); n != 1 {
		t.Errorf("%d faults wait, want the other account's", n)
	}
	r.ClearFaults("")
	if n := len(r.Faults()); n != 0 {
		t.Errorf("%d faults wait", n)
	}
}

func TestReadsLag(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K5})
	r.AddFault(Fault{Kind: FaultLag, Delay: 10 * time.Second})
	r.want(201, "POST", posts, Draft{Text: "one"})
	if v := r.want(200, "GET", posts, nil); len(v.Posts) != 0 {
		t.Errorf("a young post is listed: %+v", v.Posts)
	}
	r.now = r.now.Add(10 * time.Second)
	if v := r.want(200, "GET", posts, nil); len(v.Posts) != 1 {
		t.Errorf("%+v", v.Posts)
	}
}

func TestByHand(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K5})
	wall := Wall{URL: r.url}
	ctx := t.Context()
	r.want(201, "POST", posts, Draft{Text: "one"})
	id, err := wall.Post(ctx, "main", Draft{Text: "one"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := wall.Seen(ctx)
	if err != nil || len(seen.Posts) != 2 || seen.Duplicates != 0 || seen.Posts[1].By != "person" {
		t.Errorf("%+v, %v", seen, err)
	}
	if err := wall.Delete(ctx, "main", id); err != nil {
		t.Error(err)
	}
	if err := wall.Delete(ctx, "main", id); err == nil {
		t.Error("a post was taken down twice")
	}
	if seen, _ = wall.Seen(ctx); len(seen.Posts) != 1 || seen.Deleted != 1 {
		t.Errorf("%+v", seen)
	}
	if err := wall.Fault(ctx, Fault{Kind: FaultToken, Call: FaultAny}); err != nil {
		t.Error(err)
	}
	if err := wall.Clear(ctx, ""); err != nil || len(r.Faults()) != 0 {
		t.Error("the fault stays", err)
	}
	accounts, err := wall.Accounts(ctx)
	if err != nil || len(accounts) != 1 || accounts[0].Class != campaign.K5 {
		t.Errorf("%+v, %v", accounts, err)
	}
}

// TestOccurrences keeps repeats that are meant apart from twins.
func TestOccurrences(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K5})
	for _, occurrence := range []string{"d_1", "d_2", "d_2"} {
		r.want(201, "POST", posts, Draft{Text: "daily", Occurrence: occurrence})
	}
	if n := r.Seen().Duplicates; n != 1 {
		t.Errorf("%d duplicates, want the one with the same occurrence", n)
	}
}

func TestFileRemembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wall.jsonl")
	digest, bytes := pixel(t)
	open := func() *Server {
		s, err := NewServer(Options{File: path})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	do := func(s *Server, method, path string, body any, header ...string) reply {
		b, ok := body.([]byte)
		if !ok {
			b, _ = json.Marshal(body)
		}
		req := httptest.NewRequest(method, path, strings.NewReader(string(b)))
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		var v reply
		json.Unmarshal(rec.Body.Bytes(), &v)
		return v
	}
	do(s, "PUT", "/v1/accounts/main", Account{})
	do(s, "PUT", "/v1/accounts/main/media/"+string(digest), bytes)
	first := do(s, "POST", posts, Draft{Text: "one", Pictures: []Picture{{Digest: digest}}}, "Idempotency-Key", "k")
	c := do(s, "POST", "/v1/accounts/main/containers", Draft{Text: "two"})
	do(s, "POST", "/v1/accounts/main/containers/"+c.ID+"/publish", nil)
	gone := do(s, "POST", posts, Draft{Text: "three"})
	do(s, "DELETE", posts+"/"+gone.ID, nil)
	before := s.Seen()
	s.Close()

	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"post":{"account":"main","id":"torn`)
	f.Close()
	for range 2 { // the torn line does not come back
		s = open()
		a, _ := json.Marshal(before)
		b, _ := json.Marshal(s.Seen())
		if string(a) != string(b) {
			t.Errorf("before %s\nafter  %s", a, b)
		}
		if again := do(s, "POST", posts, Draft{Text: "one", Pictures: []Picture{{Digest: digest}}}, "Idempotency-Key", "k"); again.ID != first.ID {
			t.Errorf("the key is forgotten: %+v", again)
		}
		if v := do(s, "POST", "/v1/accounts/main/containers/"+c.ID+"/publish", nil); v.Error != "already_published" {
			t.Errorf("the container is forgotten: %+v", v)
		}
		s.Close()
	}
	os.WriteFile(path, []byte("{}\n"), 0o600)
	if _, err := NewServer(Options{File: path}); err == nil {
		t.Error("a file that says nothing is taken")
	}
}

// TestOutage has a server go down and come back, although a stranger took its
// address meanwhile and answers there.
func TestOutage(t *testing.T) {
	s := newServer(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	// No system gives ports below 32768 away by itself, so that neither another
	// program nor a call of our own that finds nobody gets it while it is free.
	address := fmt.Sprintf("127.0.0.1:%d", 10_000+mathrand.IntN(20_000))
	go func() { ended <- s.ListenAndServe(ctx, address, func(a net.Addr) { ready <- a }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Skip("a port chosen by chance is not free:", err)
	}
	wall := Wall{URL: "http://" + address}
	// ours tells whether the answer is this server's: other tests' servers may
	// get its address while it is down.
	name := rand.Text()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("PUT", "/v1/accounts/"+name, strings.NewReader("{}")))
	ours := func() bool {
		soon, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		accounts, err := wall.Accounts(soon)
		return err == nil && len(accounts) == 1 && accounts[0].Name == name
	}
	if !ours() {
		t.Fatal("the server does not answer")
	}
	if err := s.AddFault(Fault{Kind: FaultRefuse, Delay: 300 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	until := func(up bool) {
		for ours() != up {
			if time.Now().After(deadline) {
				t.Fatalf("the server is not up %v in time", up)
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	until(false)
	if stranger, err := net.Listen("tcp", address); err == nil {
		time.AfterFunc(600*time.Millisecond, func() { stranger.Close() })
	}
	until(true)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

const hostile = `</p><script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1)`

func TestWall(t *testing.T) {
	r := newRig(t, Account{Title: hostile})
	digest, bytes := pixel(t)
	r.want(200, "PUT", "/v1/accounts/main/media/"+string(digest), bytes)
	r.want(201, "POST", posts, Draft{Text: "مرحبا " + hostile, Language: "ar", Link: "javascript:alert(1)", ContentWarning: hostile,
		Pictures: []Picture{{Digest: digest, Alt: "A choir " + hostile, Credit: hostile, Licence: hostile}}})
	r.want(201, "POST", posts, Draft{Text: "twice", Language: "en", Link: "https://gfmd.org/"})
	r.want(201, "POST", posts, Draft{Text: "twice", Language: hostile})
	page, header := r.page("/")
	for _, want := range []string{`lang="ar"`, `dir="auto"`, "A choir", "Alt text:", "Language: ar", "2026-12-18 09:00:00 UTC", "1 of 1", "2 of 2", "DUPLICATE",
		`href="https://gfmd.org/"`, "/media/" + string(digest), "pretend", `http-equiv="refresh"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the wall does not say %q", want)
		}
	}
	for _, tag := range regexp.MustCompile(`(?s)<[^>]*>`).FindAllString(page, -1) {
		if bad := regexp.MustCompile(`(?i)^<script|\son\w+=|javascript:`); bad.MatchString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, "")) {
			t.Errorf("live: %s", tag)
		}
	}
	if strings.Contains(page, "javascript:") {
		t.Error("a link runs a script")
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("policy %q", csp)
	}
	if still, _ := r.page("/?still=1"); strings.Contains(still, `http-equiv="refresh"`) {
		t.Error("the refresh cannot be switched off")
	}
	if _, h := r.page("/media/" + string(digest)); h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("picture: %v", h)
	}
}

func (r *rig) page(path string) (string, http.Header) {
	r.t.Helper()
	resp, err := http.Get(r.url + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		r.t.Fatal(resp.Status, err)
	}
	return string(b), resp.Header
}

func TestButtons(t *testing.T) {
	r := newRig(t, Account{Class: campaign.K5})
	press := func(want int, path string, origin string, form url.Values) {
		t.Helper()
		header := []string{"Content-Type", "application/x-www-form-urlencoded"}
		if origin != "" {
			header = append(header, "Origin", origin, "Sec-Fetch-Site", "cross-site")
		}
		r.want(want, "POST", path, []byte(form.Encode()), header...)
	}
	press(303, "/wall/post", "", url.Values{"account": {"main"}, "text": {"by hand"}})
	press(404, "/wall/post", "", url.Values{"account": {"none"}, "text": {"by hand"}})
	press(403, "/wall/post", "https://evil.example", url.Values{"account": {"main"}, "text": {"not by hand"}})
	press(303, "/wall/fault", "", url.Values{"account": {"main"}, "kind": {FaultLate}, "seconds": {"0.5"}, "call": {FaultAny}})
	if f := r.Faults(); len(f) != 1 || f[0].Delay != 500*time.Millisecond {
		t.Errorf("%+v", f)
	}
	press(303, "/wall/clear", "", nil)
	press(303, "/wall/delete", "", url.Values{"account": {"main"}, "id": {r.Seen().Posts[0].ID}})
	if seen := r.Seen(); len(seen.Posts) != 0 || seen.Deleted != 1 || len(r.Faults()) != 0 {
		t.Errorf("%+v", seen)
	}
}
