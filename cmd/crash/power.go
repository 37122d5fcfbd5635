package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// powerReport is what a run of power cuts found.
type powerReport struct {
	Images int `json:"images"`
	// NotTried says why nothing was recorded; "" when it was.
	NotTried string `json:"not_tried,omitempty"`
	// Recorded is what the images were made from.
	Writes       int `json:"writes"`
	Syncs        int `json:"syncs"`
	Acknowledged int `json:"acknowledged"` // changes, at the end
	// Changed counts images in which some unsynced write was lost or torn.
	Changed int `json:"changed"`
	// Lost counts acknowledged changes that are not there.
	Lost int `json:"lost"`
	// Half counts transactions of which only a part is there.
	Half int `json:"half"`
	// Unreadable counts images that the store refuses to open.
	Unreadable int `json:"unreadable"`
	// Quarantined counts images taken for a copy that was put back.
	Quarantined int      `json:"quarantined"`
	Rewritten   int      `json:"rewritten"` // images opened by the way of a failed write
	Seconds     float64  `json:"seconds"`
	Seed        uint64   `json:"seed"`
	Wrong       []string `json:"wrong"`
}

func (r *powerReport) wrong() []string {
	if r.NotTried != "" {
		return nil
	}
	wrong := append(slices.Clone(r.Wrong), expect(map[string]int{"lost": r.Lost, "half": r.Half, "unreadable": r.Unreadable, "quarantined": r.Quarantined})...)
	if r.Images == 0 || r.Changed == 0 || r.Acknowledged == 0 {
		wrong = append(wrong, "nothing was tried")
	}
	return wrong
}

func (r *powerReport) note(format string, args ...any) {
	if len(r.Wrong) < noted {
		r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
	}
}

// powerCuts records a working store, and opens what cuts of its power would
// have left.
func powerCuts(ctx context.Context, o options, dir string) (report, error) {
	began := time.Now()
	r := &powerReport{Seed: o.seed, Wrong: []string{}}
	strace, err := exec.LookPath("strace")
	if err != nil {
		r.NotTried = "strace is not installed"
		return r, nil
	}
	dir, err = filepath.EvalSymlinks(dir) // as the kernel names it
	if err != nil {
		return nil, err
	}
	trace := filepath.Join(dir, "trace")
	if err := record(ctx, strace, dir, trace); err != nil {
		return nil, err
	}
	s := &survey{}
	if err := show(trace, s.on(newDisk(filepath.Join(dir, "root"), filepath.Join(dir, acksFile)))); err != nil {
		return nil, err
	}
	r.Writes, r.Syncs, r.Acknowledged = s.writes, s.syncs, len(s.acks)
	c := &cutter{disk: newDisk(filepath.Join(dir, "root"), filepath.Join(dir, acksFile)), rand: o.draw(), r: r, dir: dir, ctx: ctx}
	c.at = s.cuts(o.power, c.rand)
	if err := show(trace, c); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// record runs the workload in dir under strace.
func record(ctx context.Context, strace, dir, trace string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "root"), 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, strace, "-f", "-q", "-y", "-xx", "-s", "33554432", "--seccomp-bpf",
		"-e", "trace="+traced, "-e", "signal=none", "-o", trace, self, workloadArg, dir)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("recording: %w\n%s", err, said.Bytes())
	}
	return nil
}

func show(trace string, w watcher) error {
	f, err := os.Open(trace)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = readTrace(f, w)
	return err
}

// survey counts what a trace holds.
type survey struct {
	*disk
	lines, writes, syncs int
	acks                 []int // lines at which something was acknowledged
}

func (s *survey) on(d *disk) *survey {
	s.disk = d
	return s
}

func (s *survey) line(n int) error {
	s.lines = n + 1
	return nil
}

func (s *survey) began(c *call) error {
	switch p := file(c.arg(0)); {
	case p == s.disk.acks && c.name == "write":
		s.acks = append(s.acks, c.begin)
	case s.ours(p) && (c.name == "write" || c.name == "pwrite64"):
		s.writes++
	case s.ours(p) && (c.name == "fsync" || c.name == "fdatasync"):
		s.syncs++
	}
	return s.disk.began(c)
}

// cuts draws n moments, in order: every other one right after something was
// acknowledged, when the least has come after it.
func (s *survey) cuts(n int, r *rand.Rand) []int {
	at := make([]int, n)
	for i := range at {
		if i%2 == 0 && len(s.acks) > 0 {
			at[i] = s.acks[r.IntN(len(s.acks))] + 1
		} else {
			at[i] = r.IntN(s.lines) + 1
		}
		at[i] = min(at[i], s.lines-1) // the last line is the last moment
	}
	slices.Sort(at)
	return at
}

// cutter replays a trace and makes an image at each cut.
type cutter struct {
	*disk
	at   []int
	rand *rand.Rand
	r    *powerReport
	dir  string
	ctx  context.Context
	last int
}

func (c *cutter) line(n int) error {
	c.last = n
	for len(c.at) > 0 && c.at[0] <= n {
		c.at = c.at[1:]
		if err := c.cut(); err != nil {
			return err
		}
	}
	return c.ctx.Err()
}

// cut makes one image and opens it.
func (c *cutter) cut() error {
	how := loss(c.rand.IntN(int(losses)))
	to := filepath.Join(c.dir, "image")
	root := filepath.Join(to, "root")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	if err := c.image(root, how, c.rand); err != nil {
		return err
	}
	c.r.Images++
	if how != keepAll && c.unsynced() {
		c.r.Changed++
	}
	x := &examination{r: c.r, l: layout(to), acked: c.acked, where: fmt.Sprintf("image %d (line %d)", c.r.Images, c.last)}
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		x.examine(c.ctx)
	}()
	select {
	case <-looked:
	case <-time.After(lookWithin):
		c.r.Unreadable++
		return fmt.Errorf("%s keeps whoever reads it for ever; it lies in %s", x.where, to)
	}
	return os.RemoveAll(to)
}

// lookWithin is how long opening and reading one image may take.
const lookWithin = time.Minute

// unsynced tells whether a power cut now can lose anything.
func (d *disk) unsynced() bool {
	for _, n := range d.names {
		if len(n.writes) > 0 || len(n.naming) > 0 {
			return true
		}
	}
	return false
}
