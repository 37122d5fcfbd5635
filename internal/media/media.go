// Package media keeps pictures in a folder under their digests, looks at files
// before anything trusts them, and opens files beside a plan without leaving
// its folder.
package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

var (
	// ErrType is wrapped when a file is no picture that can be published.
	ErrType = errors.New("not a picture that can be published")
	// ErrSize is wrapped when a file has too many bytes or pixels.
	ErrSize = errors.New("too large")
	// ErrLeaves is wrapped when a path leads out of the plan's folder.
	ErrLeaves = errors.New("the path leaves the plan's folder")
)

// Info is what a file is, by its content.
type Info struct {
	Digest campaign.Digest `json:"digest"` // of the bytes as they are kept
	Type   string          `json:"type"`   // "image/jpeg"
	Bytes  int64           `json:"bytes"`
	Width  int             `json:"width"`
	Height int             `json:"height"`
}

// Limits bound what is accepted; zero fields take the defaults.
type Limits struct {
	Bytes  int64 // default 32 MiB
	Pixels int64 // width x height; default 40 million, above what any platform takes
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 32 << 20
	}
	if l.Pixels <= 0 {
		l.Pixels = 40_000_000
	}
	return l
}

// Store keeps files in one folder. Its methods may be called from several goroutines.
type Store struct {
	dir    string
	limits Limits
	decode sync.Mutex // one picture at a time is unfolded in memory
	flush  func(*os.File) error

	mu   sync.Mutex
	seen map[campaign.Digest]stamp
}

// stamp is a file as it was when its digest was last found right.
type stamp struct {
	size int64
	time time.Time
}

// Open opens the folder, making it if it does not exist. One process at a time
// may use it.
func Open(dir string, limits Limits) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	half, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	for _, f := range half { // what a crash left half written
		if err := os.Remove(f); err != nil {
			return nil, fmt.Errorf("media: %w", err)
		}
	}
	return &Store{dir: dir, limits: limits.withDefaults(), flush: (*os.File).Sync, seen: map[campaign.Digest]stamp{}}, nil
}

const tempPrefix = "half-"

// Put reads a file, cleans it of what must not be published (place, camera,
// comments) and keeps it. When it returns the file is on the disk for good, so
// that a commit may name its digest.
func (s *Store) Put(ctx context.Context, r io.Reader) (Info, error) {
	raw, err := readCapped(r, s.limits.Bytes)
	if err != nil {
		return Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return Info{}, err
	}
	s.decode.Lock()
	info, clean, err := inspect(raw, s.limits)
	s.decode.Unlock()
	if err != nil {
		return Info{}, err
	}
	return info, s.Keep(info.Digest, clean)
}

// Keep keeps a file that the caller has judged, under its digest. When it returns
// nil the file is on the disk for good.
func (s *Store) Keep(d campaign.Digest, b []byte) error {
	if s.Check(d) != "" {
		if err := s.write(s.path(d), b); err != nil {
			return fmt.Errorf("media: %w", err)
		}
	}
	// Also where it was there before: whoever wrote it may not have got so far.
	if err := errors.Join(s.flushDir(filepath.Dir(s.path(d))), s.flushDir(s.dir)); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}

// write puts a whole file in place.
func (s *Store) write(to string, b []byte) (err error) {
	f, err := os.CreateTemp(s.dir, tempPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = s.flush(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.Rename(f.Name(), to)
}

func (s *Store) flushDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(s.flush(f), f.Close())
}

// path is where a digest is kept; 256 folders keep each of them short.
func (s *Store) path(d campaign.Digest) string {
	return filepath.Join(s.dir, string(d[:2]), string(d))
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Read returns the file's bytes; an error where it is missing or changed.
func (s *Store) Read(d campaign.Digest) ([]byte, error) {
	if !digestForm.MatchString(string(d)) {
		return nil, fmt.Errorf("media: %q is no digest", d)
	}
	b, err := os.ReadFile(s.path(d))
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if campaign.DigestOf(b) != d {
		return nil, fmt.Errorf("media: %s was changed on the disk", d)
	}
	return b, nil
}

// Remove takes a file out for good; one that is not there is no error.
func (s *Store) Remove(d campaign.Digest) error {
	if !digestForm.MatchString(string(d)) {
		return fmt.Errorf("media: %q is no digest", d)
	}
	s.mu.Lock()
	delete(s.seen, d)
	s.mu.Unlock()
	if err := os.Remove(s.path(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}

// Info describes a stored file; an error wraps fs.ErrNotExist where it is missing.
func (s *Store) Info(d campaign.Digest) (Info, error) {
	b, err := s.Read(d)
	if err != nil {
		return Info{}, err
	}
	info, err := header(b, s.limits)
	info.Digest, info.Bytes = d, int64(len(b))
	return info, err
}

// Check says in words what is wrong with a stored file, or "". The answer is
// remembered as long as size and time of the file stay.
func (s *Store) Check(d campaign.Digest) string {
	if !digestForm.MatchString(string(d)) {
		return "a media file has no proper name"
	}
	st, err := os.Stat(s.path(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "a media file is missing: " + short(d)
	case err != nil:
		return "a media file cannot be read: " + short(d)
	}
	now := stamp{st.Size(), st.ModTime()}
	s.mu.Lock()
	known := s.seen[d] == now
	s.mu.Unlock()
	if known {
		return ""
	}
	if _, err := s.Read(d); err != nil {
		return "a media file was changed on the disk or cannot be read: " + short(d)
	}
	s.mu.Lock()
	s.seen[d] = now
	s.mu.Unlock()
	return ""
}

func short(d campaign.Digest) string { return string(d[:12]) }

// Describe looks at a file as Put would, and keeps nothing.
func Describe(r io.Reader, limits Limits) (Info, error) {
	limits = limits.withDefaults()
	raw, err := readCapped(r, limits.Bytes)
	if err != nil {
		return Info{}, err
	}
	info, _, err := inspect(raw, limits)
	return info, err
}

func readCapped(r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrSize, limit)
	}
	return raw, nil
}

// OpenBelow opens the file at path below root for reading; it refuses paths
// that leave root, symbolic links, and everything that is no ordinary file.
// Paths have slashes on every system.
func OpenBelow(root, path string) (io.ReadCloser, error) {
	if strings.Contains(path, `\`) || !filepath.IsLocal(filepath.FromSlash(path)) {
		return nil, fmt.Errorf("%w: %q", ErrLeaves, path)
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	// Each step of the way is looked at, since a link could name a file that
	// somebody else owns; should it change after the look, r still holds it in.
	for i := range len(path) + 1 {
		if i < len(path) && path[i] != '/' {
			continue
		}
		st, err := r.Lstat(filepath.FromSlash(path[:i]))
		switch {
		case err != nil:
			return nil, err
		case st.Mode()&fs.ModeSymlink != 0:
			return nil, fmt.Errorf("%w: %q is a symbolic link", ErrLeaves, path[:i])
		case i == len(path) && !st.Mode().IsRegular():
			return nil, fmt.Errorf("%w: %q is no ordinary file", ErrType, path)
		}
	}
	f, err := r.Open(filepath.FromSlash(path))
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%w: %q is no ordinary file", ErrType, path)
	}
	return f, nil
}

// inspect says what the bytes are and returns them cleaned.
func inspect(raw []byte, limits Limits) (Info, []byte, error) {
	info, err := header(raw, limits)
	if err != nil {
		return Info{}, nil, err
	}
	clean, orientation, err := formats[info.Type].clean(raw)
	if err == nil {
		clean, err = turn(clean, info.Type, orientation)
	}
	if err != nil {
		return Info{}, nil, fmt.Errorf("%w: the %s file is broken: %v", ErrType, formats[info.Type].name, err)
	}
	again, err := header(clean, limits)
	if err != nil {
		return Info{}, nil, err
	}
	if _, err := formats[again.Type].decode(bytes.NewReader(clean)); err != nil {
		return Info{}, nil, fmt.Errorf("%w: the %s file is broken: %v", ErrType, formats[info.Type].name, err)
	}
	again.Digest, again.Bytes = campaign.DigestOf(clean), int64(len(clean))
	return again, clean, nil
}
