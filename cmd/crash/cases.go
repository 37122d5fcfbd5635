package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// caseReport is what named cases found, by name.
type caseReport struct {
	Cases   map[string]*caseResult `json:"cases"`
	Seconds float64                `json:"seconds"`
	Seed    uint64                 `json:"seed"`
}

// caseResult is one case, told in numbers.
type caseResult struct {
	Shows string `json:"shows"` // the failure of reliability.md, and how it must end
	// NotTried says what this machine lacks; "" when the case ran.
	NotTried    string   `json:"not_tried,omitempty"`
	Deliveries  int      `json:"deliveries"`
	Duplicates  int      `json:"duplicates"`
	Lost        int      `json:"lost"`
	Unexplained int      `json:"unexplained"`
	Asked       int      `json:"asked"`
	Did         []string `json:"did"` // what happened, in order
	Wrong       []string `json:"wrong"`

	ended int // times that the daemon ended by itself
}

func (r *caseReport) wrong() (wrong []string) {
	for name, c := range r.Cases {
		if c.NotTried != "" {
			continue
		}
		for _, w := range slices.Concat(c.Wrong, expect(map[string]int{"duplicates": c.Duplicates, "lost": c.Lost, "unexplained": c.Unexplained})) {
			wrong = append(wrong, name+": "+w)
		}
	}
	return wrong
}

// namedCase is something that needs rights which not every machine gives.
type namedCase struct {
	shows string
	lacks func(context.Context) string // what this machine lacks for it, "" if nothing
	run   func(context.Context, options, string, *caseResult) error
}

var namedCases = map[string]namedCase{
	"link": {"F3: killed in flight with the link down, which comes up again later: no byte arrives after the end, one post", lacksNamespaces, linkDown},
	"full": {"F13, F14: the disk is full: nothing is sent, publishing stops, and goes on once there is room", lacksTmpfs, diskFull},
	"eio":  {"F15: input/output errors at writes and syncs: the daemon ends, and the next start mends the store first", lacksStrace, badDisk},
}

// cases runs those that were named.
func cases(ctx context.Context, o options, dir string) (report, error) {
	began := time.Now()
	r := &caseReport{Cases: map[string]*caseResult{}, Seed: o.seed}
	for name := range strings.SplitSeq(o.cases, ",") {
		c, ok := namedCases[name]
		if !ok {
			return nil, fmt.Errorf("%w: no case is called %q; there are link, full and eio", errUsage, name)
		}
		result := &caseResult{Shows: c.shows, Did: []string{}, Wrong: []string{}}
		r.Cases[name] = result
		if result.NotTried = c.lacks(ctx); result.NotTried != "" {
			continue
		}
		if err := c.run(ctx, o, filepath.Join(dir, name), result); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

func (c *caseResult) did(format string, args ...any) {
	c.Did = append(c.Did, fmt.Sprintf(format, args...))
}

func (c *caseResult) fault(format string, args ...any) {
	c.Wrong = append(c.Wrong, fmt.Sprintf(format, args...))
}

// take adds what a run counted at its server.
func (c *caseResult) take(k *killing) {
	c.Deliveries, c.Duplicates, c.Lost, c.Unexplained = k.r.Deliveries, k.r.Duplicates, k.r.Lost, k.r.Unexplained
	c.Asked = int(k.asked.Load())
	c.Wrong = append(c.Wrong, k.r.Wrong...)
}
