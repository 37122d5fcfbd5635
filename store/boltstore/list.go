package boltstore

import (
	"bytes"
	"errors"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// fewEnough is how many deliveries in the wanted states make the index of
// states better than that of a channel.
const fewEnough = 1000

// List implements store.Queue. It reads along the index that excludes most:
// plan, few states, channel, states. What no index knows (mechanism, window,
// post) is read and passed over.
func (t *tx) List(f store.Filter, after string, max int) (ds []campaign.Delivery, next string, err error) {
	from, err := record.ReadCursor(after)
	if err != nil || max <= 0 {
		return nil, "", err
	}
	if from != nil {
		from = append(from, 0) // the first place after it
	}
	if !f.From.IsZero() {
		if k := record.AddTime(nil, f.From); bytes.Compare(k, from) > 0 {
			from = k
		}
	}
	m, err := t.merge(f, from)
	if err != nil {
		return nil, "", err
	}
	for d, ok := m.next(t); ok; d, ok = m.next(t) {
		if !f.To.IsZero() && !d.Due.Before(f.To) {
			break
		}
		if !f.Match(&d) {
			continue
		}
		if len(ds) == max {
			return ds, record.WriteCursor(&ds[max-1]), m.err()
		}
		ds = append(ds, d)
	}
	return ds, "", m.err()
}

// stream is one index read from a place on; its keys are prefix, due time, id.
type stream struct {
	x      *index
	c      *cursor
	prefix []byte
	key    []byte // the entry at hand, nil at the end
}

func (s *stream) advance(k []byte) {
	s.key = nil
	if bytes.HasPrefix(k, s.prefix) && k != nil {
		s.key = k
	}
}

// place is due time and id, by which streams are merged.
func (s *stream) place() []byte { return s.key[len(s.prefix):] }

// merged reads several streams as one, in the order of due time and id.
type merged []*stream

// merge chooses the streams that hold all matches.
func (t *tx) merge(f store.Filter, from []byte) (merged, error) {
	b, prefixes := byState, [][]byte{}
	few := false
	for i, s := range record.States {
		if len(f.States) == 0 || slices.Contains(f.States, s) {
			prefixes = append(prefixes, []byte{byte(i)})
		}
	}
	if len(f.States) > 0 && f.Plan == "" && f.Channel != "" {
		n, err := t.readCounts()
		if err != nil {
			return nil, err
		}
		var sum uint64
		for _, p := range prefixes {
			sum += n[p[0]]
		}
		few = sum <= fewEnough
	}
	switch {
	case f.Plan != "":
		b, prefixes = byPlan, [][]byte{record.AddString(nil, string(f.Plan))}
	case f.Channel != "" && !few:
		b, prefixes = byChannel, [][]byte{record.AddString(nil, string(f.Channel))}
	}
	var m merged
	for _, p := range prefixes {
		s := &stream{x: indexOf(b), c: t.cursor(b), prefix: p}
		k, _ := s.c.seek(append(slices.Clone(p), from...))
		s.advance(k)
		m = append(m, s)
	}
	return m, nil
}

// next takes the earliest delivery that can be read.
func (m merged) next(t *tx) (d campaign.Delivery, ok bool) {
	for {
		var first *stream
		for _, s := range m {
			if s.key != nil && (first == nil || bytes.Compare(s.place(), first.place()) < 0) {
				first = s
			}
		}
		if first == nil {
			return d, false
		}
		d, ok = t.at(first.x, first.key)
		k, _ := first.c.next()
		first.advance(k)
		if ok {
			return d, true
		}
	}
}

func (m merged) err() error {
	var errs []error
	for _, s := range m {
		errs = append(errs, s.c.err)
	}
	return errors.Join(errs...)
}
