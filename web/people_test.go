package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestInvitation: an organizer lets a lead in on the page; the link is used by
// its button alone, once, and never by opening it.
func TestInvitation(t *testing.T) {
	w := newWorld(t)
	boss := w.signedIn("boss@campaign.example")
	r := answered(w.tcp, "POST", "/people", url.Values{"mail": {"new@mayors.example"}, "roles": {"lead:mayors"}}.Encode(), boss)
	link := regexp.MustCompile(`http://takeover\.test(/in/[\w-]+)`).FindStringSubmatch(r.Body.String())
	if r.Code != http.StatusOK || link == nil {
		t.Fatalf("status %d, no link on the page: %s", r.Code, r.Body)
	}
	for range 3 { // a mail scanner opens it
		if r := answered(w.tcp, "GET", link[1], "", nil); r.Code != http.StatusOK || len(r.Result().Cookies()) > 0 {
			t.Fatalf("opening the link: status %d, %v", r.Code, r.Result().Cookies())
		}
	}
	used := answered(w.tcp, "POST", link[1], "", nil)
	if used.Code != http.StatusSeeOther || len(used.Result().Cookies()) != 1 {
		t.Fatalf("the button: status %d", used.Code)
	}
	if body := w.page("/import", used.Result().Cookies()[0]).Body.String(); !strings.Contains(body, "new@mayors.example") {
		t.Error("the lead is not signed in")
	}
	if r := answered(w.tcp, "POST", link[1], "", nil); r.Code != http.StatusForbidden {
		t.Errorf("the button a second time: status %d", r.Code)
	}
	// Whoever holds the link of a person who decides could approve their own words.
	r = answered(w.tcp, "POST", "/people", url.Values{"mail": {"new@campaign.example"}, "roles": {"approver"}}.Encode(), boss)
	if body := r.Body.String(); r.Code != http.StatusOK || strings.Contains(body, "/in/") || !strings.Contains(body, "takeover open --as new@campaign.example") {
		t.Errorf("an approver's link: status %d, %s", r.Code, body)
	}
}
