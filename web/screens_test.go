package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// screens are all pages to look at, from the routes, with the sample's ids in
// their paths: a new one cannot be left out.
func (w *world) screens() (paths []string) {
	var page desk.Page
	w.ask("desk@campaign.example", "GET", "/queue?plan=mayors", nil, http.StatusOK, &page)
	fill := strings.NewReplacer("{$}", "", "{secret}", "guess", "{id}", string(page.Rows[0].ID), "{plan}", "mayors", "{window}", "mayors-dec", "{post}", "p1", "{ref}", "C-1", "{channel}", "wall")
	for _, rt := range routes {
		if rt.screen {
			_, path, _ := strings.Cut(rt.pattern, " ")
			paths = append(paths, fill.Replace(path))
		}
	}
	return paths
}

// TestScreens: every screen in every language with hostile text in it is whole,
// inert, and framed: language, direction, title, one first heading, Stop.
func TestScreens(t *testing.T) {
	w := newWorld(t)
	w.submit()
	w.vandalize()
	w.ask("second@campaign.example", "POST", "/plans/mayors/posts/p1/request-changes", map[string]any{"text": hostile}, http.StatusOK, nil)
	w.ask("desk@campaign.example", "POST", "/guests", desk.GuestRequest{Mail: "choir@singers.example", Window: "mayors-dec"}, http.StatusOK, nil)
	cookie := w.signedIn("desk@campaign.example")
	screens := w.screens()
	if len(screens) < 15 {
		t.Fatalf("only %d screens", len(screens))
	}
	for _, path := range screens {
		for _, lang := range []string{"en", "fr", "es", "ar"} {
			t.Run(lang+path, func(t *testing.T) {
				r := w.page(path+"?lang="+lang, cookie)
				if r.Code != http.StatusOK {
					t.Fatalf("status %d: %s", r.Code, r.Body)
				}
				checkHeaders(t, r.Header())
				body := r.Body.String()
				root, err := html.Parse(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				checkInert(t, root)
				if top := find(root, "html"); attr(top, "lang") != lang || attr(top, "dir") != direction(lang) {
					t.Errorf("lang %q, dir %q", attr(top, "lang"), attr(top, "dir"))
				}
				if n := strings.Count(body, "<h1>"); n != 1 {
					t.Errorf("%d first headings", n)
				}
				for _, want := range []string{`href="/stop"`, `href="#main"`, `<main id="main"`} {
					if !strings.Contains(body, want) {
						t.Errorf("%s is missing", want)
					}
				}
				if strings.Contains(body, "%!") || strings.Contains(body, "<no value>") {
					t.Error("a template shows through")
				}
			})
		}
	}
}

// TestStopOnEveryPage: two presses, no script, and then every page says so.
func TestStopOnEveryPage(t *testing.T) {
	w := newWorld(t)
	w.submit()
	cookie := w.signedIn("desk@campaign.example")
	if r := w.page("/stop", cookie); !strings.Contains(r.Body.String(), `value="{&#34;kind&#34;:&#34;all&#34;}"`) {
		t.Fatalf("the first press offers no stop of everything: %s", r.Body)
	}
	q := httptest.NewRequest("POST", "/stop", strings.NewReader(`scope={"kind":"all"}&why=wrong+photo`))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.AddCookie(cookie)
	w.do(w.tcp, q, http.StatusOK, nil)
	for _, path := range w.screens() {
		if path == "/sign-in" || strings.HasPrefix(path, "/in/") {
			continue
		}
		if body := w.page(path, cookie).Body.String(); !strings.Contains(body, `class="stopped"`) || !strings.Contains(body, "wrong photo") {
			t.Errorf("%s does not say that publishing is stopped", path)
		}
	}
	// A lead stops the own mechanism's posts, and nothing else.
	lead := w.signedIn("lead@mayors.example")
	if body := w.page("/stop", lead).Body.String(); strings.Contains(body, "youth") || !strings.Contains(body, "mayors") {
		t.Error("a lead is offered another's stop, or not the own")
	}
}

// TestF53BackIsOurs: a form's way back leads to no other site.
func TestF53BackIsOurs(t *testing.T) {
	for in, want := range map[string]string{"/queue?x=1": "/queue?x=1", "": "/", "queue": "/", "//evil.example": "/", "https://evil.example": "/",
		"/\\evil.example": "/", "/\tx": "/", "/a\r\nSet-Cookie: x": "/", "javascript:alert(1)": "/"} {
		if got := local(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestF53AnotherSitePressesNothing: a form of another site is refused.
func TestF53AnotherSitePressesNothing(t *testing.T) {
	w := newWorld(t)
	q := httptest.NewRequest("POST", "/stop", strings.NewReader(`scope={"kind":"all"}`))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	q.Header.Set("Origin", "https://evil.example")
	q.AddCookie(w.signedIn("desk@campaign.example"))
	w.do(w.tcp, q, http.StatusForbidden, nil)
}

// TestF53Fixation: a session that was put into the browser before is ended by signing in.
func TestF53Fixation(t *testing.T) {
	w := newWorld(t)
	planted := w.signedIn("lead@youth.example")
	q := httptest.NewRequest("POST", w.linkOf("desk@campaign.example"), nil)
	q.AddCookie(planted)
	got := w.do(w.tcp, q, http.StatusSeeOther, nil).Result().Cookies()[0]
	if got.Value == planted.Value {
		t.Fatal("the session is the planted one")
	}
	if r := w.page("/queue", planted); r.Code != http.StatusUnauthorized {
		t.Errorf("the planted session goes on: %d", r.Code)
	}
}

// TestApprovalIsOfWhatWasSeen: a post that changed since the page was made is not approved by its button.
func TestApprovalIsOfWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan("Cities welcome."), http.StatusOK, nil)
	var in desk.Inbox
	w.ask("second@campaign.example", "GET", "/inbox", nil, http.StatusOK, &in)
	item := in.Approvals[0]
	form := "ids=" + string(item.Rows[0].ID) + "&expect=" + string(item.Hash)
	w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan("Cities do not welcome."), http.StatusOK, nil)
	cookie := w.signedIn("second@campaign.example")
	if got := pressed(w.tcp, "POST", "/inbox/approve", form, cookie); got != http.StatusConflict {
		t.Errorf("the button of an older page: %d", got)
	}
	w.ask("second@campaign.example", "GET", "/inbox", nil, http.StatusOK, &in)
	form = "ids=" + string(in.Approvals[0].Rows[0].ID) + "&expect=" + string(in.Approvals[0].Hash)
	if got := pressed(w.tcp, "POST", "/inbox/approve", form, cookie); got != http.StatusSeeOther {
		t.Errorf("the button of this page: %d", got)
	}
	var page desk.Page
	w.ask("desk@campaign.example", "GET", "/queue?state="+string(campaign.Scheduled), nil, http.StatusOK, &page)
	if len(page.Rows) != 1 {
		t.Errorf("%d rows are scheduled", len(page.Rows))
	}
}

// TestWeight: what a browser fetches besides the page stays small.
func TestWeight(t *testing.T) {
	var all bytes.Buffer
	z := gzip.NewWriter(&all)
	err := fs.WalkDir(files, "static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(path)
		if err == nil {
			_, err = z.Write(b)
		}
		return err
	})
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if all.Len() > 60<<10 {
		t.Errorf("script and style weigh %d bytes compressed, at most 60 KiB", all.Len())
	}
}
