package channels

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Titled splits a text for a platform that wants a title of at most most
// characters. A short first line above others is the title; else, and where that
// line has an address, the title is the beginning of the text, which the body has whole.
func Titled(text string, most int) (title, body string) {
	first, rest, more := strings.Cut(strings.TrimSpace(text), "\n")
	first = strings.TrimSpace(first)
	if utf8.RuneCountInString(first) <= most {
		switch rest = strings.TrimSpace(rest); {
		case !more || rest == "":
			return first, first
		case address.MatchString(first): // nobody can follow it in a title
			return first, strings.TrimSpace(text)
		}
		return first, rest
	}
	short := string([]rune(first)[:most-1])
	if i := strings.LastIndexByte(short, ' '); i > 0 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,;:.-–") + "…", strings.TrimSpace(text)
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// Linked is a line of a text as HTML, with its addresses as links. Square
// brackets are written so that no site takes them for commands of its own.
func Linked(line string) string {
	var out strings.Builder
	end := 0
	for _, at := range address.FindAllStringIndex(line, -1) {
		link := strings.TrimRight(line[at[0]:at[1]], ".,;:!?'…")
		if strings.Count(link, ")") > strings.Count(link, "(") {
			link = strings.TrimRight(link, ")")
		}
		out.WriteString(escape(line[end:at[0]]))
		if SafeLink(link) == "" {
			out.WriteString(escape(link))
		} else {
			fmt.Fprintf(&out, `<a href="%s">%s</a>`, escape(link), escape(link))
		}
		end = at[0] + len(link)
	}
	out.WriteString(escape(line[end:]))
	return out.String()
}

var brackets = strings.NewReplacer("[", "&#91;", "]", "&#93;")

func escape(text string) string { return brackets.Replace(html.EscapeString(text)) }
