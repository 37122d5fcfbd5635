package measure

import (
	"strings"
	"unicode"
)

// mastodonURLLength is what a link counts unless the server says otherwise
// (characters_reserved_per_url). Source: platforms.md §2.4.
const mastodonURLLength = 23

// Mastodon counts code points, which is never less than the grapheme clusters
// that newer servers count. A link that begins with http:// or https:// counts
// 23; of a mention "@user@domain" only "@user" counts. Source: platforms.md §2.4.
func Mastodon(text string) (length int, valid bool) { return mastodon(text, mastodonURLLength) }

// MastodonLinks counts like Mastodon on a server where a link counts perLink.
func MastodonLinks(perLink int) Func {
	return func(text string) (int, bool) { return mastodon(text, perLink) }
}

func mastodon(text string, perLink int) (length int, valid bool) {
	runes := []rune(text)
	links := linkScan{text: runes, schemeOnly: true, tail: mastodonTail}
	link := links.next()
	for i := 0; i < len(runes); {
		switch {
		case i == link.from:
			length += perLink
			i, link = link.to, links.next()
		case runes[i] == '@' && !blocksMention(at(runes, i-1)):
			name, end := mentionEnd(runes, i)
			length += max(name-i, 1)
			i = max(end, i+1)
		default:
			length++
			i++
		}
	}
	return length, true
}

// blocksMention tells whether an "@" right after r does not begin a mention.
func blocksMention(r rune) bool { return r == '=' || r == '/' || isWord(r) }

// mentionEnd returns the ends of user name and whole mention at i.
func mentionEnd(text []rune, i int) (name, end int) {
	name = wordsEnd(text, i+1, func(r rune) bool { return isAlnum(r) || r == '_' })
	if name == i+1 {
		return i, i
	}
	if at(text, name) != '@' {
		return name, name
	}
	if end = wordsEnd(text, name+1, isWord); end == name+1 {
		return name, name
	}
	return name, end
}

// wordsEnd returns the end of words at i that are joined by points and
// hyphens: what a user name or a host looks like.
func wordsEnd(text []rune, i int, word func(rune) bool) int {
	end := i
	for k := i; k < len(text); k++ {
		switch r := text[k]; {
		case word(r):
			end = k + 1
		case r != '.' && r != '-' || k == i:
			return end
		}
	}
	return end
}

// isWord tells whether r belongs to a word: letter, mark, digit or underscore.
func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// mastodonTail returns the end of path and query at i. Unlike on X they may
// hold letters of any script.
func mastodonTail(text []rune, i int) int {
	end := i
	if at(text, i) == '/' {
		end = mastodonRun(text, i, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune("<>()?", r) })
	}
	if at(text, end) == '?' {
		query := mastodonRun(text, end, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune("<>()", r) })
		if query > end+1 {
			end = query
		}
	}
	return end
}

// mastodonRun returns the end of the characters from i on that belong to a
// link: the one at i, then what inside allows or balanced parentheses, up to
// the last that may end a link.
func mastodonRun(text []rune, i int, inside func(rune) bool) int {
	end := i + 1
	for k := end; k < len(text); {
		if inside(text[k]) {
			k++
			if !strings.ContainsRune("?!*\"'「」<>;:=,.$%[]~&|@", text[k-1]) {
				end = k
			}
			continue
		}
		paren := parensEnd(text, k, inside)
		if paren == k {
			break
		}
		k, end = paren, paren
	}
	return end
}
