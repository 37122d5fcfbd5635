package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/web"
)

// stopReport is what a run of stops found.
type stopReport struct {
	Stops      int   `json:"stops"`
	Scopes     tally `json:"scopes"` // stops by what they covered
	Due        int   `json:"due"`    // deliveries due at one instant, in each batch
	Batches    int   `json:"batches"`
	Deliveries int   `json:"deliveries"` // requests that came
	// LateFirstBytes counts requests within a stop whose first byte came after
	// the person had the answer and before they resumed.
	LateFirstBytes int `json:"late_first_bytes"`
	// Untrue counts deliveries that the answer called taken back and that came
	// all the same.
	Untrue int `json:"untrue"`
	// Unconfirmed counts answers that promised nothing.
	Unconfirmed int `json:"unconfirmed"`
	Duplicates  int `json:"duplicates"`
	// Left and TakenBack count what the answers named: the stops did meet senders.
	Left      int      `json:"left"`
	TakenBack int      `json:"taken_back"`
	AnswerP50 float64  `json:"answer_p50_ms"`
	AnswerP99 float64  `json:"answer_p99_ms"`
	Seconds   float64  `json:"seconds"`
	Seed      uint64   `json:"seed"`
	Wrong     []string `json:"wrong"`
}

func (r *stopReport) wrong() []string {
	wrong := append(slices.Clone(r.Wrong), expect(map[string]int{"late_first_bytes": r.LateFirstBytes, "untrue": r.Untrue,
		"unconfirmed": r.Unconfirmed, "duplicates": r.Duplicates})...)
	if r.Deliveries == 0 || r.Stops == 0 || r.Left+r.TakenBack == 0 {
		wrong = append(wrong, "no stop met a sender: nothing was tried")
	}
	return wrong
}

// flooding is a run under way.
type flooding struct {
	*site
	in    *receiver
	lanes []string
	seed  uint64
	due   int
	want  int           // stops
	plans int           // of a batch
	each  time.Duration // what it takes to bring one delivery in, at the most

	mu      sync.Mutex
	r       *stopReport
	stopped []stopped
	answers []time.Duration
}

// stopped is one stop: nothing of its scope may come between the answer and
// the moment at which it was lifted.
type stopped struct {
	scope          map[string]string
	answered, gone time.Time
	back           []string // deliveries that the answer called taken back
}

func (s *stopped) covers(l landed) bool {
	switch s.scope["kind"] {
	case "channel":
		return l.channel == s.scope["channel"]
	case "plan":
		return strings.HasSuffix(l.text, " "+s.scope["plan"]+".") // see textOf
	}
	return true
}

// floodLanes is on how many accounts the flood goes out (a post has 50
// channels at most), perPlan how many posts a plan of it has, and persons how
// many stop at a time.
const (
	floodLanes = 50
	perPlan    = 10
	persons    = 10
)

func stops(ctx context.Context, o options, dir string) (report, error) {
	began := time.Now()
	in, err := newReceiver(dir)
	if err != nil {
		return nil, err
	}
	defer in.close()
	f := &flooding{in: in, seed: o.seed, due: o.due, want: o.stops, each: 6 * time.Millisecond, r: &stopReport{Scopes: tally{}, Seed: o.seed, Wrong: []string{}}}
	var lines []channelLine
	for i := range floodLanes {
		name, to := fmt.Sprintf("c%02d", i), in.plainURL
		if i%2 == 1 {
			to = in.secureURL
		}
		f.lanes = append(f.lanes, name)
		lines = append(lines, channelLine{name, fmt.Sprintf("platform: webhook, url: %q, account: %s, secret: {file: hook.secret}, allow_private: true", to+"/"+name, name)})
	}
	if f.site, err = newSite(ctx, o.bin, filepath.Join(dir, "site"), campaignFile(lines)); err != nil {
		return nil, err
	}
	f.env = append(f.env, "SSL_CERT_FILE="+in.certs)
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	defer f.close()
	for f.r.Stops < f.want {
		if err := f.batch(ctx); err != nil {
			return nil, fmt.Errorf("batch %d: %w\n%s", f.r.Batches, err, f.tail())
		}
	}
	f.count()
	f.r.Seconds = time.Since(began).Seconds()
	return f.r, nil
}

var everything = map[string]string{"kind": "all"}

// batch brings one flood in behind a closed gate, opens it, and stops it again
// and again until it has run dry.
func (f *flooding) batch(ctx context.Context) error {
	f.r.Batches++
	if err := f.halt(ctx, everything, nil); err != nil {
		return err
	}
	due, n, err := f.bringIn(ctx)
	if err != nil {
		return err
	}
	if err := wait(ctx, time.Until(due)+100*time.Millisecond); err != nil {
		return err
	}
	if err := f.lift(ctx, everything); err != nil {
		return err
	}
	f.r.Due = n
	before, end := f.in.count(), due.Add(100*time.Second) // from two minutes on it would be spaced
	dry := before + n*95/100
	if err := f.reach(ctx, before+1, end); err != nil { // stops are to meet a flow
		return err
	}
	g, stopping := errgroup.WithContext(ctx)
	for person := range persons {
		r := rand.New(rand.NewPCG(f.seed, uint64(f.r.Batches*100+person+1)))
		g.Go(func() error {
			for f.in.count() < dry && time.Now().Before(end) && f.more() {
				if err := f.stopOnce(stopping, person, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return f.reach(ctx, dry, end) // what a stop took back is to come once it is lifted
}

// reach waits until so many requests came, or until end.
func (f *flooding) reach(ctx context.Context, n int, end time.Time) error {
	for f.in.count() < n && time.Now().Before(end) {
		if err := wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// more takes one of the stops that are left.
func (f *flooding) more() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.r.Stops >= f.want {
		return false
	}
	f.r.Stops++
	return true
}

// bringIn submits and approves plans with as many deliveries, all due at one
// instant, and says when and how many.
func (f *flooding) bringIn(ctx context.Context) (due time.Time, n int, err error) {
	f.plans = max(1, f.due/(floodLanes*perPlan))
	began := time.Now()
	due = began.Add(5*time.Second + time.Duration(f.due)*f.each).Truncate(time.Second)
	for i := range f.plans {
		id := planName(f.r.Batches, i)
		posts := make([]planPost, perPlan)
		if i == f.plans-1 {
			posts = make([]planPost, max(1, (f.due-n+floodLanes/2)/floodLanes)) // the rest
		}
		for j := range posts {
			post := fmt.Sprintf("p%d", j)
			posts[j] = planPost{id: post, text: textOf(id, post), channels: f.lanes, due: due}
		}
		n += len(posts) * floodLanes
		in := web.Submission{File: id + ".yaml", Source: planFile(id, posts)}
		if err := f.ask(ctx, lead, http.MethodPost, "/plans", in, nil); err != nil {
			return due, n, err
		}
		if err := f.ask(ctx, organizer, http.MethodPost, "/approve", map[string]string{"plan": id}, nil); err != nil {
			return due, n, err
		}
	}
	f.each = max(3*time.Millisecond, 2*time.Since(began)/time.Duration(n)) // another machine, or a fuller store
	return due, n, nil
}

func planName(batch, i int) string { return fmt.Sprintf("flood-%d-%d", batch, i) }

// stopOnce is one person's stop, a look at what comes, and the resumption.
func (f *flooding) stopOnce(ctx context.Context, person int, r *rand.Rand) error {
	if err := wait(ctx, time.Duration(r.IntN(20000))*time.Microsecond); err != nil {
		return err
	}
	scope := f.scope(person, r)
	// Whoever had passed too early would be seen: no greeting takes longer.
	if err := f.halt(ctx, scope, func() error { return wait(ctx, slowGreeting+20*time.Millisecond) }); err != nil {
		return err
	}
	return f.lift(ctx, scope)
}

// scope draws what is stopped: mostly a channel, at times all of it under one
// name or another. Each person has scopes of their own, so that nobody lifts
// another's stop.
func (f *flooding) scope(person int, r *rand.Rand) map[string]string {
	if r.IntN(4) == 0 {
		switch plan := person - 3; {
		case person == 0:
			return everything
		case person == 1:
			return map[string]string{"kind": "mechanism", "mechanism": "mayors"}
		case person == 2:
			return map[string]string{"kind": "takeover", "takeover": "w"}
		case plan < f.plans:
			return map[string]string{"kind": "plan", "plan": planName(f.r.Batches, plan)}
		}
	}
	return map[string]string{"kind": "channel", "channel": f.lanes[person+persons*r.IntN(floodLanes/persons)]}
}

// halt stops a scope; meanwhile is what the person does before they resume, and
// nil where nothing is counted.
func (f *flooding) halt(ctx context.Context, scope map[string]string, meanwhile func() error) error {
	var answer struct {
		Left, Perhaps []row
		TakenBack     []row `json:"taken_back"`
		Confirmed     bool
	}
	asked := time.Now()
	if err := f.ask(ctx, organizer, http.MethodPost, "/stop", map[string]any{"scope": scope, "reason": "tried"}, &answer); err != nil {
		return err
	}
	s := stopped{scope: scope, answered: time.Now()}
	if meanwhile == nil {
		return nil
	}
	if err := meanwhile(); err != nil {
		return err
	}
	s.gone = time.Now()
	for _, r := range answer.TakenBack {
		s.back = append(s.back, r.ID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, s.answered.Sub(asked))
	f.stopped = append(f.stopped, s)
	f.r.Scopes[scope["kind"]]++
	f.r.Left += len(answer.Left) + len(answer.Perhaps)
	f.r.TakenBack += len(answer.TakenBack)
	if !answer.Confirmed {
		f.r.Unconfirmed++
	}
	return nil
}

func (f *flooding) lift(ctx context.Context, scope map[string]string) error {
	err := f.ask(ctx, organizer, http.MethodPost, "/resume", map[string]any{"scope": scope, "late": "send", "reason": "tried"}, nil)
	if err != nil && !refused(err) {
		return err
	}
	return err
}

// count holds every request against every stop.
func (f *flooding) count() {
	came := f.in.all()
	f.r.Deliveries = len(came)
	times := map[string][]time.Time{}
	for _, l := range came {
		times[l.delivery] = append(times[l.delivery], l.at)
	}
	for id, at := range times {
		if len(at) > 1 {
			f.r.Duplicates += len(at) - 1
			f.note("%s came %d times", id, len(at))
		}
	}
	slices.SortFunc(came, func(a, b landed) int { return a.at.Compare(b.at) })
	for _, s := range f.stopped {
		i, _ := slices.BinarySearchFunc(came, s.answered, func(l landed, at time.Time) int { return l.at.Compare(at) })
		for ; i < len(came) && came[i].at.Before(s.gone); i++ {
			if came[i].at.After(s.answered) && s.covers(came[i]) {
				f.r.LateFirstBytes++
				f.note("%s came to %s %s after a stop of %v was answered", came[i].delivery, came[i].channel, came[i].at.Sub(s.answered), s.scope)
			}
		}
		for _, id := range s.back {
			if slices.ContainsFunc(times[id], func(at time.Time) bool { return at.Before(s.gone) }) {
				f.r.Untrue++
				f.note("%s was called taken back, and had come", id)
			}
		}
	}
	slices.Sort(f.answers)
	if n := len(f.answers); n > 0 {
		f.r.AnswerP50 = float64(f.answers[n/2].Microseconds()) / 1000
		f.r.AnswerP99 = float64(f.answers[n*99/100].Microseconds()) / 1000
	}
}

func (f *flooding) note(format string, args ...any) {
	if len(f.r.Wrong) < noted {
		f.r.Wrong = append(f.r.Wrong, fmt.Sprintf(format, args...))
	}
}
