package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/store/record"
)

var _ record.Source = (*Store)(nil)

// ErrNotEmpty is wrapped when records are to be loaded over others.
var ErrNotEmpty = errors.New("the database already holds a campaign")

// Backup implements store.Store: the copy is a file of boltstore, which every
// takeover opens and reads. The database's own backup is what an operator should
// rely on for its size; this one is independent of the server.
func (s *Store) Backup(ctx context.Context, path string) error {
	var sum record.Sum
	if err := boltstore.Load(ctx, path, record.Copied(s, &sum)); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// readStep is how many rows are read at once.
const readStep = 1000

// Records implements record.Source.
func (s *Store) Records(ctx context.Context, put record.Put) error {
	return s.View(ctx, func(v store.Tx) error {
		t := v.(*tx)
		for _, kind := range record.Kinds {
			var last []byte
			for n := readStep; n == readStep; {
				n = 0
				err := t.page(kind, last, func(key, r []byte) error {
					n++
					last = append(last[:0:0], key...)
					if kind == record.Meta && (string(key) == keyLife || string(key) == keyPlace) {
						return nil
					}
					return errors.Join(ctx.Err(), put(kind, key, r))
				})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// page reads the records of a kind behind a key.
func (t *tx) page(kind record.Kind, last []byte, f func(key, r []byte) error) error {
	sql := `SELECT key, value FROM records WHERE kind = $1 AND ($2::bytea IS NULL OR key > $2) ORDER BY key LIMIT $3`
	args := []any{kind, last, readStep}
	if kind == record.Delivery {
		sql, args = `SELECT id, value FROM deliveries WHERE ($1::bytea IS NULL OR id > $1) AND state <> 255 ORDER BY id LIMIT $2`, args[1:]
	}
	type row struct{ key, r []byte }
	var rows []row
	err := t.use().exchange(sql, args, func(found pgx.Rows) error {
		var r row
		err := found.Scan(&r.key, &r.r)
		rows = append(rows, r)
		return err
	})
	for _, r := range rows {
		if err == nil {
			err = f(r.key, r.r)
		}
	}
	return err
}

// Load fills the store, which must hold nothing yet, with the records of another,
// all or nothing.
func (s *Store) Load(ctx context.Context, src record.Source) error {
	return s.Update(ctx, func(v store.Tx) error {
		t := v.(*tx)
		used := false
		err := t.use().exchange(`SELECT EXISTS (SELECT FROM deliveries) OR EXISTS (SELECT FROM records WHERE kind <> 'meta')
			OR EXISTS (SELECT FROM records WHERE kind = 'meta' AND key NOT IN ('life', 'place'))`, nil,
			func(rows pgx.Rows) error { return rows.Scan(&used) })
		switch {
		case err != nil:
			return err
		case used:
			return ErrNotEmpty
		}
		return src.Records(ctx, t.loadOne)
	})
}

// loadOne stores a record as it is.
func (t *tx) loadOne(kind record.Kind, key, r []byte) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	key, r = append([]byte{}, key...), append([]byte{}, r...)
	if err := record.CheckNames(2*maxName, string(key)); err != nil {
		return err
	}
	if kind != record.Delivery {
		return w.queue(`INSERT INTO records (kind, key, value) VALUES ($1, $2, $3)`, kind, key, r)
	}
	var d campaign.Delivery
	if err := record.Open(kind, key, r, &d); err != nil {
		return err
	}
	if err := checkNames(string(d.Lane), string(d.Channel), string(d.Plan), d.Fingerprint); err != nil {
		return err
	}
	w.moved[record.StateCode(d.State)]++
	return w.queue(putDeliverySQL, columns(&d, r)...)
}
