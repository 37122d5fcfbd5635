package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

var _ record.Source = (*Store)(nil)

// ownMeta are the records under meta that speak of this file alone.
func ownMeta(key []byte) bool {
	return string(key) == string(keySchema) || string(key) == string(keyLife) || string(key) == string(keyCounts)
}

// Records implements record.Source.
func (s *Store) Records(ctx context.Context, put record.Put) error {
	return s.View(ctx, func(t store.Tx) error {
		for b := inMeta; b < byRun; b++ {
			c := t.(*tx).cursor(b)
			for k, r := c.seek(nil); k != nil; k, r = c.next() {
				if b == inMeta && ownMeta(k) {
					continue
				}
				if err := errors.Join(ctx.Err(), put(b.kind(), k, r)); err != nil {
					return err
				}
			}
			if c.err != nil {
				return c.err
			}
		}
		return nil
	})
}

// Load makes a new store at path, which must not exist, out of the records of
// another. A crash or an error leaves no file there.
func Load(ctx context.Context, path string, src record.Source) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("load into %s: %w", path, fs.ErrExist)
	}
	id, err := newID()
	if err != nil {
		return err
	}
	temp := path + ".part"
	if err := removeOld(temp); err != nil {
		return err
	}
	db, _, err := openBolt(temp, &bolt.Options{Timeout: lockWait, NoSync: true, NoStatistics: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	err = fill(ctx, db, id, src)
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("load into %s: %w", path, err)
	}
	return placeNew(temp, path)
}

// fill writes the records in transactions of a bounded size, then the indexes.
func fill(ctx context.Context, db *bolt.DB, id string, src record.Source) error {
	btx, err := db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = btx.Rollback() }() // nothing is left to roll back where all went well
	if err := initialise(btx, life{ID: id}); err != nil {
		return err
	}
	size := 0
	err = src.Records(ctx, func(kind record.Kind, key, r []byte) error {
		if size += len(key) + len(r); size > rewriteStep {
			if err := btx.Commit(); err != nil {
				return err
			}
			if btx, err = db.Begin(true); err != nil {
				return err
			}
			size = 0
		}
		b := btx.Bucket([]byte(kind))
		if b == nil {
			return fmt.Errorf("%q is no kind of record", kind)
		}
		b.FillPercent = 0.9 // they come in order
		return b.Put(append([]byte(nil), key...), append([]byte(nil), r...))
	})
	if err != nil {
		return err
	}
	if err := (&tx{w: &work{btx: btx}}).rebuildIndexes(); err != nil {
		return err
	}
	return btx.Commit()
}
