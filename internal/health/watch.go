package health

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	askEngine = 500 * time.Millisecond // from memory
	askSlow   = 15 * time.Second       // store and disk
)

// Config is what a Watch looks at. Clock, Store
// and Engine are needed. Its functions may hang: that is one of the things it finds.
type Config struct {
	Clock  clock.Clock
	Store  store.Store
	Engine func() scheduler.Health
	// Disk is how many bytes may still be written beside the store, if that is known.
	Disk func() (free int64, known bool)
	// Write tries to write beside the store and leaves nothing behind.
	Write func() error
	// LastBackup is when the newest backup was made; zero if never.
	LastBackup func(context.Context) (time.Time, error)
	// Connections are the channels' accounts as the last checks found them.
	Connections func(context.Context) ([]campaign.Connection, error)
	// Certified is the certificate of the server's own name; nil where it needs none.
	Certified func(context.Context) (Certified, error)
}

// Watch keeps the facts fresh. Its methods may be called from several
// goroutines, never wait for anything, and answer also before Run.
type Watch struct {
	cfg Config

	mu       sync.Mutex
	engine   scheduler.Health
	engineAt time.Duration // boot time of engine
	asked    bool          // engine is set
	slow     Slow
	slowAt   time.Duration // boot time of slow, or of the start
	gathered bool          // slow is set
	doing    string
}

// New makes a Watch. It does no I/O.
func New(c Config) *Watch {
	return &Watch{cfg: c, engineAt: c.Clock.Boot(), slowAt: c.Clock.Boot()}
}

// Run gathers until ctx ends. What hangs then is left behind.
func (w *Watch) Run(ctx context.Context) error {
	go every(ctx, askEngine, w.lookAtEngine)
	go every(ctx, askSlow, func() { w.lookAround(ctx) })
	<-ctx.Done()
	return nil
}

// every runs f now and then again and again; one that hangs is not run twice.
func every(ctx context.Context, d time.Duration, f func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for ctx.Err() == nil {
		f()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Facts are the newest facts, with their ages.
func (w *Watch) Facts() Facts {
	w.mu.Lock()
	defer w.mu.Unlock()
	boot := w.cfg.Clock.Boot()
	return Facts{Now: w.cfg.Clock.Now(), Engine: w.engine, EngineAge: boot - w.engineAt, Slow: w.slow, SlowAge: boot - w.slowAt,
		Doing: w.doing, Begun: w.asked && w.gathered}
}

// Troubles is what is wrong now, the gravest first.
func (w *Watch) Troubles() []Trouble { return Judge(w.Facts()) }

// Alive tells whether a restart would not better anything; see Facts.Alive.
func (w *Watch) Alive() bool { return w.Facts().Alive() }

func (w *Watch) lookAtEngine() {
	h := w.cfg.Engine()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine, w.engineAt, w.asked = h, w.cfg.Clock.Boot(), true
}

// lookAround asks disk and store, and says what it does meanwhile, so that
// what hangs has a name.
func (w *Watch) lookAround(ctx context.Context) {
	var s Slow
	if w.cfg.Disk != nil {
		w.does("asking how much of the disk is free")
		s.DiskFree, s.DiskKnown = w.cfg.Disk()
	}
	w.does("writing beside the store")
	if w.cfg.Write != nil {
		s.Write = w.cfg.Write()
	}
	w.does("changing the store")
	s.Write = cmp.Or(s.Write, w.change(ctx))
	w.does("reading the store")
	s.Read = w.read(ctx, &s)
	if w.cfg.Connections != nil {
		k, err := w.cfg.Connections(ctx)
		s.Read = cmp.Or(s.Read, err)
		s.Connections = k
		s.lose(k, w.cfg.Clock.Now())
	}
	if w.cfg.LastBackup != nil {
		w.does("looking at the backups")
		at, err := w.cfg.LastBackup(ctx)
		s.LastBackup, s.Read = at, cmp.Or(s.Read, err)
	}
	if w.cfg.Certified != nil {
		c, err := w.cfg.Certified(ctx)
		s.Certified, s.Read = &c, cmp.Or(s.Read, err)
	}
	if ctx.Err() != nil {
		return // what failed then failed because we end
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow, w.slowAt, w.gathered, w.doing = s, w.cfg.Clock.Boot(), true, ""
}

func (w *Watch) does(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doing = what
}

// change takes its turn among those who write, and gives up what it wrote. A
// busy store is a working one.
func (w *Watch) change(ctx context.Context) error {
	err := store.DryRun(w.cfg.Store).Update(ctx, func(tx store.Tx) error { return tx.PutSetting("health", []byte("probe")) })
	if errors.Is(err, store.ErrBusy) {
		return nil
	}
	return err
}

// read fills in what the store tells.
func (w *Watch) read(ctx context.Context, s *Slow) error {
	w.mu.Lock()
	engine := w.engine
	w.mu.Unlock()
	now := w.cfg.Clock.Now()
	return w.cfg.Store.View(ctx, func(tx store.Tx) error {
		first, err := tx.AuditFrom(1, 1)
		if err != nil {
			return err
		}
		if len(first) > 0 {
			s.Since = first[0].At
		}
		sw, err := tx.Switches()
		if err != nil {
			return err
		}
		c, err := tx.Campaign()
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		s.Dead = held(c, &sw)
		s.Overdue, err = overdue(tx, &sw, engine, now)
		return err
	})
}

// overdue are the lanes whose first runnable delivery is due, though nothing
// stops it, the lane neither works nor waits for a moment that is still to come.
func overdue(tx store.Tx, sw *campaign.Switches, h scheduler.Health, now time.Time) (all []Waiting, err error) {
	if _, _, stopped := sw.Stopped(); stopped {
		return nil, nil
	}
	lanes, err := tx.Lanes()
	if err != nil {
		return nil, err
	}
	for _, id := range lanes {
		head, has, err := tx.Head(id)
		if errors.Is(err, store.ErrCorrupt) {
			continue // the lane's fault says so
		} else if err != nil {
			return nil, err
		}
		_, held := sw.LaneHolds[id]
		since := head
		if l, ok := laneOf(h, id); ok {
			if l.InFlight != "" || l.Preparing != "" {
				continue // both end by a deadline of their own
			}
			if l.Until.After(since) {
				since = l.Until
			}
		}
		if has && !held && now.Sub(since) > late {
			all = append(all, Waiting{id, head})
		}
	}
	slices.SortFunc(all, func(a, b Waiting) int { return a.Since.Compare(b.Since) })
	return all, nil
}

func laneOf(h scheduler.Health, id campaign.LaneID) (scheduler.LaneHealth, bool) {
	i := slices.IndexFunc(h.Lanes, func(l scheduler.LaneHealth) bool { return l.Lane == id })
	if i < 0 {
		return scheduler.LaneHealth{}, false
	}
	return h.Lanes[i], true
}

// held are the channels whose account the engine holds: the platform, or what
// it did with a post, forbids to go on. A person's hold is no trouble.
func held(c *campaign.Campaign, sw *campaign.Switches) (all []Dead) {
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		if r, on := sw.LaneHolds[c.LaneOf(id)]; on && r.By == campaign.DoorDaemon {
			all = append(all, Dead{id, r.Reason})
		}
	}
	return all
}

// lose adds the channels whose permission was lost or has ended. One that was
// never connected has none to lose.
func (s *Slow) lose(ks []campaign.Connection, now time.Time) {
	for _, k := range ks {
		ended := !k.Account.Expires.IsZero() && !now.Before(k.Account.Expires)
		known := slices.ContainsFunc(s.Dead, func(d Dead) bool { return d.Channel == k.Channel })
		if !known && !k.At.IsZero() && (k.Lost || ended) {
			s.Dead = append(s.Dead, Dead{k.Channel, cmp.Or(k.Fault, "the permission ended "+k.Account.Expires.UTC().Format(time.RFC3339))})
		}
	}
	slices.SortFunc(s.Dead, func(a, b Dead) int { return strings.Compare(string(a.Channel), string(b.Channel)) })
}
