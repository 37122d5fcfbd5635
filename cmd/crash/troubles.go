package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// shell runs a command of the machine; what it says comes with its error.
func shell(ctx context.Context, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w %s", strings.Join(args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// link is a network namespace for the daemon and a pair of interfaces to it.
// The world listens at our end.
type link struct{ space, here, there string }

const (
	ourEnd   = "10.213.77.1"
	theirEnd = "10.213.77.2"
)

func newLink() link {
	n := os.Getpid() % 100000
	return link{fmt.Sprintf("crash%d", n), fmt.Sprintf("crash%da", n), fmt.Sprintf("crash%db", n)}
}

func (l link) up(ctx context.Context) error {
	for _, args := range []string{
		"netns add " + l.space,
		"link add " + l.here + " type veth peer name " + l.there,
		"link set " + l.there + " netns " + l.space,
		"addr add " + ourEnd + "/30 dev " + l.here,
		"link set " + l.here + " up",
		"-n " + l.space + " addr add " + theirEnd + "/30 dev " + l.there,
		"-n " + l.space + " link set " + l.there + " up",
		"-n " + l.space + " link set lo up",
	} {
		if err := shell(ctx, append([]string{"ip"}, strings.Fields(args)...)...); err != nil {
			return err
		}
	}
	// A neighbour that has to be looked for keeps packets in a queue of its own
	// for seconds, whoever has died meanwhile: that is the network's delay, not
	// the daemon's. So it is told.
	mac, err := os.ReadFile("/sys/class/net/" + l.here + "/address")
	if err != nil {
		return err
	}
	return shell(ctx, "ip", "-n", l.space, "neigh", "replace", ourEnd, "lladdr", strings.TrimSpace(string(mac)), "nud", "permanent", "dev", l.there)
}

// set turns the link on or off.
func (l link) set(state string) error {
	return shell(context.Background(), "ip", "link", "set", l.here, state)
}

func (l link) remove() {
	_ = shell(context.Background(), "ip", "link", "del", l.here) // its other end goes with it
	_ = shell(context.Background(), "ip", "netns", "del", l.space)
}

func lacksNamespaces(ctx context.Context) string {
	l := newLink()
	defer l.remove()
	if err := l.up(ctx); err != nil {
		return "network namespaces: " + err.Error()
	}
	return ""
}

// retransmitted is longer than a kernel waits before it sends again what was
// not acknowledged while the link was down for moments.
const retransmitted = 10 * time.Second

// linkDown cuts the link while a request waits in the kernel to be sent, kills
// the daemon, and lets the link come back.
func linkDown(ctx context.Context, o options, dir string, c *caseResult) error {
	l := newLink()
	defer l.remove()
	if err := l.up(ctx); err != nil {
		return err
	}
	k, err := newKilling(ctx, o, dir, ourEnd)
	if err != nil {
		return err
	}
	defer k.close()
	k.before = []string{"ip", "netns", "exec", l.space}
	if err := k.start(ctx); err != nil {
		return err
	}
	err = k.withPeople(ctx, func() error { return k.cutLink(ctx, l, c) })
	if err != nil {
		return fmt.Errorf("%w\n%s", err, k.tail())
	}
	err = k.count(ctx)
	c.take(k)
	return err
}

func (k *killing) cutLink(ctx context.Context, l link, c *caseResult) error {
	var failed error
	b := blow{point: beforeGate, pause: time.Second} // it lives on, so the server goes on, too
	t := newTrap(b, func() { failed = k.running().Signal(syscall.SIGSTOP) })
	p, err := k.bringInSoon(ctx, 0, b, time.Second)
	if err != nil {
		return err
	}
	k.w.arm(t)
	select {
	case <-t.sprung:
	case <-time.After(time.Until(p.due) + 5*time.Second):
		return errors.New("no request came to the receiver")
	}
	time.Sleep(100 * time.Millisecond) // the server's greeting is in the frozen daemon's kernel now
	failed = errors.Join(failed, l.set("down"), k.running().Signal(syscall.SIGCONT))
	time.Sleep(500 * time.Millisecond) // it passes the gate, and its bytes stay here
	before := len(k.w.arrived())
	k.kill()
	ended := time.Now()
	failed = errors.Join(failed, l.set("up"))
	c.did("link down before the first byte, daemon killed, link up again")
	if err := wait(ctx, retransmitted); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	for _, a := range k.w.arrived()[before:] {
		c.fault("a request came to %s %s after the daemon's end", a.channel, a.at.Sub(ended))
	}
	return k.start(ctx)
}

func lacksTmpfs(ctx context.Context) string {
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		return err.Error()
	}
	defer os.Remove(dir)
	if err := shell(ctx, "mount", "-t", "tmpfs", "-o", "size=1m", "crash", dir); err != nil {
		return "a file system of its own: " + err.Error()
	}
	if err := shell(ctx, "umount", dir); err != nil {
		return err.Error()
	}
	return ""
}

// diskFull lets the data folder run out of space before arming, and between a
// request and the record of its answer.
func diskFull(ctx context.Context, o options, dir string, c *caseResult) error {
	data := filepath.Join(dir, "site", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := shell(ctx, "mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "crash", data); err != nil {
		return err
	}
	defer func() { _ = shell(context.Background(), "umount", "-l", data) }()
	k, err := newKilling(ctx, o, dir, loopback)
	if err != nil {
		return err
	}
	defer k.close()
	if err := k.start(ctx); err != nil {
		return err
	}
	filler := filepath.Join(data, "filler")
	defer func() {
		if c.ended == 0 {
			c.fault("the disk was never too full for the store")
		}
	}()
	err = k.withPeople(ctx, func() error {
		for n, b := range []blow{{point: beforeArming, pause: 1}, {point: effectAfter, channel: "box-k1", pause: 1}, {point: effectAfter, channel: hookBlind, pause: 1}} {
			if err := k.trouble(ctx, n, b, c, func() error { return fill(filler) }, func() error { return os.Remove(filler) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, k.tail())
	}
	err = k.count(ctx)
	c.take(k)
	return err
}

// fill leaves no byte of space.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for b := make([]byte, size); ; {
			if _, err := f.Write(b); errors.Is(err, syscall.ENOSPC) {
				break
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// trouble brings a plan in, lets something go wrong with the disk at a point,
// watches publishing end, mends the disk and starts again.
func (k *killing) trouble(ctx context.Context, n int, b blow, c *caseResult, begin, mend func() error) error {
	p, err := k.bringInSoon(ctx, n, b, time.Second)
	if err != nil {
		return err
	}
	var failed error
	t := newTrap(b, func() { failed = begin() })
	if b.point == beforeArming {
		time.Sleep(time.Until(p.due) - 400*time.Millisecond)
		t.strike()
	} else {
		k.w.arm(t)
		k.await(ctx, &k.w.traps, t, p.due)
	}
	if failed != nil {
		return failed
	}
	if err := k.untilEnded(ctx, c); err != nil {
		return err
	}
	if err := mend(); err != nil {
		return err
	}
	return k.start(ctx)
}

// untilEnded waits until the daemon has ended because of its disk, or has
// published all there is in the space that the store had.
func (k *killing) untilEnded(ctx context.Context, c *caseResult) error {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		select {
		case <-k.running().Ended():
			if k.running().Result() == nil {
				c.fault("the daemon ended with 0 when its disk failed")
			}
			c.did("the daemon ended when its disk failed: %v", k.running().Result())
			c.ended++
			return nil
		default:
		}
		if n, err := k.open(ctx); err == nil && n == 0 {
			c.did("all was published in the space that the store had")
			k.kill()
			return nil
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	c.fault("the daemon neither goes on nor ends when its disk fails")
	k.kill()
	return nil
}

func lacksStrace(ctx context.Context) string {
	if _, err := exec.LookPath("strace"); err != nil {
		return "strace is not installed"
	}
	if err := shell(ctx, "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "true"); err != nil {
		return "strace cannot inject errors: " + err.Error()
	}
	return ""
}

// badDisk makes the kernel answer writes and syncs of the data file with EIO.
func badDisk(ctx context.Context, o options, dir string, c *caseResult) error {
	k, err := newKilling(ctx, o, dir, loopback)
	if err != nil {
		return err
	}
	defer k.close()
	if err := k.start(ctx); err != nil {
		return err
	}
	err = k.withPeople(ctx, func() error {
		for n, calls := range []string{"fdatasync", "pwrite64", "fdatasync", "pwrite64"} {
			b := blow{point: beforeArming, pause: 1}
			if n >= 2 {
				b = blow{point: effectAfter, channel: []string{"box-k5", hookBlind}[n%2], pause: 1}
			}
			i := &injector{calls: calls, site: k.site}
			before, err := os.Stat(k.store())
			if err != nil {
				return err
			}
			if err := k.trouble(ctx, n, b, c, i.begin, i.end); err != nil {
				return err
			}
			if after, err := os.Stat(k.store()); err != nil || os.SameFile(before, after) {
				c.fault("the store was not copied into a new file after its disk failed (%v)", err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, k.tail())
	}
	if !strings.Contains(k.said(), "input/output error") || c.ended < 4 {
		c.fault("the daemon ended %d times because of its disk, and should 4 times", c.ended)
	}
	err = k.count(ctx)
	c.take(k)
	return err
}

// injector is an strace on the running daemon.
type injector struct {
	calls string
	site  *site
	cmd   *exec.Cmd
}

func (i *injector) begin() error {
	attached := &said{waitFor: "attached"}
	i.cmd = exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace="+i.calls, "-e", "inject="+i.calls+":error=EIO",
		"-P", i.site.store(), "-p", fmt.Sprint(i.site.running().Pid()))
	attached.came = make(chan struct{})
	i.cmd.Stderr = attached
	if err := i.cmd.Start(); err != nil {
		return err
	}
	select {
	case <-attached.came:
		return nil
	case <-time.After(10 * time.Second):
		return errors.New("strace does not attach")
	}
}

func (i *injector) end() error {
	_ = i.cmd.Process.Signal(syscall.SIGTERM)
	_ = i.cmd.Wait() // it ends with its tracee
	return nil
}

// said waits for a word in what a process says.
type said struct {
	waitFor string
	b       bytes.Buffer
	came    chan struct{}
	told    bool
}

// Write implements io.Writer; only one goroutine calls it.
func (s *said) Write(p []byte) (int, error) {
	s.b.Write(p)
	if !s.told && strings.Contains(s.b.String(), s.waitFor) {
		s.told = true
		close(s.came)
	}
	return len(p), nil
}
