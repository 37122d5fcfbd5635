package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/configs"
)

var day = time.Date(2026, 12, 18, 3, 0, 0, 0, time.UTC)

func some() []file {
	return []file{
		{name: "usr/bin/takeover", mode: 0o755, data: []byte("program")},
		{name: "etc/takeover/takeover.yaml", mode: 0o640, data: []byte("schema: x\n"), config: true},
	}
}

// TestSameBytes: neither the order in which files were found nor the moment of
// packing changes what is packed.
func TestSameBytes(t *testing.T) {
	one, err := debianPackage("amd64", "1.0.0", day, some())
	if err != nil {
		t.Fatal(err)
	}
	turned := some()
	slices.Reverse(turned)
	two, err := debianPackage("amd64", "1.0.0", day, turned)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("two packages of the same files differ: %v", err)
	}
}

// TestPackageIsWhatDpkgReads asks Debian's own program, where there is one,
// and reads the data itself.
func TestPackageIsWhatDpkgReads(t *testing.T) {
	deb, err := debianPackage("amd64", "1.0.0", day, some())
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(deb, []byte("data.tar.gz"))
	z, err := gzip.NewReader(bytes.NewReader(deb[i+60:]))
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	r, names := tar.NewReader(z), []string{}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || !h.ModTime.Equal(day) {
			t.Errorf("%s belongs to %d, of %v", h.Name, h.Uid, h.ModTime)
		}
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "./etc/ ./etc/takeover/ ./etc/takeover/takeover.yaml ./usr/ ./usr/bin/ ./usr/bin/takeover" {
		t.Error(got)
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "takeover.deb")
	if err := os.WriteFile(path, deb, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("dpkg-deb", "--field", path, "Package", "Version").CombinedOutput()
	if err != nil || string(out) != "Package: takeover\nVersion: 1.0.0\n" {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command("dpkg-deb", "--info", path, "conffiles").CombinedOutput(); err != nil || string(out) != "/etc/takeover/takeover.yaml\n" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestDebianVersion(t *testing.T) {
	for version, want := range map[string]string{"v1.2.0": "1.2.0", "v1.2.0-3-gabc1234": "1.2.0+3+gabc1234", "9c9e2a3": "0~9c9e2a3", "a1b2c3d-dirty": "0~a1b2c3d+dirty"} {
		if got := debianVersion(version); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}

// TestScripts: each ends where a step fails, and is a program that sh can read.
func TestScripts(t *testing.T) {
	for _, name := range []string{"preinst", "postinst", "prerm", "postrm"} {
		text, err := fs.ReadFile(scripts, "deb/"+name)
		if err != nil || !bytes.HasPrefix(text, []byte("#!/bin/sh\n")) || !bytes.Contains(text, []byte("\nset -e\n")) {
			t.Errorf("%s: %v", name, err)
		}
		c := exec.Command("sh", "-n")
		c.Stdin = bytes.NewReader(text)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// TestPackagedConfiguration: the file in the package has no fault, and the unit
// may write where it says.
func TestPackagedConfiguration(t *testing.T) {
	text, err := serverFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "takeover.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, found, err := configs.LoadServer(path)
	if err != nil || len(found) > 0 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, p := range []string{s.Layout.Data, s.Layout.Key, s.Layout.Counter, s.Layout.Store, s.Layout.Socket} {
		if !strings.HasPrefix(p, "/var/lib/takeover/") {
			t.Errorf("%s lies outside of the service's folder", p)
		}
	}
	if s.BackupAt != configs.Never {
		t.Errorf("the timer makes the daily backup, and so does the daemon, at %q", s.BackupAt)
	}
}
