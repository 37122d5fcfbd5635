package desk

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// TestF24RulesOfZonesChange: what was queued by other rules of its time zone is
// told to people once and stays as it is; handing the same file in again shows
// the new time as a difference, and brings it.
func TestF24RulesOfZonesChange(t *testing.T) {
	w := newWorld(t)
	src := planOf(post("one", "2026-12-14T09:00", "One."), post("two", "2026-12-15T09:00", "Two."))
	w.submit(w.lead(), src)
	w.approveAll()
	zones := func() (n []Notice) {
		t.Helper()
		w.told = nil
		if err := w.TellZones(ctx); err != nil {
			t.Fatal(err)
		}
		for _, x := range w.told {
			if x.Event == "zones" {
				n = append(n, x)
			}
		}
		return n
	}
	if n := zones(); len(n) != 0 {
		t.Fatalf("by the same rules: %+v", n)
	}
	right := w.of("one")[0].Due
	// As an older version, with other rules, would have left it.
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		for _, v := range w.of("one") {
			v.Due, v.Latest = v.Due.Add(-time.Hour), v.Latest.Add(-time.Hour)
			if err := tx.PutDelivery(&v); err != nil {
				return err
			}
		}
		rules, err := getJSON[map[string]string](tx, zonesSetting)
		if err != nil {
			return err
		}
		for name := range maps.Keys(rules) {
			rules[name] = "other rules"
		}
		return putJSON(tx, zonesSetting, rules)
	})
	if err != nil {
		t.Fatal(err)
	}
	n := zones()
	if len(n) != 1 || len(n[0].Deliveries) != len(w.of("one")) || !strings.Contains(n[0].Text, "one") || !slices.Contains(n[0].To, "lead@mayors.example") || !slices.Contains(n[0].To, "desk@campaign.example") {
		t.Fatalf("%+v", n)
	}
	if again := zones(); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
	if due := w.of("one")[0].Due; !due.Equal(right.Add(-time.Hour)) {
		t.Errorf("it moved by itself, to %s", due)
	}
	out, err := w.Submit(ctx, w.lead(), Submission{File: "plan.yaml", Source: []byte(src)})
	if err != nil || out.Edited != len(w.of("one")) {
		t.Errorf("handed in again: %+v, %v", out, err)
	}
	for _, v := range w.of("one") {
		if !v.Due.Equal(right) || v.State != campaign.Scheduled {
			t.Errorf("%s is %s, due %s, want %s", v.ID, v.State, v.Due, right)
		}
	}
}
