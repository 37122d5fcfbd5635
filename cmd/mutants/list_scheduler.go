package main

// The engine: what an answer means, what follows a doubt, the gate, the clock.

const (
	fileArm   = "scheduler/arm.go"
	fileGate  = "scheduler/gate.go"
	fileJudge = "scheduler/result.go"
	fileRead  = "scheduler/reconcile.go"
	fileGuard = "scheduler/clockguard.go"
)

var ofFates = []mutant{
	{"arm-after-send", "an attempt is stored before its first byte leaves", fileArm, []edit{
		{"err := e.update(\"arming on lane \"+string(l.id), func(tx store.Tx) error {\n\t\tf, notices = nil, nil", "arming := func(tx store.Tx) error {\n\t\tf, notices = nil, nil"},
		{"notices = append(notices, n...)\n\t\treturn err\n\t})\n\tif err == nil {", "notices = append(notices, n...)\n\t\treturn err\n\t}\n\terr := store.DryRun(e.cfg.Store).Update(e.hard, arming)\n\tif err == nil && f != nil {\n\t\tch := f.channel.Channel\n\t\tf.channel.Channel = armsLater{ch, func() { _ = e.update(\"arming\", arming) }}\n\t}\n\tif err == nil {"},
		{"// settle asks the checks", "type armsLater struct {\n\tchannels.Channel\n\tarm func()\n}\n\nfunc (a armsLater) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {\n\tgot, err := a.Channel.Publish(ctx, r)\n\ta.arm()\n\treturn got, err\n}\n\n// settle asks the checks"},
		{"import (\n", "import (\n\t\"context\"\n"},
	}, "scheduler", "TestF03KillInFlight"},
	one("doubt-as-not-sent", "a lost answer is looked for, not sent again", fileJudge,
		"case ce.Fate == channels.InDoubt, ce.Gate && !left.IsZero():\n\t\treturn doubt", "case ce.Fate == channels.InDoubt, ce.Gate && !left.IsZero():\n\t\treturn retry", "scheduler", "TestF29AnswerLost|TestF30FateTable"),
	one("unknown-error-as-not-sent", "an error that says nothing leaves a doubt", fileJudge,
		"if !typed {\n\t\treturn doubt", "if !typed {\n\t\treturn retry", "scheduler", "TestF30FateTable|TestF29AnswerLost"),
	one("yes-without-id-is-published", "published means that the platform named the post", fileJudge,
		`if o.value.RemoteID == "" {`, "if false {", "scheduler", "TestF30FateTable"),
	one("gate-word-believed-after-sending", "an adapter's word on the gate does not outweigh that the first byte left", fileJudge,
		"case ce.Fate == channels.InDoubt, ce.Gate && !left.IsZero():", "case ce.Fate == channels.InDoubt:", "scheduler", "TestF30FateTable"),
	one("blind-platform-is-read", "where nobody can look a person is asked at once", fileJudge,
		"if rule == nil && f.attempt.Class == campaign.K6 && f.work() == \"\" {", "if false {", "scheduler", "TestF04BlindPlatformAsksAPerson|TestBlindPlatformAsksAtOnce"),
	one("others-post-is-ours", "one remote post is bound to one delivery", fileJudge,
		"return tx.ClaimRemote(d.Lane, r.RemoteID, d.ID)", "return d.ID, true, nil", "scheduler", "TestF68ForeignPost|TestF34Duplicate|TestAmbiguousAsksAPerson"),
	one("retry-after-unbounded", "an absurd Retry-After does not silence an account for years", fileJudge,
		"asked.After(limit) {", "asked.Before(now) {", "scheduler", "TestSilence"),
	one("dead-token-burns-posts", "a dead token holds the account and keeps its posts", fileJudge,
		"retry.code, retry.hold, retry.next = campaign.ReasonLane, o.err.Error(), now", "return verdict{fate: channels.Refused.String(), code: campaign.ReasonRefused, text: o.err.Error()}", "scheduler", "TestF32TokenDies"),
	one("place-not-given-back", "what never left takes no place in the day", fileJudge,
		"lane.Uncount(d, f.attempt.ArmedAt, c.Location())", "_ = c", "scheduler", "TestGapIsGivenBack|TestQuotaOfThePlatform"),
	one("missed-in-silence", "what is missed is told", "scheduler/expire.go",
		"notices = append(notices, endNotice(&d, s.now)...)", "", "scheduler", "TestAnswerAgainstTheGate"),
}

var ofDoubt = []mutant{
	one("orphan-as-scheduled", "what a crash left armed may be public", "scheduler/orphan.go",
		`d.Doubt(d.Attempt, campaign.ReasonCrash, "the program ended while it was being sent", now.Add(schedule[0]), now)`,
		`d.PutBack(d.Attempt, false, campaign.ReasonCrash, "", now, now)`, "scheduler", "TestF03KillInFlight|TestF04KillBeforeTheRecord"),
	one("repeat-without-arming", "a repeat under its key is armed like a first call", fileArm,
		"if err := d.Arm(b.now); err != nil {\n\t\treturn ruleError{err}\n\t}\n\td.Parts =", "if att.Repeat {\n\t\treturn nil\n\t}\n\tif err := d.Arm(b.now); err != nil {\n\t\treturn ruleError{err}\n\t}\n\td.Parts =", "scheduler", "TestF29EveryClass"),
	one("repeat-without-checks", "a repeat passes the same eight checks", fileArm,
		"if a := e.answer(facts); a.Outcome != campaign.Go {", "if a := e.answer(facts); a.Outcome != campaign.Go && !p.repeat {", "scheduler", "TestRepeatPassesTheChecks"),
	one("key-window-ignored", "a key is not relied on after the platform forgot it", fileArm,
		"case !att.KeyUntil.IsZero() && by.After(att.KeyUntil):", "case false:", "scheduler", "TestRepeatEndsWithItsKey"),
	one("key-window-from-last", "a key's window counts from the first call under it", fileArm,
		"att.Newest, att.KeyUntil = first.Newest, first.KeyUntil\n\t\treturn att", "att.Newest = first.Newest", "scheduler", "TestRepeatEndsWithItsKey"),
	one("repeat-other-bytes", "a repeat has the bytes of the first call", fileArm,
		"case first.Envelope != att.Envelope:", "case false:", "scheduler", "TestF64OtherBytes|TestHuntedStagedOldTime"),
	one("repeat-where-not-recognised", "only a platform that recognises repeats gets one", fileArm,
		"case !first.Class.Repeats():", "case false:", "scheduler", "TestF29EveryClass"),
	one("settle-ignored", "absence is believed only after the platform's settle time", fileRead,
		"f.channel.strength != channels.Weak && since >= settle", "f.channel.strength != channels.Weak", "scheduler", "TestF29EveryClass|TestF29AnswerLost|TestHuntedJumpShortensSettle"),
	one("weak-absence-believed", "a read-back that proves nothing is not believed", fileRead,
		"believed := f.channel.strength != channels.Weak && since >= settle", "believed := since >= settle", "scheduler", "TestF29EveryClass"),
	one("cannot-tell-is-absent", "a platform that cannot tell does not mean absent", fileRead,
		"case f.verdict == channels.CannotTell:\n\t\treturn askPerson", "case f.verdict == channels.CannotTell:\n\t\treturn absent", "scheduler", "TestWeigh"),
	one("gone-is-absent", "what was public and is gone is not sent again", fileRead,
		"case f.verdict == channels.Ambiguous, f.verdict == channels.Gone:", "case f.verdict == channels.Gone:\n\t\treturn absent\n\tcase f.verdict == channels.Ambiguous:", "scheduler", "TestF68GoneAsksAPerson"),
	one("gone-before-the-list-settled", "nobody is asked about what a late list may show yet", fileRead,
		"channels.Good && since < settle:", "channels.Good && false:", "scheduler", "TestF68ListThatProvesNothing"),
	one("copy-unseen", "what a copy of us published since is seen where no repeat is recognised", "scheduler/send.go",
		`alone := c.class.Repeats() || p.newest == ""`, `alone := c.class != ""`, "scheduler", "TestF19CopyRunsBesides"),
	one("failed-read-counts", "a failed read-back in between makes absence unbelievable", fileDoubt,
		"d.Reads = 0 // a read that failed in between", "d.Reads++ // a read that failed in between", "campaign", "TestReadsCountInARow"),
	one("another-doubts-read-counts", "read-backs count for the latest call alone", fileDoubt,
		"d.Reads = 0 // earlier ones saw nothing of this call", "// earlier ones count", "campaign", "TestReadsCountInARow"),
}

var ofTheGate = []mutant{
	one("gate-passes-twice", "an attempt passes the gate once", fileGate,
		"\tif p.used {", "\tif false {", "scheduler", "TestGatePassesOnce"),
	one("gate-open-unread", "before the switches were read nothing leaves", fileGate,
		"case g.shut, !g.read:", "case g.shut:", "scheduler", "TestGatePassesOnce"),
	one("gate-by-wall-clock", "a process that stood still sends nothing late", fileGate,
		"case now.After(p.wall), g.clk.Boot() > p.boot:", "case now.After(p.wall):", "scheduler", "TestF65StoppedInsideTheGate|TestF65StoppedBetweenArmAndGate|TestF21ClockJumpsBack"),
	one("gate-by-boot-clock", "nothing passes the gate after its deadline on the wall", fileGate,
		"case now.After(p.wall), g.clk.Boot() > p.boot:", "case g.clk.Boot() > p.boot:", "scheduler", "TestGateObeysBothClocks"),
	one("gate-ignores-stop", "a stop meets what is armed already", fileGate,
		"if h.covers(&p.delivery) {", "if false && h.covers(&p.delivery) {", "scheduler", "TestF43StopAgainstManyDue|TestF65StoppedBetweenArmAndGate|TestHaltStaysUntilLift"),
	one("stale-look-opens-gate", "an older look at the switches does not undo a stop", fileGate,
		"if g.written <= mark {", "if true {", "scheduler", "TestHuntedStaleSurveyOpensGate"),
	one("lift-forgets-newer-stop", "lifting one stop keeps the one that came after", fileGate,
		"return h.n <= mark })", "return true })", "scheduler", "TestHuntedLiftForgetsHalt"),
	one("lane-stopped-in-store-only", "a store that fails shuts the gate", "scheduler/engine.go",
		"e.gate.shutForGood()", "", "scheduler", "TestStoreFailureShutsTheGate"),
}

var ofTheClock = []mutant{
	one("jump-trusted", "a clock that jumped sends and misses nothing", fileGuard,
		"if jump.Abs() > maxSkew {", "if jump.Abs() > 1000*maxSkew {", "scheduler", "TestF20ClockJumpsForward|TestF21ClockJumpsBack"),
	one("one-platform-enough", "two platforms must agree with a clock that was wrong", fileGuard,
		"agreeing = 2", "agreeing = 1", "scheduler", "TestOnePlatformIsNotEnough"),
	one("start-without-asking", "a start asks the platforms for the time first", fileGuard,
		"return g.round\n", "return true\n", "scheduler", "TestHuntedWrongClockAtStart|TestF67ClockAlwaysWrong"),
	one("jump-in-arming-unseen", "no attempt is armed by a time that has just jumped", fileArm,
		"if !e.guard.steady() {", "if false {", "scheduler", "TestClockJumpsInTheActOfArming"),
}
