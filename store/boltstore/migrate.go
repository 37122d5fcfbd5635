package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store/record"
)

// Schema is the version of the layout that this program writes.
const Schema = 1

// migration brings a store from schema Number-1 to Number, in one transaction.
type migration struct {
	number int
	what   string
	do     func(t *tx) error
}

// migrations are all there ever were, in order: data written by any version
// opens in every later one.
var migrations = []migration{
	{1, "indexes and counters of deliveries, made from their records", (*tx).rebuildIndexes},
}

// TryMigration brings a copy of the store at path to the present schema, reads
// everything in it and takes it away again; the store stays as it is, and from
// is its schema. The copy lies beside it for that time. Errors are those of
// Check.
func TryMigration(ctx context.Context, path string) (from int, r Report, err error) {
	if err := present(path); err != nil {
		return 0, r, err
	}
	l, err := acquire(path)
	if err != nil {
		return 0, r, err
	}
	defer l.release()
	if from, err = probe(path); err != nil {
		return 0, r, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), filepath.Base(path)+copySuffix+"*")
	if err != nil {
		return 0, r, err
	}
	defer os.RemoveAll(dir)
	trial := filepath.Join(dir, "trial.db")
	if err := copyFile(ctx, path, trial); err != nil {
		return 0, r, err
	}
	s, err := Open(Options{Path: trial, Scratch: true})
	if err != nil {
		return 0, r, err
	}
	if err := s.Close(); err != nil {
		return 0, r, err
	}
	r, err = check(ctx, trial)
	return from, r, err
}

// migrate brings the open store to the present schema, after a copy of it was
// put aside. A crash leaves it at one of the schemas in between.
func (s *Store) migrate() error {
	from := s.info.MigratedFrom
	if from == Schema {
		return nil
	}
	dir := s.o.Backups
	if dir == "" {
		dir = filepath.Dir(s.o.Path)
	}
	s.info.Copy = copyName(dir, s.o.Path, from, time.Now())
	if err := s.copyTo(s.info.Copy); err != nil {
		return fmt.Errorf("copy the store before its migration: %w", err)
	}
	s.point("copied, not migrated")
	for _, m := range migrations[from:] {
		err := s.alone(func(t *tx) error {
			for _, name := range bucketNames {
				if _, err := t.w.btx.CreateBucketIfNotExists([]byte(name)); err != nil {
					return err
				}
			}
			if err := m.do(t); err != nil {
				return err
			}
			return t.putRaw(inMeta, keySchema, fmt.Appendf(nil, "%d", m.number))
		})
		if err != nil {
			return fmt.Errorf("migrate to schema %d (%s): %w", m.number, m.what, err)
		}
		s.point(fmt.Sprintf("migrated to %d", m.number))
	}
	return nil
}

// rebuildIndexes makes all indexes and counters anew. One index after the
// other, sorted, so that pages fill in order and memory holds one index.
func (t *tx) rebuildIndexes() error {
	n := make(counts, len(record.States))
	for i := range indexes {
		if err := t.rebuildIndex(&indexes[i], n); err != nil {
			return err
		}
	}
	return t.writeCounts(n)
}

func (t *tx) rebuildIndex(x *index, n counts) error {
	name := []byte(bucketNames[x.b])
	t.w.buckets[x.b] = nil
	if err := t.w.btx.DeleteBucket(name); err != nil {
		return err
	}
	if _, err := t.w.btx.CreateBucket(name); err != nil {
		return err
	}
	var keys [][]byte
	err := eachRecord(t, inDeliveries, nil, func(d campaign.Delivery) {
		if k := x.key(&d); k != nil {
			keys = append(keys, k)
		}
		if code := record.StateCode(d.State); x.b == byState && code != record.NoState {
			n[code]++
		}
	})
	if err != nil {
		return err
	}
	slices.SortFunc(keys, bytes.Compare)
	b, err := t.bucket(x.b)
	if err != nil {
		return err
	}
	b.FillPercent = 0.9
	for _, k := range keys {
		err = errors.Join(err, b.Put(k, []byte{}))
	}
	return err
}
