package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store"
)

var (
	// ErrForeign is wrapped when the file is not a store of ours.
	ErrForeign = errors.New("not a takeover store")
	// ErrTruncated is wrapped when the file ends before its data does.
	ErrTruncated = errors.New("the file is cut short")
	// ErrNewer is wrapped when a newer version of the program wrote the file.
	ErrNewer = errors.New("the store was written by a newer version of takeover")
	// ErrReadOnly is wrapped when the data folder cannot be written.
	ErrReadOnly = store.ErrReadOnly
	// ErrNone is wrapped where a store is expected and there is no file.
	ErrNone = errors.New("there is no store")
)

// What bbolt's two meta pages look like: a page header of 16 bytes, then
// magic, version, page size, flags (4 bytes each), root page and sequence,
// free list page, number of pages, transaction (8 bytes each), and an FNV-1a
// of these. Source: bbolt 1.5.0, internal/common/meta.go.
const (
	pageHead    = 16
	metaSize    = 64
	boltMagic   = 0xED0CDAED
	boltVersion = 2
)

// meta is one meta page.
type meta struct {
	pageSize, pages int64
	root, freelist  uint64
	txid            uint64
}

func readMeta(f io.ReaderAt, at int64) (m meta, ok bool) {
	var b [pageHead + metaSize]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return meta{}, false
	}
	p := b[pageHead:]
	sum := fnv.New64a()
	sum.Write(p[:56])
	n := binary.NativeEndian
	if n.Uint32(p) != boltMagic || n.Uint32(p[4:]) != boltVersion || n.Uint64(p[56:]) != sum.Sum64() {
		return meta{}, false
	}
	return meta{
		pageSize: int64(n.Uint32(p[8:])), pages: int64(n.Uint64(p[40:])),
		root: n.Uint64(p[16:]), freelist: n.Uint64(p[32:]), txid: n.Uint64(p[48:]),
	}, true
}

// inspect looks at the file before bbolt does, which panics on a short one
// and takes an empty one for a new store. It writes nothing.
func inspect(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a file", ErrForeign, path)
	case size == 0:
		return fmt.Errorf("%w: %s is empty", ErrTruncated, path)
	}
	m, ok := newestMeta(f, size)
	if !ok {
		return fmt.Errorf("%w: %s", ErrForeign, path)
	}
	if need := m.pages * m.pageSize; m.pages < 0 || m.pageSize <= 0 || size/m.pageSize < m.pages {
		return fmt.Errorf("%w: %s has %d bytes of %d", ErrTruncated, path, size, need)
	}
	return nil
}

// newestMeta is the valid meta page of the latest transaction. The second one
// lies one page on, and the page size stands in the first; where that is
// damaged, every size is tried.
func newestMeta(f io.ReaderAt, size int64) (best meta, ok bool) {
	for at := int64(0); at < size && at <= 1<<16; at = max(2*at, 1024) {
		if m, valid := readMeta(f, at); valid && (at == 0 || m.pageSize == at) && (!ok || m.txid > best.txid) {
			best, ok = m, true
		}
	}
	return best, ok
}

// present is ErrNone where nothing lies at the path.
func present(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNone, path)
	}
	return nil
}

// probe opens the file for reading and returns its schema. It writes nothing.
func probe(path string) (schema int, err error) {
	if err := inspect(path); err != nil {
		return 0, err
	}
	db, _, err := openBolt(path, &bolt.Options{ReadOnly: true, Timeout: lockWait, NoStatistics: true})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = reading(db, func(btx *bolt.Tx) error {
		if schema, err = readSchema(btx); err != nil || schema != Schema {
			return err
		}
		t := &tx{w: &work{btx: btx}}
		for b := range bucketCount {
			if _, err := t.bucket(b); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: %w", path, err)
	case schema > Schema:
		return schema, fmt.Errorf("%w: %s has schema %d, this one knows %d", ErrNewer, path, schema, Schema)
	}
	return schema, nil
}

// readSchema is the number under meta/schema. It has no checksum: it must stay
// readable for every version of the program.
func readSchema(btx *bolt.Tx) (int, error) {
	b := btx.Bucket([]byte(bucketNames[inMeta]))
	if b == nil {
		return 0, ErrForeign
	}
	n, err := strconv.Atoi(string(b.Get(keySchema)))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: its schema number cannot be read", ErrForeign)
	}
	return n, nil
}

// openBolt opens a file that inspect passed; a page that makes no sense, or
// lies behind the end of the file, is an error instead of a panic. The file is
// the one that db reads and writes.
func openBolt(path string, o *bolt.Options) (db *bolt.DB, f *os.File, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			_ = f.Close() // and with it goes bbolt's lock
			db, err = nil, fmt.Errorf("%w: %s: %v", store.ErrCorrupt, path, p)
		}
	}()
	o.OpenFile = func(name string, flag int, perm os.FileMode) (_ *os.File, err error) {
		f, err = os.OpenFile(name, flag, perm)
		return f, err
	}
	db, err = bolt.Open(path, 0o600, o)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, f, nil
}

// reading runs f in a read transaction and turns a bbolt panic into an error.
func reading(db *bolt.DB, f func(*bolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer damaged(inMeta, &err)
	return db.View(f)
}
