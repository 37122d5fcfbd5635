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

// Delivery implements store.Queue.
func (t *tx) Delivery(id campaign.DeliveryID) (campaign.Delivery, error) {
	d, err := t.delivery([]byte(id))
	if errors.Is(err, store.ErrCorrupt) {
		t.s.suspectRecord(inDeliveries, []byte(id), err)
	}
	return d, err
}

// DeliveriesByPrefix implements store.Queue.
func (t *tx) DeliveriesByPrefix(prefix string, max int) (ids []campaign.DeliveryID, err error) {
	c := t.cursor(inDeliveries)
	for k, _ := c.seek([]byte(prefix)); k != nil && len(ids) < max && bytes.HasPrefix(k, []byte(prefix)); k, _ = c.next() {
		ids = append(ids, campaign.DeliveryID(k))
	}
	return ids, c.err
}

// PutDelivery implements store.Queue.
func (t *tx) PutDelivery(d *campaign.Delivery) error {
	if d.ID == "" || record.StateCode(d.State) == record.NoState {
		return fmt.Errorf("delivery %q in state %q cannot be stored", d.ID, d.State)
	}
	if err := record.CheckNames(maxName, string(d.ID), string(d.Lane), string(d.Channel), string(d.Plan), d.Fingerprint); err != nil {
		return err
	}
	var old *campaign.Delivery
	stored, err := t.Delivery(d.ID)
	switch {
	case err == nil:
		old = &stored
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if stored.Revision != d.Revision {
		return fmt.Errorf("delivery %s at revision %d, not %d: %w", d.ID, stored.Revision, d.Revision, store.ErrStale)
	}
	next := *d
	next.Revision++
	if err := t.save(inDeliveries, []byte(d.ID), &next); err != nil {
		return err
	}
	if err := t.count(stored.State, next.State); err != nil {
		return err
	}
	if err := t.reindex(old, &next); err != nil {
		return err
	}
	d.Revision = next.Revision
	return nil
}

// at loads the delivery that an index entry speaks of. False where the two do
// not agree or the record cannot be read; the next commit then mends it.
func (t *tx) at(x *index, key []byte) (d campaign.Delivery, ok bool) {
	id, ok := x.idOf(key)
	if !ok {
		t.s.suspectEntry(x.b, key)
		return d, false
	}
	d, err := t.delivery([]byte(id))
	if err != nil {
		t.s.suspectRecord(inDeliveries, []byte(id), err)
		return d, false
	}
	if !bytes.Equal(x.key(&d), key) {
		t.s.suspectEntry(x.b, key)
		return d, false
	}
	return d, true
}

// each walks an index from start to the end of prefix, until f says stop.
func (t *tx) each(b bucket, prefix, start []byte, f func(key []byte, d campaign.Delivery) (more bool)) error {
	x := indexOf(b)
	c := t.cursor(b)
	if bytes.Compare(start, prefix) < 0 {
		start = prefix
	}
	for k, _ := c.seek(start); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.next() {
		if d, ok := t.at(x, k); ok && !f(k, d) {
			break
		}
	}
	return c.err
}

// Lanes implements store.Queue: two seeks a lane.
func (t *tx) Lanes() ([]campaign.LaneID, error) {
	var lanes []campaign.LaneID
	for _, b := range []bucket{byRun, byArmed, byDoubtLane} {
		c := t.cursor(b)
		for k, _ := c.seek(nil); k != nil; {
			lane, _, ok := record.ReadString(k)
			if !ok {
				t.s.suspectEntry(b, k)
				k, _ = c.next()
				continue
			}
			lanes = append(lanes, campaign.LaneID(lane))
			k, _ = c.seek(record.After(record.AddString(nil, lane)))
		}
		if c.err != nil {
			return nil, c.err
		}
	}
	slices.Sort(lanes)
	return slices.Compact(lanes), nil
}

// Head implements store.Queue.
func (t *tx) Head(lane campaign.LaneID) (at time.Time, ok bool, err error) {
	err = t.each(byRun, record.AddString(nil, string(lane)), nil, func(_ []byte, d campaign.Delivery) bool {
		at, ok = d.RunAt(), true
		return false
	})
	return at, ok, err
}

// Due implements store.Queue.
func (t *tx) Due(lane campaign.LaneID, now time.Time, max int) (due []campaign.Delivery, err error) {
	if max <= 0 {
		return nil, nil
	}
	err = t.each(byRun, record.AddString(nil, string(lane)), nil, func(_ []byte, d campaign.Delivery) bool {
		if d.RunAt().After(now) {
			return false
		}
		due = append(due, d)
		return len(due) < max
	})
	return due, err
}

// Armed implements store.Queue.
func (t *tx) Armed(lane campaign.LaneID) (armed []campaign.Delivery, err error) {
	var prefix []byte
	if lane != "" {
		prefix = record.AddString(nil, string(lane))
	}
	err = t.each(byArmed, prefix, nil, func(_ []byte, d campaign.Delivery) bool {
		armed = append(armed, d)
		return true
	})
	return armed, err
}

// Doubts implements store.Queue.
func (t *tx) Doubts(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error) {
	err = t.each(byDoubt, nil, nil, func(_ []byte, d campaign.Delivery) bool {
		if len(due) >= max || d.CheckAt.After(now) {
			next = d.CheckAt
			return false
		}
		due = append(due, d)
		return true
	})
	return due, next, err
}

// Expired implements store.Queue.
func (t *tx) Expired(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error) {
	err = t.each(byExpiry, nil, nil, func(_ []byte, d campaign.Delivery) bool {
		if len(due) >= max || !d.Latest.Before(now) {
			next = d.Latest
			return false
		}
		due = append(due, d)
		return true
	})
	return due, next, err
}

// OfPlan implements store.Queue.
func (t *tx) OfPlan(id campaign.PlanID) (ds []campaign.Delivery, err error) {
	err = t.each(byPlan, record.AddString(nil, string(id)), nil, func(_ []byte, d campaign.Delivery) bool {
		ds = append(ds, d)
		return true
	})
	slices.SortFunc(ds, func(a, b campaign.Delivery) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return ds, err
}

// maxTwins bounds what Twins returns.
const maxTwins = 1000

// Twins implements store.Queue. The entries of a delivery that was set aside
// stay in this index, so that it is not forgotten as a twin.
func (t *tx) Twins(lane campaign.LaneID, fingerprint string) (twins []campaign.Delivery, err error) {
	prefix := twinPrefix(lane, fingerprint)
	c := t.cursor(byTwin)
	for k, _ := c.seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && len(twins) < maxTwins; k, _ = c.next() {
		id := k[len(prefix):]
		d, err := t.delivery(id)
		switch {
		case errors.Is(err, store.ErrCorrupt):
			if !t.isAside(inDeliveries, id) {
				t.s.suspectRecord(inDeliveries, id, err)
			}
			d = campaign.Unreadable(campaign.DeliveryID(id), lane, fingerprint)
		case err != nil || !bytes.Equal(indexOf(byTwin).key(&d), k):
			t.s.suspectEntry(byTwin, k)
			continue
		}
		twins = append(twins, d)
	}
	return twins, c.err
}

// Counts implements store.Queue.
func (t *tx) Counts() (map[campaign.State]int, error) {
	n, err := t.readCounts()
	if err != nil {
		return nil, err
	}
	m := make(map[campaign.State]int, len(n))
	for i, s := range record.States {
		m[s] = int(n[i])
	}
	return m, nil
}

// Attempts implements store.Queue.
func (t *tx) Attempts(id campaign.DeliveryID) (as []campaign.Attempt, err error) {
	err = eachRecord(t, inAttempts, record.AddString(nil, string(id)), func(a campaign.Attempt) { as = append(as, a) })
	return as, err
}

// PutAttempt implements store.Queue.
func (t *tx) PutAttempt(a campaign.Attempt) error {
	if a.Delivery == "" || a.N < 0 || a.N > 1<<31-1 {
		return fmt.Errorf("attempt %d of delivery %q cannot be stored", a.N, a.Delivery)
	}
	if err := record.CheckNames(maxName, string(a.Delivery)); err != nil {
		return err
	}
	return t.save(inAttempts, record.AttemptKey(string(a.Delivery), a.N), a)
}

// Staged implements store.Queue.
func (t *tx) Staged(id campaign.DeliveryID) ([]byte, error) {
	c, err := t.get(inStaged, []byte(id))
	return bytes.Clone(c), err
}

// PutStaged implements store.Queue.
func (t *tx) PutStaged(id campaign.DeliveryID, b []byte) error {
	return t.putOrDelete(inStaged, string(id), b)
}

// ClaimRemote implements store.Queue.
func (t *tx) ClaimRemote(lane campaign.LaneID, remoteID string, id campaign.DeliveryID) (campaign.DeliveryID, bool, error) {
	if err := record.CheckNames(maxName, string(lane), remoteID); err != nil {
		return "", false, err
	}
	key := append(record.AddString(nil, string(lane)), remoteID...)
	owner, err := t.get(inRemotes, key)
	switch {
	case err == nil:
		return campaign.DeliveryID(owner), string(owner) == string(id), nil
	case !errors.Is(err, store.ErrNotFound):
		return "", false, err
	}
	return id, true, t.put(inRemotes, key, []byte(id))
}
