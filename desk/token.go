package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Token is what is kept of an API token: never the token itself.
type Token struct {
	ID      string            `json:"id"` // shown and used to revoke; says nothing of the secret
	Person  campaign.PersonID `json:"person"`
	Name    string            `json:"name"`
	Roles   []string          `json:"roles"` // a token never has more than its person has
	Created time.Time         `json:"created"`
	Until   time.Time         `json:"until"`
	By      campaign.PersonID `json:"by"`
}

// TokenRequest asks for a token.
type TokenRequest struct {
	For   campaign.PersonID `json:"for,omitempty"` // empty: oneself
	Name  string            `json:"name"`
	Roles []string          `json:"roles,omitempty"` // empty: all that the person has
	Until time.Time         `json:"until,omitzero"`  // zero: in 90 days; at most a year
}

const (
	tokenPrefix   = "takeover_" // so that a leaked one is recognised
	tokenSettings = "token/"    // followed by the digest of the secret
	tokenDefault  = 90 * 24 * time.Hour
	tokenLongest  = 366 * 24 * time.Hour
)

// CreateToken makes an API token; the secret is returned this once, only its
// digest is kept. Everybody makes tokens for themselves; an organizer makes
// them for others too, but only with the roles viewer and lead, since whoever
// holds one could approve what they wrote themselves.
func (d *Desk) CreateToken(ctx context.Context, a campaign.Actor, q TokenRequest) (secret string, t Token, err error) {
	secret = tokenPrefix + newSecret()
	id := newID("t_")
	err = d.do(ctx, a, "token.create", func(r *room) error {
		t = Token{ID: id, Person: campaign.PersonID(strings.ToLower(string(q.For))), Name: q.Name, Created: r.now, Until: q.Until, By: a.Person}
		if t.Person == "" {
			t.Person = a.Person
		}
		if t.Until.IsZero() {
			t.Until = r.now.Add(tokenDefault)
		}
		if !t.Until.After(r.now) || t.Until.Sub(r.now) > tokenLongest {
			return fmt.Errorf("%w: a token ends later than now and within a year", ErrUsage)
		}
		var err error
		if t.Roles, err = r.tokenRoles(t.Person, q.Roles); err != nil {
			return err
		}
		r.did(t.ID, "for %s until %s: %s", t.Person, t.Until.Format(time.RFC3339), strings.Join(t.Roles, " "))
		return putJSON(r.Tx, tokenKey(secret), t)
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// tokenRoles are the roles of a new token for p: those asked for, all of which
// the person must have, and the actor must be allowed to hand out.
func (r *room) tokenRoles(p campaign.PersonID, ask []string) ([]string, error) {
	person, err := r.c.ActorFor(p, r.a.Door)
	if err != nil {
		return nil, err
	}
	own := p == r.a.Person
	if !own {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return nil, err
		}
	}
	if len(ask) == 0 {
		for _, role := range person.Roles {
			ask = append(ask, role.String())
		}
	}
	for _, s := range ask {
		role, err := campaign.ParseRole(s)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		case !slices.Contains(person.Roles, role):
			return nil, fmt.Errorf("%w: %s does not have the role %s", campaign.ErrNotAllowed, p, role)
		case own && !slices.Contains(r.a.Roles, role):
			return nil, fmt.Errorf("%w: this sign-in does not have the role %s", campaign.ErrNotAllowed, role)
		case !own && role.Name != campaign.Viewer && role.Name != campaign.Lead:
			return nil, fmt.Errorf("%w: a token with the role %s is made by its person only", campaign.ErrNotAllowed, role)
		}
	}
	return ask, nil
}

func tokenKey(secret string) string { return digestKey(tokenSettings, secret) }

// mayOwn: who may list and end what belongs to a person, such as a token, a
// session or a feed: that person, and those who operate.
func (r *room) mayOwn(p campaign.PersonID) error {
	if p == r.a.Person {
		return nil
	}
	return r.may(campaign.ActOperate, campaign.Object{})
}

// RevokeToken ends a token at once.
func (d *Desk) RevokeToken(ctx context.Context, a campaign.Actor, id string) error {
	return d.do(ctx, a, "token.revoke", func(r *room) error {
		err := eachJSON(r.Tx, tokenSettings, func(key string, t Token) error {
			if t.ID != id {
				return nil
			}
			if err := r.mayOwn(t.Person); err != nil {
				return err
			}
			r.did(id, "of %s", t.Person)
			return r.PutSetting(key, nil)
		})
		if err == nil && r.object == "" {
			return fmt.Errorf("token %s: %w", id, store.ErrNotFound)
		}
		return err
	})
}

// ListTokens lists the tokens that the actor may revoke, oldest first.
func (d *Desk) ListTokens(ctx context.Context, a campaign.Actor) ([]Token, error) {
	list := []Token{}
	err := d.look(ctx, a, func(r *room) error {
		return eachJSON(r.Tx, tokenSettings, func(_ string, t Token) error {
			if r.mayOwn(t.Person) == nil {
				list = append(list, t)
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Token) int { return a.Created.Compare(b.Created) })
	return list, err
}

// errToken says no more than that: whoever guesses learns nothing.
var errToken = fmt.Errorf("%w: the token is unknown, expired or revoked", campaign.ErrNotAllowed)

// ActorByToken is who a token speaks for, with the roles that token and person
// both have now; campaign.ErrNotAllowed for an unknown, expired or revoked one
// and for a disabled person.
func (d *Desk) ActorByToken(ctx context.Context, secret, door string) (campaign.Actor, error) {
	var actor campaign.Actor
	err := d.look(ctx, campaign.Actor{}, func(r *room) error {
		t, err := getJSON[Token](r.Tx, tokenKey(secret))
		if errors.Is(err, store.ErrNotFound) {
			return errToken
		}
		if err != nil {
			return err
		}
		if !r.now.Before(t.Until) {
			return errToken
		}
		if actor, err = r.c.ActorFor(t.Person, door); err != nil {
			return err
		}
		actor.Roles = slices.DeleteFunc(slices.Clone(actor.Roles), func(role campaign.Role) bool {
			return !slices.Contains(t.Roles, role.String())
		})
		return nil
	})
	if err != nil {
		return campaign.Actor{}, err
	}
	return actor, nil
}

// ActorAs is a person by mail (the local operator's --as).
func (d *Desk) ActorAs(ctx context.Context, p campaign.PersonID, door string) (campaign.Actor, error) {
	var actor campaign.Actor
	err := d.look(ctx, campaign.Actor{}, func(r *room) error {
		var err error
		actor, err = r.c.ActorFor(p, door)
		return err
	})
	return actor, err
}
