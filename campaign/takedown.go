package campaign

import (
	"fmt"
	"time"
)

// TakeDown notes that the part's post was taken down at the platform. The
// delivery stays published: it was, and the record says for how long.
func (d *Delivery) TakeDown(part int, now time.Time) error {
	if d.State != Published {
		return &StepError{ID: d.ID, From: d.State, Step: "taken down"}
	}
	for i := range d.Receipts {
		if d.Receipts[i].Part == part {
			d.Receipts[i].Deleted = now
			return nil
		}
	}
	return fmt.Errorf("delivery %s has no receipt of part %d", d.ID, part)
}

// PublicNow are the receipts of what is public as far as we know: not taken down.
func (d *Delivery) PublicNow() []Receipt {
	var out []Receipt
	for _, r := range d.Receipts {
		if r.Deleted.IsZero() {
			out = append(out, r)
		}
	}
	return out
}
