package boltstore

import (
	"bytes"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// errReadOnly is what a write inside View gets.
var errReadOnly = errors.New("a view cannot write")

// work is one bbolt transaction; several callers of Update share it.
type work struct {
	btx     *bolt.Tx
	buckets [bucketCount]*bolt.Bucket
	// campaignPut is set once a caller stored the campaign: what is read from
	// then on may yet be undone and must not be remembered.
	campaignPut bool
	raised      *life // what a raise of the generation will have made it
}

// tx is one caller's part of a transaction.
type tx struct {
	s    *Store
	w    *work
	undo []change
	over bool // the caller's function has returned
}

var _ store.Tx = (*tx)(nil)

// change is one write and what it replaced (nil: nothing).
type change struct {
	b        bucket
	key, old []byte
}

// bucket panics when the transaction is over: its pages may be another's by now.
func (t *tx) bucket(b bucket) (_ *bolt.Bucket, err error) {
	if t.over {
		panic("boltstore: transaction used after its function returned")
	}
	defer damaged(b, &err)
	if t.w.buckets[b] == nil {
		t.w.buckets[b] = t.w.btx.Bucket([]byte(bucketNames[b]))
	}
	if t.w.buckets[b] == nil {
		return nil, fmt.Errorf("%w: all of %s is missing", store.ErrCorrupt, bucketNames[b])
	}
	return t.w.buckets[b], nil
}

// damaged turns a panic of bbolt, which is how it reports a page that makes no
// sense, into an error.
func damaged(b bucket, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: a page of %s: %v", store.ErrCorrupt, bucketNames[b], p)
	}
}

// raw returns what is stored under the key, nil for nothing. It is valid until
// the transaction ends.
func (t *tx) raw(b bucket, key []byte) (v []byte, err error) {
	bk, err := t.bucket(b)
	if err != nil {
		return nil, err
	}
	defer damaged(b, &err)
	_, v = inside(t.w.btx, nil, bk.Get(key))
	return v, nil
}

// inside returns a key and what is stored under it, which lie within the file:
// else it panics, for damaged. A wrong length in a page can tell of gigabytes,
// which nobody must copy first.
func inside(btx *bolt.Tx, key, v []byte) ([]byte, []byte) {
	if len(key) > bolt.MaxKeySize || int64(len(v)) > btx.Size() {
		panic(fmt.Sprintf("a key of %d bytes with %d bytes under it", len(key), len(v)))
	}
	return touch(key), touch(v)
}

// touch reads both ends of a slice, so that one that does not lie within the
// file is noticed where damaged can turn it into an error.
//
//go:noinline
func touch(b []byte) []byte {
	if len(b) > 0 && b[0] == b[len(b)-1] {
		return b[:len(b):len(b)] // another result, or the compiler need not look
	}
	return b
}

func (t *tx) putRaw(b bucket, key, v []byte) (err error) {
	bk, err := t.bucket(b)
	if err != nil {
		return err
	}
	defer damaged(b, &err)
	if !t.w.btx.Writable() {
		return errReadOnly
	}
	t.undo = append(t.undo, change{b, key, bk.Get(key)})
	return bk.Put(key, v)
}

func (t *tx) delete(b bucket, key []byte) (err error) {
	bk, err := t.bucket(b)
	if err != nil {
		return err
	}
	defer damaged(b, &err)
	if !t.w.btx.Writable() {
		return errReadOnly
	}
	old := bk.Get(key)
	if old == nil {
		return nil
	}
	t.undo = append(t.undo, change{b, key, old})
	return bk.Delete(key)
}

// rollback undoes the caller's writes within the shared transaction.
func (t *tx) rollback() (err error) {
	defer damaged(inMeta, &err)
	for i := len(t.undo) - 1; i >= 0; i-- {
		c := t.undo[i]
		if c.old == nil {
			err = t.w.buckets[c.b].Delete(c.key)
		} else {
			err = t.w.buckets[c.b].Put(c.key, c.old)
		}
		if err != nil {
			return err
		}
	}
	t.undo = nil
	return nil
}

// get returns the checked content under the key, which aliases the file;
// ErrNotFound, ErrCorrupt.
func (t *tx) get(b bucket, key []byte) ([]byte, error) {
	r, err := t.raw(b, key)
	if err != nil {
		return nil, err
	}
	if r == nil {
		if t.isAside(b, key) {
			return nil, record.Corrupt(b.kind(), key, "it was set aside")
		}
		return nil, record.NotFound(b.kind(), key)
	}
	return record.Unseal(b.kind(), key, r)
}

func (t *tx) put(b bucket, key, content []byte) error {
	return t.putRaw(b, key, record.Seal(b.kind(), key, content))
}

// load decodes what is under the key into v.
func (t *tx) load(b bucket, key []byte, v any) error {
	c, err := t.get(b, key)
	if err != nil {
		return err
	}
	return record.Decode(b.kind(), key, c, v)
}

func (t *tx) save(b bucket, key []byte, v any) error {
	c, err := record.Encode(v)
	if err != nil {
		return err
	}
	return t.put(b, key, c)
}

// cursor walks a bucket; once a page makes no sense it ends with err set.
type cursor struct {
	c   *bolt.Cursor
	b   bucket
	at  []byte // the key at hand
	err error
}

func (t *tx) cursor(b bucket) *cursor {
	bk, err := t.bucket(b)
	if err != nil {
		return &cursor{b: b, err: err}
	}
	return &cursor{c: bk.Cursor(), b: b}
}

func (c *cursor) seek(k []byte) (key, v []byte) {
	if c.err != nil {
		return nil, nil
	}
	defer damaged(c.b, &c.err)
	return c.here(c.c.Seek(k))
}

func (c *cursor) next() (key, v []byte) {
	if c.err != nil {
		return nil, nil
	}
	defer damaged(c.b, &c.err)
	before := c.at
	at, with := c.here(c.c.Next()) // not the results: these stay nil when it is outside
	if at != nil && bytes.Compare(at, before) <= 0 {
		c.err = record.Corrupt(c.b.kind(), at, "its pages lead in a circle") // or nobody would come to the end
		return nil, nil
	}
	return at, with
}

func (c *cursor) last() (key, v []byte) {
	if c.err != nil {
		return nil, nil
	}
	defer damaged(c.b, &c.err)
	return c.here(c.c.Last())
}

// here is where the cursor came to.
func (c *cursor) here(at, with []byte) ([]byte, []byte) {
	at, with = inside(c.c.Bucket().Tx(), at, with)
	c.at = at
	return at, with
}
