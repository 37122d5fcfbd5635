//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ittakesacommunity/takeover/configs"
)

// backedUp is a site with a plan and pictures, and its nightly backup.
func backedUp(t *testing.T) (s *site, file string) {
	t.Helper()
	s = newSite(t, "")
	s.must("plan", "submit", s.path("mayors-imd-2026.yaml"), "--as", "lead@mayors.example", "--quiet")
	server, _, err := configs.LoadServer(s.path("takeover.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	server.BackupKeep = 1
	h, err := openHouse(server, houseOptions{log: newLogger(s.log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	dir := server.Layout.Backups
	for _, old := range []string{"takeover-20200101T000000Z.backup", "takeover-20200102T000000Z.backup.part-1"} {
		if err := os.WriteFile(filepath.Join(dir, old), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.nightly(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("one backup is kept, and nothing else: %v, %v", files, err)
	}
	return s, filepath.Join(dir, files[0].Name())
}

// holding is what a backup of the data folder would hold.
func (s *site) holding(data string) (made backupMade) {
	s.t.Helper()
	var out struct{ Data backupMade }
	if err := json.Unmarshal(s.must("backup", "x.backup", "--dry-run", "--data", data, "-o", "json"), &out); err != nil {
		s.t.Fatal(err)
	}
	return out.Data
}

// TestNightlyBackupIsWhole: put back on another machine it has everything.
func TestNightlyBackupIsWhole(t *testing.T) {
	s, file := backedUp(t)
	here := s.holding(s.path("data"))
	s.must("restore", file, "--verify")
	s.must("restore", file, "--data", s.path("elsewhere"))
	there := s.holding(s.path("elsewhere"))
	if here.Media == 0 || there.Media != here.Media || there.Count != here.Count || there.Plans != 1 || len(there.Missing) > 0 {
		t.Errorf("here %+v, elsewhere %+v", here, there)
	}
	s.must("audit", "verify", "--data", s.path("elsewhere"))
}

// TestF6KilledRestore: one that is killed while it unpacks leaves what lay
// there as it was, or no store at all; run again, it is whole.
func TestF6KilledRestore(t *testing.T) {
	s, file := backedUp(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []int{1, 2, 3} {
		data := s.path([]string{"new", "new", "data"}[i]) // twice into an empty folder, once over a store
		pipe := s.path("pipe")
		_ = os.Remove(pipe)
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		c := exec.Command("takeover", "restore", pipe, "--data", data, "--force", "--config", s.path("takeover.yaml"))
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text[:len(text)*part/4]); err != nil { // returns when but the pipe's buffer was read
			t.Fatal(err)
		}
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait()
		w.Close()
		if left, _ := filepath.Glob(filepath.Join(data, stagePrefix+"*")); len(left) == 0 {
			t.Fatalf("%d of 4 parts: it was not killed in the middle", part)
		}
		_, code := s.command("status", "--data", data)
		if over := i == 2; over != (code == exitDone) || !over && code != exitUnreachable {
			t.Errorf("after the kill at %d of 4 parts status ends with %d", part, code)
		}
	}
	s.must("restore", file, "--data", s.path("new"), "--force")
	if got := s.holding(s.path("new")); got.Media == 0 || got.Count == 0 || len(got.Missing) > 0 {
		t.Errorf("run again: %+v", got)
	}
	if left, _ := filepath.Glob(filepath.Join(s.path("new"), stagePrefix+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if out := s.must("status", "--data", s.path("new")); !bytes.Contains(out, []byte("put back from a backup")) {
		t.Errorf("it starts unstopped: %s", out)
	}
}
