package desk

import (
	"context"
	"errors"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// sees tells whether the actor may read what is the mechanism's.
func (r *room) sees(m campaign.MechanismID, p campaign.PlanID) bool {
	return r.may(campaign.ActRead, campaign.Object{Mechanism: m, Plan: p}) == nil
}

// mayEnter refuses who may read nothing at all. A guest reads one plan.
func (r *room) mayEnter() error {
	return r.may(campaign.ActRead, campaign.Object{Plan: r.a.Guest})
}

const (
	pageDefault = 500
	pageMost    = 5000
)

// Queue lists deliveries that the actor may see, by due time then id.
func (d *Desk) Queue(ctx context.Context, a campaign.Actor, f QueueFilter) (Page, error) {
	var out Page
	err := d.look(ctx, a, func(r *room) error {
		out = Page{Rows: []Row{}, Zone: r.c.Zone}
		if err := r.mayEnter(); err != nil {
			return err
		}
		if f.Mechanism != "" && !r.sees(f.Mechanism, f.Plan) {
			return r.may(campaign.ActRead, campaign.Object{Mechanism: f.Mechanism, Plan: f.Plan})
		}
		if f.Open && len(f.States) == 0 {
			f.States = slices.DeleteFunc(slices.Clone(campaign.States), campaign.State.End)
		}
		return r.page(f, &out)
	})
	return out, err
}

// page fills a page with what the actor sees of the list.
func (r *room) page(f QueueFilter, out *Page) error {
	most := min(f.Max, pageMost)
	if most <= 0 {
		most = pageDefault
	}
	for cursor := f.Cursor; ; {
		ds, next, err := r.List(f.Filter, cursor, most-len(out.Rows))
		if err != nil {
			return err
		}
		for _, v := range ds {
			if !r.sees(v.Mechanism, v.Plan) {
				continue
			}
			row, err := r.row(v)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
			if v.State == campaign.NeedsHuman {
				out.Person++
			}
		}
		if next == "" || len(out.Rows) == most {
			out.Next = next
			return nil
		}
		cursor = next
	}
}

// Show is everything about one delivery.
func (d *Desk) Show(ctx context.Context, a campaign.Actor, id campaign.DeliveryID) (Sight, error) {
	var out Sight
	err := d.look(ctx, a, func(r *room) error {
		v, err := r.delivery(id, campaign.ActRead, 0)
		if err != nil {
			return err
		}
		out = Sight{}
		if out.Row, err = r.row(v); err != nil {
			return err
		}
		if out.Content, err = r.Content(v.Content); err != nil {
			return err
		}
		if out.Tries, err = r.tries(&v); err != nil {
			return err
		}
		if n := len(out.Tries); n > 0 {
			out.Class = out.Tries[n-1].Class
		} else if f, ok := d.Facts(r.c.Channels[v.Channel]); ok {
			out.Class = f.Class
		}
		if out.Numbers, err = numbersOf(r.Tx, v.ID); err != nil {
			return err
		}
		if out.Since, err = r.since(&v); err != nil {
			return err
		}
		twins, err := r.Twins(v.Lane, v.Fingerprint)
		if err != nil {
			return err
		}
		twins = slices.DeleteFunc(twins, func(t campaign.Delivery) bool { return t.ID == v.ID || !r.sees(t.Mechanism, t.Plan) })
		if out.Twins, err = r.rows(twins); err != nil {
			return err
		}
		p, err := r.Plan(v.Plan)
		if errors.Is(err, store.ErrNotFound) {
			return nil // its evidence stays readable without its plan
		}
		out.Comments = ofPost(p.Comments, v.Post)
		return err
	})
	return out, err
}

func ofPost(all []campaign.Comment, post campaign.PostID) []campaign.Comment {
	var of []campaign.Comment
	for _, c := range all {
		if c.Post == post {
			of = append(of, c)
		}
	}
	return of
}

// PlanStatus is a plan with its posts in the order of due time, from the one
// with that number on, at most so many; 0 is all of them.
func (d *Desk) PlanStatus(ctx context.Context, a campaign.Actor, id campaign.PlanID, from, most int) (PlanView, error) {
	var out PlanView
	err := d.look(ctx, a, func(r *room) error {
		p, err := r.plan(id, campaign.ActRead, 0)
		if err != nil {
			return err
		}
		ds, err := r.OfPlan(id)
		if err != nil {
			return err
		}
		slices.SortFunc(ds, byDue)
		out = PlanView{Plan: p, Anchors: anchorViews(p.Anchors, ds), ByState: map[campaign.State]int{}, Deadline: r.c.Takeovers[p.Takeover].SubmitBy}
		of := map[campaign.PostID][]campaign.Delivery{}
		var order []campaign.PostID
		var waiting []campaign.Delivery
		for _, v := range ds {
			if of[v.Post] == nil {
				order = append(order, v.Post)
			}
			of[v.Post] = append(of[v.Post], v)
			out.ByState[v.State]++
			if awaits(&v, r.c.Policies) {
				waiting = append(waiting, v)
			}
		}
		for _, draft := range p.Drafts {
			if of[draft] == nil {
				order = append(order, draft)
			}
		}
		out.Hash, out.Total = HashOf(waiting), len(order)
		order = order[min(max(from, 0), len(order)):]
		if most > 0 {
			order = order[:min(most, len(order))]
		}
		for _, id := range order {
			post := PostView{ID: id, Status: PostDraft, Comments: ofPost(p.Comments, id)}
			if ds := of[id]; ds != nil {
				post.Kind = ds[0].Kind
				if post.Rows, err = r.rows(ds); err != nil {
					return err
				}
				post.Status = statusOf(&post, r.c.Policies)
			}
			out.Posts = append(out.Posts, post)
		}
		return r.enliven(&out)
	})
	return out, err
}

func anchorViews(anchors map[string]campaign.Anchor, ds []campaign.Delivery) map[string]AnchorView {
	views := map[string]AnchorView{}
	for id, a := range anchors {
		waits := slices.ContainsFunc(ds, func(v campaign.Delivery) bool { return v.Anchor == id && waitsLive(&v) })
		views[id] = AnchorView{a, Span(a.Length), waits}
	}
	return views
}

// enliven adds to the posts of a plan what people do after its submission:
// values to fill in, and the challenges with those who answered.
func (r *room) enliven(v *PlanView) error {
	parsed, err := fileOf(r.Tx, &v.Plan)
	if err != nil || parsed == nil || !slices.ContainsFunc(parsed.Posts, func(x plan.Post) bool { return x.Challenge != nil || len(x.Asked(nil)) > 0 }) {
		return err
	}
	entries, err := entriesOf(r.Tx, v.ID)
	if err != nil {
		return err
	}
	for i := range v.Posts {
		post := &v.Posts[i]
		j := slices.IndexFunc(parsed.Posts, func(x plan.Post) bool { return x.ID.Value == string(post.ID) })
		if j < 0 || len(post.Rows) == 0 {
			continue
		}
		x := &parsed.Posts[j]
		post.Asks = x.Asked(v.Values)
		if x.Challenge != nil {
			post.Challenge = &ChallengeView{Hashtag: x.Challenge.Hashtag.Value, Rules: x.Challenge.Rules.Value,
				Entries: slices.DeleteFunc(slices.Clone(entries), func(e Entries) bool { return e.Post != post.ID })}
			post.Challenge.Closes, _ = parsed.Ends(x.Challenge, r.c.Location())
		}
	}
	return nil
}

// statusOf derives where a post stands. A comment counts until a later
// revision changed the post.
func statusOf(p *PostView, policies campaign.Policies) PostStatus {
	revision, waits, gone := 0, false, true
	for _, row := range p.Rows {
		revision = max(revision, row.PlanRevision)
		waits = waits || awaits(&row.Delivery, policies)
		gone = gone && row.State == campaign.Cancelled
	}
	if n := len(p.Comments); n > 0 && p.Comments[n-1].Revision >= revision {
		switch last := p.Comments[n-1]; {
		case last.Kind == commentDeclined && gone:
			return PostDeclined
		case last.Kind == commentChanges && waits:
			return PostChanges
		}
	}
	switch {
	case gone:
		return PostWithdrawn
	case waits:
		return PostSubmitted
	}
	return PostApproved
}

// PlanExport is the plan's file as it was submitted last.
func (d *Desk) PlanExport(ctx context.Context, a campaign.Actor, id campaign.PlanID) (file string, source []byte, err error) {
	err = d.look(ctx, a, func(r *room) error {
		p, err := r.plan(id, campaign.ActRead, 0)
		if err != nil {
			return err
		}
		file = p.File
		source, err = r.Blob(p.Source)
		return err
	})
	return file, source, err
}

// Comments lists what reviewers said of a plan, oldest first.
func (d *Desk) Comments(ctx context.Context, a campaign.Actor, id campaign.PlanID) ([]campaign.Comment, error) {
	comments := []campaign.Comment{}
	err := d.look(ctx, a, func(r *room) error {
		p, err := r.plan(id, campaign.ActRead, 0)
		comments = append(comments, p.Comments...)
		return err
	})
	return comments, err
}

// Plans lists the plans that the actor may see, by id.
func (d *Desk) Plans(ctx context.Context, a campaign.Actor) ([]PlanLine, error) {
	lines := []PlanLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		plans, err := r.Tx.Plans()
		if err != nil {
			return err
		}
		for _, p := range plans {
			if !r.sees(p.Mechanism, p.ID) {
				continue
			}
			ds, err := r.OfPlan(p.ID)
			if err != nil {
				return err
			}
			line := PlanLine{ID: p.ID, Title: p.Title, Mechanism: p.Mechanism, Takeover: p.Takeover, Revision: p.Revision,
				By: p.By, At: p.At, Late: p.Late, Withdrawn: p.Withdrawn, ByState: map[campaign.State]int{}}
			for _, v := range ds {
				line.ByState[v.State]++
			}
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}
