package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// Where several daemons share a store, each lane has one owner. The owner's name
// and the epoch stand with the lane, the end of the lease with the daemon: one
// record is renewed for all its lanes. Every lease is judged by the store's clock
// inside a transaction that excludes the other daemons.

const (
	daemonsPrefix = "daemon/" // Setting: campaign.Daemon, one for each
	haltsSetting  = "halts"   // Setting: how many stops were asked for
)

// shared tells whether other daemons may publish from the same store.
func (e *Engine) shared() bool { return e.cfg.Daemon.ID != "" }

// daemonsOf lists the daemons that are not proven ended.
func daemonsOf(tx store.Settings) (ds []campaign.Daemon, err error) {
	names, err := tx.SettingNames(daemonsPrefix)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		d, err := daemonAt(tx, name)
		if err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, nil
}

// Published tells whether a daemon lives that publishes from the store, which
// need not be this one.
func (e *Engine) Published(tx store.Tx) (bool, error) {
	at, err := storeClock(tx)
	if err != nil {
		return false, err
	}
	ds, err := daemonsOf(tx)
	return slices.ContainsFunc(ds, func(d campaign.Daemon) bool { return d.Alive(at) }), err
}

func daemonAt(tx store.Settings, name string) (d campaign.Daemon, err error) {
	b, err := tx.Setting(name)
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	return d, err
}

func putDaemon(tx store.Settings, d campaign.Daemon) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return tx.PutSetting(daemonsPrefix+d.ID, b)
}

// storeClock is the time of the store's own clock.
func storeClock(tx store.Tx) (time.Time, error) {
	s, ok := tx.(store.Shared)
	if !ok {
		return time.Time{}, errors.New("this store cannot be shared by several daemons")
	}
	return s.Clock()
}

// holds tells whether the lane is ours as far as we know; arming asks the store.
func (e *Engine) holds(id campaign.LaneID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.holdsNow(id)
}

// holdsNow is holds with e.mu held.
func (e *Engine) holdsNow(id campaign.LaneID) bool {
	_, held := e.epochs[id]
	return held || !e.shared()
}

// ours tells whether the lane is ours inside a transaction: we may have slept
// while another took it.
func (e *Engine) ours(tx store.Tx, id campaign.LaneID) (bool, error) {
	if !e.shared() {
		return true, nil
	}
	l, err := tx.Lane(id)
	return l.Owner == e.cfg.Daemon.ID, err
}

// lease fills in until when, by our clock, the lane is ours, and under which
// epoch we believe to hold it. b.now was read before the store's clock, so an
// answer that took long makes the lease shorter, never longer.
func (e *Engine) lease(tx store.Tx, b *bench) error {
	b.epoch = b.lane.Epoch
	if !e.shared() {
		return nil
	}
	b.lane.LeaseEnd = b.now // none, unless the store says so
	d, err := daemonAt(tx, daemonsPrefix+e.cfg.Daemon.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	at, err := storeClock(tx)
	if err != nil {
		return err
	}
	b.lane.LeaseEnd = b.now.Add(d.Until.Sub(at))
	e.mu.Lock()
	defer e.mu.Unlock()
	epoch, held := e.epochs[b.lane.Lane]
	if b.epoch = epoch; !held || b.lane.Owner != e.cfg.Daemon.ID {
		b.epoch = b.lane.Epoch + 1
	}
	return nil
}

// tenure joins the daemons, keeps our lease and moves lanes, until leave is
// called, which gives all lanes away.
func (e *Engine) tenure() (leave func()) {
	if !e.shared() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.hard))
	ended := make(chan struct{})
	done := clock.Busy(e.clk)
	e.renew()
	go func() {
		defer done()
		defer close(ended)
		e.keepLease(ctx)
	}()
	heard := e.listen(ctx)
	return func() {
		cancel()
		<-ended
		<-heard
		e.leave()
	}
}

// listen looks at the store soon after another daemon changed it, where the store
// tells: the slow look of the loop and of keepLease is the net below. It returns
// what is closed when it has ended, with ctx.
func (e *Engine) listen(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	w, tells := e.cfg.Store.(store.Watched)
	if !tells {
		close(ended)
		return ended
	}
	changed := make(chan struct{}, 1)
	go func() {
		for range changed {
			nudge(e.halted)
			e.Wake()
			_ = e.clk.Wait(ctx, e.clk.Now().Add(glance/4), nil) // one look for many changes
		}
	}()
	go func() {
		defer close(ended)
		defer close(changed)
		w.Watch(ctx, func() { nudge(changed) })
	}()
	return ended
}

// glance is how often a daemon looks whether another changed something: a stop,
// a lane that was given away.
const glance = time.Second

func (e *Engine) keepLease(ctx context.Context) {
	renewed := e.clk.Boot()
	for e.clk.Wait(ctx, e.clk.Now().Add(glance), e.halted) == nil && e.fault() == nil {
		n, err := e.haltsAsked(ctx)
		if err != nil {
			continue
		}
		if n != e.halts() {
			e.obey(ctx, n) // asked again until it is obeyed
		} else if e.clk.Boot()-renewed < campaign.RenewLease {
			continue
		}
		renewed = e.clk.Boot()
		e.renew()
	}
}

func (e *Engine) fault() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fatal
}

// renew writes our lease anew, gives and takes lanes, all in one transaction.
func (e *Engine) renew() {
	var epochs map[campaign.LaneID]uint64
	err := e.update("renewing the lease", func(tx store.Tx) error {
		epochs = map[campaign.LaneID]uint64{}
		at, err := storeClock(tx)
		if err != nil {
			return err
		}
		ds, err := e.present(tx, at)
		if err != nil {
			return err
		}
		lanes, err := everyLane(tx)
		if err != nil {
			return err
		}
		for _, id := range lanes {
			if err := e.move(tx, id, ds, at, epochs); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return // the lease that we have ends by itself
	}
	e.mu.Lock()
	more := false
	for id, n := range epochs {
		more = more || e.epochs[id] != n
	}
	e.epochs = epochs
	e.mu.Unlock()
	if more {
		e.Wake()
	}
}

// present stores our own record and drops those of processes that ours proves
// ended: they had the data folder that we hold.
func (e *Engine) present(tx store.Tx, at time.Time) (ds []campaign.Daemon, err error) {
	all, err := daemonsOf(tx)
	if err != nil {
		return nil, err
	}
	self := e.cfg.Daemon
	e.mu.Lock()
	self.Drains, self.Halted = e.drains, e.obeyed
	e.mu.Unlock()
	self.Until = at.Add(campaign.Lease)
	for _, d := range all {
		switch {
		case d.ID == self.ID:
		case d.Home == self.Home:
			if err := tx.PutSetting(daemonsPrefix+d.ID, nil); err != nil {
				return nil, err
			}
		default:
			ds = append(ds, d)
		}
	}
	return append(ds, self), putDaemon(tx, self)
}

// everyLane lists the lanes of the campaign's channels and those with work.
func everyLane(tx store.Tx) ([]campaign.LaneID, error) {
	lanes, err := tx.Lanes()
	if err != nil {
		return nil, err
	}
	c, err := tx.Campaign()
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	} else if err == nil {
		for ch := range c.Channels {
			lanes = append(lanes, c.LaneOf(ch))
		}
	}
	slices.Sort(lanes)
	return slices.Compact(lanes), nil
}

// move does what the rules say about one lane and notes it when it is ours.
func (e *Engine) move(tx store.Tx, id campaign.LaneID, ds []campaign.Daemon, at time.Time, epochs map[campaign.LaneID]uint64) error {
	l, err := tx.Lane(id)
	if err != nil {
		if unreadable(err) {
			return nil // the other lanes go on
		}
		return err
	}
	self := e.cfg.Daemon.ID
	switch campaign.MoveLane(l, self, ds, e.inFlight(id), at) {
	case campaign.LaneKeep:
		epochs[id] = l.Epoch
		return nil
	case campaign.LaneGive:
		l.Owner = ""
	case campaign.LaneUsurp:
		if err := e.doubtOwner(tx, l); err != nil {
			return err
		}
		fallthrough
	case campaign.LaneTake:
		l.Owner = self
		l.Epoch++
		epochs[id] = l.Epoch
	default:
		return nil
	}
	return tx.PutLane(l)
}

// inFlight tells whether an attempt of ours is between arming and its record.
func (e *Engine) inFlight(id campaign.LaneID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.flights {
		if f.lane.id == id {
			return true
		}
	}
	return false
}

// doubtOwner marks what the old owner had armed or in doubt, where the platform
// does not recognise a repeat: its process may wake and send it yet, so that one
// which is absent now is never sent again without a person.
func (e *Engine) doubtOwner(tx store.Tx, l campaign.LaneState) error {
	for cursor := ""; ; {
		ds, next, err := tx.List(store.Filter{States: []campaign.State{campaign.Armed, campaign.InDoubt}}, cursor, batch)
		if err != nil {
			return err
		}
		for i := range ds {
			d := &ds[i]
			if d.Lane != l.Lane || d.Touched != "" {
				continue
			}
			repeats, err := recognised(tx, d)
			if err != nil {
				return err
			}
			if repeats {
				continue
			}
			d.Touch(fmt.Sprintf("the daemon that sent it (%s) fell silent and is not proven ended", l.Owner))
			if err := tx.PutDelivery(d); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// recognised tells whether the platform recognises a repeat of the attempt at hand.
func recognised(tx store.Tx, d *campaign.Delivery) (bool, error) {
	attempts, err := tx.Attempts(d.ID)
	i := slices.IndexFunc(attempts, func(a campaign.Attempt) bool { return a.N == d.Attempt })
	return i >= 0 && attempts[i].Class.Repeats(), err
}

// Drain gives our lanes to the other daemons, each as soon as nothing is in
// flight on it, and takes no others; false takes part again.
func (e *Engine) Drain(on bool) {
	e.mu.Lock()
	e.drains = on
	e.mu.Unlock()
	e.renew()
	e.Wake()
}

// leave gives all lanes away and says that this process sends nothing more: no
// call is in flight any more.
func (e *Engine) leave() {
	if e.fault() != nil {
		return
	}
	e.mu.Lock()
	e.drains = true
	e.mu.Unlock()
	e.renew()
	_ = e.update("leaving the daemons", func(tx store.Tx) error {
		return tx.PutSetting(daemonsPrefix+e.cfg.Daemon.ID, nil)
	})
}
