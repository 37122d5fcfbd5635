package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Approval asks for an approval of everything picked that waits for one.
type Approval struct {
	Pick
	// Expect is what the person saw: the delivery's Wants, or HashOf the
	// deliveries for several. Empty does not look.
	Expect campaign.Digest `json:"expect,omitempty"`
	// Alone is an organizer's reason for approving own content from two hours before due.
	Alone string `json:"alone,omitempty"`
	// OnBehalf is the role whose clearance came another way, Evidence where it is kept.
	OnBehalf string `json:"on_behalf,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// Approved says what an approval did.
type Approved struct {
	Scheduled []campaign.DeliveryID `json:"scheduled"`         // may leave now
	Waiting   []campaign.DeliveryID `json:"waiting,omitempty"` // recorded, another person must approve too
	Refused   []Refusal             `json:"refused,omitempty"` // picked by plan or day, but not this person's to approve
	Already   int                   `json:"already"`           // need no approval any more
}

// Refusal is one delivery left out of a deed, and why.
type Refusal struct {
	ID  campaign.DeliveryID `json:"id"`
	Why string              `json:"why"`
}

// Reviewed says what a review did.
type Reviewed struct {
	Plan     campaign.PlanID       `json:"plan"`
	Post     campaign.PostID       `json:"post"`
	Comment  campaign.Comment      `json:"comment"`
	Affected []campaign.DeliveryID `json:"affected"`
	// Locked had left or was leaving before.
	Locked []campaign.DeliveryID `json:"locked,omitempty"`
}

// HashOf is what an approval may expect: of one delivery what it wants to be
// approved, of several a hash over ids and wants in the order of ids.
func HashOf(ds []campaign.Delivery) campaign.Digest {
	if len(ds) == 1 {
		return ds[0].Wants
	}
	lines := make([]string, len(ds))
	for i := range ds {
		lines[i] = string(ds[i].ID) + " " + string(ds[i].Wants)
	}
	slices.Sort(lines)
	return campaign.DigestOf([]byte(strings.Join(lines, "\n")))
}

// Approve approves everything picked that waits for approval. Named deliveries
// are approved all or none; of those picked by plan, day and the like what is
// not the actor's to approve is left out and listed.
func (d *Desk) Approve(ctx context.Context, a campaign.Actor, q Approval) (Approved, error) {
	var out Approved
	err := d.do(ctx, a, "approve", func(r *room) error {
		out = Approved{}
		if err := r.mayDecide(); err != nil {
			return err
		}
		waiting, err := r.waiting(q.Pick, &out)
		if err != nil {
			return err
		}
		if q.Expect != "" && q.Expect != HashOf(waiting) {
			return fmt.Errorf("%w: what waits for approval is not what you saw", ErrConflict)
		}
		var done []campaign.DeliveryID
		for _, w := range waiting {
			if err := r.approve(&w, q); errors.Is(err, campaign.ErrNotAllowed) && len(q.IDs) == 0 {
				out.Refused = append(out.Refused, Refusal{w.ID, err.Error()})
				continue
			} else if err != nil {
				return err
			}
			done = append(done, w.ID)
			if w.State == campaign.Scheduled && w.ApprovedUnder(r.c.Policies) {
				out.Scheduled = append(out.Scheduled, w.ID)
			} else {
				out.Waiting = append(out.Waiting, w.ID)
			}
		}
		if len(done) == 0 {
			return nothingApproved(out)
		}
		r.did(object(q.Pick, waiting), "%s, hash %s", list(done), HashOf(waiting))
		return nil
	})
	if err != nil {
		return out, err
	}
	d.wake()
	return out, nil
}

// mayDecide asks for the role alone; each delivery is asked about by itself.
func (r *room) mayDecide() error {
	return r.may(campaign.ActApprove, campaign.Object{Plan: r.a.Guest})
}

func nothingApproved(out Approved) error {
	if len(out.Refused) > 0 {
		return fmt.Errorf("%w: %s", campaign.ErrNotAllowed, strings.TrimPrefix(out.Refused[0].Why, campaign.ErrNotAllowed.Error()+": "))
	}
	return nil
}

// object is the pick's name in the audit log.
func object(p Pick, ds []campaign.Delivery) string {
	switch {
	case len(p.IDs) > 0 && len(ds) == 1:
		return string(ds[0].ID) // the whole id, whatever was written
	case len(p.IDs) > 0:
		return fmt.Sprintf("%d deliveries", len(ds))
	case p.Post != "":
		return string(p.Plan) + "/" + string(p.Post)
	}
	return cmp.Or(string(p.Plan), string(p.Takeover), string(p.Channel), string(p.Mechanism), p.Day)
}

// waiting are the picked deliveries that lack an approval.
func (r *room) waiting(p Pick, out *Approved) ([]campaign.Delivery, error) {
	ds, err := r.picked(p)
	if err != nil {
		return nil, err
	}
	var waiting []campaign.Delivery
	for _, d := range ds {
		switch {
		case awaits(&d, r.c.Policies):
			waiting = append(waiting, d)
		case d.State == campaign.Scheduled || len(p.IDs) == 0:
			out.Already++
		default:
			return nil, fmt.Errorf("%w: delivery %s is %s", ErrConflict, d.ID, d.State)
		}
	}
	return waiting, nil
}

// awaits tells whether the delivery lacks an approval.
func awaits(d *campaign.Delivery, p campaign.Policies) bool {
	return d.State == campaign.Planned || d.State == campaign.Scheduled && !d.Public() && !d.ApprovedUnder(p)
}

func (r *room) approve(d *campaign.Delivery, q Approval) error {
	o := r.aboutDelivery(d)
	o.Authors, o.Due, o.Alone = []campaign.PersonID{d.Author}, d.Due, q.Alone
	if err := r.may(campaign.ActApprove, o); err != nil {
		return err
	}
	yes := campaign.Approval{By: r.a.Person, At: r.now, Hash: d.Wants, Alone: q.Alone, OnBehalf: q.OnBehalf, Evidence: q.Evidence, Host: r.a.Host}
	if err := d.Approve(yes, r.c.Policies.Approvals, r.now); err != nil {
		return err
	}
	if d.State == campaign.Scheduled && !byPerson(d.Reason.Code) {
		if err := r.free(d); err != nil {
			return err
		}
	}
	return r.PutDelivery(d)
}

// TakeBackApproval takes every approval of the picked deliveries back, as long
// as they have not left.
func (d *Desk) TakeBackApproval(ctx context.Context, a campaign.Actor, p Pick, why string) (Done, error) {
	return d.change(ctx, a, change{deed: "approval.take_back", act: campaign.ActApprove, did: "waits for approval again",
		queued: func(r *room, v *campaign.Delivery) error { return v.TakeBack(why, r.now) },
		pinned: func(v *campaign.Delivery) { v.Touch("approval taken back by " + string(a.Person)) },
	}, p)
}

// RequestChanges asks the author to change a post. What was approved of it and
// has not left waits for a new approval.
func (d *Desk) RequestChanges(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID, text string) (Reviewed, error) {
	return d.review(ctx, a, id, post, campaign.Comment{Kind: commentChanges, Text: text}, func(r *room, v *campaign.Delivery) error {
		return v.TakeBack("changes were asked for", r.now)
	})
}

// Decline says no to a post, with a reason. What has not left is cancelled; it
// comes back when the author changes it.
func (d *Desk) Decline(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID, text string) (Reviewed, error) {
	return d.review(ctx, a, id, post, campaign.Comment{Kind: commentDeclined, Text: text}, func(r *room, v *campaign.Delivery) error {
		return v.Cancel(campaign.ReasonOrganizer, "the post was declined", r.now)
	})
}

// Kinds of campaign.Comment.
const (
	commentChanges  = "changes"
	commentDeclined = "declined"
)

func (d *Desk) review(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID, c campaign.Comment, deed func(*room, *campaign.Delivery) error) (Reviewed, error) {
	var out Reviewed
	if strings.TrimSpace(c.Text) == "" {
		return out, fmt.Errorf("%w: say why, so that the author can mend it", ErrUsage)
	}
	var about campaign.Plan
	err := d.do(ctx, a, "review."+c.Kind, func(r *room) error {
		out = Reviewed{Plan: id, Post: post}
		p, err := r.plan(id, campaign.ActApprove, 0)
		if err != nil {
			return err
		}
		ds, err := r.picked(Pick{Plan: id, Post: post})
		if err != nil {
			return err
		}
		if post == "" || len(ds) == 0 {
			return fmt.Errorf("post %s of plan %s: %w", post, id, store.ErrNotFound)
		}
		for _, v := range ds {
			switch {
			case queued(&v):
				if err := deed(r, &v); err != nil {
					return err
				}
				out.Affected = append(out.Affected, v.ID)
			case v.State.Pins():
				v.Touch(c.Kind + " by " + string(a.Person))
				out.Locked = append(out.Locked, v.ID)
			default:
				out.Locked = append(out.Locked, v.ID)
				continue
			}
			if err := r.PutDelivery(&v); err != nil {
				return err
			}
		}
		c.Post, c.By, c.At, c.Revision = post, a.Person, r.now, p.Revision
		p.Comments = append(slices.Clone(p.Comments), c)
		out.Comment, about = c, p
		r.did(string(id)+"/"+string(post), "revision %d, %s", p.Revision, list(out.Affected))
		return r.PutPlan(p)
	})
	if err != nil {
		return out, err
	}
	d.wake()
	event := "changes_asked"
	if c.Kind == commentDeclined {
		event = "declined"
	}
	d.tell(Notice{Event: event, By: a.Person, Mechanism: about.Mechanism, Plan: id, Post: post, Deliveries: out.Affected, Text: c.Text})
	return out, nil
}
