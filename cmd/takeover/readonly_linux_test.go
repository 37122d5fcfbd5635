package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestReadOnlyDataFolder can be looked at, and what would change it says why it
// cannot. Root may write everywhere, so this thread is nobody for a while.
func TestReadOnlyDataFolder(t *testing.T) {
	const nobody = 65534
	s := newSite(t, "")
	s.must("plan", "submit", s.path("mayors-imd-2026.yaml"), "--as", "lead@mayors.example", "--quiet")
	if os.Getuid() == 0 {
		err := filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				err = os.Lchown(path, nobody, nobody)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		runtime.LockOSThread() // and never unlocked: the thread ends with the test
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	data := s.path("data")
	for _, dir := range []string{data, s.dir} {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Skipf("rights of folders cannot be changed here: %v", err)
		}
		defer os.Chmod(dir, 0o700)
	}
	if err := os.WriteFile(filepath.Join(data, "probe"), nil, 0o600); err == nil {
		t.Skip("folders without the right to write can be written here")
	}
	if err := os.Chmod(filepath.Join(data, "takeover.db.lock"), 0o400); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(data, "takeover.db.lock"), 0o600)
	if out := s.must("status"); !strings.Contains(string(out), "103 planned") {
		t.Errorf("status: %s", out)
	}
	if n := len(s.rows()); n != 103 {
		t.Errorf("%d rows", n)
	}
	var out, said bytes.Buffer
	code := run(t.Context(), []string{"approve", "--plan", "mayors-imd-2026", "--as", "second@campaign.example", "--config", s.path("takeover.yaml")}, strings.NewReader(""), &out, &said)
	if code != exitUnreachable || !strings.Contains(said.String(), "the data folder cannot be written; give it to the user that runs takeover") {
		t.Errorf("a change ended with %d: %s", code, said.String())
	}
	said.Reset()
	code = run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--config", s.path("takeover.yaml")}, strings.NewReader(""), &out, &said)
	if code != exitUnreachable || !strings.Contains(said.String(), "cannot be written") {
		t.Errorf("a daemon ended with %d: %s", code, said.String())
	}
}
