package pgstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// suspect is a record that could not be read. Whoever meets one passes it over
// and remembers it here; the next commit looks again and sets it aside.
type suspect struct {
	kind record.Kind
	key  string
}

func (s *Store) suspect(kind record.Kind, key []byte, err error) {
	s.suspectsMu.Lock()
	defer s.suspectsMu.Unlock()
	s.suspects[suspect{kind, string(key)}] = err.Error()
}

// setAsideSuspects sets aside what was met since the last commit.
func (t *tx) setAsideSuspects() error {
	t.s.suspectsMu.Lock()
	all := t.s.suspects
	t.s.suspects = map[suspect]string{}
	t.s.suspectsMu.Unlock()
	for sus, why := range all {
		if err := t.setAside(sus.kind, []byte(sus.key), why); err != nil {
			t.s.suspect(sus.kind, []byte(sus.key), errors.New(why))
			return err
		}
	}
	return nil
}

// setAside moves the record out of the way, if it still cannot be read. The row
// of a delivery stays, in a state that no question asks for but that of twins.
func (t *tx) setAside(kind record.Kind, key []byte, why string) error {
	r, err := t.raw(kind, key)
	if err != nil || r == nil || record.Readable(kind, key, r) == nil {
		return err
	}
	if kind == record.Delivery {
		err = t.setAsideDelivery(key)
	} else {
		err = t.delete(kind, key)
	}
	if err != nil {
		return err
	}
	t.w.anyAside = true
	return t.save(record.Aside, record.AsideKey(kind, key), store.Unreadable{
		Kind: string(kind), ID: record.Printable(kind, key), At: time.Now().UTC(), Why: why, Raw: bytes.Clone(r),
	})
}

func (t *tx) setAsideDelivery(id []byte) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	var state int16
	err = w.exchange(`SELECT state FROM deliveries WHERE id = $1`, []any{id}, func(rows pgx.Rows) error { return rows.Scan(&state) })
	if err != nil {
		return err
	}
	if state >= 0 && int(state) < len(w.moved) {
		w.moved[state]--
	}
	w.known[knownAs(record.Delivery, id)] = nil
	return w.queue(`UPDATE deliveries SET state = 255, run_at = NULL WHERE id = $1`, id)
}

// isAside tells whether the record was set aside.
func (t *tx) isAside(kind record.Kind, key []byte) (bool, error) {
	if kind == record.Meta || kind == record.Aside || !t.w.anyAside {
		return false, nil
	}
	r, err := t.raw(record.Aside, record.AsideKey(kind, key))
	return r != nil, err
}

// SetAside implements store.Aside.
func (t *tx) SetAside() (all []store.Unreadable, err error) {
	err = t.walk(record.Aside, nil, nil, 0, func(key, r []byte) error {
		var u store.Unreadable
		if err := record.Open(record.Aside, key, r, &u); err != nil { // even this one: what is left is its key
			kind, id, _ := record.ReadString(key)
			u = store.Unreadable{Kind: kind, ID: strings.ToValidUTF8(string(id), "\uFFFD"), Why: err.Error()}
		}
		all = append(all, u)
		return nil
	})
	return all, err
}

// Forget implements store.Aside.
func (t *tx) Forget(kind, id string) error {
	k := record.Kind(kind)
	if !slices.Contains(record.Kinds, k) {
		return fmt.Errorf("%s %q: %w", kind, id, store.ErrNotFound)
	}
	var found []byte
	prefix := record.AddString(nil, kind)
	err := t.walk(record.Aside, prefix, nil, 0, func(key, _ []byte) error {
		if rest := key[len(prefix):]; found == nil && record.Printable(k, rest) == id {
			found = bytes.Clone(rest)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case found == nil:
		return fmt.Errorf("%s %q: %w", kind, id, store.ErrNotFound)
	}
	if k == record.Delivery {
		if err := t.forgetDelivery(campaign.DeliveryID(found)); err != nil {
			return err
		}
	}
	return t.delete(record.Aside, record.AsideKey(k, found))
}

func (t *tx) forgetDelivery(id campaign.DeliveryID) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	return w.queue(`DELETE FROM deliveries WHERE id = $1 AND state = 255`, []byte(id))
}
