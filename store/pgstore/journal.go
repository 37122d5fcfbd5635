package pgstore

import (
	"encoding/binary"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store/record"
)

// readLast is the end of the journal. Behind an entry that cannot be read the
// chain begins anew, which shows when it is verified.
func readLast(key, r []byte) *lastEntry {
	var e campaign.AuditEntry
	_ = record.Open(record.Audit, key, r, &e)
	l := &lastEntry{hash: e.Hash}
	if len(key) == 8 {
		l.n = binary.BigEndian.Uint64(key)
	}
	return l
}

// Audit implements store.Journal.
func (t *tx) Audit(e campaign.AuditEntry) error {
	w, err := t.write()
	if err != nil {
		return err
	}
	e.N, e.Prev = w.last.n+1, w.last.hash
	e = e.Seal()
	w.last = &lastEntry{e.N, e.Hash}
	return t.save(record.Audit, record.AuditKey(e.N), e)
}

// AuditFrom implements store.Journal. An entry that cannot be read keeps its
// place, with its number and the deed "unreadable" alone.
func (t *tx) AuditFrom(n uint64, max int) (es []campaign.AuditEntry, err error) {
	if max <= 0 {
		return nil, nil
	}
	err = t.walk(record.Audit, nil, record.AuditKey(n), max, func(key, r []byte) error {
		var e campaign.AuditEntry
		if err := record.Open(record.Audit, key, r, &e); err != nil {
			e = campaign.AuditEntry{Deed: "unreadable", Detail: err.Error()}
			if len(key) == 8 {
				e.N = binary.BigEndian.Uint64(key)
			}
		}
		es = append(es, e)
		return nil
	})
	return es, err
}
