package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestAConsentThatEndsStopsWhatUsesIt: once, told, in the log, and with what is public listed.
func TestAConsentThatEndsStopsWhatUsesIt(t *testing.T) {
	w := newWorld(t)
	c := sample()
	c.Consents["C-1"] = campaign.Consent{Shows: "a nurse", Until: time.Date(2026, 12, 16, 0, 0, 0, 0, time.UTC)}
	c.Consents["C-2"] = campaign.Consent{Shows: "a baker"}
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	w.submit(w.lead(), planOf(quoteOf("first", "2026-12-15T09:00", "C-1"), quoteOf("late", "2026-12-15T10:00", "C-1"), quoteOf("his", "2026-12-17T09:00", "C-2")))
	w.approveAll()
	w.publish(w.of("first")[0])
	w.clock.now = c.Consents["C-1"].Until.Add(-time.Second)
	if err := w.EndConsents(ctx); err != nil || len(w.told) > 0 && w.told[len(w.told)-1].Event == "consent_ended" {
		t.Fatalf("before its end: %v, %+v", err, w.told)
	}
	w.clock.now = c.Consents["C-1"].Until
	if err := w.EndConsents(ctx); err != nil {
		t.Fatal(err)
	}
	for _, v := range w.of("late") {
		if v.State != campaign.Cancelled || v.Reason.Code != campaign.ReasonConsent {
			t.Errorf("%s: %+v", v.State, v.Reason)
		}
	}
	if v := w.of("his")[0]; v.State != campaign.Scheduled {
		t.Errorf("another consent's post is %s", v.State)
	}
	n := w.told[len(w.told)-1]
	if n.Event != "consent_ended" || !slices.Contains(n.Deliveries, w.of("first")[0].ID) || !strings.Contains(n.Text, "1 public") {
		t.Errorf("%+v", n)
	}
	told, logged := len(w.told), w.audits()
	if err := w.EndConsents(ctx); err != nil || len(w.told) != told || w.audits() != logged {
		t.Errorf("once more: %v, %d notices, %d entries", err, len(w.told)-told, w.audits()-logged)
	}
	if letters, err := w.ConsentLetters(ctx, w.boss(), "C-1"); err != nil || len(letters) == 0 {
		t.Errorf("%v, %d letters", err, len(letters))
	}
}
