package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	// fresh is how long counts serve before the store is read anew.
	fresh = time.Minute
	// patience is how long a scrape waits for the store; then it gets the counts before.
	patience = 5 * time.Second
	// page is how many deliveries one transaction reads.
	page = 500
)

// series is what one number of deliveries is about.
type series struct {
	state    campaign.State
	channel  campaign.ChannelID
	platform string
}

// tries are attempts of a platform that ended the same way.
type tries struct{ platform, outcome string }

// counts are what the store holds. Deliveries and attempts are never taken out,
// so attempts and lateness only grow.
type counts struct {
	deliveries map[series]int
	attempts   map[tries]int
	lateness   []time.Duration // of what was published, 0 or more
}

// counter reads the store, once at a time and at most once in fresh.
type counter struct {
	clock clock.Clock
	store store.Store

	mu    sync.Mutex
	last  *counts // nil before the first
	err   error   // of the newest reading
	at    time.Duration
	under chan struct{} // closed when the reading under way ends; nil: none is
}

// newest are the counts, at most a minute old where the store answers.
func (c *counter) newest() (*counts, error) {
	c.mu.Lock()
	if c.under == nil && (c.last == nil || c.clock.Boot()-c.at >= fresh) {
		c.under = make(chan struct{})
		go c.read(c.under)
	}
	under := c.under
	c.mu.Unlock()
	if under != nil {
		late := time.NewTimer(patience)
		defer late.Stop()
		select {
		case <-under:
		case <-late.C:
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.err
}

func (c *counter) read(done chan struct{}) {
	n, err := count(context.Background(), c.store)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err = err; err == nil {
		c.last = n
	}
	c.at, c.under = c.clock.Boot(), nil
	close(done)
}

// count reads all deliveries, a page at a time, so that no transaction is long.
func count(ctx context.Context, s store.Store) (*counts, error) {
	n := &counts{deliveries: map[series]int{}, attempts: map[tries]int{}}
	for cursor, first := "", true; first || cursor != ""; first = false {
		err := s.View(ctx, func(tx store.Tx) error {
			list, next, err := tx.List(store.Filter{}, cursor, page)
			if err != nil {
				return err
			}
			cursor = next
			return n.add(tx, list)
		})
		if err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *counts) add(tx store.Tx, list []campaign.Delivery) error {
	if len(list) == 0 {
		return nil
	}
	c, err := tx.Campaign()
	if err != nil {
		return err
	}
	for _, d := range list {
		platform := c.Channels[d.Channel].Platform
		n.deliveries[series{d.State, d.Channel, platform}]++
		if d.State == campaign.Published {
			n.lateness = append(n.lateness, max(d.Lateness, 0))
		}
		if d.Attempt == 0 {
			continue
		}
		all, err := tx.Attempts(d.ID)
		if err != nil {
			return err
		}
		for _, a := range all {
			outcome := a.Fate
			if outcome == "" {
				outcome = "open" // no result yet
			}
			n.attempts[tries{platform, outcome}]++
		}
	}
	return nil
}
