package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// atomicity: a function that fails leaves nothing of any kind behind.
func (s Suite) atomicity(t *testing.T) {
	st := s.open(t)
	before := delivery("d_1", "l", 0)
	put(t, st, before)
	update(t, st, func(tx store.Tx) error { return tx.PutSetting("s", []byte("before")) })
	err := st.Update(ctx, func(tx store.Tx) error {
		d, err := tx.Delivery("d_1")
		if err != nil {
			return err
		}
		d = inState(d, campaign.Armed)
		other := delivery("d_2", "m", 0)
		_, blobErr := tx.PutBlob([]byte("blob"))
		_, contentErr := tx.PutContent(campaign.Content{Text: "text"})
		_, _, claimErr := tx.ClaimRemote("l", "1", "d_1")
		return errors.Join(tx.PutDelivery(&d), tx.PutDelivery(&other), blobErr, contentErr, claimErr,
			tx.PutCampaign(campaign.Campaign{ID: "itac"}), tx.PutSwitches(campaign.Switches{Holds: []campaign.Hold{{ID: "h"}}}),
			tx.PutSetting("s", nil), tx.PutSetting("new", []byte("x")), tx.PutPlan(campaign.Plan{ID: "p"}),
			tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: 1}), tx.PutStaged("d_1", []byte("x")),
			tx.PutLane(campaign.LaneState{Lane: "l", Epoch: 9}), tx.Audit(campaign.AuditEntry{Deed: "arm"}), errUndo)
	})
	if err == nil || err.Error() != errUndo.Error() {
		t.Fatalf("update: %v", err)
	}
	view(t, st, func(tx store.Tx) error {
		before.Revision = 1
		if err := (model{"d_1": before}).compareGroups(tx, "l"); err != nil {
			t.Error(err)
		}
		for what, read := range map[string]func() error{
			"delivery": func() error { _, err := tx.Delivery("d_2"); return err },
			"blob":     func() error { _, err := tx.Blob(campaign.DigestOf([]byte("blob"))); return err },
			"content":  func() error { _, err := tx.Content(campaign.Content{Text: "text"}.Digest()); return err },
			"campaign": func() error { _, err := tx.Campaign(); return err },
			"setting":  func() error { _, err := tx.Setting("new"); return err },
			"plan":     func() error { _, err := tx.Plan("p"); return err },
			"staged":   func() error { _, err := tx.Staged("d_1"); return err },
		} {
			want(t, what+" of a failed update", read(), store.ErrNotFound)
		}
		if b, err := tx.Setting("s"); err != nil || string(b) != "before" {
			t.Errorf("deleted by a failed update: %q, %v", b, err)
		}
		as, _ := tx.Attempts("d_1")
		es, _ := tx.AuditFrom(0, 10)
		l, _ := tx.Lane("l")
		sw, _ := tx.Switches()
		if len(as)+len(es)+len(sw.Holds) > 0 || l.Epoch != 0 {
			t.Errorf("left behind: %v %v %v %v", as, es, l, sw)
		}
		return nil
	})
	update(t, st, func(tx store.Tx) error { // and the id it would have claimed is free
		_, ok, err := tx.ClaimRemote("l", "1", "d_9")
		if !ok {
			t.Error("a failed update claimed a remote id")
		}
		return err
	})
	if err := st.View(ctx, func(tx store.Tx) error { return tx.PutSetting("s", []byte("x")) }); err == nil {
		t.Error("a view could write")
	}
}

// sharing: many callers at once, some of whom fail after they wrote. Nothing
// of these is kept, everything of the others.
func (s Suite) sharing(t *testing.T) {
	st := s.open(t)
	const callers, rounds = 16, 12
	var wg sync.WaitGroup
	var kept atomic.Int64
	for i := range callers {
		wg.Go(func() {
			for r := range rounds {
				fails := (i+r)%3 == 0
				err := st.Update(ctx, func(tx store.Tx) error {
					n, err := readNumber(tx, "sum")
					if err != nil {
						return err
					}
					d := delivery(fmt.Sprintf("d_%d_%d", i, r), "l", 0)
					if err := errors.Join(tx.PutSetting("sum", number(n+1)), tx.PutDelivery(&d)); err != nil {
						return err
					}
					if fails {
						return errUndo
					}
					return nil
				})
				switch {
				case fails && !errors.Is(err, errUndo), !fails && err != nil:
					t.Errorf("caller %d round %d: %v", i, r, err)
				case !fails:
					kept.Add(1)
				}
			}
		})
	}
	wg.Wait()
	view(t, st, func(tx store.Tx) error {
		n, err := readNumber(tx, "sum")
		counts, _ := tx.Counts()
		all, _, _ := tx.List(store.Filter{}, "", 1000)
		if want := int(kept.Load()); err != nil || n != want || counts[campaign.Scheduled] != want || len(all) != want {
			t.Errorf("sum %d, counted %d, listed %d, acknowledged %d, %v", n, counts[campaign.Scheduled], len(all), want, err)
		}
		for _, d := range all {
			var i, r int
			if _, err := fmt.Sscanf(string(d.ID), "d_%d_%d", &i, &r); err != nil || (i+r)%3 == 0 {
				t.Errorf("%s was kept although its update failed", d.ID)
			}
		}
		return nil
	})
}

// panicAndExit: a panic reaches its own caller alone, and the store goes on;
// so it does when a function ends its goroutine.
func (s Suite) panicAndExit(t *testing.T) {
	st := s.open(t)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%3 == 0) {
					t.Errorf("caller %d: panic %v", i, p)
				}
			}()
			err := st.Update(ctx, func(tx store.Tx) error {
				if err := tx.PutSetting(fmt.Sprintf("s/%d", i), []byte("x")); err != nil {
					return err
				}
				switch i % 3 {
				case 0:
					panic("on purpose")
				case 1:
					runtime.Goexit()
				}
				return nil
			})
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in a view was swallowed")
			}
		}()
		_ = st.View(ctx, func(store.Tx) error { panic("on purpose") })
	}()
	view(t, st, func(tx store.Tx) error {
		names, err := tx.SettingNames("s/")
		if err != nil || len(names) != 4 {
			t.Errorf("kept %v, %v", names, err)
		}
		return nil
	})
}

// cancelled: a context that ended means that nothing was done; once a
// function runs its outcome is told, however late.
func (s Suite) cancelled(t *testing.T) {
	st := s.open(t)
	done, cancel := context.WithCancel(ctx)
	cancel()
	ran := false
	err := st.Update(done, func(store.Tx) error { ran = true; return nil })
	if want(t, "update", err, context.Canceled); ran {
		t.Error("the function ran under a context that had ended")
	}
	want(t, "view", st.View(done, func(store.Tx) error { return nil }), context.Canceled)

	// One holds the writer; a second gives up waiting; the first is cancelled
	// while it runs and is kept all the same.
	first, cancelFirst := context.WithCancel(ctx)
	second, cancelSecond := context.WithCancel(ctx)
	entered, gaveUp := make(chan bool), make(chan error)
	go func() {
		<-entered
		cancelFirst()
		go cancelSecond()
		gaveUp <- st.Update(second, func(tx store.Tx) error { return tx.PutSetting("second", []byte("x")) })
	}()
	var secondErr error
	err = st.Update(first, func(tx store.Tx) error {
		close(entered)
		secondErr = <-gaveUp
		return tx.PutSetting("first", []byte("x"))
	})
	want(t, "second", secondErr, context.Canceled)
	if err != nil {
		t.Errorf("first: %v", err)
	}
	view(t, st, func(tx store.Tx) error {
		if _, err := tx.Setting("first"); err != nil {
			t.Error(err)
		}
		_, err := tx.Setting("second")
		want(t, "second", err, store.ErrNotFound)
		return nil
	})
}

// increments: read, add, write, by many at once, loses none.
func (s Suite) increments(t *testing.T) {
	st := s.open(t)
	put(t, st, delivery("d_1", "l", 0))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if err := st.Update(ctx, func(tx store.Tx) error {
					d, err := tx.Delivery("d_1")
					if err != nil {
						return err
					}
					d.Attempt++
					return tx.PutDelivery(&d)
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, st, func(tx store.Tx) error {
		d, err := tx.Delivery("d_1")
		if err != nil || d.Attempt != 80 || d.Revision != 81 {
			t.Errorf("attempt %d, revision %d, %v", d.Attempt, d.Revision, err)
		}
		return nil
	})
}

// views: each sees one state, whatever is committed beside it. The writer
// keeps two settings equal and one delivery in one lane of two.
func (s Suite) views(t *testing.T) {
	st := s.open(t)
	put(t, st, delivery("d_1", "a", 0))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := st.View(ctx, func(tx store.Tx) error {
					x, err1 := readNumber(tx, "x")
					a, err2 := tx.Due("a", day, 5)
					b, err3 := tx.Due("b", day, 5)
					y, err4 := readNumber(tx, "y")
					if x != y || len(a)+len(b) != 1 {
						t.Errorf("x %d, y %d, lanes %d and %d", x, y, len(a), len(b))
					}
					return errors.Join(err1, err2, err3, err4)
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 40 {
		update(t, st, func(tx store.Tx) error {
			d, err := tx.Delivery("d_1")
			if err != nil {
				return err
			}
			d.Lane = []campaign.LaneID{"a", "b"}[i%2]
			return errors.Join(tx.PutSetting("x", number(i)), tx.PutDelivery(&d), tx.PutSetting("y", number(i)))
		})
	}
	close(stop)
	wg.Wait()
}
