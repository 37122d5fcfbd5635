package desk

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// PersonRequest says what a person may do from now on.
type PersonRequest struct {
	Roles  []string          `json:"roles" doc:"Each as the campaign's file writes it: viewer, lead:mayors, approver, organizer, operator."`
	Deputy campaign.PersonID `json:"deputy,omitempty" doc:"Who may act in these roles as well."`
}

// SetPerson brings a person into the campaign, or gives one other roles; who
// was disabled is let in again. It makes no way to sign in: MakeLink does. At
// least one organizer stays, or nobody could mend what was set wrongly.
func (d *Desk) SetPerson(ctx context.Context, a campaign.Actor, who campaign.PersonID, q PersonRequest) (Applied, error) {
	p := campaign.Person{Mail: lowerMail(who), Deputy: lowerMail(q.Deputy)}
	return d.configure(ctx, a, "person.set", string(p.Mail), func(r *room, c *campaign.Campaign) error {
		p := p
		if err := mailAddress(p.Mail); err != nil {
			return err
		}
		if p.Deputy == p.Mail || p.Deputy != "" && !slices.ContainsFunc(c.People, func(o campaign.Person) bool { return o.Mail == p.Deputy }) {
			return fmt.Errorf("%w: a deputy is another person of the campaign, and %s is none; invite them first", ErrUsage, p.Deputy)
		}
		for _, s := range q.Roles {
			role, err := campaign.ParseRole(s)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrUsage, err)
			}
			if _, known := c.Mechanisms[role.Mechanism]; role.Mechanism != "" && !known {
				return fmt.Errorf("%w: there is no mechanism %s to be lead of", ErrUsage, role.Mechanism)
			}
			if !slices.Contains(p.Roles, role) {
				p.Roles = append(p.Roles, role)
			}
		}
		if len(p.Roles) == 0 {
			return fmt.Errorf("%w: choose what %s may do: at least one role", ErrUsage, p.Mail)
		}
		if i := slices.IndexFunc(c.People, func(o campaign.Person) bool { return lowerMail(o.Mail) == p.Mail }); i >= 0 {
			c.People[i] = p
		} else {
			c.People = append(c.People, p)
		}
		if !slices.ContainsFunc(c.People, func(o campaign.Person) bool {
			return !o.Disabled && slices.Contains(o.Roles, campaign.Role{Name: campaign.Organizer})
		}) {
			return fmt.Errorf("%w: %s is the last organizer; invite another one first", ErrConflict, p.Mail)
		}
		return nil
	})
}

// lowerMail is a mail address as the campaign writes it.
func lowerMail(p campaign.PersonID) campaign.PersonID {
	return campaign.PersonID(strings.ToLower(strings.TrimSpace(string(p))))
}

// mailAddress refuses what no letter reaches, such as a name beside the address.
func mailAddress(p campaign.PersonID) error {
	if at, err := mail.ParseAddress(string(p)); err != nil || at.Address != string(p) || len(p) > 254 {
		return fmt.Errorf("%w: %q is no mail address, write it like desk@campaign.example", ErrUsage, p)
	}
	return nil
}
