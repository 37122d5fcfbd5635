package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// eventsPlan has a livestream, and a challenge whose last word asks for a number.
const eventsPlan = `schema: takeover/plan-v1
plan: mayors
campaign: itac
window: mayors-dec
title: mayors
timezone: Europe/Brussels
languages: [en, fr]
defaults: {channels: [wall]}
anchors: {hall: {start: "2026-12-18T15:00", length: 60m, watch: "https://www.youtube.com/watch?v=Qh2fT3xAmPl", live_check: youtube}}
posts:
  - id: talk
    kind: livestream
    anchor: hall
    steps:
      - {id: before, at: start-24h, text: {en: "Tomorrow: four cities."}}
      - {id: live, at: start, wait_for: live, tolerance: 15m, text: {en: "We are live."}}
  - id: street
    kind: challenge
    challenge: {hashtag: "#Street", rules: "https://example.org/rules", closes: "2026-12-19T12:00"}
    steps:
      launch: {at: "2026-12-15T12:00", text: {en: "Show us your street, {challenge}."}}
      wrapup: {at: "2026-12-20T17:00", text: {en: "Thank you for {challenge}: {count} streets."}, values: {count: {ask: integer, min: 1, max: 500}}}
`

// TestEventsAndChallengesOnThePlansPage: a lead moves a livestream, says that it
// is live, calls it off and fills a number in, all by page; what went before is
// listed with its correction, and a move back into the future is not live any more.
func TestEventsAndChallengesOnThePlansPage(t *testing.T) {
	w := newWorld(t)
	w.ask("lead@mayors.example", "POST", "/plans", Submission{File: "mayors.yaml", Source: eventsPlan}, http.StatusOK, nil)
	w.ask("second@campaign.example", "POST", "/approve", map[string]any{"plan": "mayors"}, http.StatusOK, nil)
	lead, viewer := w.signedIn("lead@mayors.example"), w.signedIn("guest@viewers.example")
	forms := []string{"/plans/mayors/anchors/hall/live", "/plans/mayors/anchors/hall/start", `action="/plans/mayors/values"`, `name="post" value="talk"`}
	body := w.page("/plans/mayors", lead).Body.String()
	for _, want := range append(forms, "#Street", "https://example.org/rules", "Sat 19 Dec 2026 12:00", `min="1" max="500"`, "Fri 18 Dec 2026 15:00") {
		if !strings.Contains(body, want) {
			t.Errorf("the lead's page lacks %s", want)
		}
	}
	for _, form := range forms {
		if strings.Contains(w.page("/plans/mayors", viewer).Body.String(), form) {
			t.Errorf("a viewer is offered %s", form)
		}
	}
	d := w.stepOf("before")
	w.went(d)
	moved := w.press("/plans/mayors/anchors/hall/start", url.Values{"start": {"2026-12-18T16:00"}, "expect": {"1"}}.Encode(), lead).Body.String()
	for _, want := range []string{"/deliveries/" + string(d.ID), "Correction: the new time is Friday 18 December, 16:00 Brussels.", "Fri 18 Dec 2026 16:00"} {
		if !strings.Contains(moved, want) {
			t.Errorf("the move does not show %s: %s", want, moved)
		}
	}
	if at := w.stepOf("live").Due; !at.Equal(time.Date(2026, 12, 18, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("what hangs on it is due %s", at)
	}
	if r := w.press("/plans/mayors/anchors/hall/start", "start=2027-12-18T16:00", lead); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "P022") {
		t.Errorf("out of the window: %d %s", r.Code, r.Body)
	}
	if r := w.press("/plans/mayors/anchors/hall/start", "start=", lead); r.Code != http.StatusBadRequest {
		t.Errorf("no time: %d", r.Code)
	}
	if r := w.press("/plans/mayors/values", "key=street/wrapup/count&value=501", lead); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a number out of its bounds: %d", r.Code)
	}
	if r := w.press("/plans/mayors/values", "key=street/wrapup/count&value=+37+", lead); r.Code != http.StatusOK {
		t.Errorf("a number: %d %s", r.Code, r.Body)
	}
	if body := w.page("/plans/mayors", lead).Body.String(); !strings.Contains(body, `value="37"`) {
		t.Error("the number is not shown")
	}
	if r := w.press("/plans/mayors/anchors/hall/live", "", lead); r.Code != http.StatusOK || !w.stepOf("live").Live {
		t.Errorf("live: %d %s", r.Code, r.Body)
	}
	if strings.Contains(w.page("/plans/mayors", lead).Body.String(), forms[0]) {
		t.Error("what nothing waits for is asked again")
	}
	if w.press("/plans/mayors/anchors/hall/start", "start=2026-12-18T15:30", lead); w.stepOf("live").Live {
		t.Error("an event that was moved into the future counts as live")
	}
	off := w.press("/plans/mayors/withdraw", "post=talk&why=the+hall+is+closed", lead).Body.String()
	if !strings.Contains(off, "Correction: this event does not take place.") || w.stepOf("live").State != campaign.Cancelled || w.stepOf("launch").State != campaign.Scheduled {
		t.Errorf("called off: %s", off)
	}
}

// stepOf is the delivery of a step of the mayors' plan.
func (w *world) stepOf(step string) (d campaign.Delivery) {
	w.t.Helper()
	err := w.desk.Store.View(w.t.Context(), func(tx store.Tx) error {
		ds, err := tx.OfPlan("mayors")
		for _, v := range ds {
			if v.Step == step {
				d = v
			}
		}
		return err
	})
	if err != nil || d.ID == "" {
		w.t.Fatalf("step %s: %v", step, err)
	}
	return d
}

// went makes the delivery public.
func (w *world) went(d campaign.Delivery) {
	w.t.Helper()
	err := w.desk.Store.Update(w.t.Context(), func(tx store.Tx) error {
		v, err := tx.Delivery(d.ID)
		if err != nil {
			return err
		}
		v.State, v.Receipts = campaign.Published, []campaign.Receipt{{RemoteID: "1", URL: "https://social.example/1", At: d.Due, How: "answer"}}
		return tx.PutDelivery(&v)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
