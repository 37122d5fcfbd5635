package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// Whatever ends a rehearsal otherwise than published has a cause and a remedy,
// and neither promises that it goes out by itself.
func TestTheForecastSaysCauseAndRemedyOfWhateverStops(t *testing.T) {
	for _, code := range append(campaign.Reasons(), "unheard_of") {
		for _, begun := range []campaign.State{campaign.Planned, campaign.Scheduled} {
			for _, end := range []campaign.State{campaign.Planned, campaign.Scheduled, campaign.Missed, campaign.Cancelled, campaign.Rejected, campaign.NeedsHuman, campaign.Unresolved} {
				if code == campaign.ReasonHandedOver {
					continue // it is by hand
				}
				d := campaign.Delivery{State: end, Channel: "x-main", Due: start, Latest: start.Add(time.Hour),
					Reason: campaign.Reason{Code: code, Text: scheduler.Before + "of that", At: start.Add(time.Hour)}}
				f := foretell(Row{}, Rehearsed{Begun: campaign.Delivery{State: begun}, End: d}, time.UTC)
				if f.Outlook != OutlookStopped || f.Code != code || f.At.IsZero() {
					t.Errorf("%s, %s to %s: %+v", code, begun, end, f)
				}
				for _, s := range []string{f.Cause, f.Remedy} {
					if !strings.HasSuffix(s, ".") || strings.ContainsAny(s, "{}") || strings.Contains(s, "by itself") {
						t.Errorf("%s, %s to %s: %q", code, begun, end, s)
					}
					if end == campaign.Missed && strings.Contains(s, scheduler.Before) {
						t.Errorf("%s, %s to %s says when, not why: %q", code, begun, end, s)
					}
				}
				if f.Remedy == "Nothing." {
					t.Errorf("%s, %s to %s: nobody is told what to do", code, begun, end)
				}
			}
		}
	}
}

func TestForetell(t *testing.T) {
	at := start.Add(time.Hour)
	row := Row{Delivery: campaign.Delivery{Due: start, Reason: campaign.Reason{Code: campaign.ReasonDoubt}}, Why: "It may be public.", Next: "We look."}
	published := campaign.Delivery{State: campaign.Published, Reason: campaign.Reason{Code: campaign.ReasonPublished}, Receipts: []campaign.Receipt{{At: at}}}
	late := published
	late.Lateness = 3 * time.Minute
	handed := campaign.Delivery{State: campaign.NeedsHuman, Reason: campaign.Reason{Code: campaign.ReasonHandedOver}, ArmedAt: at}
	partly := published
	partly.Reason = campaign.Reason{Code: campaign.ReasonRestPartial, At: at}
	for _, tt := range []struct {
		name string
		r    Rehearsed
		want Outlook
	}{
		{"published", Rehearsed{Begun: campaign.Delivery{State: campaign.Scheduled}, End: published}, OutlookOnTime},
		{"late", Rehearsed{Begun: campaign.Delivery{State: campaign.Scheduled}, End: late}, OutlookLate},
		{"in part", Rehearsed{Begun: campaign.Delivery{State: campaign.Scheduled}, End: partly}, OutlookStopped},
		{"by hand", Rehearsed{Begun: campaign.Delivery{State: campaign.Scheduled}, End: handed}, OutlookByHand},
		{"in doubt before", Rehearsed{Begun: campaign.Delivery{State: campaign.InDoubt}, End: published}, OutlookUnsure},
		{"armed before", Rehearsed{Begun: campaign.Delivery{State: campaign.Armed}, End: published}, OutlookUnsure},
		{"held at the end", Rehearsed{Begun: campaign.Delivery{State: campaign.Scheduled}, End: campaign.Delivery{State: campaign.Scheduled, Latest: at}, Held: campaign.Reason{Code: campaign.ReasonHeld, Text: "by somebody"}}, OutlookStopped},
	} {
		f := foretell(row, tt.r, time.UTC)
		if f.Outlook != tt.want || f.At.IsZero() {
			t.Errorf("%s: %s at %s", tt.name, f.Outlook, f.At)
		}
		if ok := f.Outlook == OutlookOnTime || f.Outlook == OutlookLate; ok != (f.Cause == "") {
			t.Errorf("%s: cause %q", tt.name, f.Cause)
		}
	}
}
