package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/campaign"
)

// opened is the connection of an open page.
func (w *world) opened(t *testing.T, address string, cookie *http.Cookie) *bufio.Scanner {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	q, err := http.NewRequestWithContext(ctx, "GET", address+livePath, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.AddCookie(cookie)
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", r.StatusCode, r.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(r.Body)
	if !lines.Scan() {
		t.Fatal("the connection says nothing")
	}
	return lines
}

// changes reads until a change is told; false at the end.
func changes(lines *bufio.Scanner) bool {
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: changed") {
			return true
		}
	}
	return false
}

// TestLive: an open page is told of a deed, without what it was; the connection
// ends with the session, and with the daemon.
func TestLive(t *testing.T) {
	w := newWorld(t)
	srv := httptest.NewServer(w.tcp)
	defer srv.Close()
	lead, organizer := w.signedIn("lead@mayors.example"), w.signedIn("boss@campaign.example")
	leads, organizers := w.opened(t, srv.URL, lead), w.opened(t, srv.URL, organizer)
	w.submit()
	if !changes(leads) || !changes(organizers) {
		t.Fatal("a submission is not told")
	}
	out := httptest.NewRequest("POST", "/out", nil)
	out.AddCookie(lead)
	w.do(w.tcp, out, http.StatusSeeOther, nil)
	w.ask("boss@campaign.example", "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "plan", Plan: "mayors"}}, http.StatusOK, nil)
	for changes(leads) { // what was told before the session ended
	}
	if !changes(organizers) {
		t.Error("a hold is not told")
	}
	w.EndLive()
	for changes(organizers) {
	}
	if got := pressed(w.tcp, "GET", livePath, "", organizer); got != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", got)
	}
}

// TestLiveIsBounded: more open pages than places are refused, and places that are left are given anew.
func TestLiveIsBounded(t *testing.T) {
	s := newWorld(t).Server
	var pages []chan campaign.Digest
	for range livePages {
		page, ok := s.joinLive("")
		if !ok {
			t.Fatal("refused below the bound")
		}
		pages = append(pages, page)
	}
	if _, ok := s.joinLive(""); ok {
		t.Error("let in above the bound")
	}
	for _, page := range pages {
		s.live.leave(page)
		s.live.leave(page) // twice does no harm
	}
	if _, ok := s.joinLive(""); !ok {
		t.Error("refused though all have left")
	}
	s.EndLive()
}

// TestBrowserLive: an open queue shows a deed by itself; an inbox announces it
// and stays as it is, so that no button moves under a hand.
func TestBrowserLive(t *testing.T) {
	w := newWorld(t)
	ctx, address := w.browser(t)
	w.submit()
	w.signInBrowser(ctx, t, address, "boss@campaign.example")
	deed := func(why string) {
		w.ask("boss@campaign.example", "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "plan", Plan: "mayors"}, "reason": why}, http.StatusOK, nil)
	}
	until := func(js string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
			t.Fatalf("%s: %v", js, err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/queue")); err != nil {
		t.Fatal(err)
	}
	deed("credit missing")
	until(`document.getElementById("main").innerText.includes("credit missing")`)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/inbox")); err != nil {
		t.Fatal(err)
	}
	before, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("main").innerHTML`))
	if err != nil {
		t.Fatal(err)
	}
	w.ask("boss@campaign.example", "POST", "/stop", map[string]any{"scope": campaign.Scope{Kind: "all"}, "reason": "wrong photo"}, http.StatusOK, nil)
	until(`!document.getElementById("news").hidden`)
	until(`document.querySelector(".stopped").innerText.includes("wrong photo")`)
	after, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("main").innerHTML`))
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Error("the inbox changed by itself")
	}
}
