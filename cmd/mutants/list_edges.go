package main

// The edges: the wire, the store, plans, people.

const (
	filePublish = "internal/httpx/publish.go"
	fileJournal = "store/boltstore/journal.go"
	fileChain   = "store/record/chain.go"
	fileCounter = "store/boltstore/counter.go"
	fileRecord  = "store/record/record.go"
	fileSeal    = "internal/secret/seal.go"
)

// openGate is added to a source that goes through a gate of its own.
const openGate = "\ntype openGate struct{}\n\nfunc (openGate) Pass(write func() error) error { return write() }\n"

var ofTheWire = []mutant{
	{"gate-before-dial", "the gate stands behind connecting and TLS", filePublish, []edit{
		{"line, err := c.connect(ctx, req.URL)", "if err := g.Pass(func() error { return nil }); err != nil {\n\t\treturn nothing, err\n\t}\n\tg = openGate{}\n\tline, err := c.connect(ctx, req.URL)"},
		{"// exchange sends", openGate + "\n// exchange sends"},
	}, "internal/httpx", "TestGateIsAfterTheHandshake"},
	{"redirect-followed", "a post goes where it was sent and nowhere else", filePublish, []edit{
		{"a, err := c.exchange(ctx, g, line, req, wire.Bytes())", "a, err := c.exchange(ctx, g, line, req, wire.Bytes())\n\tif to := a.Header.Get(\"Location\"); to != \"\" && a.Status/100 == 3 {\n\t\tcall.URL = to\n\t\treturn c.Publish(ctx, openGate{}, call)\n\t}"},
		{"// exchange sends", openGate + "\n// exchange sends"},
	}, "internal/httpx", "TestF37RedirectIsNotFollowed"},
	{"replayed-on-a-dead-connection", "a request is never sent a second time by the transport", filePublish, []edit{
		{"a, err := c.exchange(ctx, g, line, req, wire.Bytes())", "a, err := c.exchange(ctx, g, line, req, wire.Bytes())\n\tif err != nil && a.Reach == ReachSent && ctx.Err() == nil {\n\t\tif again, err := c.connect(ctx, req.URL); err == nil {\n\t\t\tdefer again.cut()\n\t\t\treturn c.exchange(ctx, openGate{}, again, req, wire.Bytes())\n\t\t}\n\t}"},
		{"// exchange sends", openGate + "\n// exchange sends"},
	}, "internal/httpx", "TestNoReplay|TestReach"},
	one("sent-called-nothing-left", "once a byte left nobody says that nothing did", filePublish,
		"return Answer{Reach: ReachSent}, fmt.Errorf(\"no answer: %w\", quiet{err})", "return Answer{Reach: ReachNothing}, fmt.Errorf(\"no answer: %w\", quiet{err})", "internal/httpx", "TestReach|TestNoReplay"),
	one("address-unchecked-at-dial", "a name that changes its mind reaches no private address", "internal/httpx/guard.go",
		"return CheckAddress(ap.Addr(), allowPrivate)", "return CheckAddress(ap.Addr(), true)", "internal/httpx", "TestF51RefusedAtDialTime"),
	one("token-in-an-error", "no error shows a token", "internal/httpx/redact.go",
		"func (q quiet) Error() string { return Redact(q.err.Error()) }", "func (q quiet) Error() string { return q.err.Error() }", "internal/httpx", "TestErrorsHoldNoURL|TestRedact"),
	one("url-in-an-error", "no error shows a URL, which may hold a token", "internal/httpx/client.go",
		"err = ue.Err // the outer", "_ = ue // the outer", "internal/httpx", "TestErrorsHoldNoURL"),
	one("5xx-as-not-sent", "an answer of 5xx may have published", "channels/transport.go",
		"case moved(a.Status):\n", "case moved(a.Status), a.Status >= 500:\n", "channels", "TestTransport"),
	one("redirect-as-doubt", "an answer of 307 published nothing, and the address is wrong", "channels/transport.go",
		"status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || ", "status == http.StatusMovedPermanently || ", "channels", "TestTransport"),
	one("box-between-believed", "a box in between that answers 429 is not the platform", "channels/transport.go",
		"case own && a.Status == http.StatusUnauthorized, own && a.Status == http.StatusTooManyRequests:", "case own && a.Status == http.StatusUnauthorized, a.Status == http.StatusTooManyRequests:", "channels", "TestTransport"),
	one("mastodon-without-key", "a repeat bears the key of the first call", "channels/mastodon/publish.go",
		`h.Set("Idempotency-Key", r.Key)`, "", "channels/mastodon", "TestRepeatUnderTheKey"),
}

var ofTheStore = []mutant{
	one("audit-chain-reset", "each entry of the audit log continues the one before", fileJournal,
		"e.Prev = last.Hash", "_ = last", "store/boltstore", "TestF58AuditEdited"),
	one("audit-edit-unseen", "a changed entry of the audit log is found", fileChain,
		"case e.Seal().Hash != e.Hash:", "case false:", "store/boltstore", "TestF58AuditEdited"),
	one("audit-rewritten-unseen", "an entry of the audit log that was sealed anew is found", fileChain,
		"case e.Prev != c.hash:", "case false:", "store/boltstore", "TestF58AuditRewritten"),
	one("rollback-unseen", "a store put back from a copy starts stopped", fileCounter,
		"case o.generation > l.Generation:", "case false:", "store/boltstore", "TestF18F19Rollback"),
	one("lost-counter-unseen", "a store copied to another machine starts stopped", fileCounter,
		"case o == nil && l.Counted:", "case false:", "store/boltstore", "TestF18F19Rollback"),
	one("other-counter-unseen", "a counter of another store stops", fileCounter,
		"case o.id != l.ID:\n", "case false:\n", "store/boltstore", "TestF18F19Rollback"),
	one("checksum-unchecked", "a damaged record is not read as if it were whole", fileRecord,
		"if binary.BigEndian.Uint32(r[1:]) != checksum(r[0], kind, key, content) {", "if false {", "store/boltstore", "TestPoisonedRecords|TestF62F63PoisonedDelivery"),
	one("record-of-another-key", "a record found in another's place is noticed", fileRecord,
		"sum = crc32.Update(sum, castagnoli, key)\n", "", "store/boltstore", "TestRecordInAnothersPlace"),
	one("commit-error-ignored", "what could not be written was not kept, and the store says so", "store/boltstore/commit.go",
		"if err := w.btx.Commit(); err != nil {\n\t\treturn s.fail(err)\n\t}", "_ = w.btx.Commit()", "store/boltstore", "TestF15Broken|TestF13DiskFull"),
	one("failed-change-kept", "a change whose function failed leaves nothing behind", "store/boltstore/commit.go",
		"if err := t.rollback(); err != nil {", "if err := error(nil); err != nil {", "store/boltstore", "TestConformance"),
	one("stale-write-taken", "who writes what changed meanwhile is told", "store/boltstore/queue.go",
		"if stored.Revision != d.Revision {", "if false {", "store/boltstore", "TestConformance"),
	{"sealed-without-name", "one channel's token does not open as another's", fileSeal, []edit{
		{"[]byte(s.Reveal()), []byte(name)), nil", "[]byte(s.Reveal()), nil), nil"},
		{"sealed[head:], []byte(name)); err == nil {", "sealed[head:], nil); err == nil {"},
		{`"takeover secret "+name)`, `"takeover secret ")`},
	}, "internal/secret", "TestSealAndOpen"},
	one("renewed-in-quarantine", "a store that may be a copy renews no token", "internal/vault/vault.go",
		"if _, on := sw.Causes[c]; on {", "if _, on := sw.Causes[c]; false && on {", "internal/vault", "TestF19QuarantineRenewsNothing"),
	one("two-renewals-at-once", "a token is renewed once at a time", "internal/vault/vault.go",
		"v.flights[name] = make(chan struct{}, 1)", "return make(chan struct{}, 1)", "internal/vault", "TestF33OneRenewalAtATime"),
}

var ofPlans = []mutant{
	one("gap-before-the-gap", "a time that the clock skips is the first one after it", "plan/wall.go",
		"return start.UTC(), NoteGap", "return at, NoteGap", "plan", "TestF23WhenAroundEveryOffsetChange|TestF23When"),
	one("overlap-second", "a time that comes twice is the first one", "plan/wall.go",
		"note = NoteOverlap", "return again, NoteOverlap", "plan", "TestF23WhenAroundEveryOffsetChange|TestF23When"),
	one("occurrence-twice", "wall times that are one instant are one occurrence", "plan/cron.go",
		"if n := len(out); n > 0 && !out[n-1].At.Before(at) {", "if n := len(out); n > 0 && out[n-1].At.After(at) {", "plan", "TestF23WhenAroundEveryOffsetChange|TestF23When"),
	one("resubmitted-anew", "the same plan again changes nothing", "plan/diff.go",
		"if !stands {", "if stands {", "plan", "TestTheSamePlanTwiceChangesNothing"),
	one("public-can-change", "what went out stays as it is, whatever the file says", "plan/diff.go",
		"if !queued(o) { // when", "if false { // when", "plan", "TestLocked"),
	one("cancelled-comes-back", "what a person cancelled stays so when the same file comes again", "desk/draft.go",
		"!dr.takenOut(n) || e.Wants != n.Wants {", "!dr.takenOut(n) || true {", "desk", "TestCancelledStaysSo"),
	one("past-comes-back", "what comes back at another time is judged like anything new", "plan/moments.go",
		"&& !returns(old, &r.delivery) {", "{", "plan", "TestWhatComesBackIsJudged"),
	one("public-without-a-look", "a queued post is called published by a person after a restore only", "desk/decide.go",
		"sw.Causes[campaign.CauseQuarantine]; !older {", "sw.Causes[campaign.CauseQuarantine]; older {", "desk", "TestF18FoundPublicIsNotSentAgain"),
	one("rules-move-a-time", "new rules of a time zone are told", "desk/zones.go",
		"if before[zone.String()] == now {", "if before != nil {", "desk", "TestF24RulesOfZonesChange"),
	one("many-vanish", "a file that drops most of a plan cancels nothing by itself", "desk/draft.go",
		"if s.Removals == RemoveFew && len(goes)*fewOf > open {", "if false {", "desk", "TestRemovals"),
	one("stale-file-taken", "who submits over a newer revision is told", "desk/draft.go",
		"case dr.old != nil && s.Expect != 0 && s.Expect != dr.old.Revision:", "case false:", "desk", "TestStaleExpectations"),
	one("large-move-keeps-approval", "an event that moves further than the policy allows is approved again", "desk/anchor.go",
		"if at.Start.Sub(at.Base).Abs() > r.c.Policies.AnchorMoves {", "if false {", "desk", "TestAMoveBeyondThePolicyAsksAgain"),
}

var ofPeople = []mutant{
	one("four-eyes-off", "nobody approves what they wrote themselves", "campaign/authority.go",
		"if c.Policies.TwoPerson && slices.Contains(o.Authors, a.Person) {", "if false && slices.Contains(o.Authors, a.Person) {", "desk", "TestF46FourEyes"),
	one("disabled-person-acts", "a disabled person does nothing more", "campaign/authority.go",
		"if p.Disabled {", "if p.Disabled && false {", "campaign", "TestActorFor"),
	one("release-lifts-a-stop", "releasing lifts holds, never a stop", "desk/resume.go",
		"h.Scope != q.Scope) || release && h.Stop {", "h.Scope != q.Scope) {", "desk", "TestWhoMayStopAndRelease"),
	one("lead-lifts-a-stop", "a lead lifts a lead's hold, never a stop", "campaign/authority.go",
		"if o.Hold == nil || o.Hold.Stop {", "if o.Hold == nil {", "campaign", "TestAuthority"),
	one("daemon-resumes", "only a person lets a stopped program go on", "campaign/authority.go",
		"if o.Cause == CauseClock {", "if true {", "campaign", "TestAuthority|TestAuthorityTableIsComplete|TestAuthorityBeyondTheTable"),
	one("resume-lifts-quarantine", "lifting a stop lifts no quarantine", "desk/resume.go",
		"delete(l.after.Causes, c)\n", "delete(l.after.Causes, c)\n\tdelete(l.after.Causes, campaign.CauseQuarantine)\n", "desk", "TestResumeLiftsOneCause"),
	one("resume-floods", "what became late by a stop waits for a decision", "desk/resume.go",
		"one.does = LateAsk\n", "one.does = LateSend\n", "desk", "TestResumeAsksByDefault"),
	one("unseen-approved", "an approval is of what the person saw", "desk/approve.go",
		`if q.Expect != "" && q.Expect != HashOf(waiting) {`, "if false {", "desk", "TestStaleExpectations|TestTwoApprovals"),
	one("stale-answer-taken", "a word on a doubt is about what the person saw", "desk/decide.go",
		"if v.State != campaign.NeedsHuman || q.Expect != 0 && q.Expect != v.Revision {", "if v.State != campaign.NeedsHuman {", "desk", "TestF49TheFirstAnswerCounts"),
	one("stop-touches-nothing", "what a stop met in doubt is not sent again by itself", "desk/stop.go",
		"if d.Touched == \"\" {\n\t\t\td.Touch(by)", "if d.Touched == \"\" && false {\n\t\t\td.Touch(by)", "desk", "TestF43StopIsTruthful"),
	one("deed-without-record", "each deed stands in the audit log", "desk/room.go",
		"return tx.Audit(campaign.AuditEntry{At: now, By: r.a.Person, Door: a.Door, Deed: deed, Object: r.object, Detail: r.detail})", "return nil", "desk", "TestAuditIsOneEntryADeedAndVerifies"),
}
