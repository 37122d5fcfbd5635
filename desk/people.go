package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Disabled says what disabling a person met.
type Disabled struct {
	Person   campaign.PersonID `json:"person"`
	At       time.Time         `json:"at"`
	Tokens   int               `json:"tokens"`   // revoked
	Sessions int               `json:"sessions"` // ended
	Held     []Row             `json:"held"`     // approved by the person, now paused
	Kept     []Row             `json:"kept"`     // approved by the person, still going
}

// DisableUser ends a person's rights, tokens, sessions, feeds and passwords at once. What the person
// approved and has not left is paused, each until somebody releases it; keep
// leaves it going.
func (d *Desk) DisableUser(ctx context.Context, a campaign.Actor, who campaign.PersonID, keep bool) (Disabled, error) {
	who = campaign.PersonID(strings.ToLower(string(who)))
	var out Disabled
	err := d.do(ctx, a, "user.disable", func(r *room) error {
		out = Disabled{Person: who, At: r.now, Held: []Row{}, Kept: []Row{}}
		c := r.c.Clone()
		i := slices.IndexFunc(c.People, func(p campaign.Person) bool { return strings.EqualFold(string(p.Mail), string(who)) })
		if i < 0 {
			return fmt.Errorf("person %s: %w", who, store.ErrNotFound)
		}
		c.People[i].Disabled = true
		if _, err := r.reconfigure(c, "", "", "", false); err != nil {
			return err
		}
		err := eachJSON(r.Tx, tokenSettings, func(key string, t Token) error {
			if t.Person != who {
				return nil
			}
			out.Tokens++
			return r.PutSetting(key, nil)
		})
		if err != nil {
			return err
		}
		if out.Sessions, err = r.endSessions(who, ""); err != nil {
			return err
		}
		if err := r.endFeeds(who); err != nil {
			return err
		}
		if err := d.forgetWays(r, who); err != nil {
			return err
		}
		if err := r.holdApproved(who, keep, &out); err != nil {
			return err
		}
		r.did(string(who), "%d tokens revoked, %d sessions ended, held %s", out.Tokens, out.Sessions, list(idsOfRows(out.Held)))
		return nil
	})
	if err != nil {
		return Disabled{}, err
	}
	d.wake()
	return out, nil
}

// holdApproved pauses what the person approved, or lists it.
func (r *room) holdApproved(who campaign.PersonID, keep bool, out *Disabled) error {
	ds, err := r.all(store.Filter{States: []campaign.State{campaign.Scheduled}})
	if err != nil {
		return err
	}
	for _, v := range ds {
		if !slices.ContainsFunc(v.Approvals, func(a campaign.Approval) bool { return a.By == who }) {
			continue
		}
		to := &out.Kept
		if !keep {
			to = &out.Held
			if err := v.Park(campaign.ReasonLeft, "it was approved by somebody who has left", r.now); err != nil {
				return err
			}
			if err := r.PutDelivery(&v); err != nil {
				return err
			}
		}
		row, err := r.row(v)
		if err != nil {
			return err
		}
		*to = append(*to, row)
	}
	return nil
}
