package simulation

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// Violation is a broken rule. Kind is one of Kinds.
type Violation struct {
	Kind string        `json:"kind"`
	Text string        `json:"text"`
	At   time.Duration `json:"at"` // true time since the beginning of the run
}

// Outcome is what one run brought.
type Outcome struct {
	Seed       uint64
	Deliveries int // records of deliveries at the end
	Public     int // posts of ours that the public saw
	Steps      int // touches of store and network
	Faults     map[string]int
	Scene      []Fault // what was arranged
	Found      []Violation
	Trace      []string // one line a step; empty unless asked for
}

// Options of one run.
type Options struct {
	Dir    string  // an empty folder for the store; Many, Shrink and Replay take one of their own
	Size   int     // how many times as many posts and faults as usual; 0 is 1
	Scene  []Fault // instead of the seed's own; nil: the seed's
	Trace  bool
	Breaks Breakage
}

// Run plays one seed.
func Run(seed uint64, o Options) Outcome {
	street()
	var out Outcome
	err := bubble(func() {
		w := newWorld(seed, o.Dir, max(o.Size, 1), o.Breaks)
		w.quiet = !o.Trace
		fs := o.Scene
		if fs == nil {
			fs = scene(w.random("scene"), w.size)
		}
		out = w.run(fs)
	})
	if err != nil {
		out.Seed = seed
		out.Found = append(out.Found, Violation{Kind: "unexplained", Text: err.Error()})
	}
	return out
}

// run plays the whole campaign.
func (w *world) run(fs []Fault) Outcome {
	w.arrange(fs)
	w.start()
	w.deed("apply", w.apply)
	rnd := w.random("people")
	for i := range w.drafts {
		w.at(odd(rnd, time.Minute, 4*time.Minute), "hand in", func() { w.deed("hand in", w.handIn(w.draftOf(i), desk.RemoveFew)) })
		approve := odd(rnd, 5*time.Minute, 9*time.Minute)
		if w.slowApproval[i] > 0 {
			approve = w.slowApproval[i]
			w.struck("approved_late")
			w.ledger.mind(&trouble{kind: "unapproved", plan: w.draftOf(i).id, from: epoch, to: epoch.Add(approve + time.Hour)})
		}
		w.at(approve, "approve", func() { w.deed("approve", w.approveAll(w.draftOf(i).id)) })
	}
	for t := odd(rnd, 11*time.Minute, 20*time.Minute); t < 11*time.Hour; t += odd(rnd, 9*time.Minute, 16*time.Minute) {
		w.at(t, "look around", func() { w.deed("organizer", w.lookAround) })
	}
	w.watch()
	var e ending
	for end := 5 * time.Hour; ; end += 30 * time.Minute {
		w.play(epoch.Add(end))
		if w.proc == nil {
			continue
		}
		var err error
		if e, err = read(w.proc); err != nil {
			panic(err)
		}
		if e.ended() || end > 11*time.Hour {
			break
		}
	}
	w.running = false
	w.over.Store(true)
	w.end(w.proc)
	w.people.Wait()
	w.ledger.judge(e)
	return Outcome{Seed: w.seed, Deliveries: len(e.ds), Public: len(w.ledger.shows), Steps: w.baton.steps(), Faults: w.faults, Scene: fs, Found: w.ledger.found, Trace: w.trace}
}

// watch looks every minute whether each armed row has a live sender.
func (w *world) watch() {
	since := map[campaign.DeliveryID]time.Time{}
	var look func()
	look = func() {
		w.soon(25*time.Second, "", look)
		p := w.proc
		if p == nil {
			clear(since)
			return
		}
		armed := w.armedRows(p)
		for id := range since {
			if !slices.Contains(armed, id) {
				delete(since, id)
			}
		}
		for _, id := range armed {
			p.mu.Lock()
			flying := p.flying[id] > 0
			p.mu.Unlock()
			switch {
			case flying:
				delete(since, id)
			case since[id].IsZero():
				since[id] = w.clk.True()
			case w.clk.True().Sub(since[id]) > 50*time.Second && w.clk.True().Sub(p.since) > 50*time.Second:
				w.ledger.mu.Lock()
				w.ledger.wrong("unexplained", "%s is armed, and nobody sends it", id)
				w.ledger.mu.Unlock()
				since[id] = w.clk.True()
			}
		}
	}
	w.at(time.Minute, "", look)
}

func (w *world) armedRows(p *process) (ids []campaign.DeliveryID) {
	err := p.real.View(context.Background(), func(tx store.Tx) error {
		ds, err := tx.Armed("")
		for _, d := range ds {
			ids = append(ids, d.ID)
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return ids
}

// Kinds are the ways in which a run can be wrong.
var Kinds = []string{"duplicates", "lost", "unauthorised", "burst", "early", "silent_late", "unexplained"}

// Report is what many runs brought together.
type Report struct {
	Runs       int            `json:"runs"`
	Seed       uint64         `json:"seed"` // of the first run; the others follow
	Deliveries int            `json:"deliveries"`
	Public     int            `json:"public"`
	Steps      int            `json:"steps"`
	Faults     map[string]int `json:"faults"` // how often each struck
	Broken     map[string]int `json:"-"`
	Failing    []Failure      `json:"failing"` // by seed; at most 100
	Took       time.Duration  `json:"-"`
}

// Failure is a run that broke a rule.
type Failure struct {
	Seed  uint64      `json:"seed"`
	Found []Violation `json:"found"`
}

// Quiet are the kinds of faults that never struck.
func (r *Report) Quiet() (names []string) {
	for _, k := range kinds {
		if r.Faults[k.name] == 0 {
			names = append(names, k.name)
		}
	}
	return names
}

// Sound tells whether no rule was broken.
func (r *Report) Sound() bool {
	for _, n := range r.Broken {
		if n > 0 {
			return false
		}
	}
	return true
}

// Many plays runs from the seed on, as many at a time as there are processors.
// ctx ends it early.
func Many(ctx context.Context, seed uint64, runs int, o Options) (Report, error) {
	begun := time.Now()
	base, err := os.MkdirTemp(fastDir(), "takeover-simulation-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(base)
	r := Report{Seed: seed, Faults: map[string]int{}, Broken: map[string]int{}, Failing: []Failure{}}
	for _, k := range kinds {
		r.Faults[k.name] = 0
	}
	var mu sync.Mutex
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < int64(runs) && ctx.Err() == nil; n = next.Add(1) - 1 {
				o := o
				o.Dir = filepath.Join(base, fmt.Sprint(n))
				out := Run(seed+uint64(n), o)
				_ = os.RemoveAll(o.Dir)
				mu.Lock()
				r.add(out)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	slices.SortFunc(r.Failing, func(a, b Failure) int { return cmp.Compare(a.Seed, b.Seed) })
	r.Failing = r.Failing[:min(len(r.Failing), 100)]
	r.Took = time.Since(begun)
	return r, ctx.Err()
}

func (r *Report) add(o Outcome) {
	r.Runs++
	r.Deliveries += o.Deliveries
	r.Public += o.Public
	r.Steps += o.Steps
	for k, n := range o.Faults {
		r.Faults[k] += n
	}
	for _, v := range o.Found {
		r.Broken[v.Kind]++
	}
	if len(o.Found) > 0 {
		r.Failing = append(r.Failing, Failure{o.Seed, o.Found})
	}
}

// fastDir is a folder in memory where there is one: what the simulation stores
// need not outlive it.
func fastDir() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// Shrink leaves out faults, one by one, as long as the seed still breaks a rule
// of the same kind, and plays what is left with its trace.
func Shrink(seed uint64, o Options) (Outcome, error) {
	base, err := os.MkdirTemp(fastDir(), "takeover-simulation-")
	if err != nil {
		return Outcome{}, err
	}
	defer os.RemoveAll(base)
	n := 0
	play := func(fs []Fault, trace bool) Outcome {
		n++
		o.Dir, o.Scene, o.Trace = filepath.Join(base, fmt.Sprint(n)), fs, trace
		defer os.RemoveAll(o.Dir)
		return Run(seed, o)
	}
	out := play(nil, false)
	if len(out.Found) == 0 {
		return out, nil
	}
	kind, fs := out.Found[0].Kind, out.Scene
	for again := true; again; {
		again = false
		for i := 0; i < len(fs); {
			fewer := slices.Delete(slices.Clone(fs), i, i+1)
			if slices.ContainsFunc(play(fewer, false).Found, func(v Violation) bool { return v.Kind == kind }) {
				fs, again = fewer, true
			} else {
				i++
			}
		}
	}
	if fs == nil {
		fs = []Fault{}
	}
	return play(fs, true), nil
}

// Replay plays a seed with its trace.
func Replay(seed uint64, o Options) (Outcome, error) {
	dir, err := os.MkdirTemp(fastDir(), "takeover-simulation-")
	if err != nil {
		return Outcome{}, err
	}
	defer os.RemoveAll(dir)
	o.Dir, o.Trace = dir, true
	return Run(seed, o), nil
}
