// Command simulate plays whole campaigns with random faults and counts what
// the public saw against what people asked for. A seed replays exactly.
//
//	go run ./cmd/simulate -runs 20000 -seed 1 -json
//	go run ./cmd/simulate -seed 4711 -runs 1
//
// It exits with 1 if a rule was broken, or if in 500 runs or more some kind of
// fault never struck. A run that broke a rule is printed with as few faults as
// it takes, step by step.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"

	"github.com/ittakesacommunity/takeover/internal/simulation"
)

func main() {
	// Little lives at a time, and much is thrown away.
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	simulation.Tidy()
	os.Exit(code)
}

// enough is how many runs every kind of fault must strike in.
const enough = 500

// largest is the size above which a run's posts want more room on an account
// than its hours have: they crowd each other out without any fault.
const largest = 10

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	runs := flags.Int("runs", enough, "how many runs")
	seed := flags.Uint64("seed", 1, "seed of the first; the others follow")
	var o simulation.Options
	flags.IntVar(&o.Size, "size", 1, "how many times as many posts and faults a run has; a seed is another run in another size")
	asJSON := flags.Bool("json", false, "print one JSON object")
	trace := flags.Bool("trace", false, "with -runs 1: print every step of the whole run")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *runs < 1 || o.Size < 1 || o.Size > largest || flags.NArg() > 0 {
		fmt.Fprintf(stderr, "simulate: -runs is at least 1, -size from 1 to %d, and there are no other arguments\n", largest)
		return 2
	}
	r, err := simulation.Many(ctx, *seed, *runs, o)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(stderr, "simulate:", err)
		return 2
	}
	quiet := r.Quiet()
	if *asJSON {
		err = printJSON(stdout, r, o)
	} else {
		printText(stdout, r)
	}
	if err != nil {
		fmt.Fprintln(stderr, "simulate:", err)
		return 2
	}
	if *trace && *runs == 1 {
		out, err := simulation.Replay(*seed, o)
		if err != nil {
			fmt.Fprintln(stderr, "simulate:", err)
			return 2
		}
		printRun(stderr, out)
		return map[bool]int{false: 1}[r.Sound()]
	}
	switch {
	case !r.Sound():
		printFailing(stderr, r.Failing)
		out, err := simulation.Shrink(r.Failing[0].Seed, o)
		if err != nil {
			fmt.Fprintln(stderr, "simulate:", err)
			return 2
		}
		printRun(stderr, out)
		return 1
	case r.Runs >= enough && len(quiet) > 0:
		fmt.Fprintf(stderr, "simulate: in %d runs these faults never struck: %v\n", r.Runs, quiet)
		return 1
	}
	return 0
}

func printJSON(w io.Writer, r simulation.Report, o simulation.Options) error {
	fields := map[string]any{"runs": r.Runs, "seed": r.Seed, "size": o.Size, "deliveries": r.Deliveries, "public": r.Public, "steps": r.Steps,
		"faults": r.Faults, "failing": r.Failing, "seconds": r.Took.Seconds()}
	for _, k := range simulation.Kinds {
		fields[k] = r.Broken[k]
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(fields)
}

func printText(w io.Writer, r simulation.Report) {
	fmt.Fprintf(w, "%d runs from seed %d in %.1f s: %d deliveries, %d public, %d steps\n", r.Runs, r.Seed, r.Took.Seconds(), r.Deliveries, r.Public, r.Steps)
	for _, k := range simulation.Kinds {
		fmt.Fprintf(w, "  %-14s %d\n", k, r.Broken[k])
	}
	fmt.Fprintln(w, "faults:")
	for _, k := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "  %-24s %d\n", k, r.Faults[k])
	}
}

func printRun(w io.Writer, o simulation.Outcome) {
	fmt.Fprintf(w, "seed %d with %v\n", o.Seed, o.Scene)
	for _, line := range o.Trace {
		fmt.Fprintln(w, line)
	}
	for _, v := range o.Found {
		fmt.Fprintf(w, "%s at %s: %s\n", v.Kind, v.At, v.Text)
	}
}

// printFailing lists the runs that broke a rule.
func printFailing(w io.Writer, fs []simulation.Failure) {
	for _, f := range fs {
		for _, v := range f.Found {
			fmt.Fprintf(w, "seed %d: %s at %s: %s\n", f.Seed, v.Kind, v.At, v.Text)
		}
	}
	fmt.Fprintln(w, "simulate: a rule was broken; the first of these runs with as few faults as it takes:")
}
