package simulation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// call is one request whose first byte left.
type call struct {
	account  campaign.ChannelID
	text     string
	delivery campaign.DeliveryID
	part     int
	armedAt  time.Time // true time
	late     time.Duration
	shown    bool // it made a post public
	repeat   bool
	life     int
	wallSet  time.Duration
}

// shown notes what the public sees of ours.
func (l *ledger) shown(a *account, p *public, by *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	by.shown = true
	l.shows = append(l.shows, p)
	l.shownOn[p] = a.id
}

// slack is by how much a clock may be wrong and be trusted.
const slack = 30 * time.Second

// left judges a request at the moment when its first byte leaves: it has its
// own arming record, it is in time, and people want it now.
func (l *ledger) left(p *process, a *account, r channels.Request, text string) *call {
	var d campaign.Delivery
	var att campaign.Attempt
	err := p.real.View(context.Background(), func(tx store.Tx) error {
		var err error
		if d, err = tx.Delivery(r.Delivery.ID); err != nil {
			return err
		}
		as, err := tx.Attempts(d.ID)
		for _, x := range as {
			if x.N == r.Attempt {
				att = x
			}
		}
		return err
	})
	p.mu.Lock()
	armed, known := p.armed[r.Delivery.ID]
	p.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	now, wall := l.w.clk.True(), l.w.clk.Now()
	c := &call{account: a.id, text: text, delivery: d.ID, part: r.Part, repeat: att.Repeat, life: p.n, wallSet: l.w.clk.off(),
		armedAt: att.ArmedAt.Add(-l.w.clk.off()), late: att.ArmedAt.Sub(d.Due)}
	l.calls = append(l.calls, c)
	switch {
	case err != nil || !known || d.State != campaign.Armed || d.Attempt != r.Attempt || att.N != r.Attempt || att.Part != r.Part:
		l.wrong("unauthorised", "%q leaves without an arming record of its own (%v, %s attempt %d)", text, err, d.State, d.Attempt)
		return c
	case wall.After(att.SendBy):
		l.wrong("unauthorised", "%q leaves at %s, after %s", text, wall, att.SendBy)
	}
	if h := l.halted(&r.Delivery); h != nil {
		l.wrong("unauthorised", "%q leaves while %s is stopped", text, h.scope)
	}
	l.wantedNow(r, a, text, armed, now)
	return c
}

// wantedNow finds a promise that allows the text to leave now.
func (l *ledger) wantedNow(r channels.Request, a *account, text string, armed int, now time.Time) {
	sent := slices.ContainsFunc(l.words[r.Delivery.ID], func(at int) bool { return at <= armed })
	var why string
	gap := l.w.campaign.Channels[a.id].MinGap // by which a plan spaces its posts on the account
	for _, p := range l.promises {
		if p.void || p.account != a.id || r.Part >= len(p.parts) || p.parts[r.Part] != text {
			continue
		}
		fits := false
		for _, x := range p.when {
			if (sent || x.holds(armed) || r.Part > 0 || slices.Contains(l.went, r.Delivery.ID)) && (r.Part > 0 || !now.Before(x.due.Add(-slack))) && !now.After(x.latest.Add(slack+10*time.Second+5*gap)) {
				fits = true
			}
		}
		switch {
		case !sent && !p.stands.holds(armed) && (r.Part == 0 || p.withdrawn): // what has begun goes on as it was, unless it is taken back
			why = cmp.Or(why, "unauthorised: it was taken back or changed before it was armed")
		case !sent && !p.approvedAt(armed):
			why = cmp.Or(why, "unauthorised: nobody has approved it")
		case !fits && now.Before(p.last().due):
			why = cmp.Or(why, "early: it is due at "+p.last().due.Format(time.TimeOnly))
		case !fits:
			why = cmp.Or(why, "silent_late: its latest time was "+p.last().latest.Format(time.TimeOnly))
		default:
			return
		}
	}
	kind, text2, _ := cut(cmp.Or(why, "unauthorised: nobody ever wrote it"))
	l.wrong(kind, "%q on %s leaves at %s: %s", text, a.id, now.Format(time.TimeOnly), text2)
}

func cut(s string) (kind, text string, ok bool) { return strings.Cut(s, ": ") }
