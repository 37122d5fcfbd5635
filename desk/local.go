package desk

import (
	"context"
	"errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// LocalActor is whom a person on the daemon's own machine acts as: the one
// named, else the campaign's first organizer who is operator too, as init makes
// one, else its first organizer. Whoever can reach the data folder of a store
// that has no campaign yet may give it one.
func (d *Desk) LocalActor(ctx context.Context, p campaign.PersonID) (campaign.Actor, error) {
	var a campaign.Actor
	err := d.look(ctx, campaign.Actor{}, func(r *room) (err error) {
		if p == "" {
			p = localPerson(r.c)
		}
		a, err = r.c.ActorFor(p, doorCommand)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		if p == "" {
			p = "operator"
		}
		return campaign.Actor{Person: p, Door: doorCommand, Roles: []campaign.Role{{Name: campaign.Organizer}, {Name: campaign.Operator}}}, nil
	}
	return a, err
}

func localPerson(c *campaign.Campaign) (first campaign.PersonID) {
	for _, p := range c.People {
		a := campaign.Actor{Roles: p.Roles}
		if p.Disabled || !a.Is(campaign.Organizer) {
			continue
		}
		if a.Is(campaign.Operator) {
			return p.Mail
		}
		if first == "" {
			first = p.Mail
		}
	}
	return first
}
