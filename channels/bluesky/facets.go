package bluesky

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// Kinds of a span, as facets call them.
const (
	spanMention = "mention"
	spanLink    = "link"
	spanTag     = "tag"
)

// span is a piece of a text that readers can follow: from inclusive, to
// exclusive, in bytes.
type span struct {
	kind     string
	from, to int
	value    string // handle, address or tag
}

// space is what ECMAScript's \s matches; the rules were written in it.
const space = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

// unseen are characters without a width that no tag may hold.
const unseen = `\x{ad}\x{2060}\x{200a}\x{200b}\x{200c}\x{200d}\x{20e2}`

// How the official client finds what it makes a link of. Each pattern is
// anchored where the caller stands. Source: platforms.md §3.4.
var (
	mentionPattern = regexp.MustCompile(`^@([a-zA-Z0-9.-]*[a-zA-Z0-9])`)
	schemePattern  = regexp.MustCompile(`^(?i:https?)://[^` + space + `]+`)
	domainPattern  = regexp.MustCompile(`^(?i)[a-z][a-z0-9]*(?:\.[a-z0-9]+)+`)
	restPattern    = regexp.MustCompile(`^[^` + space + `]*`)
	tagPattern     = regexp.MustCompile(`^[#＃]([^` + space + unseen + `]+)`)
	cashPattern    = regexp.MustCompile(`^\$([A-Za-z][A-Za-z0-9]{0,4})`)
)

// maxTag is the longest tag, in characters. Source: lexicon app.bsky.richtext.facet.
const maxTag = 64

// spans finds what readers can follow, in the order of the text and without
// overlap. known tells top-level domains. It takes time linear in the text.
func spans(text string, known func(tld string) bool) []span {
	var found []span
	before := ' '
	for i, free := 0, 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		open := before == '('
		if i >= free && (open || isSpace(before)) {
			if s, ok := spanAt(text[i:], open, known); ok {
				s.from, s.to = i, i+s.to
				found = append(found, s)
				free = s.to
			}
		}
		before = r
		i += size
	}
	return found
}

// spanAt is the span that begins where rest does, its end counted from there.
// open tells that a parenthesis stands before it.
func spanAt(rest string, open bool, known func(string) bool) (span, bool) {
	switch r, _ := utf8.DecodeRuneInString(rest); {
	case r == '@':
		m := mentionPattern.FindStringSubmatch(rest)
		if m == nil || strings.HasPrefix(rest[len(m[0]):], "_") || !strings.HasSuffix(m[1], ".test") && !known(lastLabel(m[1])) {
			return span{}, false
		}
		return span{kind: spanMention, to: len(m[0]), value: m[1]}, true
	case r == '#' || r == '＃':
		if open {
			return span{}, false
		}
		return tagAt(rest)
	case r == '$':
		return cashtagAt(rest)
	}
	return linkAt(rest, known)
}

func lastLabel(host string) string { return host[strings.LastIndexByte(host, '.')+1:] }

// linkAt reads an address, with a scheme or as a bare domain of a known
// top-level one.
func linkAt(rest string, known func(string) bool) (span, bool) {
	text, prefix := schemePattern.FindString(rest), ""
	if text == "" {
		domain := domainPattern.FindString(rest)
		if domain == "" || !known(strings.ToLower(lastLabel(domain))) {
			return span{}, false
		}
		text, prefix = domain+restPattern.FindString(rest[len(domain):]), "https://"
	}
	if last := text[len(text)-1]; strings.IndexByte(".,;:!?", last) >= 0 {
		text = text[:len(text)-1]
	}
	if strings.HasSuffix(text, ")") && !strings.Contains(text, "(") {
		text = text[:len(text)-1]
	}
	return span{kind: spanLink, to: len(text), value: prefix + text}, true
}

// tagAt reads a hashtag: it holds something that is neither digit nor
// punctuation, and loses the punctuation at its end.
func tagAt(rest string) (span, bool) {
	m := tagPattern.FindStringSubmatch(rest)
	if m == nil || strings.HasPrefix(m[1], "\ufe0f") || !strings.ContainsFunc(m[1], speaks) {
		return span{}, false
	}
	tag := strings.TrimRightFunc(m[1], unicode.IsPunct)
	if utf8.RuneCountInString(tag) > maxTag {
		return span{}, false
	}
	return span{kind: spanTag, to: len(m[0]) - len(m[1]) + len(tag), value: tag}, true
}

func speaks(r rune) bool { return !unicode.IsPunct(r) && (r < '0' || r > '9') }

// cashtagAt reads a dollar sign with one to five letters and digits.
func cashtagAt(rest string) (span, bool) {
	m := cashPattern.FindStringSubmatch(rest)
	if m == nil {
		return span{}, false
	}
	if next, _ := utf8.DecodeRuneInString(rest[len(m[0]):]); len(rest) > len(m[0]) && !isSpace(next) && !strings.ContainsRune(`.,;:!?)"'’`, next) {
		return span{}, false
	}
	return span{kind: spanTag, to: len(m[0]), value: "$" + strings.ToUpper(m[1])}, true
}

var spaces = []rune("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")

func isSpace(r rune) bool { return r >= 0x2000 && r <= 0x200a || slices.Contains(spaces, r) }

// knownTLD tells whether the label is a top-level domain of the public root.
// It asks for a name below the label, as some countries allow registrations
// at the third level only.
func knownTLD(label string) bool {
	_, icann := publicsuffix.PublicSuffix("a." + label)
	return icann
}
