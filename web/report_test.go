package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/desk"
)

// TestReportPage: the report tells what did not go as planned, stays readable
// to the lead after the window, comes as files, and is closed by an organizer
// once everything has ended.
func TestReportPage(t *testing.T) {
	w := newWorld(t)
	w.submit()
	path := "/windows/mayors-dec/report"
	w.ask("boss@campaign.example", "POST", "/cancel", map[string]any{"plan": "mayors", "why": "the hall burned"}, http.StatusOK, nil)
	organizer := w.signedIn("boss@campaign.example")
	if got := pressed(w.tcp, "POST", path+"/close", "", organizer); got != http.StatusConflict {
		t.Errorf("closed before the window's end: %d", got)
	}
	if strings.Contains(w.page(path, organizer).Body.String(), path+"/close") {
		t.Error("closing is offered before the window's end")
	}
	w.clock.now = time.Date(2026, 12, 22, 9, 0, 0, 0, time.UTC)
	lead, organizer := w.signedIn("lead@mayors.example"), w.signedIn("boss@campaign.example")
	body := w.page(path, lead).Body.String()
	for _, want := range []string{"the hall burned", path + "/csv", "<meter"} {
		if !strings.Contains(body, want) {
			t.Errorf("the lead's report does not have %q", want)
		}
	}
	for format, want := range map[string]string{"html": "<!doctype html>", "csv": "delivery,plan,post", "json": `"schema":"takeover/recap-v1"`} {
		r := w.page(path+"/"+format, lead)
		if r.Code != http.StatusOK || !strings.Contains(strings.ToLower(r.Body.String()), want) || !strings.Contains(r.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("as %s: %d %q", format, r.Code, r.Header().Get("Content-Disposition"))
		}
	}
	if r := w.page(path+"/exe", lead); r.Code != http.StatusNotFound {
		t.Errorf("as exe: %d", r.Code)
	}
	if got := pressed(w.tcp, "POST", path+"/close", "", lead); got != http.StatusForbidden {
		t.Errorf("closed by a lead: %d", got)
	}
	if got := pressed(w.tcp, "POST", path+"/close", "", organizer); got != http.StatusSeeOther {
		t.Errorf("closed: %d", got)
	}
	var out desk.Recap
	w.ask("lead@mayors.example", "GET", path, nil, http.StatusOK, &out)
	if !out.Closed {
		t.Error("it is not closed")
	}
	if body := w.page("/reports", lead).Body.String(); !strings.Contains(body, path) || strings.Contains(body, "youth-dec") {
		t.Error("the lead's list lacks the own report, or has another's")
	}
}

// TestTokensPage: a key is made with some of one's rights, shown once, works,
// and ends; a sign-in of one factor makes none with rights that it lacks.
func TestTokensPage(t *testing.T) {
	w := newWorld(t)
	cookie := w.signedIn("desk@campaign.example")
	q := httptest.NewRequest("POST", "/tokens", strings.NewReader("name=sheet+sync&roles=operator&days=7"))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.AddCookie(cookie)
	body := w.do(w.tcp, q, http.StatusOK, nil).Body.String()
	_, after, _ := strings.Cut(body, `<code dir="ltr">`)
	secret, _, ok := strings.Cut(after, "</code>")
	if !ok || !strings.HasPrefix(secret, "takeover_") {
		t.Fatalf("no key is shown: %s", body)
	}
	if strings.Contains(w.page("/tokens", cookie).Body.String(), secret) {
		t.Error("the key is shown twice")
	}
	ask := func(path string, status int) {
		t.Helper()
		q := httptest.NewRequest("GET", "/api/v1"+path, nil)
		q.Header.Set("Authorization", "Bearer "+secret)
		w.do(w.tcp, q, status, nil)
	}
	ask("/status", http.StatusOK)
	ask("/plans/none", http.StatusNotFound)
	var list []desk.Token
	w.ask("desk@campaign.example", "GET", "/tokens", nil, http.StatusOK, &list)
	if len(list) != 1 || len(list[0].Roles) != 1 || list[0].Roles[0] != "operator" || list[0].Until.Sub(start) != 7*24*time.Hour {
		t.Fatalf("it is %+v", list)
	}
	weak := &http.Cookie{Name: w.cookieName(), Value: w.forge("boss@campaign.example", false)}
	if got := pressed(w.tcp, "POST", "/tokens", "name=x&roles=organizer", weak); got != http.StatusForbidden {
		t.Errorf("one factor makes an organizer's key: %d", got)
	}
	if got := pressed(w.tcp, "POST", "/tokens/"+list[0].ID+"/end", "", w.signedIn("lead@youth.example")); got != http.StatusForbidden {
		t.Errorf("another's key: %d", got)
	}
	if got := pressed(w.tcp, "POST", "/tokens/"+list[0].ID+"/end", "", cookie); got != http.StatusSeeOther {
		t.Errorf("ending it: %d", got)
	}
	ask("/status", http.StatusForbidden)
}

// TestHandoverPage: who comes next reads it and its note, as words and not as markup.
func TestHandoverPage(t *testing.T) {
	w := newWorld(t)
	w.submit()
	path := "/windows/mayors-dec/handover"
	if r := w.press(path, "text=Answer+%3Cb%3Ethe+choir%3C/b%3E", w.signedIn("lead@mayors.example")); r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	body := w.page(path, w.signedIn("lead@youth.example")).Body.String()
	for _, want := range []string{"Answer &lt;b&gt;the choir&lt;/b&gt;", "youth-dec", "mayors / p0"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
}

// TestCreditsPage: without an account it is there only while it is published.
func TestCreditsPage(t *testing.T) {
	w := newWorld(t)
	boss := w.signedIn("boss@campaign.example")
	w.press("/contributors", "id=choir&name=The+%3Cb%3Echoir%3C/b%3E&kind=in-kind&window=mayors-dec", boss)
	if r := w.page("/credits", nil); r.Code != http.StatusNotFound || strings.Contains(r.Body.String(), "choir") {
		t.Errorf("not published: %d", r.Code)
	}
	w.press("/credits", "publish=true", boss)
	r := w.page("/credits", nil)
	for _, want := range []string{"The &lt;b&gt;choir&lt;/b&gt;", "Mon 14 Dec 2026", "Sun 20 Dec 2026"} {
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), want) {
			t.Errorf("published: %d lacks %s in %s", r.Code, want, r.Body)
		}
	}
	if strings.Contains(r.Body.String(), `action="/credits"`) {
		t.Error("who has no account is offered to publish")
	}
	w.press("/credits", "publish=false", boss)
	if r := w.page("/credits", nil); r.Code != http.StatusNotFound {
		t.Errorf("published no more: %d", r.Code)
	}
}
