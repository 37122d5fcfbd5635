// Package child runs a program as a process that ends with this one: the demo
// and the crash tests start, pause and kill the daemon with it.
package child

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

// Options say what to run.
type Options struct {
	Program string
	Args    []string
	Dir     string
	Env     []string  // nil: PlainEnv
	Log     io.Writer // takes all that it says
	// Ready is awaited in what it says, line by line.
	Ready *regexp.Regexp
}

// Child is a running process. Its methods may be called from several goroutines.
type Child struct {
	cmd    *exec.Cmd
	name   string
	first  chan string   // the match in its output, once
	ended  chan struct{} // closed when the process is gone
	result error         // how it ended; read after ended
}

// startIn is how long a child may take to say that it is ready.
const startIn = 20 * time.Second

// Start runs a program without waiting for it; Await does.
func Start(o Options) (*Child, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if o.Env == nil {
		o.Env = PlainEnv()
	}
	cmd := exec.Command(o.Program, o.Args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = o.Dir, o.Env, in, in, dieWithUs()
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	c := &Child{cmd: cmd, name: strings.Join(append([]string{o.Program}, o.Args[:min(1, len(o.Args))]...), " "),
		first: make(chan string, 1), ended: make(chan struct{})}
	go c.listen(out, o.Log, o.Ready)
	return c, nil
}

// Await waits for the first match of Options.Ready and returns its first
// group. Where none comes the child is killed.
func (c *Child) Await(ctx context.Context) (at string, err error) {
	late := time.NewTimer(startIn)
	defer late.Stop()
	select {
	case at := <-c.first:
		return at, nil
	case <-c.ended:
		err = fmt.Errorf("%s ended at its start: %w", c.name, c.result)
	case <-late.C:
		err = fmt.Errorf("%s is not ready after %s", c.name, startIn)
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.Kill()
	return "", err
}

// PlainEnv is the environment without settings of the visitor's own takeover:
// a demo must not touch it.
func PlainEnv() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAKEOVER_") && !strings.HasPrefix(v, "NOTIFY_SOCKET=") {
			env = append(env, v)
		}
	}
	return env
}

// listen copies what the child says until it ends, and then waits for its end.
func (c *Child) listen(out io.ReadCloser, log io.Writer, ready *regexp.Regexp) {
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

// Signal sends a signal; an error says that the process is gone.
func (c *Child) Signal(s os.Signal) error { return c.cmd.Process.Signal(s) }

// Pid is its number.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Ended is closed when the process is gone.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Result is how it ended: nil for exit code 0. It waits for the end.
func (c *Child) Result() error {
	<-c.ended
	return c.result
}

// Kill ends the child at once, as a power cut would, and waits until it is
// gone. A nil child is gone already.
func (c *Child) Kill() {
	if c == nil {
		return
	}
	_ = c.cmd.Process.Kill() // it may be gone already
	<-c.ended
}
