package boltstore

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// sizes are how many deliveries are stored.
var sizes = []int{1_000, 100_000, 1_000_000}

const (
	benchLanes = 64
	benchHeld  = 1000 // parked ones besides, due before all others, on the lane that is asked
)

var benchStores struct {
	sync.Mutex
	dir  string
	made map[int]Options
}

func TestMain(m *testing.M) {
	code := m.Run()
	if benchStores.dir != "" {
		_ = os.RemoveAll(benchStores.dir)
	}
	os.Exit(code)
}

func benchLane(i int) campaign.LaneID {
	return campaign.LaneID(fmt.Sprintf("mastodon:social.example/@itac-%02d", i%benchLanes))
}

// benchDelivery is as long as a real one: digests, an approval, a rule.
func benchDelivery(i int) campaign.Delivery {
	d := campaign.Delivery{
		Takeover: "mayors-dec", Mechanism: "mayors", Plan: campaign.PlanID(fmt.Sprintf("mayors-migrants-day-%d", i/1000)),
		Post: campaign.PostID(fmt.Sprintf("quote-%d", i%1000)), Kind: campaign.Quote, Channel: campaign.ChannelID(fmt.Sprintf("mastodon-%02d", i%benchLanes)),
		Lane: benchLane(i), Language: "en", Languages: []string{"en"}, Occurrence: "2026-12-18T09:00", Rule: "2026-12-18T09:00 Europe/Brussels",
		Due: day.Add(time.Duration(i) * time.Second), Tolerance: 4 * time.Hour, IfMissed: "ask", Author: "lead@mayors.example", PlanRevision: 1,
		State: campaign.Scheduled, Reason: campaign.Reason{Code: campaign.ReasonApproved, At: day},
	}
	d.ID = campaign.Identity(d.Takeover, d.Plan, d.Post, d.Step, d.Channel, d.Language, d.Occurrence)
	d.Content = campaign.DigestOf([]byte(d.ID))
	d.Fingerprint, d.Wants = string(d.Content[:32]), campaign.DigestOf([]byte(d.Content))
	d.Latest = d.Due.Add(d.Tolerance)
	d.Approvals = []campaign.Approval{{By: "organizer@itac.example", At: day, Hash: d.Wants}}
	if i < benchHeld {
		d.Lane, d.Due, d.Parked = benchLane(0), day.Add(-time.Hour), true
	}
	return d
}

// stocked is a closed store of n deliveries, built once in a run: records in
// the order of ids, then the indexes.
func stocked(tb testing.TB, n int) Options {
	tb.Helper()
	benchStores.Lock()
	defer benchStores.Unlock()
	if o, ok := benchStores.made[n]; ok {
		return o
	}
	if benchStores.dir == "" {
		dir, err := os.MkdirTemp("", "takeover-bench-")
		if err != nil {
			tb.Fatal(err)
		}
		benchStores.dir, benchStores.made = dir, map[int]Options{}
	}
	o := Options{Path: filepath.Join(benchStores.dir, fmt.Sprint(n)), Counter: filepath.Join(benchStores.dir, fmt.Sprint(n, ".counter"))}
	s := open(tb, o)
	if err := stock(s, n); err != nil {
		tb.Fatal(err)
	}
	closed(tb, s)
	benchStores.made[n] = o
	return o
}

func stock(s *Store, n int) error {
	type place struct {
		id campaign.DeliveryID
		i  int
	}
	places := make([]place, benchHeld+n)
	for i := range places {
		places[i] = place{benchDelivery(i).ID, i}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.id, b.id) })
	for part := range slices.Chunk(places, 20_000) {
		err := s.db.Update(func(btx *bolt.Tx) error {
			t := &tx{s: s, w: &work{btx: btx}}
			b, err := t.bucket(inDeliveries)
			if err != nil {
				return err
			}
			b.FillPercent = 0.9
			for _, p := range part {
				d := benchDelivery(p.i)
				d.Revision = 1
				if err := t.save(inDeliveries, []byte(d.ID), &d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	counters := make(counts, len(record.States))
	for i := range indexes {
		err := s.db.Update(func(btx *bolt.Tx) error {
			t := &tx{s: s, w: &work{btx: btx}}
			return errors.Join(t.rebuildIndex(&indexes[i], counters), t.writeCounts(counters))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func eachSize(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("stored=%d", n), func(b *testing.B) { f(b, n) })
	}
}

// BenchmarkNextDue asks a lane for what is due, behind the held ones.
func BenchmarkNextDue(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		s := open(b, stocked(b, n))
		now := day.Add(time.Duration(benchHeld+n) * time.Second)
		for b.Loop() {
			err := s.View(ctx, func(tx store.Tx) error {
				lane := benchLane(0)
				_, _, err := tx.Head(lane)
				due, err2 := tx.Due(lane, now, 1)
				if len(due) != 1 {
					return fmt.Errorf("%d due", len(due))
				}
				return errors.Join(err, err2)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		if info, err := os.Stat(s.o.Path); err == nil {
			b.ReportMetric(float64(info.Size())/float64(benchHeld+n), "file-B/delivery")
		}
		closed(b, s)
	})
}

// BenchmarkOpen opens a store and asks for the head of every lane.
func BenchmarkOpen(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		o := stocked(b, n)
		for b.Loop() {
			s, err := Open(o)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.View(ctx, heads); err != nil {
				b.Fatal(err)
			}
			closed(b, s)
		}
	})
}

func heads(tx store.Tx) error {
	lanes, err := tx.Lanes()
	if err != nil {
		return err
	}
	for _, l := range lanes {
		if _, _, err := tx.Head(l); err != nil {
			return err
		}
	}
	return nil
}

// fsyncs is what one write of a page and its sync cost here, in a loop.
func fsyncs(b *testing.B, n int) time.Duration {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	start := time.Now()
	for i := range n {
		if _, err := f.WriteAt(page, int64(i%64)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start) / time.Duration(n)
}

// BenchmarkArmRecord arms a delivery in one commit and records its receipt in
// another, by one caller and by 64; floors/op is that in bare fsyncs.
func BenchmarkArmRecord(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("stored=%d/callers=%d", n, callers), func(b *testing.B) {
				s := open(b, stocked(b, n))
				floor := fsyncs(b, 300)
				next := make(chan int)
				var wg sync.WaitGroup
				b.ResetTimer()
				for range callers {
					wg.Go(func() {
						for i := range next {
							if err := errors.Join(s.Update(ctx, arm(i)), s.Update(ctx, putBack(i))); err != nil {
								b.Error(err)
							}
						}
					})
				}
				for i := range b.N {
					next <- benchHeld + i*37%n
				}
				close(next)
				wg.Wait()
				b.StopTimer()
				perOp := b.Elapsed() / time.Duration(b.N)
				b.ReportMetric(float64(perOp)/float64(floor), "floors/op")
				b.ReportMetric(float64(floor.Microseconds()), "floor-µs")
				closed(b, s)
			})
		}
	}
}

func arm(i int) func(store.Tx) error {
	id := benchDelivery(i).ID
	return func(tx store.Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		d.State, d.ArmedAt = campaign.Armed, day
		d.Attempt++
		a := campaign.Attempt{Delivery: id, N: d.Attempt, Class: campaign.K1, Key: string(d.Content), Content: d.Content, Envelope: d.Wants, ArmedAt: day, SendBy: day}
		return errors.Join(tx.PutDelivery(&d), tx.PutAttempt(a), tx.Audit(campaign.AuditEntry{At: day, Deed: "arm", Object: string(id)}))
	}
}

// putBack puts it back where it was, so that it can be armed again.
func putBack(i int) func(store.Tx) error {
	id := benchDelivery(i).ID
	return func(tx store.Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		d.State = campaign.Scheduled
		remote := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", id, d.Attempt)))
		_, _, claim := tx.ClaimRemote(d.Lane, remote, id)
		a := campaign.Attempt{Delivery: id, N: d.Attempt, Class: campaign.K1, EndedAt: day, Fate: "published", Status: 200, RemoteID: remote}
		return errors.Join(claim, tx.PutDelivery(&d), tx.PutAttempt(a), tx.Audit(campaign.AuditEntry{At: day, Deed: "published", Object: string(id)}))
	}
}

// BenchmarkCommit is the smallest durable change.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b, options(b))
			floor := fsyncs(b, 300)
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			if callers == 1 {
				for i := range b.N {
					put(b, s, "name", strconv.Itoa(i))
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting("name", []byte("x")) }); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.StopTimer()
			perOp := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(perOp)/float64(floor), "floors/op")
			closed(b, s)
		})
	}
}

// BenchmarkMemory opens the store in a fresh process and reads its anonymous memory.
func BenchmarkMemory(b *testing.B) {
	if path := os.Getenv("TAKEOVER_BENCH_STORE"); path != "" {
		fmt.Println("RssAnon kB:", freshMemory(b, Options{Path: path, Counter: path + ".counter"}))
		os.Exit(0)
	}
	if runtime.GOOS != "linux" {
		b.Skip("reads /proc")
	}
	eachSize(b, func(b *testing.B, n int) {
		o := stocked(b, n)
		var kB float64
		for b.Loop() {
			child := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkMemory$", "-test.benchtime=1x")
			child.Env = append(os.Environ(), "TAKEOVER_BENCH_STORE="+o.Path)
			out, err := child.CombinedOutput()
			_, after, ok := strings.Cut(string(out), "RssAnon kB: ")
			if err != nil || !ok {
				b.Fatalf("%v: %s", err, out)
			}
			if _, err := fmt.Sscan(after, &kB); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(kB/1024, "RssAnon-MiB")
	})
}

func freshMemory(b *testing.B, o Options) int {
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.View(ctx, heads); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	kB := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			_, _ = fmt.Sscan(rest, &kB)
		}
	}
	_ = s.Close()
	return kB
}
