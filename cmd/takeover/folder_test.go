package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

// doorOf opens the site's data folder with the door that watches its plans.
func doorOf(t *testing.T, s *site) (*house, *folderDoor) {
	t.Helper()
	server, _, err := configs.LoadServer(s.path("takeover.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(server, houseOptions{log: newLogger(s.log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() })
	return h, newFolderDoor(h)
}

// settled lets the door look until what lies there has been still.
func settled(door *folderDoor, now time.Time) time.Time {
	for range 3 {
		door.look(context.Background(), now)
		now = now.Add(folderStill)
	}
	return now
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
	h, door := doorOf(t, s)
	now, file := time.Now(), filepath.Join(dir, "plan.yaml")
	lay := func(src []byte) map[campaign.DeliveryID]campaign.State {
		t.Helper()
		if err := os.WriteFile(file, src, 0o600); err != nil {
			t.Fatal(err)
		}
		now = settled(door, now)
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

// TestNothingInThePlanFolderIsPassedOver lays into it what people lay into
// folders: what can be a plan is one, of all else it is said once where it
// lies, why it is not read and what to do, and when that was done no more.
func TestNothingInThePlanFolderIsPassedOver(t *testing.T) {
	s := newSite(t, "")
	mayors := planFolder(t, s, "mayors")
	plans := filepath.Dir(mayors)
	whole, err := os.ReadFile(s.path("mayors-imd-2026.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	lay := func(name string) {
		t.Helper()
		path := filepath.Join(plans, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, whole, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	astray := map[string][]string{ // what is told of it
		"mayor":                {"no mechanism is called", `did you mean "mayors"`},
		"december":             {"no mechanism is called", "business, civil-society, mayors, youth"},
		"stray.yaml":           {"beside the mechanisms' folders", "move it into"},
		"business":             {"no folder", "move it away"},
		"mayors/week-1":        {`\"deep/plan.XLSX\"`, "move the plan up"},
		"mayors/plan.yaml.old": {"neither a plan nor a picture", "rename it"},
		"mayors/link.yaml":     {"links are not followed", "put the file itself here"},
		"mayors/gone.yaml":     {"links are not followed", "put the file itself here"},
		"mayors/pipe.yaml":     {"no ordinary file", "as a file"},
	}
	for _, name := range []string{"mayor/plan.yaml", "december/plan.yaml", "stray.yaml", "business", "mayors/week-1/deep/plan.XLSX",
		"mayors/plan.yaml.old", "mayors/~$plan.xlsx", "mayors/.DS_Store", "mayors/UPPER.YAML"} {
		lay(name)
	}
	if err := errors.Join(os.Symlink(s.path("mayors-imd-2026.yaml"), filepath.Join(mayors, "link.yaml")),
		os.Symlink("nowhere", filepath.Join(mayors, "gone.yaml")), syscall.Mkfifo(filepath.Join(mayors, "pipe.yaml"), 0o600)); err != nil {
		t.Fatal(err)
	}
	h, door := doorOf(t, s)
	now := time.Now()
	door.look(context.Background(), now)
	if n := s.log.count("plan folder"); n > 0 {
		t.Errorf("%d told before anything was still", n)
	}
	now = settled(door, settled(door, now))
	if n := len(queueOf(t, h)); n < 50 {
		t.Errorf("UPPER.YAML made %d deliveries: %s", n, report(t, filepath.Join(mayors, "UPPER.YAML")))
	}
	log := s.log.tail(1 << 20)
	for name, words := range astray {
		path := filepath.Join(plans, name)
		said, err := os.ReadFile(path + reportEnding)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, word := range append(words, codeAstray, path) {
			if !strings.Contains(string(said), strings.ReplaceAll(word, `\"`, `"`)) {
				t.Errorf("the report of %s does not say %q:\n%s", name, word, said)
			}
		}
		if n := strings.Count(log, "file="+path+" "); n != 1 {
			t.Errorf("the log names %s %d times", name, n)
		}
	}
	if n := strings.Count(log, "level=WARN msg=\"plan folder:"); n != len(astray) {
		t.Errorf("%d things told, of %d:\n%s", n, len(astray), log)
	}
	for name := range astray {
		if err := os.RemoveAll(filepath.Join(plans, name)); err != nil {
			t.Fatal(err)
		}
	}
	settled(door, now)
	left, err := filepath.Glob(filepath.Join(plans, "*"+reportEnding))
	if more, _ := filepath.Glob(filepath.Join(mayors, "*"+reportEnding)); err != nil || len(left)+len(more) != 1 { // UPPER's own
		t.Errorf("left: %v %v %v", left, more, err)
	}
}

// TestPlanFolderWithoutACampaign says why nothing there is read.
func TestPlanFolderWithoutACampaign(t *testing.T) {
	dir := t.TempDir()
	server := configs.DefaultServer(dir)
	log := &lockedBuffer{}
	h, err := openHouse(server, houseOptions{log: newLogger(log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	file := filepath.Join(server.Layout.Plans, "mayors", "plan.yaml")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("plan: x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	settled(newFolderDoor(h), time.Now())
	if b, err := os.ReadFile(filepath.Dir(file) + reportEnding); err != nil || !strings.Contains(string(b), "takeover campaign apply") {
		t.Errorf("%s, %v", b, err)
	}
}

// TestManyThingsAstray are named up to a bound and counted beyond.
func TestManyThingsAstray(t *testing.T) {
	l := configs.LayoutIn(t.TempDir())
	if err := os.MkdirAll(l.Plans, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range maxAstray + 7 {
		if err := os.WriteFile(filepath.Join(l.Plans, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := surveyPlans(l, []campaign.MechanismID{"mayors"})
	if all := s.named(l.Plans); len(all) != maxAstray+1 || all[maxAstray].File != l.Plans || !strings.HasPrefix(all[maxAstray].Message, "7 more") {
		t.Errorf("%d named, the last %v", len(all), all[len(all)-1])
	}
}

// TestRefusedPlanIsTriedAgain when the picture that was missing came, with the
// same bytes of the plan; and the report that stood there before comes back
// with the bytes that it was about.
func TestRefusedPlanIsTriedAgain(t *testing.T) {
	s := newSite(t, "")
	dir := planFolder(t, s, "mayors")
	if err := os.Rename(filepath.Join(dir, "media"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.path("mayors-imd-2026.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "plan.yaml")
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(whole)
	h, door := doorOf(t, s)
	now := settled(door, time.Now())
	if n := len(queueOf(t, h)); n != 0 || !strings.Contains(report(t, file), "P070") {
		t.Fatalf("%d deliveries without pictures: %s", n, report(t, file))
	}
	if err := os.Rename(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "media")); err != nil {
		t.Fatal(err)
	}
	now = settled(door, now)
	if n := len(queueOf(t, h)); n < 50 || strings.Contains(report(t, file), "P070") {
		t.Fatalf("%d deliveries with pictures: %s", n, report(t, file))
	}
	write([]byte("schema: ["))
	now = settled(door, now)
	if !strings.Contains(report(t, file), "P006") {
		t.Errorf("a bad plan: %s", report(t, file))
	}
	write(whole)
	settled(door, now)
	if text := report(t, file); strings.Contains(text, "P006") || !strings.Contains(text, "mayors-imd-2026") {
		t.Errorf("the plan came back, and the report says: %s", text)
	}
}

// TestTwinIsTriedAgain when the other file with its plan id is gone.
func TestTwinIsTriedAgain(t *testing.T) {
	s := newSite(t, "")
	dir := planFolder(t, s, "mayors")
	whole, err := os.ReadFile(s.path("mayors-imd-2026.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	one, two := filepath.Join(dir, "plan.yaml"), filepath.Join(dir, "plan.yml")
	if err := errors.Join(os.WriteFile(one, whole, 0o600), os.WriteFile(two, whole, 0o600)); err != nil {
		t.Fatal(err)
	}
	h, door := doorOf(t, s)
	now := settled(door, time.Now())
	for _, file := range []string{one, two} {
		if b, err := os.ReadFile(file + reportEnding); err != nil || !strings.Contains(string(b), "same plan id") {
			t.Errorf("%s: %s, %v", file, b, err)
		}
	}
	if n := len(queueOf(t, h)); n > 0 {
		t.Errorf("%d deliveries of twins", n)
	}
	now = settled(door, now.Add(folderAgain))
	if n := s.log.count(`msg="plan file"`); n != 2 {
		t.Errorf("two refused files are told %d times: %s", n, s.log.tail(2000))
	}
	if err := os.Remove(two); err != nil {
		t.Fatal(err)
	}
	settled(door, now.Add(folderAgain))
	if n := len(queueOf(t, h)); n < 50 {
		t.Errorf("%d deliveries: %s", n, report(t, one))
	}
}
