package campaign

import (
	"fmt"
	"time"
)

// Codes of reasons. Each has one sentence for people in Explain.
const (
	ReasonPlanned     = "planned"
	ReasonApproved    = "approved"
	ReasonUnapproved  = "approval_taken_back"
	ReasonChanged     = "changed"
	ReasonWithdrawn   = "withdrawn"
	ReasonRemoved     = "removed"
	ReasonOrganizer   = "organizer"
	ReasonConsent     = "consent"
	ReasonGrant       = "grant"
	ReasonNoApproval  = "no_approval"
	ReasonTooLate     = "too_late"
	ReasonSkipLate    = "skipped_after_restart"
	ReasonArmed       = "armed"
	ReasonPublished   = "published"
	ReasonFound       = "found"
	ReasonPerson      = "person"
	ReasonRefused     = "refused"
	ReasonDuplicate   = "duplicate"
	ReasonNotSent     = "not_sent"
	ReasonGate        = "gate"
	ReasonNextPart    = "next_part"
	ReasonDoubt       = "doubt"
	ReasonCrash       = "crash"
	ReasonAbsent      = "absent"
	ReasonCannotTell  = "cannot_tell"
	ReasonTouched     = "touched"
	ReasonTwin        = "twin"
	ReasonTwinPending = "twin_pending"
	ReasonStopped     = "stopped"
	ReasonHeld        = "held"
	ReasonWaitsLive   = "waits_live"
	ReasonWaitsValue  = "waits_value"
	ReasonHash        = "hash"
	ReasonNoPost      = "no_post_hours"
	ReasonGap         = "gap"
	ReasonQuota       = "quota"
	ReasonRate        = "rate"
	ReasonLane        = "lane"
	ReasonRestPartial = "rest_given_up"
	ReasonMedia       = "media"
)

// StepError reports a step that the life of a delivery does not have.
type StepError struct {
	ID   DeliveryID
	From State
	Step string
}

func (e *StepError) Error() string {
	return fmt.Sprintf("delivery %s is %s: it cannot be %s", e.ID, e.From, e.Step)
}

func (d *Delivery) to(s State, code, text string, at time.Time) {
	d.State = s
	d.Reason = Reason{Code: code, Text: text, At: at}
	if s.End() {
		d.Parked = false
	}
}

func (d *Delivery) from(step string, states ...State) error {
	for _, s := range states {
		if d.State == s {
			return nil
		}
	}
	return &StepError{ID: d.ID, From: d.State, Step: step}
}

// Plan gives a new delivery its first state.
func (d *Delivery) BeginPlanned(at time.Time) error {
	if d.State != "" {
		return &StepError{d.ID, d.State, "planned anew"}
	}
	d.to(Planned, ReasonPlanned, "", at)
	return nil
}

// Approve records an approval and schedules the delivery once need different
// people approved exactly this content. With need 0 no approval is asked.
func (d *Delivery) Approve(a Approval, need int, at time.Time) error {
	if err := d.from("approved", Planned); err != nil {
		return err
	}
	if a.By != "" {
		if a.Hash != d.Wants {
			return fmt.Errorf("delivery %s: what was approved is not what would leave", d.ID)
		}
		d.Approvals = append(d.Approvals, a)
	}
	if d.Approved(need) {
		d.to(Scheduled, ReasonApproved, "", at)
	}
	return nil
}

// TakeBack withdraws every approval; the delivery waits for a new one.
func (d *Delivery) TakeBack(why string, at time.Time) error {
	if err := d.from("taken back", Scheduled, Planned); err != nil {
		return err
	}
	if d.Public() {
		return fmt.Errorf("delivery %s: a part of it is public", d.ID)
	}
	d.Approvals = nil
	d.to(Planned, ReasonUnapproved, why, at)
	return nil
}

// Change takes over what a newer revision says: content, times, terms. With
// another approval hash the old approvals no longer count.
func (d *Delivery) Change(n Delivery, at time.Time) error {
	if err := d.from("changed", Planned, Scheduled); err != nil {
		return err
	}
	if d.Public() {
		return fmt.Errorf("delivery %s: a part of it is public", d.ID)
	}
	kept := *d
	*d = n
	d.State, d.Reason, d.Revision = kept.State, kept.Reason, kept.Revision
	d.Parked, d.Live, d.Attempt, d.TwinCleared = kept.Parked, kept.Live, kept.Attempt, kept.TwinCleared
	d.Approvals = kept.Approvals
	if d.Due.Equal(kept.Due) {
		d.NotBefore = kept.NotBefore
	}
	if d.Wants != kept.Wants {
		d.Approvals = nil
		d.TwinCleared = false
		d.to(Planned, ReasonChanged, "", at)
	}
	return nil
}

// Replant brings a never armed, cancelled delivery back because a newer plan contains it again.
func (d *Delivery) Replant(n Delivery, at time.Time) error {
	if err := d.from("planned again", Cancelled); err != nil {
		return err
	}
	if d.Attempt > 0 || d.Public() {
		return fmt.Errorf("delivery %s was armed before; it is closed", d.ID)
	}
	rev := d.Revision
	*d = n
	d.Revision = rev
	d.to(Planned, ReasonPlanned, "", at)
	return nil
}

// Miss closes a delivery whose latest time passed. Once a part is public it
// ends published with a warning instead (see GiveUpRest).
func (d *Delivery) Miss(code, text string, at time.Time) error {
	if err := d.from("missed", Planned, Scheduled); err != nil {
		return err
	}
	if d.Public() {
		return fmt.Errorf("delivery %s: a part of it is public", d.ID)
	}
	d.to(Missed, code, text, at)
	return nil
}

// Cancel closes a delivery that has not left.
func (d *Delivery) Cancel(code, text string, at time.Time) error {
	if err := d.from("cancelled", Planned, Scheduled); err != nil {
		return err
	}
	if d.Public() {
		return fmt.Errorf("delivery %s: a part of it is public", d.ID)
	}
	d.to(Cancelled, code, text, at)
	return nil
}

// GiveUpRest ends a delivery of which some part is public and the rest will not come.
func (d *Delivery) GiveUpRest(why string, at time.Time) error {
	if err := d.from("ended with a warning", Scheduled, Armed, InDoubt, NeedsHuman); err != nil {
		return err
	}
	if !d.Public() {
		return fmt.Errorf("delivery %s: no part of it is public", d.ID)
	}
	d.Warnings = append(d.Warnings, why)
	d.to(Published, ReasonRestPartial, why, at)
	return nil
}

// Arm begins attempt d.Attempt+1: a first send, a retry or a further part from
// scheduled, or a repeat under the same key from in_doubt.
func (d *Delivery) Arm(at time.Time) error {
	if err := d.from("armed", Scheduled, InDoubt); err != nil {
		return err
	}
	if d.Parked {
		return fmt.Errorf("delivery %s is held", d.ID)
	}
	if d.State == Scheduled {
		d.Touched = ""
	}
	d.Attempt++
	d.ArmedAt = at
	d.to(Armed, ReasonArmed, "", at)
	return nil
}

// bound checks that a result belongs to the latest attempt.
func (d *Delivery) bound(attempt int) error {
	if attempt != d.Attempt {
		return fmt.Errorf("delivery %s: a result of attempt %d came after attempt %d began", d.ID, attempt, d.Attempt)
	}
	return nil
}

// Receive records the receipt of the part at hand: published when it was the
// last of parts, else scheduled for the next one.
func (d *Delivery) Receive(attempt int, r Receipt, parts int, at time.Time) error {
	if err := d.from("published", Armed, InDoubt); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	d.receive(r, parts, ReasonPublished, at)
	if r.How == "read-back" && d.State == Published {
		d.Reason.Code = ReasonFound
	}
	return nil
}

func (d *Delivery) receive(r Receipt, parts int, code string, at time.Time) {
	r.Part = d.Part
	d.Receipts = append(d.Receipts, r)
	if r.Warning != "" {
		d.Warnings = append(d.Warnings, r.Warning)
	}
	d.Parts = max(parts, 1)
	d.Part++
	d.clearDoubt()
	if d.Part < d.Parts {
		d.NotBefore = time.Time{}
		d.to(Scheduled, ReasonNextPart, "", at)
		return
	}
	d.to(Published, code, "", at)
}

func (d *Delivery) clearDoubt() {
	d.DoubtAt, d.CheckAt, d.Reads, d.Failed = time.Time{}, time.Time{}, 0, 0
}

// Refuse closes a delivery that the platform refused for good, provably
// without effect. With a public part it ends published with a warning.
func (d *Delivery) Refuse(attempt int, code, text string, at time.Time) error {
	if err := d.from("refused", Armed, InDoubt); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	if d.Public() {
		return d.GiveUpRest("part "+fmt.Sprint(d.Part+1)+" was refused: "+text, at)
	}
	d.clearDoubt()
	d.to(Rejected, code, text, at)
	return nil
}

// PutBack returns an armed delivery that provably was not sent to the queue,
// not to be tried before next. A repeat goes back to in_doubt: whatever became
// of it says nothing about the attempt before.
func (d *Delivery) PutBack(attempt int, repeat bool, code, text string, next, at time.Time) error {
	if err := d.from("put back", Armed); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	if repeat {
		d.CheckAt = next
		d.to(InDoubt, code, text, at)
		return nil
	}
	d.NotBefore = next
	d.to(Scheduled, code, text, at)
	return nil
}

// Doubt records that the armed attempt may be public; check is the first read-back.
func (d *Delivery) Doubt(attempt int, code, text string, check, at time.Time) error {
	if err := d.from("in doubt", Armed); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	if d.DoubtAt.IsZero() {
		d.DoubtAt = at
	}
	d.CheckAt = check
	d.to(InDoubt, code, text, at)
	return nil
}

// LookAgain sets the next read-back of a delivery in doubt; worked tells
// whether the one before got an answer.
func (d *Delivery) LookAgain(worked bool, check time.Time) error {
	if err := d.from("looked for again", InDoubt); err != nil {
		return err
	}
	if worked {
		d.Reads++
	} else {
		d.Failed++
		d.Reads = 0 // a read that failed in between makes "absent" unbelievable
	}
	d.CheckAt = check
	return nil
}

// Absent ends a doubt: the platform provably does not have it now. It is sent
// again only in time and if nobody touched it since it was armed.
func (d *Delivery) Absent(at time.Time) error {
	if err := d.from("absent", InDoubt); err != nil {
		return err
	}
	switch {
	case d.Touched != "":
		return d.NeedPerson(ReasonTouched, d.Touched, at)
	case at.After(d.Latest):
		return d.NeedPerson(ReasonTooLate, "", at)
	}
	d.clearDoubt()
	d.NotBefore = at
	d.to(Scheduled, ReasonAbsent, "", at)
	return nil
}

// NeedPerson asks for a decision: the doubt cannot be settled by us, or a twin is public.
func (d *Delivery) NeedPerson(code, text string, at time.Time) error {
	if err := d.from("put before a person", InDoubt, Scheduled); err != nil {
		return err
	}
	d.to(NeedsHuman, code, text, at)
	return nil
}

// DecidePublished records a person's word that it is there.
func (d *Delivery) DecidePublished(r Receipt, at time.Time) error {
	if err := d.from("settled", NeedsHuman); err != nil {
		return err
	}
	r.How = "person"
	d.Parked = false
	d.receive(r, d.Parts, ReasonPerson, at)
	return nil
}

// DecideSend records a person's word that it is not there and shall be sent.
func (d *Delivery) DecideSend(at time.Time) error {
	if err := d.from("sent again", NeedsHuman); err != nil {
		return err
	}
	if d.Reason.Code == ReasonTwin {
		d.TwinCleared = true
	}
	d.Touched = ""
	d.clearDoubt()
	d.NotBefore = at
	d.to(Scheduled, ReasonPerson, "", at)
	return nil
}

// DecideGiveUp records that nobody could settle it: it may be public.
func (d *Delivery) DecideGiveUp(why string, at time.Time) error {
	if err := d.from("given up", NeedsHuman); err != nil {
		return err
	}
	d.to(Unresolved, ReasonPerson, why, at)
	return nil
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
