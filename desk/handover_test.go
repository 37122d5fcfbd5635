package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestHandover: the leads who come next on a channel see what can be seen, what
// is in doubt and what is still to go, and the notes; others see nothing.
func TestHandover(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One."), post("b", "2026-12-15T10:00", "Two."), post("c", "2026-12-16T09:00", "Three.")))
	w.approveAll()
	a, b := w.of("a"), w.of("b")
	w.clock.now = a[0].Due
	for _, d := range a {
		w.publish(d)
	}
	w.ask(b[0])
	for what, text := range map[string]string{"an empty note": " \n", "a note too long": strings.Repeat("x", maxNote+1)} {
		_, err := w.HandoverNote(ctx, w.lead(), "mayors-dec", text)
		wants(t, what, err, ErrUsage)
	}
	if _, err := w.HandoverNote(ctx, w.lead(), "mayors-dec", " The choir waits for an answer. "); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"lead@mayors.example", "lead@youth.example", "desk@campaign.example"} {
		out, err := w.Handover(ctx, w.as(who), "mayors-dec")
		if err != nil || len(out.Public) != 2 || len(out.Doubt) != 1 || len(out.Queued) != 3 || len(out.Channels) != 2 || len(out.Next) != 2 {
			t.Errorf("%s: %v %+v", who, err, out)
			continue
		}
		if len(out.Notes) != 1 || out.Notes[0].Text != "The choir waits for an answer." || out.Notes[0].By != "lead@mayors.example" || !out.Notes[0].At.Equal(w.clock.now) {
			t.Errorf("%s: notes %+v", who, out.Notes)
		}
	}
	_, err := w.Handover(ctx, w.lead(), "youth-dec")
	wants(t, "those who came before", err, campaign.ErrNotAllowed)
	_, err = w.HandoverNote(ctx, w.as("lead@youth.example"), "mayors-dec", "x")
	wants(t, "a note of another's lead", err, campaign.ErrNotAllowed)
	w.clock.now = time.Date(2026, 12, 22, 0, 0, 0, 0, time.UTC)
	_, err = w.HandoverNote(ctx, w.lead(), "mayors-dec", "x")
	wants(t, "after the window", err, campaign.ErrNotAllowed)
	if _, err := w.HandoverNote(ctx, w.boss(), "mayors-dec", "x"); err != nil {
		t.Errorf("an organizer after the window: %v", err)
	}
}
