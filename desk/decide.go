package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Resolution is a person's word on a delivery that nobody else can settle.
// Exactly one of PublishedAs, NotPublished and GiveUp is set.
type Resolution struct {
	PublishedAs  string `json:"published_as,omitempty"` // its address
	NotPublished bool   `json:"not_published,omitempty"`
	GiveUp       bool   `json:"give_up,omitempty"`
	Why          string `json:"why"`
	// Expect is the record's revision that the person saw; 0 does not look.
	Expect uint64 `json:"expect,omitempty"`
}

// Done says what a deed did to deliveries.
type Done struct {
	Rows   []Row     `json:"rows"`             // as they are now
	Locked []Refusal `json:"locked,omitempty"` // picked, but could not be changed any more
	Text   string    `json:"text"`
	// Corrections are proposed for what announced an event that was withdrawn.
	Corrections []Correction `json:"corrections,omitempty"`
}

// change is a deed done to many deliveries alike.
type change struct {
	deed   string
	act    campaign.Action
	did    string                                // "3 deliveries: …"
	queued func(*room, *campaign.Delivery) error // for one that has not left
	pinned func(*campaign.Delivery)              // for one whose fate is open; nil does nothing
	partly bool                                  // queued is also for one of which a part is out: the rest is given up
}

// queued tells whether nothing of the delivery has left and it is still to go.
func queued(d *campaign.Delivery) bool {
	return (d.State == campaign.Planned || d.State == campaign.Scheduled) && !d.Public()
}

func (d *Desk) change(ctx context.Context, a campaign.Actor, ch change, p Pick) (Done, error) {
	var out Done
	err := d.do(ctx, a, ch.deed, func(r *room) error {
		out = Done{}
		ds, err := r.picked(p)
		if err != nil {
			return err
		}
		if err := r.changeEach(ds, ch, len(p.IDs) > 0, &out); err != nil {
			return err
		}
		if len(out.Rows) > 0 {
			r.did(object(p, ds), "%s", list(idsOfRows(out.Rows)))
		}
		return nil
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = fmt.Sprintf("%s: %s", count(len(out.Rows), "delivery", "deliveries"), ch.did)
	d.wake()
	return out, nil
}

// changeEach applies ch. Named deliveries that the actor may not touch fail
// the whole; of others picked such are left out, unless they are all.
func (r *room) changeEach(ds []campaign.Delivery, ch change, named bool, out *Done) error {
	var refused error
	for _, v := range ds {
		if err := r.may(ch.act, r.aboutDelivery(&v)); err != nil {
			if named {
				return err
			}
			refused = err
			if r.sees(v.Mechanism, v.Plan) {
				out.Locked = append(out.Locked, Refusal{v.ID, err.Error()})
			}
			continue
		}
		if queued(&v) || ch.partly && v.State == campaign.Scheduled {
			if err := ch.queued(r, &v); err != nil {
				return err
			}
		} else {
			if named || !v.State.End() {
				out.Locked = append(out.Locked, Refusal{v.ID, "it is " + v.Shown()})
			}
			if !v.State.Pins() || ch.pinned == nil {
				continue
			}
			ch.pinned(&v)
		}
		if err := r.PutDelivery(&v); err != nil {
			return err
		}
		if v.State.Pins() {
			continue
		}
		row, err := r.row(v)
		if err != nil {
			return err
		}
		out.Rows = append(out.Rows, row)
	}
	if len(out.Rows) == 0 {
		return refused
	}
	return nil
}

func idsOfRows(rows []Row) []campaign.DeliveryID {
	ids := make([]campaign.DeliveryID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Cancel cancels what has not left. For a lead it is a withdrawal of the own
// posts. Where a part is out already, the rest is given up. What is leaving or in
// doubt is listed as locked, and is not sent again by itself.
func (d *Desk) Cancel(ctx context.Context, a campaign.Actor, p Pick, why string) (Done, error) {
	code := campaign.ReasonWithdrawn
	if a.Is(campaign.Organizer) {
		code = campaign.ReasonOrganizer
	}
	return d.change(ctx, a, change{deed: "cancel", act: campaign.ActWithdraw, did: "cancelled", partly: true,
		queued: func(r *room, v *campaign.Delivery) error { return v.Cancel(code, why, r.now) },
		pinned: func(v *campaign.Delivery) { v.Outdate("cancelled by " + string(a.Person)) },
	}, p)
}

// Withdraw takes a plan back, or posts of it, as far as they have not left; where
// a part is out already, the rest is given up.
// Expect is the plan's revision that the person saw (0 does not look). A
// withdrawn plan comes back when it is submitted again, a withdrawn post when
// it is changed.
func (d *Desk) Withdraw(ctx context.Context, a campaign.Actor, id campaign.PlanID, posts []campaign.PostID, expect int, why string) (Done, error) {
	var out Done
	var p campaign.Plan
	err := d.do(ctx, a, "withdraw", func(r *room) error {
		out = Done{}
		var err error
		if p, err = r.plan(id, campaign.ActWithdraw, expect); err != nil {
			return err
		}
		ds, err := r.OfPlan(id)
		if err != nil {
			return err
		}
		if len(posts) > 0 {
			if ds, err = ofPosts(ds, id, posts); err != nil {
				return err
			}
		}
		ch := change{act: campaign.ActWithdraw, partly: true,
			queued: func(r *room, v *campaign.Delivery) error { return v.Cancel(campaign.ReasonWithdrawn, why, r.now) },
			pinned: func(v *campaign.Delivery) { v.Outdate("withdrawn by " + string(a.Person)) },
		}
		if err := r.changeEach(ds, ch, false, &out); err != nil {
			return err
		}
		out.Corrections = cancellations(ds)
		r.did(string(id), "%s %s", joined(posts), list(idsOfRows(out.Rows)))
		if len(posts) > 0 {
			return nil
		}
		p.Withdrawn = true
		return r.PutPlan(p)
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = count(len(out.Rows), "delivery", "deliveries") + ": withdrawn"
	d.wake()
	d.tell(Notice{Event: "withdrawn", By: a.Person, Mechanism: p.Mechanism, Plan: id, Deliveries: idsOfRows(out.Rows), Text: out.Text})
	return out, nil
}

func ofPosts(ds []campaign.Delivery, id campaign.PlanID, posts []campaign.PostID) ([]campaign.Delivery, error) {
	for _, post := range posts {
		if !slices.ContainsFunc(ds, func(d campaign.Delivery) bool { return d.Post == post }) {
			return nil, fmt.Errorf("post %s of plan %s: %w", post, id, store.ErrNotFound)
		}
	}
	return slices.DeleteFunc(ds, func(d campaign.Delivery) bool { return !slices.Contains(posts, d.Post) }), nil
}

func joined(posts []campaign.PostID) string {
	if len(posts) == 0 {
		return "the whole plan"
	}
	words := make([]string, len(posts))
	for i, p := range posts {
		words[i] = string(p)
	}
	return strings.Join(words, " ")
}

// Resolve records a person's word on a delivery that needs one. The first word
// counts; whoever comes second is told (ErrConflict). While a store that was put
// back waits to be looked at, what is queued may be said to be published, too:
// then no later revision of its plan sends it again.
func (d *Desk) Resolve(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, q Resolution) (Done, error) {
	if err := q.check(); err != nil {
		return Done{}, err
	}
	var out Done
	err := d.do(ctx, a, "resolve", func(r *room) error {
		out = Done{}
		v, err := r.delivery(id, campaign.ActResolve, 0)
		if err != nil {
			return err
		}
		if err := r.foundPublic(&v, q); err != nil {
			return err
		}
		if v.State != campaign.NeedsHuman || q.Expect != 0 && q.Expect != v.Revision {
			return fmt.Errorf("%w: delivery %s is %s since %s", ErrConflict, v.ID, v.Shown(), When(v.Reason.At, r.c.Location()))
		}
		word, err := r.settle(&v, q)
		if err != nil {
			return err
		}
		if err := r.PutDelivery(&v); err != nil {
			return err
		}
		if out.Rows, err = r.rows([]campaign.Delivery{v}); err != nil {
			return err
		}
		out.Text = word
		r.did(string(v.ID), "%s; now %s", word, v.State)
		return nil
	})
	if err != nil {
		return Done{}, err
	}
	d.wake()
	return out, nil
}

// foundPublic lets a person settle what is queued, as long as nothing leaves
// because the store is older than what is public.
func (r *room) foundPublic(v *campaign.Delivery, q Resolution) error {
	if q.PublishedAs == "" || !queued(v) {
		return nil
	}
	sw, err := r.Switches()
	if err != nil {
		return err
	}
	if _, older := sw.Causes[campaign.CauseQuarantine]; !older {
		return nil
	}
	return v.Suspect("a person looked at the account", r.now)
}

func (q Resolution) check() error {
	n := 0
	for _, set := range []bool{q.PublishedAs != "", q.NotPublished, q.GiveUp} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return fmt.Errorf("%w: say one of: published (with its address), not published, given up", ErrUsage)
	case strings.TrimSpace(q.Why) == "":
		return fmt.Errorf("%w: say why; it goes into the record", ErrUsage)
	}
	if q.PublishedAs != "" {
		if u, err := url.Parse(q.PublishedAs); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("%w: %q is no web address of a post", ErrUsage, q.PublishedAs)
		}
	}
	return nil
}

func (r *room) settle(v *campaign.Delivery, q Resolution) (word string, err error) {
	switch {
	case q.PublishedAs != "":
		owner, ok, err := r.ClaimRemote(v.Lane, q.PublishedAs, v.ID)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", fmt.Errorf("%w: that post is the one of delivery %s", ErrConflict, owner)
		}
		return "published", v.DecidePublished(campaign.Receipt{RemoteID: q.PublishedAs, URL: q.PublishedAs, At: r.now}, r.now)
	case q.GiveUp:
		return "given up", v.DecideGiveUp(q.Why, r.now)
	}
	if err := v.DecideSend(r.now); err != nil {
		return "", err
	}
	if r.now.After(v.Latest) {
		return "not published, and too late to send", v.Miss(campaign.ReasonTooLate, "a person found that it was not published, after its latest time", r.now)
	}
	return "not published: send", nil
}

// Retry tries again at once what provably was not sent: one that waits for its
// next try, or, as a new delivery, one that was refused or missed.
func (d *Desk) Retry(ctx context.Context, a campaign.Actor, id campaign.DeliveryID) (Done, error) {
	var out Done
	err := d.do(ctx, a, "retry", func(r *room) error {
		out = Done{}
		v, err := r.delivery(id, campaign.ActReschedule, 0)
		if err != nil {
			return err
		}
		id := v.ID
		switch {
		case v.State == campaign.Rejected, v.State == campaign.Missed:
			if v, err = r.reschedule(v, Reschedule{}); err != nil {
				return err
			}
		case v.Runnable() && v.Attempt > 0:
			if err := v.Wait(campaign.ReasonPerson, "a person asked for the next try", r.now, r.now); err != nil {
				return err
			}
			if err := r.PutDelivery(&v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: delivery %s is %s; only what provably was not sent is tried again", ErrConflict, v.ID, v.Shown())
		}
		if out.Rows, err = r.rows([]campaign.Delivery{v}); err != nil {
			return err
		}
		r.did(string(id), "as %s", v.ID)
		return nil
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = "it is tried again at once"
	if out.Rows[0].State == campaign.Planned {
		out.Text = "it waits for approval, then it is tried at once"
	}
	d.wake()
	return out, nil
}
