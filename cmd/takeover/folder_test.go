package main

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
)

// planFolder gives the site's plan folder of a mechanism the example's pictures.
func planFolder(t *testing.T, s *site, mechanism string) string {
	t.Helper()
	dir := s.path("data/plans/" + mechanism)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	pictures, err := fs.Sub(os.DirFS(s.dir), "media")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "media"), pictures); err != nil {
		t.Fatal(err)
	}
	return dir
}

// known are the ids of the queue with their states.
func known(rows []desk.Row) map[campaign.DeliveryID]campaign.State {
	m := map[campaign.DeliveryID]campaign.State{}
	for _, r := range rows {
		m[r.ID] = r.State
	}
	return m
}

// TestPrefixes lays every kind of prefix of a plan file into the folder, with
// the whole before and after: a file cut short loses nothing.
func TestPrefixes(t *testing.T) {
	s := newSite(t, "")
	dir := planFolder(t, s, "mayors")
	whole, err := os.ReadFile(s.path("mayors-imd-2026.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	server, _, err := configs.LoadServer(s.path("takeover.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(server, houseOptions{log: newLogger(s.log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	door, now, file := newFolderDoor(h), time.Now(), filepath.Join(dir, "plan.yaml")
	lay := func(src []byte) map[campaign.DeliveryID]campaign.State {
		t.Helper()
		if err := os.WriteFile(file, src, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			door.look(context.Background(), now)
			now = now.Add(folderStill)
		}
		return known(queueOf(t, h))
	}
	for _, n := range cuts(whole, 6) {
		lay(whole[:n])
	}
	all := lay(whole)
	if len(all) < 50 {
		t.Fatalf("the whole plan made %d deliveries: %s", len(all), report(t, file))
	}
	kept := 0
	for _, n := range cuts(whole, 20) {
		now := lay(whole[:n])
		for id := range all {
			if state, ok := now[id]; !ok || state == campaign.Cancelled {
				t.Fatalf("%s is %q after the first %d bytes:\n%s", id, state, n, report(t, file))
			}
		}
		if strings.Contains(report(t, file), "stay until a person decides") {
			kept++
		}
	}
	if kept == 0 {
		t.Error("no prefix was a good plan with fewer posts")
	}
	after := lay(whole)
	for id, state := range all {
		if after[id] != state {
			t.Errorf("%s is %q after the whole came back, was %q", id, after[id], state)
		}
	}
	for id, state := range after {
		if _, ok := all[id]; !ok && state != campaign.Cancelled {
			t.Errorf("%s is left over from a prefix as %s", id, state)
		}
	}
	if text := report(t, file); !strings.Contains(text, "mayors-imd-2026") {
		t.Errorf("the report says: %s", text)
	}
}

// cuts are n lengths of prefixes: half end with a line, half in the middle of one.
func cuts(src []byte, n int) []int {
	at := map[int]bool{}
	for i := 1; i <= n; i++ {
		c := len(src) * i / (n + 1)
		if i%2 == 0 {
			c = strings.LastIndex(string(src[:c]), "\n  - ") + 1 // before a post
		}
		at[max(c, 1)] = true
	}
	return slices.Sorted(maps.Keys(at))
}

func queueOf(t *testing.T, h *house) []desk.Row {
	t.Helper()
	a, err := h.desk.LocalActor(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.desk.Queue(context.Background(), a, desk.QueueFilter{Max: 5000})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

func report(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".report.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFolderOfDaemon sees a running daemon take a file that grows.
func TestFolderOfDaemon(t *testing.T) {
	s := newSite(t, "")
	dir := planFolder(t, s, "youth")
	whole, err := os.ReadFile(s.path("youth-first-words-2026.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	file := filepath.Join(dir, "youth.yaml")
	for i, n := range []int{len(whole) / 2, len(whole)} {
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); s.log.count("plan file") <= i; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the daemon did not take the first %d bytes", n)
			}
		}
	}
	if n := len(s.rowsIn(campaign.Planned)); n < 20 {
		t.Errorf("%d deliveries wait for approval: %s", n, report(t, file))
	}
	s.must("approve", "--plan", "youth-first-words-2026", "--quiet")
	if n := len(s.rowsIn(campaign.Scheduled)); n < 20 {
		t.Errorf("%d deliveries are scheduled", n)
	}
}
