package boltstore

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// quarantined tells whether the store itself holds the cause.
func quarantined(t *testing.T, s *Store) bool {
	t.Helper()
	var sw campaign.Switches
	if err := s.View(ctx, func(tx store.Tx) (err error) { sw, err = tx.Switches(); return err }); err != nil {
		t.Fatal(err)
	}
	_, ok := sw.Causes[campaign.CauseQuarantine]
	return ok
}

// TestF18F19Rollback: every way to bring an older store, or one from
// elsewhere, before this counter is told; none that is ordinary is.
func TestF18F19Rollback(t *testing.T) {
	copyTo := func(t *testing.T, from, to string) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, o *Options, s *Store) // s is open; o is then opened
		want bool
	}{
		{"closed and opened", func(t *testing.T, o *Options, s *Store) { put(t, s, "a", "x"); closed(t, s) }, false},
		{"killed and opened", func(t *testing.T, o *Options, s *Store) { put(t, s, "a", "x"); *o = copyAll(t, *o) }, false},
		{"backup put back", func(t *testing.T, o *Options, s *Store) {
			b := filepath.Join(t.TempDir(), "b")
			if err := s.Backup(ctx, b); err != nil {
				t.Fatal(err)
			}
			*o = copyAll(t, *o) // killed, so nothing was raised at the end
			copyTo(t, b, o.Path)
		}, true},
		{"copy made while closed", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			old := copyAll(t, *o)
			closed(t, open(t, *o))
			copyTo(t, old.Path, o.Path)
		}, true},
		{"copy of the running store, put back after it was closed", func(t *testing.T, o *Options, s *Store) {
			put(t, s, "a", "x")
			old := copyAll(t, *o)
			put(t, s, "b", "x")
			closed(t, s)
			copyTo(t, old.Path, o.Path)
		}, true},
		{"data copied to another machine", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			*o = copyAll(t, *o)
			o.Counter = filepath.Join(t.TempDir(), "counter")
		}, true},
		{"counter unreadable", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			if err := os.WriteFile(o.Counter, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"data folder emptied", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			if err := os.Remove(o.Path); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"another store in its place", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			other := options(t)
			for range 5 {
				closed(t, open(t, other))
			}
			copyTo(t, other.Path, o.Path)
		}, true},
		{"a first counter", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			*o = Options{Path: filepath.Join(t.TempDir(), "takeover.db")}
			closed(t, open(t, *o))
			o.Counter = filepath.Join(t.TempDir(), "counter")
		}, false},
		{"the counter of an earlier version", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			former(t, o)
		}, false},
		{"the counter of an earlier version, and a copy put back", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			old := copyAll(t, *o)
			closed(t, open(t, *o))
			former(t, o)
			copyTo(t, old.Path, o.Path)
		}, true},
		{"a copy put back behind the former counter alone", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			old := copyAll(t, *o)
			o.Former = filepath.Join(t.TempDir(), "takeover.counter")
			copyTo(t, o.Counter, o.Former)
			earlier := *o // as a configuration opens it that names the former counter
			earlier.Counter, earlier.Former = o.Former, ""
			closed(t, open(t, earlier))
			copyTo(t, old.Path, o.Path)
		}, true},
		{"another store's counter under the former name", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			other := options(t)
			closed(t, open(t, other))
			closed(t, open(t, other))
			o.Former = other.Counter
		}, false},
		{"no counter but another store's under the former name", func(t *testing.T, o *Options, s *Store) {
			closed(t, s)
			other := options(t)
			closed(t, open(t, other))
			o.Former = other.Counter
			if err := os.Remove(o.Counter); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t)
			s := open(t, o)
			if s.Opened().RolledBack {
				t.Fatal("a new store counts as rolled back")
			}
			tt.do(t, &o, s)
			s = open(t, o)
			if got := s.Opened(); got.RolledBack != tt.want || (got.Why != "") != tt.want || quarantined(t, s) != tt.want {
				t.Errorf("opened %+v, quarantined %v, want %v", got, quarantined(t, s), tt.want)
			}
			closed(t, s)
			s = open(t, o)
			if s.Opened().RolledBack {
				t.Errorf("told twice: %+v", s.Opened())
			}
			if quarantined(t, s) != tt.want {
				t.Error("the quarantine ended by itself")
			}
		})
	}
}

// former moves the counter to where an earlier version had it.
func former(t *testing.T, o *Options) {
	t.Helper()
	o.Former = filepath.Join(filepath.Dir(o.Counter), "takeover.counter")
	if err := os.Rename(o.Counter, o.Former); err != nil {
		t.Fatal(err)
	}
}

// TestFormerCounterIsKeptUp as long as it is of this store: a configuration
// that names it and one that does not may take turns. That of another store is
// not touched.
func TestFormerCounterIsKeptUp(t *testing.T) {
	o := options(t)
	closed(t, open(t, o))
	former(t, &o)
	earlier := Options{Path: o.Path, Counter: o.Former}
	for _, o := range []Options{o, earlier, o, earlier, o} {
		s := open(t, o)
		if i := s.Opened(); i.RolledBack {
			t.Fatalf("%+v", i)
		}
		closed(t, s)
	}
	own, err := readCounter(o.Counter)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := readCounter(o.Former); err != nil || *kept != *own {
		t.Errorf("the former counter says %+v, %v; the counter %+v", kept, err, own)
	}
	other := options(t)
	other.Former = o.Former
	closed(t, open(t, other))
	if after, err := readCounter(o.Former); err != nil || *after != *own {
		t.Errorf("another store wrote %+v, %v", after, err)
	}
}

// TestCounterGrowsByTheMinute while the store is written to, and at its end.
func TestCounterGrowsByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(t)
		s := open(t, o)
		first := s.Generation()
		for range 5 {
			put(t, s, "a", "x")
		}
		if s.Generation() != first {
			t.Error("raised within the minute")
		}
		time.Sleep(raiseEvery)
		put(t, s, "a", "y")
		outside, err := readCounter(o.Counter)
		if err != nil || s.Generation() != first+1 || outside.generation > first+1 {
			t.Errorf("generation %d after %d, outside %+v, %v", s.Generation(), first, outside, err)
		}
		put(t, s, "a", "z")
		closed(t, s)
		if outside, _ = readCounter(o.Counter); outside.generation != first+2 {
			t.Errorf("outside %+v after closing", outside)
		}
	})
}

// TestCounterCannotBeWritten: at the start that is refused; later it is told
// and made up for.
func TestCounterCannotBeWritten(t *testing.T) {
	o := options(t)
	missing := o
	missing.Counter = filepath.Join(t.TempDir(), "missing", "counter")
	if s, err := Open(missing); err == nil {
		s.Close()
		t.Error("opened without a place for the counter")
	}
	s := open(t, o)
	dir := filepath.Dir(o.Counter)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, filepath.Join(t.TempDir(), "b")); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "x")
	if s.CounterErr() == nil {
		t.Error("nobody was told")
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "y")
	if err := s.CounterErr(); err != nil {
		t.Error(err)
	}
	if c, err := readCounter(o.Counter); err != nil || c.generation != s.Generation() {
		t.Errorf("outside %+v, store %d, %v", c, s.Generation(), err)
	}
}

func FuzzCounter(f *testing.F) {
	f.Add(outside{"abc", 7}.text())
	f.Add("abc 7 00000000\n")
	f.Add("")
	path := filepath.Join(f.TempDir(), "counter")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := readCounter(path)
		if err != nil || (o != nil && o.text() != text) {
			t.Errorf("%q read as %+v, %v", text, o, err)
		}
	})
}
