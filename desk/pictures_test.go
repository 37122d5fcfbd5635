package desk

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// limited gives every channel limits of its own.
func limited(w *world, l campaign.Limits) {
	before := w.Facts
	w.Facts = func(ch campaign.Channel) (channels.Facts, bool) {
		f, ok := before(ch)
		f.Limits.ImageTypes, f.Limits.ImageRatioMax, f.Limits.ImageBytes = l.ImageTypes, l.ImageRatioMax, l.ImageBytes
		return f, ok
	}
}

// gathered is the plan with a picture, as a folder brings it.
func gathered(t *testing.T, w *world) Submission {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "media"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"mayors.yaml": withPicture(), "media/pic.png": dot()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := w.Gather(ctx, w.lead(), dir, "mayors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRenditionsAreMadeAtSubmissionAndBound(t *testing.T) {
	w := newWorld(t)
	limited(w, campaign.Limits{ImageTypes: []string{"image/jpeg"}})
	lead, s := w.lead(), gathered(t, w)
	out, err := w.Submit(ctx, lead, s)
	if err != nil {
		t.Fatalf("%v %v", err, out.Findings)
	}
	original := s.Media["media/pic.png"]
	var shown []campaign.Media
	err = w.Store.View(ctx, func(tx store.Tx) error {
		ds, err := tx.OfPlan(out.Plan)
		for _, d := range ds {
			c, err := tx.Content(d.Content)
			if err != nil {
				return err
			}
			if d.Wants != campaign.ApprovalHash(c, d.Terms()) {
				t.Error("the approval binds another content")
			}
			shown = append(shown, c.Media...)
		}
		return err
	})
	if err != nil || len(shown) == 0 {
		t.Fatalf("%v, no picture in the queue", err)
	}
	for _, m := range shown {
		b, err := w.Media.Read(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil || m.Type != "image/jpeg" || m.Original != original {
			t.Errorf("%+v, %v", m, err)
		}
	}
	again, err := w.Submit(ctx, lead, s)
	if err != nil || again.Changed || len(again.Diff.Changes) != 0 {
		t.Errorf("the same plan again: %+v, %v", again, err)
	}
	checked, err := w.Check(ctx, lead, s)
	if err != nil || len(checked.Diff.Changes) != 0 {
		t.Errorf("its check: %+v, %v", checked, err)
	}
}

func TestWhatCannotBeRenderedIsAFinding(t *testing.T) {
	w := newWorld(t)
	limited(w, campaign.Limits{ImageTypes: []string{"image/jpeg"}, ImageBytes: 20})
	out, err := w.Submit(ctx, w.lead(), gathered(t, w))
	if err == nil || !slices.ContainsFunc(out.Findings, func(f campaign.Finding) bool { return f.Code == "P072" }) {
		t.Errorf("%v, %v", out.Findings, err)
	}
}
