package boltstore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ittakesacommunity/takeover/store"
)

// crash takes an image of all files at every point: what a killed process
// leaves is what the page cache holds.
func crash(t *testing.T, work func(store.Store), shot func(point string, open func(*testing.T) store.Store)) {
	o := options(t)
	o.onPoint = func(point string) {
		image := copyAll(t, o)
		shot(point, func(t *testing.T) store.Store { return open(t, image) })
	}
	s := open(t, o)
	work(s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// copyAll copies the data folder and the counter into fresh folders.
func copyAll(t testing.TB, o Options) Options {
	t.Helper()
	to := options(t)
	for from, to := range map[string]string{filepath.Dir(o.Path): filepath.Dir(to.Path), filepath.Dir(o.Counter): filepath.Dir(to.Counter)} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
