package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// step is one touch of the store or the network that waits for the baton.
type step struct {
	label string
	proc  *process
	grant chan bool // false: the process is gone
}

// baton hands out the steps of a run, one at a time. All goroutines rest
// between two steps, so the run is what the seed says it is.
type baton struct {
	seed uint64

	mu      sync.Mutex
	pending []*step
	taking  *step         // drawn and not yet granted
	count   int           // steps handed out
	moment  int           // grows with every step, and whenever somebody asks
	arrived chan struct{} // somebody waits, or something ended
}

func newBaton(seed uint64) *baton {
	return &baton{seed: seed, arrived: make(chan struct{}, 1)}
}

// await waits for the baton; false: the process is gone.
func (b *baton) await(p *process, label string) bool {
	s := &step{label: label, proc: p, grant: make(chan bool, 1)}
	b.mu.Lock()
	if p.dead() {
		b.mu.Unlock()
		return false
	}
	b.pending = append(b.pending, s)
	b.mu.Unlock()
	b.stir()
	return <-s.grant && !p.dead()
}

// stir wakes the one who hands out the steps.
func (b *baton) stir() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// drop refuses all steps of a process that is gone.
func (b *baton) drop(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taking != nil && b.taking.proc == p {
		b.pending, b.taking = append(b.pending, b.taking), nil
	}
	b.pending = slices.DeleteFunc(b.pending, func(s *step) bool {
		if s.proc == p {
			s.grant <- false
		}
		return s.proc == p
	})
}

// grant lets the drawn step be taken, unless it was dropped meanwhile.
func (b *baton) grant() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taking != nil {
		b.taking.grant <- true
		b.taking = nil
	}
}

// draw takes one of the waiting steps, as the seed decides; nil: none waits.
func (b *baton) draw() *step {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pending) == 0 {
		return nil
	}
	first := slices.MinFunc(b.pending, func(x, y *step) int {
		return cmp.Or(cmp.Compare(b.turn(x), b.turn(y)), strings.Compare(x.label, y.label))
	})
	i := slices.Index(b.pending, first)
	s := b.pending[i]
	b.pending, b.taking = slices.Delete(b.pending, i, i+1), s
	if !strings.HasPrefix(s.label, looking) {
		b.count++
	}
	b.moment++
	return s
}

// now numbers the moments of a run: what was answered before a step is known
// to be before it, even at one instant.
func (b *baton) now() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moment++
	return b.moment
}

// steps is how many were handed out.
func (b *baton) steps() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// play hands out steps and lets events happen until the true time is reached.
func (w *world) play(until time.Time) {
	for {
		synctest.Wait()
		w.reapExited()
		ripe, ripens := w.ripen()
		if s := w.baton.draw(); s != nil {
			w.spinning(s)
			w.take(s)
			continue
		}
		if w.events.due(w.clk.True()) {
			w.happen(w.events.pop())
			continue
		}
		next := until
		if at, ok := w.events.next(); ok && at.Before(next) {
			next = at
		}
		if ripens && ripe.Before(next) {
			next = ripe
		}
		left := next.Sub(w.clk.True())
		if left <= 0 {
			return
		}
		t := time.NewTimer(left)
		select {
		case <-w.baton.arrived:
		case <-t.C:
		}
		t.Stop()
	}
}

// playUntil hands out steps until the process has ended, or it is killed.
func (w *world) playUntil(ended <-chan struct{}, p *process) {
	for {
		synctest.Wait()
		select {
		case <-ended:
			return
		default:
		}
		w.ripen()
		if s := w.baton.draw(); s != nil {
			w.take(s)
			if p.dead() {
				return
			}
			continue
		}
		select {
		case <-ended:
			return
		case <-w.baton.arrived:
		}
	}
}

// spins is how many steps in a row one instant may have.
const spins = 20_000

// spinning ends a run in which time does not go on any more.
func (w *world) spinning(s *step) {
	if now := w.clk.True(); !now.Equal(w.instant) {
		w.instant, w.spun = now, 0
	}
	if w.spun++; w.spun > spins {
		panic("the daemon spins: " + s.label)
	}
}

// take carries out one step, with what the faults have in store for it.
func (w *world) take(s *step) {
	if strings.HasPrefix(s.label, looking) {
		w.baton.grant()
		return // play waits until all rest again
	}
	w.log("%s", s.label)
	met := w.strikes.at(s.label)
	for _, x := range met {
		if x.before != nil && !s.proc.dead() {
			x.before(s.proc)
		}
	}
	w.baton.grant()
	synctest.Wait()
	for _, x := range met {
		if x.after != nil && !s.proc.dead() {
			x.after(s.proc)
		}
	}
}

// turn decides who is next among those that wait. It is no drawn number: one
// look at the store more or less must not change what comes after it.
func (b *baton) turn(s *step) uint64 { return hash(b.seed+uint64(b.count), s.label) }

// hash mixes a number and a text.
func hash(n uint64, text string) uint64 {
	h := n*0x9e3779b97f4a7c15 ^ 14695981039346656037
	for _, b := range []byte(text) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// strike is a fault that falls on the nth step whose label begins with on.
type strike struct {
	on            string
	nth           int
	before, after func(*process) // before or after the step is taken; nil: nothing
}

type strikes []*strike

// at counts a step and returns what falls on it.
func (x *strikes) at(label string) (met []*strike) {
	*x = slices.DeleteFunc(*x, func(s *strike) bool {
		if !strings.HasPrefix(label, s.on) {
			return false
		}
		if s.nth--; s.nth > 0 {
			return false
		}
		met = append(met, s)
		return true
	})
	return met
}

// log writes a line of the trace.
func (w *world) log(format string, args ...any) {
	if w.quiet {
		w.lines++
		return
	}
	line := fmt.Sprintf("%12s %5d  ", w.clk.True().Sub(epoch).Round(time.Millisecond), w.baton.count) + fmt.Sprintf(format, args...)
	w.traceMu.Lock()
	defer w.traceMu.Unlock()
	w.trace = append(w.trace, line)
}
