package storetest

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// journal: numbers without gaps, each entry sealed over the one before, also
// when an update between them failed.
func (s Suite) journal(t *testing.T) {
	st, reopen := s.Open(t)
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			_ = st.Update(ctx, func(tx store.Tx) error {
				e := campaign.AuditEntry{At: day, By: "o@example.org", Door: "api", Deed: "hold", Object: fmt.Sprint(i), N: 99, Prev: "x", Hash: "y"}
				if err := errors.Join(tx.Audit(e), tx.Audit(e)); err != nil || i%4 != 3 {
					return err
				}
				return errUndo
			})
		})
	}
	wg.Wait()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	st = reopen(t)
	update(t, st, func(tx store.Tx) error { return tx.Audit(campaign.AuditEntry{At: day, Deed: "stop"}) })
	view(t, st, func(tx store.Tx) error {
		es, err := tx.AuditFrom(0, 100)
		if err != nil || len(es) != 17 {
			t.Fatalf("%d entries, %v", len(es), err)
		}
		var prev campaign.Digest
		for i, e := range es {
			if e.N != uint64(i+1) || e.Prev != prev || e.Seal().Hash != e.Hash || e.Hash == "" {
				t.Errorf("entry %d: %+v", i+1, e)
			}
			prev = e.Hash
		}
		some, err := tx.AuditFrom(5, 3)
		if err != nil || len(some) != 3 || some[0].N != 5 || some[2].N != 7 {
			t.Errorf("from 5, at most 3: %+v, %v", some, err)
		}
		return nil
	})
}

func (s Suite) closing(t *testing.T) {
	st := s.open(t)
	var wg sync.WaitGroup
	var kept atomic.Int64
	for i := range 8 {
		wg.Go(func() {
			for r := range 20 {
				err := st.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(fmt.Sprintf("%d/%d", i, r), []byte("x")) })
				if err == nil {
					kept.Add(1)
				} else if !errors.Is(err, store.ErrClosed) {
					t.Errorf("while closing: %v", err)
				}
			}
		})
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := st.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	want(t, "update after close", st.Update(ctx, func(store.Tx) error { return nil }), store.ErrClosed)
	want(t, "view after close", st.View(ctx, func(store.Tx) error { return nil }), store.ErrClosed)
}

// fill stores n deliveries and settings, one update each; it counts what was
// acknowledged.
func fill(t testing.TB, st store.Store, n int, acked *atomic.Int64) {
	for i := range n {
		update(t, st, func(tx store.Tx) error {
			d := delivery(fmt.Sprintf("d_%04d", i), "l", 0)
			return errors.Join(tx.PutDelivery(&d), tx.PutSetting("last", number(i)), tx.Audit(campaign.AuditEntry{Deed: "arm", Object: string(d.ID)}))
		})
		acked.Add(1)
	}
}

// filled checks that the first n writes of fill are there, and whole updates
// only; more may be.
func filled(t testing.TB, st store.Store, n int) {
	t.Helper()
	view(t, st, func(tx store.Tx) error {
		due, err := tx.Due("l", day, 1<<20)
		if err != nil || len(due) < n {
			t.Fatalf("%d of %d acknowledged deliveries, %v", len(due), n, err)
		}
		es, err := tx.AuditFrom(0, 1<<20)
		counts, _ := tx.Counts()
		if err != nil || len(es) != len(due) || counts[campaign.Scheduled] != len(due) {
			t.Errorf("%d deliveries, %d counted, %d in the journal, %v", len(due), counts[campaign.Scheduled], len(es), err)
		}
		if len(due) > 0 {
			if last, err := readNumber(tx, "last"); err != nil || last != len(due)-1 {
				t.Errorf("%d deliveries, last %d, %v", len(due), last, err)
			}
		}
		return nil
	})
}

func (s Suite) reopened(t *testing.T) {
	st, reopen := s.Open(t)
	var acked atomic.Int64
	fill(t, st, 20, &acked)
	before := st.Generation()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	st = reopen(t)
	filled(t, st, 20)
	if st.Generation() <= before {
		t.Errorf("generation %d after %d", st.Generation(), before)
	}
}

// crashes: whatever point the process dies at, what was acknowledged is there
// and every update is whole.
func (s Suite) crashes(t *testing.T) {
	if s.Crash == nil {
		t.Skip("the engine has no numbered points")
	}
	type image struct {
		point string
		acked int
		open  func(t *testing.T) store.Store
	}
	var images []image
	var acked atomic.Int64
	s.Crash(t, func(st store.Store) {
		var wg sync.WaitGroup
		wg.Go(func() { fill(t, st, 8, &acked) })
		wg.Go(func() {
			for range 4 {
				_ = st.Update(ctx, func(tx store.Tx) error { return errors.Join(tx.PutSetting("last", number(-1)), errUndo) })
			}
		})
		wg.Wait()
	}, func(point string, open func(t *testing.T) store.Store) {
		images = append(images, image{point, int(acked.Load()), open})
	})
	if len(images) < 8 {
		t.Fatalf("only %d points were passed", len(images))
	}
	for i, im := range images {
		t.Run(fmt.Sprintf("%d %s", i+1, im.point), func(t *testing.T) {
			st := im.open(t)
			filled(t, st, im.acked)
			update(t, st, func(tx store.Tx) error { return tx.PutSetting("after", []byte("x")) })
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// backups are whole states, made while writers go on, and never over a file.
func (s Suite) backups(t *testing.T) {
	if s.OpenBackup == nil {
		t.Skip("the engine's backups are not files")
	}
	st := s.open(t)
	var acked atomic.Int64
	fill(t, st, 10, &acked)
	dir := t.TempDir()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for i := 10; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			update(t, st, func(tx store.Tx) error {
				d := delivery(fmt.Sprintf("d_%04d", i), "l", 0)
				return errors.Join(tx.PutDelivery(&d), tx.PutSetting("last", number(i)), tx.Audit(campaign.AuditEntry{Deed: "arm", Object: string(d.ID)}))
			})
			acked.Add(1)
		}
	})
	type copied struct {
		path string
		n    int
	}
	var copies []copied
	for i := range 3 {
		c := copied{filepath.Join(dir, fmt.Sprint(i)), int(acked.Load())}
		if err := st.Backup(ctx, c.path); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, c)
	}
	close(stop)
	wg.Wait()
	for _, c := range copies {
		filled(t, s.OpenBackup(t, c.path), c.n)
	}
	if err := st.Backup(ctx, copies[0].path); err == nil {
		t.Error("a backup was written over another")
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}
