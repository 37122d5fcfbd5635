package desk

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// TestCredits: each line once, by phase and kind; everybody reads them only
// while they are published, and as the register says then.
func TestCredits(t *testing.T) {
	w := newWorld(t)
	put := func(c Contributor) {
		t.Helper()
		if _, err := w.PutContributor(ctx, w.boss(), c); err != nil {
			t.Fatal(err)
		}
	}
	put(Contributor{ID: "fund", Name: "A fund", Kind: "financial", Wording: "With financial support from a fund."})
	put(Contributor{ID: "quito", Name: "City of Quito", Kind: "in-kind", Takeover: "mayors-dec"})
	put(Contributor{ID: "fund-again", Name: "With financial support from a fund.", Kind: "in-kind", Takeover: "mayors-dec"})
	_, err := w.PublicCredits(ctx)
	wants(t, "credits that nobody published", err, store.ErrNotFound)
	out, err := w.Credits(ctx, w.lead())
	if err != nil || out.Published || len(out.Phases) != 2 || out.Phases[0].Window != "" || len(out.Phases[0].Contributors) != 1 || len(out.Phases[1].Contributors) != 1 || out.Phases[1].Name != "Mayors" {
		t.Fatalf("%v: %+v", err, out)
	}
	_, err = w.PublishCredits(ctx, w.lead(), true)
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	if _, err := w.PublishCredits(ctx, w.boss(), true); err != nil {
		t.Fatal(err)
	}
	put(Contributor{ID: "film", Name: "A film school", Kind: "footage", Takeover: "youth-dec"})
	if _, err := w.RemoveContributor(ctx, w.boss(), "quito"); err != nil {
		t.Fatal(err)
	}
	public, err := w.PublicCredits(ctx)
	if err != nil || !public.Published || len(public.Phases) != 2 || public.Phases[1].Window != "youth-dec" {
		t.Errorf("%v: everybody reads %+v", err, public)
	}
	if _, err := w.PublishCredits(ctx, w.boss(), false); err != nil {
		t.Fatal(err)
	}
	put(Contributor{ID: "film", Name: "A film school", Kind: "footage"})
	_, err = w.PublicCredits(ctx)
	wants(t, "credits that are published no more", err, store.ErrNotFound)
}
