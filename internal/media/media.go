// Package media keeps pictures in a folder under their digests, looks at files
// before anything trusts them, and opens files beside a plan without leaving
// its folder.
package media

import (
	"context"
	"errors"
	"io"

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
	Pixels int64 // default 50 million
}

// Store keeps files in one folder. Its methods may be called from several goroutines.
type Store struct {
	dir    string
	limits Limits
}

var errNotYet = errors.New("not yet")

// Open opens the folder, making it if it does not exist.
func Open(dir string, limits Limits) (*Store, error) { return nil, errNotYet }

// Put reads a file, cleans it of what must not be published (place, camera,
// comments) and keeps it. When it returns the file is on the disk for good, so
// that a commit may name its digest.
func (s *Store) Put(ctx context.Context, r io.Reader) (Info, error) { return Info{}, errNotYet }

// Read returns the file's bytes; an error where it is missing or changed.
func (s *Store) Read(d campaign.Digest) ([]byte, error) { return nil, errNotYet }

// Info describes a stored file; an error wraps fs.ErrNotExist where it is missing.
func (s *Store) Info(d campaign.Digest) (Info, error) { return Info{}, errNotYet }

// Check says in words what is wrong with a stored file, or "". The answer is
// remembered as long as size and time of the file stay.
func (s *Store) Check(d campaign.Digest) string { return "" }

// Describe looks at a file as Put would, and keeps nothing.
func Describe(r io.Reader, limits Limits) (Info, error) { return Info{}, errNotYet }

// OpenBelow opens the file at path below root for reading; it refuses paths
// that leave root, symbolic links, and everything that is no ordinary file.
func OpenBelow(root, path string) (io.ReadCloser, error) { return nil, errNotYet }
