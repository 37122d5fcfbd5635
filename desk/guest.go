package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Guest is what somebody without an account is invited to: one plan, to decide
// on it, or with a Window to hand it in for that window; or one Channel, to connect the account that they own.
type Guest struct {
	Plan    campaign.PlanID     `json:"plan,omitempty"`
	Window  campaign.TakeoverID `json:"window,omitempty"`
	Channel campaign.ChannelID  `json:"channel,omitempty"`
	Host    campaign.PersonID   `json:"host"` // who invited; the invitation ends with their own right to
}

// GuestRequest says who is invited to one thing: a Plan, a Window or a Channel.
type GuestRequest struct {
	Mail   campaign.PersonID   `json:"mail"`
	Plan   campaign.PlanID     `json:"plan,omitempty" doc:"To see and decide on; the link signs in once, within 72 hours."`
	Window campaign.TakeoverID `json:"window,omitempty" doc:"To hand in a plan of their own for; the link works until the window ends."`
	// Channel is for the owner of its account.
	Channel campaign.ChannelID `json:"channel,omitempty" doc:"To connect the account that they own; the link signs in once, within 72 hours."`
}

// named is to how many things the guest would be invited.
func (q GuestRequest) named() (n int) {
	for _, s := range []string{string(q.Plan), string(q.Window), string(q.Channel)} {
		if s != "" {
			n++
		}
	}
	return n
}

// MakeGuestLink invites somebody who has no account. Only who configures the
// campaign does, and lends no right beyond the one plan.
func (d *Desk) MakeGuestLink(ctx context.Context, a campaign.Actor, q GuestRequest) (secret string, l Link, err error) {
	secret, id := newSecret(), newID("l_")
	err = d.do(ctx, a, "guest.invite", func(r *room) error {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		l = Link{ID: id, Person: lowerMail(q.Mail), By: a.Person, Until: r.now.Add(LinkLife), Guest: &Guest{Plan: q.Plan, Window: q.Window, Channel: q.Channel, Host: a.Person}}
		if err := mailAddress(l.Person); err != nil {
			return err
		}
		w, known := r.c.Takeovers[q.Window]
		_, connects := r.c.Channels[q.Channel]
		switch {
		case q.named() != 1:
			return fmt.Errorf("%w: a guest is invited to a plan, to a window or to a channel, one of them", ErrUsage)
		case q.Channel != "" && !connects:
			return of("channel", q.Channel, store.ErrNotFound)
		case q.Channel != "":
		case q.Plan != "":
			if _, err := r.plan(q.Plan, campaign.ActRead, 0); err != nil {
				return err
			}
		case !known:
			return of("window", q.Window, store.ErrNotFound)
		default:
			l.Until = w.To
			l.Guest.Plan = campaign.PlanID(q.Window) + "-" + campaign.PlanID(campaign.DigestOf([]byte(l.Person))[:6])
		}
		guest, err := r.guest(l.Person, *l.Guest)
		if err == nil && q.Window != "" {
			err = r.c.May(guest, campaign.ActSubmit, r.about("", q.Window, l.Guest.Plan), r.now)
		}
		if err != nil {
			return err
		}
		if err := r.sweep(); err != nil {
			return err
		}
		r.did(id, "to %s, until %s", l.Guest.to(), l.Until.Format(time.RFC3339))
		return putJSON(r.Tx, digestKey(linkSettings, secret), l)
	})
	return secret, l, err
}

// guest is the actor of somebody invited, as long as the host may invite.
func (r *room) guest(who campaign.PersonID, g Guest) (campaign.Actor, error) {
	host, err := r.c.ActorFor(g.Host, DoorPage)
	if err == nil {
		err = r.c.May(host, campaign.ActConfigure, campaign.Object{}, r.now)
	}
	if err != nil {
		return campaign.Actor{}, fmt.Errorf("%w: whoever invited %s may not do so any more", campaign.ErrNotAllowed, who)
	}
	if g.Channel != "" {
		return campaign.Actor{Person: who, Door: DoorPage, Owner: g.Channel, Host: g.Host}, nil
	}
	a := campaign.Actor{Person: who, Door: DoorPage, Guest: g.Plan, Window: g.Window, Host: g.Host, Roles: []campaign.Role{{Name: campaign.Approver}}}
	if g.Window != "" {
		a.Roles = []campaign.Role{{Name: campaign.Lead, Mechanism: r.c.Takeovers[g.Window].Mechanism}}
	}
	return a, r.c.May(a, campaign.ActRead, campaign.Object{Plan: g.Plan}, r.now)
}

// to names what the guest is invited to, for the record.
func (g Guest) to() string {
	if g.Channel != "" {
		return "channel " + string(g.Channel)
	}
	return "plan " + string(g.Plan)
}

// GuestLinks are the invitations of guests that may still be somewhere, the latest first.
func (d *Desk) GuestLinks(ctx context.Context, a campaign.Actor) ([]Link, error) {
	list := []Link{}
	err := d.look(ctx, a, func(r *room) error {
		list = list[:0]
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		return eachJSON(r.Tx, linkSettings, func(_ string, l Link) error {
			if l.Guest != nil && r.now.Before(l.Until) {
				list = append(list, l)
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Link) int { return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// EndGuest ends an invitation and every session that the guest has of that plan.
func (d *Desk) EndGuest(ctx context.Context, a campaign.Actor, id string) error {
	return d.do(ctx, a, "guest.end", func(r *room) error {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		var ended Link
		err := eachJSON(r.Tx, linkSettings, func(key string, l Link) error {
			if l.ID != id || l.Guest == nil {
				return nil
			}
			ended = l
			r.did(id, "to %s", l.Guest.to())
			return r.PutSetting(key, nil)
		})
		if err != nil || ended.ID == "" {
			return cmp.Or(err, of("invitation", id, store.ErrNotFound))
		}
		return eachJSON(r.Tx, sessionSettings, func(key string, s Session) error {
			if s.Guest == nil || s.Person != ended.Person || *s.Guest != *ended.Guest {
				return nil
			}
			return r.PutSetting(key, nil)
		})
	})
}
