package desk

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Words of engineers that people never read. Source: ux.md, table of states.
var forbidden = regexp.MustCompile(`(?i)\b(lane|gate|anchor|tolerance|armed|quarantine|K[1-6]|idempoten\w*|delivery|in_doubt|needs_human)\b`)

// Every state with every reason has a sentence of cause and one of what comes next.
func TestExplainKnowsEveryReasonInEveryState(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range campaign.Reasons() {
		if _, ok := byReason[code]; !ok {
			t.Errorf("no sentence for %q", code)
		}
	}
	for _, s := range campaign.States {
		if _, ok := byState[s]; !ok {
			t.Errorf("no sentence for state %q", s)
		}
		for _, code := range append(campaign.Reasons(), "unheard_of") {
			for _, text := range []string{"", "because of that"} {
				d := campaign.Delivery{State: s, Reason: campaign.Reason{Code: code, Text: text}, Channel: "x-main", Due: start, Latest: start.Add(time.Hour)}
				why, next := Explain(&d, campaign.Reason{}, loc)
				for _, sentence := range []string{why, next} {
					if !strings.HasSuffix(sentence, ".") || strings.ContainsAny(sentence, "{}") || strings.Contains(sentence, ": .") || strings.Contains(sentence, "..") {
						t.Errorf("%s, %s: %q", s, code, sentence)
					}
					if bad := forbidden.FindString(strings.ReplaceAll(sentence, text, "")); bad != "" && text != "" {
						t.Errorf("%s, %s: %q has %q", s, code, sentence, bad)
					}
				}
				if strings.Contains(next, "by itself") && s.End() {
					t.Errorf("%s, %s promises more: %q", s, code, next)
				}
				if s == campaign.NeedsHuman && !strings.HasPrefix(next, "Please ") {
					t.Errorf("%s, %s asks nobody: %q", s, code, next)
				}
			}
		}
	}
}

func TestExplainSaysWhatStopsIt(t *testing.T) {
	d := campaign.Delivery{State: campaign.Scheduled, Channel: "x-main", Lane: "x:1", Plan: "p", Due: start, Latest: start.Add(time.Hour), Reason: campaign.Reason{Code: campaign.ReasonApproved}}
	for _, tt := range []struct {
		name, says string
		sw         campaign.Switches
	}{
		{"nothing", "It is approved", campaign.Switches{}},
		{"a stop", "everything was stopped by desk (wrong photo)", campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {By: "desk", Reason: "wrong photo"}}}},
		{"the clock", "the clock of the machine is not trusted", campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseClock: {}}}},
		{"a hold", "plan p is held by lead", campaign.Switches{Holds: []campaign.Hold{{Scope: campaign.Scope{Kind: "plan", Plan: "p"}, By: "lead"}}}},
		{"its account", "its token ended", campaign.Switches{LaneHolds: map[campaign.LaneID]campaign.CauseRecord{"x:1": {Reason: "its token ended"}}}},
	} {
		paused, _ := pausedBy(&d, &tt.sw)
		if why, _ := Explain(&d, paused, time.UTC); !strings.Contains(why, tt.says) {
			t.Errorf("%s: %q", tt.name, why)
		}
		if got := shown(&d, paused); (got == "paused") != (tt.name != "nothing") {
			t.Errorf("%s is shown as %q", tt.name, got)
		}
	}
}

func TestWhen(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	if got := When(time.Date(2026, 12, 18, 8, 0, 0, 0, time.UTC), loc); got != "Fri 18 Dec 2026 09:00 Europe/Brussels (+01:00)" {
		t.Error(got)
	}
}

// TestPreparingIsShown: "preparing" is scheduled with the engine at it; what is
// paused, or not approved yet, is shown as that.
func TestPreparingIsShown(t *testing.T) {
	at := campaign.DeliveryID("d")
	r := &room{preparing: func(id campaign.DeliveryID) bool { return id == at }}
	d := campaign.Delivery{ID: "d", State: campaign.Scheduled}
	if got := r.shown(&d, campaign.Reason{}); got != "preparing" {
		t.Errorf("shown as %q", got)
	}
	if got := r.shown(&d, campaign.Reason{Code: campaign.ReasonHeld}); got != "paused" {
		t.Errorf("a held one is shown as %q", got)
	}
	at = "other"
	if got := r.shown(&d, campaign.Reason{}); got != "scheduled" {
		t.Errorf("another is shown as %q", got)
	}
	if got := (&room{}).shown(&d, campaign.Reason{}); got != "scheduled" {
		t.Errorf("without a daemon it is shown as %q", got)
	}
}
