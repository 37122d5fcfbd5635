//go:build unix

package boltstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// syncFile flushes what the page cache holds of the file.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncFolder makes names in the folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// moveInto syncs the file and puts it at path, replacing what is there.
func moveInto(temp, path string) error {
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// placeNew syncs the file and gives it the name path, which must be free.
func placeNew(temp, path string) error {
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil {
		return err
	}
	if err := os.Remove(temp); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// writeWhole replaces a small file so that a crash leaves the old or the new.
func writeWhole(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return moveInto(path+".new", path)
}

// copyFile copies into a new file, until ctx ends.
func copyFile(ctx context.Context, from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(patient{ctx, dst}, src)
	return errors.Join(err, dst.Close())
}

// patient is a writer that ends with its context.
type patient struct {
	ctx context.Context
	w   io.Writer
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

// copySuffix follows the data file's name in that of a copy under way.
const copySuffix = ".copy-"

// removeCopies takes away what backups left that were killed. An error leaves
// them for the next time: they only take space.
func removeCopies(data string) {
	entries, _ := os.ReadDir(filepath.Dir(data))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(data)+copySuffix) {
			_ = os.RemoveAll(filepath.Join(filepath.Dir(data), e.Name()))
		}
	}
}

// removeOld takes away what a crash left under a temporary name.
func removeOld(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
