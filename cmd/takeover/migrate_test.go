package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"
)

// TestMigrate: a check says what an upgrade would do to a store of the form
// before, the upgrade does it and keeps the store of before.
func TestMigrate(t *testing.T) {
	packed, err := os.ReadFile("../../store/boltstore/testdata/schema-0.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "")
	s.write("data/takeover.db", string(old))
	if err := os.Remove(s.path("takeover.data.counter")); err != nil {
		t.Fatal(err)
	}
	says := func(code int, want string, args ...string) {
		t.Helper()
		out, got := s.command(append([]string{"migrate"}, args...)...)
		if got != code || !strings.Contains(string(out), want) {
			t.Errorf("migrate %v ended with %d: %s", args, got, out)
		}
	}
	says(exitDone, "the store would go from form 0 to 1; ", "--check")
	says(exitDone, "10 deliveries, nothing wrong", "--check")
	if now, err := os.ReadFile(s.path("data/takeover.db")); err != nil || !bytes.Equal(now, old) {
		t.Errorf("the check changed the store, %v", err)
	}
	says(exitDone, "the store went from form 0 to 1; as it was before: "+s.path("data/backups"))
	says(exitDone, "the store has form 1, as this version writes it")
	s.write("data/takeover.db", "not a store")
	says(exitUnreachable, "", "--check")
	if err := os.Remove(s.path("data/takeover.db")); err != nil {
		t.Fatal(err)
	}
	says(exitUnreachable, "")
}
