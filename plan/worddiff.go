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
	var out strings.Builder
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		out.WriteString(a[head])
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	middle(&out, a[head:len(a)-tail], b[head:len(b)-tail])
	out.WriteString(strings.Join(a[len(a)-tail:], ""))
	return out.String()
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

// middle writes the difference of two lists by their longest common subsequence.
func middle(out *strings.Builder, a, b []string) {
	if len(a)*len(b) > maxDiffCells {
		edit(out, a, b)
		return
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
	i, j, fromI, fromJ := 0, 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			edit(out, a[fromI:i], b[fromJ:j])
			out.WriteString(a[i])
			i, j = i+1, j+1
			fromI, fromJ = i, j
		case common[i+1][j] >= common[i][j+1]:
			i++
		default:
			j++
		}
	}
	edit(out, a[fromI:], b[fromJ:])
}

func edit(out *strings.Builder, old, new []string) {
	if len(old) > 0 {
		out.WriteString("[-" + strings.Join(old, "") + "-]")
	}
	if len(new) > 0 {
		out.WriteString("{+" + strings.Join(new, "") + "+}")
	}
}
