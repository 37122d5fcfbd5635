package desk

import (
	"context"
	"encoding/json"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Mark is a word that changes with every deed, every send and every state of a
// delivery, and says nothing of what changed: open pages ask whether they are
// still true. Its cost does not grow with what is stored.
func (d *Desk) Mark(ctx context.Context) (campaign.Digest, error) {
	var mark campaign.Digest
	err := d.look(ctx, campaign.Actor{}, func(r *room) error {
		last, err := r.lastEntry()
		if err != nil {
			return err
		}
		counts, err := r.Counts()
		if err != nil {
			return err
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		b, err := json.Marshal([]any{last, counts, r.c.Revision, sw})
		mark = campaign.DigestOf(b)
		return err
	})
	return mark, err
}
