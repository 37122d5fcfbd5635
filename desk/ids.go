package desk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// idStart begins every delivery's id; people write shortest characters at least.
const (
	idStart  = "d_"
	shortest = len(idStart) + 6
)

// maxCandidates bounds how many ids an ambiguous beginning lists.
const maxCandidates = 10

// find reads the delivery that the id names; an unambiguous beginning of an id
// is enough. This is the one place where short ids become whole ones.
func (r *room) find(id campaign.DeliveryID) (campaign.Delivery, error) {
	d, err := r.Delivery(id)
	if !errors.Is(err, store.ErrNotFound) {
		if err != nil {
			err = of("delivery", id, err)
		}
		return d, err
	}
	if len(id) < shortest {
		if strings.HasPrefix(string(id), idStart) {
			return d, fmt.Errorf("delivery %s: %w (write at least %d characters after %s)", id, store.ErrNotFound, shortest-len(idStart), idStart)
		}
		return d, of("delivery", id, err)
	}
	found, err := r.DeliveriesByPrefix(string(id), maxCandidates+1)
	switch {
	case err != nil:
		return d, err
	case len(found) == 0:
		return d, of("delivery", id, store.ErrNotFound)
	case len(found) == 1:
		return r.Delivery(found[0])
	}
	return d, r.ambiguous(id, found)
}

// ambiguous lists what the actor may see of the ids that begin alike.
func (r *room) ambiguous(id campaign.DeliveryID, found []campaign.DeliveryID) error {
	var seen []string
	for _, f := range found[:min(len(found), maxCandidates)] {
		d, err := r.Delivery(f)
		if err != nil {
			return err
		}
		if r.sees(d.Mechanism, d.Plan) {
			seen = append(seen, fmt.Sprintf("%s (%s/%s on %s)", d.ID, d.Plan, d.Post, d.Channel))
		}
	}
	more := ""
	if len(found) > maxCandidates {
		more = " and more"
	}
	return fmt.Errorf("%w: several deliveries begin with %s; write more of the one you mean: %s%s", ErrUsage, id, strings.Join(seen, ", "), more)
}

// short is the shortest beginning of the id that find takes for it alone.
func (r *room) short(id campaign.DeliveryID) (string, error) {
	for n := shortest; n < len(id); n++ {
		found, err := r.DeliveriesByPrefix(string(id[:n]), 2)
		if err != nil || len(found) < 2 {
			return string(id[:n]), err
		}
	}
	return string(id), nil
}

// whole is the scope with a delivery's whole id in it.
func (r *room) whole(s campaign.Scope) (campaign.Scope, error) {
	if s.Kind != "delivery" {
		return s, nil
	}
	d, err := r.find(s.Delivery)
	if err != nil {
		return s, err
	}
	s.Delivery = d.ID
	return s, nil
}
