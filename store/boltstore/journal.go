package boltstore

import (
	"encoding/binary"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store/record"
)

// Audit implements store.Journal. The entry continues the chain of the last
// one; behind one that cannot be read the chain begins anew, which shows when
// it is verified.
func (t *tx) Audit(e campaign.AuditEntry) error {
	e.N, e.Prev = 1, ""
	c := t.cursor(inAudit)
	if k, r := c.last(); k != nil {
		if len(k) != 8 {
			return record.Corrupt(inAudit.kind(), k, "its key is no number")
		}
		e.N = binary.BigEndian.Uint64(k) + 1
		if last, err := readEntry(k, r); err == nil {
			e.Prev = last.Hash
		}
	}
	if c.err != nil {
		return c.err
	}
	return t.save(inAudit, binary.BigEndian.AppendUint64(nil, e.N), e.Seal())
}

func readEntry(k, r []byte) (e campaign.AuditEntry, err error) {
	content, err := record.Unseal(inAudit.kind(), k, r)
	if err != nil {
		return e, err
	}
	return e, record.Decode(inAudit.kind(), k, content, &e)
}

// AuditFrom implements store.Journal. An entry that cannot be read keeps its
// place, with its number and the deed "unreadable" alone: nothing is ever
// taken out of the chain.
func (t *tx) AuditFrom(n uint64, max int) (es []campaign.AuditEntry, err error) {
	c := t.cursor(inAudit)
	for k, r := c.seek(binary.BigEndian.AppendUint64(nil, n)); k != nil && len(es) < max; k, r = c.next() {
		e, err := readEntry(k, r)
		if err != nil {
			e = campaign.AuditEntry{Deed: "unreadable", Detail: err.Error()}
			if len(k) == 8 {
				e.N = binary.BigEndian.Uint64(k)
			}
		}
		es = append(es, e)
	}
	return es, c.err
}
