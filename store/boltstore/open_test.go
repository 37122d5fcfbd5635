package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

var ctx = context.Background()

func put(t testing.TB, s *Store, name, value string) {
	t.Helper()
	if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(name, []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, s *Store, name string) bool {
	t.Helper()
	err := s.View(ctx, func(tx store.Tx) error { _, err := tx.Setting(name); return err })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func closed(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestF9SecondInstance: the second is told who has it.
func TestF9SecondInstance(t *testing.T) {
	if os.Getenv("TAKEOVER_TEST_STORE") != "" {
		_, err := Open(Options{Path: os.Getenv("TAKEOVER_TEST_STORE")})
		fmt.Println(err)
		os.Exit(0)
	}
	o := options(t)
	s := open(t, o)
	var locked *LockedError
	_, err := Open(o)
	if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Since.IsZero() {
		t.Errorf("same process: %v", err)
	}
	if _, err := Check(ctx, o.Path); !errors.As(err, &locked) {
		t.Errorf("check of an open store: %v", err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestF9SecondInstance$")
	child.Env = append(os.Environ(), "TAKEOVER_TEST_STORE="+o.Path)
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("process %d since 20", os.Getpid())) {
		t.Errorf("another process: %s, %v", out, err)
	}
	closed(t, s)
	closed(t, open(t, o))
}

// TestF16Refused: a file that cannot be ours, or is not all there, is refused
// by name and not touched.
func TestF16Refused(t *testing.T) {
	o := options(t)
	s := open(t, o)
	for i := range 200 {
		put(t, s, fmt.Sprint("name", i), strings.Repeat("x", 400))
	}
	closed(t, s)
	whole, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	newer := withSchema(t, o, Schema+1)
	foreign := filepath.Join(t.TempDir(), "foreign")
	db, err := bolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	otherBolt, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	noMeta := bytes.Clone(whole)
	clear(noMeta[:8192])
	for _, tt := range []struct {
		name    string
		content []byte
		want    error
	}{
		{"empty", nil, ErrTruncated},
		{"a word", []byte("hello"), ErrForeign},
		{"zeros", make([]byte, 1<<16), ErrForeign},
		{"text", bytes.Repeat([]byte("plan: mayors\n"), 4000), ErrForeign},
		{"another program's", otherBolt, ErrForeign},
		{"without its first pages", noMeta, ErrForeign},
		{"one page", whole[:4096], ErrTruncated},
		{"two pages", whole[:8192], ErrTruncated},
		{"half", whole[:20*4096], ErrTruncated},
		{"newer", newer, ErrNewer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t)
			if err := os.WriteFile(o.Path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(o); !errors.Is(err, tt.want) {
				t.Errorf("open: %v, want %v", err, tt.want)
			}
			if _, err := Check(ctx, o.Path); !errors.Is(err, tt.want) {
				t.Errorf("check: %v, want %v", err, tt.want)
			}
			if after, _ := os.ReadFile(o.Path); !bytes.Equal(after, tt.content) {
				t.Error("the file was touched")
			}
		})
	}
	if _, err := Check(ctx, filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrNone) {
		t.Errorf("check of nothing: %v", err)
	}
}

// withSchema is the file of the closed store with another schema number.
func withSchema(t *testing.T, o Options, n int) []byte {
	t.Helper()
	o = copyAll(t, o)
	db, err := bolt.Open(o.Path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(btx *bolt.Tx) error {
		return btx.Bucket([]byte("meta")).Put(keySchema, fmt.Appendf(nil, "%d", n))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestF16FlippedPages: whatever byte of the file is wrong, opening and
// reading end with an error or without, never with a crash of the process.
func TestF16FlippedPages(t *testing.T) {
	o := options(t)
	s := open(t, o)
	for i := range 60 {
		d := some(fmt.Sprintf("d_%d", i))
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&d) }); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	whole, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	end := len(bytes.TrimRight(whole, "\x00"))
	whole = whole[:(end/4096+2)*4096] // without the room to grow
	var places []int
	for at := 0; at < end; at += 1031 {
		places = append(places, at)
	}
	for page := 0; page < end; page += 4096 {
		for _, in := range []int{0, 8, 10, 12, 16, 20, 24, 26, 28, 30} { // its header, and where its first keys lie and end
			places = append(places, page+in)
		}
	}
	const most = 16 << 20 // of memory; a wrong length can tell of gigabytes
	for i, at := range places {
		o := options(t)
		b := bytes.Clone(whole)
		b[at] ^= 0xFF
		if err := os.WriteFile(o.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		before := allocated()
		_, err := check(ctx, o.Path)
		if n := allocated() - before; n > most {
			t.Errorf("a wrong byte at %d: reading takes %d bytes of memory", at, n)
		}
		if err != nil || i%7 > 0 { // opening for writing takes its time
			continue
		}
		s, err := Open(o)
		if err != nil {
			continue
		}
		_ = s.View(ctx, func(tx store.Tx) error {
			_, _ = tx.Lanes()
			_, _ = tx.Due("l", day, 1000)
			_, _, _ = tx.List(store.Filter{}, "", 1000)
			_, _ = tx.Counts()
			return nil
		})
		_ = s.Close()
	}
}

// allocated is how many bytes this process asked for so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestF16PagesInACircle: where a page leads back to one that was read, whoever
// reads along comes to an end all the same.
func TestF16PagesInACircle(t *testing.T) {
	o := options(t)
	s := open(t, o)
	err := s.Update(ctx, func(tx store.Tx) error {
		for i := range 300 {
			d := some(fmt.Sprintf("d_%04d", i))
			if err := tx.PutDelivery(&d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	b, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	// A page is a head of 16 bytes, its kind at 8 and its entries' number at 10;
	// an entry of a branch is 16 bytes, of which the last 8 name a page.
	const branch, head, entry = 1, 16, 16
	turned := 0
	for page := 0; page+os.Getpagesize() <= len(b); page += os.Getpagesize() {
		p := b[page:]
		if n := binary.NativeEndian.Uint16(p[10:]); binary.NativeEndian.Uint16(p[8:]) == branch && n >= 2 {
			copy(p[head+entry+8:head+entry+16], p[head+8:head+16])
			turned++
		}
	}
	if turned == 0 {
		t.Fatal("the store has no branches")
	}
	if err := os.WriteFile(o.Path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Check(ctx, o.Path)
	if err != nil || r.Sound() || !strings.Contains(r.First(), "circle") {
		t.Errorf("%v: %+v", err, r.Pages)
	}
}

// TestF17ReadOnlyFolder acts as a user who may not write there.
func TestF17ReadOnlyFolder(t *testing.T) {
	if os.Geteuid() != 0 || runtime.GOOS != "linux" {
		t.Skip("needs root, who can act as somebody else for a moment")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755)
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its other user
		if err := setfsuid(65534); err != nil {
			result <- err
			return
		}
		_, err := Open(Options{Path: filepath.Join(dir, "takeover.db")})
		result <- err
	}()
	if err := <-result; !errors.Is(err, ErrReadOnly) || !errors.Is(err, syscall.EACCES) {
		t.Errorf("open: %v", err)
	}
}

// TestF6KilledBackup leaves neither half a backup nor its copy for ever.
func TestF6KilledBackup(t *testing.T) {
	o := options(t)
	target := filepath.Join(t.TempDir(), "backup")
	var image Options
	o.onPoint = func(p string) {
		if p == "copied, not in place" {
			image = copyAll(t, o)
			if _, err := os.Lstat(target); err == nil {
				t.Error("the backup had its name before it was read back")
			}
		}
	}
	s := open(t, o)
	put(t, s, "kept", "x")
	if err := s.Backup(ctx, target); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, target); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	for _, o := range []Options{o, image} {
		_ = s.Close()
		s = open(t, o)
		if !has(t, s, "kept") {
			t.Error("an acknowledged write is gone")
		}
		if left, _ := filepath.Glob(o.Path + ".*"); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestBackupStallsNoWriter: while a backup reads, changes are committed that
// make the file grow; the copy is of the moment it began, whole.
func TestBackupStallsNoWriter(t *testing.T) {
	o := options(t)
	var s *Store
	wrote := 0
	o.onPoint = func(p string) {
		if p != "copying" {
			return
		}
		within, stop := context.WithTimeout(ctx, 30*time.Second)
		defer stop()
		done := make(chan error, 8)
		for w := range 8 {
			go func() {
				for i := range 16 {
					err := s.Update(within, func(tx store.Tx) error {
						return tx.PutSetting(fmt.Sprintf("during/%d.%d", w, i), bytes.Repeat([]byte{byte(w)}, 16<<10))
					})
					if err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range 8 {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
				wrote++
			case <-within.Done():
				t.Error("a writer waits for the backup")
				return
			}
		}
	}
	s = open(t, o)
	put(t, s, "before", "x")
	target := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(ctx, target); err != nil {
		t.Fatal(err)
	}
	if wrote != 8 || !has(t, s, "during/7.15") {
		t.Fatalf("%d of 8 writers wrote during the backup", wrote)
	}
	err := ReadCopy(ctx, target, func(tx store.Tx) error {
		_, err := tx.Setting("before")
		if _, later := tx.Setting("during/0.0"); later == nil {
			t.Error("the copy holds what was written after it began")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNewFileIsPrivate(t *testing.T) {
	o := options(t)
	closed(t, open(t, o))
	for _, path := range []string{o.Path, o.Path + ".lock", o.Counter} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestF15Broken: after a failed write nothing is answered, and the next Open
// makes a new file of what is there.
func TestF15Broken(t *testing.T) {
	o := options(t)
	var file *os.File
	o.onFile = func(f *os.File) { file = f }
	s := open(t, o)
	put(t, s, "kept", "x")
	// From here on the descriptor cannot be written, as on a disk that failed.
	readOnly, err := os.Open(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Dup3(int(readOnly.Fd()), int(file.Fd()), 0); err != nil {
		t.Fatal(err)
	}
	err = s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting("lost", []byte("x")) })
	if !errors.Is(err, store.ErrBroken) {
		t.Fatalf("update: %v", err)
	}
	nothing := func(store.Tx) error { return nil }
	for what, err := range map[string]error{
		"update": s.Update(ctx, nothing), "view": s.View(ctx, nothing), "backup": s.Backup(ctx, filepath.Join(t.TempDir(), "b")),
	} {
		if !errors.Is(err, store.ErrBroken) {
			t.Errorf("%s on a broken store: %v", what, err)
		}
	}
	_ = s.Close()
	_ = readOnly.Close()

	// A crash in the midst of the mending leaves it to be mended.
	before, _ := os.Stat(o.Path)
	var image Options
	o.onFile, o.onPoint = nil, func(p string) {
		if p == "rewritten, not in place" {
			image = copyAll(t, o)
		}
	}
	s = open(t, o)
	if info := s.Opened(); !info.Rewritten || info.Created || info.RolledBack {
		t.Errorf("opened: %+v", info)
	}
	after, _ := os.Stat(o.Path)
	if os.SameFile(before, after) {
		t.Error("the file that failed is still in use")
	}
	if !has(t, s, "kept") {
		t.Error("an acknowledged write is gone")
	}
	put(t, s, "new", "x")
	closed(t, s)
	again := open(t, image)
	if !again.Opened().Rewritten || !has(t, again, "kept") {
		t.Errorf("after a crash while mending: %+v", again.Opened())
	}
	if s = open(t, o); s.Opened().Rewritten {
		t.Error("a mended store was rewritten again")
	}
}

// TestF13DiskFull: the file may not grow any more.
func TestF13DiskFull(t *testing.T) {
	o := options(t)
	s := open(t, o)
	put(t, s, "kept", "x")
	s.db.MaxSize = 1 << 20
	err := s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting("big", make([]byte, 4<<20)) })
	if !errors.Is(err, store.ErrBroken) {
		t.Fatalf("update: %v", err)
	}
	_ = s.Close()
	s = open(t, o)
	if !s.Opened().Rewritten || !has(t, s, "kept") || has(t, s, "big") {
		t.Errorf("opened %+v", s.Opened())
	}
}

// TestCommitPanic: even a panic of the engine in a commit ends as broken, and Close returns.
func TestCommitPanic(t *testing.T) {
	s := open(t, options(t))
	err := s.Update(ctx, func(t store.Tx) error {
		t.(*tx).w.btx.OnCommit(func() { panic("on purpose") })
		return t.PutSetting("s", nil)
	})
	if err != nil {
		t.Errorf("nothing was written, so nothing was committed: %v", err)
	}
	err = s.Update(ctx, func(t store.Tx) error {
		t.(*tx).w.btx.OnCommit(func() { panic("on purpose") })
		return t.PutSetting("s", []byte("x"))
	})
	if !errors.Is(err, store.ErrBroken) {
		t.Errorf("update: %v", err)
	}
	_ = s.Close()
}

// TestMigration: data of an earlier schema opens, after a copy was put aside.
// Schema 0 had the records and no indexes.
func TestMigration(t *testing.T) {
	o := options(t)
	s := open(t, o)
	for i, st := range campaign.States {
		d := some(fmt.Sprintf("d_%d", i))
		d.State = st
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&d) }); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	toSchema0(t, o)
	old, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]Options{}
	o.onPoint = func(p string) { images[p] = copyAll(t, o) }
	s = open(t, o)
	info := s.Opened()
	if info.MigratedFrom != 0 || info.RolledBack || info.Copy == "" {
		t.Errorf("opened: %+v", info)
	}
	checkSound(t, s)
	if kept, err := probe(info.Copy); err != nil || kept != 0 {
		t.Errorf("the copy made before: schema %d, %v", kept, err)
	}
	closed(t, s)
	for p, image := range images {
		again := open(t, image)
		checkSound(t, again)
		if wasOld := p == "copied, not migrated"; wasOld != (again.Opened().MigratedFrom == 0) {
			t.Errorf("killed at %q, opened from %d", p, again.Opened().MigratedFrom)
		}
	}
	if len(images) < 3 {
		t.Errorf("points passed: %v", len(images))
	}
	// Where no copy can be made nothing is migrated.
	o = options(t)
	o.Backups = filepath.Join(t.TempDir(), "missing")
	if err := os.WriteFile(o.Path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil {
		t.Error("migrated without a copy")
	}
	if schema, err := probe(o.Path); err != nil || schema != 0 {
		t.Errorf("schema %d, %v", schema, err)
	}
}

// toSchema0 takes indexes and counters out of a closed store.
func toSchema0(t *testing.T, o Options) {
	t.Helper()
	db, err := bolt.Open(o.Path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(btx *bolt.Tx) error {
		for b := byRun; b < bucketCount; b++ {
			if err := btx.DeleteBucket([]byte(bucketNames[b])); err != nil {
				return err
			}
		}
		m := btx.Bucket([]byte("meta"))
		return errors.Join(m.Delete(keyCounts), m.Put(keySchema, []byte("0")))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func checkSound(t testing.TB, s *Store) {
	t.Helper()
	r, err := s.Verify(ctx)
	if err != nil || !r.Sound() {
		t.Errorf("report %+v, %v", r, err)
	}
}
