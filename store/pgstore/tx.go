package pgstore

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// errReadOnly is what a write inside View gets.
var errReadOnly = errors.New("a view cannot write")

// tx is one caller's part of a transaction.
type tx struct {
	s    *Store
	w    *work
	over bool // the caller's function has returned
}

var _ store.Tx = (*tx)(nil)

// use panics when the transaction is over: it may be another's by now.
func (t *tx) use() *work {
	if t.over {
		panic("pgstore: transaction used after its function returned")
	}
	return t.w
}

func knownAs(kind record.Kind, key []byte) string { return string(kind) + "/" + string(key) }

// raw returns what is stored under the key, nil for nothing.
func (t *tx) raw(kind record.Kind, key []byte) (r []byte, err error) {
	w := t.use()
	if r, ok := w.known[knownAs(kind, key)]; ok {
		return r, w.err
	}
	sql, args := `SELECT value FROM records WHERE kind = $1 AND key = $2`, []any{kind, key}
	if kind == record.Delivery {
		sql, args = `SELECT value FROM deliveries WHERE id = $1 AND state <> 255`, []any{key}
	}
	err = w.exchange(sql, args, func(rows pgx.Rows) error { return rows.Scan(&r) })
	if err != nil {
		return nil, w.lost(err)
	}
	w.known[knownAs(kind, key)] = r
	return r, nil
}

// write notes that something is written; w.queue must follow.
func (t *tx) write() (*work, error) {
	w := t.use()
	if !w.writes {
		return nil, errReadOnly
	}
	w.wrote = true
	return w, w.err
}

func (t *tx) putRaw(kind record.Kind, key, r []byte) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	w.known[knownAs(kind, key)] = r
	return w.queue(`INSERT INTO records (kind, key, value) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`, kind, key, r)
}

func (t *tx) delete(kind record.Kind, key []byte) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	w.known[knownAs(kind, key)] = nil
	return w.queue(`DELETE FROM records WHERE kind = $1 AND key = $2`, kind, key)
}

// get returns the checked content under the key; ErrNotFound, ErrCorrupt. It must
// not be changed.
func (t *tx) get(kind record.Kind, key []byte) ([]byte, error) {
	r, err := t.raw(kind, key)
	if err != nil {
		return nil, err
	}
	if r == nil {
		if aside, err := t.isAside(kind, key); err != nil {
			return nil, err
		} else if aside {
			return nil, record.Corrupt(kind, key, "it was set aside")
		}
		return nil, record.NotFound(kind, key)
	}
	return record.Unseal(kind, key, r)
}

func (t *tx) put(kind record.Kind, key, content []byte) error {
	return t.putRaw(kind, key, record.Seal(kind, key, content))
}

// load decodes what is under the key into v.
func (t *tx) load(kind record.Kind, key []byte, v any) error {
	c, err := t.get(kind, key)
	if err != nil {
		return err
	}
	return record.Decode(kind, key, c, v)
}

func (t *tx) save(kind record.Kind, key []byte, v any) error {
	c, err := record.Encode(v)
	if err != nil {
		return err
	}
	return t.put(kind, key, c)
}

// walk reads records whose keys begin with prefix, from a key on, in order, at
// most max of them (0: all).
func (t *tx) walk(kind record.Kind, prefix, from []byte, max int, f func(key, r []byte) error) error {
	if len(from) == 0 {
		from = prefix
	}
	if from == nil {
		from = []byte{}
	}
	var limit any
	if max > 0 {
		limit = max
	}
	return t.use().exchange(`SELECT key, value FROM records WHERE kind = $1 AND key >= $2 AND ($3::bytea IS NULL OR key < $3) ORDER BY key LIMIT $4`,
		[]any{kind, from, record.After(prefix), limit}, func(rows pgx.Rows) error {
			var key, r []byte
			if err := rows.Scan(&key, &r); err != nil {
				return err
			}
			return f(key, r)
		})
}

// eachRecord decodes the records whose key begins with prefix, in order. One
// that cannot be read is passed over and will be set aside.
func eachRecord[T any](t *tx, kind record.Kind, prefix []byte, f func(T)) error {
	return t.walk(kind, prefix, nil, 0, func(key, r []byte) error {
		var v T
		if err := record.Open(kind, key, r, &v); err != nil {
			t.s.suspect(kind, key, err)
			return nil
		}
		f(v)
		return nil
	})
}
