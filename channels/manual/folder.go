package manual

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/ittakesacommunity/takeover/campaign"
)

// folder is where hand-overs lie: shown ones by their label, prepared ones
// under hidden.
type folder struct{ dir string }

const (
	hidden = ".prepared"
	// taskFile holds the part's frozen bytes; it is written last.
	taskFile = "task.json"
)

// file is one file of a hand-over.
type file struct {
	name string
	data []byte
}

// lay replaces the hidden folder of a delivery. When it returns nil all of it
// has reached the disk.
func (f folder) lay(id string, files []file) error {
	dir := f.hiddenOf(id)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, file := range files {
		if err := writeSynced(filepath.Join(dir, file.name), file.data); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)), syncDir(f.dir))
}

// laid is the task of what lies hidden for a delivery; nil where nothing does.
func (f folder) laid(id string) []byte {
	b, err := os.ReadFile(filepath.Join(f.hiddenOf(id), taskFile))
	if err != nil {
		return nil
	}
	return b
}

// show lets the hidden folder of a delivery appear under its label, in place
// of one that was shown before. The place is "" if it did not appear; an error
// beside a place means that the disk may forget it.
func (f folder) show(id, label string) (place string, err error) {
	place = filepath.Join(f.dir, label)
	if err := os.RemoveAll(place); err != nil {
		return "", err
	}
	if err := os.Rename(f.hiddenOf(id), place); err != nil {
		return "", err
	}
	return place, errors.Join(syncDir(filepath.Join(f.dir, hidden)), syncDir(f.dir))
}

func (f folder) hiddenOf(id string) string { return filepath.Join(f.dir, hidden, fileName(id)) }

func writeSynced(path string, data []byte) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Sync(), w.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, fs.ErrInvalid) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // some file systems have no such thing
	}
	return errors.Join(err, d.Close())
}

// files lists what a person needs, in the order of the work; the task itself
// comes last.
func files(t task, body []byte, pictures [][]byte) []file {
	c := t.Content
	list := []file{{"README.txt", []byte(readme(t))}, {"text.txt", []byte(c.Text)}}
	for i, part := range c.Thread {
		list = append(list, file{fmt.Sprintf("thread-%d.txt", i+2), []byte(part)})
	}
	if c.FirstComment != "" {
		list = append(list, file{"first-comment.txt", []byte(c.FirstComment)})
	}
	for i, m := range c.Media {
		picture := fmt.Sprintf("picture-%d", i+1)
		list = append(list, file{picture + "_" + pictureName(m), pictures[i]})
		if m.Alt != "" {
			list = append(list, file{picture + ".alt.txt", []byte(m.Alt)})
		}
	}
	return append(list, file{taskFile, body})
}

// readme says in words what to do with the files.
func readme(t task) string {
	c := t.Content
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	account := string(t.Channel)
	if t.Handle != "" {
		account += " (" + t.Handle + ")"
	}
	line("Please post this now on %s. It was due at %s (UTC).", account, t.DueAt)
	line("")
	line("1. Copy the text from text.txt as it stands. Its language is %s.", c.Language)
	if len(c.Thread) > 0 {
		line("   Answer it with thread-2.txt and on, in order.")
	}
	for i, m := range c.Media {
		line("   Add picture %d (picture-%d_%s).", i+1, i+1, pictureName(m))
		if m.Alt != "" {
			line("   Its description is in picture-%d.alt.txt.", i+1)
		}
		if m.Credit != "" {
			line("   Its credit: %s", m.Credit)
		}
	}
	if c.Link != "" {
		line("   Its link: %s", c.Link)
	}
	if p := c.Poll; p != nil {
		choose := "one"
		if p.Multiple {
			choose = "several"
		}
		line("   Add a poll: choose %s, open for %s. Its options:", choose, p.Ends)
		for _, option := range p.Options {
			line("   - %s", option)
		}
	}
	if c.ContentWarning != "" {
		line("   Its content warning: %s", c.ContentWarning)
	}
	if c.FirstComment != "" {
		line("   Its first comment is in first-comment.txt.")
	}
	line("")
	line("2. Paste the address of your post under \"needs you\", or run")
	line("   takeover resolve %s --published-as LINK", t.Delivery)
	line("")
	line("If it is public already, do not post it again: paste its address.")
	return b.String()
}

// pictureName is the picture's own file name, made harmless.
func pictureName(m campaign.Media) string {
	if n := fileName(filepath.Base(m.Name)); n != "" {
		return n
	}
	return fileName(string(m.Digest))
}

// fileName keeps letters, digits and ._- of a name; it is never "." or hidden,
// and not longer than any file system takes.
func fileName(s string) string {
	const longest = 100 // bytes
	s = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || slices.Contains([]rune("._-"), r)) {
			return r
		}
		return '_'
	}, s)
	s = strings.TrimLeft(s, ".")
	if len(s) > longest {
		s = s[len(s)-longest:] // the end tells more: a type, an id
	}
	return s
}
