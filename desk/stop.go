package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Stopped is the truthful answer to a stop or hold.
type Stopped struct {
	Scope campaign.Scope `json:"scope"`
	Hold  string         `json:"hold,omitempty"` // id of the hold; "" for a stop of everything
	At    time.Time      `json:"at"`
	// Left was sent before: it is public, or its answer is still awaited.
	Left []Row `json:"left"`
	// Perhaps may be public: the answer is missing.
	Perhaps []Row `json:"perhaps"`
	// TakenBack was about to be sent and was not.
	TakenBack []Row `json:"taken_back"`
	// Confirmed tells that nothing more leaves; false: the engine did not answer in time.
	Confirmed bool `json:"confirmed"`
	// Unconfirmed are the daemons that did not answer: on other machines, as a rule.
	Unconfirmed []string `json:"unconfirmed,omitempty"`
	// Already tells that it was stopped before.
	Already bool   `json:"already,omitempty"`
	Text    string `json:"text"` // the answer in words
}

// Stop stops publishing within a scope at once, and answers when it is true
// that nothing more of it leaves. The reason may come later (StopReason).
func (d *Desk) Stop(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) (Stopped, error) {
	return d.halt(ctx, a, s, reason, true)
}

// Hold pauses a scope until Release, and answers as Stop does. Everything at
// once can be stopped, not held.
func (d *Desk) Hold(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) (Stopped, error) {
	if s.Kind == "all" {
		return Stopped{}, fmt.Errorf("%w: everything is stopped, not held", ErrUsage)
	}
	return d.halt(ctx, a, s, reason, false)
}

func (d *Desk) halt(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string, stop bool) (Stopped, error) {
	var out Stopped
	var open []campaign.DeliveryID // covered ones whose fate was open
	var about campaign.Object
	id := newID("h_")
	deed, act := "hold", campaign.ActHold
	if stop {
		deed, act = "stop", campaign.ActStop
	}
	err := d.do(ctx, a, deed, func(r *room) error {
		out, open = Stopped{Scope: s, At: r.now}, nil
		var err error
		if s, err = r.whole(s); err != nil {
			return err
		}
		out.Scope = s
		if about, err = r.scope(s); err != nil {
			return err
		}
		if !stop && about.Mechanism == "" {
			act = campaign.ActStop // it reaches beyond one mechanism
		}
		if err := r.may(act, about); err != nil {
			return err
		}
		if err := r.record(s, campaign.Hold{ID: id, Scope: s, By: a.Person, At: r.now, Reason: reason, Stop: stop}, &out); err != nil {
			return err
		}
		r.did(s.String(), "%s%s", out.Hold, quoted(reason))
		open, err = r.touch(s.Covers, deed+" by "+string(a.Person))
		return err
	})
	if err != nil {
		return Stopped{}, err
	}
	// The record is kept: from here on nothing new is armed. What was armed
	// before is met at the gate, also where it was stopped already.
	left, back, halted := d.brake(ctx, s.Covers)
	out.Confirmed = halted == nil
	if silent := (*UnconfirmedError)(nil); errors.As(halted, &silent) {
		out.Unconfirmed = silent.Daemons
	}
	if halted != nil {
		d.Log.Warn("a stop could not be confirmed", "scope", s.String(), "err", halted)
	}
	if err := d.look(context.WithoutCancel(ctx), a, func(r *room) error { return r.truth(&out, open, left, back) }); err != nil {
		return out, err
	}
	out.Text = out.words(stop)
	if stop {
		d.tell(Notice{Event: "stopped", By: a.Person, Mechanism: about.Mechanism, Plan: about.Plan, Text: out.Text})
	}
	return out, nil
}

func (d *Desk) brake(ctx context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
	if d.Brake == nil {
		return nil, nil, nil
	}
	return d.Brake.Halt(ctx, covers)
}

func quoted(reason string) string {
	if reason == "" {
		return ""
	}
	return fmt.Sprintf(" reason %q", reason)
}

// scope checks that a scope names something that exists, and is what authority is asked about.
func (r *room) scope(s campaign.Scope) (campaign.Object, error) {
	missing := func(err error) (campaign.Object, error) {
		return campaign.Object{}, of("", s.String(), cmp.Or(err, store.ErrNotFound))
	}
	switch s.Kind {
	case "all":
		return campaign.Object{}, nil
	case "mechanism":
		if _, ok := r.c.Mechanisms[s.Mechanism]; !ok && s.Mechanism != campaign.Organizers {
			return missing(nil)
		}
		return campaign.Object{Mechanism: s.Mechanism}, nil
	case "channel":
		if _, ok := r.c.Channels[s.Channel]; !ok {
			return missing(nil)
		}
		return campaign.Object{}, nil
	case "takeover":
		t, ok := r.c.Takeovers[s.Takeover]
		if !ok {
			return missing(nil)
		}
		return r.about(t.Mechanism, s.Takeover, ""), nil
	case "plan", "post":
		p, err := r.Plan(s.Plan)
		if err != nil {
			return missing(err)
		}
		if s.Kind == "post" {
			ds, err := r.OfPlan(s.Plan)
			if err != nil || !slices.ContainsFunc(ds, func(d campaign.Delivery) bool { return d.Post == s.Post }) {
				return missing(err)
			}
		}
		return r.aboutPlan(&p), nil
	case "delivery":
		d, err := r.Delivery(s.Delivery)
		if err != nil {
			return missing(err)
		}
		return r.aboutDelivery(&d), nil
	}
	return campaign.Object{}, fmt.Errorf("%w: unknown scope %q", ErrUsage, s.Kind)
}

// record stores the stop or hold, unless the same is there; a reason given
// now completes one that has none.
func (r *room) record(s campaign.Scope, h campaign.Hold, out *Stopped) error {
	sw, err := r.switches()
	if err != nil {
		return err
	}
	next := copySwitches(sw)
	if h.Stop && s.Kind == "all" {
		c, on := next.Causes[campaign.CauseStop]
		out.Already = on
		if !on {
			c = campaign.CauseRecord{By: h.By, At: h.At}
		}
		c.Reason = cmp.Or(c.Reason, h.Reason)
		next.Causes[campaign.CauseStop] = c
		return r.putSwitches(next)
	}
	for i, have := range next.Holds {
		if have.Scope == s && have.Stop == h.Stop {
			out.Already, out.Hold = true, have.ID
			next.Holds[i].Reason = cmp.Or(have.Reason, h.Reason)
			return r.putSwitches(next)
		}
	}
	out.Hold = h.ID
	next.Holds = append(next.Holds, h)
	return r.putSwitches(next)
}

func copySwitches(sw *campaign.Switches) campaign.Switches {
	next := campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{}, Holds: slices.Clone(sw.Holds),
		LaneHolds: map[campaign.LaneID]campaign.CauseRecord{}}
	for c, rec := range sw.Causes {
		next.Causes[c] = rec
	}
	for l, rec := range sw.LaneHolds {
		next.LaneHolds[l] = rec
	}
	return next
}

// StopReason gives the reason of a stop or hold afterwards; the reason that
// stands there already is replaced.
func (d *Desk) StopReason(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) error {
	return d.do(ctx, a, "stop.reason", func(r *room) error {
		s, err := r.whole(s)
		if err != nil {
			return err
		}
		about, err := r.scope(s)
		if err != nil {
			return err
		}
		if err := r.may(campaign.ActStop, about); err != nil {
			return err
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		next, found := copySwitches(sw), false
		if c, on := next.Causes[campaign.CauseStop]; on && s.Kind == "all" {
			c.Reason, found = reason, true
			next.Causes[campaign.CauseStop] = c
		}
		for i := range next.Holds {
			if next.Holds[i].Scope == s {
				next.Holds[i].Reason, found = reason, true
			}
		}
		if !found {
			return fmt.Errorf("a stop of %s: %w", s, store.ErrNotFound)
		}
		r.did(s.String(), "%s", strings.TrimSpace(quoted(reason)))
		return r.putSwitches(next)
	})
}

// maxOpen bounds how many deliveries in doubt one question reads.
const maxOpen = 100_000

// open are the deliveries armed, in doubt or needing a person that are covered.
func (r *room) open(covers func(*campaign.Delivery) bool) ([]campaign.Delivery, error) {
	armed, err := r.Armed("")
	if err != nil {
		return nil, err
	}
	doubts, _, err := r.Doubts(r.now.AddDate(100, 0, 0), maxOpen)
	if err != nil {
		return nil, err
	}
	asked, err := r.all(store.Filter{States: []campaign.State{campaign.NeedsHuman}})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Concat(armed, doubts, asked), func(d campaign.Delivery) bool { return !covers(&d) }), nil
}

// touch notes on every covered delivery whose fate is open that a person's
// deed met it: should it turn out absent, it is not sent again by itself.
func (r *room) touch(covers func(*campaign.Delivery) bool, by string) ([]campaign.DeliveryID, error) {
	ds, err := r.open(covers)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.Touched == "" {
			d.Touch(by)
			if err := r.PutDelivery(&d); err != nil {
				return nil, err
			}
		}
	}
	return idsOf(ds), nil
}

// truth sorts what was on its way when the stop came by what became of it.
func (r *room) truth(out *Stopped, open, left, back []campaign.DeliveryID) error {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(open, left, back)))) {
		d, err := r.Delivery(id)
		if err != nil {
			return err
		}
		row, err := r.row(d)
		if err != nil {
			return err
		}
		sent := slices.Contains(left, id)
		switch {
		case d.State == campaign.InDoubt || d.State == campaign.NeedsHuman, d.State == campaign.Armed && !sent && !out.Confirmed:
			out.Perhaps = append(out.Perhaps, row)
		case slices.Contains(back, id):
			out.TakenBack = append(out.TakenBack, row)
		case sent || d.State == campaign.Published:
			out.Left = append(out.Left, row)
		case d.State == campaign.Armed:
			// No sender holds it: a crash left it, and the next look finds out.
			out.Perhaps = append(out.Perhaps, row)
		}
	}
	return nil
}

// words is the answer as a sentence or two.
func (s Stopped) words(stop bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s. ", map[bool]string{true: "Stopped", false: "Held"}[stop], s.Scope)
	switch {
	case s.Confirmed:
		b.WriteString("Nothing more leaves.")
	case len(s.Unconfirmed) > 0:
		fmt.Fprintf(&b, "Not confirmed by %s: stop that process, or cut its machine off.", strings.Join(s.Unconfirmed, ", "))
	default:
		b.WriteString("Not confirmed: what was being sent at this moment did not answer in time.")
	}
	for _, part := range []struct {
		rows []Row
		text string
	}{{s.Left, "had left"}, {s.Perhaps, "may be public"}, {s.TakenBack, "taken back in time"}} {
		if len(part.rows) > 0 {
			fmt.Fprintf(&b, " %s %s.", count(len(part.rows), "post", "posts"), part.text)
		}
	}
	return b.String()
}
