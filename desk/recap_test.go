package desk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// TestBalanceEqualsAHandCount: sixty posts, counted by hand.
//
// Regions: the first 24 africa, the next 18 europe, the next 12 americas, the
// last 6 say nothing. Gender: odd numbers woman, even ones man. Every third post
// is written in French as well. Posts 0 to 9 are quotes.
func TestBalanceEqualsAHandCount(t *testing.T) {
	w := newWorld(t, func(c *campaign.Campaign) {
		c.Tags = map[string][]string{"region": {"africa", "europe", "americas", "asia"}, "gender": {"woman", "man"}}
		c.Balance = map[string]map[string]campaign.Range{"region": {"africa": {Least: 20, Most: 40}, "asia": {Least: 10, Most: 30}, "europe": {Least: 30, Most: 40}}}
	})
	var posts []string
	for i := range 60 {
		region := map[bool]string{true: "region: africa, "}[i < 24]
		if i >= 24 && i < 42 {
			region = "region: europe, "
		} else if i >= 42 && i < 54 {
			region = "region: americas, "
		}
		gender := []string{"man", "woman"}[i%2]
		text := fmt.Sprintf(`{en: "Words %d"}`, i)
		if i%3 == 0 {
			text = fmt.Sprintf(`{en: "Words %d", fr: "Mots %d"}`, i, i)
		}
		at := fmt.Sprintf("2026-12-%02dT%02d:%02d", 15+i/30, 8+i%30/4, i%4*15)
		if i < 10 {
			posts = append(posts, fmt.Sprintf("  - {id: p%d, kind: quote, at: %q, tags: {%sgender: %s}, quote: {text: %s, speaker: {role: {en: A nurse, fr: Une infirmière}}, consent: C-1}, text: \"{quote}\"}\n", i, at, region, gender, text))
			continue
		}
		posts = append(posts, fmt.Sprintf("  - {id: p%d, kind: message, at: %q, tags: {%sgender: %s}, text: %s}\n", i, at, region, gender, text))
	}
	w.submit(w.lead(), planOf(posts...))
	b, err := w.Balance(ctx, w.lead(), Scope{Plan: "mayors"}, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range b.Keys {
		for _, v := range k.Values {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s=%s %d %d%% %s", k.Key, v.Value, v.Posts, v.Share, v.Note)))
		}
	}
	want := []string{
		"language=en 60 100%", "language=fr 20 33%",
		"kind=message 50 83%", "kind=quote 10 17%",
		"mechanism=mayors 60 100%",
		"gender=man 30 50%", "gender=woman 30 50%",
		"region=africa 24 44% above what was agreed", "region=europe 18 33%", "region=americas 12 22%", "region=asia 0 0% below what was agreed",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("counted\n%s\nby hand\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if region := b.Keys[len(b.Keys)-1]; b.Posts != 60 || len(region.Silent) != 6 || region.Said != 54 {
		t.Errorf("%d posts, silent about the region: %v", b.Posts, region.Silent)
	}
	if after, err := w.Balance(ctx, w.lead(), Scope{Plan: "mayors"}, true); err != nil || after.Posts != 0 {
		t.Errorf("nothing went out, and %d are counted: %v", after.Posts, err)
	}
	other, err := w.Balance(ctx, w.as("lead@youth.example"), Scope{}, false)
	if err != nil || other.Posts != 0 {
		t.Errorf("another mechanism's lead sees %d posts of it: %v", other.Posts, err)
	}
}

func TestContributorsAreSaidOnce(t *testing.T) {
	w := newWorld(t)
	for _, c := range []Contributor{
		{ID: "quito", Name: "City of Quito", Kind: "in-kind", Takeover: "mayors-dec"},
		{ID: "quito-again", Name: "City of Quito", Kind: "in-kind"},
		{ID: "fund", Name: "A fund", Kind: "financial", Wording: "With financial support from a fund."},
		{ID: "film", Name: "A film school", Kind: "footage", Takeover: "youth-dec"},
	} {
		if _, err := w.PutContributor(ctx, w.boss(), c); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := w.Thanks(ctx, w.lead(), "mayors-dec")
	if want := "Thank you to all who made this possible:\n• City of Quito\n• With financial support from a fund.\n"; err != nil || texts["en"] != want {
		t.Errorf("%v\n%s", err, texts)
	}
	if len(thankful) != 4 {
		t.Errorf("thanks are written in %d languages", len(thankful))
	}
	for _, lang := range sample().Languages {
		if !strings.HasPrefix(texts[lang], thankful[lang]) || strings.Count(texts[lang], "• With financial support from a fund.\n") != 1 {
			t.Errorf("in %s it is %q", lang, texts[lang])
		}
	}
	for what, c := range map[string]Contributor{"no wording": {ID: "a", Name: "A", Kind: "financial"}, "no kind": {ID: "a", Name: "A", Kind: "love"}, "no id": {ID: "A b", Name: "A", Kind: "in-kind"}, "no name": {ID: "a", Kind: "in-kind"}} {
		_, err := w.PutContributor(ctx, w.boss(), c)
		wants(t, what, err, ErrUsage)
	}
	_, err = w.PutContributor(ctx, w.boss(), Contributor{ID: "a", Name: "A", Kind: "in-kind", Takeover: "none"})
	wants(t, "no such window", err, store.ErrNotFound)
	_, err = w.PutContributor(ctx, w.lead(), Contributor{ID: "a", Name: "A", Kind: "in-kind"})
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	if _, err := w.RemoveContributor(ctx, w.boss(), "film"); err != nil {
		t.Error(err)
	}
	_, err = w.RemoveContributor(ctx, w.boss(), "film")
	wants(t, "removed twice", err, store.ErrNotFound)
	if all, err := w.Contributors(ctx, w.boss(), ""); err != nil || len(all) != 3 {
		t.Errorf("%v %v", err, all)
	}
}

// TestRecap: what is counted is what became of it, and a closed report stays.
func TestRecap(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("a", "2026-12-15T09:00", "One."), post("b", "2026-12-15T10:00", "Two."), post("c", "2026-12-16T09:00", "Three.")))
	w.approveAll()
	a, b, c := w.of("a"), w.of("b"), w.of("c")
	w.clock.now = a[0].Due
	w.publish(a[0])
	w.clock.now = a[1].Due.Add(5 * time.Minute)
	w.publish(a[1])
	w.live(a[1].ID, func(d *campaign.Delivery) error { d.Lateness = 5 * time.Minute; return nil })
	w.clock.now = b[0].Due
	w.ask(b[0])
	if _, err := w.Cancel(ctx, w.boss(), Pick{IDs: []campaign.DeliveryID{b[1].ID, c[0].ID, c[1].ID}}, "not needed"); err != nil {
		t.Fatal(err)
	}
	r, err := w.Recap(ctx, w.lead(), "mayors-dec")
	if err != nil {
		t.Fatal(err)
	}
	if r.Planned != 6 || r.ByState[campaign.Published] != 2 || r.Late != 1 || r.ByState[campaign.NeedsHuman] != 1 || r.ByState[campaign.Cancelled] != 3 || r.Settled["answer"] != 2 || r.LateMost != Span(5*time.Minute) || r.Voices.Posts != 1 {
		t.Errorf("%+v", r)
	}
	if len(r.Days) != 2 || r.Days[0].Planned != 4 || r.Days[0].Published != 2 || len(r.Channels) != 2 || len(r.Next) != 2 || r.Next[0].Channel != "wall" || r.Next[0].Window != "youth-dec" {
		t.Errorf("%+v\n%+v\n%+v", r.Days, r.Channels, r.Next)
	}
	_, err = w.Recap(ctx, w.as("lead@youth.example"), "mayors-dec")
	wants(t, "another mechanism's lead", err, campaign.ErrNotAllowed)
	_, err = w.CloseRecap(ctx, w.boss(), "mayors-dec")
	wants(t, "before the end", err, ErrConflict)
	w.clock.now = r.To.Add(time.Hour)
	_, err = w.CloseRecap(ctx, w.boss(), "mayors-dec")
	wants(t, "with a doubt open", err, ErrConflict)
	if _, err := w.Resolve(ctx, w.boss(), b[0].ID, Resolution{GiveUp: true, Why: "nobody can tell"}); err != nil {
		t.Fatal(err)
	}
	closed, err := w.CloseRecap(ctx, w.boss(), "mayors-dec")
	if err != nil || !closed.Closed {
		t.Fatal(err)
	}
	// Whatever happens later, it says the same.
	w.live(a[0].ID, func(d *campaign.Delivery) error { return d.TakeDown(0, w.clock.now) })
	w.clock.now = w.clock.now.AddDate(0, 1, 0)
	again, err := w.Recap(ctx, w.lead(), "mayors-dec")
	x, _ := json.Marshal(closed)
	y, _ := json.Marshal(again)
	if err != nil || string(x) != string(y) {
		t.Errorf("the closed report changed: %v\n%s\n%s", err, x, y)
	}
	if twice, err := w.CloseRecap(ctx, w.boss(), "mayors-dec"); err != nil || !twice.At.Equal(closed.At) {
		t.Errorf("closing twice: %v %v", err, twice.At)
	}
}
