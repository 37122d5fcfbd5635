package secret

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// VarPrefix begins the names of the environment variables that bounded
// references may name without being listed.
const VarPrefix = "TAKEOVER_SECRET_"

// Bounds say what references may name whose writer is not the one who runs the
// server. A campaign's organizer chooses both a channel's secret and the address
// it is sent to, and must not read with that what else lies on the machine.
type Bounds struct {
	// Folders hold the files that may be read, at any depth. A link that leads
	// out of them is refused.
	Folders []string
	// Closed are files and folders within them that stay closed: the program's
	// own keys and data.
	Closed []string
	// Vars are variables that may be read beside those that begin with VarPrefix.
	Vars []string
}

// OutsideError is a reference that leads out of the bounds.
type OutsideError struct {
	Ref      string
	Why, Fix string // what is wrong, and what to do
}

func (e *OutsideError) Error() string { return "secret " + e.Ref + ": " + e.Why + "; " + e.Fix }

func ownFile(ref string) error {
	return &OutsideError{ref, "this file is takeover's own and no channel's secret", "put the secret into a file of its own beside takeover.yaml"}
}

// variable tells whether the environment variable may be read.
func (b *Bounds) variable(name string) error {
	if b == nil || strings.HasPrefix(name, VarPrefix) || slices.Contains(b.Vars, name) {
		return nil
	}
	return &OutsideError{"env:" + name, "this variable is not one for channels' secrets",
		"name it " + VarPrefix + "…, or let the operator list it in secrets.env of takeover.yaml"}
}

// folder is the one that the file lies in and its path from there, as far as
// the names say; what is opened there is checked again.
func (b *Bounds) folder(ref, path string) (folder, rel string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", "", fmt.Errorf("secret %s: %w", ref, err)
	}
	for _, c := range b.Closed {
		if _, in := below(c, path); in {
			return "", "", ownFile(ref)
		}
	}
	for _, f := range b.Folders {
		if rel, in := below(f, path); in {
			return f, rel, nil
		}
	}
	return "", "", &OutsideError{ref, "the file lies outside of the folders for channels' secrets",
		"put it beside takeover.yaml or below, or let the operator list its folder in secrets.folders of takeover.yaml"}
}

// below is the file's path from the folder, if it lies in it or is it.
func below(folder, path string) (rel string, in bool) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", false
	}
	rel, err = filepath.Rel(folder, path)
	return rel, err == nil && filepath.IsLocal(rel)
}

// open opens the file without following a link out of the folder.
func (b *Bounds) open(ref, path string) (*os.File, error) {
	folder, rel, err := b.folder(ref, path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", ref, cause(err))
	}
	defer root.Close()
	f, err := root.OpenFile(rel, os.O_RDONLY|nonBlock, 0) // a named pipe must not hang us
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", ref, cause(err))
	}
	if err := b.notClosed(ref, f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// notClosed refuses a closed file that was reached by another name.
func (b *Bounds) notClosed(ref string, f *os.File) error {
	opened, err := f.Stat()
	if err != nil {
		return fmt.Errorf("secret %s: %w", ref, cause(err))
	}
	for _, c := range b.Closed {
		if closed, err := os.Stat(c); err == nil && os.SameFile(opened, closed) {
			return ownFile(ref)
		}
	}
	return nil
}
