package measure

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The configuration of X's weighted length, version 3. Weights are in
// hundredths of a character. Source: twitter-text config/v3.json, platforms.md §1.4.
const (
	xLimit         = 280
	xScale         = 100
	xDefaultWeight = 200
	xLightWeight   = 100
	xURLLength     = 23
)

// xLight are the code points that weigh half of all others.
var xLight = [...]span{{0, 4351}, {8192, 8205}, {8208, 8223}, {8242, 8247}}

// X counts a text as X does: most letters weigh one, ideographs and emoji two,
// a link 23 however long it is. A text that is empty or has one of the
// characters U+FFFE, U+FEFF, U+FFFF is not valid.
func X(text string) (length int, valid bool) {
	runes, joiners := composed(text)
	sum := -joiners * xLightWeight
	links := linkScan{text: runes}
	link := links.next()
	for i := 0; i < len(runes); {
		if i == link.from && link.to > link.from {
			sum += xURLLength * xScale
			i, link = link.to, links.next()
			continue
		}
		if end := emojiEnd(runes, i); end > i {
			sum += xDefaultWeight
			i = end
			continue
		}
		sum += xWeight(runes[i])
		i++
	}
	return sum / xScale, len(runes) > 0 && !strings.ContainsAny(text, forbidden)
}

// XLink tells whether X makes a link of something in the text.
func XLink(text string) bool {
	runes, _ := composed(text)
	links := linkScan{text: runes}
	link := links.next()
	return link.to > link.from
}

// forbidden are the characters that X refuses anywhere in a text.
const forbidden = "\uFFFE\uFEFF\uFFFF"

func xWeight(r rune) int {
	for _, s := range xLight {
		if r >= s.from && r <= s.to {
			return xLightWeight
		}
	}
	return xDefaultWeight
}

// composed is the text in NFC. The normaliser breaks endless runs of marks
// with joiners of its own; their number is told so that they do not count.
func composed(text string) (runes []rune, joiners int) {
	const graphemeJoiner = "\u034F"
	nfc := norm.NFC.String(text)
	return []rune(nfc), strings.Count(nfc, graphemeJoiner) - strings.Count(text, graphemeJoiner)
}
