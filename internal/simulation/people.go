package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// deed lets a person do something in a goroutine of their own. Where the
// daemon is away or dies meanwhile the person tries again a minute later.
func (w *world) deed(name string, f func(ctx context.Context, p *process) error) {
	w.mu.Lock()
	w.deeds++
	name = fmt.Sprintf("%s#%d", name, w.deeds)
	w.mu.Unlock()
	w.people.Go(func() {
		ctx := context.WithValue(context.Background(), deedKey{}, name)
		for range 600 {
			p := w.current()
			if w.over.Load() {
				return
			}
			if p == nil || !p.enter() {
				time.Sleep(time.Minute)
				continue
			}
			// Of two people who turn up at one moment the seed says who is first.
			err := errGone
			if w.baton.await(p, looking+"deed "+name) {
				err = f(ctx, p)
			}
			p.deeds.Done()
			switch {
			case errors.Is(err, store.ErrBroken), errors.Is(err, store.ErrClosed):
				time.Sleep(time.Minute)
				continue
			case err != nil:
				w.note("%s: %v", name, err)
			}
			return
		}
	})
}

// enter lets a deed begin, unless the process is gone.
func (p *process) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return false
	}
	p.deeds.Add(1)
	return true
}

// handIn submits the draft as its author has it now.
func (w *world) handIn(d *draft, mode desk.Removals) func(context.Context, *process) error {
	return w.handInAs(d, desk.Submission{Removals: mode})
}

func (w *world) handInAs(d *draft, s desk.Submission) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		s.File, s.Source = "plan.yaml", d.file()
		if slices.ContainsFunc(d.posts, func(p *written) bool { return p.picture }) {
			s.Media = map[string]campaign.Digest{"street.png": street()}
		}
		answered := w.ledger.submit(d)
		out, err := p.desk.Submit(ctx, w.lead(d), s)
		switch {
		case gone(err):
			return err // nobody knows; the author tries again
		case errors.Is(err, store.ErrNotFound):
			return store.ErrClosed // there is no campaign yet
		}
		answered(err == nil, len(out.Kept) > 0)
		if err == nil {
			w.note("%s revision %d: %d added, %d changed, %d removed, %d kept, left out %v", d.id, out.Revision, out.Added, out.Edited, out.Removed, len(out.Kept), out.Drafts)
			w.ledger.leftOut(d.id, out.Drafts)
			for _, post := range out.Drafts { // what the store still has of it is not what its author wants
				if err := w.withdraw(d, string(post), true)(ctx, p); gone(err) {
					return err
				}
			}
			w.setDraft(d)
			return nil
		}
		if s.OnlyClean && errors.Is(err, desk.ErrFindings) {
			w.ledger.leftOut(d.id, out.Drafts) // no post could be handed in again; the answer names them all
		}
		for _, f := range out.Findings {
			if f.Severity == campaign.SeverityError {
				err = fmt.Errorf("%w: %s %s", err, f.Code, f.Message)
			}
		}
		return err
	}
}

// setDraft makes d the author's last accepted word.
func (w *world) setDraft(d *draft) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handedIn[d.id] = true
	for i := range w.drafts {
		if w.drafts[i].id == d.id {
			w.drafts[i] = d
		}
	}
}

// isHandedIn tells whether some revision of the plan was accepted.
func (w *world) isHandedIn(id campaign.PlanID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.handedIn[id]
}

// claim lets one deed work on a plan's times alone; release ends that. An author
// who moves an event does not hand the file in at the same time.
func (w *world) claim(i int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.claimed[i] {
		return false
	}
	w.claimed[i] = true
	return true
}

func (w *world) release(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claimed[i] = false
}

// draftOf is the author's last accepted word.
func (w *world) draftOf(i int) *draft {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.drafts[i]
}

// approveAll approves all of a plan that waits.
func (w *world) approveAll(id campaign.PlanID) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		if !w.isHandedIn(id) {
			return store.ErrClosed // in a minute again
		}
		answered := w.ledger.approve(id)
		_, err := p.desk.Approve(ctx, w.approver(), desk.Approval{Pick: desk.Pick{Plan: id}})
		if err == nil {
			answered()
		}
		return err
	}
}

// stopFor stops or holds a scope and lifts it after a while.
func (w *world) stopFor(s campaign.Scope, hold bool, d time.Duration, late desk.Late) func(context.Context, *process) error {
	began := w.clk.True()
	return func(ctx context.Context, p *process) error {
		halt := p.desk.Stop
		if hold {
			halt = p.desk.Hold
		}
		answered := w.ledger.halting(s)
		out, err := halt(ctx, w.organizer(), s, "the simulation says so")
		if err != nil {
			return err
		}
		t := w.ledger.mind(&trouble{kind: "stop", account: s.Channel, plan: s.Plan, post: string(s.Post), from: began, to: w.clk.True().Add(20 * time.Hour)})
		if out.Confirmed {
			answered()
		}
		w.people.Go(func() {
			time.Sleep(d)
			w.deed("lift", w.lift(desk.Resumption{Scope: s, Late: late}, hold, t))
		})
		return nil
	}
}

// lift ends a stop or hold; nobody does that while the clock is wrong.
func (w *world) lift(q desk.Resumption, hold bool, t *trouble) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) error {
		if w.clk.off() != 0 {
			return store.ErrClosed // in a minute again
		}
		lifted := w.ledger.lifting(q.Scope)
		lift := p.desk.Resume
		if hold {
			lift = p.desk.Release
		}
		_, err := lift(ctx, w.organizer(), q)
		if err == nil {
			lifted()
		}
		if !gone(err) {
			w.ledger.over(t)
		}
		return err
	}
}

// withdraw takes a post back.
func (w *world) withdraw(d *draft, post string, byOrganizer bool) func(context.Context, *process) error {
	return func(ctx context.Context, p *process) (err error) {
		if byOrganizer {
			_, err = p.desk.Cancel(ctx, w.organizer(), desk.Pick{Plan: d.id, Post: campaign.PostID(post)}, "not today")
		} else {
			_, err = p.desk.Withdraw(ctx, w.lead(d), d.id, []campaign.PostID{campaign.PostID(post)}, 0, "not today")
		}
		if err == nil {
			w.ledger.withdrawn(d.id, post)
			w.redo(fmt.Sprint("withdraw ", d.id, post), w.withdraw(d, post, byOrganizer))
		}
		return err
	}
}

// lookAround is what an organizer does every now and then: settle what waits
// for a person, mend accounts, and see that everything goes on.
func (w *world) lookAround(ctx context.Context, p *process) error {
	if w.clk.off() != 0 {
		return nil // people mend the clock first
	}
	var sw campaign.Switches
	var ds []campaign.Delivery
	contents := map[campaign.DeliveryID]campaign.Content{}
	err := p.real.View(ctx, func(tx store.Tx) (err error) {
		if sw, err = tx.Switches(); err != nil {
			return err
		}
		if ds, _, err = tx.List(store.Filter{}, "", 10_000); err != nil {
			return err
		}
		for _, d := range ds {
			if contents[d.ID], err = tx.Content(d.Content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	rnd := w.random(fmt.Sprint("organizer", w.clk.True()))
	late := []desk.Late{desk.LateSend, desk.LateAsk, desk.LateSkip}[rnd.IntN(3)]
	for c, rec := range sw.Causes {
		switch {
		case c == campaign.CauseQuarantine:
			return w.afterRollback(ctx, p, ds, contents)
		case c == campaign.CauseClock && w.clk.True().Sub(rec.At) > 20*time.Minute:
			if _, err := p.desk.Resume(ctx, w.organizer(), desk.Resumption{Cause: c, Late: late}); gone(err) {
				return err
			}
		}
	}
	for _, id := range w.ids {
		a := w.accounts[id]
		if _, held := sw.LaneHolds[w.campaign.LaneOf(id)]; !held || a.isRevoked() {
			continue
		}
		channel := campaign.Scope{Kind: "channel", Channel: id}
		lifted := w.ledger.lifting(channel)
		_, err := p.desk.Resume(ctx, w.organizer(), desk.Resumption{Scope: channel, Late: late})
		switch {
		case gone(err):
			return err
		case err == nil:
			lifted()
		}
	}
	for i := range ds {
		if err := w.settle(ctx, p, &ds[i], contents[ds[i].ID], rnd.IntN(100)); gone(err) {
			return err
		}
	}
	for i := range w.drafts {
		id := w.draftOf(i).id
		if slices.ContainsFunc(ds, func(d campaign.Delivery) bool { return d.Plan == id && d.State == campaign.Planned }) && rnd.IntN(2) == 0 {
			if err := w.approveAll(id)(ctx, p); gone(err) {
				return err
			}
		}
	}
	return nil
}

func gone(err error) bool { return errors.Is(err, store.ErrBroken) || errors.Is(err, store.ErrClosed) }

func (a *account) isRevoked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revoked || a.down
}

// settle does what one delivery needs of a person. dice decides between what
// people may do as well.
func (w *world) settle(ctx context.Context, p *process, d *campaign.Delivery, c campaign.Content, dice int) error {
	a := w.accounts[d.Channel]
	switch {
	case d.State == campaign.NeedsHuman && w.clk.True().Sub(d.Reason.At) > 5*time.Minute:
		q := desk.Resolution{Why: "looked at the account"}
		rest := append([]string{c.Text}, c.Thread...)[min(d.Part, len(c.Thread)):]
		seen := a.seen(rest[0], p, d)
		switch {
		case d.Twin != "" && dice < 70, d.Twin == "" && seen == "" && dice < 25:
			q.GiveUp = true
		case d.Twin == "" && seen != "":
			q.PublishedAs = a.address(seen)
		default:
			q.NotPublished = true
			w.ledger.word(d.ID, d.Channel, rest)
		}
		_, err := p.desk.Resolve(ctx, w.organizer(), d.ID, q)
		if errors.Is(err, desk.ErrConflict) && q.PublishedAs != "" {
			_, err = p.desk.Resolve(ctx, w.organizer(), d.ID, desk.Resolution{GiveUp: true, Why: "that post is another's"})
		}
		return err
	case !d.Parked || d.State.End():
		return nil
	case d.Stale, d.Reason.Code == campaign.ReasonDoubt, d.Reason.Code == campaign.ReasonHash:
		w.ledger.mind(&trouble{kind: "cancelled by a person", plan: d.Plan, post: string(d.Post), account: d.Channel, from: d.Due.Add(-time.Hour), to: w.clk.True()})
		_, err := p.desk.Cancel(ctx, w.organizer(), desk.Pick{IDs: []campaign.DeliveryID{d.ID}}, "it is not what its plan says")
		return err
	case d.Reason.Code == campaign.ReasonAskLate, d.Reason.Code == campaign.ReasonMedia && !w.isMissing():
		_, err := p.desk.Release(ctx, w.organizer(), desk.Resumption{Scope: campaign.Scope{Kind: "delivery", Delivery: d.ID}})
		return err
	}
	return nil
}

func (w *world) isMissing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.missing
}

// seen is the post with the text that a person finds on the account and that
// no receipt of another delivery names.
func (a *account) seen(text string, p *process, d *campaign.Delivery) string {
	taken := map[string]bool{}
	_ = p.real.View(context.Background(), func(tx store.Tx) error {
		ds, err := tx.Twins(d.Lane, d.Fingerprint)
		for _, t := range ds {
			for _, r := range t.Receipts {
				taken[r.RemoteID] = true
			}
		}
		return err
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, x := range a.posts {
		if x.text == text && x.deleted.IsZero() && !taken[x.id] && !taken[a.address(x.id)] {
			return x.id
		}
	}
	return ""
}

// channelsOf are the channels of what an answer could not change any more.
func (p *process) channelsOf(refused []desk.Refusal) (ids []campaign.ChannelID) {
	_ = p.real.View(context.Background(), func(tx store.Tx) error {
		for _, r := range refused {
			d, err := tx.Delivery(r.ID)
			if err != nil {
				return err
			}
			ids = append(ids, d.Channel)
		}
		return nil
	})
	return ids
}
