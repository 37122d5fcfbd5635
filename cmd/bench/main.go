// Command bench measures what takeover costs beside the least that the same
// work can cost on the same machine in the same minute.
//
//	go run ./cmd/bench -json
//	go run ./cmd/bench -only burst,slow -due 10000
//	go run ./cmd/bench -only standing -stored 100000,1000000 -watch 60s
//
// It fills a store beforehand, runs the real daemon on it and looks from
// outside: at a receiver in this process, and at what the kernel says of the
// daemon. It exits with 1 where a post came early, twice or not at all, or
// where an aim is missed; both are listed. With -look a missed aim is printed
// only: aims are for a machine that does nothing else.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command's flags.
type options struct {
	due    int           // of the burst
	stored []int         // of the standing queues
	watch  time.Duration // of a standing queue
	bin    string
	dir    string
	log    io.Writer
}

// report is what a run measured; a part that was not asked for is nil.
type report struct {
	Machine  string     `json:"machine"`
	Burst    *burst     `json:"burst,omitempty"`
	Standing []standing `json:"standing,omitempty"`
	Intake   *intake    `json:"intake,omitempty"`
	Slow     *slow      `json:"slow,omitempty"`
	Missed   []string   `json:"missed"` // aims that were not reached
	Wrong    []string   `json:"wrong"`  // what must not be at all: early, twice, never
	Seconds  float64    `json:"seconds"`
}

// part is one measurement.
type part struct {
	name string
	do   func(context.Context, options, *report) error
}

var parts = []part{{"intake", measureIntake}, {"burst", measureBurst}, {"slow", measureSlow}, {"standing", measureStanding}}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{log: stderr}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", "", "these alone, with commas: intake, burst, slow, standing")
	stored := f.String("stored", "100000,1000000", "how many deliveries stand in the queue, with commas")
	f.IntVar(&o.due, "due", 10_000, "how many are due at one instant")
	f.DurationVar(&o.watch, "watch", time.Minute, "how long each standing queue is watched")
	f.StringVar(&o.bin, "bin", "", "the takeover program; without it, it is built")
	look := f.Bool("look", false, "a missed aim is no failure")
	asJSON := f.Bool("json", false, "print the result on one line")
	if err := f.Parse(args); err != nil {
		return 2
	}
	chosen, err := choose(*only)
	if err == nil {
		o.stored, err = numbers(*stored)
	}
	if err != nil || f.NArg() > 0 || o.due < 1 || o.watch < time.Second {
		fmt.Fprintln(stderr, "bench: see -help:", err)
		return 2
	}
	r, err := measure(ctx, o, chosen)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	e := json.NewEncoder(stdout)
	if !*asJSON {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(r); err != nil || len(r.Wrong) > 0 || len(r.Missed) > 0 && !*look {
		return 1
	}
	return 0
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no measurement %q", name)
		}
		chosen = append(chosen, parts[i])
	}
	return chosen, nil
}

func numbers(list string) (ns []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of deliveries", word)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

func measure(ctx context.Context, o options, chosen []part) (*report, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o.dir = dir
	if o.bin == "" {
		o.bin = filepath.Join(dir, "takeover")
		cmd := exec.CommandContext(ctx, "go", "build", "-o", o.bin, "github.com/ittakesacommunity/takeover/cmd/takeover")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building the daemon: %w\n%s", err, out)
		}
	}
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return nil, err
	}
	began := time.Now()
	r := &report{Machine: fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version()), Missed: []string{}, Wrong: []string{}}
	for _, p := range chosen {
		fmt.Fprintln(o.log, "measuring:", p.name)
		if err := p.do(ctx, o, r); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	r.Seconds = round(time.Since(began).Seconds())
	return r, nil
}

// miss notes an aim that was not reached.
func (r *report) miss(bad bool, format string, args ...any) {
	if bad {
		r.Missed = append(r.Missed, fmt.Sprintf(format, args...))
	}
}

// wrong notes what must not be on any machine.
func (r *report) wrong(bad bool, format string, args ...any) {
	if bad {
		r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
	}
}

// round keeps what a figure of one run can mean.
func round(f float64) float64 {
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 4, 64), 64)
	return f
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// quantile of sorted durations; 0 for none.
func quantile(ds []time.Duration, q float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	return ds[min(len(ds)-1, int(q*float64(len(ds))))]
}
