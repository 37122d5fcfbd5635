package simulation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// forgive notes that a person took out what the store no longer knew to be public.
func (l *ledger) forgive(id campaign.DeliveryID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgiven = append(l.forgiven, id)
}

// liftQuarantine notes that people have looked and lift what a rollback stopped;
// the stops of the lost life went with it.
func (l *ledger) liftQuarantine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.halts {
		if h.to == 0 {
			h.to = l.w.baton.now()
		}
	}
	now := l.w.clk.True()
	l.troubles = append(l.troubles, &trouble{kind: "rollback", from: epoch, to: now.Add(2 * time.Hour)})
}

// kept is what the store says at the end.
type ending struct {
	ds       []campaign.Delivery
	contents map[campaign.DeliveryID]campaign.Content
}

func read(p *process) (e ending, err error) {
	e.contents = map[campaign.DeliveryID]campaign.Content{}
	err = p.real.View(context.Background(), func(tx store.Tx) (err error) {
		if e.ds, _, err = tx.List(store.Filter{}, "", 100_000); err != nil {
			return err
		}
		for _, d := range e.ds {
			if e.contents[d.ID], err = tx.Content(d.Content); err != nil {
				return err
			}
		}
		return nil
	})
	return e, err
}

// ended tells whether nothing more will happen to any delivery.
func (e ending) ended() bool {
	return !slices.ContainsFunc(e.ds, func(d campaign.Delivery) bool { return !d.State.End() })
}

// judge holds what became public and what is stored against what was wanted.
func (l *ledger) judge(e ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.duplicates()
	l.bursts()
	l.keptAll(e)
	remote := map[string]campaign.DeliveryID{}
	for i := range e.ds {
		d := &e.ds[i]
		l.ending(e, d)
		for _, r := range d.Receipts {
			key := string(d.Lane) + " " + r.RemoteID
			if other, twice := remote[key]; twice {
				l.wrong("unexplained", "post %s stands in the receipts of %s and %s", key, other, d.ID)
			}
			remote[key] = d.ID
		}
	}
}

// duplicates counts by account and text: what the public saw of ours against
// what the author asked for at most at one time, and a person's words.
func (l *ledger) duplicates() {
	type key struct {
		account campaign.ChannelID
		text    string
	}
	shown, meant := map[key]int{}, map[key]int{}
	for _, p := range l.shows {
		shown[key{l.shownOn[p], p.text}]++
	}
	for _, p := range l.promises {
		if p.void {
			continue
		}
		for _, text := range p.parts {
			// A promise counts while it stands, so that one which took the
			// place of another is not counted beside it.
			n := 0
			for _, q := range l.promises {
				end := cmp.Or(q.dropped, q.stands.to)
				if q.repeat {
					end = q.stands.to // what stays of it was marked as meant, too
				}
				if !q.void && q.account == p.account && slices.Contains(q.parts, text) && (q == p || q.stands.from <= p.since && (end == 0 || end > p.since)) {
					n++
				}
			}
			k := key{p.account, text}
			meant[k] = max(meant[k], n)
		}
	}
	for k, n := range shown {
		if most := meant[k] + l.extra[string(k.account)+"\x00"+k.text]; n > most {
			l.wrong("duplicates", "%q is public %d times on %s (%s), asked for %d times", k.text, n, k.account, l.w.accounts[k.account].class, most)
		}
	}
	// Of each delivery, too, as far as one life of the store knows it: people
	// cannot tell two occurrences of a series apart that a rollback forgot.
	of := map[campaign.DeliveryID]map[int]int{}
	for _, p := range l.shows {
		if p.at.Before(l.rolled) {
			continue
		}
		if of[p.delivery] == nil {
			of[p.delivery] = map[int]int{}
		}
		of[p.delivery][p.part]++
	}
	for id, parts := range of {
		for part, n := range parts {
			if n > 1+len(l.words[id]) && !slices.Contains(l.forgiven, id) {
				l.wrong("duplicates", "part %d of %s is public %d times", part, id, n)
			}
		}
	}
}

// bursts: what is late goes out with a distance, and an account keeps its gap.
func (l *ledger) bursts() {
	last := map[campaign.ChannelID]*call{}
	for _, c := range l.calls {
		if c.part > 0 || c.repeat || !c.shown {
			continue
		}
		before, ok := last[c.account]
		last[c.account] = c
		if !ok || before.wallSet != c.wallSet || before.delivery == c.delivery || before.armedAt.Before(l.rolled) {
			continue
		}
		gap := l.w.campaign.Channels[c.account].MinGap
		if c.late > campaign.OnTime+time.Second {
			gap = max(gap, campaign.RestartSpacing)
		}
		if apart := c.armedAt.Sub(before.armedAt); apart < gap {
			l.wrong("burst", "%q leaves %s after the post before it on %s, which needs %s", c.text, apart, c.account, gap)
		}
	}
}

// keptAll: every occurrence of the last accepted plan is stored.
func (l *ledger) keptAll(e ending) {
	type key struct {
		plan    campaign.PlanID
		post    string
		account campaign.ChannelID
	}
	have, want := map[key]int{}, map[key]int{}
	for _, d := range e.ds {
		if d.State != campaign.Cancelled || slices.Contains(l.forgiven, d.ID) || l.troubled(d.Plan, string(d.Post), d.Channel, d.Due.Add(-2*time.Hour), d.Latest, "cancelled by a person") {
			have[key{d.Plan, string(d.Post), d.Channel}]++
		}
	}
	for _, p := range l.promises {
		if !p.void && !p.left && p.dropped == 0 && p.stands.to == 0 {
			want[key{p.plan, p.post, p.account}]++
		}
	}
	for k, n := range want {
		if have[k] < n {
			l.wrong("lost", "%s of %s on %s: %d are wanted, %d are kept", k.post, k.plan, k.account, n, have[k])
		}
	}
}

// ending judges how one delivery ended.
func (l *ledger) ending(e ending, d *campaign.Delivery) {
	text := e.contents[d.ID].Text
	name := string(d.Post) + " of " + string(d.Plan) + " on " + string(d.Channel) + " (" + string(l.w.accounts[d.Channel].class) + ", " + string(d.ID) + ")"
	shown, at := 0, time.Time{}
	for _, p := range l.shows {
		if p.delivery == d.ID && p.part == 0 {
			shown++
			at = p.at
		}
	}
	forgiven := slices.Contains(l.forgiven, d.ID)
	switch d.State {
	case campaign.Published:
		seen, claims := 0, 0
		for _, p := range l.w.accounts[d.Channel].posts {
			if p.text == text {
				seen++
			}
		}
		for _, o := range e.ds {
			if o.Channel == d.Channel && o.State == campaign.Published && e.contents[o.ID].Text == text {
				claims++
			}
		}
		if shown == 0 && claims > seen {
			l.wrong("lost", "%s is called published, and nobody saw it", name)
		}
	case campaign.Missed, campaign.Rejected, campaign.Cancelled:
		// What went out in a life that was rolled back the store cannot know.
		if shown > 0 && !forgiven && !at.Before(l.rolled) && len(l.words[d.ID]) == 0 { // a person may be wrong
			l.wrong("unexplained", "%s is %s, and was public at %s", name, d.State, at.Format(time.TimeOnly))
		}
	case campaign.Unresolved:
	default:
		l.wrong("lost", "%s never ended: it is %s (%s %s)", name, d.State, d.Reason.Code, d.Reason.Text)
	}
	soon := d.Due.Add(-70 * time.Minute)
	switch {
	case d.State == campaign.Missed && !l.troubled(d.Plan, string(d.Post), d.Channel, soon, d.Latest, ""):
		l.wrong("unexplained", "%s was missed (%s %s), and nothing stood in its way", name, d.Reason.Code, d.Reason.Text)
	case d.State == campaign.Rejected && !l.troubled(d.Plan, string(d.Post), d.Channel, d.Due.Add(-2*time.Hour), d.Latest, ""):
		l.wrong("unexplained", "%s was refused (%s), and nobody refused it", name, d.Reason.Text)
	case d.State == campaign.Cancelled && !forgiven && l.stands(d, text) && !l.troubled(d.Plan, string(d.Post), d.Channel, soon, d.Latest, "cancelled by a person"):
		l.wrong("lost", "%s was cancelled (%s %s), and nobody asked for that", name, d.Reason.Code, d.Reason.Text)
	}
	if shown == 0 || forgiven {
		return
	}
	first := at
	for _, p := range l.shows {
		if p.delivery == d.ID && p.part == 0 && p.at.Before(first) {
			first = p.at
		}
	}
	late := first.Sub(d.Due)
	if late > campaign.OnTime+slack && d.Lateness <= campaign.OnTime && !first.Before(l.rolled) && !strings.HasPrefix(d.Rule, "moved") {
		l.wrong("silent_late", "%s went out %s late, and the record says %s", name, late.Round(time.Second), d.Lateness)
	}
	// Two plans know nothing of each other: the account's gap holds between them, too.
	if late > campaign.OnTime+slack+5*l.w.campaign.Channels[d.Channel].MinGap && !l.troubled(d.Plan, string(d.Post), d.Channel, soon, first, "") {
		l.wrong("unexplained", "%s went out %s late, and nothing stood in its way", name, late.Round(time.Second))
	}
}

// stands tells whether the author still wants the text there.
func (l *ledger) stands(d *campaign.Delivery, text string) bool {
	return slices.ContainsFunc(l.promises, func(p *promise) bool {
		return !p.void && p.stands.to == 0 && p.plan == d.Plan && p.post == string(d.Post) && p.account == d.Channel && p.parts[0] == text
	})
}

// troubled tells whether some trouble (of one kind, "" for any) touched the stretch.
func (l *ledger) troubled(plan campaign.PlanID, post string, account campaign.ChannelID, from, to time.Time, kind string) bool {
	return slices.ContainsFunc(l.troubles, func(t *trouble) bool {
		return (kind == "" || t.kind == kind) && (t.plan == "" || t.plan == plan) && (t.post == "" || t.post == post) && (t.account == "" || t.account == account) &&
			!t.from.After(to) && !t.to.Before(from)
	})
}
