package plan

import (
	"strings"
	"unicode"
)

// maxDiffCells bounds the work of WordDiff.
const maxDiffCells = 1 << 22

// WordDiff shows how one text becomes another, word by word: "for [-two-]{+one+} year".
func WordDiff(from, to string) string {
	a, b := wordsOf(from), wordsOf(to)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out strings.Builder
	out.WriteString(strings.Join(a[:head], ""))
	for _, p := range joinAcrossSpace(passages(a[head:len(a)-tail], b[head:len(b)-tail])) {
		p.write(&out)
	}
	out.WriteString(strings.Join(a[len(a)-tail:], ""))
	return out.String()
}

// passage is a stretch of old text that became new text, then one that stayed.
type passage struct{ old, new, stayed string }

func (p passage) write(out *strings.Builder) {
	if p.old != "" {
		out.WriteString("[-" + p.old + "-]")
	}
	if p.new != "" {
		out.WriteString("{+" + p.new + "+}")
	}
	out.WriteString(p.stayed)
}

// joinAcrossSpace makes one of neighbouring replacements with only white space between them.
func joinAcrossSpace(ps []passage) []passage {
	var out []passage
	for _, p := range ps {
		if n := len(out); n > 0 && strings.TrimSpace(out[n-1].stayed) == "" && out[n-1].old != "" && out[n-1].new != "" && p.old != "" && p.new != "" {
			last := &out[n-1]
			last.old, last.new, last.stayed = last.old+last.stayed+p.old, last.new+last.stayed+p.new, p.stayed
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
func passages(a, b []string) []passage {
	if len(a)*len(b) > maxDiffCells {
		return []passage{{old: strings.Join(a, ""), new: strings.Join(b, "")}}
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
	var out []passage
	var p passage
	flush := func() {
		if p != (passage{}) {
			out = append(out, p)
		}
		p = passage{}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		same := i < len(a) && j < len(b) && a[i] == b[j]
		if !same && p.stayed != "" {
			flush()
		}
		switch {
		case same:
			p.stayed += a[i]
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			p.old += a[i]
			i++
		default:
			p.new += b[j]
			j++
		}
	}
	flush()
	return out
}
