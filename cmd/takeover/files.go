package main

import (
	"errors"
	"os"
	"path/filepath"
)

// halfWritten begins the name of a file that is being written.
const halfWritten = ".half-"

// writeWhole replaces a file that only its owner can read, so that a reader,
// and a crash at any moment, sees the old or the new, never half. The new one
// is on the disk when it returns.
func writeWhole(name string, b []byte) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, halfWritten) // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
