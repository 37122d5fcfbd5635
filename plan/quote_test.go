package plan

import (
	"errors"
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
