package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxBytes is the largest secret file: a key chain at most.
const maxBytes = 64 << 10

// Resolver finds the secrets that references name.
type Resolver struct {
	// Dir is where relative paths begin: the folder of the configuration file.
	Dir string
	// Env looks up an environment variable; nil is os.LookupEnv.
	Env func(name string) (string, bool)
	// Bounds limit what references may name; nil limits nothing, which is for
	// what the operator's own file names.
	Bounds *Bounds
}

// Allowed tells whether ref has the form of a reference and lies within the
// bounds as far as its text says. It looks nothing up.
func (r Resolver) Allowed(ref string) error {
	kind, name, err := parse(ref)
	switch {
	case err != nil, r.Bounds == nil:
		return err
	case kind == "env":
		return r.Bounds.variable(name)
	}
	_, _, err = r.Bounds.folder(ref, r.path(name))
	return err
}

// File is the path that a file reference names, "" for any other.
func (r Resolver) File(ref string) string {
	kind, name, err := parse(ref)
	if err != nil || kind != "file" {
		return ""
	}
	return r.path(name)
}

// path is the file that a reference names.
func (r Resolver) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.Dir, name)
}

// Resolve is the value behind a reference: "file:PATH" or "env:NAME". A file
// must be a regular one that nobody but its owner can read or write. One line
// end at the end does not belong to the value. Errors name the reference and
// how to mend it, never a value.
func (r Resolver) Resolve(ref string) (String, error) {
	kind, name, err := parse(ref)
	switch {
	case err != nil:
		return String{}, err
	case kind == "file":
		return r.file(name)
	}
	return r.env(name)
}

// Check tells whether ref has the form of a reference; it looks nothing up.
func Check(ref string) error {
	_, _, err := parse(ref)
	return err
}

func parse(ref string) (kind, name string, err error) {
	kind, name, _ = strings.Cut(ref, ":")
	if (kind != "file" && kind != "env") || name == "" || strings.ContainsAny(name, "\x00\r\n") {
		// The text is not repeated: it may be a secret put in place of a reference.
		return "", "", errors.New("a secret is named as {file: PATH} or {env: NAME}; it does not stand in the configuration itself")
	}
	return kind, name, nil
}

func (r Resolver) env(name string) (String, error) {
	if err := r.Bounds.variable(name); err != nil {
		return String{}, err
	}
	lookup := r.Env
	if lookup == nil {
		lookup = os.LookupEnv
	}
	v, ok := lookup(name)
	if !ok {
		return String{}, fmt.Errorf("secret env:%s: the variable is not set", name)
	}
	return value("env:"+name, v)
}

func (r Resolver) file(name string) (String, error) {
	path := r.path(name)
	f, err := r.open("file:"+name, path)
	if err != nil {
		return String{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return String{}, fmt.Errorf("secret file:%s: %w", name, err)
	case !info.Mode().IsRegular():
		return String{}, fmt.Errorf("secret file:%s: it is not a regular file", name)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return String{}, fmt.Errorf("secret file:%s: others than its owner can reach it (mode %04o); run: chmod 600 %s", name, info.Mode().Perm(), path)
	case info.Size() > maxBytes:
		return String{}, fmt.Errorf("secret file:%s: it is larger than %d bytes", name, maxBytes)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	switch {
	case err != nil:
		return String{}, fmt.Errorf("secret file:%s: %w", name, err)
	case len(b) > maxBytes: // it grew meanwhile
		return String{}, fmt.Errorf("secret file:%s: it is larger than %d bytes", name, maxBytes)
	}
	return value("file:"+name, string(b))
}

func (r Resolver) open(ref, path string) (*os.File, error) {
	if r.Bounds != nil {
		return r.Bounds.open(ref, path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlock, 0) // a named pipe must not hang us
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", ref, cause(err))
	}
	return f, nil
}

// cause is an error without the path that it speaks of, which the reference names already.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func value(ref, v string) (String, error) {
	v = strings.TrimSuffix(strings.TrimSuffix(v, "\n"), "\r")
	switch {
	case strings.TrimSpace(v) == "":
		return String{}, fmt.Errorf("secret %s: it is empty", ref)
	case strings.ContainsRune(v, 0):
		return String{}, fmt.Errorf("secret %s: it holds a zero byte", ref)
	}
	return String{v}, nil
}
