// Package measure counts texts as platforms count them. Every measure takes
// time linear in the text, whatever the text is.
package measure

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

//go:generate go run gen_emoji.go ../../../shared/specs/x/emoji-properties.json

// Func counts a text in a platform's own unit. valid is false when the
// platform would refuse the text whatever its length in that unit is (a
// forbidden character, too many bytes); it does not compare with the limit.
type Func func(text string) (length int, valid bool)

// CodePoints counts Unicode code points. An invalid byte counts one.
func CodePoints(text string) (int, bool) { return utf8.RuneCountInString(text), true }

// UTF16 counts UTF-16 code units: two for a code point beyond the basic plane.
func UTF16(text string) (int, bool) {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n, true
}

// Bytes counts UTF-8 bytes.
func Bytes(text string) (int, bool) { return len(text), true }

// Graphemes counts extended grapheme clusters, what readers take for one character.
func Graphemes(text string) (int, bool) {
	n := 0
	for g := graphemes.FromString(text); g.Next(); {
		n++
	}
	return n, true
}

// blueskyBytes is the second limit of a Bluesky post, beside its 300
// graphemes. Source: lexicon app.bsky.feed.post.
const blueskyBytes = 3000

// Bluesky counts graphemes; a text of more than 3,000 bytes is not valid.
// Source: platforms.md §3.4.
func Bluesky(text string) (int, bool) {
	n, _ := Graphemes(text)
	return n, len(text) <= blueskyBytes
}

// Threads counts code points, but those of an emoji by their UTF-8 bytes:
// a thumb counts 4, a family 25. Source: platforms.md §6.4.
func Threads(text string) (int, bool) {
	runes := []rune(text)
	n := 0
	for i := 0; i < len(runes); {
		end := emojiEnd(runes, i)
		if end == i {
			n++
			i++
			continue
		}
		for ; i < end; i++ {
			n += utf8.RuneLen(runes[i])
		}
	}
	return n, true
}

// What Instagram refuses in a caption besides its length. Source: platforms.md §5.4.
const (
	instagramHashtags = 30
	instagramMentions = 20
)

// Instagram counts UTF-16 units; a caption with more than 30 hashtags or 20
// mentions is not valid. Source: platforms.md §5.4.
func Instagram(text string) (int, bool) {
	n, _ := UTF16(text)
	return n, countTags(text, '#') <= instagramHashtags && countTags(text, '@') <= instagramMentions
}

// countTags counts the words that begin with sign.
func countTags(text string, sign rune) int {
	n := 0
	prev, marked := ' ', false
	for _, r := range text {
		if marked && isWord(r) {
			n++
		}
		marked = r == sign && !isWord(prev)
		prev = r
	}
	return n
}

// YouTube counts the UTF-8 bytes of a description, which must not hold angle
// brackets. Source: platforms.md §10.3.
func YouTube(text string) (int, bool) { return len(text), !strings.ContainsAny(text, "<>") }
