package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	out, err := d.endConsent(ctx, a, "consent.withdraw", ref, "consent "+ref+" was withdrawn", func(r *room) error {
		con, ok := r.c.Consents[ref]
		if !ok {
			return fmt.Errorf("consent %s: %w", ref, store.ErrNotFound)
		}
		if con.Withdrawn {
			return r.may(campaign.ActConfigure, campaign.Object{})
		}
		c := r.c.Clone()
		con.Withdrawn = true
		c.Consents[ref] = con
		_, err := r.reconfigure(c, "", "", "", false)
		return err
	})
	if out.Ref != "" {
		d.tell(Notice{Event: "consent_withdrawn", By: a.Person, Deliveries: idsOfRows(slices.Concat(out.Public, out.Perhaps)),
			Text: fmt.Sprintf("Consent %s was withdrawn: %s.", ref, out.counts())})
	}
	return out, err
}

// endedSettings hold, by consent, the end that people were told of.
const endedSettings = "consent/ended/"

// EndConsents does for each consent whose last day is over what a withdrawal
// does, once, and tells people: the daemon calls it every few seconds. A consent
// whose end is moved meanwhile ends again when that comes.
func (d *Desk) EndConsents(ctx context.Context) error {
	daemon := campaign.Actor{Door: campaign.DoorDaemon}
	var ended []string
	err := d.look(ctx, daemon, func(r *room) error {
		ended = nil
		for ref, con := range r.c.Consents {
			if !con.Withdrawn && !con.Holds(r.now) {
				told, err := getJSON[time.Time](r.Tx, endedSettings+ref)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				if !told.Equal(con.Until) {
					ended = append(ended, ref)
				}
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // no campaign yet
	}
	slices.Sort(ended)
	for _, ref := range ended {
		out, failed := d.endConsent(ctx, daemon, "consent.end", ref, "consent "+ref+" has ended", func(r *room) error {
			con := r.c.Consents[ref]
			told, err := getJSON[time.Time](r.Tx, endedSettings+ref)
			if con.Holds(r.now) || err == nil && told.Equal(con.Until) {
				return errNotEnded
			}
			return putJSON(r.Tx, endedSettings+ref, con.Until)
		})
		if errors.Is(failed, errNotEnded) {
			continue
		}
		if out.Ref != "" {
			d.tell(Notice{Event: "consent_ended", Deliveries: idsOfRows(slices.Concat(out.Public, out.Perhaps)),
				Text: fmt.Sprintf("Consent %s has ended: %s. Next: takeover consent show %s", ref, out.counts(), ref)})
		}
		err = errors.Join(err, failed)
	}
	return err
}

// errNotEnded: somebody moved the consent's end meanwhile, or another daemon was first.
var errNotEnded = errors.New("the consent has not ended, or that was said")

func (w Withdrawn) counts() string {
	return fmt.Sprintf("%d cancelled, %d public, %d perhaps public", len(w.Cancelled), len(w.Public), len(w.Perhaps))
}

// endConsent writes the end by edit, and stops all that uses the consent.
// Without a Ref in the answer nothing was ended.
func (d *Desk) endConsent(ctx context.Context, a campaign.Actor, deed, ref, why string, edit func(*room) error) (Withdrawn, error) {
	uses := func(v *campaign.Delivery) bool { return slices.Contains(v.Consents, ref) }
	err := d.do(ctx, a, deed, func(r *room) error {
		if err := edit(r); err != nil {
			return err
		}
		if _, err := r.touch(uses, why); err != nil {
			return err
		}
		return r.cancelUsers(ref, why, uses)
	})
	if err != nil {
		return Withdrawn{}, err
	}
	_, back, halted := d.brake(ctx, uses)
	if len(back) > 0 {
		// What was taken back at the gate is queued again: cancel it too.
		if err := d.do(ctx, a, deed, func(r *room) error { return r.cancelUsers(ref, why, uses) }); err != nil {
			return Withdrawn{}, err
		}
	}
	out, err := d.users(ctx, a, ref)
	if err == nil && halted != nil {
		err = fmt.Errorf("%s, but what was being sent at this moment did not answer: %w", why, halted)
	}
	if d.Brake != nil && halted == nil {
		d.Brake.Lift() // nothing that is covered is queued any more
	}
	return out, err
}

func (r *room) cancelUsers(ref, why string, uses func(*campaign.Delivery) bool) error {
	ds, err := r.all(store.Filter{States: []campaign.State{campaign.Planned, campaign.Scheduled}})
	if err != nil {
		return err
	}
	var gone []campaign.DeliveryID
	for _, v := range ds {
		if !uses(&v) {
			continue
		}
		if err := v.Cancel(campaign.ReasonConsent, why, r.now); err != nil {
			return err
		}
		if err := r.PutDelivery(&v); err != nil {
			return err
		}
		gone = append(gone, v.ID)
	}
	r.did(ref, "%s, cancelled %s", why, list(gone))
	return nil
}

// users sorts everything that uses a consent that is over by what became of it.
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
