package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
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
		if out.Tries, err = r.Attempts(id); err != nil {
			return err
		}
		if n := len(out.Tries); n > 0 {
			out.Class = out.Tries[n-1].Class
		} else if f, ok := d.Facts(r.c.Channels[v.Channel]); ok {
			out.Class = f.Class
		}
		twins, err := r.Twins(v.Lane, v.Fingerprint)
		if err != nil {
			return err
		}
		twins = slices.DeleteFunc(twins, func(t campaign.Delivery) bool { return t.ID == id || !r.sees(t.Mechanism, t.Plan) })
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

// Inbox is what waits for a person. mine leaves out what the actor cannot approve.
func (d *Desk) Inbox(ctx context.Context, a campaign.Actor, mine bool) (Inbox, error) {
	var out Inbox
	err := d.look(ctx, a, func(r *room) error {
		out = Inbox{Approvals: []InboxItem{}, Decide: []Row{}, Missed: []Row{}, Paused: []Row{}}
		if err := r.mayEnter(); err != nil {
			return err
		}
		items, order := map[string]*InboxItem{}, []string{}
		f := store.Filter{States: []campaign.State{campaign.Planned, campaign.Scheduled, campaign.NeedsHuman, campaign.Missed}}
		err := r.each(f, func(v campaign.Delivery) error {
			if !r.sees(v.Mechanism, v.Plan) {
				return nil
			}
			row, err := r.row(v)
			if err != nil {
				return err
			}
			switch {
			case v.State == campaign.NeedsHuman:
				out.Decide = append(out.Decide, row)
			case v.State == campaign.Missed:
				if v.IfMissed == "ask" && r.unanswered(&v) {
					out.Missed = append(out.Missed, row)
				}
			case awaits(&v, r.c.Policies):
				key := string(v.Plan) + "/" + string(v.Post)
				if items[key] == nil {
					items[key] = &InboxItem{Plan: v.Plan, Post: v.Post, Mechanism: v.Mechanism, First: v.Due, Contents: map[campaign.Digest]campaign.Content{}}
					order = append(order, key)
				}
				items[key].Rows = append(items[key].Rows, row)
			case v.Parked && byPerson(v.Reason.Code) && !r.held(&v):
				out.Paused = append(out.Paused, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range order {
			if err := r.complete(items[key]); err != nil {
				return err
			}
			if items[key].Mine || !mine {
				out.Approvals = append(out.Approvals, *items[key])
			}
		}
		return nil
	})
	return out, err
}

// held tells whether a hold covers the delivery; the switches were read before.
func (r *room) held(d *campaign.Delivery) bool {
	_, held := pausedBy(d, r.sw)
	return held
}

// unanswered tells whether a missed delivery has no newer one in its stead.
func (r *room) unanswered(d *campaign.Delivery) bool {
	n := 1
	if m := numbered.FindStringSubmatch(d.Occurrence); m != nil {
		fmt.Sscan(m[1], &n)
	}
	_, err := r.Delivery(renamed(*d, n+1).ID)
	return errors.Is(err, store.ErrNotFound)
}

// complete adds to an inbox item what the approver looks at and whether they may.
func (r *room) complete(item *InboxItem) error {
	ds := make([]campaign.Delivery, len(item.Rows))
	for i, row := range item.Rows {
		ds[i] = row.Delivery
		c, err := r.Content(row.Delivery.Content)
		if err != nil {
			return err
		}
		item.Contents[row.Delivery.Content] = c
	}
	item.Hash, item.Mine = HashOf(ds), true
	for i := range ds {
		o := r.aboutDelivery(&ds[i])
		o.Authors, o.Due = []campaign.PersonID{ds[i].Author}, ds[i].Due
		if err := r.may(campaign.ActApprove, o); err != nil {
			item.Mine, item.Why = false, err.Error()
		}
	}
	p, err := r.Plan(item.Plan)
	item.Comments = ofPost(p.Comments, item.Post)
	return err
}

// PlanStatus is a plan with all its posts.
func (d *Desk) PlanStatus(ctx context.Context, a campaign.Actor, id campaign.PlanID) (PlanView, error) {
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
		out = PlanView{Plan: p, ByState: map[campaign.State]int{}, Deadline: r.c.Takeovers[p.Takeover].SubmitBy}
		at := map[campaign.PostID]int{}
		var waiting []campaign.Delivery
		for _, v := range ds {
			row, err := r.row(v)
			if err != nil {
				return err
			}
			if _, ok := at[v.Post]; !ok {
				at[v.Post] = len(out.Posts)
				out.Posts = append(out.Posts, PostView{ID: v.Post, Kind: v.Kind, Comments: ofPost(p.Comments, v.Post)})
			}
			out.Posts[at[v.Post]].Rows = append(out.Posts[at[v.Post]].Rows, row)
			out.ByState[v.State]++
			if awaits(&v, r.c.Policies) {
				waiting = append(waiting, v)
			}
		}
		for _, draft := range p.Drafts {
			if _, ok := at[draft]; !ok {
				out.Posts = append(out.Posts, PostView{ID: draft, Status: PostDraft, Comments: ofPost(p.Comments, draft)})
			}
		}
		for i := range out.Posts {
			if out.Posts[i].Status == "" {
				out.Posts[i].Status = statusOf(&out.Posts[i], r.c.Policies)
			}
		}
		out.Hash = HashOf(waiting)
		return nil
	})
	return out, err
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

// Status is the state of everything at a glance.
func (d *Desk) Status(ctx context.Context, a campaign.Actor) (Status, error) {
	var out Status
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		out = Status{Campaign: r.c.ID, Zone: r.c.Zone, At: r.now, Stopped: stopLines(sw), Running: d.Brake != nil}
		if out.ByState, err = r.Counts(); err != nil {
			return err
		}
		out.Lanes, err = r.laneLines(sw)
		return err
	})
	return out, err
}

// laneLines describes every account of the campaign, and any other with work.
func (r *room) laneLines(sw *campaign.Switches) ([]LaneLine, error) {
	of := map[campaign.LaneID][]campaign.ChannelID{}
	for _, id := range slices.Sorted(maps.Keys(r.c.Channels)) {
		of[r.c.LaneOf(id)] = append(of[r.c.LaneOf(id)], id)
	}
	busy, err := r.Lanes()
	if err != nil {
		return nil, err
	}
	for _, l := range busy {
		if _, ok := of[l]; !ok {
			of[l] = nil
		}
	}
	lines := []LaneLine{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		lane, err := r.Lane(id)
		if err != nil {
			return nil, err
		}
		line := LaneLine{Lane: id, Channels: of[id], Last: lane.LastAt, Held: sw.LaneHolds[id].Reason}
		if lane.RateUntil.After(r.now) {
			line.WaitsFor = lane.RateUntil
		}
		if line.Next, _, err = r.Head(id); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// stopLines lists everything that stops publishing.
func stopLines(sw *campaign.Switches) []StopLine {
	lines := []StopLine{}
	for _, c := range slices.Sorted(maps.Keys(sw.Causes)) {
		rec := sw.Causes[c]
		lines = append(lines, StopLine{Cause: c, Stop: true, By: rec.By, At: rec.At, Reason: rec.Reason, Text: causeText(c, rec)})
	}
	for _, h := range sw.Holds {
		lines = append(lines, StopLine{Hold: h.ID, Stop: h.Stop, Scope: h.Scope, By: h.By, At: h.At, Reason: h.Reason, Text: holdText(h)})
	}
	for _, l := range slices.Sorted(maps.Keys(sw.LaneHolds)) {
		rec := sw.LaneHolds[l]
		lines = append(lines, StopLine{Lane: l, By: rec.By, At: rec.At, Reason: rec.Reason, Text: words("the account "+string(l)+" is held", rec.By, rec.Reason)})
	}
	return lines
}

// Windows lists the windows, by begin then id. A lead sees them all: whose
// turn it is on a channel is no secret among mechanisms.
func (d *Desk) Windows(ctx context.Context, a campaign.Actor) ([]WindowLine, error) {
	lines := []WindowLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		plans, err := r.Tx.Plans()
		if err != nil {
			return err
		}
		n := map[campaign.TakeoverID]int{}
		for _, p := range plans {
			n[p.Takeover]++
		}
		for id, t := range r.c.Takeovers {
			lines = append(lines, WindowLine{ID: id, Mechanism: t.Mechanism, From: t.From, To: t.To, Channels: t.Channels,
				SubmitBy: t.SubmitBy, Shared: t.Shared, Revoked: t.Revoked, State: windowState(t, r.now), Plans: n[id]})
		}
		return nil
	})
	slices.SortFunc(lines, func(a, b WindowLine) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return lines, err
}

func windowState(t campaign.Takeover, now time.Time) string {
	switch {
	case t.Revoked:
		return "revoked"
	case now.Before(t.From):
		return "coming"
	case now.Before(t.To):
		return "open"
	}
	return "ended"
}

// Channels lists the channels, by id.
func (d *Desk) Channels(ctx context.Context, a campaign.Actor) ([]ChannelLine, error) {
	lines := []ChannelLine{}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(r.c.Channels)) {
			ch := r.c.Channels[id]
			line := ChannelLine{ID: id, Platform: ch.Platform, Like: ch.Like, Handle: ch.Handle, Lane: ch.Lane(id), Languages: ch.Languages,
				Paused: ch.Paused, DailyLimit: ch.DailyLimit, MinGap: ch.MinGap}
			if f, ok := d.Facts(ch); ok {
				line.Class = f.Class
			}
			var err error
			if line.Next, _, err = r.Head(line.Lane); err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}

// auditMost is how many entries of the log one question returns at most.
const auditMost = 10_000

// AuditTail returns at most max entries of the log from number n on, in order;
// n 0 is the last max.
func (d *Desk) AuditTail(ctx context.Context, a campaign.Actor, n uint64, max int) ([]campaign.AuditEntry, error) {
	entries := []campaign.AuditEntry{}
	if max <= 0 || max > auditMost {
		max = auditMost
	}
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActReadAudit, campaign.Object{}); err != nil {
			return err
		}
		if n == 0 {
			last, err := r.lastEntry()
			if err != nil {
				return err
			}
			n = last - min(last, uint64(max)) + 1
		}
		got, err := r.AuditFrom(n, max)
		entries = append(entries, got...)
		return err
	})
	return entries, err
}

// lastEntry is the number of the newest entry of the log. Entries are numbered
// without gaps, so it can be searched for.
func (r *room) lastEntry() (uint64, error) {
	var failed error
	missing := func(n uint64) bool {
		es, err := r.AuditFrom(n, 1)
		if err != nil {
			failed = err
		}
		return len(es) == 0
	}
	above := uint64(1)
	for ; failed == nil && !missing(above); above *= 2 {
	}
	low := above / 2 // exists, or is 0
	for failed == nil && low+1 < above {
		if mid := low + (above-low)/2; missing(mid) {
			above = mid
		} else {
			low = mid
		}
	}
	return low, failed
}

// VerifyAudit checks the chain of the whole log.
func (d *Desk) VerifyAudit(ctx context.Context, a campaign.Actor) (AuditCheck, error) {
	var out AuditCheck
	err := d.look(ctx, a, func(r *room) error {
		if err := r.may(campaign.ActReadAudit, campaign.Object{}); err != nil {
			return err
		}
		out = AuditCheck{OK: true}
		var prev campaign.Digest
		for {
			entries, err := r.AuditFrom(out.Entries+1, auditMost)
			if err != nil || len(entries) == 0 {
				return err
			}
			for _, e := range entries {
				out.Entries++
				if why := broken(e, out.Entries, prev); why != "" {
					out.OK, out.Bad, out.Why = false, out.Entries, why
					return nil
				}
				prev = e.Hash
			}
		}
	})
	return out, err
}

// broken says how an entry does not follow the one before; "" if it does.
func broken(e campaign.AuditEntry, n uint64, prev campaign.Digest) string {
	switch {
	case e.N != n:
		return fmt.Sprintf("an entry is missing: %d stands where %d should", e.N, n)
	case e.Prev != prev:
		return "it does not follow the entry before"
	case e.Seal().Hash != e.Hash:
		return "its content was changed"
	}
	return ""
}
