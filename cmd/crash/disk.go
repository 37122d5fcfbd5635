package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// disk is what a recorded process did to the files of one folder: what surely
// is on the platter, and what only the page cache knew. It is harsher than any
// file system: between two syncs of a file its writes reach the disk in any
// order, in part or not at all; between two syncs of a folder any first part of
// its changes of names does. A sync counts for what had ended when it began.
type disk struct {
	root  string
	top   *node
	names map[string]*node // as programs see them
	pos   map[int64]int64  // where the next write goes, by descriptor
	acked map[string]string
	acks  string // path of the file that takes the acknowledgements
}

// node is a file or a folder.
type node struct {
	folder bool
	disk   []byte   // of a file: what is on the platter
	now    []byte   // of a file: what programs see
	writes []change // of a file, since its last sync

	names  map[string]*node // of a folder: what is on the platter
	naming []change         // of a folder, since its last sync
}

// change is a write, a new size, or a change of names.
type change struct {
	c    *call
	at   int64
	data []byte
	size int64 // -1: it is a write
	sets map[string]*node
}

// mostBytes is more than any file of the workload has.
const mostBytes = 1 << 28

func newFolder() *node { return &node{folder: true, names: map[string]*node{}} }

// newDisk begins with an empty folder, which is on the platter.
func newDisk(root, acks string) *disk {
	top := newFolder()
	return &disk{root: root, top: top, names: map[string]*node{root: top}, pos: map[int64]int64{}, acked: map[string]string{}, acks: acks}
}

func (d *disk) ours(p string) bool { return p == d.root || strings.HasPrefix(p, d.root+"/") }

// began is told when a call enters the kernel: from then on its bytes may
// reach the disk, and what it acknowledges is acknowledged.
func (d *disk) began(c *call) error {
	switch c.name {
	case "write", "pwrite64":
		p := file(c.arg(0))
		if p == d.acks {
			return d.ack(c)
		}
		if !d.ours(p) {
			return nil
		}
		data, err := c.text(1)
		if err != nil {
			return err
		}
		at := c.number(3)
		if c.name == "write" {
			at = d.pos[c.number(0)]
		}
		return d.write(c, p, change{c: c, at: at, data: data, size: -1})
	case "ftruncate":
		if p := file(c.arg(0)); d.ours(p) {
			return d.write(c, p, change{c: c, size: c.number(1)})
		}
	case "writev", "pwritev", "pwritev2", "fallocate", "sendfile", "splice", "sync_file_range":
		if slices.ContainsFunc(c.args, func(a string) bool { return d.ours(file(a)) }) {
			return errors.New("the model does not know this call")
		}
	}
	return nil
}

// ended is told when a call comes back.
func (d *disk) ended(c *call) error {
	if c.failed() {
		return d.undo(c)
	}
	switch c.name {
	case "openat":
		return d.open(c)
	case "write":
		d.pos[c.number(0)] += d.moved(c)
	case "lseek":
		d.pos[c.number(0)] = d.moved(c)
	case "copy_file_range":
		return d.copied(c)
	case "fsync", "fdatasync":
		if n := d.names[file(c.arg(0))]; n != nil {
			n.sync(c)
		}
	case "mkdir", "mkdirat":
		return d.name(c, d.pathArg(c, c.name == "mkdirat"), newFolder())
	case "unlink", "rmdir":
		return d.name(c, d.pathArg(c, false), nil)
	case "unlinkat":
		return d.name(c, d.pathArg(c, true), nil)
	case "rename", "renameat", "renameat2", "link", "linkat":
		return d.rename(c)
	case "truncate", "creat", "open", "symlink", "symlinkat":
		if p := d.pathArg(c, false); d.ours(p) {
			return errors.New("the model does not know this call")
		}
	}
	return nil
}

// moved is the result of a call as a number.
func (d *disk) moved(c *call) int64 {
	var n int64
	_, _ = fmt.Sscan(c.result, &n)
	return n
}

func (d *disk) ack(c *call) error {
	b, err := c.text(1)
	if err != nil {
		return err
	}
	what, state, ok := strings.Cut(strings.TrimSpace(string(b)), " ")
	if !ok {
		return errors.New("this acknowledges nothing")
	}
	d.acked[what] = state
	return nil
}

// pathArg is the path that a call names: the first argument, or after a folder.
func (d *disk) pathArg(c *call, at bool) string {
	i := 0
	if at {
		i = 1
	}
	b, _ := c.text(i)
	return path.Clean(string(b))
}

func (d *disk) write(c *call, p string, ch change) error {
	n := d.names[p]
	if n == nil || n.folder {
		return fmt.Errorf("%s is written to, and nobody made it", p)
	}
	if ch.at < 0 || ch.at+int64(len(ch.data)) > mostBytes || ch.size > mostBytes || ch.size < -1 {
		return fmt.Errorf("%s: a write to an odd place", p)
	}
	n.writes = append(n.writes, ch)
	n.now = ch.apply(n.now)
	return nil
}

// undo takes back what a call that failed was expected to do.
func (d *disk) undo(c *call) error {
	switch c.name {
	case "write", "pwrite64", "ftruncate":
		if d.ours(file(c.arg(0))) {
			return errors.New("a write failed while it was recorded")
		}
	}
	return nil
}

func (d *disk) open(c *call) error {
	p := d.pathArg(c, true)
	if !d.ours(p) {
		return nil
	}
	fd, _, _ := strings.Cut(c.result, "<")
	var number int64
	_, _ = fmt.Sscan(fd, &number)
	d.pos[number] = 0
	flags := c.arg(2)
	if strings.Contains(flags, "O_APPEND") {
		return errors.New("the model does not know how to append")
	}
	if d.names[p] == nil && strings.Contains(flags, "O_CREAT") {
		return d.name(c, p, &node{})
	}
	if strings.Contains(flags, "O_TRUNC") {
		return d.write(c, p, change{c: c, size: 0})
	}
	return nil
}

// copied is copy_file_range(from, at, to, at, length, flags).
func (d *disk) copied(c *call) error {
	from, to := d.names[file(c.arg(0))], file(c.arg(2))
	if !d.ours(to) {
		return nil
	}
	if from == nil || c.arg(1) != "NULL" || c.arg(3) != "NULL" {
		return errors.New("the model does not know this copy")
	}
	n, a, b := d.moved(c), d.pos[c.number(0)], d.pos[c.number(2)]
	if n < 0 || a < 0 || a+n > int64(len(from.now)) {
		return errors.New("a copy of more than there is")
	}
	d.pos[c.number(0)], d.pos[c.number(2)] = a+n, b+n
	return d.write(c, to, change{c: c, at: b, data: slices.Clone(from.now[a : a+n]), size: -1})
}

// name gives a path to a node, or takes it away (nil).
func (d *disk) name(c *call, p string, n *node) error {
	if !d.ours(p) {
		return nil
	}
	folder := d.names[path.Dir(p)]
	if folder == nil {
		return fmt.Errorf("%s lies in no folder that is known", p)
	}
	folder.naming = append(folder.naming, change{c: c, sets: map[string]*node{path.Base(p): n}})
	if n == nil {
		delete(d.names, p)
	} else {
		d.names[p] = n
	}
	return nil
}

// rename is rename(from, to) or renameat(folder, from, folder, to), and links.
// Within a folder both names change at once.
func (d *disk) rename(c *call) error {
	i := 0
	if strings.Contains(c.name, "at") {
		i = 1
	}
	from, _ := c.text(i)
	to, _ := c.text(i + 1 + i)
	a, b := path.Clean(string(from)), path.Clean(string(to))
	if !d.ours(a) && !d.ours(b) {
		return nil
	}
	n := d.names[a]
	if n == nil || n.folder {
		return fmt.Errorf("%s is renamed, and the model does not know it", a)
	}
	if strings.HasPrefix(c.name, "link") {
		return d.name(c, b, n)
	}
	if path.Dir(a) != path.Dir(b) {
		return errors.Join(d.name(c, b, n), d.name(c, a, nil))
	}
	folder := d.names[path.Dir(b)]
	folder.naming = append(folder.naming, change{c: c, sets: map[string]*node{path.Base(b): n, path.Base(a): nil}})
	delete(d.names, a)
	d.names[b] = n
	return nil
}

// sync puts on the platter what had ended when the sync began.
func (n *node) sync(c *call) {
	sure := func(ch change) bool { return ch.c.end >= 0 && ch.c.end < c.begin }
	for _, ch := range n.writes {
		if sure(ch) {
			n.disk = ch.apply(n.disk)
		}
	}
	n.writes = slices.DeleteFunc(n.writes, sure)
	for _, ch := range n.naming {
		if sure(ch) {
			ch.nameIn(n.names)
		}
	}
	n.naming = slices.DeleteFunc(n.naming, sure)
}

func (ch change) nameIn(names map[string]*node) {
	for name, n := range ch.sets {
		if n == nil {
			delete(names, name)
		} else {
			names[name] = n
		}
	}
}

// apply does the change to b.
func (ch change) apply(b []byte) []byte {
	if ch.size >= 0 {
		return resized(b, ch.size)
	}
	if end := ch.at + int64(len(ch.data)); end > int64(len(b)) {
		b = resized(b, end)
	}
	copy(b[ch.at:], ch.data)
	return b
}

func resized(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size]
	}
	old := len(b)
	b = slices.Grow(b, int(size)-old)[:size]
	clear(b[old:])
	return b
}
