package desk

import (
	"context"
	"errors"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// audience is who is told of an event, and how.
type audience struct {
	leads  bool                // those of the mechanism concerned
	roles  []campaign.RoleName // everybody with one of them
	push   bool                // also to where all organizers look
	urgent bool                // at once; else a little later, together with others
}

var (
	decide  = []campaign.RoleName{campaign.Approver, campaign.Organizer}
	answer  = []campaign.RoleName{campaign.Organizer}
	operate = []campaign.RoleName{campaign.Operator, campaign.Organizer}
)

// audiences by event; those that are not here are for everybody's eyes in log
// and pages, and reach nobody. Source: the table in docs/organizer.md.
var audiences = map[string]audience{
	"submitted":         {roles: []campaign.RoleName{campaign.Approver}, push: true},
	"approval_missing":  {leads: true, roles: decide, push: true, urgent: true},
	"approved":          {leads: true},
	"deadline":          {leads: true, urgent: true},
	"window_open":       {leads: true, urgent: true},
	"changes_asked":     {leads: true},
	"declined":          {leads: true},
	"moved":             {leads: true, roles: answer},
	"withdrawn":         {leads: true, roles: answer},
	"missed":            {leads: true, roles: answer, push: true, urgent: true},
	"late":              {leads: true, roles: answer, push: true},
	"refused":           {leads: true, roles: answer, push: true, urgent: true},
	"cancelled":         {leads: true, roles: answer},
	"warning":           {leads: true, roles: answer},
	"parked":            {leads: true, roles: answer, push: true, urgent: true},
	"retry":             {roles: answer},
	"doubt":             {roles: answer},
	"hangs":             {roles: operate},
	"needs_you":         {leads: true, roles: decide, push: true, urgent: true},
	"stopped":           {leads: true, roles: decide, push: true, urgent: true},
	"resumed":           {leads: true, roles: answer, push: true},
	"lane_held":         {roles: operate, push: true, urgent: true},
	"channel":           {roles: answer, urgent: true},
	"clock":             {roles: operate, push: true, urgent: true},
	"quarantine":        {roles: operate, push: true, urgent: true},
	"store":             {roles: operate, push: true, urgent: true},
	"trouble":           {roles: operate, push: true, urgent: true},
	"consent_withdrawn": {leads: true, roles: decide, push: true, urgent: true},
	"consent_ended":     {leads: true, roles: decide, push: true, urgent: true},
	"zones":             {leads: true, roles: decide, push: true, urgent: true},
	"window_revoked":    {leads: true, roles: answer, urgent: true},
}

// Address says in n who is told, and how: whoever its event concerns, save the
// person whose own deed it was. A campaign that cannot be read concerns nobody.
func (d *Desk) Address(ctx context.Context, n Notice) Notice {
	who := audiences[n.Event]
	n.Push, n.Urgent, n.To = who.push, who.urgent, nil
	err := d.Store.View(ctx, func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		if n.Mechanism == "" && n.Plan != "" {
			if p, err := tx.Plan(n.Plan); err == nil {
				n.Mechanism = p.Mechanism
			}
		}
		for _, p := range c.People {
			if p.Disabled || p.Mail == n.By {
				continue
			}
			if slices.ContainsFunc(p.Roles, func(r campaign.Role) bool {
				return slices.Contains(who.roles, r.Name) || who.leads && r == campaign.Role{Name: campaign.Lead, Mechanism: n.Mechanism}
			}) {
				n.To = append(n.To, p.Mail)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.Log.Error("it is not known whom to tell", "event", n.Event, "err", err)
	}
	return n
}
