package plan

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

const nursePhoto = "      photo: nurse\n"

// drawn is an Env that notes which cards are asked for.
func drawn(asked *[]QuoteCard) Env {
	env := testEnv()
	env.Card = func(q QuoteCard, l campaign.Limits) (campaign.Media, error) {
		*asked = append(*asked, q)
		return campaign.Media{Digest: q.Key(), Type: "image/png", Bytes: 9, Width: q.Width, Height: q.Height}, nil
	}
	return env
}

// TestACardGoesOutInPlaceOfItsPhoto: drawn in each language, of the size of the
// platform, and with all that travels with the photo.
func TestACardGoesOutInPlaceOfItsPhoto(t *testing.T) {
	var asked []QuoteCard
	src := edit(t, nursePhoto, nursePhoto+"      card: true\n", "    at: \"2026-12-15T09:00\"\n", "    at: \"2026-12-15T09:00\"\n    channels: [mastodon-main, facebook-page, instagram-main]\n")
	x := good(t, src, drawn(&asked))
	photo := campaign.DigestOf([]byte("media/nurse.png"))
	for _, tt := range []struct {
		key, lang, alt string
		size           [2]int
	}{
		{"mastodon-main en", "en", "“I came for one year.” — A nurse in Quito\nA nurse smiles at a clinic door.", [2]int{1200, 675}},
		{"mastodon-main fr", "fr", "« J'étais venue pour un an. » — Une infirmière à Quito\nUne infirmière sourit à la porte d'une clinique.", [2]int{1200, 675}},
		{"facebook-page joined", "en", "“I came for one year.” — A nurse in Quito\nA nurse smiles at a clinic door.", [2]int{1080, 1080}},
		{"instagram-main en", "en", "“I came for one year.” — A nurse in Quito\nA nurse smiles at a clinic door.", [2]int{1080, 1350}},
	} {
		_, c := one(t, x, "quote-nurse", tt.key)
		if len(c.Media) != 1 {
			t.Fatalf("%s: %+v", tt.key, c.Media)
		}
		m := c.Media[0]
		if !m.Card || m.Original != photo || m.Consent != "MAYORS-017" || m.Credit != "Drawing: takeover sample" || m.Alt != strings.ReplaceAll(tt.alt, "« ", "«\u00a0") && m.Alt != tt.alt {
			t.Errorf("%s: %+v", tt.key, m)
		}
		i := slices.IndexFunc(asked, func(q QuoteCard) bool { return q.Key() == m.Digest })
		if i < 0 || asked[i].Language != tt.lang || asked[i].Photo != photo || asked[i].Credit != m.Credit || [2]int{m.Width, m.Height} != tt.size {
			t.Errorf("%s: %+v", tt.key, m)
		}
	}
}

func TestACardWithoutPhotoOrWithoutMeans(t *testing.T) {
	var asked []QuoteCard
	bare := edit(t, nursePhoto, "      consent: MAYORS-017\n      card: true\n")
	_, c := one(t, good(t, bare, drawn(&asked)), "quote-nurse", "mastodon-main en")
	if len(c.Media) != 1 || !c.Media[0].Card || c.Media[0].Original != "" || c.Media[0].Consent != "MAYORS-017" || asked[0].Photo != "" {
		t.Errorf("without a photo: %+v", c.Media)
	}
	_, c = one(t, good(t, edit(t, nursePhoto, nursePhoto+"      card: true\n"), testEnv()), "quote-nurse", "mastodon-main en")
	if m := c.Media[0]; m.Digest != campaign.DigestOf([]byte("media/nurse.png")) || !m.Card || !strings.Contains(m.Alt, "I came") {
		t.Errorf("where nothing is drawn the photo stands for it: %+v", m)
	}
	_, c = one(t, good(t, edit(t), testEnv()), "quote-nurse", "mastodon-main en")
	if c.Media[0].Card {
		t.Error("a card that nobody asked for")
	}
}

// TestACardThatCannotBeDrawnIsAFault: never a photo without the words instead.
func TestACardThatCannotBeDrawnIsAFault(t *testing.T) {
	env := testEnv()
	env.Card = func(QuoteCard, campaign.Limits) (campaign.Media, error) {
		return campaign.Media{}, errors.New("broken")
	}
	_, x, found := Load("card.yaml", edit(t, nursePhoto, nursePhoto+"      card: true\n"), env)
	if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P078" && f.Line > 0 }) || !slices.Contains(x.Skipped, "quote-nurse") {
		t.Errorf("%v", found)
	}
}

// TestACardSaysItsCredit: a licence that demands the credit is content with it.
func TestACardSaysItsCredit(t *testing.T) {
	var asked []QuoteCard
	by := []string{"    licence: CC0-1.0\n", "    licence: CC-BY-4.0\n", nursePhoto, nursePhoto + "      card: true\n"}
	if _, _, found := Load("card.yaml", edit(t, by...), drawn(&asked)); slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P074" }) {
		t.Errorf("%v", found)
	}
	if _, _, found := Load("photo.yaml", edit(t, by[:2]...), drawn(&asked)); !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P074" }) {
		t.Error("a photo under the licence goes out without its credit")
	}
}

// TestThePlanTakesTheKit: colours of its cards, hashtags where it says none, and phrases.
func TestThePlanTakesTheKit(t *testing.T) {
	var asked []QuoteCard
	env := drawn(&asked)
	env.Campaign.Kit = campaign.Kit{Band: "#102030", Hashtags: []string{"#OfTheKit"}, Phrases: map[string]map[string]string{"thanks": {"en": "Thank you, neighbours.", "fr": "Merci, voisins."}}}
	src := edit(t, nursePhoto, nursePhoto+"      card: true\n", "  hashtags: [\"#ItTakesACommunity\"]\n", "", "— {speaker}\\n", "— {speaker} {phrase:thanks}\\n")
	_, c := one(t, good(t, src, env), "quote-nurse", "mastodon-main fr")
	if !strings.Contains(c.Text, "Merci, voisins.") || !strings.Contains(c.Text, "#OfTheKit") || asked[0].Band != "#102030" {
		t.Errorf("%q, %+v", c.Text, asked)
	}
	env.Kit = &campaign.Kit{}
	for _, tt := range []struct{ name, id string }{{"of no kit", "thanks"}, {"misspelt", "thank"}} {
		_, _, found := Load("kit.yaml", edit(t, "— {speaker}\\n", "— {speaker} {phrase:"+tt.id+"}\\n"), env)
		if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P052" && f.Line > 0 }) {
			t.Errorf("%s: %v", tt.name, found)
		}
		env.Kit = nil
	}
	delete(env.Campaign.Kit.Phrases["thanks"], "fr")
	_, _, found := Load("kit.yaml", src, env)
	if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P050" }) {
		t.Errorf("a phrase that is missing in a language: %v", found)
	}
}

// TestThePlanTakesTheKitsCreditsAndTemplates: by name, the template of its own window and kind, with the placeholders in it.
func TestThePlanTakesTheKitsCreditsAndTemplates(t *testing.T) {
	var asked []QuoteCard
	env := drawn(&asked)
	of := map[string]string{"en": "In their words: “{quote}” ({speaker}) {hashtags}", "fr": "De leur bouche : {quote} ({speaker}) {hashtags}"}
	env.Campaign.Kit = campaign.Kit{Credits: map[string]string{"archive": "Photo: Example Archive"},
		Templates: map[campaign.TakeoverID]map[campaign.Kind]map[string]string{"mayors-dec": {campaign.Quote: of, campaign.Message: {"en": "Not this."}}}}
	parsed, _ := Parse("plan.yaml", edit(t))
	i := slices.IndexFunc(parsed.Posts, func(p Post) bool { return p.ID.Value == "quote-nurse" })
	said := "\"" + strings.ReplaceAll(parsed.Posts[i].Text.All.Value, "\n", "\\n") + "\""
	src := edit(t, nursePhoto, nursePhoto+"      card: true\n", said, "\"{template}\"", "credit: \"Drawing: takeover sample\"", "credit: \"{credit:archive}\"")
	_, c := one(t, good(t, src, env), "quote-nurse", "mastodon-main fr")
	if !strings.HasPrefix(c.Text, "De leur bouche : J'étais venue pour un an. (Une infirmière à Quito)") || c.Media[0].Credit != "Photo: Example Archive" || asked[0].Credit != "Photo: Example Archive" {
		t.Errorf("%q, %+v, card with %q", c.Text, c.Media, asked[0].Credit)
	}
	for _, tt := range []struct {
		name, code string
		edit       func(*campaign.Kit)
	}{
		{"a language is missing", "P050", func(*campaign.Kit) { delete(of, "fr") }},
		{"a template in a template", "P052", func(*campaign.Kit) { of["fr"] = "{template}" }},
		{"a misspelt placeholder in it", "P052", func(*campaign.Kit) { of["fr"] = "{qote}" }},
		{"none for the kind", "P052", func(k *campaign.Kit) { delete(k.Templates["mayors-dec"], campaign.Quote) }},
		{"no such credit line", "P052", func(k *campaign.Kit) { k.Credits = nil }},
	} {
		tt.edit(&env.Campaign.Kit)
		if _, _, found := Load("kit.yaml", src, env); !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == tt.code && f.Line > 0 }) {
			t.Errorf("%s: %v", tt.name, found)
		}
	}
}

// TestCardsAreCheckedInTheKitsFonts: a letter that only the kit's font has is
// taken, one that is lost is said, and where it is not known no letter is refused.
func TestCardsAreCheckedInTheKitsFonts(t *testing.T) {
	var asked []QuoteCard
	env := drawn(&asked)
	font, err := os.ReadFile("../internal/card/fonts/NotoSans-Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	kit := campaign.Font{File: campaign.DigestOf(font), Name: "Noto Sans", Licence: "OFL-1.1"}
	src := edit(t, nursePhoto, nursePhoto+"      card: true\n")
	georgian := edit(t, nursePhoto, nursePhoto+"      card: true\n", "I came for one year.", "მეზობლები")
	refused := func(src []byte) string {
		_, _, found := Load("kit.yaml", src, env)
		for _, f := range found {
			if f.Code == "P078" {
				return f.Message
			}
		}
		return ""
	}
	if refused(georgian) == "" {
		t.Error("a letter that no font has")
	}
	env.Campaign.Kit.Fonts = []campaign.Font{kit}
	if got := refused(georgian); got != "" {
		t.Errorf("the kit's font is not known here: %s", got)
	}
	env.Font = func(campaign.Digest) ([]byte, error) { return font, nil }
	if got := refused(georgian); got == "" {
		t.Error("the kit's font has no such letter")
	}
	asked = nil
	if got := refused(src); got != "" || !slices.Equal(asked[0].Fonts, []campaign.Digest{kit.File}) {
		t.Errorf("%q, drawn in %v", got, asked)
	}
	env.Font = func(campaign.Digest) ([]byte, error) { return nil, fs.ErrNotExist }
	if got := refused(src); !strings.Contains(got, "font of the kit is missing") {
		t.Errorf("a font that is lost: %q", got)
	}
}
