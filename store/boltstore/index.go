package boltstore

import (
	"bytes"
	"encoding/binary"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store/record"
)

// index is one sorted list of deliveries. Its keys end with the delivery's id
// and have no value.
type index struct {
	b bucket
	// layout says what stands before the id: s a string, t a time, c one byte.
	layout string
	// key is where d stands in the index, nil if it does not.
	key func(d *campaign.Delivery) []byte
}

var indexes = [...]index{
	{byRun, "st", func(d *campaign.Delivery) []byte { // the lane's runnable ones by RunAt
		if !d.Runnable() {
			return nil
		}
		return append(record.AddTime(record.AddString(nil, string(d.Lane)), d.RunAt()), d.ID...)
	}},
	{byArmed, "s", func(d *campaign.Delivery) []byte {
		if d.State != campaign.Armed {
			return nil
		}
		return append(record.AddString(nil, string(d.Lane)), d.ID...)
	}},
	{byDoubt, "t", func(d *campaign.Delivery) []byte {
		if d.State != campaign.InDoubt {
			return nil
		}
		return append(record.AddTime(nil, d.CheckAt), d.ID...)
	}},
	{byDoubtLane, "s", func(d *campaign.Delivery) []byte { // so that Lanes need not read all doubts
		if d.State != campaign.InDoubt {
			return nil
		}
		return append(record.AddString(nil, string(d.Lane)), d.ID...)
	}},
	{byExpiry, "t", func(d *campaign.Delivery) []byte {
		if d.State != campaign.Planned && d.State != campaign.Scheduled {
			return nil
		}
		return append(record.AddTime(nil, d.Latest), d.ID...)
	}},
	{byState, "ct", func(d *campaign.Delivery) []byte {
		return append(record.AddTime([]byte{record.StateCode(d.State)}, d.Due), d.ID...)
	}},
	{byPlan, "st", func(d *campaign.Delivery) []byte {
		return append(record.AddTime(record.AddString(nil, string(d.Plan)), d.Due), d.ID...)
	}},
	{byChannel, "st", func(d *campaign.Delivery) []byte {
		return append(record.AddTime(record.AddString(nil, string(d.Channel)), d.Due), d.ID...)
	}},
	{byTwin, "ss", func(d *campaign.Delivery) []byte {
		switch d.State {
		case campaign.Cancelled, campaign.Rejected, campaign.Missed:
			return nil
		}
		return append(twinPrefix(d.Lane, d.Fingerprint), d.ID...)
	}},
}

func twinPrefix(lane campaign.LaneID, fingerprint string) []byte {
	return record.AddString(record.AddString(nil, string(lane)), fingerprint)
}

// indexOf is the index kept in the bucket.
func indexOf(b bucket) *index { return &indexes[b-byRun] }

// idOf takes the delivery's id off the end of a key; false for one that this
// index cannot have written.
func (x *index) idOf(key []byte) (campaign.DeliveryID, bool) {
	for _, part := range x.layout {
		switch part {
		case 's':
			_, rest, ok := record.ReadString(key)
			if !ok {
				return "", false
			}
			key = rest
		case 't':
			if len(key) < record.TimeSize {
				return "", false
			}
			key = key[record.TimeSize:]
		case 'c':
			if len(key) < 1 {
				return "", false
			}
			key = key[1:]
		}
	}
	return campaign.DeliveryID(key), len(key) > 0
}

// reindex moves the delivery from where it stood to where it stands; nil for
// one that did not or does not exist.
func (t *tx) reindex(old, now *campaign.Delivery) error {
	for i := range indexes {
		x := &indexes[i]
		var from, to []byte
		if old != nil {
			from = x.key(old)
		}
		if now != nil {
			to = x.key(now)
		}
		if bytes.Equal(from, to) {
			continue
		}
		if from != nil {
			if err := t.delete(x.b, from); err != nil {
				return err
			}
		}
		if to != nil {
			if err := t.putRaw(x.b, to, []byte{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// counts are the numbers of deliveries by state code.
type counts []uint64

// readCounts reads the counters; where they cannot be read it counts anew.
func (t *tx) readCounts() (counts, error) {
	n := make(counts, len(record.States))
	content, err := t.get(inMeta, keyCounts)
	if err != nil || len(content) != 8*len(n) {
		return n, t.recount(n)
	}
	for i := range n {
		n[i] = binary.BigEndian.Uint64(content[8*i:])
	}
	return n, nil
}

func (t *tx) writeCounts(n counts) error {
	b := make([]byte, 0, 8*len(n))
	for _, v := range n {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return t.put(inMeta, keyCounts, b)
}

func (t *tx) recount(n counts) error {
	clear(n)
	c := t.cursor(byState)
	for k, _ := c.seek(nil); k != nil; k, _ = c.next() {
		if int(k[0]) < len(n) {
			n[k[0]]++
		}
	}
	return c.err
}

// count moves one delivery between states; "" for none. It comes before the
// indexes change: where the counters cannot be believed they are counted from these.
func (t *tx) count(from, to campaign.State) error {
	if from == to {
		return nil
	}
	n, err := t.readCounts()
	if err != nil {
		return err
	}
	if from != "" && n[record.StateCode(from)] == 0 {
		if err := t.recount(n); err != nil {
			return err
		}
	}
	if from != "" && n[record.StateCode(from)] > 0 {
		n[record.StateCode(from)]--
	}
	if to != "" {
		n[record.StateCode(to)]++
	}
	return t.writeCounts(n)
}
