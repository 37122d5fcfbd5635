package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// suspect is a record that could not be read, or an index entry that agrees
// with no record. Whoever meets one passes it over and remembers it here; the
// next commit looks again and mends it.
type suspect struct {
	b   bucket
	key string
}

func (s *Store) suspectRecord(b bucket, key []byte, err error) { s.suspect(b, key, err.Error()) }

func (s *Store) suspectEntry(b bucket, key []byte) {
	s.suspect(b, key, "no delivery belongs to this entry")
}

func (s *Store) suspect(b bucket, key []byte, why string) {
	if s == nil {
		return // while a file is made or checked
	}
	s.suspectsMu.Lock()
	defer s.suspectsMu.Unlock()
	s.suspects[suspect{b, string(key)}] = why
}

func (s *Store) hasSuspects() bool {
	s.suspectsMu.Lock()
	defer s.suspectsMu.Unlock()
	return len(s.suspects) > 0
}

// setAsideSuspects mends what was met since the last commit.
func (t *tx) setAsideSuspects() error {
	t.s.suspectsMu.Lock()
	all := t.s.suspects
	t.s.suspects = map[suspect]string{}
	t.s.suspectsMu.Unlock()

	lost := map[campaign.DeliveryID]bool{}
	for sus, why := range all {
		key := []byte(sus.key)
		if sus.b >= byRun {
			if err := t.mendEntry(indexOf(sus.b), key); err != nil {
				return err
			}
			continue
		}
		gone, err := t.setAside(sus.b, key, why)
		if err != nil {
			return err
		}
		if gone && sus.b == inDeliveries {
			lost[campaign.DeliveryID(sus.key)] = true
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return t.sweep(lost)
}

// setAside moves the record out of the way, if it still cannot be read.
func (t *tx) setAside(b bucket, key []byte, why string) (gone bool, err error) {
	r, err := t.raw(b, key)
	if err != nil {
		return false, err
	}
	switch {
	case r == nil && t.isAside(b, key):
		return false, nil
	case r != nil:
		if record.Readable(b.kind(), key, r) == nil {
			return false, nil
		}
		if err := t.delete(b, key); err != nil {
			return false, err
		}
	}
	return true, t.save(inAside, record.AsideKey(b.kind(), key), store.Unreadable{
		Kind: bucketNames[b], ID: record.Printable(b.kind(), key), At: time.Now().UTC(), Why: why, Raw: bytes.Clone(r),
	})
}

// sweep removes the index entries of deliveries whose records are gone, and
// corrects the counters. Their places cannot be told without the records, so
// it reads every index once; a poisoned record is rare. Twins are kept.
func (t *tx) sweep(lost map[campaign.DeliveryID]bool) error {
	for i := range indexes {
		x := &indexes[i]
		if x.b == byTwin {
			continue
		}
		var doomed [][]byte
		c := t.cursor(x.b)
		for k, _ := c.seek(nil); k != nil; k, _ = c.next() {
			if id, ok := x.idOf(k); ok && lost[id] {
				doomed = append(doomed, bytes.Clone(k))
			}
		}
		if c.err != nil {
			return c.err
		}
		for _, k := range doomed {
			if err := t.dropEntry(x, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropEntry removes an index entry; the counters follow the index of states.
func (t *tx) dropEntry(x *index, key []byte) error {
	if x.b == byState && len(key) > 0 && int(key[0]) < len(record.States) {
		n, err := t.readCounts()
		if err != nil {
			return err
		}
		if n[key[0]] > 0 {
			n[key[0]]--
		}
		if err := t.writeCounts(n); err != nil {
			return err
		}
	}
	return t.delete(x.b, key)
}

// mendEntry removes an index entry that agrees with no record, and puts the
// delivery it names where it belongs.
func (t *tx) mendEntry(x *index, key []byte) error {
	id, ok := x.idOf(key)
	var d campaign.Delivery
	found := ok && t.load(inDeliveries, []byte(id), &d) == nil
	if found && bytes.Equal(x.key(&d), key) {
		return nil // it was met in the middle of a change
	}
	if err := t.delete(x.b, key); err != nil {
		return err
	}
	if found {
		if right := x.key(&d); right != nil {
			if err := t.putRaw(x.b, right, []byte{}); err != nil {
				return err
			}
		}
	}
	if x.b != byState {
		return nil
	}
	n := make(counts, len(record.States))
	if err := t.recount(n); err != nil {
		return err
	}
	return t.writeCounts(n)
}

// isAside tells whether the record was set aside.
func (t *tx) isAside(b bucket, key []byte) bool {
	if b == inMeta || b == inAside {
		return false
	}
	r, err := t.raw(inAside, record.AsideKey(b.kind(), key))
	return err == nil && r != nil
}

// SetAside implements store.Aside.
func (t *tx) SetAside() ([]store.Unreadable, error) {
	var all []store.Unreadable
	c := t.cursor(inAside)
	for k, r := c.seek(nil); k != nil; k, r = c.next() {
		var u store.Unreadable
		content, err := record.Unseal(inAside.kind(), k, r)
		if err == nil {
			err = record.Decode(inAside.kind(), k, content, &u)
		}
		if err != nil { // even this one: what is left is its key
			kind, id, _ := record.ReadString(k)
			u = store.Unreadable{Kind: kind, ID: strings.ToValidUTF8(string(id), "\uFFFD"), Why: err.Error()}
		}
		all = append(all, u)
	}
	return all, c.err
}

// Forget implements store.Aside.
func (t *tx) Forget(kind, id string) error {
	b := bucket(slices.Index(bucketNames[:], kind))
	if b < 0 {
		return fmt.Errorf("%s %q: %w", kind, id, store.ErrNotFound)
	}
	prefix := record.AddString(nil, kind)
	c := t.cursor(inAside)
	for k, _ := c.seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.next() {
		if key := k[len(prefix):]; record.Printable(b.kind(), key) == id {
			err := t.delete(inAside, bytes.Clone(k))
			if b == inDeliveries {
				err = errors.Join(err, t.forgetTwins(campaign.DeliveryID(key)))
			}
			return err
		}
	}
	return errors.Join(c.err, fmt.Errorf("%s %q: %w", kind, id, store.ErrNotFound))
}

// forgetTwins drops what sweep kept.
func (t *tx) forgetTwins(id campaign.DeliveryID) error {
	var doomed [][]byte
	c := t.cursor(byTwin)
	for k, _ := c.seek(nil); k != nil; k, _ = c.next() {
		if other, ok := indexOf(byTwin).idOf(k); ok && other == id {
			doomed = append(doomed, bytes.Clone(k))
		}
	}
	for _, k := range doomed {
		if err := t.delete(byTwin, k); err != nil {
			return err
		}
	}
	return c.err
}
