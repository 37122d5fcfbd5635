package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// invited is the cookie of a guest who pressed the button behind their link.
func (w *world) invited(host string, q desk.GuestRequest) (cookie *http.Cookie, path, home string) {
	w.t.Helper()
	var l GuestLink
	w.ask(host, "POST", "/guests", q, http.StatusOK, &l)
	path = strings.TrimPrefix(l.URL, w.Address)
	r := w.do(w.tcp, httptest.NewRequest("POST", path, nil), http.StatusSeeOther, nil)
	return r.Result().Cookies()[0], path, r.Header().Get("Location")
}

// TestGuestWrites: somebody without an account hands in posts for the one window,
// and touches and sees nothing else.
func TestGuestWrites(t *testing.T) {
	w := newWorld(t)
	w.submit()
	choir, path, home := w.invited("boss@campaign.example", desk.GuestRequest{Mail: "choir@singers.example", Window: "mayors-dec"})
	if home != "/windows/mayors-dec/write" || !strings.Contains(w.page(home, choir).Body.String(), `name="text:en"`) {
		t.Fatalf("the visit begins at %s: %s", home, w.page(home, choir).Body)
	}
	said := url.Values{"revision": {"0"}, "do": {"submit"}, "at": {"2026-12-15T18:00"}, "channels": {"wall"}, "text:en": {"We sing at six."}}
	r := w.send(home, choir, said)
	if r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	plan := r.Header().Get("Location")
	if body := w.page(plan, choir).Body.String(); !strings.Contains(body, "post-1") {
		t.Errorf("the own plan is not shown: %s", body)
	}
	waits := w.texts(campaign.PlanID(strings.TrimPrefix(plan, "/plans/")))
	if waits["post-1"] != "We sing at six." {
		t.Errorf("what waits for approval is %q", waits)
	}
	said.Set("revision", "1")
	for name, status := range map[string]int{
		"another window of another mechanism": w.send("/windows/youth-dec/write", choir, said).Code,
		"the lead's plan":                     w.send("/plans/mayors/posts/p1", choir, url.Values{"revision": {"1"}, "do": {"submit"}, "field:posts/p1/text/en": {"x"}}).Code,
		"reading the lead's plan":             w.page("/plans/mayors", choir).Code,
		"reading a delivery of it":            w.page("/deliveries/"+string(w.rows("mayors")["p1"]), choir).Code,
		"a file for the lead's plan":          pressed(w.tcp, "POST", "/import", importForm("submit"), choir),
		"approving the own post":              pressed(w.tcp, "POST", "/inbox/approve", "ids="+string(w.rows(campaign.PlanID(strings.TrimPrefix(plan, "/plans/")))["post-1"]), choir),
		"stopping":                            pressed(w.tcp, "POST", "/stop", url.Values{"scope": {`{"kind":"all"}`}}.Encode(), choir),
		"inviting":                            pressed(w.tcp, "POST", "/windows/mayors-dec/guests", "mail=x@y.example", choir),
		"the people":                          w.page("/people", choir).Code,
		"the record":                          w.page("/audit", choir).Code,
		"a token":                             pressed(w.tcp, "POST", "/tokens", "name=x&days=7", choir),
		"the report":                          w.page("/windows/mayors-dec/report", choir).Code,
	} {
		if status < 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	for _, list := range []string{"/queue", "/plans", "/timeline", "/calendar", "/inbox"} {
		if body := w.page(list, choir).Body.String(); strings.Contains(body, "Cities welcome.") || strings.Contains(body, "mayors / p") || strings.Contains(body, "youth") {
			t.Errorf("%s shows another's posts", list)
		}
	}
	// The link works again until the window ends, and then nothing does.
	w.do(w.tcp, httptest.NewRequest("POST", path, nil), http.StatusSeeOther, nil)
	w.clock.now = time.Date(2026, 12, 20, 22, 30, 0, 0, time.UTC) // half an hour before the end
	late := w.do(w.tcp, httptest.NewRequest("POST", path, nil), http.StatusSeeOther, nil).Result().Cookies()[0]
	w.clock.now = w.clock.now.Add(time.Hour)
	w.do(w.tcp, httptest.NewRequest("POST", path, nil), http.StatusForbidden, nil)
	if r := w.send(home, late, said); r.Code < 400 {
		t.Errorf("after the window: %d", r.Code)
	}
}

// TestGuestKeepsToTheWindow: a guest's plan goes into the window of the
// invitation, also where the mechanism has another one.
func TestGuestKeepsToTheWindow(t *testing.T) {
	w := newWorld(t)
	w.ask("boss@campaign.example", "POST", "/windows/mayors-jan", map[string]any{"mechanism": "mayors", "from": "2027-01-04T00:00:00+01:00", "to": "2027-01-08T00:00:00+01:00", "channels": []string{"wall"}}, http.StatusOK, nil)
	choir, _, _ := w.invited("boss@campaign.example", desk.GuestRequest{Mail: "choir@singers.example", Window: "mayors-dec"})
	var links []desk.Link
	w.ask("boss@campaign.example", "GET", "/guests", nil, http.StatusOK, &links)
	own := string(links[0].Guest.Plan)
	for window, day := range map[string]string{"mayors-jan": "2027-01-05", "mayors-dec": "2026-12-15"} {
		p := planOf(own, window, day, "Words.")
		if got := pressed(w.tcp, "POST", "/import", importFormOf(p, "submit"), choir); (got == http.StatusSeeOther) != (window == "mayors-dec") {
			t.Errorf("%s: %d", window, got)
		}
	}
}

// TestGuestDecides: a reviewer without an account sees one plan and decides on
// it, once signed in by the link; who invites does not approve their own words so.
func TestGuestDecides(t *testing.T) {
	w := newWorld(t)
	w.submit()
	expert, path, home := w.invited("boss@campaign.example", desk.GuestRequest{Mail: "expert@un.example", Plan: "mayors"})
	w.do(w.tcp, httptest.NewRequest("POST", path, nil), http.StatusForbidden, nil) // once
	body := w.page(home, expert).Body.String()
	if !strings.Contains(body, "Cities welcome.") || strings.Contains(body, "First words.") {
		t.Fatalf("the inbox of the one plan: %s", body)
	}
	if got := pressed(w.tcp, "POST", "/inbox/approve", "ids="+string(w.rows("youth")["p0"]), expert); got < 400 {
		t.Errorf("another plan was approved: %d", got)
	}
	if got := pressed(w.tcp, "POST", "/plans/mayors/posts/p0/changes", "text=Name+the+city.&back=/inbox", expert); got != http.StatusSeeOther {
		t.Errorf("asking for changes: %d", got)
	}
	if got := pressed(w.tcp, "POST", "/inbox/approve", "ids="+string(w.rows("mayors")["p1"]), expert); got != http.StatusSeeOther {
		t.Errorf("approving: %d", got)
	}
	// An organizer who wrote a plan cannot approve it by a guest of their own.
	w.ask("boss@campaign.example", "POST", "/plans", planOf("own", "youth-dec", "2026-12-23", "My words."), http.StatusOK, nil)
	friend, _, _ := w.invited("boss@campaign.example", desk.GuestRequest{Mail: "friend@boss.example", Plan: "own"})
	if got := pressed(w.tcp, "POST", "/inbox/approve", "ids="+string(w.rows("own")["p0"]), friend); got < 400 {
		t.Errorf("the author's own guest approved: %d", got)
	}
	// The invitation ends when it is ended, and with the host's own right.
	var links []desk.Link
	w.ask("desk@campaign.example", "GET", "/guests", nil, http.StatusOK, &links)
	for _, l := range links {
		if l.Person == "friend@boss.example" {
			w.ask("desk@campaign.example", "DELETE", "/guests/"+l.ID, nil, http.StatusOK, nil)
		}
	}
	if r := w.page("/inbox", friend); r.Code != http.StatusUnauthorized {
		t.Errorf("an ended guest: %d", r.Code)
	}
	w.ask("desk@campaign.example", "POST", "/people/boss@campaign.example/disable", map[string]any{}, http.StatusOK, nil)
	if r := w.page("/inbox", expert); r.Code != http.StatusUnauthorized {
		t.Errorf("a guest of somebody who left: %d", r.Code)
	}
}
