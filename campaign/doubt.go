package campaign

import (
	"fmt"
	"slices"
	"time"
)

// Arm begins attempt d.Attempt+1: a first send, a retry or a further part from
// scheduled, or a repeat under the same key from in_doubt.
func (d *Delivery) Arm(at time.Time) error {
	if err := d.from("armed", Scheduled, InDoubt); err != nil {
		return err
	}
	if d.Parked {
		return fmt.Errorf("delivery %s is held", d.ID)
	}
	repeat := d.State == InDoubt
	switch {
	case repeat && d.Touched != "":
		return fmt.Errorf("delivery %s was touched while in doubt (%s): only a person may have it repeated", d.ID, d.Touched)
	case d.Stale:
		return fmt.Errorf("delivery %s is not what its plan says now", d.ID)
	}
	d.Touched = ""
	d.Attempt++
	d.ArmedAt = at
	d.to(Armed, ReasonArmed, "", at)
	d.Rearmed = repeat
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
	code := ReasonPublished
	if r.How == "read-back" {
		code = ReasonFound
	}
	d.receive(r, parts, code, at)
	return nil
}

func (d *Delivery) receive(r Receipt, parts int, code string, at time.Time) {
	r.Part = d.Part
	d.Receipts = append(slices.Clone(d.Receipts), r)
	if r.Warning != "" {
		d.Warnings = append(slices.Clone(d.Warnings), r.Warning)
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

// Refuse closes an armed delivery that the platform refused for good, provably
// without effect; with a public part it ends published with a warning. A
// refused repeat goes back to in_doubt, to be read back at once: it says
// nothing about the attempt before. In doubt, only ReasonDuplicate ends it: the
// platform calls it a twin, and read-back proved that twin to be another's.
func (d *Delivery) Refuse(attempt int, code, text string, at time.Time) error {
	if err := d.from("refused", Armed, InDoubt); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	switch {
	case d.Rearmed:
		d.CheckAt = at
		d.to(InDoubt, ReasonDoubt, text, at)
	case d.State == InDoubt && code != ReasonDuplicate:
		return &StepError{ID: d.ID, From: d.State, Step: "refused for any reason but a proven duplicate"}
	case d.Public():
		d.giveUpRest("it was refused: "+text, at)
	default:
		d.clearDoubt()
		d.to(Rejected, code, text, at)
	}
	return nil
}

// PutBack returns an armed delivery that provably was not sent to the queue,
// not to be tried before next. A repeat (which the delivery knows by itself)
// goes back to in_doubt: whatever became of it says nothing about the attempt
// before.
func (d *Delivery) PutBack(attempt int, repeat bool, code, text string, next, at time.Time) error {
	if err := d.from("put back", Armed); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	if repeat || d.Rearmed {
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
	d.Reads = 0 // earlier ones saw nothing of this call
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
// again only before its latest time and if nobody touched it since it was
// armed; else a person decides. The rest of one that is public in part is given
// up when it is too late.
func (d *Delivery) Absent(at time.Time) error {
	if err := d.from("absent", InDoubt); err != nil {
		return err
	}
	late := !at.Before(d.Latest)
	switch {
	case d.Touched != "":
		return d.NeedPerson(ReasonTouched, d.Touched, at)
	case late && d.Public():
		d.giveUpRest(ReasonTooLate, at)
		return nil
	case late:
		return d.NeedPerson(ReasonTooLate, "", at)
	}
	d.clearDoubt()
	d.NotBefore = at
	d.to(Scheduled, ReasonAbsent, "", at)
	return nil
}

// NeedPerson asks for a decision about a doubt that we cannot settle.
func (d *Delivery) NeedPerson(code, text string, at time.Time) error {
	if err := d.from("put before a person", InDoubt); err != nil {
		return err
	}
	d.to(NeedsHuman, code, text, at)
	return nil
}

// AskTwin asks for a decision before sending: twin has the same text and is,
// or may be, public on the account (check 6).
func (d *Delivery) AskTwin(twin DeliveryID, text string, at time.Time) error {
	if err := d.from("put before a person", Scheduled, InDoubt); err != nil {
		return err
	}
	if d.State == InDoubt {
		text += "; and whether this one, which was sent once already, is public too is not settled"
	}
	d.to(NeedsHuman, ReasonTwin, text, at)
	d.Twin = twin
	return nil
}

// Contradict puts before a person what was taken back as not sent and whose
// call answers as if it had left. It may have been missed or cancelled since:
// that would hide a post that is public, so it is no end then.
func (d *Delivery) Contradict(attempt int, text string, at time.Time) error {
	if err := d.from("contradicted", Planned, Scheduled, Missed, Cancelled); err != nil {
		return err
	}
	if err := d.bound(attempt); err != nil {
		return err
	}
	if attempt == 0 {
		return fmt.Errorf("delivery %s was never armed", d.ID)
	}
	d.DoubtAt = at
	d.to(NeedsHuman, ReasonCannotTell, text, at)
	return nil
}

// Suspect puts before a person what may have gone out in a life that the store
// does not know: it was put back from a copy. It is no end to be missed then.
func (d *Delivery) Suspect(text string, at time.Time) error {
	if err := d.from("put before a person", Planned, Scheduled); err != nil {
		return err
	}
	d.DoubtAt = at
	d.to(NeedsHuman, ReasonRestored, text, at)
	return nil
}

// DecidePublished records a person's word that it is there.
func (d *Delivery) DecidePublished(r Receipt, at time.Time) error {
	if err := d.from("settled", NeedsHuman); err != nil {
		return err
	}
	r.How = "person"
	d.receive(r, d.Parts, ReasonPerson, at)
	return nil
}

// DecideSend records a person's word that it is not there and shall be sent,
// or be sent although its twin is out; where both were asked, both are meant.
// Every check of arming still counts, save check 6 for that twin alone.
func (d *Delivery) DecideSend(at time.Time) error {
	if err := d.from("sent again", NeedsHuman); err != nil {
		return err
	}
	said := ""
	if d.Twin != "" {
		d.Cleared = append(slices.Clone(d.Cleared), d.Twin)
		said = "although " + string(d.Twin) + " has the same text"
		if !d.DoubtAt.IsZero() {
			said += "; a person says that the call before did not publish it, which was never settled"
		}
	}
	d.Touched, d.Stale = "", false
	d.clearDoubt()
	d.NotBefore = at
	d.to(Scheduled, ReasonPerson, said, at)
	return nil
}

// DecideGiveUp records that nobody could settle it: it may be public. With a
// part known to be public it ends published, and the warning says so.
func (d *Delivery) DecideGiveUp(why string, at time.Time) error {
	if err := d.from("given up", NeedsHuman); err != nil {
		return err
	}
	if d.Public() {
		d.giveUpRest("perhaps public, never settled: "+why, at)
		return nil
	}
	d.to(Unresolved, ReasonPerson, why, at)
	return nil
}

// Apply does to the delivery what MayArm decided. Go and Drop change nothing.
func (d *Delivery) Apply(a ArmAnswer, at time.Time) error {
	switch a.Outcome {
	case Stay:
		if d.State == InDoubt {
			d.CheckAt = a.Until
			d.Reason = Reason{a.Code, a.Text, at}
			return nil
		}
		return d.Wait(a.Code, a.Text, a.Until, at)
	case Park:
		return d.Park(a.Code, a.Text, at)
	case Miss:
		return d.Miss(a.Code, a.Text, at)
	case Cancel:
		return d.Cancel(a.Code, a.Text, at)
	case Ask:
		if a.Twin != "" {
			return d.AskTwin(a.Twin, a.Text, at)
		}
		return d.NeedPerson(a.Code, a.Text, at)
	}
	return nil
}
