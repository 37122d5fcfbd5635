// Command crash shows that takeover keeps its promise where it ends without
// warning: it kills and pauses the real daemon while it publishes to a server in
// this process, cuts the power of its store, and stops it in the middle of a
// flood. It counts at the server and on the disk, never in the daemon's own
// words, and ends with 1 where a figure is wrong.
//
//	go run ./cmd/crash -kills 200 -json
//	go run ./cmd/crash -power 500 -json
//	go run ./cmd/crash -stops 1000 -due 10000 -json
//	go run ./cmd/crash -cases link,full,eio -json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == workloadArg {
		if err := workload(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "crash: workload:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command's flags.
type options struct {
	kills, power, stops, due int
	cases                    string
	json                     bool
	bin                      string
	seed                     uint64
	keep                     string
	log                      io.Writer
}

// report is what one run found.
type report interface {
	// wrong lists every figure that is not as it must be.
	wrong() []string
}

// run is the command; tests call it too.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{log: stderr}
	f := flag.NewFlagSet("crash", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.kills, "kills", 0, "kill the daemon so many times while it publishes")
	f.IntVar(&o.power, "power", 0, "rebuild so many images that a power cut could leave, and open each")
	f.IntVar(&o.stops, "stops", 0, "stop publishing so many times in the middle of a flood")
	f.IntVar(&o.due, "due", 10000, "how many deliveries are due at once, with -stops")
	f.StringVar(&o.cases, "cases", "", "named cases that need rights: link, full, eio, with commas")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object")
	f.StringVar(&o.bin, "bin", "", "the takeover program; without it, it is built")
	f.Uint64Var(&o.seed, "seed", 0, "seed of everything that is drawn; 0 draws one")
	f.StringVar(&o.keep, "keep", "", "work in this folder and leave it, to look at what happened")
	if err := f.Parse(args); err != nil {
		return 2
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	r, err := o.choose(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "crash:", err)
		if errors.Is(err, errUsage) {
			return 2
		}
		return 1
	}
	if err := o.print(stdout, r); err != nil {
		fmt.Fprintln(stderr, "crash:", err)
		return 1
	}
	wrong := r.wrong()
	for _, w := range wrong {
		fmt.Fprintln(stderr, "wrong:", w)
	}
	if len(wrong) > 0 {
		return 1
	}
	return 0
}

var errUsage = errors.New("usage")

func (o options) choose(ctx context.Context) (report, error) {
	asked := 0
	for _, n := range []int{o.kills, o.power, o.stops, len(o.cases)} {
		if n < 0 {
			return nil, fmt.Errorf("%w: a count cannot be negative", errUsage)
		}
		if n > 0 {
			asked++
		}
	}
	if asked != 1 {
		return nil, fmt.Errorf("%w: say one of -kills N, -power N, -stops N, -cases NAMES", errUsage)
	}
	dir, done, err := o.folder()
	if err != nil {
		return nil, err
	}
	defer done()
	if o.power > 0 {
		return powerCuts(ctx, o, dir)
	}
	if o.bin, err = o.program(ctx, dir); err != nil {
		return nil, err
	}
	switch {
	case o.kills > 0:
		return kills(ctx, o, dir)
	case o.stops > 0:
		return stops(ctx, o, dir)
	}
	return cases(ctx, o, dir)
}

// folder is where the run works. The name of a Unix socket is short, those of
// folders for tests are long: so it begins at the shortest place.
func (o options) folder() (dir string, done func(), err error) {
	if o.keep != "" {
		dir, err = filepath.Abs(o.keep)
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
		return dir, func() {}, err
	}
	if dir, err = os.MkdirTemp("", "crash"); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// program builds the daemon, unless one was named.
func (o options) program(ctx context.Context, dir string) (string, error) {
	if o.bin != "" {
		return filepath.Abs(o.bin)
	}
	bin := filepath.Join(dir, "takeover")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, "github.com/ittakesacommunity/takeover/cmd/takeover")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the daemon: %w\n%s", err, out)
	}
	return bin, nil
}

// draw is the run's chance; the same seed draws the same.
func (o options) draw() *rand.Rand { return rand.New(rand.NewPCG(o.seed, 0)) }

func (o options) print(w io.Writer, r report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if !o.json {
		e.SetIndent("", "  ")
	}
	return e.Encode(r)
}

// expect lists each named figure that is not zero.
func expect(zero map[string]int) []string {
	var wrong []string
	for name, n := range zero {
		if n != 0 {
			wrong = append(wrong, fmt.Sprintf("%s is %d, not 0", strings.ReplaceAll(name, "_", " "), n))
		}
	}
	return wrong
}
