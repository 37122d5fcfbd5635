package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// killReport is what a run of kills found.
type killReport struct {
	Kills      int   `json:"kills"`
	Pauses     int   `json:"pauses"` // SIGSTOP and, later, SIGCONT
	Points     tally `json:"points"` // kills and pauses by the moment of the strike
	Deliveries int   `json:"deliveries"`
	ByState    tally `json:"by_state"`
	Duplicates int   `json:"duplicates"`
	Lost       int   `json:"lost"`
	// Unexplained counts deliveries whose recorded end is not what the server
	// saw, and requests that no armed attempt covers.
	Unexplained int `json:"unexplained"`
	// Asked counts doubts that a person settled who looked at the server.
	Asked   int      `json:"asked"`
	Seconds float64  `json:"seconds"`
	Seed    uint64   `json:"seed"`
	Wrong   []string `json:"wrong"` // each duplicate, lost and unexplained one
}

type tally map[string]int

func (r *killReport) wrong() []string {
	wrong := append(slices.Clone(r.Wrong), expect(map[string]int{"duplicates": r.Duplicates, "lost": r.Lost, "unexplained": r.Unexplained})...)
	if r.Deliveries == 0 || r.Kills == 0 {
		wrong = append(wrong, "nothing was tried")
	}
	return wrong
}

// killing is a run under way.
type killing struct {
	*site
	w    *world
	rand *rand.Rand
	want []place // what was submitted and approved
	r    *killReport

	blows  blows
	asked  atomic.Int64
	onWord traps // springs when a person says a word
}

// loopback is where the world listens, unless a link is to be cut.
const loopback = "127.0.0.1"

// kills runs rounds: a plan comes in, is approved, falls due, and somewhere on
// that way the daemon is killed or frozen.
func kills(ctx context.Context, o options, dir string) (report, error) {
	began := time.Now()
	k, err := newKilling(ctx, o, dir, loopback)
	if err != nil {
		return nil, err
	}
	defer k.close()
	if err := k.start(ctx); err != nil {
		return nil, err
	}
	if err := k.withPeople(ctx, func() error { return k.rounds(ctx, o.kills) }); err != nil {
		return nil, fmt.Errorf("after %d kills (seed %d): %w\n%s", k.r.Kills, o.seed, err, k.tail())
	}
	if err := k.count(ctx); err != nil {
		return nil, err
	}
	k.r.Asked, k.r.Seconds = int(k.asked.Load()), time.Since(began).Seconds()
	return k.r, nil
}

// newKilling makes a world and a site that publishes to it; its daemon is not started.
func newKilling(ctx context.Context, o options, dir, host string) (*killing, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w, err := newWorld(dir, host)
	if err != nil {
		return nil, err
	}
	s, err := newSite(ctx, o.bin, filepath.Join(dir, "site"), campaignFile(w.lines()))
	if err != nil {
		w.close()
		return nil, err
	}
	s.env = append(s.env, "SSL_CERT_FILE="+w.certs)
	return &killing{site: s, w: w, rand: o.draw(), blows: blows{rand: o.draw()}, r: &killReport{Points: tally{}, Seed: o.seed, Wrong: []string{}}}, nil
}

func (k *killing) close() {
	k.site.close()
	k.w.close()
}

// withPeople runs f while a person settles what needs one, and then lets every
// delivery come to its end.
func (k *killing) withPeople(ctx context.Context, f func() error) error {
	persons, stop := context.WithCancel(ctx)
	var people sync.WaitGroup
	people.Go(func() { k.settleDoubts(persons) })
	defer people.Wait()
	defer stop()
	if err := f(); err != nil {
		return err
	}
	return k.untilSettled(ctx)
}

// rounds strikes until the daemon was killed n times.
func (k *killing) rounds(ctx context.Context, n int) error {
	for i := 0; k.r.Kills < n; i++ {
		if err := k.round(ctx, i, k.blows.next(n-k.r.Kills)); err != nil {
			return err
		}
	}
	return nil
}

// round brings a plan in and strikes.
func (k *killing) round(ctx context.Context, n int, b blow) error {
	if b.point == submitting || b.point == approving {
		return k.strikeInDeed(ctx, k.plan(n, b, 3*time.Second), b)
	}
	p, err := k.bringInSoon(ctx, n, b, 250*time.Millisecond)
	if err != nil {
		return err
	}
	t := newTrap(b, func() { k.strike(b) })
	chance := time.Duration(k.rand.IntN(500)-100) * time.Millisecond
	switch b.point {
	case atRandom, starting:
		time.Sleep(time.Until(p.due) + chance)
		k.strike(b)
	case beforeArming:
		time.Sleep(time.Until(p.due) - time.Duration(k.rand.IntN(5000))*time.Microsecond)
		k.strike(b)
	case resolving:
		k.onWord.arm(t)
		b.point = k.await(ctx, &k.onWord, t, p.due)
	default:
		k.w.arm(t)
		b.point = k.await(ctx, &k.w.traps, t, p.due)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return k.goOn(ctx, b)
}

// await waits for the trap. Where its moment does not come soon after the due
// time, the daemon is struck at a random one; it returns when it was.
func (k *killing) await(ctx context.Context, where *traps, t *trap, due time.Time) point {
	timer := time.NewTimer(time.Until(due) + 1500*time.Millisecond)
	defer timer.Stop()
	select {
	case <-t.sprung:
		return t.blow.point
	case <-ctx.Done():
	case <-timer.C:
	}
	if !where.disarm(t) {
		<-t.sprung
		return t.blow.point
	}
	t.strike()
	return atRandom
}

// strike kills the daemon, or freezes it.
func (k *killing) strike(b blow) {
	select {
	case <-k.running().Ended():
		k.unexplained("the daemon ended by itself: %v", k.running().Result())
	default:
	}
	if b.pause > 0 {
		_ = k.pause(b.pause) // one that is gone is found out at the next deed
		return
	}
	k.kill()
}

// goOn counts the blow and brings the daemon back.
func (k *killing) goOn(ctx context.Context, b blow) error {
	name := string(b.point)
	if b.pause > 0 {
		k.r.Pauses++
		k.r.Points[name+", paused"]++
		time.Sleep(b.pause)
		return nil
	}
	k.r.Kills++
	k.r.Points[name]++
	if b.point == starting {
		c, err := k.launch()
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(k.rand.IntN(200)) * time.Millisecond)
		c.Kill()
		k.r.Kills++
		k.r.Points[name]++
	}
	return k.start(ctx)
}

// strikeInDeed kills the daemon while it takes a plan or an approval in. Then
// the person, who got no answer, does the same again.
func (k *killing) strikeInDeed(ctx context.Context, p planned, b blow) error {
	if b.point == approving {
		if err := k.submit(ctx, p); err != nil {
			return err
		}
	}
	struck := make(chan struct{})
	time.AfterFunc(time.Duration(k.rand.IntN(15000))*time.Microsecond, func() {
		defer close(struck)
		k.strike(b)
	})
	// Errors are what is tried here; the same is done again below.
	if b.point == submitting {
		_ = k.submit(ctx, p)
	} else {
		_ = k.approve(ctx, p)
	}
	<-struck
	if err := k.goOn(ctx, b); err != nil {
		return err
	}
	return k.bringIn(ctx, p)
}

// untilSettled waits until every delivery has its end.
func (k *killing) untilSettled(ctx context.Context) error {
	for end := time.Now().Add(3 * time.Minute); ; {
		n, err := k.open(ctx)
		if err != nil {
			return err
		}
		if n == 0 || time.Now().After(end) {
			return nil // count tells of those that are left
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settleDoubts does what a person does about "needs you": looks at the server.
func (k *killing) settleDoubts(ctx context.Context) {
	for wait(ctx, 200*time.Millisecond) == nil {
		rows, _ := k.rows(ctx, "needs_human") // the daemon may be away
		for _, r := range rows {
			word := map[string]any{"not_published": true, "why": "looked at the server: it is not there"}
			if seen := k.w.shown()[place{r.Channel, textOf(r.Plan, r.Post)}]; len(seen) > 0 {
				word = map[string]any{"published_as": seen[0].url, "why": "looked at the server: it is there"}
			}
			go k.onWord.spring(resolving, r.Channel)
			if k.ask(ctx, organizer, http.MethodPost, "/deliveries/"+r.ID+"/resolve", word, nil) == nil {
				k.asked.Add(1)
			}
		}
	}
}
