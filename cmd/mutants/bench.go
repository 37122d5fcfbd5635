package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// fate of a mutant.
type fate string

const (
	caught   fate = "caught"
	survived fate = "SURVIVED"
	broken   fate = "BROKEN"
)

// patience bounds one test run. A defect that makes a test hang was noticed.
const patience = 3 * time.Minute

// bench builds and runs tests, one after the other.
type bench struct {
	ctx  context.Context
	root string
	dir  string
	// sound holds, by package, why its tests cannot be relied on even without a defect; "" where they can.
	sound map[string]string
}

func newBench(ctx context.Context) (*bench, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("run it inside of the module: %w", err)
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	return &bench{ctx: ctx, root: strings.TrimSpace(string(out)), dir: dir, sound: map[string]string{}}, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) } // a temporary folder

// try builds the defect and runs its test. all are those of this run: their
// tests must pass without a defect, else failing says nothing.
func (b *bench) try(m mutant, all []mutant) (fate, string) {
	why, known := b.sound[m.Package]
	if !known {
		why = b.baseline(m.Package, all)
		b.sound[m.Package] = why
	}
	if why != "" {
		return broken, why
	}
	patched, err := m.source(b.root)
	if err != nil {
		return broken, err.Error()
	}
	overlay, err := b.overlay(m.File, patched)
	if err != nil {
		return broken, err.Error()
	}
	bin := filepath.Join(b.dir, "mutated.test")
	if err := b.build(bin, m.Package, "-overlay", overlay); err != nil {
		return broken, err.Error()
	}
	return b.judge(b.test(bin, m.Package, m.Test))
}

// judge tells what a test run with a defect in it means.
func (b *bench) judge(out string, err error) (fate, string) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return survived, ""
	case !errors.As(err, &exit):
		return broken, err.Error()
	}
	return caught, "by " + failing(out)
}

// baseline runs the package's tests as they are.
func (b *bench) baseline(pkg string, all []mutant) string {
	bin := filepath.Join(b.dir, "sound.test")
	if err := b.build(bin, pkg); err != nil {
		return err.Error()
	}
	names := []string{}
	for _, m := range all {
		if m.Package == pkg {
			names = append(names, m.Test)
		}
	}
	out, err := b.test(bin, pkg, strings.Join(names, "|"))
	switch {
	case err != nil:
		return "without any defect it fails: " + failing(out)
	case strings.Contains(out, "no tests to run"):
		return "no test is named so"
	}
	return ""
}

// overlay is the file that makes one build see the patched source.
func (b *bench) overlay(file string, patched []byte) (string, error) {
	source, list := filepath.Join(b.dir, "mutated.go"), filepath.Join(b.dir, "overlay.json")
	if err := os.WriteFile(source, patched, 0o600); err != nil {
		return "", err
	}
	j, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.root, filepath.FromSlash(file)): source}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, j, 0o600)
}

// build makes the package's test program. A defect that does not compile is
// none: the compiler is not the test that is asked for.
func (b *bench) build(bin, pkg string, flags ...string) error {
	args := append([]string{"test", "-c", "-p", "1", "-o", bin}, flags...)
	cmd := exec.CommandContext(b.ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = b.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("it does not build: %w: %s", err, lastLines(string(out)))
	}
	return nil
}

func (b *bench) test(bin, pkg, names string) (string, error) {
	cmd := exec.CommandContext(b.ctx, bin, "-test.failfast", "-test.timeout", patience.String(), "-test.run", "^("+names+")$")
	cmd.Dir = filepath.Join(b.root, filepath.FromSlash(pkg))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\S+)|^panic: (.*)$|^(fatal error: .*)$`)

// failing names what failed in a test's output.
func failing(out string) string {
	m := failed.FindStringSubmatch(out)
	if m == nil {
		return lastLines(out)
	}
	return m[1] + m[2] + m[3]
}

func lastLines(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
