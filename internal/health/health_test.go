package health

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/scheduler"
)

var noon = time.Date(2026, 12, 15, 12, 0, 0, 0, time.UTC)

// well are the facts of a daemon that does its work.
func well() Facts {
	return Facts{Now: noon, Begun: true, Engine: scheduler.Health{Running: true, Clock: true, LastLoop: noon.Add(-50 * time.Second), Next: noon.Add(10 * time.Second),
		Lanes: []scheduler.LaneHealth{{Lane: "wall"}}}, Slow: Slow{DiskKnown: true, DiskFree: 10 << 30, LastBackup: noon.Add(-25 * time.Hour), Since: noon.AddDate(0, -1, 0)}}
}

// certified is a certificate from and until so many days from noon.
func certified(from, until int) *Certified {
	return &Certified{"a.example", noon.AddDate(0, 0, from), noon.AddDate(0, 0, until)}
}

func TestJudgeNamesEachCause(t *testing.T) {
	if found := Judge(well()); len(found) > 0 {
		t.Fatalf("all is well, and yet: %+v", found)
	}
	lane := func(f *Facts) *scheduler.LaneHealth { return &f.Engine.Lanes[0] }
	for _, tt := range []struct {
		name  string
		spoil func(*Facts)
		cause Cause
		text  string
		alive bool // a restart would not better it
	}{
		{"a turn does not end", func(f *Facts) { f.Engine.LastLoop, f.Engine.Next = noon.Add(-31*time.Second), time.Time{} }, Worker, "is stuck: it should have looked at what is due 31s ago", false},
		{"it sleeps too long", func(f *Facts) { f.Engine.LastLoop, f.Engine.Next = noon.Add(-2*time.Minute), noon.Add(-31*time.Second) }, Worker, "is stuck", false},
		{"it does not say how it is", func(f *Facts) { f.EngineAge = 21 * time.Second }, Worker, "does not answer for 21s", false},
		{"it ended", func(f *Facts) { f.Engine.Running = false }, Worker, "does not run", false},
		{"a fault", func(f *Facts) { f.Engine.Fault = "SECRET" }, Worker, "ended with a fault", false},
		{"a call hangs", func(f *Facts) { lane(f).Hanging, lane(f).Since = true, noon.Add(-70*time.Second) }, Lane, "Account wall: a call hangs for 1m10s", true},
		{"a call is slow", func(f *Facts) { lane(f).Since = noon.Add(-46 * time.Second) }, Lane, "Account wall: a call is not answered for 46s", true},
		{"a lane cannot be read", func(f *Facts) { lane(f).Fault = "SECRET" }, Lane, "Account wall cannot be read", true},
		{"the clock", func(f *Facts) { f.Engine.Clock = false }, Clock, "clock is not trusted", true},
		{"the disk", func(f *Facts) { f.DiskFree = DiskLow - 1 }, Disk, "nearly full: 63 MiB are free", true},
		{"no writing", func(f *Facts) { f.Write = errors.New("SECRET") }, Store, "cannot be written", true},
		{"no reading", func(f *Facts) { f.Read = errors.New("SECRET") }, Store, "cannot be read", true},
		{"the disk hangs", func(f *Facts) { f.Doing, f.SlowAge = "SECRET", 41*time.Second }, Store, "does not answer for 41s", true},
		{"the disk hangs from the start", func(f *Facts) { f.Begun, f.Doing, f.SlowAge = false, "SECRET", 41*time.Second }, Store, "does not answer", true},
		{"overdue", func(f *Facts) { f.Overdue = []Waiting{{"wall", noon.Add(-31 * time.Second)}} }, Overdue, "Account wall: what was due 31s ago is not handled", true},
		{"a token", func(f *Facts) { f.Dead = []Dead{{"wall", "SECRET"}} }, Token, "Channel wall: the account does not accept us any more", true},
		{"no certificate", func(f *Facts) { f.Certified = &Certified{Domain: "a.example"} }, Certificate, "no certificate for a.example yet", true},
		{"a certificate not renewed", func(f *Facts) { f.Certified = certified(-76, 14) }, Certificate, "of a.example ends in 336 h and was not renewed", true},
		{"a short one not renewed", func(f *Facts) { f.Certified = certified(-6, 1) }, Certificate, "ends in 24 h", true},
		{"a certificate ended", func(f *Facts) { f.Certified = certified(-90, -1) }, Certificate, "ended 24 h ago", true},
		{"an old backup", func(f *Facts) { f.LastBackup = noon.Add(-37 * time.Hour) }, Backup, "The last backup is 37 h old", true},
		{"never a backup", func(f *Facts) { f.LastBackup = time.Time{} }, Backup, "There is no backup yet", true},
	} {
		f := well()
		tt.spoil(&f)
		found := Judge(f)
		if len(found) != 1 || found[0].Cause != tt.cause || !strings.Contains(found[0].Text, tt.text) {
			t.Errorf("%s: %+v, want %s %q", tt.name, found, tt.cause, tt.text)
			continue
		}
		if strings.Contains(found[0].Text, "SECRET") {
			t.Errorf("%s: everybody can read %q", tt.name, found[0].Text)
		}
		if found[0].Fix == "" {
			t.Errorf("%s: nobody is told what to do", tt.name)
		}
		if f.Begun && f.Alive() != tt.alive {
			t.Errorf("%s: alive %v", tt.name, f.Alive())
		}
	}
}

func TestJudgeForgivesWhatIsNoTrouble(t *testing.T) {
	for name, f := range map[string]func(*Facts){
		"a stop":                  func(f *Facts) { f.Engine.Stopped = "stop" },
		"a new store":             func(f *Facts) { f.LastBackup, f.Since = time.Time{}, noon.Add(-time.Hour) },
		"an empty store":          func(f *Facts) { f.LastBackup, f.Since = time.Time{}, time.Time{} },
		"a system without df":     func(f *Facts) { f.DiskKnown, f.DiskFree = false, 0 },
		"an account that rests":   func(f *Facts) { f.Engine.Lanes[0].Until = noon.Add(time.Hour) },
		"a call of half a minute": func(f *Facts) { f.Engine.Lanes[0].Since = noon.Add(-44 * time.Second) },
		"a good certificate":      func(f *Facts) { f.Certified = certified(-60, 30) },
		"a short one":             func(f *Facts) { f.Certified = certified(-4, 2) },
		"the watch rests":         func(f *Facts) { f.SlowAge = time.Hour },
	} {
		facts := well()
		f(&facts)
		if found := Judge(facts); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestTheGravestComesFirst(t *testing.T) {
	f := well()
	f.LastBackup, f.DiskFree, f.Engine.Running = noon.AddDate(0, 0, -9), 1, false
	f.Dead, f.Write = []Dead{{"a", ""}, {"b", ""}}, errors.New("x")
	var got []Cause
	for _, t := range Judge(f) {
		got = append(got, t.Cause)
	}
	if len(got) != 6 || got[0] != Worker || got[1] != Store || got[5] != Backup {
		t.Error(got)
	}
	if found := Judge(Facts{}); len(found) != 1 || found[0].Cause != Worker {
		t.Errorf("before the first look: %+v", found)
	}
}
