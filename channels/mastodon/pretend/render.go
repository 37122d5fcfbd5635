package pretend

import (
	"html"
	"regexp"
	"strings"
)

// word finds what is not shown as it was written: links, mentions, hashtags.
var word = regexp.MustCompile(`https?://[^\s<>"]+|@[\p{L}\p{N}_]+(?:@[\p{L}\p{N}_.-]+[\p{L}\p{N}_])?|#[\p{L}\p{N}\p{M}_]+`)

// shown is how many characters of a link are visible.
const shown = 30

// Render is a text as Mastodon shows it: paragraphs, breaks, links with their
// scheme and end hidden, mentions without domain.
func Render(text, domain string) string {
	if text == "" {
		return ""
	}
	var out strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(paragraph, "\n")
		for i, l := range lines {
			lines[i] = line(l, domain)
		}
		out.WriteString("<p>" + strings.Join(lines, "<br />") + "</p>")
	}
	return out.String()
}

func line(text, domain string) string {
	var out strings.Builder
	at := 0
	for _, m := range word.FindAllStringIndex(text, -1) {
		out.WriteString(html.EscapeString(text[at:m[0]]))
		out.WriteString(anchor(text[m[0]:m[1]], domain))
		at = m[1]
	}
	out.WriteString(html.EscapeString(text[at:]))
	return out.String()
}

func anchor(w, domain string) string {
	switch w[0] {
	case '#':
		return `<a href="https://` + domain + `/tags/` + html.EscapeString(strings.ToLower(w[1:])) + `" class="mention hashtag" rel="tag">#<span>` + html.EscapeString(w[1:]) + `</span></a>`
	case '@':
		name, host, _ := strings.Cut(w[1:], "@")
		if host == "" {
			host = domain
		}
		return `<span class="h-card" translate="no"><a href="https://` + host + `/@` + name + `" class="u-url mention">@<span>` + html.EscapeString(name) + `</span></a></span>`
	}
	scheme := w[:strings.Index(w, "//")+2]
	rest := []rune(w[len(scheme):])
	class, hidden := "", ""
	if len(rest) > shown {
		class, hidden, rest = "ellipsis", string(rest[shown:]), rest[:shown]
	}
	return `<a href="` + html.EscapeString(w) + `" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">` + scheme +
		`</span><span class="` + class + `">` + html.EscapeString(string(rest)) + `</span><span class="invisible">` + html.EscapeString(hidden) + `</span></a>`
}
