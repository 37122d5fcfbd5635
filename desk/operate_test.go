package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// TestF18RestoredWaitsForAPerson: a store that was put back stops everything,
// and who lets it go sees what nobody knows the outcome of.
func TestF18RestoredWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("p0", "2026-12-14T09:00", "One."), post("p1", "2026-12-14T10:00", "Two.")))
	w.approveAll()
	w.doubt(w.of("p0")[0])
	made := start.Add(-time.Hour)
	wants(t, "a lead restores", w.Restored(t.Context(), w.lead(), made), campaign.ErrNotAllowed)
	if err := w.Restored(t.Context(), w.as("op@campaign.example"), made); err != nil {
		t.Fatal(err)
	}
	w.view(func(tx store.Tx) error {
		sw, err := tx.Switches()
		if c := sw.Causes[campaign.CauseQuarantine]; c.By != "op@campaign.example" || c.Reason == "" {
			t.Errorf("nothing is stopped: %+v", sw)
		}
		return err
	})
	q := Resumption{Cause: campaign.CauseQuarantine}
	_, err := w.Resume(t.Context(), w.as("op@campaign.example"), q)
	wants(t, "an operator resumes", err, campaign.ErrNotAllowed)
	if out, err := w.PreviewResume(t.Context(), w.boss(), q); err != nil || len(out.Unsettled) != 1 || out.Unsettled[0].Post != "p0" {
		t.Errorf("preview: %+v, %v", out, err)
	}
	if out, err := w.Resume(t.Context(), w.boss(), q); err != nil || len(out.Unsettled) != 1 {
		t.Errorf("resume: %+v, %v", out, err)
	}
	if _, err := w.Stop(t.Context(), w.boss(), campaign.Scope{Kind: "all"}, ""); err != nil {
		t.Fatal(err)
	}
	if out, err := w.Resume(t.Context(), w.boss(), Resumption{Cause: campaign.CauseStop}); err != nil || out.Unsettled != nil {
		t.Errorf("an ordinary stop lists what is unsettled: %+v, %v", out, err)
	}
}

// TestF18WhatMayHaveGoneOutIsSettledByAPerson: of a store that was put back,
// what is past its latest time and was due before is never called missed.
func TestF18WhatMayHaveGoneOutIsSettledByAPerson(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("past", "2026-12-14T09:00", "One."), post("unapproved", "2026-12-14T09:00", "Two."), post("after", "2026-12-14T16:00", "Three."), post("intime", "2026-12-14T20:00", "Four.")))
	for _, p := range []campaign.PostID{"past", "after", "intime"} {
		if _, err := w.Approve(t.Context(), w.as("second@campaign.example"), Approval{Pick: Pick{Plan: "mayors", Post: p}}); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.now = w.of("past")[0].Due.Add(time.Hour)
	if err := w.Restored(t.Context(), w.as("op@campaign.example"), start); err != nil {
		t.Fatal(err)
	}
	w.clock.now = w.of("after")[0].Latest.Add(time.Minute)
	out, err := w.Resume(t.Context(), w.boss(), Resumption{Cause: campaign.CauseQuarantine})
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[campaign.PostID]campaign.State{"past": campaign.NeedsHuman, "unapproved": campaign.NeedsHuman, "after": campaign.Missed, "intime": campaign.Scheduled} {
		for _, d := range w.of(p) {
			if d.State != want || want == campaign.NeedsHuman && d.Reason.Code != campaign.ReasonRestored {
				t.Errorf("%s is %s (%s), want %s", p, d.State, d.Reason.Code, want)
			}
		}
	}
	if !strings.Contains(out.Text, "perhaps public") {
		t.Errorf("who resumes is told %q", out.Text)
	}
	// An ordinary stop puts nothing before a person: nothing can have left.
	if _, err := w.Resolve(t.Context(), w.boss(), w.of("past")[0].ID, Resolution{PublishedAs: "https://wall.example/1", Why: "seen"}); err != nil {
		t.Error(err)
	}
}

// TestF18FoundPublicIsNotSentAgain: while a store that was put back waits to be
// looked at, a person may say of what is queued that it is public; a later
// revision of its plan leaves it so.
func TestF18FoundPublicIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("out", "2026-12-14T20:00", "One."), post("free", "2026-12-14T21:00", "Two.")))
	w.approveAll()
	out, free := w.of("out")[0].ID, w.of("free")[0].ID
	there := Resolution{PublishedAs: "https://wall.example/1", Why: "it stands there"}
	_, err := w.Resolve(t.Context(), w.boss(), out, there)
	wants(t, "nothing was put back", err, ErrConflict)
	if err := w.Restored(t.Context(), w.as("op@campaign.example"), start); err != nil {
		t.Fatal(err)
	}
	_, err = w.Resolve(t.Context(), w.lead(), out, there)
	wants(t, "a lead settles it", err, campaign.ErrNotAllowed)
	_, err = w.Resolve(t.Context(), w.boss(), free, Resolution{NotPublished: true, Why: "it is not there"})
	wants(t, "what is not there stays queued", err, ErrConflict)
	if _, err := w.Resolve(t.Context(), w.boss(), out, there); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Resume(t.Context(), w.boss(), Resumption{Cause: campaign.CauseQuarantine}); err != nil {
		t.Fatal(err)
	}
	w.submit(w.lead(), planOf(post("out", "2026-12-14T22:00", "One."), post("free", "2026-12-14T21:00", "Two.")))
	w.approveAll()
	for _, d := range w.of("out") {
		if d.ID == out && (d.State != campaign.Published || d.Receipts[0].URL != there.PublishedAs) || d.ID != out && d.Channel == w.of("out")[0].Channel {
			t.Errorf("%s is %s", d.ID, d.State)
		}
	}
}

func TestBackupIsNoted(t *testing.T) {
	w := newWorld(t)
	if at, err := w.LastBackup(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("before any: %v, %v", at, err)
	}
	wants(t, "a lead", w.NoteBackup(t.Context(), w.lead(), "x"), campaign.ErrNotAllowed)
	wants(t, "a lead", w.MayOperate(t.Context(), w.lead()), campaign.ErrNotAllowed)
	before := w.audits()
	if err := errors.Join(w.MayOperate(t.Context(), w.as("op@campaign.example")), w.NoteBackup(t.Context(), w.as("op@campaign.example"), "x")); err != nil {
		t.Fatal(err)
	}
	if at, err := w.LastBackup(t.Context()); err != nil || !at.Equal(start) || w.audits() != before+1 {
		t.Errorf("noted %v, %v", at, err)
	}
}

// TestConsentsAreForThoseWhoReadTheirPosts: a lead learns of no consent of others.
func TestConsentsAreForThoseWhoReadTheirPosts(t *testing.T) {
	w := newWorld(t)
	for who, n := range map[string]int{"desk@campaign.example": 1, "second@campaign.example": 1, "lead@youth.example": 0} {
		list, err := w.Consents(t.Context(), w.as(who))
		if err != nil || len(list) != n {
			t.Errorf("%s sees %v, %v", who, list, err)
		}
	}
	_, err := w.Consent(t.Context(), w.as("lead@youth.example"), "C-1")
	wants(t, "another's consent", err, store.ErrNotFound)
	_, err = w.Consent(t.Context(), w.boss(), "C-9")
	wants(t, "no consent", err, store.ErrNotFound)
	_, err = w.People(t.Context(), w.lead())
	wants(t, "a lead lists people", err, campaign.ErrNotAllowed)
	if list, err := w.People(t.Context(), w.as("op@campaign.example")); err != nil || len(list) != 6 || list[0].Mail != "both@campaign.example" {
		t.Errorf("people: %v, %v", list, err)
	}
}

func (w *world) view(f func(store.Tx) error) {
	w.t.Helper()
	if err := w.Store.View(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}
