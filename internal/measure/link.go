package measure

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

const (
	maxURL     = 4096 // characters, host in punycode; a longer one is not a link
	maxLabel   = 63   // of a host, in punycode
	maxTCOSlug = 40   // of a t.co link
)

// place is a link in a text: from inclusive, to exclusive; empty when there is none.
type place struct{ from, to int }

// linkScan finds the links of a text one after the other, from left to right,
// as X does (platforms.md §1.4). What one candidate took is not looked at
// again, so a scan takes time linear in the text.
type linkScan struct {
	text []rune
	pos  int
	// schemeOnly finds links that begin with http:// or https:// only.
	schemeOnly bool
	// tail returns the end of what may follow host and port from i on: path
	// and query. nil is X's rule.
	tail func(text []rune, i int) int
}

// next returns the next link, or an empty place beyond the end of the text.
func (s *linkScan) next() place {
	for s.pos < len(s.text) {
		start := s.pos
		if blocksLink(at(s.text, start-1)) {
			s.pos++
			continue
		}
		if n := schemeLength(s.text, start); n > 0 {
			if p, ok := s.withScheme(start, start+n); ok {
				return p
			}
			continue
		}
		if s.schemeOnly || !isPlainLabel(s.text[start]) || s.text[start] == '-' {
			s.pos++
			continue
		}
		if p, ok := s.bare(start); ok {
			return p
		}
	}
	return place{len(s.text), len(s.text)}
}

// withScheme tries the link at start whose host begins at host, and moves on.
func (s *linkScan) withScheme(start, host int) (place, bool) {
	end, _, ok := hostEnd(s.text, host, isLabel, true)
	if !ok {
		s.pos = host
		return place{}, false
	}
	to := s.tailEnd(portEnd(s.text, end))
	s.pos = to
	if !s.allowed(start, host, end, to) {
		return place{}, false
	}
	if slug, ok := tcoEnd(s.text, host, end, to); ok {
		if slug < 0 {
			return place{}, false
		}
		to = slug // the rest of the candidate is plain text
	}
	return place{start, to}, true
}

// bare tries the link without scheme at start, and moves on.
func (s *linkScan) bare(start int) (place, bool) {
	end, stop, ok := hostEnd(s.text, start, isPlainLabel, false)
	if !ok {
		s.pos = max(stop, start+1) // no part of it can be a host either
		return place{}, false
	}
	to := s.tailEnd(portEnd(s.text, end))
	s.pos = to
	switch at(s.text, start-1) {
	case '-', '_', '.', '/':
		return place{}, false
	}
	return place{start, to}, s.allowed(start, start, end, to)
}

func (s *linkScan) tailEnd(i int) int {
	if s.tail != nil {
		return s.tail(s.text, i)
	}
	return queryEnd(s.text, pathEnd(s.text, i))
}

// allowed checks the lengths of host labels and of the whole link.
func (s *linkScan) allowed(start, host, hostEnd, to int) bool {
	n, ok := punycodeLength(s.text[host:hostEnd])
	return ok && (to-start)-(hostEnd-host)+n <= maxURL
}

// blocksLink tells whether no link may begin right after r.
func blocksLink(r rune) bool {
	switch r {
	case '@', '＠', '$', '#', '＃', '\uFFFE', '\uFEFF', '\uFFFF':
		return true
	}
	return isAlnum(r)
}

// schemeLength is the length of http:// or https:// at i, or 0.
func schemeLength(text []rune, i int) int {
	for _, scheme := range [...]string{"http://", "https://"} {
		if hasPrefixFold(text, i, scheme) {
			return len(scheme)
		}
	}
	return 0
}

// hasPrefixFold tells whether text[i:] begins with the ASCII prefix, in any case.
func hasPrefixFold(text []rune, i int, prefix string) bool {
	for k, want := range prefix {
		if lower(at(text, i+k)) != want {
			return false
		}
	}
	return true
}

// hostEnd reads labels from i on and returns where the longest host among
// them ends: one that ends in a known top-level domain. inner allows
// underscores inside of sub-domains. stop is where the reading ended.
func hostEnd(text []rune, i int, label func(rune) bool, inner bool) (end, stop int, ok bool) {
	underscore := false // in the label before the one at i
	for first := true; ; first = false {
		if !first && !underscore {
			if n := tldLength(text, i); n > 0 {
				end, ok = i+n, true
			}
		}
		k, last := i, rune(-1)
		underscore = false
		for ; k < len(text); k++ {
			r := text[k]
			if !label(r) && r != '-' && !(inner && r == '_') {
				break
			}
			underscore = underscore || r == '_'
			last = r
		}
		if k == i || at(text, k) != '.' || !edge(text[i]) || !edge(last) {
			return end, k, ok
		}
		i = k + 1
	}
}

// edge tells whether a label may begin and end with r.
func edge(r rune) bool { return r != '-' && r != '_' }

// longestTLD is more than the characters of any top-level domain.
const longestTLD = 24

// tldLength is the length of the known top-level domain that stands at i and
// is followed by what may follow a host, or 0.
func tldLength(text []rune, i int) int {
	if hasPrefixFold(text, i, "xn--") {
		k := i + len("xn--")
		for isAlnum(at(text, k)) || at(text, k) == '-' {
			k++
		}
		if k > i+len("xn--") && endsHost(at(text, k)) {
			return k - i
		}
		return 0
	}
	limit := i
	for limit < len(text) && limit < i+longestTLD && (isLabel(text[limit]) || text[limit] == '-') {
		limit++
	}
	for k := limit; k > i; k-- {
		if endsHost(at(text, k)) && knownTLD(text[i:k]) {
			return k - i
		}
	}
	return 0
}

// endsHost tells whether r may stand right after a host; -1 is the end of the text.
func endsHost(r rune) bool { return !isAlnum(r) && r != '@' && r != '+' && r != '-' }

// knownTLD tells whether the label is a top-level domain of the public root.
// It asks for a name below the label, as some countries (np, kh, jm) allow
// registrations at the third level only.
func knownTLD(label []rune) bool {
	name := strings.ToLower(string(label))
	if !isASCII(label) {
		ascii, err := idna.Punycode.ToASCII(name)
		if err != nil {
			return false
		}
		name = ascii
	}
	_, icann := publicsuffix.PublicSuffix("a." + name)
	return icann
}

// punycodeLength is the length of a host in punycode; ok is false when a label
// is too long or cannot be written so.
func punycodeLength(host []rune) (n int, ok bool) {
	for _, label := range strings.Split(string(host), ".") {
		runes := []rune(label)
		if len(runes) == 0 || len(runes) > maxLabel {
			return 0, false // each character takes at least one
		}
		if !isASCII(runes) {
			ascii, err := idna.Punycode.ToASCII(label)
			if err != nil {
				return 0, false
			}
			label = ascii
		}
		if len(label) > maxLabel {
			return 0, false
		}
		n += len(label) + 1
	}
	return n - 1, true
}

// tcoEnd returns the end of a t.co link after its slug and query; ok is false
// for any other link, the end is -1 where the slug is too long.
func tcoEnd(text []rune, host, hostEnd, to int) (end int, ok bool) {
	if hostEnd-host != len("t.co") || !hasPrefixFold(text, host, "t.co") || at(text, hostEnd) != '/' {
		return 0, false
	}
	k := hostEnd + 1
	for k < to && isAlnum(text[k]) {
		k++
	}
	switch n := k - hostEnd - 1; {
	case n == 0:
		return 0, false
	case n > maxTCOSlug:
		return -1, true
	}
	return queryEnd(text[:to], k), true
}

// portEnd returns the end of a port such as ":8080" at i, or i.
func portEnd(text []rune, i int) int {
	k := i + 1
	for r := at(text, k); r >= '0' && r <= '9'; r = at(text, k) {
		k++
	}
	if at(text, i) == ':' && k > i+1 {
		return k
	}
	return i
}

// pathEnd returns the end of a path at i, or i where none begins.
func pathEnd(text []rune, i int) int {
	if at(text, i) != '/' {
		return i
	}
	end := i + 1
	for k := end; k < len(text); {
		if isPath(text[k]) {
			k++
			if endsPath(text[k-1]) {
				end = k
			}
			continue
		}
		paren := parensEnd(text, k, isPath)
		if paren == k {
			break
		}
		k, end = paren, paren
	}
	return end
}

// parensEnd returns the end of a pair of parentheses at i with path characters
// and at most one further pair inside, or i.
func parensEnd(text []rune, i int, path func(rune) bool) int {
	if at(text, i) != '(' {
		return i
	}
	skip := func(k int) int {
		for k < len(text) && path(text[k]) {
			k++
		}
		return k
	}
	k := skip(i + 1)
	if at(text, k) == ')' && k > i+1 {
		return k + 1
	}
	if at(text, k) != '(' {
		return i
	}
	inner := skip(k + 1)
	if at(text, inner) != ')' || inner == k+1 {
		return i
	}
	if k = skip(inner + 1); at(text, k) == ')' {
		return k + 1
	}
	return i
}

// queryEnd returns the end of a query at i, or i where none begins.
func queryEnd(text []rune, i int) int {
	if at(text, i) != '?' {
		return i
	}
	end := i
	for k := i + 1; k < len(text) && isQuery(text[k]); k++ {
		if isAlnum(text[k]) || strings.ContainsRune("_&=#/-", text[k]) {
			end = k + 1
		}
	}
	return end
}

func isPath(r rune) bool {
	return isAlnum(r) || isLatinAccent(r) || isCyrillic(r) || r >= 0 && strings.ContainsRune("!*';:=+,.$/%#[]-–_~@|&", r)
}

func endsPath(r rune) bool {
	return isAlnum(r) || isLatinAccent(r) || isCyrillic(r) || strings.ContainsRune("=_#/+-", r)
}

func isQuery(r rune) bool {
	return isAlnum(r) || strings.ContainsRune("!?*'@();:&=+$/%#[]-_.,~|", r)
}

// isLabel tells whether r may stand in a label of a host after a scheme.
// Hyphen and underscore are the reader's business.
func isLabel(r rune) bool {
	switch {
	case r < 0x80:
		return isAlnum(r)
	case r == '–' || r == '—' || r == '‘' || r == '’' || r == '“' || r == '”':
		return false
	case r >= '\u3000' && r <= '\u3002':
		return false
	case r == '\uFFFE' || r == '\uFEFF' || r == '\uFFFF' || r == '\u180E':
		return false
	}
	return !unicode.IsSpace(r) && !isBidiMark(r)
}

// isPlainLabel tells whether r may stand in a label of a host without scheme.
func isPlainLabel(r rune) bool { return isAlnum(r) || r == '-' || isLatinAccent(r) }

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isLatinAccent tells whether r is a Latin letter beyond ASCII or a combining mark for one.
func isLatinAccent(r rune) bool {
	switch {
	case r < 0xC0:
		return false
	case r <= 0x24F:
		return r != 0xD7 && r != 0xF7
	case r >= 0x300 && r <= 0x36F, r >= 0x1E00 && r <= 0x1EFF:
		return true
	}
	return strings.ContainsRune("\u0253\u0254\u0256\u0257\u0259\u025B\u0263\u0268\u026F\u0272\u0289\u028B\u02BB", r)
}

func isCyrillic(r rune) bool { return r >= 0x400 && r <= 0x4FF }

func isBidiMark(r rune) bool {
	return r == 0x61C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

func isASCII(text []rune) bool {
	for _, r := range text {
		if r >= 0x80 {
			return false
		}
	}
	return true
}

// lower is the small letter of an ASCII capital, any other r itself.
func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
