package plan

import (
	"strings"
	"unicode"
)

// maxDiffCells bounds the work of Words.
const maxDiffCells = 1 << 22

// Passage is a stretch of old text that became new text, then one that stayed.
type Passage struct {
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
	Stayed string `json:"stayed,omitempty"`
}

// WordDiff shows how one text becomes another, word by word: "for [-two-]{+one+} year".
func WordDiff(from, to string) string {
	var out strings.Builder
	for _, p := range Words(from, to) {
		p.write(&out)
	}
	return out.String()
}

// Words is how one text becomes another, word by word: the old texts and those
// that stayed are from, the new ones and those that stayed are to.
func Words(from, to string) []Passage {
	a, b := wordsOf(from), wordsOf(to)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []Passage
	if head > 0 {
		out = append(out, Passage{Stayed: strings.Join(a[:head], "")})
	}
	out = append(out, joinAcrossSpace(passages(a[head:len(a)-tail], b[head:len(b)-tail]))...)
	if tail > 0 {
		out = append(out, Passage{Stayed: strings.Join(a[len(a)-tail:], "")})
	}
	return out
}

// around is how many letters Excerpt shows on each side of a change.
const around = 24

// Excerpt is Words as one line: what changed, in the notation of WordDiff, and
// a little round it. "…" stands for what is left out.
func Excerpt(words []Passage) string {
	var out strings.Builder
	for i, p := range words {
		p.Stayed = elide(p.Stayed, i > 0 || p.Old != "" || p.New != "", i < len(words)-1)
		p.write(&out)
	}
	return strings.ReplaceAll(out.String(), "\n", " ")
}

// elide keeps of a long text its head, its tail, or both.
func elide(s string, head, tail bool) string {
	letters, first, last := []rune(s), 0, 0
	if head {
		first = around
	}
	if tail {
		last = around
	}
	if len(letters) <= first+last+1 {
		return s
	}
	return string(letters[:first]) + "…" + string(letters[len(letters)-last:])
}

func (p Passage) write(out *strings.Builder) {
	if p.Old != "" {
		out.WriteString("[-" + p.Old + "-]")
	}
	if p.New != "" {
		out.WriteString("{+" + p.New + "+}")
	}
	out.WriteString(p.Stayed)
}

// joinAcrossSpace makes one of neighbouring replacements with only white space between them.
func joinAcrossSpace(ps []Passage) []Passage {
	var out []Passage
	for _, p := range ps {
		if n := len(out); n > 0 && strings.TrimSpace(out[n-1].Stayed) == "" && out[n-1].Old != "" && out[n-1].New != "" && p.Old != "" && p.New != "" {
			last := &out[n-1]
			last.Old, last.New, last.Stayed = last.Old+last.Stayed+p.Old, last.New+last.Stayed+p.New, p.Stayed
			continue
		}
		out = append(out, p)
	}
	return out
}

// wordsOf splits a text into words and the white space between them.
func wordsOf(s string) []string {
	var out []string
	start, space := 0, false
	for i, r := range s {
		if now := unicode.IsSpace(r); i > start && now != space {
			out = append(out, s[start:i])
			start = i
		}
		space = unicode.IsSpace(r)
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// passages is the difference of two lists by their longest common subsequence.
func passages(a, b []string) []Passage {
	if len(a)*len(b) > maxDiffCells {
		return []Passage{{Old: strings.Join(a, ""), New: strings.Join(b, "")}}
	}
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Passage
	var p Passage
	flush := func() {
		if p != (Passage{}) {
			out = append(out, p)
		}
		p = Passage{}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		same := i < len(a) && j < len(b) && a[i] == b[j]
		if !same && p.Stayed != "" {
			flush()
		}
		switch {
		case same:
			p.Stayed += a[i]
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			p.Old += a[i]
			i++
		default:
			p.New += b[j]
			j++
		}
	}
	flush()
	return out
}
