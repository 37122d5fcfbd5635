package desk

import (
	"context"
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

const numberSettings = "numbers/" // followed by the delivery: its []campaign.Numbers

// numbersAfter is how long after publication a post's numbers are pulled back.
var numbersAfter = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

const (
	// countedFor is how long after its due time a delivery is looked at: the
	// last pull, the latest a post can leave, and a day of outage.
	countedFor = 9 * 24 * time.Hour
	// countedPage is how many deliveries are read at once.
	countedPage = 500
)

// counting is a published delivery whose numbers are due.
type counting struct {
	delivery campaign.Delivery
	receipt  campaign.Receipt
	c        *campaign.Campaign
}

// CollectNumbers asks the platforms how posts did whose time for it has come:
// an hour, a day and a week after publication. It is the daemon's own deed and
// may be repeated at any time: what was pulled is kept, what failed is asked
// for again at the next call. It tells how many posts were counted.
func (d *Desk) CollectNumbers(ctx context.Context) (n int, err error) {
	for cursor, more := "", true; more && ctx.Err() == nil; more = cursor != "" {
		var due []counting
		if due, cursor, err = d.uncounted(ctx, cursor); err != nil {
			return n, err
		}
		for _, k := range due {
			ok, err := d.countOne(ctx, k)
			if err != nil {
				return n, err
			}
			if ok {
				n++
			}
		}
	}
	return n, ctx.Err()
}

// uncounted is a page of deliveries whose numbers are due.
func (d *Desk) uncounted(ctx context.Context, cursor string) (due []counting, next string, err error) {
	now := d.Clock.Now()
	err = d.Store.View(ctx, func(tx store.Tx) error {
		due = nil
		c, err := campaignYet(tx)
		if c == nil {
			return err
		}
		ds, at, err := tx.List(store.Filter{States: []campaign.State{campaign.Published}, From: now.Add(-countedFor), To: now}, cursor, countedPage)
		if err != nil {
			return err
		}
		next = at
		for _, v := range ds {
			public := v.PublicNow()
			if len(public) == 0 || public[0].Part != 0 {
				continue
			}
			have, err := numbersOf(tx, v.ID)
			if err != nil {
				return err
			}
			if len(have) < stagesDue(public[0].At, now) {
				due = append(due, counting{v, public[0], c})
			}
		}
		return nil
	})
	return due, next, err
}

// stagesDue is how many pulls are due by now for a post that was published then.
func stagesDue(published, now time.Time) int {
	n := 0
	for _, after := range numbersAfter {
		if !now.Before(published.Add(after)) {
			n++
		}
	}
	return n
}

// countOne asks for one post. A platform that does not answer is asked again
// later; one that was asked too late for a stage has one number for both.
func (d *Desk) countOne(ctx context.Context, k counting) (bool, error) {
	ch, err := d.Channel(k.c, k.delivery.Channel)
	if err != nil {
		return false, nil // the channel's trouble is told elsewhere
	}
	counter, ok := ch.(channels.Counter)
	if !ok {
		return false, nil
	}
	got, err := counter.Numbers(ctx, k.receipt)
	gone := errors.Is(err, channels.ErrGone)
	if err != nil && !gone {
		d.Log.Debug("numbers not given", "delivery", k.delivery.ID, "err", err)
		return false, nil
	}
	now := d.Clock.Now()
	got.At = now
	return !gone, d.Store.Update(ctx, func(tx store.Tx) error {
		have, err := numbersOf(tx, k.delivery.ID)
		if err != nil {
			return err
		}
		for len(have) < stagesDue(k.receipt.At, now) {
			have = append(have, got)
		}
		return putJSON(tx, numberSettings+string(k.delivery.ID), have)
	})
}

// numbersOf are the numbers pulled so far, one for each of numbersAfter that is over.
func numbersOf(tx store.Settings, id campaign.DeliveryID) ([]campaign.Numbers, error) {
	have, err := getJSON[[]campaign.Numbers](tx, numberSettings+string(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return have, err
}
