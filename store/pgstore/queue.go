package pgstore

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

func timeKey(t time.Time) []byte { return record.AddTime(nil, t) }

// Delivery implements store.Queue.
func (t *tx) Delivery(id campaign.DeliveryID) (campaign.Delivery, error) {
	var d campaign.Delivery
	if err := t.load(record.Delivery, []byte(id), &d); err != nil {
		if errors.Is(err, store.ErrCorrupt) {
			t.s.suspect(record.Delivery, []byte(id), err)
		}
		return campaign.Delivery{}, err
	}
	return d, nil
}

// DeliveriesByPrefix implements store.Queue.
func (t *tx) DeliveriesByPrefix(prefix string, max int) (ids []campaign.DeliveryID, err error) {
	err = t.use().exchange(`SELECT id FROM deliveries WHERE id >= $1 AND ($2::bytea IS NULL OR id < $2) AND state <> 255 ORDER BY id LIMIT $3`,
		[]any{[]byte(prefix), record.After([]byte(prefix)), max}, func(rows pgx.Rows) error {
			var id []byte
			err := rows.Scan(&id)
			ids = append(ids, campaign.DeliveryID(id))
			return err
		})
	return ids, err
}

// PutDelivery implements store.Queue.
func (t *tx) PutDelivery(d *campaign.Delivery) error {
	if d.ID == "" || record.StateCode(d.State) == record.NoState {
		return fmt.Errorf("delivery %q in state %q cannot be stored", d.ID, d.State)
	}
	if err := checkNames(string(d.ID), string(d.Lane), string(d.Channel), string(d.Plan), d.Fingerprint); err != nil {
		return err
	}
	stored, err := t.Delivery(d.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if stored.Revision != d.Revision {
		return fmt.Errorf("delivery %s at revision %d, not %d: %w", d.ID, stored.Revision, d.Revision, store.ErrStale)
	}
	next := *d
	next.Revision++
	content, err := record.Encode(&next)
	if err != nil {
		return err
	}
	w, err := t.write()
	if err != nil {
		return err
	}
	r := record.Seal(record.Delivery, []byte(d.ID), content)
	w.stirs = true
	if err := w.queue(putDeliverySQL, columns(&next, r)...); err != nil {
		return err
	}
	w.known[knownAs(record.Delivery, []byte(d.ID))] = r
	if stored.State != "" {
		w.moved[record.StateCode(stored.State)]--
	}
	w.moved[record.StateCode(next.State)]++
	d.Revision = next.Revision
	return nil
}

const putDeliverySQL = `INSERT INTO deliveries (id, value, state, lane, run_at, check_at, latest, due, plan, channel, fingerprint)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
	ON CONFLICT (id) DO UPDATE SET value = excluded.value, state = excluded.state, lane = excluded.lane, run_at = excluded.run_at,
	check_at = excluded.check_at, latest = excluded.latest, due = excluded.due, plan = excluded.plan, channel = excluded.channel,
	fingerprint = excluded.fingerprint`

// columns are the values of putDeliverySQL.
func columns(d *campaign.Delivery, r []byte) []any {
	var runAt []byte
	if d.Runnable() {
		runAt = timeKey(d.RunAt())
	}
	return []any{[]byte(d.ID), r, int16(record.StateCode(d.State)), []byte(d.Lane), runAt, timeKey(d.CheckAt),
		timeKey(d.Latest), timeKey(d.Due), []byte(d.Plan), []byte(d.Channel), []byte(d.Fingerprint)}
}

// find returns the deliveries of a question whose columns are id and value. One
// that cannot be read is passed over and will be set aside.
func (t *tx) find(sql string, args ...any) (ds []campaign.Delivery, err error) {
	w := t.use()
	err = w.exchange(sql, args, func(rows pgx.Rows) error {
		var id, r []byte
		if err := rows.Scan(&id, &r); err != nil {
			return err
		}
		var d campaign.Delivery
		if err := record.Open(record.Delivery, id, r, &d); err != nil {
			t.s.suspect(record.Delivery, id, err)
			return nil
		}
		w.known[knownAs(record.Delivery, id)] = r
		ds = append(ds, d)
		return nil
	})
	return ds, err
}

// lanesSQL finds the distinct lanes of an index by one seek each.
const lanesSQL = `WITH RECURSIVE run AS (
		(SELECT lane FROM deliveries WHERE run_at IS NOT NULL ORDER BY lane LIMIT 1)
		UNION ALL
		SELECT (SELECT d.lane FROM deliveries d WHERE d.run_at IS NOT NULL AND d.lane > run.lane ORDER BY d.lane LIMIT 1) FROM run WHERE run.lane IS NOT NULL
	), busy AS (
		(SELECT lane FROM deliveries WHERE state IN (2, 3) ORDER BY lane LIMIT 1)
		UNION ALL
		SELECT (SELECT d.lane FROM deliveries d WHERE d.state IN (2, 3) AND d.lane > busy.lane ORDER BY d.lane LIMIT 1) FROM busy WHERE busy.lane IS NOT NULL
	)
	SELECT lane FROM (SELECT lane FROM run UNION SELECT lane FROM busy) l WHERE lane IS NOT NULL ORDER BY lane`

// Lanes implements store.Queue.
func (t *tx) Lanes() (lanes []campaign.LaneID, err error) {
	err = t.use().exchange(lanesSQL, nil, func(rows pgx.Rows) error {
		var l []byte
		err := rows.Scan(&l)
		lanes = append(lanes, campaign.LaneID(l))
		return err
	})
	return lanes, err
}

// Head implements store.Queue.
func (t *tx) Head(lane campaign.LaneID) (at time.Time, ok bool, err error) {
	ds, err := t.find(`SELECT id, value FROM deliveries WHERE lane = $1 AND run_at IS NOT NULL ORDER BY run_at, id LIMIT 1`, []byte(lane))
	if err != nil || len(ds) == 0 {
		return time.Time{}, false, err
	}
	return ds[0].RunAt(), true, nil
}

// Due implements store.Queue.
func (t *tx) Due(lane campaign.LaneID, now time.Time, max int) ([]campaign.Delivery, error) {
	if max <= 0 {
		return nil, nil
	}
	return t.find(`SELECT id, value FROM deliveries WHERE lane = $1 AND run_at <= $2 ORDER BY run_at, id LIMIT $3`, []byte(lane), timeKey(now), max)
}

// Armed implements store.Queue.
func (t *tx) Armed(lane campaign.LaneID) ([]campaign.Delivery, error) {
	if lane == "" {
		return t.find(`SELECT id, value FROM deliveries WHERE state IN (2, 3) AND state = 2 ORDER BY lane, id`)
	}
	return t.find(`SELECT id, value FROM deliveries WHERE lane = $1 AND state IN (2, 3) AND state = 2 ORDER BY id`, []byte(lane))
}

// Doubts implements store.Queue.
func (t *tx) Doubts(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error) {
	ds, err := t.find(`SELECT id, value FROM deliveries WHERE state = 3 ORDER BY check_at, id LIMIT $1`, max+1)
	for i, d := range ds {
		if i >= max || d.CheckAt.After(now) {
			return ds[:i], d.CheckAt, err
		}
	}
	return ds, time.Time{}, err
}

// Expired implements store.Queue.
func (t *tx) Expired(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error) {
	ds, err := t.find(`SELECT id, value FROM deliveries WHERE state IN (0, 1) ORDER BY latest, id LIMIT $1`, max+1)
	for i, d := range ds {
		if i >= max || !d.Latest.Before(now) {
			return ds[:i], d.Latest, err
		}
	}
	return ds, time.Time{}, err
}

// OfPlan implements store.Queue.
func (t *tx) OfPlan(id campaign.PlanID) ([]campaign.Delivery, error) {
	return t.find(`SELECT id, value FROM deliveries WHERE plan = $1 AND state <> 255 ORDER BY id`, []byte(id))
}

// maxTwins bounds what Twins returns.
const maxTwins = 1000

// Twins implements store.Queue.
func (t *tx) Twins(lane campaign.LaneID, fingerprint string) (twins []campaign.Delivery, err error) {
	err = t.use().exchange(`SELECT id, value FROM deliveries WHERE lane = $1 AND fingerprint = $2 AND state NOT IN (6, 7, 8) ORDER BY id LIMIT $3`,
		[]any{[]byte(lane), []byte(fingerprint), maxTwins}, func(rows pgx.Rows) error {
			var id, r []byte
			if err := rows.Scan(&id, &r); err != nil {
				return err
			}
			var d campaign.Delivery
			if err := record.Open(record.Delivery, id, r, &d); err != nil {
				t.s.suspect(record.Delivery, id, err)
				d = campaign.Unreadable(campaign.DeliveryID(id), lane, fingerprint)
			}
			twins = append(twins, d)
			return nil
		})
	return twins, err
}

// Counts implements store.Queue.
func (t *tx) Counts() (map[campaign.State]int, error) {
	m := make(map[campaign.State]int, len(record.States))
	for i, s := range record.States {
		m[s] = int(t.use().moved[i])
	}
	err := t.w.exchange(`SELECT state, n FROM counts`, nil, func(rows pgx.Rows) error {
		var code int16
		var n int64
		if err := rows.Scan(&code, &n); err != nil {
			return err
		}
		if int(code) < len(record.States) {
			m[record.States[code]] += int(n)
		}
		return nil
	})
	return m, err
}

// Attempts implements store.Queue.
func (t *tx) Attempts(id campaign.DeliveryID) (as []campaign.Attempt, err error) {
	err = eachRecord(t, record.Attempt, record.AddString(nil, string(id)), func(a campaign.Attempt) { as = append(as, a) })
	return as, err
}

// PutAttempt implements store.Queue.
func (t *tx) PutAttempt(a campaign.Attempt) error {
	if a.Delivery == "" || a.N < 0 || a.N > 1<<31-1 {
		return fmt.Errorf("attempt %d of delivery %q cannot be stored", a.N, a.Delivery)
	}
	if err := checkNames(string(a.Delivery)); err != nil {
		return err
	}
	return t.save(record.Attempt, record.AttemptKey(string(a.Delivery), a.N), a)
}

// Staged implements store.Queue.
func (t *tx) Staged(id campaign.DeliveryID) ([]byte, error) {
	c, err := t.get(record.Staged, []byte(id))
	return bytes.Clone(c), err
}

// PutStaged implements store.Queue.
func (t *tx) PutStaged(id campaign.DeliveryID, b []byte) error {
	return t.putOrDelete(record.Staged, string(id), b)
}

// ClaimRemote implements store.Queue.
func (t *tx) ClaimRemote(lane campaign.LaneID, remoteID string, id campaign.DeliveryID) (campaign.DeliveryID, bool, error) {
	if err := checkNames(string(lane), remoteID); err != nil {
		return "", false, err
	}
	key := record.RemoteKey(lane, remoteID)
	owner, err := t.get(record.Remote, key)
	switch {
	case err == nil:
		return campaign.DeliveryID(owner), string(owner) == string(id), nil
	case !errors.Is(err, store.ErrNotFound):
		return "", false, err
	}
	return id, true, t.put(record.Remote, key, []byte(id))
}
