package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// received is what has come so far.
func (r *receiver) received() map[campaign.DeliveryID]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.calls)
}

// TestStopOnThePageWhileManyAreDue presses Stop in a browser while 10,000 posts
// are due: what comes after the page's answer is what the page named, and in
// the end the queue and the receiver tell the same of every single one.
func TestStopOnThePageWhileManyAreDue(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand posts take a while")
	}
	r := newReceiver(t)
	s := newSite(t, webhooks(r.URL, 10, func(int) bool { return false }))
	s.start()
	s.submitAndApprove(1000, func(int) string { return "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9" })

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	press := func(address string, form url.Values) string {
		t.Helper()
		a, err := browser.PostForm(address, form)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", address, a.StatusCode, err)
		}
		return string(b)
	}
	link := string(bytes.TrimSpace(s.must("open")))
	press(link, nil)
	for end := time.Now().Add(stuck); len(r.received()) < 100; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d came", len(r.received()))
		}
	}
	home, _, _ := strings.Cut(link, "/in/")
	page := press(home+"/stop", url.Values{"scope": {`{"kind":"all"}`}, "why": {"wrong photo"}})
	answered := r.received()
	named := map[campaign.DeliveryID]bool{}
	for _, m := range regexp.MustCompile(`/deliveries/(d_[0-9a-f]+)`).FindAllStringSubmatch(page, -1) {
		named[campaign.DeliveryID(m[1])] = true
	}
	if strings.Contains(page, `role="alert"`) || !strings.Contains(page, "wrong photo") {
		t.Error("the page does not confirm the stop")
	}

	var now struct{ Data desk.Status }
	for end := time.Now().Add(stuck); ; time.Sleep(100 * time.Millisecond) {
		now.Data = desk.Status{}
		if err := json.Unmarshal(s.must("status", "-o", "json"), &now); err != nil {
			t.Fatal(err)
		}
		if now.Data.ByState[campaign.Armed]+now.Data.ByState[campaign.InDoubt] == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("requests are still out: %v", now.Data.ByState)
		}
	}
	got := r.received()
	t.Logf("%d had come when the page answered, %d in the end; it named %d", len(answered), len(got), len(named))
	for id := range got {
		if answered[id] == 0 && !named[id] {
			t.Errorf("%s came after the answer, which does not name it", id)
		}
	}
	n := 0
	for _, row := range s.rowsIn(campaign.Published) {
		n++
		if got[row.ID] != 1 {
			t.Errorf("%s is published and came %d times", row.ID, got[row.ID])
		}
	}
	if n != len(got) || now.Data.ByState[campaign.Scheduled] != 10_000-n {
		t.Errorf("%d came, %d are published, %d wait", len(got), n, now.Data.ByState[campaign.Scheduled])
	}
	if now.Data.ByState[campaign.Scheduled] == 0 {
		t.Error("everything was out before the stop")
	}
}
