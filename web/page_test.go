package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// signedIn is the cookie of a person who pressed the button behind a link.
func (w *world) signedIn(p campaign.PersonID) *http.Cookie {
	w.t.Helper()
	r := w.do(w.tcp, httptest.NewRequest("POST", w.linkOf(p), nil), http.StatusSeeOther, nil)
	return r.Result().Cookies()[0]
}

// linkOf is the path of a link that the local operator made for the person.
func (w *world) linkOf(p campaign.PersonID) string {
	w.t.Helper()
	var l SignInLink
	w.ask(string(p), "POST", "/sign-in-link", nil, http.StatusOK, &l)
	return strings.TrimPrefix(l.URL, w.Address)
}

func (w *world) page(path string, cookie *http.Cookie) *httptest.ResponseRecorder {
	w.t.Helper()
	q := httptest.NewRequest("GET", path, nil)
	if cookie != nil {
		q.AddCookie(cookie)
	}
	r := httptest.NewRecorder()
	w.tcp.ServeHTTP(r, q)
	return r
}

func TestSignInOnce(t *testing.T) {
	w := newWorld(t)
	var l SignInLink
	w.ask("desk@campaign.example", "POST", "/sign-in-link", nil, http.StatusOK, &l)
	u, err := url.Parse(l.URL)
	if err != nil || u.Host != "takeover.test" {
		t.Fatalf("the link is %q", l.URL)
	}
	for range 3 { // as mail scanners do
		r := w.page(u.Path, nil)
		if r.Code != http.StatusOK || len(r.Result().Cookies()) > 0 || !strings.Contains(r.Body.String(), `method="post"`) {
			t.Fatalf("looking at the link: %d, cookies %v", r.Code, r.Result().Cookies())
		}
	}
	if r := w.page("/queue", nil); r.Code != http.StatusUnauthorized {
		t.Errorf("the queue without a session: %d", r.Code)
	}
	r := w.do(w.tcp, httptest.NewRequest("POST", u.Path, nil), http.StatusSeeOther, nil)
	cookie := r.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("the cookie is %v", cookie)
	}
	if r := w.page("/queue", cookie); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "desk@campaign.example") {
		t.Errorf("the queue in a session: %d", r.Code)
	}
	w.do(w.tcp, httptest.NewRequest("POST", u.Path, nil), http.StatusForbidden, nil)
	q := httptest.NewRequest("GET", "/api/v1/queue", nil)
	q.AddCookie(cookie)
	w.do(w.tcp, q, http.StatusUnauthorized, nil) // a cookie opens no API
	out := httptest.NewRequest("POST", "/out", nil)
	out.AddCookie(cookie)
	w.do(w.tcp, out, http.StatusSeeOther, nil)
	if r := w.page("/queue", cookie); r.Code != http.StatusUnauthorized {
		t.Errorf("the queue after signing out: %d", r.Code)
	}
}

func TestLinksAndSessionsEnd(t *testing.T) {
	w := newWorld(t)
	link := w.linkOf("desk@campaign.example")
	cookie := w.signedIn("desk@campaign.example")
	w.clock.now = start.Add(desk.SessionLife)
	if r := w.page("/queue", cookie); r.Code != http.StatusUnauthorized {
		t.Errorf("an old session: %d", r.Code)
	}
	w.clock.now = start.Add(desk.LinkLife)
	w.do(w.tcp, httptest.NewRequest("POST", link, nil), http.StatusForbidden, nil)
	// Whoever was disabled has no session any more.
	cookie = w.signedIn("lead@youth.example")
	w.ask("desk@campaign.example", "POST", "/people/lead@youth.example/disable", map[string]any{}, http.StatusOK, nil)
	if r := w.page("/queue", cookie); r.Code != http.StatusUnauthorized {
		t.Errorf("a disabled person's session: %d", r.Code)
	}
}

// hostile is what people and platforms might have written.
const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&}}{{.}}`

// vandalize puts hostile text wherever a page shows text that others wrote.
func (w *world) vandalize() {
	w.t.Helper()
	w.ask("desk@campaign.example", "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "plan", Plan: "mayors"}, "reason": hostile}, http.StatusOK, nil)
	err := w.desk.Store.Update(w.t.Context(), func(tx store.Tx) error {
		ds, _, err := tx.List(store.Filter{Plan: "mayors"}, "", 10)
		if err != nil {
			return err
		}
		d := ds[0]
		d.Step, d.Languages = hostile, []string{hostile}
		d.Receipts = []campaign.Receipt{{RemoteID: hostile, URL: "javascript:alert(3)", At: start, How: hostile}, {URL: "https://wall.example/1?a=" + hostile, At: start}}
		return tx.PutDelivery(&d)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestF52QueuePageIsInert(t *testing.T) {
	w := newWorld(t)
	w.submit()
	w.vandalize()
	cookie := w.signedIn("desk@campaign.example")
	for _, lang := range []string{"en", "fr", "es", "ar"} {
		t.Run(lang, func(t *testing.T) {
			r := w.page("/queue?lang="+lang+"&refresh=5", cookie)
			if r.Code != http.StatusOK {
				t.Fatalf("status %d", r.Code)
			}
			checkHeaders(t, r.Header())
			root, err := html.Parse(strings.NewReader(r.Body.String()))
			if err != nil {
				t.Fatal(err)
			}
			checkInert(t, root)
			top := find(root, "html")
			if attr(top, "lang") != lang || attr(top, "dir") != direction(lang) {
				t.Errorf("lang %q, dir %q", attr(top, "lang"), attr(top, "dir"))
			}
			words := w.pages.words[lang]
			for _, key := range []string{"queue", "when", "channel", "state_paused", "stored_planned"} {
				if !strings.Contains(text(root), words[key]) {
					t.Errorf("%s: %q is not on the page", key, words[key])
				}
			}
			if !strings.Contains(text(root), "<script>alert(1)</script>") {
				t.Error("the hostile text is not shown as text")
			}
		})
	}
	// Hostile parameters come back inert, too.
	r := w.page("/queue?lang="+url.QueryEscape(hostile)+"&state="+url.QueryEscape(hostile)+"&plan="+url.QueryEscape(hostile), cookie)
	if root, err := html.Parse(r.Body); err == nil {
		checkInert(t, root)
	}
	if r.Code != http.StatusOK {
		t.Errorf("hostile parameters: %d", r.Code)
	}
	// A lead sees the own rows only.
	r = w.page("/queue", w.signedIn("lead@youth.example"))
	if body := r.Body.String(); r.Code != http.StatusOK || strings.Contains(body, "mayors / p") || !strings.Contains(body, "youth / p0") {
		t.Errorf("a lead's page: %d %s", r.Code, body)
	}
}

func checkHeaders(t *testing.T, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy %q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy %q is unsafe", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if h.Get(name) != want {
			t.Errorf("%s is %q", name, h.Get(name))
		}
	}
}

// checkInert wants no script but our own file, no handler and no address that a browser would run.
func checkInert(t *testing.T, n *html.Node) {
	t.Helper()
	if n.Type == html.ElementNode {
		ours := n.Data == "script" && slices.Contains([]string{"/static/live.js", "/static/passkey.js", "/static/write.js"}, attr(n, "src")) && n.FirstChild == nil
		if n.Data == "script" && !ours || n.Data == "img" || n.Data == "iframe" || n.Data == "style" {
			t.Errorf("<%s> is on the page", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style":
				t.Errorf("%s=%q on <%s>", a.Key, a.Val, n.Data)
			case a.Key == "href" || a.Key == "src" || a.Key == "action":
				if u, err := url.Parse(a.Val); err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" {
					t.Errorf("%s=%q on <%s>", a.Key, a.Val, n.Data)
				}
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		checkInert(t, c)
	}
}

func find(n *html.Node, name string) *html.Node {
	if n.Type == html.ElementNode && n.Data == name {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find(c, name); f != nil {
			return f
		}
	}
	return nil
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return b.String()
}

func TestWords(t *testing.T) {
	all, err := loadWords("")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, key := range append(keysIn(t, "templates/message.html", `\.T "([a-z_]+)"`), keysIn(t, "templates/queue.html", `\.T "([a-z_]+)"`)...) {
		used[key] = true
	}
	for _, file := range []string{"queue.go", "signin.go"} {
		for _, key := range keysIn(t, file, `p\.T\("([a-z_]+)"\)`) {
			used[key] = true
		}
	}
	for _, s := range campaign.States {
		used["stored_"+string(s)] = true
		for _, d := range []campaign.Delivery{{}, {Parked: true}, {Attempt: 1, NotBefore: start}, {Reason: campaign.Reason{Code: campaign.ReasonWithdrawn}}} {
			d.State = s
			used[stateKey(d.Shown())] = true
			if desk.Icon(d.Shown()) == "" {
				t.Errorf("%q has no icon", d.Shown())
			}
		}
	}
	used[stateKey("paused")] = true
	if len(used) < 35 {
		t.Fatalf("only %d keys were found", len(used))
	}
	for lang, w := range all {
		for key := range used {
			if strings.TrimSpace(w[key]) == "" {
				t.Errorf("%s lacks %q", lang, key)
			}
		}
		for key := range w {
			if _, ok := all["en"][key]; !ok {
				t.Errorf("%s has %q, English has not", lang, key)
			}
		}
		if len(w) != len(all["en"]) {
			t.Errorf("%s has %d words, English %d", lang, len(w), len(all["en"]))
		}
	}
	for _, l := range languages {
		b, err := os.ReadFile("words/" + l.String() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if n, m := len(all[l.String()]), strings.Count(string(b), "\": \""); n != m {
			t.Errorf("%s: %d keys are written, %d count: one stands twice", l, m, n)
		}
		if !json.Valid(b) {
			t.Errorf("%s is no JSON", l)
		}
	}
}

func keysIn(t *testing.T, file, pattern string) (keys []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(b), -1) {
		keys = append(keys, m[1])
	}
	return keys
}

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct{ query, header, want string }{
		{"", "", "en"}, {"", "fr-BE, en;q=0.5", "fr"}, {"ar", "fr", "ar"}, {"xx", "es-419", "es"}, {"", "ja", "en"}, {"\x00", ";;;q=", "en"},
	} {
		q := httptest.NewRequest("GET", "/queue?lang="+url.QueryEscape(c.query), nil)
		q.Header.Set("Accept-Language", c.header)
		if got := languageOf(q); got != c.want {
			t.Errorf("lang %q, header %q: %s, want %s", c.query, c.header, got, c.want)
		}
	}
	if refreshOf("5") != 5 || refreshOf("-1") != 0 || refreshOf("1e9") != 0 || refreshOf("99999") != 0 {
		t.Error("refreshOf")
	}
}
