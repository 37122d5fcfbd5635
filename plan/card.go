package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Card is how the link of a post is shown where the poster makes the card.
// Elsewhere the platform makes it of the linked page, and this says nothing.
type Card struct {
	Pos         Pos
	Title       Text
	Description Text
	Image       Str // id of a medium
}

// Bounds of a card: characters of its texts, and bytes of its picture (lexicon
// app.bsky.embed.external).
const (
	cardTitle       = 300
	cardDescription = 1000
	cardBytes       = 1_000_000
)

func readCard(v yamlwalk.Value) *Card {
	if !v.Written() {
		return nil
	}
	m := v.Map()
	c := &Card{
		Pos:         v.Pos(),
		Title:       text(m.Need("title")),
		Description: text(m.Opt("description")),
		Image:       m.Opt("image").ID(),
	}
	m.Done()
	return c
}

// checkCard checks what a card says, wherever it goes.
func (e *expander) checkCard(c *Card) {
	if c == nil {
		return
	}
	e.vetTexts(c.Title, c.Description)
	if c.Image.Written() {
		e.mediumOf(c.Image)
	}
}

// makesCards tells whether the cards of links are ours to make on the channel.
func (e *expander) makesCards(ch campaign.ChannelID) bool {
	s := e.surface(ch)
	return s.Capabilities == nil || slices.Contains(s.Capabilities, CanOwnCard)
}

// newCard is the card of the view with its picture and no texts yet; nil where
// the channel shows none, as beside pictures.
func (e *expander) newCard(v view) *campaign.Card {
	if v.opts.Card == nil || len(v.images) > 0 {
		return nil
	}
	out := &campaign.Card{}
	if id := v.opts.Card.Image; id.Written() {
		if _, file, ok := e.mediumOf(id); ok {
			out.Picture = &file
		}
	}
	return out
}

// fillCard writes the texts of the card, if there is one, and the address that
// it leads to: the link of the post, else the first of its text. Say renders a
// text in each language of the content. A credit that nothing names stands at
// the end of the description.
func (e *expander) fillCard(c *campaign.Content, v view, say func(Text) []string) {
	if c.Card == nil {
		return
	}
	from := v.opts.Card
	if c.Link = first(v.link.Value, linkIn(c.Template)); c.Link == "" && !e.follows() {
		e.fault(from.Pos, "P066", "the card has no link that it could show", `add "link" to the post or to the defaults, or write the address in the text`)
	}
	title, description := strings.Join(unique(say(from.Title)), " / "), strings.Join(unique(say(from.Description)), " / ")
	if p := c.Card.Picture; p != nil && !strings.Contains(strings.Join([]string{c.Text, title, description}, "\n"), p.Credit) {
		description = strings.TrimSpace(description + "\n" + p.Credit)
	}
	c.Card.Title, c.Card.Description = title, description
	e.cardLength("title", title, from.Title, cardTitle)
	e.cardLength("description", description, from.Description, cardDescription)
}

func (e *expander) cardLength(what, said string, from Text, most int) {
	if over := len([]rune(said)) - most; over > 0 {
		e.fault(from.Pos, "P051", fmt.Sprintf("the %s of the card is %d over the limit of %d", what, over, most), fmt.Sprintf("shorten by %d (characters)", over))
	}
}

var wholeURL = regexp.MustCompile(`https?://\S+`)

// linkIn is the first web address in a template, "" for none. One with a place
// that is filled in later is none: a card's address is approved as it leaves.
func linkIn(template string) string {
	for _, u := range wholeURL.FindAllString(template, -1) {
		if !strings.ContainsAny(u, "{}") {
			return strings.TrimRight(u, afterLink)
		}
	}
	return ""
}

// fitCard makes the picture of the card what the channel takes.
func (e *expander) fitCard(card *campaign.Card, v view, ch campaign.ChannelID) {
	if card == nil || card.Picture == nil {
		return
	}
	limits := e.surface(ch).Limits
	limits.ImageBytes = cardBytes
	if p := card.Picture; p.Type != "" && !limits.TakesPicture(*p) {
		m, _ := e.p.mediaByID(v.opts.Card.Image.Value)
		*p = e.rendition(m, *p, ch, limits)
	}
}

// cardFields compares two cards, or none.
func cardFields(a, b *campaign.Card) []field {
	var none campaign.Card
	if a == nil {
		a = &none
	}
	if b == nil {
		b = &none
	}
	samePicture := a.Picture == b.Picture || a.Picture != nil && b.Picture != nil && *a.Picture == *b.Picture
	return []field{
		{"card title", a.Title != b.Title},
		{"card description", a.Description != b.Description},
		{"card picture", !samePicture},
	}
}
