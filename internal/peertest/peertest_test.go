package peertest

import (
	"runtime"
	"testing"
)

// probe is a test that notes how it ended.
type probe struct {
	testing.TB
	skipped, failed bool
}

func (p *probe) Helper()               {}
func (p *probe) Skipf(string, ...any)  { p.skipped = true; runtime.Goexit() }
func (p *probe) Fatalf(string, ...any) { p.failed = true; runtime.Goexit() }

func TestNeed(t *testing.T) {
	for _, tt := range []struct {
		at, require     string
		skipped, failed bool
	}{
		{at: "http://127.0.0.1:1"},
		{at: "http://127.0.0.1:1", require: "pds"},
		{skipped: true},
		{require: "postgres,pdsx", skipped: true},
		{require: "postgres, pds", failed: true},
	} {
		t.Setenv("PEER_AT", tt.at)
		t.Setenv(Require, tt.require)
		p, got, done := &probe{}, "", make(chan struct{})
		go func() {
			defer close(done)
			got = Need(p, "pds", "PEER_AT")
		}()
		<-done
		if p.skipped != tt.skipped || p.failed != tt.failed || got != tt.at {
			t.Errorf("%+v: %q, skipped %v, failed %v", tt, got, p.skipped, p.failed)
		}
	}
}
