package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// traced are the system calls that change files. What else could (a mapping
// that is written to, a splice) the store does not use.
const traced = "openat,open,creat,close,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,truncate,fallocate,copy_file_range,sendfile,splice," +
	"fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat"

// call is one system call as strace -f -y -xx shows it. begin is the number of
// the line at which the kernel was entered, end that at which it came back.
type call struct {
	thread string
	name   string
	args   []string
	begin  int
	end    int    // -1: it never came back
	result string // "4096", "7<…>", "-1 ENOENT (…)"
}

// failed tells whether the kernel said no.
func (c *call) failed() bool { return strings.HasPrefix(c.result, "-1 ") }

// number is a numeric argument.
func (c *call) number(i int) int64 {
	n, _ := strconv.ParseInt(strings.SplitN(c.arg(i), "<", 2)[0], 0, 64)
	return n
}

func (c *call) arg(i int) string {
	if i >= len(c.args) {
		return ""
	}
	return c.args[i]
}

// text is an argument in quotes, its bytes as they were.
func (c *call) text(i int) ([]byte, error) { return unhex(strings.Trim(c.arg(i), `"`)) }

// file is the path behind a descriptor: `7<\x2f…>`.
func file(arg string) string {
	_, path, ok := strings.Cut(arg, "<")
	if !ok {
		return ""
	}
	b, err := unhex(strings.SplitN(path, ">", 2)[0])
	if err != nil {
		return ""
	}
	return string(b)
}

// unhex reads \x2f\x74….
func unhex(s string) ([]byte, error) {
	if strings.Contains(s, `"...`) {
		return nil, errors.New("strace cut a text off")
	}
	return hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
}

// watcher is told what a trace shows.
type watcher interface {
	line(n int) error    // before anything of line n
	began(c *call) error // a call enters the kernel
	ended(c *call) error // the same call comes back
}

// readTrace shows a trace to w.
func readTrace(r io.Reader, w watcher) (lines int, err error) {
	open := map[string]*call{} // by thread
	in := bufio.NewReaderSize(r, 1<<20)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return n, nil
		} else if err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := w.line(n); err != nil {
			return n, err
		}
		if err := traceLine(strings.TrimRight(line, "\n"), n, open, w); err != nil {
			return n, fmt.Errorf("line %d of the trace (%.120s): %w", n+1, line, err)
		}
	}
}

func traceLine(line string, n int, open map[string]*call, w watcher) error {
	thread, rest, ok := strings.Cut(line, " ")
	rest = strings.TrimLeft(rest, " ")
	if !ok || strings.HasPrefix(rest, "+++") || strings.HasPrefix(rest, "---") {
		return nil
	}
	if strings.HasPrefix(rest, "<... ") {
		c := open[thread]
		_, tail, found := strings.Cut(rest, " resumed>")
		if c == nil || !found {
			return errors.New("it resumes what never began")
		}
		delete(open, thread)
		return finish(c, tail, n, w)
	}
	name, args, ok := strings.Cut(rest, "(")
	if !ok {
		return errors.New("it is no call")
	}
	c := &call{thread: thread, name: name, begin: n, end: -1}
	if head, _, unfinished := strings.Cut(args, " <unfinished ...>"); unfinished {
		c.args = splitArgs(head)
		open[thread] = c
		return w.began(c)
	}
	i := strings.LastIndex(args, ") = ")
	if j := strings.LastIndex(args, ")"); i < 0 && j >= 0 {
		i = j
	}
	if i < 0 {
		return errors.New("it has no end")
	}
	c.args = splitArgs(args[:i])
	if err := w.began(c); err != nil {
		return err
	}
	return finish(c, args[i:], n, w)
}

// finish takes the result: `) = 4096`, with blanks to fill the column.
func finish(c *call, tail string, n int, w watcher) error {
	_, result, ok := strings.Cut(tail, "= ")
	if !ok || strings.HasPrefix(result, "?") {
		return nil // the process was ended within
	}
	c.result, c.end = strings.TrimSpace(result), n
	return w.ended(c)
}

// splitArgs splits at the commas between arguments: texts and paths are
// written in hexadecimal digits and hold none.
func splitArgs(s string) []string {
	args := strings.Split(s, ", ")
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	return args
}
