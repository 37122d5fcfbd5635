package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
)

// Outlook is what a rehearsal expects of a delivery.
type Outlook string

// The outlooks; the list is closed.
const (
	OutlookOnTime  Outlook = "on_time" // at its time
	OutlookLate    Outlook = "late"    // later than OnTime after it
	OutlookByHand  Outlook = "by_hand" // a person is given it at its time
	OutlookStopped Outlook = "stopped" // something will stop it
	OutlookUnsure  Outlook = "unsure"  // it is being sent or settled now; its platform knows
)

// Rehearsed is how a delivery ended in a rehearsal.
type Rehearsed struct {
	Begun campaign.Delivery // before the rehearsal
	End   campaign.Delivery
	Held  campaign.Reason // what pauses it at the end, or would had it not been missed
}

// ForecastRow is a delivery as it is now with what a rehearsal expects of it.
type ForecastRow struct {
	Row
	Outlook Outlook `json:"outlook"`
	// At is when it goes out or is handed over, or will be given up.
	At     time.Time `json:"at"`
	LateBy Span      `json:"late_by,omitempty"`
	Code   string    `json:"code,omitempty"`   // of the reason that stops it
	Cause  string    `json:"cause,omitempty"`  // in one plain sentence
	Remedy string    `json:"remedy,omitempty"` // what a person does about it
}

// Forecast is what will become of all that is not over, by due time.
type Forecast struct {
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	Zone    string          `json:"zone"`
	Rows    []ForecastRow   `json:"rows"`
	Counts  map[Outlook]int `json:"counts"`
	Person  int             `json:"person"`            // rows that need a person
	Assumed bool            `json:"assumed,omitempty"` // as if everything were approved
}

// Forecast tells the actor what a rehearsal found, as far as they may see it;
// of one plan where it is named. What changed since the rehearsal began is told
// as it was then.
func (d *Desk) Forecast(ctx context.Context, a campaign.Actor, plan campaign.PlanID, ends map[campaign.DeliveryID]Rehearsed) (Forecast, error) {
	var out Forecast
	err := d.look(ctx, a, func(r *room) error {
		out = Forecast{Zone: r.c.Zone, Rows: []ForecastRow{}, Counts: map[Outlook]int{}}
		if err := r.mayEnter(); err != nil {
			return err
		}
		if plan != "" {
			if _, err := r.plan(plan, campaign.ActRead, 0); err != nil {
				return err
			}
		}
		open := slices.DeleteFunc(slices.Clone(campaign.States), campaign.State.End)
		return r.each(store.Filter{Plan: plan, States: open}, func(v campaign.Delivery) error {
			end, ok := ends[v.ID]
			if !ok || !r.sees(v.Mechanism, v.Plan) {
				return nil
			}
			row, err := r.row(v)
			if err != nil {
				return err
			}
			f := foretell(row, end, r.c.Location())
			out.Rows = append(out.Rows, f)
			out.Counts[f.Outlook]++
			if f.Outlook != OutlookOnTime && f.Outlook != OutlookLate {
				out.Person++
			}
			return nil
		})
	})
	return out, err
}

// foretell reads the end of one delivery.
func foretell(row Row, r Rehearsed, loc *time.Location) ForecastRow {
	f, end := ForecastRow{Row: row}, &r.End
	switch {
	case r.Begun.State.Pins():
		f.Outlook, f.At, f.Code = OutlookUnsure, row.Due, row.Reason.Code
		f.Cause, f.Remedy = row.Why, row.Next
	case end.State == campaign.Published && end.Reason.Code != campaign.ReasonRestPartial:
		f.Outlook, f.At, f.LateBy = OutlookOnTime, end.Receipts[0].At, Span(end.Lateness)
		if end.Lateness > campaign.OnTime {
			f.Outlook = OutlookLate
		}
	case end.Reason.Code == campaign.ReasonHandedOver:
		f.Outlook, f.At, f.Code = OutlookByHand, end.ArmedAt, end.Reason.Code
		f.Cause, f.Remedy = Explain(end, campaign.Reason{}, loc)
	default:
		f.stop(r, loc)
	}
	return f
}

// stop says what stops a delivery and what to do about it now.
func (f *ForecastRow) stop(r Rehearsed, loc *time.Location) {
	end := r.End
	f.Outlook, f.At = OutlookStopped, end.Reason.At
	reason, state := end.Reason, end.State
	if r.Held.Code != "" && (!state.End() || r.Held.Code == reason.Code) {
		reason = r.Held // it says who held it and why
	}
	f.Code = reason.Code
	if !state.End() {
		f.At = end.Latest
	}
	if state == campaign.Missed || !state.End() && state != campaign.NeedsHuman {
		// What was in the way, as it is told while it still can be removed.
		reason.Text = strings.TrimPrefix(reason.Text, scheduler.Before)
		state = r.Begun.State
	}
	said := explainAs(state, &end, reason)
	f.Cause, f.Remedy = said.in(loc)
	better, ok := remedies[reason.Code]
	if !ok && (f.Remedy == "Nothing." || strings.Contains(f.Remedy, "by itself")) {
		better = "Give it more tolerance, or another time."
	}
	if better != "" && state != campaign.NeedsHuman {
		said.said.next = better
		_, f.Remedy = said.in(loc)
	}
}

// remedies are the next steps where explain counts on time: in a forecast of
// what is stopped there is none.
var remedies = map[string]string{
	campaign.ReasonPlanned:     "Somebody who may approve says yes before {latest}.",
	campaign.ReasonSkipLate:    "Give it another time.",
	campaign.ReasonNotSent:     "Look at the account of {channel}: takeover channel test {channel}.",
	campaign.ReasonGate:        "Find out who stopped it, and have it released before {latest}.",
	campaign.ReasonTwinPending: "Settle the other post first, or use another text.",
	campaign.ReasonNoPost:      "Give it more tolerance, or a time outside of these hours.",
	campaign.ReasonGap:         "Give it more tolerance, or a time that is further from the other posts of {channel}.",
	campaign.ReasonQuota:       "Move it to another day, or ask an organizer to raise the number of posts of {channel}.",
	campaign.ReasonRate:        "Give it more tolerance, or a later time.",
	campaign.ReasonLane:        "Whoever looks after the account of {channel} connects it anew or mends it, and resumes it.",
}

// PausedBy is what holds the delivery back now; no code where nothing does.
func PausedBy(tx store.Tx, d *campaign.Delivery) (campaign.Reason, error) {
	c, err := tx.Campaign()
	if err != nil {
		return campaign.Reason{}, err
	}
	return (&room{Tx: tx, c: c}).paused(d)
}

// PermissionEnds is when the permission to post on the channel's account ends
// unless a person renews it; zero where it does not, or nobody knows.
func PermissionEnds(tx store.Settings, id campaign.ChannelID) (time.Time, error) {
	k, err := connectionOf(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	return k.Account.Expires, err
}
