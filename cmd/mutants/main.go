// Command mutants breaks the program on purpose, one promise at a time, and
// looks whether the test that guards the promise fails. A defect that no test
// notices is a survivor: a test is missing.
//
//	go run ./cmd/mutants -json
//	go run ./cmd/mutants -only check-6-skipped
//	go run ./cmd/mutants -sample 6 -json
//
// The work tree is never touched: each defect is a patch laid over the source
// for one build, so that several runs can go on beside one another. It exits
// with 1 unless every defect was caught.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// report is what a run found.
type report struct {
	Total     int      `json:"total"`
	Caught    int      `json:"caught"`
	Survivors []string `json:"survivors"`
	// Broken are those that say nothing: the patch does not apply or does not
	// build, the test is not there, or fails without the defect.
	Broken  []string `json:"broken"`
	Seed    uint64   `json:"seed,omitempty"` // of the sample
	Seconds float64  `json:"seconds"`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", "", "this one alone")
	sample := f.Int("sample", 0, "so many, drawn; 0: all")
	seed := f.Uint64("seed", 0, "seed of the sample; 0 draws one")
	list := f.Bool("list", false, "list them with what each breaks and which test must notice")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := f.Parse(args); err != nil {
		return 2
	}
	chosen, r := choose(*only, *sample, *seed)
	if len(chosen) == 0 || f.NArg() > 0 || *sample < 0 {
		fmt.Fprintln(stderr, "mutants: -only takes a name that -list shows, -sample a number, and there are no other arguments")
		return 2
	}
	if *list {
		for _, m := range chosen {
			fmt.Fprintf(stdout, "%-28s %s\n%-28s   %s: %s\n", m.Name, m.Breaks, "", m.Package, m.Test)
		}
		return 0
	}
	began := time.Now()
	if err := try(ctx, chosen, &r, stderr); err != nil {
		fmt.Fprintln(stderr, "mutants:", err)
		return 2
	}
	r.Seconds = time.Since(began).Seconds()
	print(stdout, r, *asJSON)
	if r.Caught != r.Total {
		return 1
	}
	return 0
}

// choose is the one named, a sample, or all, in the order of the list.
func choose(only string, sample int, seed uint64) ([]mutant, report) {
	r := report{Survivors: []string{}, Broken: []string{}}
	all := mutants()
	switch {
	case only != "":
		for _, m := range all {
			if m.Name == only {
				return []mutant{m}, r
			}
		}
		return nil, r
	case sample <= 0 || sample >= len(all):
		return all, r
	}
	if r.Seed = seed; seed == 0 {
		r.Seed = uint64(time.Now().UnixNano())
	}
	picked := map[int]bool{}
	for _, i := range rand.New(rand.NewPCG(r.Seed, 0)).Perm(len(all))[:sample] {
		picked[i] = true
	}
	var chosen []mutant
	for i, m := range all {
		if picked[i] {
			chosen = append(chosen, m)
		}
	}
	return chosen, r
}

// try runs each and adds what came of it to the report.
func try(ctx context.Context, chosen []mutant, r *report, log io.Writer) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	for _, m := range chosen {
		began := time.Now()
		fate, why := b.try(m, chosen)
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Total++
		switch fate {
		case caught:
			r.Caught++
		case survived:
			r.Survivors = append(r.Survivors, m.Name)
		case broken:
			r.Broken = append(r.Broken, m.Name+": "+why)
		}
		fmt.Fprintf(log, "%-9s %-28s %5.1f s  %s\n", fate, m.Name, time.Since(began).Seconds(), why)
	}
	return nil
}

func print(w io.Writer, r report, asJSON bool) {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(r) // plain data to a pipe that the exit code speaks for, too
		return
	}
	fmt.Fprintf(w, "%d of %d defects were caught in %.0f s\n", r.Caught, r.Total, r.Seconds)
	for _, name := range r.Survivors {
		fmt.Fprintln(w, "survived:", name)
	}
	for _, name := range r.Broken {
		fmt.Fprintln(w, "broken:", name)
	}
}
