package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

// PersonLine is a person of the campaign in a list.
type PersonLine struct {
	Mail     campaign.PersonID `json:"mail"`
	Roles    []string          `json:"roles"`
	Deputy   campaign.PersonID `json:"deputy,omitempty"` // may act in these roles as well
	Disabled bool              `json:"disabled,omitempty"`
	Tokens   int               `json:"tokens"` // that have not ended
}

// ConsentLine is an entry of the consent register in a list. Who is shown
// stays out of the register: Shows is a role.
type ConsentLine struct {
	Ref       string    `json:"ref"`
	Shows     string    `json:"shows"`
	Scope     []string  `json:"scope"`
	Platforms []string  `json:"platforms"` // empty: all
	Languages []string  `json:"languages"`
	Until     time.Time `json:"until,omitzero"` // exclusive; zero: no end
	Guardian  bool      `json:"guardian,omitempty"`
	Withdrawn bool      `json:"withdrawn,omitempty"`
	Forgotten bool      `json:"forgotten,omitempty"`
	Proven    bool      `json:"proven,omitempty"` // its evidence is kept, sealed
	Holds     bool      `json:"holds"`            // it allows use now
	Queued    int       `json:"queued"`           // deliveries that use it and have not ended
	Public    int       `json:"public"`           // deliveries that use it and can be seen
}

// ConsentView is an entry of the consent register with all that uses it, as
// far as the actor may read it.
type ConsentView struct {
	ConsentLine
	Rows []Row `json:"rows"`
}

// People lists the people of the campaign, by mail address.
func (d *Desk) People(ctx context.Context, a campaign.Actor) ([]PersonLine, error) {
	lines := []PersonLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActOperate, campaign.Object{}); err != nil {
			return err
		}
		tokens := map[campaign.PersonID]int{}
		err := eachJSON(r.Tx, tokenSettings, func(_ string, t Token) error {
			if r.now.Before(t.Until) {
				tokens[t.Person]++
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, p := range r.c.People {
			line := PersonLine{Mail: p.Mail, Roles: []string{}, Deputy: p.Deputy, Disabled: p.Disabled, Tokens: tokens[p.Mail]}
			for _, role := range p.Roles {
				line.Roles = append(line.Roles, role.String())
			}
			lines = append(lines, line)
		}
		return nil
	})
	slices.SortFunc(lines, func(a, b PersonLine) int {
		return strings.Compare(string(a.Mail), string(b.Mail))
	})
	return lines, err
}

// Consents lists the consent register, by reference. Who may read the log sees
// all of it, everybody else what the posts use that they may read.
func (d *Desk) Consents(ctx context.Context, a campaign.Actor) ([]ConsentLine, error) {
	lines := []ConsentLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		uses := map[string][]campaign.Delivery{}
		err := r.each(store.Filter{}, func(v campaign.Delivery) error {
			if len(v.Consents) > 0 && r.sees(v.Mechanism, v.Plan) {
				for _, ref := range v.Consents {
					uses[ref] = append(uses[ref], v)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		all := r.may(campaign.ActReadAudit, campaign.Object{}) == nil
		for _, ref := range slices.Sorted(maps.Keys(r.c.Consents)) {
			if all || len(uses[ref]) > 0 {
				lines = append(lines, r.consentLine(ref, uses[ref]))
			}
		}
		return nil
	})
	return lines, err
}

// Consent is one entry of the register with what uses it. To somebody who may
// not see it, it does not exist.
func (d *Desk) Consent(ctx context.Context, a campaign.Actor, ref string) (ConsentView, error) {
	var out ConsentView
	err := d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		var uses []campaign.Delivery
		err := r.each(store.Filter{}, func(v campaign.Delivery) error {
			if slices.Contains(v.Consents, ref) && r.sees(v.Mechanism, v.Plan) {
				uses = append(uses, v)
			}
			return nil
		})
		if err != nil {
			return err
		}
		_, known := r.c.Consents[ref]
		if !known || len(uses) == 0 && r.may(campaign.ActReadAudit, campaign.Object{}) != nil {
			return fmt.Errorf("consent %s: %w", ref, store.ErrNotFound)
		}
		out.ConsentLine = r.consentLine(ref, uses)
		out.Rows, err = r.rows(uses)
		return err
	})
	return out, err
}

func (r *room) consentLine(ref string, uses []campaign.Delivery) ConsentLine {
	con := r.c.Consents[ref]
	line := ConsentLine{Ref: ref, Shows: con.Shows, Scope: orEmpty(con.Scope), Platforms: orEmpty(con.Platforms), Languages: orEmpty(con.Languages), Until: con.Until,
		Guardian: con.Guardian, Withdrawn: con.Withdrawn, Forgotten: con.Forgotten, Proven: vault.Kept(r.Tx, ofConsents+ref), Holds: con.Holds(r.now)}
	for _, v := range uses {
		switch {
		case v.Public():
			line.Public++
		case !v.State.End():
			line.Queued++
		}
	}
	return line
}

// orEmpty makes a list that JSON shows as [] where there is none.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
