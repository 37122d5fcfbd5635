package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// waitsMinutes leaves a test out that waits for what a daemon looks at each
// minute, unless TAKEOVER_TEST_MINUTES is set: .ci/run sets it.
func waitsMinutes(t *testing.T) {
	t.Helper()
	if os.Getenv("TAKEOVER_TEST_MINUTES") == "" {
		t.Skip("it waits for minutes of the daemon's to pass; TAKEOVER_TEST_MINUTES=1 has it run")
	}
}

// TestDaemonIsWatched: a real daemon says to systemd when it is ready, that it
// lives and that it ends; beats to whoever listens; shows its numbers; and names
// a disk that takes nothing, until it does again.
func TestDaemonIsWatched(t *testing.T) {
	waitsMinutes(t)
	s := newSite(t, "")
	said, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	beats := make(chan struct{}, 100)
	listens := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats <- struct{}{} }))
	defer listens.Close()
	t.Setenv("NOTIFY_SOCKET", s.path("notify"))
	t.Setenv("WATCHDOG_USEC", "3000000")
	t.Setenv("TAKEOVER_HEALTH_HEARTBEAT", listens.URL+"/ping")
	s.start()
	hear := func(want string) {
		t.Helper()
		b := make([]byte, 100)
		for {
			n, err := said.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			if string(b[:n]) == want {
				return
			}
		}
	}
	hear("READY=1")
	hear("WATCHDOG=1")
	hear("WATCHDOG=1")
	<-beats
	if code, page := s.probe("/metrics"); code != http.StatusOK || !strings.Contains(page, `takeover_trouble{cause="store"} 0`) || !strings.Contains(page, "process_resident_memory_bytes") {
		t.Errorf("/metrics: %d %s", code, page)
	}
	// A folder where the probe writes: to the daemon it is a disk that takes nothing.
	if err := os.MkdirAll(s.path("data/.takeover-probe/x"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.red("store: The store cannot be written.")
	if code, _ := s.probe("/healthz"); code != http.StatusOK {
		t.Errorf("a restart would not make the disk better, and yet /healthz is %d", code)
	}
	if err := os.RemoveAll(s.path("data/.takeover-probe")); err != nil {
		t.Fatal(err)
	}
	s.green()
	_ = s.daemon.Process.Signal(syscall.SIGTERM)
	hear("STOPPING=1")
	_ = s.daemon.Wait()
	s.daemon = nil
}

// TestAStoreThatWasMovedAwayIsSeen: the folder is there again, made anew, and
// everything could be written; only not where the daemon writes.
func TestAStoreThatWasMovedAwayIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "takeover.db")
	lay := func(at string) {
		t.Helper()
		if err := os.WriteFile(at, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lay(path)
	begun, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := sameFile(path, begun); err != nil {
		t.Errorf("it is there: %v", err)
	}
	move(path, path+".gone")
	if err := sameFile(path, begun); err == nil || !strings.Contains(err.Error(), "put its folder back") {
		t.Errorf("moved away: %v", err)
	}
	lay(path)
	if err := sameFile(path, begun); err == nil || !strings.Contains(err.Error(), "another file lies there") {
		t.Errorf("another in its place: %v", err)
	}
	move(path+".gone", path)
	if err := sameFile(path, begun); err != nil {
		t.Errorf("put back: %v", err)
	}
}
