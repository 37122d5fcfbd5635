package main

import "fmt"

// Rules of the campaign: what may be armed, and what follows what.

const (
	fileArming   = "campaign/arming.go"
	fileDoubt    = "campaign/doubt.go"
	fileDelivery = "campaign/delivery.go"
	fileContent  = "campaign/content.go"
	fileLife     = "campaign/life.go"
)

// skipped leaves one of the eight checks of arming out.
func skipped(n int, test string) mutant {
	return one(fmt.Sprintf("check-%d-skipped", n), fmt.Sprintf("check %d of arming stands in the way", n), fileArming,
		"decided := check(f); decided {", fmt.Sprintf("decided := check(f); decided && i != %d {", n-1), "campaign", test)
}

var ofArming = []mutant{
	skipped(1, "TestArmingCheck1State"),
	skipped(2, "TestArmingCheck2Switches"),
	skipped(3, "TestArmingCheck3Approval"),
	skipped(4, "TestArmingCheck4Grant"),
	skipped(5, "TestArmingCheck5Time"),
	skipped(6, "TestArmingCheck6Twin"),
	skipped(7, "TestArmingCheck7Budget"),
	skipped(8, "TestArmingCheck8Lane"),
	one("checks-out-of-order", "the first check that decides is the one that counts", fileArming,
		"checkTwin, checkBudget, checkLane,", "checkTwin, checkLane, checkBudget,", "campaign", "TestArmingOrder"),
	one("plan-withdrawn-goes", "a withdrawn plan sends nothing more", fileArming,
		"case f.Plan.Withdrawn:", "case false:", "campaign", "TestArmingCheck1State"),
	one("stale-goes", "what a newer plan changed while it was pinned does not go by itself", fileArming,
		"case d.Stale || d.PlanRevision > f.Plan.Revision:", "case d.PlanRevision > f.Plan.Revision:", "campaign", "TestArmingCheck1State|TestOutdatedDoesNotGoByItself"),
	one("hash-dropped", "only what was approved leaves", fileArming,
		"if ApprovalHash(*f.Content, d.Terms()) != d.Wants || f.Content.Digest() != d.Content {", "if f.Content.Digest() != d.Content {", "campaign", "TestArmingCheck3Approval"),
	one("approval-without-terms", "an approval binds where and when, not the text alone", fileContent,
		"{c.approved(), t})", "{c.approved(), Terms{}})", "campaign", "TestApprovalBindsEveryField"),
	one("value-missing-goes", "no text leaves with an open slot", fileArming,
		"if err := c.Filled(); err != nil {", "if err := c.Filled(); false {", "campaign", "TestArmingCheck3Approval"),
	one("media-unchecked", "no post leaves with media that are gone or changed", fileArming,
		`if f.Media != "" {`, "if false {", "campaign", "TestArmingCheck3Approval"),
	one("policy-at-arming-ignored", "two people are asked for when it leaves, not only when it is approved", fileDelivery,
		"return !p.TwoPerson || a.By != d.Author", "return true", "campaign", "TestArmingCheck3Approval"),
	one("window-end-ignored", "nothing leaves after its window", fileArming,
		"case !f.Now.Before(t.To):", "case false:", "campaign", "TestArmingCheck4Grant"),
	one("revoked-window-goes", "a revoked window lets nothing through", fileArming,
		"case !ok || t.Revoked:", "case !ok:", "campaign", "TestArmingCheck4Grant"),
	one("consent-ignored", "a withdrawn consent takes its pictures along", "campaign/consent.go",
		"case !known && c.Policies.Consent == Required, known && !con.Holds(at):", "case !known && c.Policies.Consent == Required:", "campaign", "TestArmingCheck4Grant"),
	one("latest-ignored", "nothing leaves after its latest time", fileArming,
		"if f.Now.After(d.Latest) {", "if false {", "campaign", "TestArmingCheck5Time"),
	one("no-post-hours-ignored", "nothing leaves in no-post hours", fileArming,
		"free.After(f.Now) {", "free.Before(f.Now) {", "campaign", "TestArmingCheck5Time"),
	one("waits-past-latest", "what has to wait is missed aloud at its latest time", fileArming,
		"if a.Outcome == Stay && a.Until.After(f.Delivery.Latest) {", "if false {", "campaign", "TestArmingPastLatest"),
	one("twin-blind-to-doubt", "a text whose fate is open is not sent a second time", fileArming,
		"case t.State == Armed, t.State == InDoubt, t.State == NeedsHuman,", "case t.State == Armed, t.State == NeedsHuman,", "campaign", "TestArmingCheck6Twin"),
	one("twin-unresolved-forgotten", "what was never settled still counts as public", fileArming,
		"case t.State == Unresolved, t.State == Published:", "case t.State == Published:", "campaign", "TestArmingCheck6Twin"),
	one("fingerprint-raw", "the same words with other spaces are the same post", fileContent,
		"norm := NormalForm(strings.Join(append([]string{c.Text}, c.Thread...), \"\\n\"))", "norm := strings.Join(append([]string{c.Text}, c.Thread...), \"\\n\")", "campaign", "TestFingerprint"),
	one("fingerprint-whole-links", "a link that a platform shortened is the same link", fileContent,
		"text = linkPattern.ReplaceAllStringFunc(text, linkHost)", "_ = linkHost", "campaign", "TestFingerprint|TestNormalForm"),
	one("gap-ignored", "an account's posts keep their distance", fileArming,
		"gap := f.Campaign.Channels[d.Channel].MinGap", "gap := 0 * time.Second", "campaign", "TestArmingCheck7Budget"),
	one("outage-ends-in-burst", "what is late goes out with a distance", fileArming,
		"gap = max(gap, RestartSpacing)", "gap = max(gap, 0)", "campaign", "TestArmingCheck7Budget"),
	one("quota-off-by-one", "a day holds no more posts than allowed", "campaign/tally.go",
		"f.Lane.Tally[q.key] >= q.limit {", "f.Lane.Tally[q.key] > q.limit {", "campaign", "TestArmingCheck7Budget|TestTally"),
	one("platform-quota-ignored", "no more is sent than the platform takes in 24 hours", "campaign/tally.go",
		"f.Lane.room(f.DailyPosts, f.Now)", "f.Lane.room(0, f.Now)", "campaign", "TestArmingCheck7Budget"),
	one("rate-ignored", "a platform that asks for silence gets it", fileArming,
		"if f.Now.Before(l.RateUntil) && ", "if false && ", "campaign", "TestArmingCheck7Budget"),
	one("lease-by-now", "a lease is left before it ends, so that two daemons never hold one account", fileArming,
		"if !f.Now.Before(f.Lane.LeaseEnd.Add(-LeaseMargin)) {", "if !f.Now.Before(f.Lane.LeaseEnd) {", "campaign", "TestArmingCheck8Lane"),
	one("send-by-past-window", "the first byte leaves before the window ends, too", fileArming,
		"times = append(times, t.To)", "_ = t", "campaign", "TestSendBy"),
}

var ofLife = []mutant{
	one("late-result-without-number", "a result counts for its own attempt alone", fileDoubt,
		"if attempt != d.Attempt {", "if attempt > d.Attempt {", "campaign", "TestForbiddenSteps|TestDecisionsOfOneRow|TestLifeHasOnlyTheTablesArrows"),
	one("approval-kept-after-edit", "a changed text asks for approval again", fileLife,
		"if d.Wants == old.Wants {", "if d.ID == old.ID {", "campaign", "TestOutdatedDoesNotGoByItself"),
	one("same-person-twice", "two approvals are two people", fileDelivery,
		"who[cmp.Or(a.Host, a.By)] = true", "who[a.By+PersonID(a.At.String())] = true", "campaign", "TestApprovals"),
	one("approves-another-hash", "an approval is of what would leave", fileLife,
		"if a.Hash != d.Wants {", "if false {", "campaign", "TestApprovals|TestForbiddenSteps"),
	one("touched-sent-again", "what a person stopped is not sent again because it is absent", fileDoubt,
		`case d.Touched != "":`, "case false:", "campaign", "TestDecisionsOfOneRow|TestLifeHasOnlyTheTablesArrows"),
	one("absent-late-sent-again", "what is absent after its latest time is a person's to decide", fileDoubt,
		"case late:", "case false:", "campaign", "TestDecisionsOfOneRow|TestLifeHasOnlyTheTablesArrows"),
	one("refused-repeat-ends", "a refused repeat says nothing about the attempt before", fileDoubt,
		"case d.Rearmed:", "case false:", "campaign", "TestDecisionsOfOneRow|TestLifeHasOnlyTheTablesArrows|TestForbiddenSteps"),
	one("repeat-put-back-to-queue", "a repeat that was not sent goes back to doubt, not to the queue", fileDoubt,
		"if repeat || d.Rearmed {", "if false {", "campaign", "TestDecisionsOfOneRow|TestLifeHasOnlyTheTablesArrows|TestForbiddenSteps"),
	one("armed-can-change", "an edit or a moved event does not reach what is being sent", fileLife,
		`d.from("changed", Planned, Scheduled)`, `d.from("changed", Planned, Scheduled, Armed)`, "campaign", "TestEveryArrowOfTheTableIsAMethod|TestForbiddenSteps"),
	one("armed-can-be-cancelled", "what is being sent cannot be called cancelled", fileLife,
		"if err := d.from(step, Planned, Scheduled); err != nil {", "if err := d.from(step, Planned, Scheduled, Armed); err != nil {", "campaign", "TestEveryArrowOfTheTableIsAMethod"),
	one("held-can-be-armed", "what is held is not armed", fileDoubt,
		"if d.Parked {", "if false {", "campaign", "TestHeldIsNotArmed"),
	one("identity-without-language", "each language of a post is a delivery of its own", fileContent,
		"string(ch), language, occurrence} {", "string(ch), occurrence} {", "campaign", "TestIdentityNeverChanges|TestIdentityTellsAllPartsApart"),
}
