package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

var day = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

// some is a scheduled delivery due at the day.
func some(id string) campaign.Delivery {
	return campaign.Delivery{
		ID: campaign.DeliveryID(id), Takeover: "mayors-dec", Mechanism: "mayors", Plan: "p", Post: "quote-1", Kind: campaign.Quote,
		Channel: "main", Lane: "l", Language: "en", Languages: []string{"en"}, Due: day, Latest: day.Add(time.Hour), CheckAt: day,
		Content: campaign.DigestOf(nil), Fingerprint: "f", State: campaign.Scheduled,
	}
}

// poison changes one byte of a record under the engine.
func poison(t testing.TB, s *Store, b bucket, key []byte) {
	t.Helper()
	err := s.db.Update(func(btx *bolt.Tx) error {
		bk := btx.Bucket([]byte(bucketNames[b]))
		r := bytes.Clone(bk.Get(key))
		if r == nil {
			return fmt.Errorf("no %s %q", bucketNames[b], key)
		}
		r[len(r)/2] ^= 1
		return bk.Put(key, r)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestF63PoisonedDelivery in every state: lists pass it over, the next update
// sets it aside, the counters and indexes are whole again, and its id, its
// fingerprint and its error stay until a person has dealt with it.
func TestF62F63PoisonedDelivery(t *testing.T) {
	for _, state := range campaign.States {
		t.Run(string(state), func(t *testing.T) {
			s := open(t, options(t))
			for _, id := range []string{"d_1", "d_2", "d_3"} {
				d := some(id)
				d.State = state
				if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&d) }); err != nil {
					t.Fatal(err)
				}
			}
			poison(t, s, inDeliveries, []byte("d_1"))
			if r, err := s.Verify(ctx); err != nil || len(r.Bad) != 1 || r.Bad[0].ID != "d_1" || r.Bad[0].Kind != "delivery" {
				t.Errorf("verify: %+v, %v", r, err)
			}
			ask := func() {
				t.Helper()
				if err := s.View(ctx, func(tx store.Tx) error { return others(t, tx, state) }); err != nil {
					t.Error(err)
				}
			}
			ask()
			put(t, s, "next", "update")
			ask()
			checkAside(t, s, state)
		})
	}
}

// others asks every list, which must answer with d_2 and d_3.
func others(t *testing.T, tx store.Tx, state campaign.State) error {
	t.Helper()
	two := func(what string, ds []campaign.Delivery, is bool) {
		t.Helper()
		if want := 2; is && (len(ds) != want || ds[0].ID == "d_1") || !is && len(ds) > 0 {
			t.Errorf("%s: %d", what, len(ds))
		}
	}
	due, err1 := tx.Due("l", day, 10)
	two("due", due, state == campaign.Scheduled)
	_, ok, err2 := tx.Head("l")
	if ok != (state == campaign.Scheduled) {
		t.Errorf("head %v", ok)
	}
	armed, err3 := tx.Armed("l")
	two("armed", armed, state == campaign.Armed)
	doubts, _, err4 := tx.Doubts(day, 10)
	two("doubts", doubts, state == campaign.InDoubt)
	expired, _, err5 := tx.Expired(day.Add(2*time.Hour), 10)
	two("expired", expired, state == campaign.Planned || state == campaign.Scheduled)
	list, _, err6 := tx.List(store.Filter{States: []campaign.State{state}}, "", 10)
	two("list", list, true)
	plan, err7 := tx.OfPlan("p")
	two("plan", plan, true)
	twins, err8 := tx.Twins("l", "f")
	if state != campaign.Missed && state != campaign.Cancelled && state != campaign.Rejected {
		if len(twins) != 3 || twins[0].ID != "d_1" || twins[0].State != campaign.NeedsHuman {
			t.Errorf("twins: %+v", twins)
		}
	}
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8)
}

func checkAside(t *testing.T, s *Store, state campaign.State) {
	t.Helper()
	r, err := s.Verify(ctx)
	if err != nil || !r.Sound() || len(r.SetAside) != 1 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	err = s.Update(ctx, func(tx store.Tx) error {
		n, err := tx.Counts()
		if err != nil || n[state] != 2 {
			t.Errorf("counted %d, %v", n[state], err)
		}
		if _, err := tx.Delivery("d_1"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("read: %v", err)
		}
		again := some("d_1")
		if err := tx.PutDelivery(&again); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("a delivery that may be public was made anew: %v", err)
		}
		us, err := tx.SetAside()
		if err != nil || len(us) != 1 || us[0].ID != "d_1" || us[0].Kind != "delivery" || us[0].At.IsZero() || len(us[0].Raw) == 0 {
			t.Errorf("set aside: %+v, %v", us, err)
		}
		if err := tx.Forget("delivery", "d_9"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("forget another: %v", err)
		}
		if err := tx.Forget("delivery", "d_1"); err != nil {
			t.Error(err)
		}
		if twins, _ := tx.Twins("l", "f"); len(twins) > 0 && twins[0].ID == "d_1" {
			t.Error("a twin after it was forgotten")
		}
		return tx.PutDelivery(&again)
	})
	if err != nil {
		t.Error(err)
	}
	checkSound(t, s)
}

// TestPoisonedRecords of the other kinds.
func TestPoisonedRecords(t *testing.T) {
	s := open(t, options(t))
	err := s.Update(ctx, func(tx store.Tx) error {
		d := some("d_1")
		_, err := tx.PutContent(campaign.Content{Text: "x"})
		return errors.Join(err, tx.PutDelivery(&d),
			tx.PutPlan(campaign.Plan{ID: "p"}), tx.PutPlan(campaign.Plan{ID: "q"}),
			tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: 1}), tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: 2}),
			tx.PutLane(campaign.LaneState{Lane: "l"}), tx.PutSwitches(campaign.Switches{}), tx.PutCampaign(campaign.Campaign{ID: "c"}),
			tx.Audit(campaign.AuditEntry{Deed: "one"}), tx.Audit(campaign.AuditEntry{Deed: "two"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	text := campaign.Content{Text: "x"}
	poison(t, s, inPlans, []byte("p"))
	poison(t, s, inAttempts, record.AttemptKey("d_1", 1))
	poison(t, s, inContents, []byte(text.Digest()))
	poison(t, s, inLanes, []byte("l"))
	poison(t, s, inMeta, keySwitches)
	poison(t, s, inMeta, keyCampaign)
	poison(t, s, inMeta, keyCounts)
	poison(t, s, inAudit, []byte{0, 0, 0, 0, 0, 0, 0, 2})
	ask := func() {
		t.Helper()
		err := s.View(ctx, func(tx store.Tx) error {
			ps, err1 := tx.Plans()
			as, err2 := tx.Attempts("d_1")
			es, err3 := tx.AuditFrom(0, 10)
			n, err4 := tx.Counts()
			if len(ps) != 1 || len(as) != 1 || n[campaign.Scheduled] != 1 || len(es) < 2 || es[1].Deed != "unreadable" {
				t.Errorf("%v %v %v %v", ps, as, es, n)
			}
			_, err := tx.Plan("p")
			_, err5 := tx.Lane("l")
			_, err6 := tx.Switches()
			_, err7 := tx.Campaign()
			_, err8 := tx.Content(text.Digest())
			for i, err := range []error{err, err5, err6, err7, err8} {
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("read %d: %v", i, err)
				}
			}
			return errors.Join(err1, err2, err3, err4)
		})
		if err != nil {
			t.Error(err)
		}
	}
	ask()
	if err := s.Backup(ctx, filepath.Join(t.TempDir(), "b")); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("backup: %v", err)
	}
	put(t, s, "next", "update")
	ask()
	err = s.Update(ctx, func(tx store.Tx) error {
		_, err := tx.PutContent(text) // the same bytes mend what is stored under their digest
		return errors.Join(err, tx.Audit(campaign.AuditEntry{Deed: "three"}))
	})
	if err != nil {
		t.Error(err)
	}
	r, err := s.Verify(ctx)
	if err != nil || len(r.SetAside) != 2 || len(r.Audit) == 0 {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// TestIndexMended: an entry that agrees with no record is passed over, told,
// and put right.
func TestIndexMended(t *testing.T) {
	for i := range indexes {
		x := &indexes[i]
		t.Run(bucketNames[x.b], func(t *testing.T) {
			s := open(t, options(t))
			d := some("d_1")
			if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&d) }); err != nil {
				t.Fatal(err)
			}
			// The entry of another time, state, lane, … of the same delivery.
			wrong := some("d_1")
			wrong.State, wrong.Due, wrong.Latest, wrong.Lane, wrong.Plan, wrong.Channel = campaign.Scheduled, day.Add(-1), day.Add(-1), "m", "q", "c"
			switch x.b {
			case byArmed:
				wrong.State = campaign.Armed
			case byDoubt, byDoubtLane:
				wrong.State = campaign.InDoubt
			}
			err := s.db.Update(func(btx *bolt.Tx) error {
				return btx.Bucket([]byte(bucketNames[x.b])).Put(x.key(&wrong), []byte{})
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Verify(ctx)
			if err != nil || len(r.Index) == 0 || !strings.Contains(r.Index[0], bucketNames[x.b]) {
				t.Errorf("verify: %+v, %v", r, err)
			}
			if x.b == byDoubtLane {
				return // Lanes believes it: a lane too many does no harm
			}
			_ = s.View(ctx, func(tx store.Tx) error {
				for _, lane := range []campaign.LaneID{"l", "m"} {
					due, _ := tx.Due(lane, day, 10)
					if len(due) > 0 && lane == "m" {
						t.Error("due on a lane that is not its own")
					}
					_, _ = tx.Armed(lane)
					_, _ = tx.Twins(lane, "f")
				}
				_, _, _ = tx.Doubts(day, 10)
				_, _, _ = tx.Expired(day.Add(time.Hour), 10)
				for _, f := range []store.Filter{{}, {Plan: "q"}, {Channel: "c"}} {
					_, _, _ = tx.List(f, "", 10)
				}
				return nil
			})
			put(t, s, "next", "update")
			checkSound(t, s)
		})
	}
}

// TestF58AuditEdited: a sound record with another content breaks the chain.
// TestF58AuditRewritten: whoever seals the changed entry anew breaks the link to the next.
func TestF58AuditRewritten(t *testing.T) {
	s := open(t, options(t))
	for i := range 4 {
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.Audit(campaign.AuditEntry{Deed: fmt.Sprint(i)}) }); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Update(ctx, func(st store.Tx) error {
		es, err := st.AuditFrom(2, 1)
		if err != nil {
			return err
		}
		es[0].Deed = "never happened"
		return st.(*tx).save(inAudit, []byte{0, 0, 0, 0, 0, 0, 0, 2}, es[0].Seal())
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Verify(ctx)
	if err != nil || len(r.Audit) != 1 || !strings.Contains(r.Audit[0], "entry 3 does not continue entry 2") {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

func TestF58AuditEdited(t *testing.T) {
	s := open(t, options(t))
	for i := range 4 {
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.Audit(campaign.AuditEntry{Deed: fmt.Sprint(i)}) }); err != nil {
			t.Fatal(err)
		}
	}
	checkSound(t, s)
	err := s.Update(ctx, func(st store.Tx) error {
		es, err := st.AuditFrom(2, 1)
		if err != nil {
			return err
		}
		es[0].Deed = "never happened"
		return st.(*tx).save(inAudit, []byte{0, 0, 0, 0, 0, 0, 0, 2}, es[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Verify(ctx)
	if err != nil || len(r.Audit) != 1 || !strings.Contains(r.Audit[0], "entry 2 was changed") {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// TestRecordInAnothersPlace: a sound record under another key or in another
// bucket is not what was asked for.
func TestRecordInAnothersPlace(t *testing.T) {
	s := open(t, options(t))
	err := s.Update(ctx, func(st store.Tx) error {
		a, b, t := some("d_1"), some("d_2"), st.(*tx)
		if err := errors.Join(t.PutDelivery(&a), t.PutDelivery(&b)); err != nil {
			return err
		}
		r, err := t.raw(inDeliveries, []byte("d_1"))
		return errors.Join(err, t.putRaw(inDeliveries, []byte("d_2"), r), t.putRaw(inBlobs, []byte("k"), record.Seal(inPlans.kind(), []byte("k"), nil)))
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.View(ctx, func(tx store.Tx) error {
		if _, err := tx.Delivery("d_2"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("another key: %v", err)
		}
		if _, err := tx.Blob("k"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("another bucket: %v", err)
		}
		return nil
	})
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte("key"), record.Seal(inPlans.kind(), []byte("key"), []byte("content")))
	f.Fuzz(func(t *testing.T, key, r []byte) {
		c, err := record.Unseal(inPlans.kind(), key, r)
		if err == nil && !bytes.Equal(record.Seal(inPlans.kind(), key, c), r) {
			t.Errorf("%x was taken for a record", r)
		}
		for i := range indexes {
			_, _ = indexes[i].idOf(r)
		}
		_, _ = record.ReadCursor(string(r))
		_ = record.Printable(inAttempts.kind(), r)
	})
}
