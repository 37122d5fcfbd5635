package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// room is where one deed is done: a transaction, who acts, and when. The
// function that works in it may run again, so it begins its answer anew.
type room struct {
	store.Tx
	c         *campaign.Campaign
	a         campaign.Actor
	now       time.Time
	preparing func(campaign.DeliveryID) bool
	sw        *campaign.Switches // read when first needed
	glimpsed  map[campaign.Digest]campaign.Content

	object, detail string // for the audit entry; no object: nothing was done

	pictures *pictures // nil: pictures stay as they are
}

// do runs a deed: one transaction, one audit entry.
func (d *Desk) do(ctx context.Context, a campaign.Actor, deed string, f func(*room) error) error {
	now := d.Clock.Now()
	return d.withPictures(ctx, func(p *pictures) error {
		return told(d.Store.Update(ctx, func(tx store.Tx) error {
			c, err := campaignOf(tx)
			if err != nil {
				return err
			}
			r := &room{Tx: tx, c: c, a: a, now: now, preparing: d.Preparing, pictures: p}
			if err := f(r); err != nil || r.object == "" {
				return err
			}
			return tx.Audit(campaign.AuditEntry{At: now, By: r.a.Person, Door: a.Door, Deed: deed, Object: r.object, Detail: r.detail})
		}))
	})
}

// look runs a question on one consistent state.
func (d *Desk) look(ctx context.Context, a campaign.Actor, f func(*room) error) error {
	now := d.Clock.Now()
	return d.withPictures(ctx, func(p *pictures) error {
		return told(d.Store.View(ctx, func(tx store.Tx) error {
			c, err := campaignOf(tx)
			if err != nil {
				return err
			}
			return f(&room{Tx: tx, c: c, a: a, now: now, preparing: d.Preparing, pictures: p})
		}))
	})
}

// noCampaign is a store that has no campaign yet.
type noCampaign struct{}

func (noCampaign) Error() string {
	return "there is no campaign yet: takeover campaign apply campaign.yaml"
}
func (noCampaign) Unwrap() error { return store.ErrNotFound }

func campaignOf(tx store.Tx) (*campaign.Campaign, error) {
	c, err := tx.Campaign()
	if errors.Is(err, store.ErrNotFound) {
		return nil, noCampaign{}
	}
	return c, err
}

// campaignYet is the campaign, for what the daemon does by itself: nil where
// there is none yet, which is no error, and where it cannot be read.
func campaignYet(tx store.Tx) (*campaign.Campaign, error) {
	c, err := tx.Campaign()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return c, nil
}

// fileOf is what the plan's stored file says; nil where it was not handed in as
// a file, or is none that can be read.
func fileOf(tx store.Tx, p *campaign.Plan) (*plan.Plan, error) {
	source, err := tx.Blob(p.Source)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	parsed, _ := plan.Parse(p.File, source)
	return parsed, nil
}

// told turns what store and life refuse into what doors tell apart.
func told(err error) error {
	var step *campaign.StepError
	if errors.Is(err, store.ErrStale) || errors.As(err, &step) {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}

// did names what the deed was about, for the audit entry. Details are ids,
// hashes and the reasons that people give for stops; no names, no texts.
func (r *room) did(object, format string, args ...any) {
	r.object, r.detail = object, fmt.Sprintf(format, args...)
}

// maxListed is how many ids an audit entry spells out; more are hashed.
const maxListed = 20

func list(ids []campaign.DeliveryID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	all := strings.Join(words, " ")
	if len(ids) > maxListed {
		return fmt.Sprintf("%d deliveries, sha256 of their ids %s", len(ids), campaign.DigestOf([]byte(all)))
	}
	return all
}

func idsOf(ds []campaign.Delivery) []campaign.DeliveryID {
	ids := make([]campaign.DeliveryID, len(ds))
	for i := range ds {
		ids[i] = ds[i].ID
	}
	return ids
}

func (r *room) may(act campaign.Action, o campaign.Object) error {
	return r.c.May(r.a, act, o, r.now)
}

// about is the object of a deed on something of a window's plan.
func (r *room) about(m campaign.MechanismID, t campaign.TakeoverID, p campaign.PlanID) campaign.Object {
	o := campaign.Object{Mechanism: m, Window: t, Plan: p}
	if w, ok := r.c.Takeovers[t]; ok {
		o.Takeover = &w
	}
	return o
}

func (r *room) aboutDelivery(d *campaign.Delivery) campaign.Object {
	return r.about(d.Mechanism, d.Takeover, d.Plan)
}

func (r *room) aboutPlan(p *campaign.Plan) campaign.Object {
	return r.about(p.Mechanism, p.Takeover, p.ID)
}

// of says of what an error of the store speaks. One that was not found is said
// once: the store names its records too.
func of[ID ~string](kind string, id ID, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrNotFound
	}
	return fmt.Errorf("%s: %w", strings.TrimSpace(kind+" "+string(id)), err)
}

// plan reads a plan and asks whether the actor may; expect is the revision
// that the person saw, 0 does not look.
func (r *room) plan(id campaign.PlanID, act campaign.Action, expect int) (campaign.Plan, error) {
	p, err := r.Plan(id)
	if err != nil {
		return p, of("plan", id, err)
	}
	if err := r.may(act, r.aboutPlan(&p)); err != nil {
		return p, err
	}
	if expect != 0 && expect != p.Revision {
		return p, fmt.Errorf("%w: plan %s is at revision %d, not %d", ErrConflict, id, p.Revision, expect)
	}
	return p, nil
}

// delivery reads a delivery and asks whether the actor may; expect is the
// record's revision that the person saw, 0 does not look.
func (r *room) delivery(id campaign.DeliveryID, act campaign.Action, expect uint64) (campaign.Delivery, error) {
	d, err := r.find(id)
	if err != nil {
		return d, err
	}
	if err := r.may(act, r.aboutDelivery(&d)); err != nil {
		return d, err
	}
	if expect != 0 && expect != d.Revision {
		return d, fmt.Errorf("%w: delivery %s changed since you saw it, it is %s now", ErrConflict, id, d.State)
	}
	return d, nil
}

func (r *room) switches() (*campaign.Switches, error) {
	if r.sw == nil {
		sw, err := r.Switches()
		if err != nil {
			return nil, err
		}
		r.sw = &sw
	}
	return r.sw, nil
}

func (r *room) putSwitches(sw campaign.Switches) error {
	r.sw = &sw
	return r.PutSwitches(sw)
}

// row is the delivery as people see it now.
func (r *room) row(d campaign.Delivery) (Row, error) {
	paused, err := r.paused(&d)
	if err != nil {
		return Row{}, err
	}
	short, err := r.short(d.ID)
	if err != nil {
		return Row{}, err
	}
	told := explain(&d, paused)
	why, next := told.in(r.c.Location())
	return Row{Delivery: d, Short: short, Shown: r.shown(&d, paused), PausedBy: inShort(paused), Why: why, Next: next, Told: told,
		Tolerance: Span(d.Tolerance), Lateness: Span(d.Lateness)}, nil
}

// tries are the attempts at the delivery, each explained.
func (r *room) tries(d *campaign.Delivery) ([]Try, error) {
	attempts, err := r.Attempts(d.ID)
	if err != nil {
		return nil, err
	}
	tries := make([]Try, 0, len(attempts))
	for _, a := range attempts {
		why, next := explainTry(&a, d, r.c.Location())
		tries = append(tries, Try{a, why, next})
	}
	return tries, nil
}

func (r *room) rows(ds []campaign.Delivery) ([]Row, error) {
	rows := make([]Row, 0, len(ds))
	for _, d := range ds {
		row, err := r.row(d)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// each calls f for every delivery that the filter matches, by due time then id.
func (r *room) each(f store.Filter, do func(campaign.Delivery) error) error {
	for cursor := ""; ; {
		ds, next, err := r.List(f, cursor, 1000)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if err := do(d); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// all collects what each would visit.
func (r *room) all(f store.Filter) ([]campaign.Delivery, error) {
	var ds []campaign.Delivery
	err := r.each(f, func(d campaign.Delivery) error {
		ds = append(ds, d)
		return nil
	})
	return ds, err
}

// picked returns what p chooses, by due time then id.
func (r *room) picked(p Pick) ([]campaign.Delivery, error) {
	if len(p.IDs) > 0 {
		var ds []campaign.Delivery
		for _, id := range p.IDs {
			d, err := r.find(id)
			if err != nil {
				return nil, err
			}
			ds = append(ds, d)
		}
		slices.SortFunc(ds, byDue)
		return slices.CompactFunc(ds, func(a, b campaign.Delivery) bool { return a.ID == b.ID }), nil
	}
	f := store.Filter{Plan: p.Plan, Post: p.Post, Takeover: p.Takeover, Channel: p.Channel, Mechanism: p.Mechanism}
	if p.Day != "" {
		day, err := time.ParseInLocation(time.DateOnly, p.Day, r.c.Location())
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no day, write 2026-12-18", ErrUsage, p.Day)
		}
		f.From, f.To = day, day.AddDate(0, 0, 1)
	}
	switch {
	case p.Plan == "" && p.Post != "":
		return nil, fmt.Errorf("%w: a post is named with its plan", ErrUsage)
	case p.Plan == "" && p.Takeover == "" && p.Channel == "" && p.Mechanism == "" && p.Day == "":
		return nil, fmt.Errorf("%w: name what you mean: ids, a plan, a window, a channel, a mechanism or a day", ErrUsage)
	}
	if p.Plan != "" {
		if _, err := r.Plan(p.Plan); err != nil {
			return nil, of("plan", p.Plan, err)
		}
	}
	return r.all(f)
}

func byDue(a, b campaign.Delivery) int {
	return cmp.Or(a.Due.Compare(b.Due), strings.Compare(string(a.ID), string(b.ID)))
}

// free lets a paused delivery run once more: what paused it may be gone, and
// if it is not the engine pauses it again when it is due.
func (r *room) free(d *campaign.Delivery) error {
	if !d.Parked {
		return nil
	}
	return d.Unpark(d.NotBefore, r.now)
}

func (d *Desk) tell(n Notice) {
	if d.Tell != nil {
		n.At = d.Clock.Now()
		d.Tell(d.Address(context.Background(), n))
	}
}

func (d *Desk) wake() {
	if d.Brake != nil {
		d.Brake.Wake()
	}
}

// newID is a random name with the prefix. Made outside of a transaction, which
// may run again.
func newID(prefix string) string {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return prefix + hex.EncodeToString(b[:])
}
