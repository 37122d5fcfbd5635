package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// days are backups at three in the morning of each of the last n days before the day.
func days(last time.Time, n int) (names []string) {
	for i := range n {
		names = append(names, datedName(last.AddDate(0, 0, i-n+1)))
	}
	return names
}

func TestKeepByAge(t *testing.T) {
	friday := time.Date(2026, 12, 18, 3, 0, 0, 0, time.UTC)
	year := days(friday, 365)
	for _, tt := range []struct {
		name string
		keep keeping
		of   []string
		left []string // days
	}{
		{"days", keeping{daily: 3}, year, []string{"20261216", "20261217", "20261218"}},
		{"days and weeks", keeping{daily: 2, weekly: 3}, year, []string{"20261206", "20261213", "20261217", "20261218"}},
		{"months", keeping{daily: 1, monthly: 3}, year, []string{"20261031", "20261130", "20261218"}},
		{"the newest stays whatever is said", keeping{monthly: 0}, year, []string{"20261218"}},
		{"two on one day: the newer", keeping{daily: 2}, []string{datedName(friday.AddDate(0, 0, -1)), datedName(friday.Add(-time.Hour)), datedName(friday)}, []string{"20261217", "20261218T03"}},
		{"the last ones stay even of one day", keeping{last: 2, daily: 1}, []string{datedName(friday.AddDate(0, 0, -1)), datedName(friday.Add(-time.Hour)), datedName(friday)}, []string{"20261218T02", "20261218T03"}},
		{"after an outage old ones stay", keeping{daily: 3}, append(days(friday.AddDate(-1, 0, 0), 2), datedName(friday)), []string{"20251217", "20251218", "20261218"}},
		{"other files are not ours to drop", keeping{daily: 1}, []string{"takeover-before-the-move.backup", datedName(friday)}, []string{"before-the-move", "20261218"}},
	} {
		drop := tt.keep.expendable(tt.of)
		var left []string
		for _, name := range tt.of {
			if !slices.Contains(drop, name) {
				left = append(left, name)
			}
		}
		ok := len(left) == len(tt.left)
		for i := range min(len(left), len(tt.left)) {
			ok = ok && strings.Contains(left[i], tt.left[i])
		}
		if !ok {
			t.Errorf("%s: %v are left, want %v", tt.name, left, tt.left)
		}
	}
}

func TestParseKeeping(t *testing.T) {
	if k, err := parseKeeping("daily=14, weekly=8"); err != nil || k != (keeping{daily: 14, weekly: 8}) {
		t.Errorf("%+v, %v", k, err)
	}
	for _, bad := range []string{"", "14", "daily", "daily=-1", "hourly=2", "daily=0", "daily=1,daily"} {
		if _, err := parseKeeping(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestBackupIntoAFolder: encrypted to a recipient, kept by age, and the newest
// of the folder is proven and put back elsewhere.
func TestBackupIntoAFolder(t *testing.T) {
	s := newSite(t, "")
	s.must("plan", "submit", s.path("mayors-imd-2026.yaml"), "--as", "lead@mayors.example", "--quiet")
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s.write("identity", key.String()+"\n")
	dir := s.path("kept")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	old := []string{"takeover-20200101T000000Z.backup", "takeover-20200102T000000Z.backup", "takeover-20200102T000000Z.backup.part-1"}
	for _, name := range old {
		s.write(filepath.Join("kept", name), "old")
	}
	long := time.Now().Add(-2 * cutAge)
	if err := os.Chtimes(filepath.Join(dir, old[2]), long, long); err != nil {
		t.Fatal(err)
	}
	s.must("backup", "--into", dir, "--keep", "daily=2", "--age-recipient", key.Recipient().String())
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 || filepath.Base(files[0]) != old[1] {
		t.Fatalf("in the folder: %v", files)
	}
	if _, code := s.command("restore", dir, "--verify"); code == exitDone {
		t.Error("an encrypted backup was read without its identity")
	}
	if out := s.must("restore", dir, "--verify", "--age-identity", s.path("identity")); !strings.Contains(string(out), "all hashes match") {
		t.Errorf("%s", out)
	}
	s.must("restore", dir, "--age-identity", s.path("identity"), "--data", s.path("elsewhere"))
	here, there := s.holding(s.path("data")), s.holding(s.path("elsewhere"))
	if here.Count == 0 || here.Count != there.Count || here.Media != there.Media {
		t.Errorf("here %+v, elsewhere %+v", here, there)
	}
	if _, code := s.command("backup", "--into", dir, "also-a-file"); code != exitUsage {
		t.Errorf("a file and a folder at once: %d", code)
	}
}
