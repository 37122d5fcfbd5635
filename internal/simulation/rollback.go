package simulation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// redo keeps a deed that must be done again when the store was put back.
func (w *world) redo(name string, f func(context.Context, *process) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[name] = f
}

// lostDeeds are the deeds to do again.
func (w *world) lostDeeds() []func(context.Context, *process) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var fs []func(context.Context, *process) error
	for _, name := range slices.Sorted(maps.Keys(w.done)) {
		fs = append(fs, w.done[name])
	}
	return fs
}

// afterRollback is what people do before they lift a quarantine: they look at
// what is public, hand in again what was lost, and take out what has gone.
func (w *world) afterRollback(ctx context.Context, p *process, ds []campaign.Delivery, contents map[campaign.DeliveryID]campaign.Content) error {
	for i := range w.drafts {
		d := w.draftOf(i)
		// What is past by now cannot be handed in again; the answer names it.
		if err := w.handInAs(d, desk.Submission{Removals: desk.RemoveAll, OnlyClean: true})(ctx, p); gone(err) {
			return err
		}
	}
	for _, again := range w.lostDeeds() {
		if err := again(ctx, p); gone(err) {
			return err
		}
	}
	err := p.real.View(ctx, func(tx store.Tx) (err error) {
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
	out := map[string]int{}
	for _, d := range ds {
		a, stem := w.accounts[d.Channel], stemOf(contents[d.ID].Text)
		key := fmt.Sprint(d.Channel, "\x00", stem, d.Part)
		if (d.State == campaign.Planned || d.State == campaign.Scheduled) && a.count(stem, d.Part)-receipts(ds, d.Channel, stem, d.Part, contents) > out[key] {
			out[key]++
			w.note("a person finds part %d of %s of %s public on %s", d.Part, d.Post, d.Plan, d.Channel)
			if err := w.takeOut(ctx, p, &d, contents[d.ID]); gone(err) {
				return err
			}
			w.ledger.forgive(d.ID)
		}
	}
	for i := range w.drafts {
		id := w.draftOf(i).id
		if !w.isHandedIn(id) {
			continue // all of it was refused, and nobody waits for that
		}
		if err := w.approveAll(id)(ctx, p); gone(err) {
			return err
		}
	}
	w.ledger.liftQuarantine()
	_, err = p.desk.Resume(ctx, w.organizer(), desk.Resumption{Cause: campaign.CauseQuarantine, Late: desk.LateSend, Reason: "looked at every account"})
	return err
}

// takeOut says of a queued delivery that it is public: with its address, where
// the account shows just this text, else by cancelling it.
func (w *world) takeOut(ctx context.Context, p *process, d *campaign.Delivery, c campaign.Content) error {
	a := w.accounts[d.Channel]
	if id := a.seen(c.Text, p, d); id != "" && len(d.Receipts) == 0 && len(c.Thread) == 0 {
		_, err := p.desk.Resolve(ctx, w.organizer(), d.ID, desk.Resolution{PublishedAs: a.address(id), Why: "it is public already"})
		return err
	}
	_, err := p.desk.Cancel(ctx, w.organizer(), desk.Pick{IDs: []campaign.DeliveryID{d.ID}}, "it is public already")
	return err
}

// stemOf is what all wordings of a post have in common.
func stemOf(text string) string {
	stem, _, _ := strings.Cut(text, ", in ")
	return stem
}

// count is how many posts of ours with the stem the public saw as such a part.
func (a *account) count(stem string, part int) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.posts {
		if p.ours && p.part == part && stemOf(p.text) == stem {
			n++
		}
	}
	return n
}

// receipts is how many deliveries with the stem the store knows to be public as
// far as the part.
func receipts(ds []campaign.Delivery, ch campaign.ChannelID, stem string, part int, contents map[campaign.DeliveryID]campaign.Content) (n int) {
	for _, d := range ds {
		if d.Channel == ch && stemOf(contents[d.ID].Text) == stem && (d.State == campaign.Unresolved || slices.ContainsFunc(d.Receipts, func(r campaign.Receipt) bool { return r.Part == part })) {
			n++
		}
	}
	return n
}
