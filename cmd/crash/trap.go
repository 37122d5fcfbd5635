package main

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// point is a moment in the life of a delivery at which the daemon is struck.
type point string

const (
	atRandom      point = "at random"
	beforeArming  point = "before arming"              // a moment before the due time
	beforeGate    point = "armed, before the gate"     // its TLS greeting came, no byte of the request
	whileStaging  point = "while staging"              // an upload or container came, unanswered
	staged        point = "staged"                     // and answered
	withoutEffect point = "sent, lost"                 // the request came and has no effect
	effectAfter   point = "sent, effect after the end" // the request came and has its effect when the daemon is gone
	notAnswered   point = "effect, not answered"
	notRecorded   point = "answered, not recorded"
	whileReading  point = "while reading back"
	submitting    point = "while a plan comes in"
	approving     point = "while it is approved"
	resolving     point = "while a person settles a doubt"
	starting      point = "while it starts" // after a kill, once more
)

// blow is one strike.
type blow struct {
	point   point
	channel string        // where the point is awaited; "": anywhere
	pause   time.Duration // 0: the daemon is killed; else frozen for so long
}

// blows draws one strike after the other: each point in its turn, in an order
// that is drawn anew each time.
type blows struct {
	rand   *rand.Rand
	turn   []point
	kills  int
	pauses int
	pause  bool // the next is a pause
}

var killPoints = []point{atRandom, beforeArming, beforeGate, whileStaging, staged, withoutEffect, effectAfter,
	notAnswered, notRecorded, whileReading, submitting, approving, resolving, starting}

var pausePoints = []point{atRandom, beforeArming, beforeGate, effectAfter, notRecorded}

// beyondSendBy is longer than anything armed may wait for its first byte.
const beyondSendBy = 11 * time.Second

// next draws a strike; left is how many kills are still wanted. After each
// fifth kill the daemon is frozen; one in ten times for longer than what is
// armed may wait.
func (b *blows) next(left int) blow {
	if b.pause {
		b.pause = false
		b.pauses++
		if b.pauses%10 == 5 {
			return blow{point: beforeGate, pause: beyondSendBy}
		}
		p := pausePoints[b.rand.IntN(len(pausePoints))]
		return blow{point: p, channel: b.channel(p), pause: time.Duration(100+b.rand.IntN(1000)) * time.Millisecond}
	}
	if len(b.turn) == 0 {
		b.turn = slices.Clone(killPoints)
		b.rand.Shuffle(len(b.turn), func(i, j int) { b.turn[i], b.turn[j] = b.turn[j], b.turn[i] })
	}
	p := b.turn[0]
	b.turn = b.turn[1:]
	if p == starting && left < 2 {
		p = atRandom
	}
	b.kills++
	b.pause = b.kills%5 == 0
	return blow{point: p, channel: b.channel(p)}
}

// channel draws where the point is awaited. An account of class K4 whose
// request had no effect stays in doubt for half an hour, since its list proves
// nothing; so it is struck only where there is an effect.
func (b *blows) channel(p point) string {
	var from []string
	switch p {
	case withoutEffect:
		from = slices.DeleteFunc(slices.Clone(worldChannels), func(c string) bool { return c == boxTwins })
	case whileStaging, staged:
		from = []string{"box-k1", "box-k2", "box-k3", "box-k5", boxBlind}
	case effectAfter, notAnswered, notRecorded:
		from = worldChannels
	default:
		return ""
	}
	return from[b.rand.IntN(len(from))]
}

// traps holds the one trap that is set. Its methods may be called from several
// goroutines.
type traps struct {
	mu  sync.Mutex
	set *trap
}

// trap strikes the daemon when the point of its blow comes.
type trap struct {
	blow   blow
	strike func()
	sprung chan struct{} // closed when the strike is done
}

func newTrap(b blow, strike func()) *trap {
	return &trap{blow: b, strike: strike, sprung: make(chan struct{})}
}

func (t *traps) arm(next *trap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set = next
}

// disarm takes the trap away; false: it has sprung.
func (t *traps) disarm(mine *trap) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.set != mine {
		return false
	}
	t.set = nil
	return true
}

// spring strikes if the set trap waits for this. It returns when the strike is
// done, and tells whether the daemon is gone.
func (t *traps) spring(p point, channel string) (gone bool) {
	t.mu.Lock()
	s := t.set
	if s == nil || s.blow.point != p || s.blow.channel != "" && s.blow.channel != channel {
		t.mu.Unlock()
		return false
	}
	t.set = nil
	t.mu.Unlock()
	s.strike()
	close(s.sprung)
	return s.blow.pause == 0
}
