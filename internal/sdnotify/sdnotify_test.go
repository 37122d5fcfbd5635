package sdnotify

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

func TestSend(t *testing.T) {
	dir, err := os.MkdirTemp("", "sd") // the name of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	at := filepath.Join(dir, "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Skip("no datagram sockets here: ", err)
	}
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", at)
	for _, state := range []string{Ready, Watchdog, Stopping} {
		if err := Send(state); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		_ = manager.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := manager.Read(b); err != nil || string(b[:n]) != state {
			t.Errorf("%q, %v, want %q", b[:n], err, state)
		}
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "nobody"))
	if Send(Ready) == nil {
		t.Error("nobody listens, and yet it was told")
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Send(Ready); err != nil {
		t.Error(err)
	}
}

func TestEvery(t *testing.T) {
	for _, tt := range []struct {
		usec, pid string
		every     time.Duration
		waits     bool
	}{
		{"60000000", "", time.Minute, true},
		{"60000000", strconv.Itoa(os.Getpid()), time.Minute, true},
		{"60000000", "1", 0, false},
		{"", "", 0, false},
		{"-5", "", 0, false},
		{"x", "", 0, false},
		{"9223372036854775807", "", 0, false},
	} {
		t.Setenv("WATCHDOG_USEC", tt.usec)
		t.Setenv("WATCHDOG_PID", tt.pid)
		if d, ok := Every(); d != tt.every || ok != tt.waits {
			t.Errorf("%+v: %v %v", tt, d, ok)
		}
	}
}
