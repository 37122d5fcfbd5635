package boltstore

import (
	"path/filepath"
	"testing"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Suite{
		Open: func(t *testing.T) (store.Store, func(*testing.T) store.Store) {
			o := options(t)
			s := open(t, o)
			return s, func(t *testing.T) store.Store { return open(t, o) }
		},
		OpenBackup: func(t *testing.T, path string) store.Store { return open(t, Options{Path: path}) },
		Crash:      crash,
	}.Run(t)
}

// options of a store in a fresh folder, its counter elsewhere.
func options(t testing.TB) Options {
	return Options{Path: filepath.Join(t.TempDir(), "takeover.db"), Counter: filepath.Join(t.TempDir(), "counter")}
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
