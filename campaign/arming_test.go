package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// mayGo are facts under which everything allows to arm: an approved post of
// the mayors on x-main, due at testNow, inside of their window.
func mayGo() ArmFacts {
	content := Content{Text: "Hello", Template: "Hello", Language: "en"}
	d := &Delivery{ID: "d_1", Takeover: "mayors-dec", Mechanism: "mayors", Plan: "p", Post: "q", Channel: "x-main", Lane: "x:itac",
		Language: "en", Due: testNow, Latest: testNow.Add(4 * time.Hour), Author: "lead@x", PlanRevision: 1,
		Content: content.Digest(), Fingerprint: content.Fingerprint(), State: Scheduled}
	d.Wants = ApprovalHash(content, d.Terms())
	d.Approvals = []Approval{{By: "desk@x", Hash: d.Wants, At: testNow}}
	return ArmFacts{
		Now: testNow,
		Campaign: &Campaign{
			Zone:     "Europe/Brussels",
			Channels: map[ChannelID]Channel{"x-main": {Platform: "x", Account: "itac"}},
			Takeovers: map[TakeoverID]Takeover{"mayors-dec": {Mechanism: "mayors", Channels: []ChannelID{"x-main"},
				From: testNow.Add(-24 * time.Hour), To: testNow.Add(24 * time.Hour)}},
			Consents: map[string]Consent{"GONE": {Withdrawn: true}, "OLD": {Until: testNow}, "GOOD": {}},
			Policies: DefaultPolicies(),
		},
		Switches: &Switches{},
		Lane:     &LaneState{Lane: "x:itac"},
		Delivery: d,
		Plan:     &Plan{ID: "p", Revision: 1},
		Content:  &content,
	}
}

// window edits the window of f.
func (f ArmFacts) window(edit func(t *Takeover)) {
	t := f.Campaign.Takeovers["mayors-dec"]
	edit(&t)
	f.Campaign.Takeovers["mayors-dec"] = t
}

// channel edits the channel of f.
func (f ArmFacts) channel(edit func(c *Channel)) {
	c := f.Campaign.Channels["x-main"]
	edit(&c)
	f.Campaign.Channels["x-main"] = c
}

// say gives f another content, approved as it is.
func (f *ArmFacts) say(c Content) {
	d := f.Delivery
	f.Content = &c
	d.Content, d.Wants = c.Digest(), ApprovalHash(c, d.Terms())
	d.Approvals = []Approval{{By: "desk@x", Hash: d.Wants}}
}

type armCase struct {
	name string
	with func(f *ArmFacts)
	want Outcome
	code string
}

// onlyCheck runs cases that check n refuses and every other check lets pass.
func onlyCheck(t *testing.T, n int, cases []armCase) {
	t.Helper()
	if a := MayArm(mayGo()); a.Outcome != Go {
		t.Fatalf("the facts to start from answer %+v", a)
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			f := mayGo()
			tt.with(&f)
			a := MayArm(f)
			if a.Outcome != tt.want || a.Code != tt.code || a.Check != n {
				t.Errorf("got %v %q by check %d, want %v %q by check %d", a.Outcome, a.Code, a.Check, tt.want, tt.code, n)
			}
			for i, check := range armChecks {
				if _, decided := check(f); decided && i+1 != n {
					t.Errorf("check %d decides this, too: it does not prove check %d", i+1, n)
				}
			}
			if a.Outcome == Stay && !a.Until.After(f.Now) {
				t.Errorf("it is to be tried again at %v, which is not after %v", a.Until, f.Now)
			}
		})
	}
}

func TestArmingCheck1State(t *testing.T) {
	onlyCheck(t, 1, []armCase{
		{"cancelled", func(f *ArmFacts) { f.Delivery.State = Cancelled }, Drop, "cancelled"},
		{"planned", func(f *ArmFacts) { f.Delivery.State = Planned }, Drop, "planned"},
		{"in doubt, but no repeat", func(f *ArmFacts) { f.Delivery.State = InDoubt }, Drop, "in_doubt"},
		{"a repeat of what is not in doubt", func(f *ArmFacts) { f.Repeat = true }, Drop, "scheduled"},
		{"parked", func(f *ArmFacts) { f.Delivery.Parked = true }, Drop, "scheduled"},
		{"plan withdrawn", func(f *ArmFacts) { f.Plan.Withdrawn = true }, Cancel, ReasonRemoved},
		{"plan unreadable", func(f *ArmFacts) { f.Plan = nil }, Park, ReasonHash},
		{"a newer revision says something else", func(f *ArmFacts) { f.Delivery.Stale = true }, Park, ReasonChanged},
		{"of a revision that was never accepted", func(f *ArmFacts) { f.Delivery.PlanRevision = 2 }, Park, ReasonChanged},
		{"repeat of what a person touched", func(f *ArmFacts) {
			f.Repeat, f.Delivery.State, f.Delivery.Touched = true, InDoubt, "stop"
		}, Ask, ReasonTouched},
	})
}

func TestArmingCheck2Switches(t *testing.T) {
	cases := []armCase{
		{"lane held", func(f *ArmFacts) { f.Switches.LaneHolds = map[LaneID]CauseRecord{"x:itac": {}} }, Stay, ReasonLane},
		{"channel paused", func(f *ArmFacts) { f.channel(func(c *Channel) { c.Paused = true }) }, Stay, ReasonHeld},
	}
	for _, cause := range []Cause{CauseStop, CauseQuarantine, CauseClock, CauseStore, CauseCopy} {
		cases = append(cases, armCase{"cause " + string(cause), func(f *ArmFacts) {
			f.Switches.Causes = map[Cause]CauseRecord{cause: {}}
		}, Stay, ReasonStopped})
	}
	for _, s := range []Scope{{Kind: "all"}, {Kind: "mechanism", Mechanism: "mayors"}, {Kind: "channel", Channel: "x-main"},
		{Kind: "takeover", Takeover: "mayors-dec"}, {Kind: "plan", Plan: "p"}, {Kind: "post", Plan: "p", Post: "q"},
		{Kind: "delivery", Delivery: "d_1"}} {
		cases = append(cases, armCase{"hold on " + s.Kind, func(f *ArmFacts) { f.Switches.Holds = []Hold{{Scope: s}} }, Park, ReasonHeld})
	}
	onlyCheck(t, 2, cases)

	f := mayGo()
	for _, s := range []Scope{{Kind: "mechanism", Mechanism: "youth"}, {Kind: "channel", Channel: "y"}, {Kind: "takeover", Takeover: "z"},
		{Kind: "plan", Plan: "o"}, {Kind: "post", Plan: "o", Post: "q"}, {Kind: "post", Plan: "p", Post: "r"}, {Kind: "delivery", Delivery: "d_2"}, {}} {
		f.Switches.Holds = append(f.Switches.Holds, Hold{Scope: s})
	}
	if a := MayArm(f); a.Outcome != Go {
		t.Errorf("holds on others keep it: %+v", a)
	}
}

func TestArmingCheck3Approval(t *testing.T) {
	onlyCheck(t, 3, []armCase{
		{"nobody approved", func(f *ArmFacts) { f.Delivery.Approvals = nil }, Park, ReasonNoApproval},
		{"something else approved", func(f *ArmFacts) { f.Delivery.Approvals[0].Hash = "other" }, Park, ReasonNoApproval},
		{"the author approved", func(f *ArmFacts) { f.Delivery.Author = "desk@x" }, Park, ReasonNoApproval},
		{"one of two approved", func(f *ArmFacts) { f.Campaign.Policies.Approvals = 2 }, Park, ReasonNoApproval},
		{"content is another", func(f *ArmFacts) { f.Content.Text, f.Content.Template = "Bye", "Bye" }, Park, ReasonHash},
		{"terms are others", func(f *ArmFacts) { f.Delivery.Rule = "at noon" }, Park, ReasonHash},
		{"content digest is another", func(f *ArmFacts) { f.Delivery.Content = "other" }, Park, ReasonHash},
		{"content unreadable", func(f *ArmFacts) { f.Content = nil }, Park, ReasonHash},
		{"a value is missing", func(f *ArmFacts) {
			f.say(Content{Text: "{n} cities", Template: "{n} cities", Slots: []Slot{{Name: "n", Kind: "integer", Max: 9}}})
		}, Park, ReasonWaitsValue},
		{"not yet live", func(f *ArmFacts) {
			f.Delivery.WaitFor = "live"
			f.say(*f.Content)
		}, Park, ReasonWaitsLive},
		{"media gone", func(f *ArmFacts) { f.Media = "the picture is missing" }, Park, ReasonMedia},
	})
}

func TestArmingCheck4Grant(t *testing.T) {
	pictured := func(f *ArmFacts) { f.say(Content{Text: "a", Template: "a", Media: []Media{{Consent: "GONE"}}}) }
	onlyCheck(t, 4, []armCase{
		{"window gone", func(f *ArmFacts) { delete(f.Campaign.Takeovers, "mayors-dec") }, Cancel, ReasonGrant},
		{"window revoked", func(f *ArmFacts) { f.window(func(t *Takeover) { t.Revoked = true }) }, Cancel, ReasonGrant},
		{"window another's", func(f *ArmFacts) { f.window(func(t *Takeover) { t.Mechanism = "youth" }) }, Cancel, ReasonGrant},
		{"channel taken out", func(f *ArmFacts) { f.window(func(t *Takeover) { t.Channels = nil }) }, Cancel, ReasonGrant},
		{"window ends now", func(f *ArmFacts) { f.window(func(t *Takeover) { t.To = testNow }) }, Cancel, ReasonGrant},
		{"window begins later", func(f *ArmFacts) { f.window(func(t *Takeover) { t.From = testNow.Add(time.Hour) }) }, Stay, ReasonGrant},
		{"channel gone", func(f *ArmFacts) { delete(f.Campaign.Channels, "x-main") }, Cancel, ReasonGrant},
		{"channel on another account", func(f *ArmFacts) { f.channel(func(c *Channel) { c.Account = "else" }) }, Cancel, ReasonGrant},
		{"consent withdrawn", func(f *ArmFacts) { f.Delivery.Consents = []string{"GOOD", "GONE"} }, Cancel, ReasonConsent},
		{"consent ended", func(f *ArmFacts) { f.Delivery.Consents = []string{"OLD"} }, Cancel, ReasonConsent},
		{"consent unknown", func(f *ArmFacts) { f.Delivery.Consents = []string{"NONE"} }, Cancel, ReasonConsent},
		{"consent of a picture withdrawn", pictured, Cancel, ReasonConsent},
		{"consent of a card's picture withdrawn", func(f *ArmFacts) {
			f.say(Content{Text: "a", Template: "a", Card: &Card{Picture: &Media{Consent: "GONE"}}})
		}, Cancel, ReasonConsent},
		{"withdrawn where consents are only warned of", func(f *ArmFacts) {
			f.Campaign.Policies.Consent = Warn
			pictured(f)
		}, Cancel, ReasonConsent},
		{"organizers name a window that is gone", func(f *ArmFacts) {
			f.Delivery.Mechanism = Organizers
			f.Delivery.Takeover = "gone"
			f.say(*f.Content)
		}, Cancel, ReasonGrant},
		{"no window, and not the organizers", func(f *ArmFacts) {
			f.Delivery.Takeover = ""
			f.say(*f.Content)
		}, Cancel, ReasonGrant},
	})
}

func TestOrganizersMayAlwaysPost(t *testing.T) {
	f := mayGo()
	f.Delivery.Mechanism, f.Delivery.Takeover = Organizers, ""
	f.say(*f.Content)
	if a := MayArm(f); a.Outcome != Go {
		t.Fatalf("without a window: %+v", a)
	}
	if by := SendBy(f); !by.Equal(testNow.Add(sendWithin)) {
		t.Errorf("its first byte may leave until %v", by)
	}
	f.Lane.LastAt = testNow.Add(-10 * time.Second)
	if a := MayArm(f); a.Outcome != Stay || a.Code != ReasonGap || !a.Until.Equal(f.Lane.LastAt.Add(RestartSpacing)) {
		t.Errorf("it is not spaced: %+v", a)
	}
}

func TestArmingCheck5Time(t *testing.T) {
	onlyCheck(t, 5, []armCase{
		{"too early", func(f *ArmFacts) { f.Delivery.Due = testNow.Add(time.Nanosecond) }, Stay, ReasonApproved},
		{"too late", func(f *ArmFacts) { f.Delivery.Latest = testNow.Add(-time.Nanosecond) }, Miss, ReasonTooLate},
		// 08:00 UTC is 09:00 in Brussels.
		{"no-post hours", func(f *ArmFacts) { f.window(func(t *Takeover) { t.NoPost = []HourRange{{9 * 60, 9*60 + 1}} }) }, Stay, ReasonNoPost},
		{"no-post hours over midnight", func(f *ArmFacts) { f.window(func(t *Takeover) { t.NoPost = []HourRange{{23 * 60, 9*60 + 1}} }) }, Stay, ReasonNoPost},
	})
	t.Run("at the latest time itself it may go", func(t *testing.T) {
		f := mayGo()
		f.Now = f.Delivery.Latest
		if a := MayArm(f); a.Outcome != Go {
			t.Errorf("%+v", a)
		}
	})
	t.Run("a further part has no lower bound", func(t *testing.T) {
		f := mayGo()
		f.Delivery.Part, f.Delivery.Due = 1, testNow.Add(time.Hour)
		if a := MayArm(f); a.Outcome != Go {
			t.Errorf("%+v", a)
		}
		f.Now = f.Delivery.Latest.Add(1)
		if a := MayArm(f); a.Outcome != Miss {
			t.Errorf("past latest: %+v", a)
		}
	})
}

func TestArmingCheck6Twin(t *testing.T) {
	twin := func(tw Twin) func(*ArmFacts) {
		return func(f *ArmFacts) {
			if tw.At.IsZero() {
				tw.At = testNow.Add(-time.Hour)
			}
			tw.ID = "d_2"
			f.Twins = []Twin{tw}
		}
	}
	onlyCheck(t, 6, []armCase{
		{"armed", twin(Twin{State: Armed}), Stay, ReasonTwinPending},
		{"in doubt", twin(Twin{State: InDoubt}), Stay, ReasonTwinPending},
		{"needs a person", twin(Twin{State: NeedsHuman}), Stay, ReasonTwinPending},
		{"between two parts", twin(Twin{State: Scheduled, Public: true}), Stay, ReasonTwinPending},
		{"published", twin(Twin{State: Published}), Ask, ReasonTwin},
		{"published just inside the span", twin(Twin{State: Published, At: testNow.Add(-TwinSpan + 1)}), Ask, ReasonTwin},
		{"never settled", twin(Twin{State: Unresolved}), Ask, ReasonTwin},
		{"only the twin is marked as a repeat", twin(Twin{State: Published, Repeat: true}), Ask, ReasonTwin},
		{"series of one name in another plan", func(f *ArmFacts) {
			f.Delivery.Series = "s"
			twin(Twin{State: Published, Series: "s", Plan: "o"})(f)
		}, Ask, ReasonTwin},
		{"another than the cleared one", func(f *ArmFacts) {
			f.Delivery.Cleared = []DeliveryID{"d_3"}
			twin(Twin{State: Published})(f)
		}, Ask, ReasonTwin},
		{"a public one and one in doubt: the doubt first", func(f *ArmFacts) {
			f.Twins = []Twin{{ID: "d_2", State: Published, At: testNow}, {ID: "d_3", State: InDoubt}}
		}, Stay, ReasonTwinPending},
		{"of a further part", func(f *ArmFacts) {
			f.Delivery.Part = 1
			twin(Twin{State: Published})(f)
		}, Ask, ReasonTwin},
	})
	for name, with := range map[string]func(*ArmFacts){
		"scheduled":           twin(Twin{State: Scheduled}),
		"out of span":         twin(Twin{State: Published, At: testNow.Add(-TwinSpan)}),
		"itself":              func(f *ArmFacts) { f.Twins = []Twin{{ID: "d_1", State: Armed}} },
		"occurrence":          func(f *ArmFacts) { f.Delivery.Series = "s"; twin(Twin{State: Published, Series: "s", Plan: "p"})(f) },
		"cleared by a person": func(f *ArmFacts) { f.Delivery.Cleared = []DeliveryID{"d_2"}; twin(Twin{State: Published})(f) },
		"meant":               func(f *ArmFacts) { f.Delivery.Repeat = true; f.say(*f.Content); twin(Twin{State: InDoubt})(f) },
	} {
		t.Run("no twin: "+name, func(t *testing.T) {
			f := mayGo()
			if with(&f); MayArm(f).Outcome != Go {
				t.Errorf("%+v", MayArm(f))
			}
		})
	}
	t.Run("the person is told which", func(t *testing.T) {
		f := mayGo()
		twin(Twin{State: Published})(&f)
		if a := MayArm(f); a.Twin != "d_2" || !strings.Contains(a.Text, "d_2") {
			t.Errorf("%+v", a)
		}
	})
}

func TestTwinOf(t *testing.T) {
	published := testNow.Add(time.Minute)
	d := &Delivery{ID: "d_2", State: Scheduled, Plan: "p", Series: "s", Repeat: true, Due: testNow}
	if got, want := TwinOf(d), (Twin{ID: "d_2", State: Scheduled, Plan: "p", Series: "s", Repeat: true, At: testNow}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.Receipts = []Receipt{{At: published}, {At: published.Add(time.Hour)}}
	if got := TwinOf(d); !got.Public || !got.At.Equal(published) {
		t.Errorf("with a part out: %+v", got)
	}
}

func TestArmingCheck7Budget(t *testing.T) {
	tally := func(n int) map[string]int {
		return map[string]int{"x-main/2026-12-18": n, "x-main/mayors-dec/2026-12-18": n}
	}
	onlyCheck(t, 7, []armCase{
		{"the platform asked to wait", func(f *ArmFacts) { f.Lane.RateUntil = testNow.Add(time.Minute) }, Stay, ReasonRate},
		{"gap", func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.MinGap = 5 * time.Minute })
			f.Lane.LastAt = testNow.Add(-4 * time.Minute)
		}, Stay, ReasonGap},
		{"late posts are spaced", func(f *ArmFacts) {
			f.Now = testNow.Add(OnTime + time.Second)
			f.Lane.LastAt = f.Now.Add(-30 * time.Second)
		}, Stay, ReasonGap},
		{"the channel's day is full", func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.DailyLimit = 3 })
			f.Lane.Tally = tally(3)
		}, Stay, ReasonQuota},
		{"the window's day is full", func(f *ArmFacts) {
			f.window(func(t *Takeover) { t.DailyLimit = 3 })
			f.Lane.Tally = tally(3)
		}, Stay, ReasonQuota},
		{"the platform takes no more in 24 hours", func(f *ArmFacts) {
			f.DailyPosts = 3
			f.Lane.Hours = map[int64]int{hourOf(testNow): 1, hourOf(testNow) - 23: 2}
		}, Stay, ReasonQuota},
		{"a further part waits for the platform, too", func(f *ArmFacts) {
			f.Delivery.Part = 1
			f.Lane.RateUntil = testNow.Add(time.Minute)
		}, Stay, ReasonRate},
	})
	for name, with := range map[string]func(*ArmFacts){
		"the day before": func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.DailyLimit = 3 })
			f.Lane.Tally = map[string]int{"x-main/2026-12-17": 3}
		},
		"one left": func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.DailyLimit = 4 })
			f.Lane.Tally = tally(3)
		},
		"a day ago": func(f *ArmFacts) {
			f.DailyPosts = 3
			f.Lane.Hours = map[int64]int{hourOf(testNow): 2, hourOf(testNow) - 25: 9}
		},
		"a further part was counted": func(f *ArmFacts) {
			f.Delivery.Part = 1
			f.channel(func(c *Channel) { c.DailyLimit, c.MinGap = 3, time.Hour })
			f.Lane.Tally, f.Lane.LastAt = tally(3), testNow
		},
		"the gap is over": func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.MinGap = 5 * time.Minute })
			f.Lane.LastAt = testNow.Add(-5 * time.Minute)
		},
		"written by a clock that ran years ahead": func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.MinGap = 5 * time.Minute })
			f.Lane.LastAt = testNow.AddDate(12, 0, 0)
		},
	} {
		t.Run("within budget: "+name, func(t *testing.T) {
			f := mayGo()
			if with(&f); MayArm(f).Outcome != Go {
				t.Errorf("%+v", MayArm(f))
			}
		})
	}
}

func TestArmingCheck8Lane(t *testing.T) {
	onlyCheck(t, 8, []armCase{
		{"the lease ends", func(f *ArmFacts) { f.Lane.LeaseEnd = testNow.Add(LeaseMargin) }, Drop, ReasonLane},
		{"another daemon's", func(f *ArmFacts) {
			f.Lane.LeaseEnd, f.Lane.Epoch, f.Epoch = testNow.Add(time.Hour), 8, 7
		}, Drop, ReasonLane},
	})
	f := mayGo()
	f.Lane.LeaseEnd, f.Lane.Epoch, f.Epoch = testNow.Add(LeaseMargin+time.Second), 8, 8
	if a := MayArm(f); a.Outcome != Go {
		t.Errorf("ours: %+v", a)
	}
	if by := SendBy(f); !by.Equal(testNow.Add(time.Second)) {
		t.Errorf("send by %v, want the lease's end less its margin", by)
	}
}

// TestArmingOrder breaks every check, then mends them one after the other: the
// first that is still broken must be the one that answers.
func TestArmingOrder(t *testing.T) {
	f := mayGo()
	f.Delivery.State = Cancelled
	f.Switches.Causes = map[Cause]CauseRecord{CauseStop: {}}
	f.Delivery.Approvals = nil
	f.window(func(t *Takeover) { t.Revoked = true })
	f.Delivery.Due = testNow.Add(time.Hour)
	f.Twins = []Twin{{ID: "d_2", State: Armed}}
	f.Lane.RateUntil = testNow.Add(time.Hour)
	f.Lane.LeaseEnd = testNow
	mend := []func(){
		func() { f.Delivery.State = Scheduled },
		func() { f.Switches.Causes = nil },
		func() { f.Delivery.Approvals = mayGo().Delivery.Approvals },
		func() { f.window(func(t *Takeover) { t.Revoked = false }) },
		func() { f.Delivery.Due = testNow },
		func() { f.Twins = nil },
		func() { f.Lane.RateUntil = time.Time{} },
		func() { f.Lane.LeaseEnd = time.Time{} },
	}
	for i, m := range mend {
		if a := MayArm(f); a.Check != i+1 {
			t.Errorf("with the checks before %d mended, check %d answers", i+1, a.Check)
		}
		m()
	}
	if a := MayArm(f); a.Outcome != Go || a.Check != 0 {
		t.Errorf("all mended: %+v", a)
	}
}

func TestArmingPastLatest(t *testing.T) {
	hold := func(f *ArmFacts) { f.Switches.Holds = []Hold{{Scope: Scope{Kind: "all"}}} }
	past := func(f *ArmFacts) { f.Now = f.Delivery.Latest.Add(time.Second) }
	for _, tt := range []struct {
		name string
		with []func(*ArmFacts)
		want Outcome
		code string
	}{
		{"held: missed, and the reason is kept", []func(*ArmFacts){hold, past}, Miss, ReasonHeld},
		{"stopped: missed", []func(*ArmFacts){func(f *ArmFacts) { f.Switches.Causes = map[Cause]CauseRecord{CauseStop: {}} }, past}, Miss, ReasonStopped},
		{"a distrusted clock cannot tell", []func(*ArmFacts){func(f *ArmFacts) { f.Switches.Causes = map[Cause]CauseRecord{CauseClock: {}} }, past}, Stay, ReasonStopped},
		{"a distrusted clock and a hold", []func(*ArmFacts){hold, func(f *ArmFacts) { f.Switches.Causes = map[Cause]CauseRecord{CauseClock: {}} }, past}, Stay, ReasonStopped},
		{"unapproved", []func(*ArmFacts){func(f *ArmFacts) { f.Delivery.Approvals = nil }, past}, Miss, ReasonNoApproval},
		{"the grant is gone: cancelled", []func(*ArmFacts){func(f *ArmFacts) { f.window(func(t *Takeover) { t.Revoked = true }) }, past}, Cancel, ReasonGrant},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := mayGo()
			for _, with := range tt.with {
				with(&f)
			}
			if a := MayArm(f); a.Outcome != tt.want || a.Code != tt.code {
				t.Errorf("got %v %q, want %v %q", a.Outcome, a.Code, tt.want, tt.code)
			}
		})
	}
	t.Run("a silence written by a clock that ran ahead counts no more", func(t *testing.T) {
		f := mayGo()
		f.Lane.RateUntil = testNow.Add(24 * time.Hour)
		if a := MayArm(f); a.Outcome != Stay {
			t.Errorf("a day: %+v", a)
		}
		f.Lane.RateUntil = testNow.AddDate(0, 0, 10)
		if a := MayArm(f); a.Outcome != Go {
			t.Errorf("ten days: %+v", a)
		}
	})
	t.Run("waiting for longer than latest ends just after it", func(t *testing.T) {
		f := mayGo()
		f.Lane.RateUntil = f.Delivery.Latest.Add(time.Hour)
		a := MayArm(f)
		if a.Outcome != Stay || !a.Until.After(f.Delivery.Latest) || a.Until.After(f.Delivery.Latest.Add(time.Second)) {
			t.Fatalf("%+v, latest %v", a, f.Delivery.Latest)
		}
		if f.Now = a.Until; MayArm(f).Outcome != Miss {
			t.Errorf("then: %+v", MayArm(f))
		}
	})
}

// TestArmingRepeat: "stays" and "dropped" keep it in doubt, "missed" and
// "cancelled" are for a person, and nothing else comes out.
func TestArmingRepeat(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(f *ArmFacts)
		want Outcome
		then State
	}{
		{"may go", func(f *ArmFacts) {}, Go, InDoubt},
		{"stopped", func(f *ArmFacts) { f.Switches.Causes = map[Cause]CauseRecord{CauseStop: {}} }, Stay, InDoubt},
		{"held", func(f *ArmFacts) { f.Switches.Holds = []Hold{{Scope: Scope{Kind: "all"}}} }, Stay, InDoubt},
		{"approval gone", func(f *ArmFacts) { f.Delivery.Approvals = nil }, Stay, InDoubt},
		{"grant gone", func(f *ArmFacts) { f.window(func(t *Takeover) { t.Revoked = true }) }, Ask, NeedsHuman},
		{"consent withdrawn", func(f *ArmFacts) { f.Delivery.Consents = []string{"GONE"} }, Ask, NeedsHuman},
		{"too late", func(f *ArmFacts) { f.Now = f.Delivery.Latest.Add(1) }, Ask, NeedsHuman},
		{"held past latest", func(f *ArmFacts) {
			f.Switches.Holds = []Hold{{Scope: Scope{Kind: "all"}}}
			f.Now = f.Delivery.Latest.Add(1)
		}, Ask, NeedsHuman},
		{"twin in doubt", func(f *ArmFacts) { f.Twins = []Twin{{ID: "d_2", State: InDoubt}} }, Stay, InDoubt},
		{"twin public", func(f *ArmFacts) { f.Twins = []Twin{{ID: "d_2", State: Published, At: testNow}} }, Ask, NeedsHuman},
		{"rate", func(f *ArmFacts) { f.Lane.RateUntil = testNow.Add(time.Minute) }, Stay, InDoubt},
		{"gap and quota were taken by the first try", func(f *ArmFacts) {
			f.channel(func(c *Channel) { c.DailyLimit, c.MinGap = 1, time.Hour })
			f.Lane.Tally, f.Lane.LastAt = map[string]int{"x-main/2026-12-18": 1}, testNow
		}, Go, InDoubt},
		{"lease ends", func(f *ArmFacts) { f.Lane.LeaseEnd = testNow }, Drop, InDoubt},
		{"plan withdrawn: the frozen revision counts", func(f *ArmFacts) { f.Plan.Withdrawn = true }, Go, InDoubt},
		{"touched", func(f *ArmFacts) { f.Delivery.Touched = "edit" }, Ask, NeedsHuman},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := mayGo()
			f.Repeat, f.Delivery.State, f.Delivery.DoubtAt = true, InDoubt, testNow
			tt.with(&f)
			a := MayArm(f)
			if a.Outcome != tt.want {
				t.Fatalf("got %v (check %d), want %v", a.Outcome, a.Check, tt.want)
			}
			if err := f.Delivery.Apply(a, f.Now); err != nil {
				t.Fatal(err)
			}
			if f.Delivery.State != tt.then {
				t.Errorf("it is then %s, want %s", f.Delivery.State, tt.then)
			}
			if a.Outcome == Stay && !f.Delivery.CheckAt.After(f.Now) {
				t.Errorf("it is looked for again at %v, now is %v", f.Delivery.CheckAt, f.Now)
			}
		})
	}
}

func TestSendBy(t *testing.T) {
	for _, tt := range []struct {
		name string
		with func(f *ArmFacts)
		want time.Duration
	}{
		{"ten seconds", func(f *ArmFacts) {}, 10 * time.Second},
		{"latest", func(f *ArmFacts) { f.Delivery.Latest = testNow.Add(3 * time.Second) }, 3 * time.Second},
		{"window's end", func(f *ArmFacts) { f.window(func(t *Takeover) { t.To = testNow.Add(4 * time.Second) }) }, 4 * time.Second},
		{"lease", func(f *ArmFacts) { f.Lane.LeaseEnd = testNow.Add(7 * time.Second) }, 7*time.Second - LeaseMargin},
	} {
		f := mayGo()
		if tt.with(&f); SendBy(f).Sub(testNow) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, SendBy(f).Sub(testNow), tt.want)
		}
	}
}

func TestReasonsAreEnumerated(t *testing.T) {
	got := Reasons()
	declared := constants(t, "Reason")
	if len(got) != len(declared) {
		t.Errorf("%d codes are listed, %d are declared", len(got), len(declared))
	}
	for _, code := range declared {
		if !slices.Contains(got, code) {
			t.Errorf("Reasons lacks %q", code)
		}
	}
}

func TestTwinOfDoubtsThePlatformsTime(t *testing.T) {
	for _, tt := range []struct {
		name     string
		platform time.Time
		want     time.Time
	}{
		{"none given", time.Time{}, testNow},
		{"a little before we learned of it", testNow.Add(-time.Hour), testNow.Add(-time.Hour)},
		{"1970", time.Unix(0, 0), testNow},
		{"the year after", testNow.AddDate(1, 0, 0), testNow},
	} {
		d := Delivery{ID: "d_2", State: Published, Receipts: []Receipt{{RemoteID: "1", At: testNow, Platform: tt.platform}}}
		if got := TwinOf(&d); !got.At.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got.At, tt.want)
		}
		f := mayGo()
		f.Twins = []Twin{TwinOf(&d)}
		if a := MayArm(f); a.Outcome != Ask {
			t.Errorf("%s: %+v, want a question", tt.name, a)
		}
	}
}

// TestNothingLeavesWithoutTheCreditThatItsLicenceDemands: the plan's check says it
// first; here it holds for whatever is stored.
func TestNothingLeavesWithoutTheCreditThatItsLicenceDemands(t *testing.T) {
	picture := Media{Digest: DigestOf([]byte("p")), Credit: "A. Example", Licence: "CC-BY-4.0"}
	for _, tt := range []struct {
		name string
		c    Content
		want string
	}{
		{"in no place", Content{Text: "Look.", Media: []Media{picture}}, "A. Example"},
		{"in the text", Content{Text: "Look. Photo: A. Example", Media: []Media{picture}}, ""},
		{"in the first comment", Content{Text: "Look.", FirstComment: "Photo: A. Example", Media: []Media{picture}}, ""},
		{"in the thread", Content{Text: "Look.", Thread: []string{"Photo: A. Example"}, Media: []Media{picture}}, ""},
		{"on the card", Content{Text: "Look.", Card: &Card{Description: "A. Example", Picture: &picture}}, ""},
		{"of a card", Content{Text: "Look.", Card: &Card{Picture: &picture}}, "A. Example"},
		{"free of conditions", Content{Text: "Look.", Media: []Media{{Credit: "A. Example", Licence: "CC0-1.0"}}}, ""},
	} {
		if got := tt.c.Uncredited(); got != tt.want {
			t.Errorf("%s: %q is missing, want %q", tt.name, got, tt.want)
		}
	}
}
