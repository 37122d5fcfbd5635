package boltstore

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Stores as each version of the layout wrote them lie in testdata as
// schema-N.db.gz, each beside what was in it, schema-N.json. They are never
// made anew. Whoever raises Schema first adds the one that was, with the
// program that still writes it, and then the new one:
//
//	go test ./store/boltstore -run TestUpgradeFromEverySchema -keep-schema
//
// Schema 0 had the records and no indexes; no released program wrote it.
var keepSchema = flag.Bool("keep-schema", false, "write testdata/schema-N of the present Schema where there is none")

// told are the records of a store, of each kind those that a reader gets.
type told map[string][]any

// tell reads everything that people may rely on.
func tell(t *testing.T, s *Store) told {
	t.Helper()
	all := told{}
	err := s.View(ctx, func(tx store.Tx) error {
		note := func(kind string, v any, err error) error {
			all[kind] = append(all[kind], v)
			return err
		}
		c, err := tx.Campaign()
		err = note("campaign", c, err)
		sw, e := tx.Switches()
		err = errors.Join(err, note("switches", sw, e))
		plans, e := tx.Plans()
		err = errors.Join(err, note("plans", plans, e))
		entries, e := tx.AuditFrom(1, 1000)
		err = errors.Join(err, note("audit", entries, e))
		setting, e := tx.Setting("kept")
		err = errors.Join(err, note("settings", setting, e))
		counts, e := tx.Counts()
		err = errors.Join(err, note("counts", counts, e))
		lane, e := tx.Lane("l")
		err = errors.Join(err, note("lanes", lane, e))
		ds, _, e := tx.List(store.Filter{}, "", 1000)
		err = errors.Join(err, e)
		for _, d := range ds {
			content, e := tx.Content(d.Content)
			if content.Digest() != d.Content {
				err = errors.Join(err, fmt.Errorf("%s: its content has another digest", d.ID))
			}
			err = errors.Join(err, note("deliveries", d, nil), note("contents", content, e))
			tries, e := tx.Attempts(d.ID)
			err = errors.Join(err, note("attempts", tries, e))
			staged, e := tx.Staged(d.ID)
			err = errors.Join(err, note("staged", staged, e))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// everyKind fills a store with records of every kind, in every state.
func everyKind(tx store.Tx) error {
	err := errors.Join(
		tx.PutCampaign(campaign.Campaign{ID: "itac", Title: "It Takes a Community", Zone: "Europe/Brussels", Languages: []string{"en", "ar"}, Policies: campaign.DefaultPolicies(),
			Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {Title: "Mayors"}},
			Channels:   map[campaign.ChannelID]campaign.Channel{"main": {Platform: "sandbox", Account: "main", MinGap: 5 * time.Minute}}}),
		tx.PutSwitches(campaign.Switches{Holds: []campaign.Hold{{ID: "h1", Scope: campaign.Scope{Kind: "plan", Plan: "p"}, By: "desk@campaign.example", At: day}}}),
		tx.PutPlan(campaign.Plan{ID: "p", Takeover: "mayors-dec", Mechanism: "mayors", Revision: 1}),
		tx.PutSetting("kept", []byte("since this schema")),
		tx.PutLane(campaign.LaneState{Lane: "l", LastAt: day, Newest: "17"}))
	for i, st := range campaign.States {
		c := campaign.Content{Text: fmt.Sprintf("Ten years, one community, %d. عشر سنوات", i), Language: "en"}
		d := some(fmt.Sprintf("d_%d", i))
		d.State, d.Content, d.Fingerprint, d.Due = st, c.Digest(), c.Fingerprint(), day.Add(time.Duration(i)*time.Hour)
		_, kept := tx.PutContent(c)
		err = errors.Join(err, kept, tx.PutDelivery(&d), tx.PutStaged(d.ID, []byte("staged")),
			tx.PutAttempt(campaign.Attempt{Delivery: d.ID, N: 1, Class: campaign.K2, Key: "key", Content: d.Content, ArmedAt: day, Fate: "in_doubt"}),
			tx.Audit(campaign.AuditEntry{At: day, By: "desk@campaign.example", Door: "command", Deed: "approve", Object: string(d.ID)}))
	}
	return err
}

// TestUpgradeFromEverySchema: a store that any version of the layout wrote
// opens today, whole, with every record as it was.
func TestUpgradeFromEverySchema(t *testing.T) {
	for n := range Schema + 1 {
		name := filepath.Join("testdata", fmt.Sprintf("schema-%d", n))
		t.Run(filepath.Base(name), func(t *testing.T) {
			if _, err := os.Stat(name + ".db.gz"); err != nil && n == Schema && *keepSchema {
				keep(t, name)
			}
			o := options(t)
			unzip(t, name+".db.gz", o.Path)
			s := open(t, o)
			if info := s.Opened(); info.MigratedFrom != n || (info.Copy == "") != (n == Schema) {
				t.Errorf("opened: %+v", info)
			}
			checkSound(t, s)
			if then, now := decoded(t, read(t, name+".json")), decoded(t, asJSON(t, tell(t, s))); !holds(now, then) {
				t.Errorf("it was written with\n%v\nand is read as\n%v", then, now)
			}
		})
	}
}

// TestTryMigration: a trial says what an upgrade would do, and leaves the store
// and its folder as they were.
func TestTryMigration(t *testing.T) {
	for n := range Schema + 1 {
		o := options(t)
		unzip(t, filepath.Join("testdata", fmt.Sprintf("schema-%d.db.gz", n)), o.Path)
		before := read(t, o.Path)
		from, r, err := TryMigration(ctx, o.Path)
		if err != nil || from != n || r.Schema != Schema || !r.Sound() || r.Deliveries != len(campaign.States) {
			t.Errorf("schema %d: from %d, %+v, %v", n, from, r, err)
		}
		if !bytes.Equal(read(t, o.Path), before) {
			t.Errorf("schema %d: the store was changed", n)
		}
		entries, err := os.ReadDir(filepath.Dir(o.Path))
		for _, e := range entries {
			if strings.Contains(e.Name(), copySuffix) {
				t.Errorf("schema %d: %s is left", n, e.Name())
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
	o := options(t)
	if _, _, err := TryMigration(ctx, o.Path); !errors.Is(err, ErrNone) {
		t.Errorf("no store: %v", err)
	}
	open(t, o)
	if _, _, err := TryMigration(ctx, o.Path); !errors.As(err, new(*LockedError)) {
		t.Errorf("one that a daemon has open: %v", err)
	}
}

func TestALostRecordIsSeen(t *testing.T) {
	then := map[string]any{"a": []any{map[string]any{"x": 1.0}, 2.0}}
	for _, now := range []any{
		map[string]any{"a": []any{map[string]any{"x": 1.0}}},
		map[string]any{"a": []any{map[string]any{"x": 2.0}, 2.0}},
		map[string]any{"a": []any{map[string]any{"y": 1.0}, 2.0}},
		map[string]any{},
	} {
		if holds(now, then) {
			t.Errorf("%v passes for %v", now, then)
		}
	}
	if !holds(map[string]any{"a": []any{map[string]any{"x": 1.0, "new": true}, 2.0}, "b": 1.0}, then) {
		t.Error("a new field is taken for a loss")
	}
}

// holds tells whether all of then is in now, which may have more fields.
func holds(now, then any) bool {
	switch then := then.(type) {
	case map[string]any:
		now, ok := now.(map[string]any)
		for k, v := range then {
			ok = ok && holds(now[k], v)
		}
		return ok
	case []any:
		now, ok := now.([]any)
		ok = ok && len(now) == len(then)
		for i := range then {
			ok = ok && holds(now[i], then[i])
		}
		return ok
	}
	return reflect.DeepEqual(now, then)
}

// keep writes the store of the present schema and what is in it.
func keep(t *testing.T, name string) {
	t.Helper()
	s := open(t, options(t))
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := errors.Join(s.Update(ctx, everyKind), s.Backup(ctx, copied)); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	_, err := z.Write(read(t, copied))
	err = errors.Join(err, z.Close(), os.WriteFile(name+".db.gz", packed.Bytes(), 0o644), os.WriteFile(name+".json", asJSON(t, tell(t, s)), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; how to add it stands at the top of this file", err)
	}
	return b
}

func unzip(t *testing.T, from, to string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, from)))
	if err != nil {
		t.Fatal(err)
	}
	db, err := io.ReadAll(z)
	if err := errors.Join(err, os.WriteFile(to, db, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func decoded(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
