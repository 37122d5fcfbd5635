package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ittakesacommunity/takeover/configs"
)

// beginning is what a start finds missing of a data folder, so that one that
// fails leaves no trace of a campaign that never began.
type beginning struct {
	fresh bool     // there was no store
	store []string // the files of a new one, which are its own as long as it is open
	files []string // what else is made
	dirs  []string // folders that are made, deepest first
}

func beginningOf(l configs.Layout) beginning {
	b := beginning{fresh: absent(l.Store), store: []string{l.Store, l.Store + ".lock"}}
	for _, file := range []string{l.Counter, l.Socket} {
		if absent(file) {
			b.files = append(b.files, file)
		}
	}
	for _, dir := range foldersOf(l) {
		for ; absent(dir) && !slices.Contains(b.dirs, dir); dir = filepath.Dir(dir) {
			b.dirs = append(b.dirs, dir)
		}
	}
	slices.SortFunc(b.dirs, func(x, y string) int { return cmp.Compare(len(y), len(x)) })
	return b
}

// foldersOf are the folders that a house needs.
func foldersOf(l configs.Layout) []string {
	return []string{l.Data, filepath.Dir(l.Store), l.Media, l.Plans, l.Backups}
}

// absent tells that nothing lies at the path, not even a link.
func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// undo removes what was made; close ends the use of the store, nil where there
// was none. The store's files go while it is locked, so that nobody else can
// have begun to use them. A folder that somebody put something into stays.
func (b beginning) undo(close func() error) error {
	var errs []error
	remove := func(files []string) {
		if !b.fresh {
			return
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	remove(b.store)
	if close != nil {
		errs = append(errs, close())
	}
	remove(b.files)
	for _, dir := range b.dirs {
		_ = os.Remove(dir) // only where it is empty
	}
	return errors.Join(errs...)
}

// mayBegin refuses to begin a campaign in a folder that is not there and that
// nobody gave a campaign for: it is more likely a mistyped one, and a daemon on
// an empty store publishes nothing of the right one.
func mayBegin(s configs.Server, apply string) error {
	l := s.Layout
	if apply != "" || s.Shared() || !absent(l.Store) || !absent(l.Data) {
		return nil
	}
	return unreachable{fmt.Errorf("there is no data folder %s; look whether its name is right, or begin a campaign there: takeover init, or takeover serve --apply campaign.yaml", l.Data)}
}
