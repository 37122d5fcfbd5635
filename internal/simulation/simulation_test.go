package simulation

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// runs is how many seeds a test plays: a few where time is short.
func runs(long, short int) int {
	if testing.Short() {
		return short
	}
	return long
}

// TestSeeds plays some whole campaigns: no rule may be broken.
func TestSeeds(t *testing.T) {
	r, err := Many(t.Context(), 1, runs(40, 10), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Failing {
		t.Errorf("seed %d: %v", f.Seed, f.Found)
	}
	if r.Deliveries < 10*r.Runs || r.Public < 8*r.Runs {
		t.Errorf("%d deliveries, %d of them public, in %d runs: too few to show anything", r.Deliveries, r.Public, r.Runs)
	}
	if n := len(kinds) - len(r.Quiet()); n < 15 {
		t.Errorf("only %d kinds of faults struck", n)
	}
}

// TestASeedReplaysExactly plays seeds twice and compares every step.
func TestASeedReplaysExactly(t *testing.T) {
	for seed := range uint64(runs(50, 8)) {
		first, second := replay(t, seed+1, Breakage{}), replay(t, seed+1, Breakage{})
		if !slices.Equal(first.Trace, second.Trace) {
			for i := range min(len(first.Trace), len(second.Trace)) {
				if first.Trace[i] != second.Trace[i] {
					t.Fatalf("seed %d differs in line %d:\n%s\n%s", seed+1, i, strings.Join(first.Trace[max(0, i-10):i+1], "\n"), second.Trace[i])
				}
			}
			t.Fatalf("seed %d: one run has %d lines, the other %d", seed+1, len(first.Trace), len(second.Trace))
		}
	}
}

func replay(t *testing.T, seed uint64, b Breakage) Outcome {
	t.Helper()
	return Run(seed, Options{Dir: fastTemp(t), Trace: true, Breaks: b})
}

// fastTemp is a folder that the test removes, in memory where there is one.
func fastTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(fastDir(), "takeover-simulation-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	Tidy()
	os.Exit(code)
}
