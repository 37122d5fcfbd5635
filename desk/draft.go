package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// draft is a plan's source with what people changed beside it, expanded and
// compared with what is stored. Submitting, moving an anchor and filling a
// value in all make one and store it: there is one way into the queue.
type draft struct {
	findings campaign.Findings
	exp      *plan.Expansion // without deliveries where the plan as a whole has an error
	old      *campaign.Plan  // nil at the first submission
	stored   map[campaign.DeliveryID]campaign.Delivery
	diff     plan.Diff
}

// draft makes the draft of a submission.
func (d *Desk) draft(r *room, s Submission, parsed *plan.Plan, found campaign.Findings, look mediaLook) (*draft, error) {
	if parsed == nil {
		return &draft{findings: found, exp: &plan.Expansion{}}, nil
	}
	var old *campaign.Plan
	p, err := r.Plan(campaign.PlanID(parsed.ID.Value))
	switch {
	case err == nil:
		old = &p
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	env := plan.Env{Author: r.a.Person, Mechanisms: leads(r.a), Media: beside(look, old), Revision: 1}
	if old != nil {
		env.Revision, env.Anchors, env.Values = old.Revision+1, old.Anchors, old.Values
	}
	return d.derive(r, parsed, found, old, env)
}

// derive expands the plan in env and compares it with what is stored.
func (d *Desk) derive(r *room, parsed *plan.Plan, found campaign.Findings, old *campaign.Plan, env plan.Env) (*draft, error) {
	dr := &draft{old: old, stored: map[campaign.DeliveryID]campaign.Delivery{}}
	var existing []campaign.Delivery
	if old != nil {
		var err error
		if existing, err = r.OfPlan(old.ID); err != nil {
			return nil, err
		}
	}
	for _, e := range existing {
		dr.stored[e.ID] = e
	}
	var failed error
	env.Now, env.Campaign, env.Surface, env.Existing = r.now, r.c, d.surfaces(r), existing
	env.Rendition, env.Card, env.Font = r.pictures.of, r.pictures.card, d.font()
	env.Twins = func(lane campaign.LaneID, fingerprint string) []campaign.Delivery {
		ts, err := r.Twins(lane, fingerprint)
		failed = errors.Join(failed, err)
		return slices.DeleteFunc(ts, func(t campaign.Delivery) bool {
			// What stands in the own plan and has not left is about to be replaced.
			return t.Plan == campaign.PlanID(parsed.ID.Value) && queued(&t)
		})
	}
	var more campaign.Findings
	dr.exp, more = plan.Expand(parsed, env)
	if err := cmp.Or(failed, r.pictures.made()); err != nil {
		return nil, err
	}
	dr.findings = slices.Concat(found, more)
	if dr.exp == nil {
		dr.exp = r.nothing(parsed)
		return dr, nil
	}
	dr.followPeople()
	if err := dr.compare(r); err != nil {
		return nil, err
	}
	dr.findings = append(dr.findings, dr.diff.Findings...)
	return dr, nil
}

// nothing is the expansion of a plan that has an error as a whole: what can be
// known of whose it is, for authority comes before findings.
func (r *room) nothing(p *plan.Plan) *plan.Expansion {
	t := campaign.TakeoverID(p.Window.Value)
	return &plan.Expansion{Plan: campaign.PlanID(p.ID.Value), Takeover: t, Mechanism: r.c.Takeovers[t].Mechanism}
}

// followPeople puts in the place of each delivery the one that stands for it
// now, where a person gave it another time: the text comes from the file, the
// time from the person, until the file says another time than it did.
func (dr *draft) followPeople() {
	for i, n := range dr.exp.Deliveries {
		e, k, ok := dr.standing(n)
		if !ok || k < number(n.Occurrence) {
			continue
		}
		m := renamed(n, k)
		if strings.HasPrefix(e.Rule, plan.MovedRule) && dr.saidBefore(n, k) {
			m.Rule, m.Due, m.Latest = e.Rule, e.Due, e.Latest
			m.Wants = campaign.ApprovalHash(dr.exp.Contents[m.Content], m.Terms())
		}
		if (e.State == campaign.Missed || e.State == campaign.Rejected) && m.Wants != e.Wants {
			m = renamed(n, k+1) // mended after it ended
		}
		dr.exp.Deliveries[i] = m
	}
	slices.SortFunc(dr.exp.Deliveries, byDue)
}

// saidBefore tells whether the file had the same time when the k-th of the
// occurrence was made.
func (dr *draft) saidBefore(n campaign.Delivery, k int) bool {
	for k--; k > 0; k-- {
		if e := dr.stored[renamed(n, k).ID]; !strings.HasPrefix(e.Rule, plan.MovedRule) {
			return e.Due.Equal(n.Due)
		}
	}
	return true
}

// standing is the newest stored delivery of n's occurrence, and its number.
func (dr *draft) standing(n campaign.Delivery) (e campaign.Delivery, k int, ok bool) {
	for try := 1; ; try++ {
		next, exists := dr.stored[renamed(n, try).ID]
		if !exists && try > 1 {
			return e, k, ok
		}
		if exists {
			e, k, ok = next, try, true
		}
	}
}

// compare makes the diff against what stands. What was cancelled, and what a
// newer number replaced, is history; posts left out as drafts stay as they are.
func (dr *draft) compare(r *room) error {
	var stand []campaign.Delivery
	for _, e := range dr.stored {
		_, k, _ := dr.standing(e)
		if e.State != campaign.Cancelled && number(e.Occurrence) == k && !slices.Contains(dr.exp.Skipped, e.Post) {
			stand = append(stand, e)
		}
	}
	slices.SortFunc(stand, byDue)
	var failed error
	content := func(d campaign.Digest) (campaign.Content, bool) {
		if c, ok := dr.exp.Contents[d]; ok {
			return c, true
		}
		c, err := r.Content(d)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			failed = errors.Join(failed, err)
		}
		return c, err == nil
	}
	dr.diff = plan.Compare(dr.exp, stand, content)
	dr.diff.Changes = slices.DeleteFunc(dr.diff.Changes, func(c plan.Change) bool {
		return c.Kind == plan.Added && !dr.comesBack(*c.New)
	})
	return failed
}

// comesBack tells whether an added delivery is new indeed. One that a person
// cancelled or withdrew stays so until its content or terms are other ones:
// else the next look at the same file would undo what the person did.
func (dr *draft) comesBack(n campaign.Delivery) bool {
	e := dr.stored[n.ID]
	if dr.old != nil && dr.old.Withdrawn || !dr.takenOut(n) || e.Wants != n.Wants {
		return true
	}
	dr.findings = append(dr.findings, campaign.Finding{Severity: campaign.SeverityWarning, Code: "W004", Path: fmt.Sprintf("posts[%s]", n.Post),
		Message: fmt.Sprintf("%s on %s was cancelled and stays so: %s", n.Post, n.Channel, e.Reason.Text),
		Fix:     "change it, or ask an organizer to give it a new time"})
	return false
}

// takenOut tells whether a person cancelled or withdrew what is added again.
func (dr *draft) takenOut(n campaign.Delivery) bool {
	e, exists := dr.stored[n.ID]
	return exists && e.Reason.Code != campaign.ReasonRemoved && e.Reason.Code != campaign.ReasonGrant
}

// number is the n of an occurrence key that ends in #n, else 1.
func number(key string) int {
	n := 1
	if m := numbered.FindStringSubmatch(key); m != nil {
		fmt.Sscan(m[1], &n)
	}
	return n
}

// notes are those of the expansion that hold still: where a person gave another
// time, the spacing of the file's is nobody's concern.
func (dr *draft) notes() []plan.Note {
	due := map[campaign.DeliveryID]time.Time{}
	for _, n := range dr.exp.Deliveries {
		due[n.ID] = n.Due
	}
	return slices.DeleteFunc(slices.Clone(dr.exp.Notes), func(n plan.Note) bool { return !due[n.Delivery].Equal(n.Due) })
}

// answer is what the draft would do, in the order of the diff.
func (dr *draft) answer(r *room, s Submission) Submitted {
	out := Submitted{Plan: dr.exp.Plan, Takeover: dr.exp.Takeover, Mechanism: dr.exp.Mechanism, Findings: dr.findings, Drafts: dr.exp.Skipped,
		Late: r.c.Takeovers[dr.exp.Takeover].LateChange(r.now)}
	if out.Findings == nil {
		out.Findings = campaign.Findings{}
	}
	if dr.old != nil {
		out.Revision = dr.old.Revision
	}
	out.Notes = dr.notes()
	goes, differs := dr.removals(s), []plan.Change{}
	for _, c := range dr.diff.Changes {
		switch c.Kind {
		case plan.Added:
			out.Added++
		case plan.Changed:
			out.Edited++
		case plan.Removed:
			if goes[c.Old.ID] {
				out.Removed++
			} else {
				out.Kept = append(out.Kept, c.Old.ID)
			}
		case plan.Unchanged:
			out.Same++
			continue // counted, not listed: a diff tells what differs
		default:
			out.Same++
		}
		differs = append(differs, c)
	}
	out.Diff = differenceOf(differs, dr.diff.Findings)
	return out
}

// fewOf is the part of the open deliveries that may vanish without a person's
// naming them: one in five. Source: ux.md §4.
const fewOf = 5

// removals are the vanished deliveries that are cancelled.
func (dr *draft) removals(s Submission) map[campaign.DeliveryID]bool {
	goes, open := map[campaign.DeliveryID]bool{}, 0
	for _, e := range dr.stored {
		if queued(&e) {
			open++
		}
	}
	for _, c := range dr.diff.Changes {
		if c.Kind != plan.Removed && !vanished(c) {
			continue
		}
		switch s.Removals {
		case RemoveAll, RemoveFew:
			goes[c.Old.ID] = true
		case RemoveNamed:
			if slices.Contains(s.Remove, c.Old.ID) {
				goes[c.Old.ID] = true
			}
		}
	}
	if s.Removals == RemoveFew && len(goes)*fewOf > open {
		return nil
	}
	return goes
}

// vanished tells whether the change is one on its way that the file dropped.
func vanished(c plan.Change) bool { return c.Kind == plan.Locked && c.New == nil }

// maySubmit asks whether the actor may, whether the person saw what is stored,
// and whether errors stand in the way.
func (dr *draft) maySubmit(r *room, s Submission) error {
	if dr.old != nil {
		if err := r.may(campaign.ActSubmit, r.aboutPlan(dr.old)); err != nil {
			return err
		}
	}
	if _, known := r.c.Takeovers[dr.exp.Takeover]; known {
		if err := r.may(campaign.ActSubmit, r.about(dr.exp.Mechanism, dr.exp.Takeover, dr.exp.Plan)); err != nil {
			return err
		}
	}
	switch {
	case dr.findings.HasErrors() && !(s.OnlyClean && dr.onlyPosts()):
		return ErrFindings
	case dr.old != nil && s.Expect != 0 && s.Expect != dr.old.Revision:
		return fmt.Errorf("%w: plan %s is at revision %d, not %d", ErrConflict, dr.old.ID, dr.old.Revision, s.Expect)
	case dr.old == nil && s.Expect > 0:
		return fmt.Errorf("%w: there is no plan %s", ErrConflict, dr.exp.Plan)
	case dr.old != nil && dr.old.Takeover != dr.exp.Takeover:
		return fmt.Errorf("%w: there is a plan %s for window %s; choose another name", ErrConflict, dr.old.ID, dr.old.Takeover)
	}
	// Without a known window nothing could have been asked about it.
	return r.may(campaign.ActSubmit, r.about(dr.exp.Mechanism, dr.exp.Takeover, dr.exp.Plan))
}

// onlyPosts tells whether all errors lie in posts that were left out, and some post is left.
func (dr *draft) onlyPosts() bool {
	if len(dr.exp.Deliveries) == 0 || dr.exp.Takeover == "" {
		return false
	}
	for _, f := range dr.findings {
		if f.Severity == campaign.SeverityError && !slices.Contains(dr.exp.Skipped, plan.PostOf(f)) {
			return false
		}
	}
	return true
}
