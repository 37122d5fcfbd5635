package record

import (
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Chain checks the journal's hash chain entry by entry; the zero value begins it.
type Chain struct {
	n    uint64
	hash campaign.Digest
}

// Next tells what is wrong with the entry as the next of the chain, "" if nothing is.
func (c *Chain) Next(e campaign.AuditEntry) (wrong string) {
	switch {
	case e.N != c.n+1:
		wrong = fmt.Sprintf("entry %d comes after entry %d", e.N, c.n)
	case e.Prev != c.hash:
		wrong = fmt.Sprintf("entry %d does not continue entry %d", e.N, c.n)
	case e.Seal().Hash != e.Hash:
		wrong = fmt.Sprintf("entry %d was changed", e.N)
	}
	c.n, c.hash = e.N, e.Hash
	return wrong
}
