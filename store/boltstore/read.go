package boltstore

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// ReadCopy runs f on the store at path, which must be of this program's schema
// and nobody may write to: a backup. It changes nothing, not even the age, so
// a copy that is read stays the copy that was made. ErrNone where there is no
// file, ErrNewer or an error of the schema where it is another one.
func ReadCopy(ctx context.Context, path string, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	db, err := openToRead(path)
	if err != nil {
		return err
	}
	defer db.Close()
	return reading(db, func(btx *bolt.Tx) error {
		return f(&tx{s: &Store{suspects: map[suspect]string{}}, w: &work{btx: btx}})
	})
}

// OpenReadOnly opens a store whose folder cannot be written, to look at it:
// every Update is ErrReadOnly. Errors are those of ReadCopy; where somebody
// writes to it, it is an error after a moment.
func OpenReadOnly(path string) (*Store, error) {
	db, err := openToRead(path)
	if err != nil {
		return nil, err
	}
	s := &Store{o: Options{Path: path}, db: db, suspects: map[suspect]string{}, info: Info{MigratedFrom: Schema}}
	if err := s.readLife(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.generation.Store(s.life.Generation)
	s.turns = turns.New(maxShare, s.admit, s.commit)
	return s, nil
}

// openToRead opens the file of a store of this schema without changing it.
func openToRead(path string) (*bolt.DB, error) {
	if err := present(path); err != nil {
		return nil, err
	}
	schema, err := probe(path)
	if err != nil {
		return nil, err
	}
	if schema != Schema {
		return nil, fmt.Errorf("%s has schema %d, only %d can be read without changing it", path, schema, Schema)
	}
	db, _, err := openBolt(path, &bolt.Options{ReadOnly: true, Timeout: lockWait, NoStatistics: true})
	return db, err
}
