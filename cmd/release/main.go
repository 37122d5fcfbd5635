// Command release makes what people install: static binaries for Linux, a tarball
// and a Debian package for each, completions, manual pages, container files and
// checksums. The same commit gives the same bytes, wherever it is made.
//
//	go run ./cmd/release -into dist
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	into := flag.String("into", "dist", "new folder for what is made")
	version := flag.String("version", "", "such as v1.2.0; default: what git describe says")
	arches := flag.String("arch", "amd64,arm64", "processors, with commas between them")
	flag.Parse()
	if err := release(context.Background(), *into, *version, strings.Split(*arches, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release: "+err.Error())
		os.Exit(1)
	}
}

func release(ctx context.Context, into, version string, arches []string) error {
	if err := os.Mkdir(into, 0o755); err != nil {
		return err
	}
	made, err := commitTime(ctx)
	if err != nil {
		return err
	}
	if version == "" {
		if version, err = output(ctx, "git", "describe", "--tags", "--always", "--dirty"); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp("", "takeover-release-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	shared, err := sharedFiles(ctx, work, version, made)
	if err != nil {
		return err
	}
	for _, arch := range arches {
		binary := filepath.Join(work, "takeover-"+arch)
		if err := build(ctx, binary, arch, version); err != nil {
			return err
		}
		if err := pack(into, arch, version, made, binary, shared); err != nil {
			return err
		}
	}
	return checksums(into)
}

// pack makes the tarball and the package of one processor.
func pack(into, arch, version string, made time.Time, binary string, shared []file) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	all := append([]file{{name: "usr/bin/takeover", mode: 0o755, data: program}}, shared...)
	name := fmt.Sprintf("takeover_%s_linux_%s", strings.TrimPrefix(version, "v"), arch)
	tarball, err := tarGz(inFolder(name, all), made)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(into, name+".tar.gz"), tarball, 0o644); err != nil {
		return err
	}
	deb, err := debianPackage(arch, debianVersion(version), made, all)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(into, fmt.Sprintf("takeover_%s_%s.deb", debianVersion(version), arch)), deb, 0o644)
}

// build makes a static binary that knows its version and no path of this machine.
func build(ctx context.Context, out, arch, version string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.released="+version, "-o", out, "./cmd/takeover")
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=")
	c.Stderr = os.Stderr
	return c.Run()
}

// sharedFiles are those that no processor changes: the program itself writes
// its manual pages, completions and configuration.
func sharedFiles(ctx context.Context, work, version string, made time.Time) ([]file, error) {
	host := filepath.Join(work, "host")
	if err := build(ctx, host, runtime.GOARCH, version); err != nil {
		return nil, err
	}
	var all []file
	add := func(name string, data []byte) { all = append(all, file{name: name, mode: 0o644, data: data}) }
	for shell, name := range map[string]string{"bash": "usr/share/bash-completion/completions/takeover", "zsh": "usr/share/zsh/vendor-completions/_takeover", "fish": "usr/share/fish/vendor_completions.d/takeover.fish"} {
		script, err := output(ctx, host, "completion", shell)
		if err != nil {
			return nil, err
		}
		add(name, []byte(script+"\n"))
	}
	pages := filepath.Join(work, "man")
	if _, err := output(ctx, host, "manual", pages, "--date", made.Format(time.DateOnly)); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(pages, "*.1"))
	if err != nil {
		return nil, err
	}
	for _, p := range names {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		packed, err := gz(text, made)
		if err != nil {
			return nil, err
		}
		add("usr/share/man/man1/"+filepath.Base(p)+".gz", packed)
	}
	server, err := serverFile()
	if err != nil {
		return nil, err
	}
	all = append(all, file{name: "etc/takeover/takeover.yaml", mode: 0o640, data: server, config: true})
	for to, from := range map[string]string{
		"usr/lib/systemd/system/takeover.service":              "configs/systemd/takeover.service",
		"usr/lib/systemd/system/takeover-backup.service":       "configs/systemd/takeover-backup.service",
		"usr/lib/systemd/system/takeover-backup.timer":         "configs/systemd/takeover-backup.timer",
		"usr/share/doc/takeover/copyright":                     "LICENSE",
		"usr/share/doc/takeover/CHANGELOG.md":                  "CHANGELOG.md",
		"usr/share/doc/takeover/operator.md":                   "docs/operator.md",
		"usr/share/doc/takeover/organizer.md":                  "docs/organizer.md",
		"usr/share/doc/takeover/lead.md":                       "docs/lead.md",
		"usr/share/doc/takeover/lead.ar.md":                    "docs/lead.ar.md",
		"usr/share/doc/takeover/lead.es.md":                    "docs/lead.es.md",
		"usr/share/doc/takeover/lead.fr.md":                    "docs/lead.fr.md",
		"usr/share/doc/takeover/prometheus/takeover.rules.yml": "configs/prometheus/takeover.rules.yml",
		"usr/share/doc/takeover/container/Containerfile":       "configs/container/Containerfile",
		"usr/share/doc/takeover/container/compose.yaml":        "configs/container/compose.yaml",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		add(to, text)
	}
	return all, nil
}

// checksums writes SHA256SUMS as sha256sum -c reads it.
func checksums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(text), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// commitTime dates everything in a release: $SOURCE_DATE_EPOCH, else the commit's.
func commitTime(ctx context.Context) (time.Time, error) {
	text, err := os.Getenv("SOURCE_DATE_EPOCH"), error(nil)
	if text == "" {
		if text, err = output(ctx, "git", "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
