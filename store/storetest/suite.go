// Package storetest is the conformance suite that every engine of the store
// passes. What an engine cannot do is a nil field of the Suite.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Suite says how to get stores of one engine.
type Suite struct {
	// Open returns an empty store, closed when the test ends, and how to open
	// it again after it was closed.
	Open func(t *testing.T) (s store.Store, reopen func(t *testing.T) store.Store)
	// OpenBackup opens what Backup wrote as a store of its own.
	OpenBackup func(t *testing.T, path string) store.Store
	// Crash runs work on an empty store and calls shot at every numbered point
	// of the engine's writing, with a function that opens what a process
	// killed at that point would have left. Nothing is written meanwhile.
	Crash func(t *testing.T, work func(s store.Store), shot func(point string, open func(t *testing.T) store.Store))
}

// Run runs the whole suite.
func (s Suite) Run(t *testing.T) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"Settings", s.settings},
		{"Plans", s.plans},
		{"Evidence", s.evidence},
		{"Erasing", s.erasing},
		{"Stale", s.stale},
		{"Order", s.order},
		{"Paging", s.paging},
		{"Instants", s.instants},
		{"Own copies", s.ownCopies},
		{"Index equals model", s.indexEqualsModel},
		{"Failed changes equal model", s.failuresEqualModel},
		{"Atomicity", s.atomicity},
		{"Sharing", s.sharing},
		{"Panic and exit", s.panicAndExit},
		{"Cancelled", s.cancelled},
		{"Increments", s.increments},
		{"Views", s.views},
		{"Journal", s.journal},
		{"Close", s.closing},
		{"Reopen", s.reopened},
		{"Crash", s.crashes},
		{"Backup", s.backups},
	} {
		t.Run(part.name, part.run)
	}
}

var ctx = context.Background()

// day is a quiet instant that the cases count from.
var day = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

func (s Suite) open(t *testing.T) store.Store {
	st, _ := s.Open(t)
	return st
}

func update(t testing.TB, s store.Store, f func(tx store.Tx) error) {
	t.Helper()
	if err := s.Update(ctx, f); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t testing.TB, s store.Store, f func(tx store.Tx) error) {
	t.Helper()
	if err := s.View(ctx, f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// put stores deliveries, new or changed, in one update.
func put(t testing.TB, s store.Store, ds ...campaign.Delivery) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		for _, d := range ds {
			if err := tx.PutDelivery(&d); err != nil {
				return err
			}
		}
		return nil
	})
}

// delivery is a plain one: scheduled, due at the day plus an offset.
func delivery(id string, lane campaign.LaneID, offset time.Duration) campaign.Delivery {
	return campaign.Delivery{
		ID: campaign.DeliveryID(id), Takeover: "mayors-dec", Mechanism: "mayors", Plan: "mayors-day", Post: "quote-1",
		Kind: campaign.Quote, Channel: "main", Lane: lane, Language: "en", Languages: []string{"en"}, Occurrence: "fixed",
		Rule: "at 09:00", Due: day.Add(offset), Latest: day.Add(offset + 4*time.Hour), Tolerance: 4 * time.Hour,
		IfMissed: "ask", Content: campaign.DigestOf([]byte(id)), Fingerprint: "f-" + id, State: campaign.Scheduled,
	}
}

// want fails unless err is of the kind.
func want(t testing.TB, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

// number writes a counter under a setting; its value is the number.
func number(n int) []byte { return fmt.Appendf(nil, "%d", n) }

// readNumber is 0 where nothing was written.
func readNumber(tx store.Tx, name string) (n int, err error) {
	b, err := tx.Setting(name)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(b), &n)
	return n, err
}
