//go:build unix

package child

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func start(t *testing.T, script string) (*Child, *said) {
	t.Helper()
	log := &said{}
	c, err := Start(Options{Program: "/bin/sh", Args: []string{"-c", script}, Dir: t.TempDir(), Log: log, Ready: regexp.MustCompile(`^at (\S+)`)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c, log
}

func TestAwait(t *testing.T) {
	t.Setenv("TAKEOVER_CONFIG", "the visitor's own")
	c, log := start(t, `echo "config: $TAKEOVER_CONFIG"; echo at home; exec cat /dev/zero >/dev/null`)
	if at, err := c.Await(t.Context()); err != nil || at != "home" {
		t.Fatalf("%q, %v", at, err)
	}
	c.Kill()
	if c.Result() == nil || c.Signal(syscall.Signal(0)) == nil {
		t.Error("it lives on")
	}
	if !strings.HasPrefix(log.b.String(), "config: \n") {
		t.Errorf("it was told the visitor's settings: %q", log.b.String())
	}
}

func TestAwaitWhatEnds(t *testing.T) {
	c, _ := start(t, "exit 3")
	if _, err := c.Await(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	c, _ = start(t, "exec cat /dev/zero >/dev/null")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Await(ctx); err == nil {
		t.Error("nobody said that it is ready")
	}
	<-c.Ended()
}
