package linkedin

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// reserved are the characters that mean something in LinkedIn's "little text
// format". One that is not escaped cuts the post at that point without a word.
// Source: platforms.md §7.4.
const reserved = `\|{}@[]()<>#*_~`

// carded tells whether the link is shown as a card: a post has pictures or a
// card, not both. LinkedIn does not read the linked page itself.
func carded(c campaign.Content) bool { return c.Card != nil && c.Link != "" && len(c.Media) == 0 }

// text is what people will read above pictures or card.
func text(c campaign.Content) string {
	if carded(c) {
		c.Link = ""
	}
	return channels.Worded(c).Text
}

// hashtag is a candidate: "#" and what may be its name.
var hashtag = regexp.MustCompile(`#[\pL\pM\pN_]*\pL[\pL\pM\pN_]*`)

// link is an address in a text; a "#" in it begins no hashtag.
var link = regexp.MustCompile(`https?://\S+`)

// escape writes a text in the little text format: hashtags as such, every other
// reserved character with a backslash, in links, too.
func escape(s string) string {
	var out strings.Builder
	links := link.FindAllStringIndex(s, -1)
	from := 0
	for _, at := range hashtag.FindAllStringIndex(s, -1) {
		before, _ := utf8.DecodeLastRuneInString(s[:at[0]])
		if isWord(before) || before == '#' || within(links, at[0]) {
			continue
		}
		escapeTo(&out, s[from:at[0]])
		out.WriteString(`{hashtag|\#|`)
		escapeTo(&out, s[at[0]+1:at[1]])
		out.WriteByte('}')
		from = at[1]
	}
	escapeTo(&out, s[from:])
	return out.String()
}

func within(spans [][]int, at int) bool {
	for _, s := range spans {
		if at >= s[0] && at < s[1] {
			return true
		}
	}
	return false
}

func escapeTo(out *strings.Builder, s string) {
	for _, r := range s {
		escapeRune(out, r)
	}
}

func escapeRune(out *strings.Builder, r rune) {
	if r < utf8.RuneSelf && strings.IndexByte(reserved, byte(r)) >= 0 {
		out.WriteByte('\\')
	}
	out.WriteRune(r)
}

// isWord tells whether a character may stand in a hashtag.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// Elements of the little text format, as LinkedIn gives them back.
var (
	tagElement     = regexp.MustCompile(`\{hashtag\|\\?#\|((?:[^\\{}|]|\\.)*)\}`)
	mentionElement = regexp.MustCompile(`@\[((?:[^\\\[\]]|\\.)*)\]\(urn:li:[a-zA-Z]+:[^()\s]*\)`)
	escaped        = regexp.MustCompile(`\\(.)`)
)

// plain is what people read of a text in the little text format.
func plain(s string) string {
	s = tagElement.ReplaceAllString(s, "#$1")
	s = mentionElement.ReplaceAllString(s, "$1")
	return escaped.ReplaceAllString(s, "$1")
}

// comparable is a text as it is compared with another.
func comparable(s string) string { return campaign.NormalForm(norm.NFC.String(s)) }

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	return channels.Texts(text(content))
}
