package campaign

import (
	"fmt"
	"slices"
	"time"
)

// StepError reports a step that the life of a delivery does not have.
type StepError struct {
	ID   DeliveryID
	From State
	Step string
}

func (e *StepError) Error() string {
	from := string(e.From)
	if from == "" {
		from = "new"
	}
	return fmt.Sprintf("delivery %s is %s: it cannot be %s", e.ID, from, e.Step)
}

// to is the one place in the program that assigns a state.
func (d *Delivery) to(s State, code, text string, at time.Time) {
	d.State = s
	d.Reason = Reason{Code: code, Text: text, At: at}
	if s != Armed {
		d.Rearmed = false
	}
	if s != Planned && s != Scheduled {
		d.Parked = false
	}
	if s != NeedsHuman {
		d.Twin = ""
	}
}

func (d *Delivery) from(step string, states ...State) error {
	if slices.Contains(states, d.State) {
		return nil
	}
	return &StepError{ID: d.ID, From: d.State, Step: step}
}

// unseen refuses a step that would hide what is public.
func (d *Delivery) unseen() error {
	if d.Public() {
		return fmt.Errorf("delivery %s: a part of it is public", d.ID)
	}
	return nil
}

// Unreadable stands for a stored delivery whose record is damaged, so that it
// is not forgotten as a twin: nobody but a person can tell what became of it.
func Unreadable(id DeliveryID, lane LaneID, fingerprint string) Delivery {
	d := Delivery{ID: id, Lane: lane, Fingerprint: fingerprint}
	d.to(NeedsHuman, ReasonCannotTell, "its record cannot be read", time.Time{})
	return d
}

// BeginPlanned gives a new delivery its first state.
func (d *Delivery) BeginPlanned(at time.Time) error {
	if err := d.from("planned anew", ""); err != nil {
		return err
	}
	d.to(Planned, ReasonPlanned, "", at)
	return nil
}

// Approve records an approval and schedules the delivery once need different
// people approved exactly this content, or one alone with a reason. A scheduled
// one takes further approvals, for a policy that asks for more than before.
// With need 0 none is asked: a zero Approval then schedules it.
func (d *Delivery) Approve(a Approval, need int, at time.Time) error {
	if err := d.from("approved", Planned, Scheduled); err != nil {
		return err
	}
	if a.By != "" {
		if err := d.addApproval(a, at); err != nil {
			return err
		}
	}
	switch {
	case !d.Approved(need):
	case d.State == Planned:
		held := d.Reason
		d.Before = nil
		d.to(Scheduled, ReasonApproved, "", at)
		if d.Parked {
			d.Reason = held // it is still the hold that keeps it
		}
	case d.Parked && d.Reason.Code == ReasonNoApproval:
		d.Parked = false
		d.Reason = Reason{ReasonApproved, "", at}
	}
	return nil
}

func (d *Delivery) addApproval(a Approval, at time.Time) error {
	if a.Hash != d.Wants {
		return fmt.Errorf("delivery %s: what was approved is not what would leave", d.ID)
	}
	if a.Alone != "" && !aloneFrom(d.Due, at) {
		return fmt.Errorf("delivery %s: it is too early to approve it alone", d.ID)
	}
	for i, old := range d.Approvals {
		if old.By == a.By && old.Hash == a.Hash {
			if a.Alone != "" {
				d.Approvals[i] = a
			}
			return nil // the same person twice is one approval
		}
	}
	d.Approvals = append(slices.Clone(d.Approvals), a)
	return nil
}

// TakeBack withdraws every approval; the delivery waits for a new one.
func (d *Delivery) TakeBack(why string, at time.Time) error {
	if err := d.from("taken back", Scheduled, Planned); err != nil {
		return err
	}
	if err := d.unseen(); err != nil {
		return err
	}
	d.Approvals = nil
	d.to(Planned, ReasonUnapproved, why, at)
	return nil
}

// Change takes over what a newer revision says: content, times, terms. With
// another approval hash the old approvals no longer count; with the same one
// the author stays who wrote it.
func (d *Delivery) Change(n Delivery, at time.Time) error {
	if err := d.from("changed", Planned, Scheduled); err != nil {
		return err
	}
	if n.ID != d.ID {
		return fmt.Errorf("delivery %s cannot become %s", d.ID, n.ID)
	}
	if err := d.unseen(); err != nil {
		return err
	}
	old := *d
	d.takePlanned(n)
	d.Stale = false
	if !d.Due.Equal(old.Due) {
		d.NotBefore = time.Time{}
	}
	if d.Fingerprint != old.Fingerprint {
		d.Cleared = nil
	}
	if d.Wants == old.Wants {
		d.Author = old.Author
		return nil
	}
	d.Before, d.Approvals = old.WasApproved(), nil
	d.to(Planned, ReasonChanged, "", at)
	return nil
}

// takePlanned copies what the plan says. All other fields are the delivery's
// own life; a test sorts every field into one of the two.
func (d *Delivery) takePlanned(n Delivery) {
	d.Takeover, d.Mechanism, d.Plan, d.Post = n.Takeover, n.Mechanism, n.Plan, n.Post
	d.Kind, d.Step, d.Occurrence = n.Kind, n.Step, n.Occurrence
	d.Channel, d.Lane, d.Language, d.Languages = n.Channel, n.Lane, n.Language, n.Languages
	d.Series, d.Repeat = n.Series, n.Repeat
	d.Rule, d.Due, d.Latest, d.Tolerance = n.Rule, n.Due, n.Latest, n.Tolerance
	d.IfMissed, d.WaitFor, d.Anchor = n.IfMissed, n.WaitFor, n.Anchor
	d.Content, d.Fingerprint, d.Wants = n.Content, n.Fingerprint, n.Wants
	d.Consents, d.Author, d.PlanRevision = n.Consents, n.Author, n.PlanRevision
}

// Replant brings a never armed, cancelled delivery back because a newer plan
// contains it again. It begins anew: only its record's revision is kept.
func (d *Delivery) Replant(n Delivery, at time.Time) error {
	if err := d.from("planned again", Cancelled); err != nil {
		return err
	}
	if n.ID != d.ID {
		return fmt.Errorf("delivery %s cannot become %s", d.ID, n.ID)
	}
	if d.Attempt > 0 || d.Public() {
		return fmt.Errorf("delivery %s was armed before; it is closed", d.ID)
	}
	fresh := Delivery{ID: d.ID, Revision: d.Revision}
	fresh.takePlanned(n)
	*d = fresh
	d.to(Planned, ReasonPlanned, "", at)
	return nil
}

// Miss closes a delivery whose latest time passed. Once a part is public it
// ends published instead, with a warning.
func (d *Delivery) Miss(code, text string, at time.Time) error {
	return d.close("missed", Missed, code, text, at)
}

// Cancel closes a delivery that has not left. Once a part is public it ends
// published instead, with a warning.
func (d *Delivery) Cancel(code, text string, at time.Time) error {
	return d.close("cancelled", Cancelled, code, text, at)
}

func (d *Delivery) close(step string, end State, code, text string, at time.Time) error {
	if err := d.from(step, Planned, Scheduled); err != nil {
		return err
	}
	if d.Public() {
		why := code
		if text != "" {
			why += ": " + text
		}
		d.giveUpRest(why, at)
		return nil
	}
	d.to(end, code, text, at)
	return nil
}

// GiveUpRest ends a delivery of which some part is public and the rest will
// not come. What is in doubt must be settled first.
func (d *Delivery) GiveUpRest(why string, at time.Time) error {
	if err := d.from("ended with a warning", Scheduled, Armed, NeedsHuman); err != nil {
		return err
	}
	if !d.Public() {
		return fmt.Errorf("delivery %s: no part of it is public", d.ID)
	}
	if d.Rearmed {
		return fmt.Errorf("delivery %s: the attempt before this repeat is in doubt", d.ID)
	}
	d.giveUpRest(why, at)
	return nil
}

// giveUpRest writes the warning that names what is missing.
func (d *Delivery) giveUpRest(why string, at time.Time) {
	missing := fmt.Sprintf("part %d is missing", d.Part+1)
	if d.Parts > d.Part+1 {
		missing = fmt.Sprintf("parts %d to %d are missing", d.Part+1, d.Parts)
	}
	d.Warnings = append(slices.Clone(d.Warnings), missing+": "+why)
	d.clearDoubt()
	d.to(Published, ReasonRestPartial, why, at)
}

// Park takes the delivery out of the runnable ones; reason says why.
func (d *Delivery) Park(code, text string, at time.Time) error {
	if err := d.from("held", Planned, Scheduled); err != nil {
		return err
	}
	d.Parked = true
	d.Reason = Reason{code, text, at}
	return nil
}

// Unpark makes the delivery runnable again, not before next.
func (d *Delivery) Unpark(next, at time.Time) error {
	if err := d.from("released", Planned, Scheduled); err != nil {
		return err
	}
	d.Parked = false
	d.NotBefore = next
	code := ReasonApproved
	if d.State == Planned {
		code = ReasonPlanned
	}
	d.Reason = Reason{code, "", at}
	return nil
}

// Wait moves the next try of a scheduled delivery: a check said "stays until".
func (d *Delivery) Wait(code, text string, next, at time.Time) error {
	if err := d.from("made to wait", Scheduled); err != nil {
		return err
	}
	d.NotBefore = next
	d.Reason = Reason{code, text, at}
	return nil
}

// Touch notes that a person's deed met a delivery whose fate was open.
func (d *Delivery) Touch(by string) {
	if d.State.Pins() && d.Touched == "" {
		d.Touched = by
	}
}

// Outdate notes that a newer plan revision changed or dropped a delivery whose
// fate was open. It touches it; and should it come back to the queue, check 1
// keeps it there until it is changed, cancelled or sent on a person's word.
func (d *Delivery) Outdate(by string) {
	d.Touch(by)
	if d.State.Pins() {
		d.Stale = true
	}
}
