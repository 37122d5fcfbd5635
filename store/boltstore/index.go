package boltstore

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
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
		return append(addTime(addString(nil, string(d.Lane)), d.RunAt()), d.ID...)
	}},
	{byArmed, "s", func(d *campaign.Delivery) []byte {
		if d.State != campaign.Armed {
			return nil
		}
		return append(addString(nil, string(d.Lane)), d.ID...)
	}},
	{byDoubt, "t", func(d *campaign.Delivery) []byte {
		if d.State != campaign.InDoubt {
			return nil
		}
		return append(addTime(nil, d.CheckAt), d.ID...)
	}},
	{byDoubtLane, "s", func(d *campaign.Delivery) []byte { // so that Lanes need not read all doubts
		if d.State != campaign.InDoubt {
			return nil
		}
		return append(addString(nil, string(d.Lane)), d.ID...)
	}},
	{byExpiry, "t", func(d *campaign.Delivery) []byte {
		if d.State != campaign.Planned && d.State != campaign.Scheduled {
			return nil
		}
		return append(addTime(nil, d.Latest), d.ID...)
	}},
	{byState, "ct", func(d *campaign.Delivery) []byte {
		return append(addTime([]byte{stateCode(d.State)}, d.Due), d.ID...)
	}},
	{byPlan, "st", func(d *campaign.Delivery) []byte {
		return append(addTime(addString(nil, string(d.Plan)), d.Due), d.ID...)
	}},
	{byChannel, "st", func(d *campaign.Delivery) []byte {
		return append(addTime(addString(nil, string(d.Channel)), d.Due), d.ID...)
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
	return addString(addString(nil, string(lane)), fingerprint)
}

// indexOf is the index kept in the bucket.
func indexOf(b bucket) *index { return &indexes[b-byRun] }

// stateCodes number the states in keys and counters; a number is never given anew.
var stateCodes = []campaign.State{
	campaign.Planned, campaign.Scheduled, campaign.Armed, campaign.InDoubt, campaign.NeedsHuman,
	campaign.Published, campaign.Rejected, campaign.Missed, campaign.Cancelled, campaign.Unresolved,
}

const noState = 0xFF

func stateCode(s campaign.State) byte {
	if i := slices.Index(stateCodes, s); i >= 0 {
		return byte(i)
	}
	return noState
}

// idOf takes the delivery's id off the end of a key; false for one that this
// index cannot have written.
func (x *index) idOf(key []byte) (campaign.DeliveryID, bool) {
	for _, part := range x.layout {
		switch part {
		case 's':
			_, rest, ok := readString(key)
			if !ok {
				return "", false
			}
			key = rest
		case 't':
			if len(key) < timeSize {
				return "", false
			}
			key = key[timeSize:]
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
	n := make(counts, len(stateCodes))
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
	if from != "" && n[stateCode(from)] == 0 {
		if err := t.recount(n); err != nil {
			return err
		}
	}
	if from != "" && n[stateCode(from)] > 0 {
		n[stateCode(from)]--
	}
	if to != "" {
		n[stateCode(to)]++
	}
	return t.writeCounts(n)
}
