package scheduler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/pgstore"
)

// fleet is several daemons on one real database. Time is real: the database's
// clock is nobody's bubble.
type fleet struct {
	*world
	dsn  string
	view store.Store
	ds   []*member
}

// member is one daemon. While it is frozen its calls of the store do not return,
// as those of a stopped process or behind a cut network.
type member struct {
	store.Store
	e    *Engine
	stop context.CancelFunc
	done chan error

	mu     sync.Mutex
	frozen chan struct{}
}

func (m *member) stand() {
	m.mu.Lock()
	f := m.frozen
	m.mu.Unlock()
	if f != nil {
		<-f
	}
}

func (m *member) freeze() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen = make(chan struct{})
}

func (m *member) thaw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen != nil {
		close(m.frozen)
		m.frozen = nil
	}
}

func (m *member) View(ctx context.Context, f func(store.Tx) error) error {
	m.stand()
	return m.Store.View(ctx, f)
}

func (m *member) Update(ctx context.Context, f func(store.Tx) error) error {
	m.stand()
	return m.Store.Update(ctx, f)
}

// newFleet moves the world's store, with what fill adds, into a schema of the
// real database.
func newFleet(t *testing.T, lanes int, fill func(w *world)) *fleet {
	dsn := peertest.Need(t, "postgres", "TAKEOVER_TEST_POSTGRES")
	f := &fleet{world: newWorld(t, lanes)}
	fill(f.world)
	name := fmt.Sprintf("fleet_%d", time.Now().UnixNano())
	f.admin(dsn, `CREATE SCHEMA `+name)
	t.Cleanup(func() { f.admin(dsn, `DROP SCHEMA `+name+` CASCADE`) })
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	f.dsn = u.String()
	s := f.connect()
	if err := s.Load(context.Background(), f.real); err != nil {
		t.Fatal(err)
	}
	f.view = s
	return f
}

func (f *fleet) admin(dsn, sql string) {
	conn, err := pgx.Connect(context.Background(), dsn)
	if err == nil {
		_, err = conn.Exec(context.Background(), sql)
		_ = conn.Close(context.Background())
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) connect() *pgstore.Store {
	s, err := pgstore.Open(context.Background(), pgstore.Options{DSN: f.dsn})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = s.Close() })
	return s
}

// join starts one more daemon.
func (f *fleet) join(name string) *member {
	m := &member{Store: f.connect(), done: make(chan error, 1)}
	e, err := New(Config{Store: m, Clock: f.clk, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Grace: time.Second,
		Daemon: campaign.Daemon{ID: name, Home: "home of " + name, Name: name},
		Channel: func(_ *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
			return f.platforms[id], nil
		}})
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.e, m.stop = e, cancel
	go func() { m.done <- e.Run(ctx) }()
	f.ds = append(f.ds, m)
	f.t.Cleanup(func() { m.thaw(); m.stop(); <-m.done })
	return m
}

// leave ends a daemon as SIGTERM does.
func (m *member) leave() {
	m.stop()
	m.done <- <-m.done
}

// owned lists the lanes by owner.
func (f *fleet) owned() map[string][]campaign.LaneID {
	by := map[string][]campaign.LaneID{}
	err := f.view.View(context.Background(), func(tx store.Tx) error {
		for ch := range f.c.Channels {
			l, err := tx.Lane(f.c.LaneOf(ch))
			if err != nil {
				return err
			}
			by[l.Owner] = append(by[l.Owner], l.Lane)
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return by
}

func (f *fleet) delivery(id campaign.DeliveryID) (d campaign.Delivery) {
	err := f.view.View(context.Background(), func(tx store.Tx) (err error) {
		d, err = tx.Delivery(id)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return d
}

// until waits for what the daemons do in real time.
func (f *fleet) until(within time.Duration, what string, ok func() bool) {
	f.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); !ok(); <-tick.C {
		if time.Now().After(end) {
			f.t.Fatalf("not within %s: %s; lanes %v", within, what, f.owned())
		}
	}
}

// spread waits until the daemons named, and nobody else, own all lanes.
func (f *fleet) spread(within time.Duration, names ...string) {
	f.t.Helper()
	f.until(within, fmt.Sprintf("the lanes are spread over %v", names), func() bool {
		by, n := f.owned(), 0
		for _, name := range names {
			n += len(by[name])
			if len(by[name]) == 0 {
				return false
			}
		}
		return n == len(f.c.Channels)
	})
}

// Lanes spread as daemons join, move as one drains or leaves, and everything is
// published once.
func TestLanesMoveOnPostgres(t *testing.T) {
	const lanes = 12
	var ids []campaign.DeliveryID
	f := newFleet(t, lanes, func(w *world) {
		for i := range lanes * 10 {
			ids = append(ids, w.add(fmt.Sprintf("post %d", i), campaign.ChannelID(fmt.Sprintf("c%02d", i%lanes)), time.Duration(i)*100*time.Millisecond))
		}
	})
	f.join("a")
	f.spread(time.Minute, "a")
	b := f.join("b")
	f.spread(time.Minute, "a", "b")
	f.ds[0].e.Drain(true)
	f.spread(time.Minute, "b")
	f.ds[0].e.Drain(false)
	f.spread(time.Minute, "a", "b")
	b.leave()
	f.spread(time.Minute, "a")
	f.until(2*time.Minute, "all is published", func() bool {
		return !slices.ContainsFunc(ids, func(id campaign.DeliveryID) bool { return f.delivery(id).State != campaign.Published })
	})
	for i, id := range ids {
		if n := f.platforms[campaign.ChannelID(fmt.Sprintf("c%02d", i%lanes))].count(id); n != 1 {
			t.Errorf("%s is public %d times", id, n)
		}
	}
}

// The owner falls silent with a call before its first byte. Another daemon sends
// the next due of its lanes within 15 s; what was armed is never sent again
// without a person, since the process may wake; and when it wakes nothing leaves.
func TestOwnerFallsSilentOnPostgres(t *testing.T) {
	var first, second campaign.DeliveryID
	f := newFleet(t, 1, func(w *world) {
		first = w.add("first", "c00", 3*time.Second)
		second = w.add("second", "c00", 6*time.Second)
		w.p0().settle = time.Second
	})
	held := make(chan struct{})
	asked := make(chan struct{})
	f.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
		close(asked)
		<-held
		return ok(ctx, p, r)
	})
	a := f.join("a")
	<-asked
	a.freeze()
	since := time.Now()
	f.join("b")
	f.until(15*time.Second, "the next due is sent by the other", func() bool { return f.p0().count(second) == 1 })
	t.Logf("the next due left %s after the owner fell silent", time.Since(since).Round(100*time.Millisecond))
	close(held) // it wakes in front of its gate
	a.thaw()
	f.until(2*time.Minute, "the first is before a person", func() bool { return f.delivery(first).State == campaign.NeedsHuman })
	if n := f.p0().count(first); n != 0 {
		t.Errorf("what its owner had armed was sent %d times", n)
	}
	if n := f.p0().count(second); n != 1 {
		t.Errorf("the second is public %d times", n)
	}
}

// A stop waits for every daemon's gate; one that does not answer is named.
func TestStopAcrossDaemonsOnPostgres(t *testing.T) {
	const lanes = 12
	f := newFleet(t, lanes, func(w *world) {
		for i := range lanes {
			w.add(fmt.Sprintf("post %d", i), campaign.ChannelID(fmt.Sprintf("c%02d", i)), 15*time.Second)
		}
	})
	held := make(chan struct{})
	var asked sync.WaitGroup
	asked.Add(lanes)
	for _, p := range f.platforms {
		p.does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			asked.Done()
			<-held // between arming and gate
			return ok(ctx, p, r)
		})
	}
	a, _, c := f.join("a"), f.join("b"), f.join("c")
	f.spread(20*time.Second, "a", "b", "c")
	asked.Wait()
	c.freeze()
	err := a.Update(context.Background(), func(tx store.Tx) error {
		return tx.PutSwitches(campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {By: "ana@example.org", At: f.clk.Now()}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.e.Halt(context.Background(), func(*campaign.Delivery) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Unconfirmed, []string{"c"}) {
		t.Errorf("not confirmed by %v, want c alone", h.Unconfirmed)
	}
	mine := f.owned()["c"]
	close(held)
	c.thaw()
	f.until(time.Minute, "no call is in flight", func() bool {
		for _, p := range f.platforms {
			p.mu.Lock()
			n := p.inFlight
			p.mu.Unlock()
			if n > 0 {
				return false
			}
		}
		return true
	})
	for ch, p := range f.platforms {
		if n := p.calls; len(p.posts) > 0 && !slices.Contains(mine, f.c.LaneOf(ch)) {
			t.Errorf("%s is public on %s after a stop that its daemon had confirmed (%d calls)", p.posts[0].text, ch, n)
		}
	}
}
