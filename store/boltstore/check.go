package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// Report is what reading a whole store found.
type Report struct {
	Schema     int
	Generation uint64
	Records    int                // of all kinds, index entries apart
	Deliveries int                // of these
	Bad        []store.Unreadable // records that cannot be read; At is zero
	Index      []string           // entries missing, left over, or counted wrongly; at most 100
	Audit      []string           // where the chain of the journal breaks; at most 100
	Pages      []string           // pages of the file that make no sense; at most 100
	SetAside   []store.Unreadable // found earlier
}

// Sound tells whether nothing is wrong; records set aside earlier are known.
func (r *Report) Sound() bool {
	return len(r.Bad) == 0 && len(r.Index) == 0 && len(r.Audit) == 0 && len(r.Pages) == 0
}

// First is one finding for a message.
func (r *Report) First() string {
	if len(r.Bad) > 0 {
		return r.Bad[0].Why
	}
	return slices.Concat(r.Pages, r.Index, r.Audit, []string{"nothing is wrong"})[0]
}

// Check reads every page, record and index entry of the store at path and
// changes nothing. A *LockedError while a daemon has it open: ask that one
// (Verify). ErrNone where there is no file; else the errors of Open.
func Check(ctx context.Context, path string) (Report, error) {
	if err := present(path); err != nil {
		return Report{}, err
	}
	if l, err := acquire(path); err == nil {
		defer l.release()
	} else if !errors.Is(err, ErrReadOnly) {
		return Report{}, err
	}
	return check(ctx, path)
}

// Verify does what Check does, on a copy of the open store.
func (s *Store) Verify(ctx context.Context) (Report, error) {
	local, err := s.snapshot(ctx)
	if err != nil {
		return Report{}, err
	}
	defer os.Remove(local)
	return check(ctx, local)
}

func check(ctx context.Context, path string) (r Report, err error) {
	if r.Schema, err = probe(path); err != nil {
		return r, err
	}
	// bbolt has a check of its own, but that panics where nobody can recover.
	db, _, err := openBolt(path, &bolt.Options{ReadOnly: true, Timeout: lockWait, NoStatistics: true, PreLoadFreelist: true})
	if err != nil {
		return r, err
	}
	defer db.Close()
	err = reading(db, func(btx *bolt.Tx) error {
		c := &checker{ctx: ctx, r: &r, t: &tx{w: &work{btx: btx}}}
		return c.all()
	})
	if errors.Is(err, store.ErrCorrupt) {
		note(&r.Pages, err.Error())
		err = nil
	}
	return r, err
}

// note adds a finding to a list that may not grow without end.
func note(list *[]string, text string) {
	if len(*list) < 100 {
		*list = append(*list, text)
	}
}

type checker struct {
	ctx context.Context
	r   *Report
	t   *tx
	n   counts
}

func (c *checker) all() error {
	c.n = make(counts, len(record.States))
	for b := inMeta; b < byRun; b++ {
		if err := c.records(b); err != nil {
			return err
		}
	}
	if c.r.Schema < Schema {
		return nil // its indexes are of another form
	}
	for i := range indexes {
		if err := c.entries(&indexes[i]); err != nil {
			return err
		}
	}
	c.counters()
	var l life
	if err := c.t.load(inMeta, keyLife, &l); err != nil {
		return err
	}
	c.r.Generation = l.Generation
	aside, err := c.t.SetAside()
	c.r.SetAside = aside
	return err
}

// records reads all of a bucket.
func (c *checker) records(b bucket) error {
	var journal record.Chain
	cur := c.t.cursor(b)
	for k, v := cur.seek(nil); k != nil; k, v = cur.next() {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if b == inMeta && bytes.Equal(k, keySchema) {
			continue
		}
		c.r.Records++
		if err := record.Readable(b.kind(), k, v); err != nil {
			c.r.Bad = append(c.r.Bad, store.Unreadable{
				Kind: bucketNames[b], ID: record.Printable(b.kind(), k), Why: err.Error(), Raw: bytes.Clone(v),
			})
			continue
		}
		switch b {
		case inDeliveries:
			c.delivery(k, v)
		case inAudit:
			if e, err := readEntry(k, v); err == nil {
				if wrong := journal.Next(e); wrong != "" {
					note(&c.r.Audit, wrong)
				}
			}
		}
	}
	return cur.err
}

// delivery checks that the indexes have every entry of the delivery.
func (c *checker) delivery(k, r []byte) {
	c.r.Deliveries++
	var d campaign.Delivery
	content, _ := record.Unseal(inDeliveries.kind(), k, r)
	if record.Decode(inDeliveries.kind(), k, content, &d) != nil || c.r.Schema < Schema {
		return
	}
	if code := record.StateCode(d.State); code != record.NoState {
		c.n[code]++
	}
	for i := range indexes {
		x := &indexes[i]
		if want := x.key(&d); want != nil {
			if v, err := c.t.raw(x.b, want); err != nil || v == nil {
				note(&c.r.Index, fmt.Sprintf("delivery %s is missing in %s", d.ID, bucketNames[x.b]))
			}
		}
	}
}

// entries checks that every entry of an index belongs to a delivery.
func (c *checker) entries(x *index) error {
	cur := c.t.cursor(x.b)
	for k, _ := cur.seek(nil); k != nil; k, _ = cur.next() {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		id, ok := x.idOf(k)
		if x.b == byTwin && ok && c.t.isAside(inDeliveries, []byte(id)) {
			continue
		}
		var d campaign.Delivery
		if !ok || c.t.load(inDeliveries, []byte(id), &d) != nil || !bytes.Equal(x.key(&d), k) {
			note(&c.r.Index, fmt.Sprintf("an entry of %s belongs to no delivery: %q", bucketNames[x.b], id))
		}
	}
	return cur.err
}

func (c *checker) counters() {
	for i, want := range c.n {
		got, err := c.t.Counts()
		if err != nil {
			note(&c.r.Index, err.Error())
			return
		}
		if s := record.States[i]; got[s] != int(want) {
			note(&c.r.Index, fmt.Sprintf("%d deliveries are %s, the counter says %d", want, s, got[s]))
		}
	}
}
