package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	// maxSkew is how far the wall clock may jump, or be off, and be trusted.
	maxSkew = 30 * time.Second
	// skewFresh is how long a platform's word on the time counts.
	skewFresh = 15 * time.Minute
	// askDates and askDatesNow are how often platforms are asked for the time
	// while all is well, and while the clock is not trusted.
	askDates    = 10 * time.Minute
	askDatesNow = 30 * time.Second
	// agreeing is how many platforms must agree with the clock to trust it again.
	agreeing = 2
)

// guard judges the wall clock: against the boot clock, which nobody sets, and
// against the platforms' own Date headers.
type guard struct {
	clk clock.Clock

	mu     sync.Mutex
	wall   time.Time
	boot   time.Duration
	bad    string // why the clock is not trusted; "" it is
	stored bool   // the cause stands in the store
	dates  map[source]dated
	vouch  map[source]time.Duration // skews that a person accepted
	asked  time.Duration            // boot time of the last question
	asking bool
	silent map[string]bool // platforms whose answer to the last question never came
	round  bool            // every platform was asked once since the start
}

// source is who told a time: a platform that was asked, or a host whose answer
// bore a date. One platform may do both, so their votes are counted apart.
type source struct {
	host bool
	name string
}

type dated struct {
	skew time.Duration // the platform's clock minus ours
	at   time.Duration // boot time of the answer
}

func newGuard(c clock.Clock) *guard {
	return &guard{clk: c, wall: c.Now(), boot: c.Boot(), dates: map[source]dated{}, silent: map[string]bool{}, vouch: map[source]time.Duration{}, asked: -askDates}
}

// hung are the platforms whose last question has not returned.
func (g *guard) hung() map[string]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.silent)
}

// hangs notes a question that does not return until it does.
func (g *guard) hangs(platform string, pending <-chan outcome[time.Time]) {
	note := func(on bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.silent[platform] = on
	}
	note(true)
	go func() {
		<-pending
		note(false)
	}()
}

// askedOnce tells whether the platforms have been asked for the time since the
// start: before that nothing is sent or missed by a clock that may be wrong.
func (g *guard) askedOnce() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.round
}

func (g *guard) trusted() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bad == "" && !g.stored
}

// steady looks at the clocks this moment: nothing is armed by a time that has
// just jumped.
func (g *guard) steady() bool {
	g.look()
	return g.trusted()
}

func (g *guard) skews() map[string]time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := map[string]time.Duration{}
	for name, d := range g.dates {
		m[name.name] = d.skew
	}
	return m
}

// look compares the wall clock with the boot clock since the last look. Small
// corrections are followed; a jump makes older answers of platforms worthless.
func (g *guard) look() {
	g.mu.Lock()
	defer g.mu.Unlock()
	wall, boot := g.clk.Now(), g.clk.Boot()
	jump := wall.Sub(g.wall) - (boot - g.boot)
	g.wall, g.boot = wall, boot
	if jump.Abs() > maxSkew {
		g.bad = fmt.Sprintf("the clock jumped by %s", jump.Round(time.Second))
		g.dates, g.vouch = map[source]dated{}, map[source]time.Duration{}
		g.asked = boot - askDates
	}
}

// observe takes a platform's word on the time.
func (g *guard) observe(s source, date time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dates[s] = dated{date.Sub(g.clk.Now()), g.clk.Boot()}
}

// heard tells whether a platform's word on the time is fresh.
func (g *guard) heard() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clk.Boot()
	for _, d := range g.dates {
		if now-d.at <= skewFresh {
			return true
		}
	}
	return false
}

// weighDates draws the conclusion: two platforms that agree make the clock
// trusted; one that differs, not outvoted by two, makes it distrusted.
func (g *guard) weighDates() {
	g.mu.Lock()
	defer g.mu.Unlock()
	agree, off := map[bool]int{}, ""
	now := g.clk.Boot()
	for s, d := range g.dates {
		if now-d.at > skewFresh {
			continue
		}
		// Also one that a person vouched against may come to agree with our clock.
		if min(d.skew.Abs(), (d.skew-g.vouch[s]).Abs()) <= maxSkew {
			agree[s.host]++
		} else {
			off = fmt.Sprintf("%s says that the clock is off by %s", s.name, (-d.skew).Round(time.Second))
		}
	}
	switch {
	case max(agree[true], agree[false]) >= agreeing:
		g.bad = ""
	case off != "" && g.bad == "":
		g.bad = off
	}
}

// accept takes a person's word that the clock is right.
func (g *guard) accept() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bad, g.stored = "", false
	for name, d := range g.dates {
		g.vouch[name] = d.skew
	}
}

// due tells whether platforms should be asked now, and notes that they are.
func (g *guard) due() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	every := askDates
	if g.bad != "" || g.stored {
		every = askDatesNow
	}
	if g.asking || g.clk.Boot()-g.asked < every {
		return false
	}
	g.asking, g.asked = true, g.clk.Boot()
	return true
}

// Observe takes the Date header that an answer from host bore just now. It may
// be called by several goroutines, also before Run.
func (e *Engine) Observe(host string, date time.Time) {
	e.guard.observe(source{host: true, name: host}, date)
}

// watchClock looks at the clock, keeps the cause that stands for its distrust
// in step with the store, and asks platforms for the time when that is due.
func (e *Engine) watchClock(ctx context.Context) {
	g := e.guard
	g.look()
	g.weighDates()
	if !g.trusted() {
		e.gate.setDistrust(true)
	}
	e.settleClock(ctx)
	if g.due() {
		e.begunSoft(func() {
			e.askDates()
			g.mu.Lock()
			g.asking, g.round = false, true
			g.mu.Unlock()
			e.nudge()
		})
	}
	e.gate.setDistrust(!g.trusted())
}

// settleClock brings guard and stored cause together: distrust is stored, a
// cause that a person lifted is taken as their word, and one that the platforms
// refute is lifted.
func (e *Engine) settleClock(ctx context.Context) {
	var on bool
	var record campaign.CauseRecord
	err := e.cfg.Store.View(ctx, func(tx store.Tx) error {
		s, err := tx.Switches()
		record, on = s.Causes[campaign.CauseClock]
		return err
	})
	if err != nil {
		e.storeTrouble("reading the switches", err)
		return
	}
	g := e.guard
	g.mu.Lock()
	known, bad := g.stored, g.bad
	if on && !known && bad == "" {
		// An earlier process, or a person, distrusted it: so do we until it is lifted.
		g.stored, g.bad = true, "it was not trusted before: "+record.Reason
		known, bad = true, g.bad
	}
	g.mu.Unlock()
	switch {
	case known && !on:
		g.accept()
		e.cameBack()
	case bad != "" && !known:
		if e.setCause(campaign.CauseClock, bad) == nil {
			g.mu.Lock()
			g.stored = true
			g.mu.Unlock()
			e.tell(Notice{Kind: NoticeClock, Text: "Nothing is sent: " + bad + "."})
		}
	case bad == "" && known && record.By == daemon:
		e.liftClock()
	}
}

// liftClock removes the cause: the platforms agree with the clock.
func (e *Engine) liftClock() {
	now := e.clk.Now()
	var s campaign.Switches
	err := e.update("trusting the clock again", func(tx store.Tx) (err error) {
		if s, err = tx.Switches(); err != nil {
			return err
		}
		causes := maps.Clone(s.Causes)
		delete(causes, campaign.CauseClock)
		s.Causes = causes
		if err := tx.PutSwitches(s); err != nil {
			return err
		}
		return tx.Audit(campaign.AuditEntry{At: now, By: daemon, Door: daemon, Deed: "resume", Object: string(campaign.CauseClock)})
	})
	if err != nil {
		return
	}
	e.guard.mu.Lock()
	e.guard.stored = false
	e.guard.mu.Unlock()
	e.gate.change(s)
	e.cameBack()
	e.tell(Notice{Kind: NoticeClock, Text: "The platforms agree with the clock again; what is in time goes on."})
}

// cameBack notes that what was due until now fell into a time when nothing
// could be sent, and lets what the wrong clock put off come forward.
func (e *Engine) cameBack() {
	e.mu.Lock()
	e.upSince, e.woken, e.rewound = e.clk.Now(), true, true
	e.mu.Unlock()
	e.begunSoft(func() { e.rewind(time.Time{}) })
}

// rewindOnce does at the first trusted turn what cameBack does later: the clock
// may have been set right while we were not running.
func (e *Engine) rewindOnce(now time.Time) {
	e.mu.Lock()
	first := !e.rewound && e.guard.trusted()
	e.rewound = e.rewound || first
	e.mu.Unlock()
	if first {
		e.begunSoft(func() { e.rewind(now.Add(rewindAhead)) })
	}
}

// askDates asks one channel of each platform that can tell for the time.
func (e *Engine) askDates() {
	var c *campaign.Campaign
	err := e.cfg.Store.View(context.WithoutCancel(e.soft), func(tx store.Tx) (err error) {
		c, err = tx.Campaign()
		return err
	})
	if err != nil {
		return // the loop meets the same error
	}
	asked := map[string]bool{}
	hung := e.guard.hung() // a question that never returns is not asked again
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		platform := c.Channels[id].Platform
		if asked[platform] || hung[platform] || e.soft.Err() != nil {
			continue
		}
		ch, err := e.open(c, id)
		if err != nil {
			continue
		}
		at, ok := ch.Channel.(channels.Dater)
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(e.soft, e.cfg.ReadTimeout/3)
		o, pending := attend(ctx, at.Date)
		cancel()
		if pending != nil {
			hung[platform] = true
			e.guard.hangs(platform, pending)
		}
		if o.err == nil && !o.value.IsZero() {
			asked[platform] = true
			e.guard.observe(source{name: platform}, o.value)
		}
	}
}

// hearTime asks the platform that is about to be sent to for the time, where
// nobody's word on it is fresh: the clock may have been set while the daemon was
// down and no platform could be reached, and this one can be reached again now.
// One that does not say is sent to all the same.
func (e *Engine) hearTime(l *lane, p *pick) {
	at, ok := p.channel.Channel.(channels.Dater)
	if !ok || e.guard.heard() {
		return
	}
	ctx, cancel := context.WithTimeout(e.soft, e.cfg.ReadTimeout/3)
	defer cancel()
	if o := askOn(e, l, ctx, at.Date); o.err == nil && !o.value.IsZero() {
		e.guard.observe(source{name: p.campaign.Channels[p.send.Channel].Platform}, o.value)
		e.guard.weighDates() // arming looks at what it says
	}
}

// begunSoft is begun for the loop's own goroutine, unless the end has begun.
func (e *Engine) begunSoft(f func()) {
	if e.soft.Err() == nil {
		e.begun(f)
	}
}
