package boltstore

import (
	"bytes"
	"sync"

	"github.com/ittakesacommunity/takeover/campaign"
)

// memorySize is how many deliveries are remembered: some 48 MiB. All of a large
// campaign's fit, since pages such as the calendar read them all.
const memorySize = 16 << 10

// memory keeps deliveries as they were last decoded, beside the very bytes of
// their records. The engine reads the few that are near again and again, pages
// read many, and decoding them is most of what that costs. It can never be stale: only a
// record of the same bytes is answered from it.
type memory struct {
	mu sync.Mutex
	of map[campaign.DeliveryID]remembered
}

type remembered struct {
	record []byte
	d      campaign.Delivery
}

// recall returns the delivery that the record under its id decodes to.
func (m *memory) recall(id, record []byte) (d campaign.Delivery, ok bool) {
	m.mu.Lock()
	r, ok := m.of[campaign.DeliveryID(id)]
	m.mu.Unlock()
	if !ok || !bytes.Equal(r.record, record) {
		return d, false
	}
	return r.d.Clone(), true
}

// keep remembers what a record that passed its checksum decodes to. Where there
// is no room any other is forgotten.
func (m *memory) keep(id, record []byte, d campaign.Delivery) {
	r := remembered{bytes.Clone(record), d.Clone()}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = make(map[campaign.DeliveryID]remembered)
	}
	if len(m.of) >= memorySize {
		for other := range m.of {
			delete(m.of, other)
			break
		}
	}
	m.of[campaign.DeliveryID(id)] = r
}

// delivery decodes what is under the id, or recalls it; ErrNotFound, ErrCorrupt.
func (t *tx) delivery(id []byte) (d campaign.Delivery, err error) {
	r, err := t.raw(inDeliveries, id)
	if err != nil {
		return d, err
	}
	if r != nil {
		if d, ok := t.s.memory.recall(id, r); ok {
			return d, nil
		}
	}
	if err := t.load(inDeliveries, id, &d); err != nil {
		return campaign.Delivery{}, err
	}
	t.s.memory.keep(id, r, d)
	return d, nil
}
