package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// traceText writes a trace: each line is a thread and a call, in which
// 'text' and <path> are turned into strace's hexadecimal form.
func traceText(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		for i, part := range strings.Split(l, "'") {
			if i%2 == 1 {
				part = `"` + hexed(part) + `"`
			}
			b.WriteString(part)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func hexed(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString(`\x` + hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

// fd writes a descriptor as strace -y does.
func fd(n int, path string) string { return fmt.Sprintf("%d<%s>", n, hexed(path)) }

// replay shows lines to a fresh disk.
func replay(t *testing.T, lines ...string) *disk {
	t.Helper()
	d := newDisk("/r", "/acks")
	if _, err := readTrace(strings.NewReader(traceText(lines...)), lineless{d}); err != nil {
		t.Fatal(err)
	}
	return d
}

type lineless struct{ *disk }

func (lineless) line(int) error { return nil }

// left is what an image holds, by name.
func left(t *testing.T, d *disk, how loss, r *rand.Rand) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := d.image(dir, how, r); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		files[strings.TrimPrefix(p, dir)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func chance() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestSyncedIsKept(t *testing.T) {
	f, top := fd(3, "/r/f"), fd(4, "/r")
	d := replay(t,
		"1 openat(AT_FDCWD<"+hexed("/")+">, '/r/f', O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = "+f,
		"1 write("+f+", 'abc', 3)                      = 3",
		"1 fsync("+f+") = 0",
		"1 fsync("+top+") = 0",
		"1 pwrite64("+f+", 'X', 1, 1) = 1",
		"1 +++ exited with 0 +++")
	if got := left(t, d, loseAll, chance()); got["/f"] != "abc" {
		t.Errorf("%q", got)
	}
	if got := left(t, d, keepAll, chance()); got["/f"] != "aXc" {
		t.Errorf("%q", got)
	}
}

// TestSyncDoesNotCoverWhatHadNotEnded: a write that runs beside a sync may be lost.
func TestSyncDoesNotCoverWhatHadNotEnded(t *testing.T) {
	f, top := fd(3, "/r/f"), fd(4, "/r")
	d := replay(t,
		"1 openat(AT_FDCWD<"+hexed("/")+">, '/r/f', O_WRONLY|O_CREAT, 0600) = "+f,
		"1 fsync("+top+") = 0",
		"1 pwrite64("+f+", 'abc', 3, 0 <unfinished ...>",
		"2 fdatasync("+f+" <unfinished ...>",
		"1 <... pwrite64 resumed>) = 3",
		"2 <... fdatasync resumed>) = 0")
	if got, ok := left(t, d, loseAll, chance())["/f"]; got != "" || !ok {
		t.Errorf("%q, %v", got, ok)
	}
}

func TestNamesNeedTheirFolder(t *testing.T) {
	f := fd(3, "/r/f.new")
	lines := []string{
		"1 openat(AT_FDCWD<" + hexed("/") + ">, '/r/f.new', O_WRONLY|O_CREAT|O_TRUNC, 0600) = " + f,
		"1 write(" + f + ", 'new', 3) = 3",
		"1 fsync(" + f + ") = 0",
		"1 renameat(AT_FDCWD<" + hexed("/") + ">, '/r/f.new', AT_FDCWD<" + hexed("/") + ">, '/r/f') = 0",
	}
	if got := left(t, replay(t, lines...), loseAll, chance()); len(got) != 0 {
		t.Errorf("a name without a synced folder: %q", got)
	}
	if got := left(t, replay(t, lines...), keepAll, chance()); got["/f"] != "new" || len(got) != 1 {
		t.Errorf("%q", got)
	}
	lines = append(lines, "1 fsync("+fd(5, "/r")+") = 0")
	if got := left(t, replay(t, lines...), loseAll, chance()); got["/f"] != "new" || len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestAcknowledged(t *testing.T) {
	d := replay(t, "1 write("+fd(9, "/acks")+", 'd1 armed\n', 9 <unfinished ...>")
	if d.acked["d1"] != "armed" {
		t.Errorf("%v", d.acked)
	}
}

// TestUnknownCallsAreRefused: what the model does not know it must not overlook.
func TestUnknownCallsAreRefused(t *testing.T) {
	f := fd(3, "/r/f")
	for _, line := range []string{
		"1 pwritev(" + f + ", [], 0, 0) = 0", "1 fallocate(" + f + ", 0, 0, 10) = 0", "1 pwrite64(" + f + ", 'a', 1, 0) = 1",
		"1 mkdirat(AT_FDCWD<" + hexed("/") + ">, '/r/a/b', 0700) = 0", "1 nonsense", "1 <... fsync resumed>) = 0",
	} {
		d := newDisk("/r", "/acks")
		if _, err := readTrace(strings.NewReader(traceText(line)), lineless{d}); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
}

// TestTornIsOldOrNewBySector: a torn write leaves each sector as it was before
// or as it was written.
func TestTornIsOldOrNewBySector(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := bytes.Repeat([]byte{'o'}, rapid.IntRange(0, 3000).Draw(t, "size"))
		ch := change{at: int64(rapid.IntRange(0, 2000).Draw(t, "at")), data: bytes.Repeat([]byte{'n'}, rapid.IntRange(1, 3000).Draw(t, "length")), size: -1}
		got := ch.torn(bytes.Clone(old), rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		full := ch.apply(bytes.Clone(old))
		if len(got) > len(full) || len(got) < len(old) {
			t.Fatalf("%d bytes, of %d before and %d written", len(got), len(old), len(full))
		}
		for i := range got {
			was := byte(0)
			if i < len(old) {
				was = old[i]
			}
			if got[i] != was && got[i] != full[i] {
				t.Fatalf("byte %d is %q", i, got[i])
			}
			if i > 0 && i%sector != 0 && int64(i-1) >= ch.at && int64(i) < ch.at+int64(len(ch.data)) && (got[i] == 'n') != (got[i-1] == 'n') {
				t.Fatalf("a sector is torn within, at byte %d", i)
			}
		}
	})
}

func FuzzReadTrace(f *testing.F) {
	f.Add(traceText("1 openat(AT_FDCWD<"+hexed("/")+">, '/r/f', O_CREAT, 0600) = "+fd(3, "/r/f"), "1 write("+fd(3, "/r/f")+", 'a', 1) = 1"))
	f.Add(traceText("1 pwrite64("+fd(3, "/r/f")+", 'abc', 3, 0 <unfinished ...>", "1 <... pwrite64 resumed>) = 3"))
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = readTrace(strings.NewReader(text), lineless{newDisk("/r", "/acks")})
	})
}
