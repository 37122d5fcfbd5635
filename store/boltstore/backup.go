package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store"
)

// Backup implements store.Store. It copies beside the data file first, where
// writing is fast: as long as it reads, freed pages wait and the file grows.
// The copy is read back, every record of it, before it gets its name; only
// then it goes to path, which may be on a slow or distant disk. A copy of a
// store with unreadable records is made all the same, and the error, which
// wraps store.ErrCorrupt, then says which they are.
//
// Afterwards the store's age is raised, so that it is ahead of the copy.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("backup to %s: %w", path, fs.ErrExist)
	}
	local, err := s.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(local)
	report, err := check(ctx, local)
	if err != nil {
		return fmt.Errorf("read the backup back: %w", err)
	}
	s.point("copied, not in place")
	if err := publish(ctx, local, path); err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	if s.o.Counter != "" {
		if err := s.Update(ctx, func(t store.Tx) error { return t.(*tx).raise() }); err != nil {
			return fmt.Errorf("raise the age above the backup's: %w", err)
		}
	}
	if !report.Sound() {
		return fmt.Errorf("%w: the backup was made, but so is the store: %s", store.ErrCorrupt, report.First())
	}
	return nil
}

// publish gives the file at local the name path; across disks by a copy.
func publish(ctx context.Context, local, path string) error {
	if err := os.Link(local, path); err == nil {
		return errors.Join(syncFile(path), syncFolder(filepath.Dir(path)))
	} else if errors.Is(err, fs.ErrExist) {
		return err
	}
	temp := path + ".part"
	if err := removeOld(temp); err != nil {
		return err
	}
	if err := copyFile(ctx, local, temp); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return placeNew(temp, path)
}

// snapshot writes one consistent state into a new file beside the data file
// and returns its name.
func (s *Store) snapshot(ctx context.Context) (path string, err error) {
	f, err := os.CreateTemp(filepath.Dir(s.o.Path), filepath.Base(s.o.Path)+copySuffix+"*")
	if err != nil {
		return "", err
	}
	path = f.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	err = s.View(ctx, func(t store.Tx) error {
		s.point("copying")
		_, err := t.(*tx).w.btx.WriteTo(patient{ctx, f})
		return err
	})
	return path, errors.Join(err, f.Sync(), f.Close())
}

// copyTo writes the store to path before anything runs; for migrations.
func (s *Store) copyTo(path string) (err error) {
	temp := path + ".part"
	if err := removeOld(temp); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err = s.db.View(func(btx *bolt.Tx) error { return btx.CopyFile(temp, 0o600) })
	if err != nil {
		return err
	}
	return placeNew(temp, path)
}
