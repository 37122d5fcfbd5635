package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets this test binary be the workload that is recorded.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == workloadArg {
		main()
		return
	}
	os.Exit(m.Run())
}

// crash runs the command; its report is decoded into r.
func crash(t *testing.T, r any, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("the real daemon, or a real disk, takes its time")
	}
	var out, said bytes.Buffer
	if code := run(t.Context(), append(args, "-json"), &out, &said); code != 0 {
		t.Errorf("crash %s ended with %d: %s%s", strings.Join(args, " "), code, said.Bytes(), out.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
}

// program builds the daemon once for a test.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the real daemon takes its time")
	}
	bin := filepath.Join(t.TempDir(), "takeover")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/ittakesacommunity/takeover/cmd/takeover").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// F1 to F5, F62, F65: whenever the daemon is killed or frozen, each post is
// public once.
func TestF3Kills(t *testing.T) {
	var r killReport
	crash(t, &r, "-kills", "15", "-bin", program(t))
	if r.Kills < 15 || r.Pauses == 0 || r.Deliveries < 15*15 || len(r.Points) < 8 {
		t.Errorf("%+v", r)
	}
}

// F8: every acknowledged change survives a power cut.
func TestF8PowerCuts(t *testing.T) {
	var r powerReport
	crash(t, &r, "-power", "60", "-seed", "8")
	if r.NotTried != "" {
		t.Skip(r.NotTried)
	}
	if r.Images != 60 || r.Acknowledged < lives*workers {
		t.Errorf("%+v", r)
	}
}

// F43: after the answer to a stop nothing more leaves.
func TestF43Stops(t *testing.T) {
	var r stopReport
	crash(t, &r, "-stops", "40", "-due", "1000", "-bin", program(t))
	if r.Stops != 40 || r.Due != 1000 {
		t.Errorf("%+v", r)
	}
}

// runCase runs a named case, where the machine gives the rights for it.
func runCase(t *testing.T, name string) {
	t.Helper()
	var r caseReport
	crash(t, &r, "-cases", name, "-bin", program(t))
	c := r.Cases[name]
	if c.NotTried != "" {
		t.Skip(c.NotTried)
	}
	if c.Deliveries == 0 || len(c.Did) == 0 {
		t.Errorf("%+v", c)
	}
}

// F3: what the kernel still had of a killed daemon never arrives.
func TestF3LinkDown(t *testing.T) { runCase(t, "link") }

// F13, F14: the data folder runs out of space while arming and while recording.
func TestF13F14DiskFull(t *testing.T) { runCase(t, "full") }

// F15: the disk answers writes and syncs with errors.
func TestF15BadDisk(t *testing.T) { runCase(t, "eio") }

func TestUsage(t *testing.T) {
	for _, args := range []string{"", "-kills 1 -power 1", "-kills -1", "-cases flood", "-wings 2"} {
		var out bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(args), "-bin", "none"), &out, &out); code != 2 {
			t.Errorf("crash %s ended with %d: %s", args, code, out.Bytes())
		}
	}
}

// TestWrongFiguresFail: each figure that must be zero ends the command with 1.
func TestWrongFiguresFail(t *testing.T) {
	for _, r := range []report{
		&killReport{Kills: 1, Deliveries: 1, Duplicates: 1}, &killReport{Kills: 1, Deliveries: 1, Lost: 1}, &killReport{Kills: 1, Deliveries: 1, Unexplained: 1}, &killReport{},
		&powerReport{Images: 1, Changed: 1, Acknowledged: 1, Lost: 1}, &powerReport{Images: 1, Changed: 1, Acknowledged: 1, Half: 1},
		&powerReport{Images: 1, Changed: 1, Acknowledged: 1, Unreadable: 1}, &powerReport{Images: 1, Changed: 1, Acknowledged: 1, Quarantined: 1}, &powerReport{},
		&stopReport{Stops: 1, Deliveries: 1, Left: 1, LateFirstBytes: 1}, &stopReport{Stops: 1, Deliveries: 1, Left: 1, Untrue: 1},
		&stopReport{Stops: 1, Deliveries: 1, Left: 1, Unconfirmed: 1}, &stopReport{Stops: 1, Deliveries: 1, Left: 1, Duplicates: 1}, &stopReport{Stops: 1, Deliveries: 1},
		&caseReport{Cases: map[string]*caseResult{"full": {Lost: 1}}},
	} {
		if len(r.wrong()) == 0 {
			t.Errorf("%s is said to be right", fmt.Sprintf("%+v", r))
		}
	}
	for _, r := range []report{&killReport{Kills: 1, Deliveries: 1}, &powerReport{NotTried: "no strace"}, &stopReport{Stops: 1, Deliveries: 1, TakenBack: 1},
		&caseReport{Cases: map[string]*caseResult{"full": {NotTried: "no tmpfs", Lost: 1}}}} {
		if w := r.wrong(); len(w) > 0 {
			t.Errorf("%+v: %v", r, w)
		}
	}
}
