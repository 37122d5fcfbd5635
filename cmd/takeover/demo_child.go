package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// child is a command of this program that the demo runs as its own process.
type child struct {
	cmd    *exec.Cmd
	first  chan string   // the match in its output, once
	ended  chan struct{} // closed when the process is gone
	result error         // how it ended; read after ended
}

// startIn is how long a child may take to say that it listens.
const startIn = 20 * time.Second

// startChild runs `takeover args…` in dir. What it says goes to log; the first
// match of ready (its first group) is awaited and returned.
func startChild(ctx context.Context, dir string, log io.Writer, ready *regexp.Regexp, args ...string) (*child, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, plainEnv(), in, in, dieWithUs()
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return nil, "", errors.Join(err, out.Close())
	}
	c := &child{cmd: cmd, first: make(chan string, 1), ended: make(chan struct{})}
	go c.listen(out, log, ready)
	select {
	case at := <-c.first:
		return c, at, nil
	case <-c.ended:
		err = fmt.Errorf("%s ended at its start: %w", args[0], c.result)
	case <-time.After(startIn):
		err = fmt.Errorf("%s does not listen after %s", args[0], startIn)
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.kill()
	return nil, "", err
}

// plainEnv is the environment without settings of the visitor's own takeover:
// a demo must not touch it.
func plainEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAKEOVER_") && !strings.HasPrefix(v, "NOTIFY_SOCKET=") {
			env = append(env, v)
		}
	}
	return env
}

// listen copies what the child says until it ends, and then waits for its end.
func (c *child) listen(out io.ReadCloser, log io.Writer, ready *regexp.Regexp) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(log, line)
		if m := ready.FindStringSubmatch(line); m != nil {
			select {
			case c.first <- m[1]:
			default: // said before
			}
		}
		if err != nil {
			break
		}
	}
	_ = out.Close()
	c.result = c.cmd.Wait()
	close(c.ended)
}

// kill ends the child at once, as a power cut would, and waits until it is gone.
func (c *child) kill() {
	if c == nil {
		return
	}
	_ = c.cmd.Process.Kill() // it may be gone already
	<-c.ended
}
