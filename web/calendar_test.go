package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/ittakesacommunity/takeover/desk"
)

// TestTimesAreTheReadersToo: every time carries the campaign's zone, in the
// reader's language, and what the reader's own clock shows.
func TestTimesAreTheReadersToo(t *testing.T) {
	all, err := loadPages()
	if err != nil {
		t.Fatal(err)
	}
	zone := func(name string) *time.Location {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return loc
	}
	at := time.Date(2026, 12, 18, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		lang, own string
		at        time.Time
		want      string
	}{
		{"en", "", at, "Fri 18 Dec 2026 09:00 Europe/Brussels (+01:00)"},
		{"en", "Europe/Paris", at, "Fri 18 Dec 2026 09:00 Europe/Brussels (+01:00)"},
		{"en", "America/Guayaquil", at, "Fri 18 Dec 2026 09:00 Europe/Brussels (+01:00) = 03:00 America/Guayaquil"},
		{"en", "America/Guayaquil", at.Add(-4*time.Hour + 5*time.Second), "Fri 18 Dec 2026 05:00:05 Europe/Brussels (+01:00) = Thu 17 Dec 23:00:05 America/Guayaquil"},
		{"fr", "", at, "ven. 18 déc. 2026 09:00 Europe/Brussels (+01:00)"},
		{"ar", "", at, "الجمعة 18 ديسمبر 2026 09:00 Europe/Brussels (+01:00)"},
		{"es", "", time.Time{}, "–"},
	} {
		p := page{Words: all.words[tt.lang], zone: zone("Europe/Brussels")}
		if tt.own != "" {
			p.own = zone(tt.own)
		}
		if got := p.Time(tt.at); got != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.lang, tt.own, got, tt.want)
		}
	}
	for _, name := range zones {
		zone(name)
	}
	for lang, w := range all.words {
		if n, m := strings.Count(w["day_names"], ","), strings.Count(w["month_names"], ","); n != 6 || m != 11 {
			t.Errorf("%s: %d days, %d months", lang, n+1, m+1)
		}
	}
}

// TestCalendar: a month and a week show the days that are asked for, all of a
// reader's posts and no others, by channel and mechanism.
func TestCalendar(t *testing.T) {
	w := newWorld(t)
	w.submit()
	lead, organizer := w.signedIn("lead@mayors.example"), w.signedIn("boss@campaign.example")
	links := regexp.MustCompile(`href="/deliveries/d_`)
	for _, tt := range []struct {
		name, query string
		who         *http.Cookie
		days, posts int
	}{
		{"the month, of all", "day=2026-12-18", organizer, 35, 3},
		{"the month, of the lead's own", "day=2026-12-18", lead, 35, 2},
		{"a mechanism", "day=2026-12-18&mechanism=youth", organizer, 35, 1},
		{"a channel without posts", "day=2026-12-18&channel=other", organizer, 35, 0},
		{"a week", "view=week&day=2026-12-20", organizer, 7, 2},
		{"the next week", "view=week&day=2026-12-21", organizer, 7, 1},
		{"a month of four weeks", "day=2027-02-10", organizer, 28, 0},
		{"not a day", "day=2026-13-40&view=week", organizer, 7, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := w.page("/calendar?"+tt.query, tt.who)
			body := r.Body.String()
			if days := strings.Count(body, `class="daylink"`); r.Code != http.StatusOK || days != tt.days {
				t.Errorf("status %d, %d days, want %d", r.Code, days, tt.days)
			}
			moves := strings.Count(body, "#move")
			if posts := len(links.FindAllString(body, -1)) - moves; posts != tt.posts {
				t.Errorf("%d posts, want %d", posts, tt.posts)
			}
		})
	}
	if r := w.page("/calendar?mechanism=youth", lead); r.Code != http.StatusForbidden {
		t.Errorf("another's mechanism: %d", r.Code)
	}
	if body := w.page("/calendar?view=week&day=2026-12-15", lead).Body.String(); strings.Contains(body, "#move") {
		t.Error("a lead is offered a move that is not a lead's")
	}
}

// TestMoveInTheCalendar: what waits gets another time with a reason; the record keeps both.
func TestMoveInTheCalendar(t *testing.T) {
	w := newWorld(t)
	w.submit()
	cookie := w.signedIn("boss@campaign.example")
	id := regexp.MustCompile(`/deliveries/(d_[a-z0-9]+)#move`).FindStringSubmatch(w.page("/calendar?view=week&day=2026-12-15", cookie).Body.String())
	if id == nil {
		t.Fatal("no post is offered a move")
	}
	form := url.Values{"at": {"2026-12-16T17:30"}, "why": {"the minister speaks then"}}.Encode()
	if got := pressed(w.tcp, "POST", "/deliveries/"+id[1]+"/reschedule", form, cookie); got != http.StatusOK {
		t.Fatalf("the move: %d", got)
	}
	var day desk.Calendar
	w.ask("boss@campaign.example", "GET", "/calendar?from=2026-12-16&days=1", nil, http.StatusOK, &day)
	if len(day.Days) != 1 || len(day.Days[0].Rows) != 1 || day.Days[0].Rows[0].Due.UTC().Hour() != 16 || len(day.Days[0].Windows) != 1 {
		t.Fatalf("the new day has %+v", day.Days)
	}
	var old desk.Sight
	w.ask("boss@campaign.example", "GET", "/deliveries/"+id[1], nil, http.StatusOK, &old)
	if !strings.Contains(old.Why, "the minister speaks then") {
		t.Errorf("the old time says %q", old.Why)
	}
	form = url.Values{"at": {"2026-12-25T17:30"}, "why": {"x"}}.Encode() // outside of the window
	if got := pressed(w.tcp, "POST", "/deliveries/"+string(day.Days[0].Rows[0].ID)+"/reschedule", form, cookie); got != http.StatusBadRequest {
		t.Errorf("out of the window: %d", got)
	}
}

// subscribed is what a calendar program gets at a feed's address.
func (w *world) subscribed(address string, status int) *ics.Calendar {
	w.t.Helper()
	r := w.do(w.tcp, httptest.NewRequest("GET", strings.TrimPrefix(address, w.Address), nil), status, nil)
	if status != http.StatusOK {
		return nil
	}
	if kind := r.Header().Get("Content-Type"); kind != "text/calendar; charset=utf-8" {
		w.t.Errorf("it is %s", kind)
	}
	c, err := ics.ParseCalendar(r.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestFeed: a feed shows its person's posts and windows and no others, follows
// changes under the same UID, and ends when it is told to, with its person's
// access, and a lead's with the last window.
func TestFeed(t *testing.T) {
	w := newWorld(t)
	w.submit()
	made := func(as string, q desk.FeedRequest) (f NewFeed) {
		w.ask(as, "POST", "/feeds", q, http.StatusOK, &f)
		return f
	}
	lead, organizer := made("lead@mayors.example", desk.FeedRequest{}), made("boss@campaign.example", desk.FeedRequest{Texts: true})
	youth := made("boss@campaign.example", desk.FeedRequest{Mechanism: "youth"})
	w.ask("lead@mayors.example", "POST", "/feeds", desk.FeedRequest{Mechanism: "youth"}, http.StatusForbidden, nil)
	w.ask("boss@campaign.example", "POST", "/feeds", desk.FeedRequest{Channel: "none"}, http.StatusNotFound, nil)
	for _, tt := range []struct {
		name  string
		f     NewFeed
		n     int
		texts bool
	}{{"a lead's", lead, 2 + 2, false}, {"everything", organizer, 3 + 2, true}, {"one mechanism", youth, 1 + 1, false}} {
		c := w.subscribed(tt.f.URL, http.StatusOK)
		if len(c.Events()) != tt.n {
			t.Errorf("%s: %d events, want %d", tt.name, len(c.Events()), tt.n)
		}
		if got := strings.Contains(c.Serialize(), "Cities welcome."); got != tt.texts {
			t.Errorf("%s: texts %t", tt.name, got)
		}
	}
	sequence := func() map[string]string {
		seen := map[string]string{}
		for _, e := range w.subscribed(lead.URL, http.StatusOK).Events() {
			seen[e.Id()] = e.GetProperty(ics.ComponentPropertySequence).Value + e.GetProperty(ics.ComponentPropertyStatus).Value
		}
		return seen
	}
	before := sequence()
	w.ask("second@campaign.example", "POST", "/approve", map[string]any{"plan": "mayors"}, http.StatusOK, nil)
	changed := 0
	for uid, now := range sequence() {
		if had, ok := before[uid]; !ok {
			t.Errorf("%s is new", uid)
		} else if had != now {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d events changed by the approval, want 2", changed)
	}

	w.subscribed("/feed/guess.ics", http.StatusNotFound)
	w.ask("lead@mayors.example", "DELETE", "/feeds/"+youth.ID, nil, http.StatusNotFound, nil) // not the lead's
	w.ask("boss@campaign.example", "DELETE", "/feeds/"+youth.ID, nil, http.StatusOK, nil)
	w.subscribed(youth.URL, http.StatusNotFound)
	w.clock.now = time.Date(2026, 12, 21, 0, 0, 0, 0, time.UTC) // the mayors' window is over
	w.subscribed(lead.URL, http.StatusNotFound)
	w.subscribed(organizer.URL, http.StatusOK)
	w.ask("desk@campaign.example", "POST", "/people/boss@campaign.example/disable", map[string]any{}, http.StatusOK, nil)
	w.subscribed(organizer.URL, http.StatusNotFound)
}
