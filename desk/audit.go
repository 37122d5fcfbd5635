package desk

import (
	"context"
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
)

// auditMost is how many entries of the log one question returns at most.
const auditMost = 10_000

// AuditTail returns at most max entries of the log from number n on, in order;
// n 0 is the last max.
func (d *Desk) AuditTail(ctx context.Context, a campaign.Actor, n uint64, max int) ([]campaign.AuditEntry, error) {
	entries := []campaign.AuditEntry{}
	if max <= 0 || max > auditMost {
		max = auditMost
	}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActReadAudit, campaign.Object{}); err != nil {
			return err
		}
		if n == 0 {
			last, err := r.lastEntry()
			if err != nil {
				return err
			}
			n = last - min(last, uint64(max)) + 1
		}
		got, err := r.AuditFrom(n, max)
		entries = append(entries, got...)
		return err
	})
	return entries, err
}

// lastEntry is the number of the newest entry of the log. Entries are numbered
// without gaps, so it can be searched for.
func (r *room) lastEntry() (uint64, error) {
	var failed error
	missing := func(n uint64) bool {
		es, err := r.AuditFrom(n, 1)
		if err != nil {
			failed = err
		}
		return len(es) == 0
	}
	above := uint64(1)
	for ; failed == nil && !missing(above); above *= 2 {
	}
	low := above / 2 // exists, or is 0
	for failed == nil && low+1 < above {
		if mid := low + (above-low)/2; missing(mid) {
			above = mid
		} else {
			low = mid
		}
	}
	return low, failed
}

// VerifyAudit checks the chain of the whole log.
func (d *Desk) VerifyAudit(ctx context.Context, a campaign.Actor) (AuditCheck, error) {
	var out AuditCheck
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActReadAudit, campaign.Object{}); err != nil {
			return err
		}
		out = AuditCheck{OK: true}
		var prev campaign.Digest
		for {
			entries, err := r.AuditFrom(out.Entries+1, auditMost)
			if err != nil || len(entries) == 0 {
				return err
			}
			for _, e := range entries {
				out.Entries++
				if why := broken(e, out.Entries, prev); why != "" {
					out.OK, out.Bad, out.Why = false, out.Entries, why
					return nil
				}
				prev = e.Hash
			}
		}
	})
	return out, err
}

// broken says how an entry does not follow the one before; "" if it does.
func broken(e campaign.AuditEntry, n uint64, prev campaign.Digest) string {
	switch {
	case e.N != n:
		return fmt.Sprintf("an entry is missing: %d stands where %d should", e.N, n)
	case e.Prev != prev:
		return "it does not follow the entry before"
	case e.Seal().Hash != e.Hash:
		return "its content was changed"
	}
	return ""
}
