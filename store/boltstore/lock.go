//go:build unix

package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// LockedError refuses a data file that another process has open.
type LockedError struct {
	Path  string
	PID   int       // 0 where it could not be read
	Since time.Time // when that process opened it; zero where it could not be read
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is in use by another process", e.Path)
	}
	return fmt.Sprintf("%s is in use by process %d since %s", e.Path, e.PID, e.Since.Format(time.RFC3339))
}

// lockState is the first word of the lock file, of equal length so that a
// change overwrites in place and needs no space on a full disk.
type lockState string

const (
	lockOpen   lockState = "open  "
	lockBroken lockState = "broken"
	lockClosed lockState = "closed"
)

// lockFile is held locked as long as the store is open. The kernel drops the
// lock when the process ends, however it ends.
type lockFile struct {
	f     *os.File
	found lockState // what the last holder left; "" for a new file
}

// acquire takes the lock or says who has it.
func acquire(data string) (*lockFile, error) {
	path := data + ".lock"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return nil, fmt.Errorf("%w: %w", ErrReadOnly, err)
	} else if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		e := &LockedError{Path: data}
		_, e.PID, e.Since = readLock(f)
		return nil, e
	}
	l := &lockFile{f: f}
	l.found, _, _ = readLock(f)
	return l, nil
}

// Hold takes the lock of a store at the path, and opens none: for those who
// keep something else in the folder that one process at a time may use. What a
// killed holder of such a lock left of its copies is removed. Its errors are those of Open.
func Hold(path string) (release func() error, err error) {
	l, err := acquire(path)
	if err != nil {
		return nil, err
	}
	if err := l.hold(); err != nil {
		return nil, errors.Join(err, l.release())
	}
	removeCopies(path)
	return l.release, nil
}

// readLock understands as much of the file as there is.
func readLock(f *os.File) (state lockState, pid int, since time.Time) {
	var b [128]byte
	n, _ := f.ReadAt(b[:], 0)
	var word, at string
	_, _ = fmt.Sscanf(string(b[:n]), "%s pid=%d since=%s", &word, &pid, &at)
	since, _ = time.Parse(time.RFC3339, at)
	return lockState(fmt.Sprintf("%-6s", word)), pid, since
}

// hold writes who we are; the state stays broken until the store is mended.
func (l *lockFile) hold() error {
	state := lockOpen
	if l.found == lockBroken {
		state = lockBroken
	}
	text := fmt.Sprintf("%s pid=%d since=%s\n", state, os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	if _, err := l.f.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return l.f.Truncate(int64(len(text)))
}

// mark changes the state. An error is of no use to anyone: where the lock
// file cannot be overwritten, the next Open cannot write either.
func (l *lockFile) mark(s lockState) { _, _ = l.f.WriteAt([]byte(s), 0) }

func (l *lockFile) release() error { return l.f.Close() }
