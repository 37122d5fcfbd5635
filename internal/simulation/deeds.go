package simulation

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
)

// What people do that crosses what the daemon does.

func stop(w *world, rnd *rand.Rand) {
	d, late := odd(rnd, time.Minute, 45*time.Minute), []desk.Late{desk.LateSend, desk.LateAsk, desk.LateSkip}[rnd.IntN(3)]
	w.meets(rnd, "stop", func() {
		w.struck("stop")
		w.deed("stop", w.stopFor(campaign.Scope{Kind: "all"}, false, d, late))
	})
}

func hold(w *world, rnd *rand.Rand) {
	d, late := odd(rnd, time.Minute, 60*time.Minute), []desk.Late{desk.LateSend, desk.LateAsk, desk.LateSkip}[rnd.IntN(3)]
	i, n := rnd.IntN(len(w.drafts)), rnd.IntN(100)
	shape := rnd.IntN(4)
	w.meets(rnd, "hold", func() {
		x := w.draftOf(i)
		s := campaign.Scope{Kind: "post", Plan: x.id, Post: campaign.PostID(x.posts[n%len(x.posts)].id)}
		switch shape {
		case 0:
			s = campaign.Scope{Kind: "plan", Plan: x.id}
		case 1:
			s = campaign.Scope{Kind: "channel", Channel: w.ids[n%len(w.ids)]}
		}
		w.struck("hold")
		w.deed("hold", w.stopFor(s, true, d, late))
	})
}

// edit changes a post's text or time, and has it approved again.
func edit(w *world, rnd *rand.Rand) {
	i, n, what, after := rnd.IntN(len(w.drafts)), rnd.IntN(100), rnd.IntN(4), odd(rnd, time.Second, 15*time.Minute)
	shift := time.Duration(rnd.IntN(40)) * time.Minute
	w.meets(rnd, "edit", func() {
		if !w.claim(i) {
			return
		}
		w.struck("edit")
		w.editing++
		version := w.editing
		w.ledger.mind(&trouble{kind: "unapproved", plan: w.draftOf(i).id, from: w.clk.True(), to: w.clk.True().Add(after + time.Hour)})
		w.deed("edit", func(ctx context.Context, p *process) error {
			d := w.draftOf(i).clone()
			x := d.posts[n%len(d.posts)]
			if what == 0 && x.form == "once" {
				x.at[0] = x.at[0].Add(shift)
			} else if !x.repeat {
				x.text = wording(d, x.id, version)
				if len(x.thread) > 0 {
					x.thread[0] = x.text + ", and it goes on"
				}
			}
			w.note("%s of %s gets %q at %s", x.id, d.id, x.text, d.times(x)[0].Format(time.TimeOnly))
			err := w.handIn(d, desk.RemoveFew)(ctx, p)
			if !gone(err) {
				w.release(i)
			}
			return err
		})
		w.soon(after, "approve the edit", func() { w.deed("approve", w.approveAll(w.draftOf(i).id)) })
	})
}

func withdraw(w *world, rnd *rand.Rand) {
	i, n, by := rnd.IntN(len(w.drafts)), rnd.IntN(100), rnd.IntN(2) == 0
	w.meets(rnd, "withdraw", func() {
		d := w.draftOf(i)
		w.struck("withdraw")
		w.deed("withdraw", w.withdraw(d, d.posts[n%len(d.posts)].id, by))
	})
}

func takeBack(w *world, rnd *rand.Rand) {
	i, n, after := rnd.IntN(len(w.drafts)), rnd.IntN(100), odd(rnd, time.Minute, 30*time.Minute)
	w.meets(rnd, "approval taken back", func() {
		d := w.draftOf(i)
		post := d.posts[n%len(d.posts)].id
		w.struck("approval_taken_back")
		t := w.ledger.mind(&trouble{kind: "unapproved", plan: d.id, from: w.clk.True(), to: w.clk.True().Add(20 * time.Hour)})
		back := func(ctx context.Context, p *process) error {
			out, err := p.desk.TakeBackApproval(ctx, w.approver(), desk.Pick{Plan: d.id, Post: campaign.PostID(post)}, "once more")
			if err == nil {
				w.ledger.takenBack(d.id, post, p.channelsOf(out.Locked))
			}
			return err
		}
		w.deed("take back", back)
		w.soon(after, "approve again", func() {
			w.deed("approve", func(ctx context.Context, p *process) error {
				err := w.approveAll(d.id)(ctx, p)
				w.ledger.over(t)
				return err
			})
		})
	})
}

// approvedLate lets a plan wait for its first approval.
func approvedLate(w *world, rnd *rand.Rand) {
	w.slowApproval[rnd.IntN(len(w.drafts))] = odd(rnd, 10*time.Minute, 120*time.Minute)
}

func anchorMove(w *world, rnd *rand.Rand) {
	i, by := rnd.IntN(len(w.drafts)), time.Duration(rnd.IntN(80)-30)*time.Minute
	w.meets(rnd, "anchor moved", func() {
		if !w.claim(i) {
			return
		}
		w.struck("anchor_move")
		w.deed("anchor", func(ctx context.Context, p *process) error {
			d := w.draftOf(i).clone()
			d.anchor = d.anchor.Add(by)
			answered := w.ledger.moving(d)
			out, err := p.desk.AnchorSet(ctx, w.lead(d), d.id, "live", d.anchor, 0)
			if gone(err) {
				answered(false, nil) // nothing is known; the same is asked again
				return err
			}
			answered(err == nil, out.Went)
			defer w.release(i)
			if err == nil {
				w.setDraft(d)
			}
			return err
		})
	})
}

// rename hands a post in under another id: the same text twice, where the old
// one stays until a person decides.
func rename(w *world, rnd *rand.Rand) {
	i, n := rnd.IntN(len(w.drafts)), rnd.IntN(100)
	mode := []desk.Removals{desk.RemoveFew, desk.RemoveNone, desk.RemoveNone}[rnd.IntN(3)]
	w.at(odd(rnd, 10*time.Minute, 100*time.Minute), "renamed", func() {
		if !w.claim(i) {
			return
		}
		w.struck("twin")
		w.deed("rename", func(ctx context.Context, p *process) error {
			d := w.draftOf(i).clone()
			x := d.posts[n%len(d.posts)]
			for _, id := range []string{x.id, x.id + "-new"} {
				w.ledger.mind(&trouble{kind: "twin", plan: d.id, post: id, from: w.clk.True(), to: epoch.Add(20 * time.Hour)})
			}
			x.id += "-new"
			w.note("%s of %s is its name now", x.id, d.id)
			err := w.handIn(d, mode)(ctx, p)
			if !gone(err) {
				w.release(i)
			}
			return err
		})
		w.ledger.mind(&trouble{kind: "unapproved", plan: w.draftOf(i).id, from: w.clk.True(), to: w.clk.True().Add(time.Hour)})
		w.soon(time.Minute+time.Duration(n)*time.Second, "approve the renamed", func() { w.deed("approve", w.approveAll(w.draftOf(i).id)) })
	})
}

// again hands the same plan in once more, from two people at once.
func again(w *world, rnd *rand.Rand) {
	i := rnd.IntN(len(w.drafts))
	w.meets(rnd, "handed in again", func() {
		if !w.claim(i) {
			return
		}
		w.struck("handed_in_again")
		var left atomic.Int32
		left.Store(2)
		for range 2 {
			w.deed("again", func(ctx context.Context, p *process) error {
				err := w.handIn(w.draftOf(i), desk.RemoveFew)(ctx, p)
				if !gone(err) && left.Add(-1) == 0 {
					w.release(i) // not before both are done: no event moves meanwhile
				}
				return err
			})
		}
	})
}

// byHand lets a person post a text of a plan on the account themselves.
func byHand(w *world, rnd *rand.Rand) {
	i, n := rnd.IntN(len(w.drafts)), rnd.IntN(100)
	w.meets(rnd, "posted by hand", func() {
		d := w.draftOf(i)
		x := d.posts[n%len(d.posts)]
		a := w.accounts[x.channels[0]]
		w.struck("posted_by_hand")
		w.ledger.hinder("posted_by_hand", a.id, w.clk.True().Add(-time.Minute), 10*time.Hour)
		a.becomes(func() { a.show(w.clk.True(), x.text, nil, channels.Request{}) })
	})
}

// deletedByHand lets a person delete a post of ours that is known to be there,
// or one whose platform shows that it was there.
func deletedByHand(w *world, rnd *rand.Rand) {
	n := rnd.IntN(100)
	w.meets(rnd, "deleted by hand", func() {
		var ours []*public
		for _, id := range w.ids {
			a := w.accounts[id]
			for _, p := range a.posts {
				if p.ours && p.deleted.IsZero() && (a.strength == channels.Exact || w.clk.True().Sub(p.at) > 40*time.Minute) {
					ours = append(ours, p)
				}
			}
		}
		if len(ours) > 0 {
			w.struck("deleted_by_hand")
			ours[n%len(ours)].deleted = w.clk.True()
		}
	})
}
