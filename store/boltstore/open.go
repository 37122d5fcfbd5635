package boltstore

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store/turns"
)

// Options say where a store lies.
type Options struct {
	// Path is the data file; its folder must exist. It is made, readable by
	// its owner alone, where there is none.
	Path string
	// Counter is a file outside of the data folder that recognises a store
	// that was put back from a copy; "" does without.
	Counter string
	// Former is where an earlier version kept the counter, under one name for
	// all stores of a folder. As long as it is of this store it counts as well
	// and is kept up; "" looks for none.
	Former string
	// Backups is the folder for the copy made before a migration; "" is the
	// folder of Path.
	Backups string
	// Scratch is for a copy that may be lost: nothing waits for the disk, and
	// a power cut may spoil the file.
	Scratch bool

	// onPoint is told at every numbered place; tests stop there.
	onPoint func(name string)
	// onFile is given the file that is written to; tests make it fail.
	onFile func(*os.File)
}

func (o Options) point(name string) {
	if o.onPoint != nil {
		o.onPoint(name)
	}
}

// Info is what Open found and did.
type Info struct {
	Created      bool   // there was no file
	Rewritten    bool   // the last process failed while writing; all was copied into a new file
	MigratedFrom int    // the schema found, where it was older; else the present one
	Copy         string // the backup made before a migration
	// RolledBack tells that the store is older than what the counter outside
	// says, and Why says how. CauseQuarantine is set in the store.
	RolledBack bool
	Why        string
}

const (
	// mapSize is how much address space the file gets at once: a write that
	// must map anew waits for every open view. It costs no memory.
	mapSize = 64 << 30
	// allocSize is by how much the file grows.
	allocSize = 4 << 20
	// lockWait bounds the wait for bbolt's own lock, which only somebody who
	// reads the file without ours can hold.
	lockWait = 2 * time.Second
)

// Open opens or makes the store. Its errors are a *LockedError, or wrap
// ErrReadOnly, ErrForeign, ErrTruncated, ErrNewer or store.ErrCorrupt (a page
// that everything hangs on makes no sense), and then the data file
// was not touched. Its cost does not grow with what is stored, save after a
// failed write and for a migration.
func Open(o Options) (_ *Store, err error) {
	if o.Path == "" {
		return nil, errors.New("a store needs a path")
	}
	lock, err := acquire(o.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{
		o: o, lock: lock, suspects: map[suspect]string{},
		info: Info{MigratedFrom: Schema},
	}
	defer func() {
		if err != nil {
			if s.db != nil {
				_ = s.db.Close()
			}
			_ = lock.release()
		}
	}()
	if err := s.find(); err != nil {
		return nil, err
	}
	removeCopies(o.Path)
	if err := s.openFile(); err != nil {
		return nil, err
	}
	if err := s.migrate(); err != nil {
		return nil, err
	}
	if err := s.compareCounter(); err != nil {
		return nil, err
	}
	lock.mark(lockOpen)
	s.turns = turns.New(maxShare, s.admit, s.commit)
	return s, nil
}

// find makes sure that there is a sound file at the path.
func (s *Store) find() error {
	path := s.o.Path
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.lock.hold(); err != nil {
			return err
		}
		s.info.Created = true
		return s.create()
	case err != nil:
		return err
	}
	schema, err := probe(path)
	if err != nil {
		return err
	}
	s.info.MigratedFrom = schema
	if err := s.lock.hold(); err != nil {
		return err
	}
	if s.lock.found == lockOpen && syncFile(path) != nil {
		// An error of the disk that the last process did not live to see.
		s.lock.mark(lockBroken)
		s.lock.found = lockBroken
	}
	if s.lock.found == lockBroken {
		s.info.Rewritten = true
		return rewrite(path, s.point)
	}
	return nil
}

// create makes an empty store beside the path and renames it there, so that
// a crash leaves none or a whole one. The counter comes first: a store whose
// counter is missing counts as moved.
func (s *Store) create() error {
	id, err := newID()
	if err != nil {
		return err
	}
	temp := s.o.Path + ".new"
	if err := removeOld(temp); err != nil {
		return err
	}
	db, _, err := openBolt(temp, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(btx *bolt.Tx) error { return initialise(btx, life{ID: id}) })
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := s.beginCounter(id); err != nil {
		return err
	}
	s.point("made, not in place")
	return moveInto(temp, s.o.Path)
}

// initialise writes an empty store of the present schema.
func initialise(btx *bolt.Tx, l life) error {
	for _, name := range bucketNames {
		if _, err := btx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	t := &tx{w: &work{btx: btx}}
	if err := t.putRaw(inMeta, keySchema, fmt.Appendf(nil, "%d", Schema)); err != nil {
		return err
	}
	return t.save(inMeta, keyLife, l)
}

// openFile opens the data file for writing.
func (s *Store) openFile() error {
	o := &bolt.Options{
		Timeout: lockWait, NoStatistics: true,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapSize,
		NoSync:          s.o.Scratch,
	}
	db, file, err := openBolt(s.o.Path, o)
	if errors.Is(err, syscall.ENOMEM) {
		o.InitialMmapSize = 0 // no such address space here: grow as needed
		db, file, err = openBolt(s.o.Path, o)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	} else if err != nil {
		return err
	}
	s.db = db
	s.db.AllocSize = allocSize
	if s.o.onFile != nil {
		s.o.onFile(file)
	}
	return nil
}

func newID() (string, error) {
	var b [16]byte
	_, err := rand.Read(b[:])
	return hex.EncodeToString(b[:]), err
}

// rewrite copies all that can be read into a new file and puts it in place.
func rewrite(path string, point func(string)) error {
	temp := path + ".rewrite"
	if err := removeOld(temp); err != nil {
		return err
	}
	src, _, err := openBolt(path, &bolt.Options{ReadOnly: true, Timeout: lockWait, NoStatistics: true})
	if err != nil {
		return err
	}
	defer src.Close()
	dst, _, err := openBolt(temp, &bolt.Options{Timeout: lockWait, NoSync: true, NoStatistics: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = compact(dst, src)
	if err := errors.Join(err, dst.Close()); err != nil {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	point("rewritten, not in place")
	if err := moveInto(temp, path); err != nil {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	return nil
}

// rewriteStep bounds the memory of a rewrite, in bytes of a transaction.
const rewriteStep = 16 << 20

func compact(dst, src *bolt.DB) (err error) {
	defer damaged(inMeta, &err)
	return bolt.Compact(dst, src, rewriteStep)
}

// copyName is a free name for the copy made before a migration.
func copyName(dir, path string, schema int, at time.Time) string {
	return filepath.Join(dir, fmt.Sprintf("%s.schema-%d.%s", filepath.Base(path), schema, at.UTC().Format("20060102T150405.000Z")))
}
