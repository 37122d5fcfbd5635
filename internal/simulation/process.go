package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// errGone is what a killed process gets from store and network: nothing that
// it still tries has an effect.
var errGone = fmt.Errorf("%w: the process is gone", store.ErrBroken)

// process is one life of the daemon, between a start and its end.
type process struct {
	w       *world
	n       int
	real    *boltstore.Store
	engine  *scheduler.Engine
	desk    *desk.Desk
	adapter map[campaign.ChannelID]channels.Channel
	stop    context.CancelFunc
	ended   chan struct{} // Run returned
	gone    chan struct{} // closed by a kill
	killed  atomic.Bool
	deeds   sync.WaitGroup
	since   time.Time

	mu     sync.Mutex
	armed  map[campaign.DeliveryID]int // moment of the latest arming
	flying map[campaign.DeliveryID]int // publish calls under way
	fail   int                         // 1: the next write fails before, 2: after its commit
	broken bool                        // a write failed: the store answers nothing any more
}

func (p *process) dead() bool { return p.killed.Load() }

// start brings a daemon up on the store as it lies there.
func (w *world) start() {
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(w.dir, "data", "takeover.db"), Counter: filepath.Join(w.dir, "counter")})
	if err != nil {
		panic(err)
	}
	w.lives++
	p := &process{w: w, n: w.lives, real: s, ended: make(chan struct{}), gone: make(chan struct{}), since: w.clk.True(),
		armed: map[campaign.DeliveryID]int{}, flying: map[campaign.DeliveryID]int{}, adapter: map[campaign.ChannelID]channels.Channel{}}
	for id, a := range w.accounts {
		p.adapter[id] = w.breakage.channel(&adapter{a, p})
	}
	open := func(_ *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
		ch, ok := p.adapter[id]
		if !ok {
			return nil, errors.New("no such channel")
		}
		return ch, nil
	}
	quiet := slog.New(slog.DiscardHandler)
	p.engine, err = scheduler.New(scheduler.Config{Store: w.breakage.store(&stepped{p}), Clock: w.breakage.clock(w.clk), Channel: open, Media: w.mediaTrouble, Tell: p.told, Log: quiet})
	if err != nil {
		panic(err)
	}
	p.desk = desk.New(desk.Config{Store: &stepped{p}, Clock: w.clk, Brake: brake{p.engine}, Channel: open, Media: pictures()})
	w.ledger.up(w.clk.True(), s.Opened().RolledBack)
	w.log("the daemon starts%s", map[bool]string{true: " on a store that was put back"}[s.Opened().RolledBack])
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	w.setProc(p)
	go func() {
		if err := p.engine.Run(ctx); err != nil && !p.dead() {
			w.note("the engine ended: %v", err)
		}
		close(p.ended)
		w.baton.stir()
	}()
}

// kill ends the daemon as SIGKILL would: from this moment nothing that it does
// has an effect. What it had committed stays.
func (w *world) kill(p *process) {
	if p.dead() {
		return
	}
	w.log("the daemon is killed")
	keep := w.snapshot()
	p.killed.Store(true)
	close(p.gone)
	w.baton.drop(p)
	p.stop()
	<-p.ended
	p.deeds.Wait()
	// Close writes; a killed process does not.
	if err := p.real.Close(); err != nil {
		panic(err)
	}
	w.restore(keep)
	w.setProc(nil)
	w.ledger.down(w.clk.True())
}

// end lets the daemon finish as SIGTERM does.
func (w *world) end(p *process) {
	w.log("the daemon is asked to end")
	p.stop()
	w.playUntil(p.ended, p)
	w.reapExited()
}

// reapExited notices that the daemon ended by itself or as it was asked.
func (w *world) reapExited() {
	p := w.proc
	if p == nil {
		return
	}
	select {
	case <-p.ended:
	default:
		return
	}
	w.log("the daemon has ended")
	var keep kept
	clean := p.engine.Health().Fault == ""
	if !clean {
		keep = w.snapshot()
	}
	p.killed.Store(true)
	close(p.gone)
	w.baton.drop(p)
	p.deeds.Wait()
	if err := p.real.Close(); err != nil {
		panic(err)
	}
	if !clean {
		w.restore(keep)
	}
	w.setProc(nil)
	w.ledger.down(w.clk.True())
	if w.running {
		w.startIn(odd(w.random(fmt.Sprint("start", w.lives)), 10*time.Second, time.Minute))
	}
}

// startIn starts the daemon again after a while.
func (w *world) startIn(d time.Duration) {
	w.events.add(w.clk.True().Add(d), "start", func() {
		if w.proc == nil {
			w.start()
		}
	})
}

// kept are the bytes of a store and of the counter outside of it.
type kept struct {
	data    []byte // without the zeroes at its end
	size    int64
	counter []byte
}

func (w *world) snapshot() (k kept) {
	var err error
	if k.data, k.size, err = readFront(filepath.Join(w.dir, "data", "takeover.db")); err != nil {
		panic(err)
	}
	if k.counter, err = os.ReadFile(filepath.Join(w.dir, "counter")); err != nil {
		panic(err)
	}
	return k
}

func (w *world) restore(k kept) {
	data := filepath.Join(w.dir, "data", "takeover.db")
	if err := errors.Join(os.WriteFile(data, k.data, 0o600), os.Truncate(data, k.size), os.WriteFile(filepath.Join(w.dir, "counter"), k.counter, 0o600)); err != nil {
		panic(err)
	}
}

// fronts are buffers that readFront reads into.
var fronts = sync.Pool{New: func() any { return new([]byte) }}

// readFront reads a file up to where only zeroes follow: a store's file grows
// by megabytes of them.
func readFront(path string) (front []byte, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	b := fronts.Get().(*[]byte)
	defer fronts.Put(b)
	*b = slices.Grow((*b)[:0], int(info.Size()))[:info.Size()]
	if _, err := io.ReadFull(f, *b); err != nil {
		return nil, 0, err
	}
	return bytes.Clone(trimZeroes(*b)), info.Size(), nil
}

// trimZeroes leaves the pages out at the end that hold nothing.
func trimZeroes(b []byte) []byte {
	var page [4096]byte
	for len(b) >= len(page) && bytes.Equal(b[len(b)-len(page):], page[:]) {
		b = b[:len(b)-len(page)]
	}
	return b
}

// told takes what the engine tells people.
func (p *process) told(n scheduler.Notice) {
	if !p.dead() {
		p.w.ledger.notice(n)
	}
}

// brake lets the desk stop the engine, as the daemon wires it.
type brake struct{ *scheduler.Engine }

// Halt implements desk.Brake.
func (b brake) Halt(ctx context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
	h, err := b.Engine.Halt(ctx, covers)
	if err == nil && len(h.Unsure) > 0 {
		err = errors.New("some could not be asked in time")
	}
	for _, d := range h.Left {
		left = append(left, d.ID)
	}
	for _, d := range h.TakenBack {
		back = append(back, d.ID)
	}
	return left, back, err
}

// Lift implements desk.Brake.
func (b brake) Lift() { _ = b.Engine.Lift(context.Background()) }
