package boltstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

func TestReadCopyChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(Options{Path: filepath.Join(dir, "takeover.db"), Counter: filepath.Join(dir, "counter")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(t.Context(), func(tx store.Tx) error { return tx.PutCampaign(campaign.Campaign{ID: "itac", Zone: "UTC"}) })
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "copy.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	err = ReadCopy(t.Context(), path, func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err == nil {
			id = c.ID
		}
		return err
	})
	if err != nil || id != "itac" {
		t.Fatalf("read %q, %v", id, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the copy was changed, %v", err)
	}
	err = ReadCopy(t.Context(), path, func(tx store.Tx) error { return tx.PutSetting("a", []byte("b")) })
	if err == nil {
		t.Error("the copy could be written to")
	}
	if err := ReadCopy(t.Context(), filepath.Join(dir, "none"), nil); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
}

// TestOpenReadOnly reads all and changes nothing, as often as it is asked to.
func TestOpenReadOnly(t *testing.T) {
	o := options(t)
	s := open(t, o)
	put(t, s, "a", "x")
	if _, err := OpenReadOnly(o.Path); err == nil {
		t.Error("read beside a process that writes")
	}
	closed(t, s)
	before, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenReadOnly(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	err = r.View(ctx, func(tx store.Tx) error {
		v, err := tx.Setting("a")
		if string(v) != "x" {
			t.Errorf("read %q", v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if r.Generation() != s.Generation() {
		t.Errorf("generation %d, was %d", r.Generation(), s.Generation())
	}
	if _, err := r.Verify(ctx); err != nil {
		t.Errorf("verify: %v", err)
	}
	if err := r.Update(ctx, func(store.Tx) error { t.Error("ran"); return nil }); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a change: %v", err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(o.Path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed, %v", err)
	}
	if _, err := OpenReadOnly(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
}
