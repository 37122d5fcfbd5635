package simulation

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Fault is one thing that goes wrong, or that people do, in one run.
type Fault struct {
	Kind string `json:"kind"`
	N    int    `json:"n"` // its number in the run; the seed and it decide all the rest
}

// kind arranges faults of one name: it puts them into the run's agenda, where
// they count when they strike.
type kind struct {
	name    string
	weight  int
	arrange func(w *world, rnd *rand.Rand)
}

// kinds are all faults, by name.
var kinds = []kind{
	// between us and the platform
	{"answer_lost", 6, calls(act{answer: noAnswer, lag: 0})},
	{"request_lost", 5, calls(act{answer: noAnswer, silent: true})},
	{"box_page_after_effect", 4, calls(act{answer: boxPage})},
	{"box_page_no_effect", 4, calls(act{answer: boxPage, silent: true})},
	{"late_effect", 4, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "late_effect", answer: noAnswer, late: odd(rnd, time.Second, 18*time.Second)})
	}},
	{"listed_late", 3, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "listed_late", answer: noAnswer, lag: odd(rnd, time.Second, 25*time.Second)})
	}},
	{"slow_answer", 3, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "slow_answer", wait: odd(rnd, time.Second, 50*time.Second)})
	}},
	{"slow_way", 4, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "slow_way", pause: odd(rnd, time.Second, 18*time.Second)})
	}},
	{"no_answer_in_time", 3, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "no_answer_in_time", wait: 24 * time.Hour, silent: rnd.IntN(2) == 0, answer: noAnswer})
	}},
	{"adapter_hangs", 4, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "adapter_hangs", wait: odd(rnd, 65*time.Second, 15*time.Minute), deaf: true})
	}},
	{"adapter_panics", 3, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "adapter_panics", panics: true, silent: rnd.IntN(2) == 0, answer: noAnswer})
	}},
	{"yes_without_id", 3, calls(act{empty: true})},
	{"unreachable", 4, calls(act{dial: true})},
	{"rate_limit", 4, func(w *world, rnd *rand.Rand) {
		callOn(w, rnd, act{kind: "rate_limit", late: odd(rnd, 0, 20*time.Minute),
			refuse: &channels.Error{Op: "publish", Fate: channels.NotSent, Status: 429, Reach: "answered", Err: errors.New("slow down")}})
	}},
	{"refused", 3, calls(act{refuse: &channels.Error{Op: "publish", Fate: channels.Refused, Status: 422, Reach: "answered", Err: errors.New("not like this")}})},
	{"container_gone", 3, calls(act{refuse: &channels.Error{Op: "publish", Fate: channels.NotSent, Scope: channels.ScopeContent, Status: 410, Reach: "answered", Err: errors.New("the container expired")}})},
	{"staging_fails", 3, stages("staging_fails")},
	{"staging_slow", 2, stages("staging_slow")},
	{"staging_panics", 2, stages("staging_panics")},
	{"outage", 3, outage},
	{"read_back_fails", 3, blind},
	{"token_death", 3, tokenDeath},
	// process, disk and machine
	{"crash_before_step", 6, crash(false)},
	{"crash_after_step", 6, crash(true)},
	{"restart", 3, restart},
	{"disk_error", 3, diskError},
	{"rollback", 2, rollback},
	{"media_missing", 3, mediaMissing},
	// time
	{"clock_forward", 2, clockJump(1)},
	{"clock_back", 2, clockJump(-1)},
	{"suspend", 3, suspend},
	// people
	{"stop", 3, stop},
	{"hold", 4, hold},
	{"edit", 5, edit},
	{"withdraw", 3, withdraw},
	{"approval_taken_back", 2, takeBack},
	{"approved_late", 2, approvedLate},
	{"anchor_move", 3, anchorMove},
	{"twin", 4, rename},
	{"handed_in_again", 2, again},
	{"posted_by_hand", 3, byHand},
	{"deleted_by_hand", 3, deletedByHand},
}

var (
	noAnswer = &channels.Error{Op: "publish", Reach: "sent", Err: errNoAnswer}
	boxPage  = &channels.Error{Op: "publish", Status: 502, Reach: "answered", Err: errors.New("a page of its own")}
)

// odd is a length of time between two that no other event shares.
func odd(rnd *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rnd.Int64N(int64(to-from)))
}

// scene is what the seed has in store for a run.
func scene(rnd *rand.Rand, size int) []Fault {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	fs := make([]Fault, (5+rnd.IntN(10))*size)
	for i := range fs {
		dice := rnd.IntN(total)
		for _, k := range kinds {
			if dice -= k.weight; dice < 0 {
				fs[i] = Fault{k.name, i}
				break
			}
		}
	}
	return fs
}

// arrange puts the faults into the run.
func (w *world) arrange(fs []Fault) {
	for _, f := range fs {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == f.Kind })
		if k := kinds[i]; k.arrange != nil {
			w.arranging = f.Kind
			k.arrange(w, w.random(fmt.Sprint(f.Kind, f.N)))
		}
	}
}

// calls arranges an act for one publish call of some account.
func calls(a act) func(*world, *rand.Rand) {
	return func(w *world, rnd *rand.Rand) { callOn(w, rnd, a) }
}

func callOn(w *world, rnd *rand.Rand, a act) {
	acc := w.accounts[w.ids[rnd.IntN(len(w.ids))]]
	n := w.nth(rnd, 5)
	for acc.acts[n].kind != "" {
		n++
	}
	if a.kind == "" {
		a.kind = w.arranging
	}
	acc.acts[n] = a
}

func stages(kind string) func(*world, *rand.Rand) {
	return func(w *world, rnd *rand.Rand) {
		acc := w.accounts[w.ids[rnd.IntN(len(w.ids))]]
		n := w.nth(rnd, 4)
		for range 1 + rnd.IntN(3) {
			acc.stagings[n] = kind
			n++
		}
	}
}

// nth is which of many calls or steps something falls on; most is for a run of
// the usual size.
func (w *world) nth(rnd *rand.Rand, most int) int { return 1 + rnd.IntN(most*w.size) }

// when is some moment while posts are due.
func when(rnd *rand.Rand) time.Duration { return odd(rnd, 10*time.Minute, 190*time.Minute) }

// meets lets f happen at some moment, or right at a step of the engine, which
// is where deeds and faults meet what is being sent.
func (w *world) meets(rnd *rand.Rand, name string, f func()) {
	if rnd.IntN(2) == 0 {
		w.at(when(rnd), name, f)
		return
	}
	on := []string{"write arm ", "dial ", "send ", "answer ", "write record ", "read ", "write concluded "}[rnd.IntN(7)]
	s := &strike{on: on, nth: w.nth(rnd, 8)}
	run := func(*process) {
		w.log("event %s", name)
		f()
	}
	if rnd.IntN(2) == 0 {
		s.before = run
	} else {
		s.after = run
	}
	w.strikes = append(w.strikes, s)
}

// window lets something begin and end again.
func (w *world) window(rnd *rand.Rand, kind string, shortest, longest time.Duration, account campaign.ChannelID, set func(on bool)) {
	d := odd(rnd, shortest, longest)
	w.at(when(rnd), kind, func() {
		w.struck(kind)
		w.ledger.hinder(kind, account, w.clk.True(), d+time.Hour)
		set(true)
		w.soon(d, kind+" ends", func() { set(false) })
	})
}

func outage(w *world, rnd *rand.Rand) {
	a := w.accounts[w.ids[rnd.IntN(len(w.ids))]]
	all := rnd.IntN(4) == 0
	w.window(rnd, "outage", time.Minute, 50*time.Minute, map[bool]campaign.ChannelID{false: a.id}[all], func(on bool) {
		for _, id := range w.ids {
			if all || id == a.id {
				w.accounts[id].becomes(func() { w.accounts[id].down = on })
			}
		}
	})
}

func blind(w *world, rnd *rand.Rand) {
	a := w.accounts[w.ids[rnd.IntN(len(w.ids))]]
	w.window(rnd, "read_back_fails", time.Minute, 30*time.Minute, a.id, func(on bool) { a.becomes(func() { a.blind = on }) })
}

func tokenDeath(w *world, rnd *rand.Rand) {
	a := w.accounts[w.ids[rnd.IntN(len(w.ids))]]
	w.window(rnd, "token_death", 5*time.Minute, 40*time.Minute, a.id, func(on bool) { a.becomes(func() { a.revoked = on }) })
}

func mediaMissing(w *world, rnd *rand.Rand) {
	w.window(rnd, "media_gone", 5*time.Minute, 60*time.Minute, "", func(on bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.missing = on
	})
}

// crashSteps are where a crash may fall; "" is any step.
var crashSteps = []string{"write arm ", "write record ", "write prepare ", "write concluded ", "write", "dial ", "send ", "answer ", "read ", "stage ", "write deed ", "", ""}

func crash(after bool) func(*world, *rand.Rand) {
	return func(w *world, rnd *rand.Rand) {
		s := &strike{on: crashSteps[rnd.IntN(len(crashSteps))], nth: w.nth(rnd, 8)}
		if s.on == "" {
			s.nth = w.nth(rnd, 150)
		}
		away := odd(rnd, time.Second, 20*time.Minute)
		if rnd.IntN(2) == 0 {
			away = odd(rnd, time.Second, 20*time.Second)
		}
		name := w.arranging
		die := func(p *process) {
			w.struck(name)
			w.kill(p)
			w.startIn(away)
		}
		if s.before = die; after {
			s.before, s.after = nil, die
		}
		w.strikes = append(w.strikes, s)
	}
}

func restart(w *world, rnd *rand.Rand) {
	w.at(when(rnd), "restart", func() {
		if w.proc != nil {
			w.struck("restart")
			w.end(w.proc)
		}
	})
}

func diskError(w *world, rnd *rand.Rand) {
	n := 1 + rnd.IntN(2)
	w.strikes = append(w.strikes, &strike{on: []string{"write arm ", "write record ", "write"}[rnd.IntN(3)], nth: w.nth(rnd, 12), before: func(p *process) {
		w.struck("disk_error")
		p.mu.Lock()
		defer p.mu.Unlock()
		p.fail = n
	}})
}

// rollback puts an older copy of the store back, whose counter has gone on.
func rollback(w *world, rnd *rand.Rand) {
	var copied kept
	var generation uint64
	w.at(odd(rnd, 8*time.Minute, 120*time.Minute), "a copy is made", func() {
		if w.proc != nil {
			copied, generation = w.snapshot(), w.proc.real.Generation()
		}
	})
	w.at(odd(rnd, 120*time.Minute, 200*time.Minute), "the copy is put back", func() {
		p := w.proc
		if p == nil || copied.data == nil || p.real.Generation() <= generation {
			return // a copy as old as the store cannot be told from it
		}
		w.struck("rollback")
		w.kill(p)
		if !w.breakage.Forgetful {
			copied.counter = w.snapshot().counter
		}
		w.restore(copied)
		w.startIn(odd(rnd, time.Second, 5*time.Minute))
	})
}

func clockJump(sign time.Duration) func(*world, *rand.Rand) {
	return func(w *world, rnd *rand.Rand) {
		d := sign * odd(rnd, time.Minute, 6*time.Hour)
		right := odd(rnd, time.Minute, 40*time.Minute)
		name := map[bool]string{true: "clock_forward", false: "clock_back"}[sign > 0]
		w.meets(rnd, name, func() {
			if w.clk.off() != 0 {
				return
			}
			w.struck(name)
			w.ledger.hinder(name, "", w.clk.True().Add(-time.Minute), right+90*time.Minute)
			w.clk.jump(d)
			w.soon(right, "the clock is set right", func() {
				w.clk.jump(-d)
			})
		})
	}
}

func suspend(w *world, rnd *rand.Rand) {
	d := odd(rnd, time.Second, 40*time.Minute)
	w.meets(rnd, "suspend", func() {
		w.struck("suspend")
		w.ledger.hinder("suspend", "", w.clk.True(), d+time.Hour)
		w.clk.suspend(d)
	})
}
