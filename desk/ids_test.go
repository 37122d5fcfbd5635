package desk

import (
	"errors"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// alike stores a copy of the delivery under another id.
func (w *world) alike(d campaign.Delivery, id campaign.DeliveryID) campaign.Delivery {
	w.t.Helper()
	d.ID, d.Revision = id, 0
	if err := w.Store.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&d) }); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// Every deed on deliveries takes the beginning of an id.
func TestShortIDsWorkEverywhere(t *testing.T) {
	for name, deed := range map[string]func(w *world, id campaign.DeliveryID) error{
		"show":  func(w *world, id campaign.DeliveryID) error { _, err := w.Show(ctx, w.boss(), id); return err },
		"retry": func(w *world, id campaign.DeliveryID) error { _, err := w.Retry(ctx, w.boss(), id); return err },
		"resolve": func(w *world, id campaign.DeliveryID) error {
			_, err := w.Resolve(ctx, w.boss(), id, Resolution{GiveUp: true, Why: "x"})
			return err
		},
		"reschedule": func(w *world, id campaign.DeliveryID) error {
			_, err := w.Reschedule(ctx, w.boss(), id, Reschedule{At: start.AddDate(0, 0, 8)})
			return err
		},
		"approve": func(w *world, id campaign.DeliveryID) error {
			_, err := w.Approve(ctx, w.second(), Approval{Pick: Pick{IDs: []campaign.DeliveryID{id}}})
			return err
		},
		"take back": func(w *world, id campaign.DeliveryID) error {
			_, err := w.TakeBackApproval(ctx, w.second(), Pick{IDs: []campaign.DeliveryID{id}}, "")
			return err
		},
		"cancel": func(w *world, id campaign.DeliveryID) error {
			_, err := w.Cancel(ctx, w.boss(), Pick{IDs: []campaign.DeliveryID{id}}, "")
			return err
		},
		"hold": func(w *world, id campaign.DeliveryID) error {
			s := campaign.Scope{Kind: "delivery", Delivery: id}
			if _, err := w.Hold(ctx, w.boss(), s, ""); err != nil {
				return err
			}
			if err := w.StopReason(ctx, w.boss(), s, "later"); err != nil {
				return err
			}
			_, err := w.Release(ctx, w.boss(), Resumption{Scope: s, Each: map[campaign.DeliveryID]Late{id: LateSend}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One")))
			d := w.of("a")[0]
			long := deed(w, d.ID)
			w = newWorld(t)
			w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One")))
			short := deed(w, d.ID[:8])
			if (short == nil) != (long == nil) || errors.Is(short, store.ErrNotFound) || errors.Is(short, ErrUsage) {
				t.Errorf("short id: %v; whole id: %v", short, long)
			}
			if err := deed(w, d.ID[:7]); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("five characters: %v", err)
			}
			w.alike(d, d.ID[:9]+"zzz")
			err := deed(w, d.ID[:8])
			if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), string(d.ID)) || !strings.Contains(err.Error(), string(d.ID[:9])+"zzz") {
				t.Errorf("ambiguous: %v", err)
			}
		})
	}
}

// A hold by a short id covers the delivery, and the log names the whole id.
func TestAShortIDIsWrittenDownWhole(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One")))
	d := w.of("a")[0]
	out, err := w.Hold(ctx, w.boss(), campaign.Scope{Kind: "delivery", Delivery: d.ID[:8]}, "")
	if err != nil || out.Scope.Delivery != d.ID {
		t.Fatalf("%+v, %v", out.Scope, err)
	}
	row, err := w.Show(ctx, w.boss(), d.ID)
	if err != nil || row.Shown != "paused" {
		t.Errorf("shown %q, %v", row.Shown, err)
	}
	es, err := w.AuditTail(ctx, w.boss(), 0, 1)
	if err != nil || len(es) != 1 || !strings.Contains(es[0].Object, string(d.ID)) {
		t.Errorf("%+v, %v", es, err)
	}
	if out.Text != "Held: delivery "+string(d.ID)+". Nothing more leaves." {
		t.Errorf("a hold says %q", out.Text)
	}
	// Named twice, once short: one delivery, and its whole id in the log.
	done, err := w.Cancel(ctx, w.boss(), Pick{IDs: []campaign.DeliveryID{d.ID, d.ID[:10]}}, "")
	if err != nil || len(done.Rows) != 1 {
		t.Errorf("%d rows, %v", len(done.Rows), err)
	}
	if es, err = w.AuditTail(ctx, w.boss(), 0, 1); err != nil || es[0].Object != string(d.ID) {
		t.Errorf("%+v, %v", es, err)
	}
}

// What another mechanism has is not told by listing ids that begin alike.
func TestAnAmbiguousIDTellsNothingOfOthers(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One")))
	d := w.of("a")[0]
	other := d
	other.Mechanism, other.Plan, other.Takeover = "youth", "secret-plan", "youth-dec"
	w.alike(other, d.ID[:8]+"zzz")
	_, err := w.Show(ctx, w.lead(), d.ID[:8])
	if !errors.Is(err, ErrUsage) || strings.Contains(err.Error(), "zzz") || strings.Contains(err.Error(), "secret-plan") {
		t.Errorf("%v", err)
	}
}

// Rows carry the shortest beginning that find takes.
func TestRowsCarryAShortID(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One")))
	d := w.of("a")[0]
	for _, want := range []campaign.DeliveryID{d.ID[:8], d.ID[:11]} {
		s, err := w.Show(ctx, w.boss(), want)
		if err != nil || s.Short != string(want) {
			t.Errorf("short %q, want %q, %v", s.Short, want, err)
		}
		if want == d.ID[:8] {
			w.alike(d, d.ID[:10]+"zzz")
		}
	}
}

// F48: what waits for more than its time is shown as paused before its time.
func TestPausedIsShownBeforeItsTime(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps, `  - id: street
    kind: challenge
    challenge: {hashtag: "#Street", closes: "2026-12-19T12:00"}
    channels: [wall]
    steps:
      launch: {at: "2026-12-15T12:00", text: {en: "Show us {challenge}."}}
      wrapup: {at: "2026-12-20T17:00", text: {en: "Streets of {count} cities {challenge}."}, values: {count: {ask: integer, min: 1, max: 500}}}
`))
	look := func(what string, d campaign.Delivery, shown, by, why, next string) {
		t.Helper()
		s, err := w.Show(ctx, w.boss(), d.ID)
		if err != nil || s.Shown != shown || s.PausedBy != by || !strings.Contains(s.Why, why) || !strings.Contains(s.Next, next) {
			t.Errorf("%s: %q by %q: %s %s, %v", what, s.Shown, s.PausedBy, s.Why, s.Next, err)
		}
	}
	wrapup := func() campaign.Delivery { ds := w.of("street"); return ds[len(ds)-1] }
	look("before approval", w.step("live"), "waits for approval", "", "waits for approval", "may approve")
	w.approveAll()
	look("a step without a condition", w.step("before"), "scheduled", "", "approved", "by itself")
	look("before the event is live", w.step("live"), "paused", "is live", "until the event is live", "says that it is live")
	look("before the value is there", wrapup(), "paused", "a value", "not filled in", "fills the value in")
	if _, err := w.Stop(ctx, w.boss(), campaign.Scope{Kind: "all"}, "wrong photo"); err != nil {
		t.Fatal(err)
	}
	look("stopped", w.step("live"), "paused", "a stop", "stopped", "resumes")
	if _, err := w.Resume(ctx, w.boss(), Resumption{Scope: campaign.Scope{Kind: "all"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AnchorLive(ctx, w.lead(), "mayors", "live"); err != nil {
		t.Fatal(err)
	}
	look("once it is live", w.step("live"), "scheduled", "", "approved", "by itself")
	if _, err := w.FillValue(ctx, w.lead(), "mayors", "street/wrapup/count", "41", 0); err != nil {
		t.Fatal(err)
	}
	look("once the value is there", wrapup(), "scheduled", "", "approved", "by itself")
	if _, err := w.PauseChannel(ctx, w.boss(), "wall", true); err != nil {
		t.Fatal(err)
	}
	look("on a paused channel", wrapup(), "paused", "a hold", "channel wall is paused", "release")
}
