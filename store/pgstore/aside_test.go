package pgstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/store/record"
)

var day = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

func delivery(id string) campaign.Delivery {
	return campaign.Delivery{ID: campaign.DeliveryID(id), Plan: "p", Channel: "c", Lane: "l", Due: day, Latest: day.Add(time.Hour),
		Fingerprint: "f", State: campaign.Scheduled}
}

// filled is a store with something of every kind.
func filled(t *testing.T) *Store {
	s := open(t, Options{DSN: schema(t)})
	err := s.Update(ctx, func(tx store.Tx) error {
		for i := range 5 {
			d := delivery(fmt.Sprintf("d_%d", i))
			if err := tx.PutDelivery(&d); err != nil {
				return err
			}
		}
		_, blob := tx.PutBlob([]byte("source\x00\xff"))
		_, content := tx.PutContent(campaign.Content{Text: "text"})
		_, _, claim := tx.ClaimRemote("l", "1001", "d_1")
		return errors.Join(blob, content, claim, tx.PutCampaign(campaign.Campaign{ID: "itac"}), tx.PutSetting("s", []byte("v")),
			tx.PutPlan(campaign.Plan{ID: "p"}), tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: 1}), tx.PutStaged("d_1", []byte("x")),
			tx.PutLane(campaign.LaneState{Lane: "l", Epoch: 3}), tx.Audit(campaign.AuditEntry{Deed: "arm"}), tx.Audit(campaign.AuditEntry{Deed: "published"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestF63PoisonedDelivery: lists pass it over, the next change sets it aside, it
// stays a twin, and its id is free only once a person forgot it.
func TestF63PoisonedDelivery(t *testing.T) {
	s := filled(t)
	admin(t, s.o.DSN, `UPDATE deliveries SET value = set_byte(value, 9, get_byte(value, 9) # 1) WHERE id = 'd_2'`)
	due := func() (ids string) {
		_ = s.View(ctx, func(tx store.Tx) error {
			ds, err := tx.Due("l", day, 10)
			for _, d := range ds {
				ids += " " + string(d.ID)
			}
			return err
		})
		return strings.TrimSpace(ids)
	}
	if got := due(); got != "d_0 d_1 d_3 d_4" {
		t.Errorf("due: %s", got)
	}
	if err := s.Update(ctx, func(tx store.Tx) error {
		aside, err := tx.SetAside()
		if len(aside) != 1 || aside[0].ID != "d_2" || aside[0].Kind != "delivery" || len(aside[0].Raw) == 0 || err != nil {
			t.Errorf("set aside: %+v, %v", aside, err)
		}
		twins, err := tx.Twins("l", "f")
		if len(twins) != 5 || twins[2].State != campaign.NeedsHuman || err != nil {
			t.Errorf("twins: %+v, %v", twins, err)
		}
		n, err := tx.Counts()
		if n[campaign.Scheduled] != 4 || err != nil {
			t.Errorf("counted %v, %v", n, err)
		}
		d := delivery("d_2")
		if err := tx.PutDelivery(&d); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("its id was taken anew: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(ctx, func(tx store.Tx) error {
		d := delivery("d_2")
		return errors.Join(tx.Forget("delivery", "d_2"), tx.PutDelivery(&d))
	}); err != nil {
		t.Fatal(err)
	}
	if got := due(); got != "d_0 d_1 d_2 d_3 d_4" {
		t.Errorf("due afterwards: %s", got)
	}
}

// TestPoisonedRecords of other kinds are set aside as well; the journal keeps its place.
func TestPoisonedRecords(t *testing.T) {
	s := filled(t)
	admin(t, s.o.DSN, `UPDATE records SET value = set_byte(value, 3, get_byte(value, 3) # 1) WHERE kind IN ('plan', 'attempt', 'audit')`)
	_ = s.View(ctx, func(tx store.Tx) error {
		plans, err := tx.Plans()
		attempts, err2 := tx.Attempts("d_1")
		entries, err3 := tx.AuditFrom(0, 9)
		if len(plans)+len(attempts) != 0 || len(entries) != 2 || entries[1].Deed != "unreadable" || entries[1].N != 2 || errors.Join(err, err2, err3) != nil {
			t.Errorf("%v %v %+v %v", plans, attempts, entries, errors.Join(err, err2, err3))
		}
		return nil
	})
	_ = s.Update(ctx, func(tx store.Tx) error {
		aside, err := tx.SetAside()
		if len(aside) != 2 || err != nil {
			t.Errorf("set aside: %+v, %v", aside, err)
		}
		return nil
	})
}

// TestCopyBothWays: a store that went to the other engine and back holds the same,
// byte for byte, and answers the same.
func TestCopyBothWays(t *testing.T) {
	first := filled(t)
	path := filepath.Join(t.TempDir(), "takeover.db")
	var a, b, c record.Sum
	if err := boltstore.Load(ctx, path, record.Copied(first, &a)); err != nil {
		t.Fatal(err)
	}
	file, err := boltstore.Open(boltstore.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	second := open(t, Options{DSN: schema(t)})
	if err := second.Load(ctx, record.Copied(file, &b)); err != nil {
		t.Fatal(err)
	}
	if err := record.Copied(second, &c).Records(ctx, func(record.Kind, []byte, []byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if a.Hex() != b.Hex() || b.Hex() != c.Hex() || a.Records != 16 {
		t.Errorf("sums %s %s %s of %d records", a.Hex(), b.Hex(), c.Hex(), a.Records)
	}
	if err := second.Load(ctx, file); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("loaded over another: %v", err)
	}
	for name, s := range map[string]store.Store{"file": file, "database": second} {
		_ = s.View(ctx, func(tx store.Tx) error {
			due, err := tx.Due("l", day, 9)
			n, err2 := tx.Counts()
			list, _, err3 := tx.List(store.Filter{Plan: "p"}, "", 9)
			if len(due) != 5 || n[campaign.Scheduled] != 5 || len(list) != 5 || errors.Join(err, err2, err3) != nil {
				t.Errorf("%s: %d due, %v, %d listed, %v", name, len(due), n, len(list), errors.Join(err, err2, err3))
			}
			return nil
		})
	}
}

// TestNotSoundIsNotCopied: what cannot be read does not get lost on the way unseen.
func TestNotSoundIsNotCopied(t *testing.T) {
	s := filled(t)
	admin(t, s.o.DSN, `UPDATE records SET value = set_byte(value, 9, get_byte(value, 9) # 1) WHERE kind = 'content'`)
	path := filepath.Join(t.TempDir(), "takeover.db")
	if err := s.Backup(ctx, path); !errors.Is(err, record.ErrNotSound) {
		t.Errorf("%v, want ErrNotSound", err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestLongNames are refused before the database refuses all that share the commit.
func TestLongNames(t *testing.T) {
	s := open(t, Options{DSN: schema(t)})
	longest, tooLong := strings.Repeat("x", maxName), strings.Repeat("x", maxName+1)
	put := func(name string) error {
		return s.Update(ctx, func(tx store.Tx) error {
			d := delivery("d_" + name[2:])
			d.Lane, d.Fingerprint, d.Plan, d.Channel = campaign.LaneID(name), name, campaign.PlanID(name), campaign.ChannelID(name)
			_, _, err := tx.ClaimRemote(d.Lane, name, d.ID)
			return errors.Join(err, tx.PutDelivery(&d), tx.PutSetting(name, []byte{}))
		})
	}
	if err := put(longest); err != nil {
		t.Error(err)
	}
	if err := put(tooLong); err == nil || errors.Is(err, store.ErrBusy) {
		t.Errorf("a name that is too long: %v", err)
	}
}
