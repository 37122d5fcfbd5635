package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
	"golang.org/x/text/unicode/norm"
)

// QuoteCard is what the card of a quote says and how large it is. Equal values
// of Key are the same card.
type QuoteCard struct {
	Quote    string          `json:"quote"`
	Speaker  string          `json:"speaker"`
	Credit   string          `json:"credit"`
	Language string          `json:"language"`
	Photo    campaign.Digest `json:"photo,omitempty"` // "": none
	Logo     campaign.Digest `json:"logo,omitempty"`  // of the kit; "": none
	Focus    [2]float64      `json:"focus"`           // kept in sight of the photo
	Width    int             `json:"width"`           // pixels
	Height   int             `json:"height"`
	Band     string          `json:"band,omitempty"` // colours of the kit, "#121F3A"; "": the program's
	Ink      string          `json:"ink,omitempty"`
	// Fonts are the kit's own, asked before those that are built in.
	Fonts []campaign.Digest `json:"fonts,omitempty"`
}

// Key names the card by everything that makes it what it is.
func (q QuoteCard) Key() campaign.Digest {
	b, err := json.Marshal(q)
	if err != nil {
		panic("plan: " + err.Error()) // only plain data is in it
	}
	return campaign.DigestOf(b)
}

// Pictures are those that Draw takes: photo and logo, "" where there is none.
func (q QuoteCard) Pictures() []campaign.Digest { return []campaign.Digest{q.Photo, q.Logo} }

// Draw draws the card of its pictures, nil where there is none, in its fonts.
func (q QuoteCard) Draw(pictures []image.Image, fonts []*card.Font) (image.Image, error) {
	s := q.spec(pictures[0], pictures[1])
	s.Fonts = fonts
	return card.Draw(s)
}

// Alt is the alt text that the card needs: its words in full, and what its photo shows.
func (q QuoteCard) Alt(photo string) string {
	return norm.NFC.String(card.Alt(q.spec(nil, nil), photo))
}

func (q QuoteCard) spec(photo, logo image.Image) card.Spec {
	return card.Spec{Quote: q.Quote, Speaker: q.Speaker, Credit: q.Credit, Language: q.Language, Photo: photo, Logo: logo, Focus: q.Focus, Width: q.Width, Height: q.Height,
		Band: card.Colour(q.Band), Ink: card.Colour(q.Ink)}
}

// SpeakerIn is who says the quote: the name, where it may be said, and the role.
func (q *Quote) SpeakerIn(lang string) string {
	role := q.Role.In(lang).Value
	switch {
	case !q.Name.Written():
		return role
	case role == "":
		return q.Name.Value
	}
	return q.Name.Value + comma(lang) + " " + role
}

// CardOf is the card of a quote in a language, without photo and size, and
// what its photo shows, in that language.
func (p *Plan) CardOf(q *Quote, lang string) (out QuoteCard, photoAlt string) {
	out = QuoteCard{Quote: q.Text.In(lang).Value, Speaker: q.SpeakerIn(lang), Language: lang, Focus: [2]float64{0.5, 0.5}}
	if m, ok := p.mediaByID(q.Photo.Value); ok {
		out.Credit, out.Focus, photoAlt = norm.NFC.String(m.Credit.Value), m.Focus, m.Alt.In(lang).Value
	}
	out.Quote, out.Speaker = norm.NFC.String(out.Quote), norm.NFC.String(out.Speaker)
	return out, photoAlt
}

// squareCard is the size of a card where nothing else is known of the platform.
var squareCard = [2]int{card.Sizes[0].X, card.Sizes[0].Y}

// cardSize is the platform's own, where the channel takes it uncut.
func (s Surface) cardSize() [2]int {
	sizes := [][2]int{s.Card}
	for _, p := range card.Sizes {
		sizes = append(sizes, [2]int{p.X, p.Y})
	}
	for _, size := range sizes {
		if w, h := s.Limits.PictureFrame(max(size[0], 1), max(size[1], 1)); size[0] > 0 && w == size[0] && h == size[1] {
			return size
		}
	}
	return squareCard
}

// isCard tells whether the image is the quote's photo, on which its card is drawn.
func (v view) isCard(x *Post, id Str) bool { return v.card && id.Value == x.Quote.Photo.Value }

// quoteCard draws the quote of a post in the first of the languages in which it
// is written; ok is false where there is nothing to draw.
func (e *expander) quoteCard(x *Post, v view, langs []string) (m campaign.Media, ok bool) {
	lang := langs[0]
	if i := slices.IndexFunc(langs, func(l string) bool { return x.Quote.Text.In(l).Written() }); i >= 0 {
		lang = langs[i]
	}
	q, photoAlt := e.p.CardOf(x.Quote, lang)
	said := x.Quote.Text.In(lang)
	if x.Quote.Photo.Written() {
		var photo Media
		if photo, m, ok = e.mediumOf(x.Quote.Photo); !ok {
			return m, false
		}
		q.Photo, q.Credit, photoAlt = m.Digest, m.Credit, e.altIn(photo, []string{lang})
	}
	if !said.Written() {
		e.fault(x.Quote.Pos, "P050", fmt.Sprintf("the quote is not written in %q, in which its card goes out", lang), fmt.Sprintf("write it in %q, or card: false", lang))
		return m, false
	}
	size := e.surface(v.channel).cardSize()
	q.Width, q.Height, q.Band, q.Ink, q.Logo = size[0], size[1], e.kit.Band, e.kit.Ink, e.kit.Logo
	for _, f := range e.kit.Fonts {
		q.Fonts = append(q.Fonts, f.File)
	}
	if !e.canDraw(q, x.Quote.Photo.Written(), said.Pos) {
		return m, false
	}
	m.Consent = first(m.Consent, x.Quote.Consent.Value)
	m.Name, m.Alt, m.Card = x.ID.Value+"-"+lang+".png", q.Alt(photoAlt), true
	m.Bytes = 0
	unread := x.Quote.Photo.Written() && m.Digest == "" // only looked at, or not even there
	var made campaign.Media
	if e.env.Card != nil && !unread {
		var err error
		if made, err = e.env.Card(q, e.surface(v.channel).Limits); err != nil {
			e.cardFault(said.Pos, err)
			return m, false
		}
	}
	if made.Digest == "" { // the photo stands for it: nothing is drawn here, or the photo is lost
		m.Type, m.Width, m.Height = "image/png", q.Width, q.Height
		return e.surface(v.channel).Limits.Fitted(m), true
	}
	m.Original = m.Digest
	m.Digest, m.Type, m.Bytes, m.Width, m.Height = made.Digest, made.Type, made.Bytes, made.Width, made.Height
	return m, true
}

// canDraw says what stands in the way of the card; each card is tried once.
func (e *expander) canDraw(q QuoteCard, onPhoto bool, at Pos) bool {
	q.Photo, q.Focus = "", [2]float64{}
	var photo, logo image.Image
	if onPhoto {
		q.Photo, photo = "any", image.Black // on any photo the letters take the same room
	}
	if q.Logo != "" {
		logo = image.Black // and beside any logo
	}
	key := q.Key()
	err, tried := e.cards[key]
	if !tried {
		err = e.checkSpec(q.spec(photo, logo))
		e.cards[key] = err
	}
	if err != nil {
		e.cardFault(at, err)
	}
	return err == nil
}

// checkSpec checks a card in the fonts of the kit.
func (e *expander) checkSpec(s card.Spec) error {
	for _, f := range e.kit.Fonts[len(e.fonts):] {
		if e.env.Font == nil {
			break
		}
		b, err := e.env.Font(f.File)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKitFont, err)
		}
		font, err := card.ReadFont(b)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKitFont, err)
		}
		e.fonts = append(e.fonts, font)
	}
	s.Fonts = e.fonts
	err := card.Check(s)
	if errors.Is(err, card.ErrFont) && len(e.fonts) < len(e.kit.Fonts) {
		return nil // a font that is not here may have the letter
	}
	return err
}

func (e *expander) cardFault(at Pos, err error) {
	fix := "write card: false, and the photo goes out as it is"
	switch {
	case errors.Is(err, ErrKitFont):
		fix = "ask the organizers to give the kit its font again; or " + fix
	case errors.Is(err, card.ErrFont):
		fix = "write it in letters that a font here has; or " + fix
	case errors.Is(err, card.ErrSpace):
		fix = "shorten the quote; or " + fix
	}
	e.fault(at, "P078", fmt.Sprintf("the card of the quote cannot be drawn: %s", err), fix)
}
