package simulation

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// world is one run: platforms, people, a store, and one daemon after another.
type world struct {
	seed     uint64
	dir      string
	size     int // how many times as many posts and faults as usual
	clk      *hand
	baton    *baton
	strikes  strikes
	events   agenda
	accounts map[campaign.ChannelID]*account
	ids      []campaign.ChannelID
	campaign campaign.Campaign
	ledger   *ledger
	breakage Breakage

	mu      sync.Mutex
	proc    *process // nil: none runs
	running bool     // daemons are started again when they end
	lives   int
	drafts  []*draft       // as their authors have them now
	over    atomic.Bool    // the run is at its end: nobody begins anything
	people  sync.WaitGroup // who is at a deed, or will be
	missing bool           // the picture's file is gone
	effects []effect       // to come on the platforms, by time
	deeds   int
	faults  map[string]int
	done    map[string]func(context.Context, *process) error // to be done again after a rollback

	arranging    string // kind of the fault at hand
	editing      int    // counts the edits
	slowApproval [2]time.Duration
	handedIn     map[campaign.PlanID]bool // some revision was accepted
	claimed      [2]bool                  // a deed is at work on the plan

	instant time.Time // of the latest step
	spun    int       // steps at that instant
	quiet   bool
	traceMu sync.Mutex
	trace   []string
	lines   int
}

// newWorld makes platforms, a campaign and an empty store from the seed.
func newWorld(seed uint64, dir string, size int, b Breakage) *world {
	w := &world{seed: seed, dir: dir, size: size, clk: newHand(), baton: newBaton(seed), accounts: map[campaign.ChannelID]*account{}, breakage: b, running: true, faults: map[string]int{}, done: map[string]func(context.Context, *process) error{}, handedIn: map[campaign.PlanID]bool{}}
	w.ledger = newLedger(w)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		panic(err)
	}
	time.Sleep(time.Until(epoch))
	w.clk.start = time.Now()
	rnd := w.random("platforms")
	c := campaign.Campaign{ID: "sim", Title: "Simulation", Zone: "UTC", Languages: []string{"en"}, Policies: campaign.DefaultPolicies(),
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {}, "youth": {}}, Channels: map[campaign.ChannelID]campaign.Channel{},
		Takeovers: map[campaign.TakeoverID]campaign.Takeover{}}
	c.Policies.MinLead = 0
	c.Policies.OnRestartLate = []string{"send", "skip", "ask"}[rnd.IntN(3)]
	c.People = []campaign.Person{person("lead@mayors.example", "lead:mayors"), person("lead@youth.example", "lead:youth"),
		person("desk@campaign.example", "organizer"), person("second@campaign.example", "approver")}
	at := rnd.IntN(len(natures)) // three neighbours: every nature meets others
	for i := range 3 + rnd.IntN(2) {
		id := campaign.ChannelID(fmt.Sprintf("c%d", i))
		a := &account{nature: natures[(at+i*(1+rnd.IntN(4)))%len(natures)], w: w, id: id, platform: fmt.Sprintf("platform%d", i),
			taken: map[string]time.Time{}, acts: map[int]act{}, stagings: map[int]string{}}
		w.accounts[id], w.ids = a, append(w.ids, id)
		ch := campaign.Channel{Platform: a.platform, Account: "@sim"}
		if rnd.IntN(2) == 0 {
			ch.MinGap = time.Duration(1+rnd.IntN(3)) * time.Minute
		}
		c.Channels[id] = ch
	}
	for m := range c.Mechanisms {
		c.Takeovers[campaign.TakeoverID(m)] = campaign.Takeover{Mechanism: m, From: epoch.Add(-time.Hour), To: epoch.Add(11 * time.Hour), Channels: w.ids, Shared: true}
	}
	w.campaign = c
	for i, m := range []campaign.MechanismID{"mayors", "youth"} {
		w.drafts = append(w.drafts, write(w.random(string(m)), campaign.PlanID(fmt.Sprintf("plan-%d", i+1)), m, w.ids, size))
	}
	return w
}

func person(mail, role string) campaign.Person {
	r, err := campaign.ParseRole(role)
	if err != nil {
		panic(err)
	}
	return campaign.Person{Mail: campaign.PersonID(mail), Roles: []campaign.Role{r}}
}

// random is a source of its own for each purpose, so that a fault that is left
// out changes no other choice.
func (w *world) random(purpose string) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, hash(w.seed, purpose)))
}

// who is one of the people, as a door would know them.
func (w *world) who(mail campaign.PersonID) campaign.Actor {
	for _, p := range w.campaign.People {
		if p.Mail == mail {
			return campaign.Actor{Person: mail, Roles: p.Roles, Door: "command"}
		}
	}
	panic("nobody is called " + string(mail))
}

func (w *world) organizer() campaign.Actor { return w.who("desk@campaign.example") }
func (w *world) approver() campaign.Actor  { return w.who("second@campaign.example") }
func (w *world) lead(d *draft) campaign.Actor {
	return w.who(campaign.PersonID("lead@" + string(d.mechanism) + ".example"))
}

// mediaTrouble is what the daemon finds of its media files.
func (w *world) mediaTrouble(campaign.Digest) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.missing {
		w.faults["media_missing"]++
		return "the file is gone"
	}
	return ""
}

// struck counts a fault that had its effect.
func (w *world) struck(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[kind]++
}

// note writes a line of the trace that is no step.
func (w *world) note(format string, args ...any) { w.log("    "+format, args...) }

// current is the running daemon; nil: none runs.
func (w *world) current() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.proc
}

func (w *world) setProc(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proc = p
}

// apply gives the store its campaign.
func (w *world) apply(ctx context.Context, p *process) error {
	_, err := p.desk.ApplyCampaign(ctx, w.organizer(), w.campaign, 0, false)
	return err
}

// effect is what a platform does at a true time with what it took before; it
// goes on while our machine sleeps.
type effect struct {
	at time.Time
	do func(at time.Time)
}

func (w *world) later(at time.Time, do func(at time.Time)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.effects = append(w.effects, effect{at, do})
	slices.SortStableFunc(w.effects, func(x, y effect) int { return x.at.Compare(y.at) })
}

// ripen lets the effects happen whose time has come, and tells when the next is.
func (w *world) ripen() (next time.Time, any bool) {
	for {
		w.mu.Lock()
		if len(w.effects) == 0 {
			w.mu.Unlock()
			return next, false
		}
		e := w.effects[0]
		if e.at.After(w.clk.True()) {
			w.mu.Unlock()
			return e.at, true
		}
		w.effects = w.effects[1:]
		w.mu.Unlock()
		e.do(e.at)
	}
}

// event is something that happens at a true time.
type event struct {
	at   time.Time
	name string
	do   func()
}

// agenda are the events to come, in their order.
type agenda struct{ list []event }

func (a *agenda) add(at time.Time, name string, do func()) {
	i, _ := slices.BinarySearchFunc(a.list, at, func(x event, at time.Time) int {
		return cmp.Or(x.at.Compare(at), -1) // after those of the same time
	})
	a.list = slices.Insert(a.list, i, event{at, name, do})
}

func (a *agenda) next() (time.Time, bool) {
	if len(a.list) == 0 {
		return time.Time{}, false
	}
	return a.list[0].at, true
}

func (a *agenda) due(now time.Time) bool {
	at, ok := a.next()
	return ok && !at.After(now)
}

func (a *agenda) pop() event {
	e := a.list[0]
	a.list = a.list[1:]
	return e
}

func (w *world) happen(e event) {
	if e.name != "" {
		w.log("event %s", e.name)
	}
	e.do()
}

// at lets something happen so long after the beginning.
func (w *world) at(d time.Duration, name string, do func()) { w.events.add(epoch.Add(d), name, do) }

// soon lets something happen so long from now.
func (w *world) soon(d time.Duration, name string, do func()) {
	w.events.add(w.clk.True().Add(d), name, do)
}
