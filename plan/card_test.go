package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// carded is the base plan with a card on its last post, in two languages.
func carded(t testing.TB, card string, more ...string) []byte {
	return edit(t, hello, "    channels: [bluesky-main, mastodon-main]\n    card: "+card+"\n"+strings.Join(append(more, hello), "\n"))
}

const twoTongues = `    text: {en: "Good morning, neighbours.", fr: "Bonjour, voisins."}`

// TestCardGoesOutWhereItIsOursToMake: with the default link, which the text
// need not name, and with the credit of its picture.
func TestCardGoesOutWhereItIsOursToMake(t *testing.T) {
	src := carded(t, `{title: {en: "Who are they, {hashtags}?"}, description: "Four stories.", image: nurse}`)
	x := good(t, src, testEnv())
	d, c := one(t, x, "hello", "bluesky-main en")
	if c.Card == nil || c.Card.Title != "Who are they, #ItTakesACommunity?" || c.Card.Description != "Four stories.\nDrawing: takeover sample" || c.Link != "https://www.ittakesacommunity.org/" {
		t.Fatalf("%+v of %q", c.Card, c.Link)
	}
	if p := c.Card.Picture; p == nil || p.Name != "nurse.png" || p.Alt != "" || p.Consent != "MAYORS-017" || len(c.Media) != 0 || len(c.Pictures()) != 1 {
		t.Errorf("its picture is %+v, beside %v", p, c.Media)
	}
	if !slices.Equal(d.Consents, []string{"MAYORS-017"}) {
		t.Errorf("the consent of its picture is not among %v", d.Consents)
	}
	if _, c = one(t, x, "hello", "mastodon-main en"); c.Card != nil || c.Link != "" {
		t.Errorf("where the platform makes it: %+v of %q", c.Card, c.Link)
	}
}

// TestCardNamesACreditOnce: one that the card or the text names is not added.
func TestCardNamesACreditOnce(t *testing.T) {
	_, c := one(t, good(t, carded(t, `{title: Hello, description: "A drawing ({credit})", image: nurse}`), testEnv()), "hello", "bluesky-main en")
	if c.Card.Description != "A drawing (Drawing: takeover sample)" {
		t.Errorf("%q", c.Card.Description)
	}
}

func TestCardOfTheLinkThatIsNearest(t *testing.T) {
	const home = "https://www.ittakesacommunity.org/"
	for _, c := range []struct{ link, text, want string }{
		{"", `See https://gfmd.org/a.`, home},
		{`    link: https://gfmd.org/b`, `See https://gfmd.org/a.`, "https://gfmd.org/b"},
		{`    link: ""`, `See (https://gfmd.org/a?x=1), https://gfmd.org/c.`, "https://gfmd.org/a?x=1"},
		{"    link: \"\"\n    values: {count: {ask: integer, min: 1, max: 5}}", `Page https://gfmd.org/{count} or https://gfmd.org/c`, "https://gfmd.org/c"},
	} {
		src := edit(t, hello, "    channels: [bluesky-main]\n    card: {title: Hello}\n"+c.link+"\n    text: {en: \""+c.text+"\"}")
		if _, got := one(t, good(t, src, testEnv()), "hello", "bluesky-main en"); got.Link != c.want {
			t.Errorf("%s, %s: the card shows %q, want %q", c.link, c.text, got.Link, c.want)
		}
	}
}

// TestCardOfAVariantAndOfSeveralLanguages: the nearest card holds; a joined
// post shows each language once.
func TestCardOfAVariantAndOfSeveralLanguages(t *testing.T) {
	src := edit(t, hello, "    channels: [bluesky-main]\n    card: {title: Hello}\n"+
		"    variants: {bluesky-main: {card: {title: {en: Street, fr: Rue}, description: Four}}}\n"+twoTongues)
	env := testEnv()
	ch := env.Campaign.Channels["bluesky-main"]
	ch.Languages = campaign.Joined
	env.Campaign.Channels["bluesky-main"] = ch
	if _, c := one(t, good(t, src, env), "hello", "bluesky-main joined"); c.Card.Title != "Street / Rue" || c.Card.Description != "Four" {
		t.Errorf("%+v", c.Card)
	}
	_, c := one(t, good(t, src, testEnv()), "hello", "bluesky-main fr")
	if c.Card.Title != "Rue" {
		t.Errorf("%+v", c.Card)
	}
}

// TestPicturesWinOverACard leaves the content as it is without the card.
func TestPicturesWinOverACard(t *testing.T) {
	_, x, found := Load("p.yaml", carded(t, `{title: Hello}`, "    images: [nurse]"), testEnv())
	if len(found) != 1 || found[0].Code != "W066" {
		t.Fatal(found)
	}
	if _, c := one(t, x, "hello", "bluesky-main en"); c.Card != nil || c.Link != "" || len(c.Media) != 1 {
		t.Errorf("%+v, %q, %v", c.Card, c.Link, c.Media)
	}
}

// TestPictureOfACardIsFitted: to fewer bytes than a picture of the post may have.
func TestPictureOfACardIsFitted(t *testing.T) {
	env := testEnv()
	env.Media = func(path string) (campaign.Media, error) {
		return campaign.Media{Digest: campaign.DigestOf([]byte(path)), Type: "image/png", Bytes: 1_500_000, Width: 100, Height: 100}, nil
	}
	env.Rendition = func(m campaign.Media, l campaign.Limits) (campaign.Media, error) {
		m.Original, m.Digest, m.Bytes = m.Digest, campaign.DigestOf(fmt.Append(nil, l.ImageBytes)), l.ImageBytes
		return m, nil
	}
	src := carded(t, `{title: Hello, image: nurse}`)
	_, c := one(t, good(t, src, env), "hello", "bluesky-main en")
	if p := c.Card.Picture; p.Bytes != 1_000_000 || p.Original == "" {
		t.Errorf("%+v", p)
	}
	env.Rendition = func(campaign.Media, campaign.Limits) (campaign.Media, error) {
		return campaign.Media{}, MediaError(ErrMediaSize, errors.New("it is all noise"))
	}
	if _, _, found := Load("p.yaml", src, env); !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P072" }) {
		t.Error(found)
	}
}

func TestAChangedCardAsksAgain(t *testing.T) {
	const card = `{title: Hello, description: Four stories., image: nurse}`
	before := good(t, carded(t, card), testEnv())
	for want, now := range map[string]string{
		"card title":       strings.Replace(card, "Hello", "Street", 1),
		"card description": strings.Replace(card, "Four", "Five", 1),
		"card picture":     strings.Replace(card, ", image: nurse", ", image: street", 1),
		"":                 card,
	} {
		src := carded(t, now)
		src = []byte(strings.Replace(string(src), "\nposts:\n", "\n  street: {file: media/street.png, alt: {en: \"A street.\", fr: \"Une rue.\"}, credit: \"Drawing: takeover sample\", licence: CC0-1.0, shows: nobody}\nposts:\n", 1))
		var fields []string
		for _, c := range Compare(good(t, src, testEnv()), stored(before), contentsOf(before)).Changes {
			if c.Kind != Unchanged {
				fields = append(fields, c.Fields...)
				if !c.Reapprove {
					t.Errorf("%s: the approval holds", want)
				}
			}
		}
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == "consents" }) // of the other picture
		if strings.Join(fields, ", ") != want {
			t.Errorf("%v, want %q", fields, want)
		}
	}
}
