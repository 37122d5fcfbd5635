package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// bubbleClock is a clock for a synctest bubble: its time is the bubble's, and
// wall and boot can be moved apart.
type bubbleClock struct {
	start time.Time
	mu    sync.Mutex
	set   time.Duration // the wall clock was set by so much
	slept time.Duration // suspended: both went on while nobody ran
}

func newBubbleClock() *bubbleClock { return &bubbleClock{start: time.Now()} }

func (c *bubbleClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.set + c.slept).UTC().Round(0)
}

func (c *bubbleClock) Boot() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.start) + c.slept
}

func (c *bubbleClock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set += d
}

func (c *bubbleClock) suspend(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept += d
}

func (c *bubbleClock) suspended() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slept
}

func (c *bubbleClock) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	for {
		c.mu.Lock()
		set := c.set
		c.mu.Unlock()
		left := time.Second
		if !until.IsZero() {
			if left = min(left, until.Sub(c.Now())); left <= 0 {
				return nil
			}
		}
		t := time.NewTimer(left)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-wake:
			t.Stop()
			return nil
		case <-t.C:
		}
		c.mu.Lock()
		moved := c.set != set
		c.mu.Unlock()
		if moved {
			return nil
		}
	}
}

// post is what the public sees.
type post struct {
	id, text, key string
	delivery      campaign.DeliveryID
	at            time.Time
}

// platform is one account of a pretend platform that remembers what the public
// saw and does what its script says.
type platform struct {
	w        *world
	class    campaign.Class
	strength channels.Strength
	settle   time.Duration
	window   time.Duration
	parts    int
	url      string // of every post, where the platform gives one
	skew     time.Duration

	mu       sync.Mutex
	posts    []post
	warning  string // what it says of the posts that a read-back finds
	next     int
	script   []act // one for each publish call, then ok
	prepare  func(r channels.Request) (channels.Staged, error)
	newest   func() string
	down     bool   // cannot be read
	unsure   bool   // what it does not have may have been taken down: Gone in place of Absent
	date     func() // called before each answer on the time
	read     func() // called by each read-back that works
	inFlight int
	most     int // most calls in flight at once
	calls    int
	reads    int
	working  map[string]string // ids of posts by the name of the work on them
}

// act is what the platform does with one publish call.
type act func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error)

func (p *platform) Class() campaign.Class                        { return p.class }
func (p *platform) Check(campaign.Content) []campaign.Finding    { return nil }
func (p *platform) ReadBack() (channels.Strength, time.Duration) { return p.strength, p.settle }
func (p *platform) KeyWindow() time.Duration                     { return p.window }
func (p *platform) Date(context.Context) (time.Time, error) {
	if p.date != nil {
		p.date()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return time.Time{}, errors.New("unreachable")
	}
	return time.Now().Add(p.w.clk.suspended() + p.skew), nil // true time, whatever our wall clock says
}

func (p *platform) Latest(context.Context) (string, error) {
	if p.newest == nil {
		return "", errors.New("not offered")
	}
	return p.newest(), nil
}

func (p *platform) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	p.mu.Lock()
	f := p.prepare
	p.mu.Unlock()
	if f != nil {
		return f(r)
	}
	return p.stagedFor(r), nil
}

func (p *platform) stagedFor(r channels.Request) (s channels.Staged) {
	for i := range max(p.parts, 1) {
		text := r.Content.Text
		if i > 0 {
			text += fmt.Sprintf(" (%d)", i+1)
		}
		s.Parts = append(s.Parts, channels.Part{Name: "post", Body: []byte(text)})
	}
	return s
}

func (p *platform) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	p.mu.Lock()
	a := ok
	if len(p.script) > 0 {
		a, p.script = p.script[0], p.script[1:]
	}
	p.calls++
	p.inFlight++
	p.most = max(p.most, p.inFlight)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.inFlight--
		p.mu.Unlock()
	}()
	return a(ctx, p, r)
}

func (p *platform) Reconcile(_ context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads++
	if p.down || p.w.dead() {
		return 0, campaign.Receipt{}, errors.New("unreachable")
	}
	if p.read != nil {
		p.read()
	}
	if id := p.working[r.Work]; id != "" {
		return channels.Found, campaign.Receipt{RemoteID: id}, nil
	}
	if p.class == campaign.K6 || p.class == campaign.K2 && p.strength == channels.Weak {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	text := r.Content.Text
	if r.Part < len(r.Staged.Parts) {
		text = string(r.Staged.Parts[r.Part].Body)
	}
	for _, x := range p.posts {
		if p.strength == channels.Exact && x.key == r.Key || p.strength != channels.Exact && x.id > r.Newest && x.text == text {
			return channels.Found, campaign.Receipt{RemoteID: x.id, URL: p.url, Warning: p.warning}, nil
		}
	}
	if p.unsure {
		return channels.Gone, campaign.Receipt{}, nil
	}
	return channels.Absent, campaign.Receipt{}, nil
}

// show makes a text public; a platform that recognises keys shows it once.
func (p *platform) show(r channels.Request, text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.class.Repeats() {
		for _, x := range p.posts {
			if x.key == r.Key {
				return x.id
			}
		}
	}
	p.next++
	id := fmt.Sprintf("%06d", p.next)
	p.posts = append(p.posts, post{id, text, r.Key, r.Delivery.ID, p.w.clk.Now()})
	return id
}

func (p *platform) count(d campaign.DeliveryID) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.posts {
		if x.delivery == d {
			n++
		}
	}
	return n
}

// looks is how often it was read so far.
func (p *platform) looks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reads
}

// becomes changes the platform while calls may run.
func (p *platform) becomes(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *platform) does(acts ...act) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = append(p.script, acts...)
}

// through passes the gate and runs f as the first write, unless our process is dead.
func through(p *platform, r channels.Request, f func()) error {
	err := r.Gate.Pass(func() error {
		if p.w.dead() {
			return errors.New("the process is gone")
		}
		f()
		return nil
	})
	if err != nil {
		return &channels.Error{Op: "test", Fate: channels.NotSent, Gate: true, Err: err}
	}
	return nil
}

func ok(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
	var id string
	if err := through(p, r, func() { id = p.show(r, string(r.Staged.Parts[r.Part].Body)) }); err != nil {
		return campaign.Receipt{}, err
	}
	return campaign.Receipt{RemoteID: id, URL: p.url}, nil
}

// lost publishes, but its answer never comes.
func lost(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
	if _, err := ok(ctx, p, r); err != nil {
		return campaign.Receipt{}, err
	}
	return campaign.Receipt{}, &channels.Error{Op: "test", Status: 504, Reach: "sent", Err: errors.New("no answer")}
}

// gone has no effect, and its answer never comes.
func gone(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
	if err := through(p, r, func() {}); err != nil {
		return campaign.Receipt{}, err
	}
	return campaign.Receipt{}, &channels.Error{Op: "test", Status: 504, Reach: "sent", Err: errors.New("no answer")}
}

func undialled(context.Context, *platform, channels.Request) (campaign.Receipt, error) {
	return campaign.Receipt{}, &channels.Error{Op: "test", Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: "nothing left", Err: errors.New("connection refused")}
}

func answers(e channels.Error) act {
	return func(_ context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
		if err := through(p, r, func() {}); err != nil {
			return campaign.Receipt{}, err
		}
		e := e
		e.Op, e.Reach, e.Err = "test", "answered", errors.New("the platform says no")
		return campaign.Receipt{}, &e
	}
}

// world is a campaign, its store, its platforms and one engine after another.
type world struct {
	t    testing.TB
	path string
	clk  *bubbleClock
	real *boltstore.Store
	c    campaign.Campaign

	platforms map[campaign.ChannelID]*platform
	daily     int                          // posts in 24 hours that every platform takes; 0: no number
	media     func(campaign.Digest) string // nil: nothing is ever wrong
	places    int                          // publish calls at once; 0: as many as ever

	mu      sync.Mutex
	notices []Notice
	killed  bool
	updates int
	crashAt int  // kill at this Update (1 is the next); 0: never
	after   bool // kill after its commit, not before
	failing error
	busy    int                      // so many Updates are refused
	unread  int                      // so many Views are refused
	blind   map[campaign.Digest]bool // contents that cannot be read

	e    *Engine
	stop context.CancelFunc
	done chan error
}

// newWorld opens a store with n channels, each an account of its own.
func newWorld(t testing.TB, n int) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "takeover.db"), clk: newBubbleClock(), platforms: map[campaign.ChannelID]*platform{}}
	w.c = campaign.Campaign{ID: "itac", Title: "Test", Zone: "UTC", Languages: []string{"en"}, Policies: campaign.DefaultPolicies(),
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {}}, Channels: map[campaign.ChannelID]campaign.Channel{}}
	take := campaign.Takeover{Mechanism: "mayors", From: w.clk.Now().Add(-time.Hour), To: w.clk.Now().Add(30 * 24 * time.Hour)}
	for i := range n {
		id := campaign.ChannelID(fmt.Sprintf("c%02d", i))
		w.c.Channels[id] = campaign.Channel{Platform: fmt.Sprintf("fake%d", i), Account: "acc"}
		w.platforms[id] = &platform{w: w, class: campaign.K5, strength: channels.Good, settle: 30 * time.Second}
		take.Channels = append(take.Channels, id)
	}
	w.c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{"w": take}
	w.open()
	w.update(func(tx store.Tx) error {
		if err := tx.PutCampaign(w.c); err != nil {
			return err
		}
		return tx.PutPlan(campaign.Plan{ID: "p", Takeover: "w", Mechanism: "mayors", Revision: 1})
	})
	t.Cleanup(func() {
		w.end()
		w.real.Close()
	})
	return w
}

func (w *world) open() {
	s, err := boltstore.Open(boltstore.Options{Path: w.path})
	if err != nil {
		w.t.Fatal(err)
	}
	w.real = s
}

func (w *world) update(f func(tx store.Tx) error) {
	w.t.Helper()
	if err := w.real.Update(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// p0 is the platform of the first channel.
func (w *world) p0() *platform { return w.platforms["c00"] }

// add schedules an approved post; change may alter it before it is stored.
func (w *world) add(name string, ch campaign.ChannelID, in time.Duration, change ...func(*campaign.Delivery, *campaign.Content)) campaign.DeliveryID {
	w.t.Helper()
	now := w.clk.Now()
	c := campaign.Content{Text: name, Template: name, Language: "en"}
	d := campaign.Delivery{ID: campaign.Identity("w", "p", campaign.PostID(name), "", ch, "en", "1"), Takeover: "w", Mechanism: "mayors", Plan: "p",
		Post: campaign.PostID(name), Kind: campaign.Message, Channel: ch, Lane: w.c.LaneOf(ch), Language: "en", Occurrence: "1",
		Rule: "at", Due: now.Add(in), Tolerance: time.Hour, IfMissed: "ask", PlanRevision: 1}
	for _, f := range change {
		f(&d, &c)
	}
	c.Template = c.Text
	d.Latest = d.Due.Add(d.Tolerance)
	d.Content, d.Fingerprint, d.Wants = c.Digest(), c.Fingerprint(), campaign.ApprovalHash(c, d.Terms())
	if err := d.BeginPlanned(now); err != nil {
		w.t.Fatal(err)
	}
	if err := d.Approve(campaign.Approval{By: "ana@example.org", At: now, Hash: d.Wants}, 1, now); err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx store.Tx) error {
		if _, err := tx.PutContent(c); err != nil {
			return err
		}
		return tx.PutDelivery(&d)
	})
	return d.ID
}

func tolerance(t time.Duration) func(*campaign.Delivery, *campaign.Content) {
	return func(d *campaign.Delivery, _ *campaign.Content) { d.Tolerance = t }
}

// start runs an engine on the world's store.
func (w *world) start() {
	w.t.Helper()
	w.mu.Lock()
	w.killed = false
	w.mu.Unlock()
	e, err := New(Config{
		Store: (*crashStore)(w), Clock: w.clk, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Channel: func(_ *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
			p, ok := w.platforms[id]
			if !ok {
				return nil, errors.New("no such channel")
			}
			return p, nil
		},
		Media: w.media, DailyPosts: func(store.Settings, *campaign.Campaign, campaign.ChannelID) (int, error) { return w.daily, nil },
		Tell: func(n Notice) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.notices = append(w.notices, n)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if w.places > 0 {
		e.calls = make(places, w.places)
	}
	w.e, w.stop, w.done = e, cancel, make(chan error, 1)
	go func(done chan error) { done <- e.Run(ctx) }(w.done)
}

// end stops the engine gracefully and returns what Run did.
func (w *world) end() error {
	if w.e == nil {
		return nil
	}
	w.stop()
	err := <-w.done
	w.e = nil
	return err
}

// kill ends the engine as SIGKILL would: from this moment it changes neither
// store nor platform; then the store is opened anew.
func (w *world) kill() {
	w.mu.Lock()
	w.killed = true
	w.mu.Unlock()
	w.reap()
}

// reap waits for a killed engine's goroutines and opens the store anew.
func (w *world) reap() {
	if w.e != nil {
		w.stop()
		w.e.endHard()
		<-w.done
		w.e = nil
	}
	if err := w.real.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.crashAt, w.failing = 0, nil
	w.mu.Unlock()
	w.open()
}

func (w *world) dead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.killed
}

// get reads a delivery.
func (w *world) get(id campaign.DeliveryID) (d campaign.Delivery) {
	w.t.Helper()
	err := w.real.View(context.Background(), func(tx store.Tx) (err error) {
		d, err = tx.Delivery(id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) attempts(id campaign.DeliveryID) (as []campaign.Attempt) {
	w.t.Helper()
	err := w.real.View(context.Background(), func(tx store.Tx) (err error) {
		as, err = tx.Attempts(id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return as
}

// change is what a deed does to a delivery.
func (w *world) change(id campaign.DeliveryID, f func(d *campaign.Delivery) error) {
	w.t.Helper()
	w.update(func(tx store.Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		if err := f(&d); err != nil {
			return err
		}
		return tx.PutDelivery(&d)
	})
}

// attempted stores the attempt that a delivery's state speaks of.
func (w *world) attempted(d campaign.Delivery, at time.Time) {
	w.t.Helper()
	w.update(func(tx store.Tx) error {
		return tx.PutAttempt(campaign.Attempt{Delivery: d.ID, N: d.Attempt, Class: campaign.K5, Key: keyFor(&d, nil), Content: d.Content, ArmedAt: at})
	})
}

func (w *world) switches(f func(s *campaign.Switches)) {
	w.t.Helper()
	w.update(func(tx store.Tx) error {
		s, err := tx.Switches()
		if err != nil {
			return err
		}
		f(&s)
		return tx.PutSwitches(s)
	})
}

func (w *world) stored() (s campaign.Switches) {
	w.t.Helper()
	err := w.real.View(context.Background(), func(tx store.Tx) (err error) {
		s, err = tx.Switches()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) told(k NoticeKind) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.notices {
		if x.Kind == k {
			n++
		}
	}
	return n
}

// is fails the test unless the delivery is in the state and was shown so many times.
func (w *world) is(id campaign.DeliveryID, s campaign.State, shown int) {
	w.t.Helper()
	d := w.get(id)
	if d.State != s {
		w.t.Errorf("%s is %s (%s: %s), want %s", d.Post, d.State, d.Reason.Code, d.Reason.Text, s)
	}
	if n := w.platforms[d.Channel].count(id); n != shown {
		w.t.Errorf("%s was shown %d times, want %d", d.Post, n, shown)
	}
}

// goBy lets time go by.
func goBy(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// crashStore is the world's store as a process sees it that can be killed at
// any numbered Update.
type crashStore world

var errKilled = fmt.Errorf("%w: killed", store.ErrBroken)

func (c *crashStore) View(ctx context.Context, f func(store.Tx) error) error {
	w := (*world)(c)
	if w.dead() {
		return errKilled
	}
	w.mu.Lock()
	refused := w.unread > 0
	if refused {
		w.unread--
	}
	w.mu.Unlock()
	if refused {
		return store.ErrBusy
	}
	return w.real.View(ctx, func(tx store.Tx) error { return f(blindTx{tx, w}) })
}

// blindTx cannot read the contents that the world made unreadable.
type blindTx struct {
	store.Tx
	w *world
}

func (t blindTx) Content(d campaign.Digest) (campaign.Content, error) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	if t.w.blind[d] {
		return campaign.Content{}, fmt.Errorf("content %s: %w", d, store.ErrCorrupt)
	}
	return t.Tx.Content(d)
}

// lose makes a delivery's content unreadable.
func (w *world) lose(id campaign.DeliveryID) {
	d := w.get(id)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blind = with(w.blind, d.Content, true)
}

func (c *crashStore) Update(ctx context.Context, f func(store.Tx) error) error {
	w := (*world)(c)
	w.mu.Lock()
	if w.failing != nil {
		defer w.mu.Unlock()
		return w.failing
	}
	if w.busy > 0 {
		w.busy--
		w.mu.Unlock()
		return store.ErrBusy
	}
	w.updates++
	now := w.crashAt > 0 && w.updates >= w.crashAt
	if now && !w.after {
		w.killed = true
	}
	killed := w.killed
	w.mu.Unlock()
	if killed {
		return errKilled
	}
	err := w.real.Update(ctx, func(tx store.Tx) error { return f(blindTx{tx, w}) })
	if now {
		w.mu.Lock()
		w.killed = true
		w.mu.Unlock()
		return errKilled
	}
	return err
}

func (c *crashStore) Backup(ctx context.Context, path string) error { return c.real.Backup(ctx, path) }
func (c *crashStore) Generation() uint64                            { return c.real.Generation() }
func (c *crashStore) Close() error                                  { return nil }

// bubble runs a test in a synctest bubble.
func bubble(t *testing.T, channels int, f func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, channels)) })
}

// restage puts other bytes where the delivery's staged ones lie.
func (w *world) restage(id campaign.DeliveryID, text string) {
	w.t.Helper()
	d := w.get(id)
	b, err := json.Marshal(staging{d.Content, d.Wants, d.Due, channels.Staged{Parts: []channels.Part{{Body: []byte(text)}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx store.Tx) error { return tx.PutStaged(id, b) })
}
