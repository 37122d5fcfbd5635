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

// Withdrawn says what a withdrawn consent met.
type Withdrawn struct {
	Ref       string `json:"ref"`
	Cancelled []Row  `json:"cancelled"`
	Perhaps   []Row  `json:"perhaps"` // leaving or in doubt: may be public
	Public    []Row  `json:"public"`  // to be taken down
}

// WithdrawConsent ends a consent: what is queued and uses it is cancelled,
// what is at the gate is taken back and cancelled, what may be or is public is
// listed. None that uses it is sent after the answer.
func (d *Desk) WithdrawConsent(ctx context.Context, a campaign.Actor, ref string) (Withdrawn, error) {
	uses := func(v *campaign.Delivery) bool { return slices.Contains(v.Consents, ref) }
	err := d.do(ctx, a, "consent.withdraw", func(r *room) error {
		con, ok := r.c.Consents[ref]
		if !ok {
			return fmt.Errorf("consent %s: %w", ref, store.ErrNotFound)
		}
		if !con.Withdrawn {
			c := r.c.Clone()
			con.Withdrawn = true
			c.Consents[ref] = con
			if _, err := r.reconfigure(c, "", "", "", false); err != nil {
				return err
			}
		} else if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if _, err := r.touch(uses, "consent "+ref+" was withdrawn"); err != nil {
			return err
		}
		return r.cancelUsers(ref, uses)
	})
	if err != nil {
		return Withdrawn{}, err
	}
	_, back, halted := d.brake(ctx, uses)
	if len(back) > 0 {
		// What was taken back at the gate is queued again: cancel it too.
		if err := d.do(ctx, a, "consent.withdraw", func(r *room) error { return r.cancelUsers(ref, uses) }); err != nil {
			return Withdrawn{}, err
		}
	}
	out, err := d.users(ctx, a, ref)
	if err == nil && halted != nil {
		err = fmt.Errorf("the consent is withdrawn, but what was being sent at this moment did not answer: %w", halted)
	}
	if d.Brake != nil && halted == nil {
		d.Brake.Lift() // nothing that is covered is queued any more
	}
	d.tell(Notice{Event: "consent_withdrawn", By: a.Person, Deliveries: idsOfRows(slices.Concat(out.Public, out.Perhaps)),
		Text: fmt.Sprintf("Consent %s was withdrawn: %d cancelled, %d public, %d perhaps public.", ref, len(out.Cancelled), len(out.Public), len(out.Perhaps))})
	return out, err
}

func (r *room) cancelUsers(ref string, uses func(*campaign.Delivery) bool) error {
	ds, err := r.all(store.Filter{States: []campaign.State{campaign.Planned, campaign.Scheduled}})
	if err != nil {
		return err
	}
	var gone []campaign.DeliveryID
	for _, v := range ds {
		if !uses(&v) {
			continue
		}
		if err := v.Cancel(campaign.ReasonConsent, "consent "+ref+" was withdrawn", r.now); err != nil {
			return err
		}
		if err := r.PutDelivery(&v); err != nil {
			return err
		}
		gone = append(gone, v.ID)
	}
	r.did(ref, "withdrawn, cancelled %s", list(gone))
	return nil
}

// users sorts everything that uses a withdrawn consent by what became of it.
func (d *Desk) users(ctx context.Context, a campaign.Actor, ref string) (Withdrawn, error) {
	var out Withdrawn
	err := d.look(context.WithoutCancel(ctx), a, func(r *room) error {
		out = Withdrawn{Ref: ref, Cancelled: []Row{}, Perhaps: []Row{}, Public: []Row{}}
		return r.each(store.Filter{}, func(v campaign.Delivery) error {
			if !slices.Contains(v.Consents, ref) {
				return nil
			}
			row, err := r.row(v)
			switch {
			case v.Public():
				out.Public = append(out.Public, row)
			case v.State.Pins(), v.State == campaign.Unresolved:
				out.Perhaps = append(out.Perhaps, row)
			case v.State == campaign.Cancelled && v.Reason.Code == campaign.ReasonConsent:
				out.Cancelled = append(out.Cancelled, row)
			}
			return err
		})
	})
	return out, err
}

// Disabled says what disabling a person met.
type Disabled struct {
	Person campaign.PersonID `json:"person"`
	At     time.Time         `json:"at"`
	Tokens int               `json:"tokens"` // revoked
	Held   []Row             `json:"held"`   // approved by the person, now paused
	Kept   []Row             `json:"kept"`   // approved by the person, still going
}

// DisableUser ends a person's rights and tokens at once. What the person
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
		err := r.tokens(func(key string, t Token) error {
			if t.Person != who {
				return nil
			}
			out.Tokens++
			return r.PutSetting(key, nil)
		})
		if err != nil {
			return err
		}
		if err := r.holdApproved(who, keep, &out); err != nil {
			return err
		}
		r.did(string(who), "%d tokens revoked, held %s", out.Tokens, list(idsOfRows(out.Held)))
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
