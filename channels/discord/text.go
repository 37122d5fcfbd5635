package discord

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
)

var (
	address = regexp.MustCompile(`https?://[^\s<>]+`)
	// markup are the signs that Discord takes for more than themselves, and at
	// the beginning of a line those of quotes, headings and lists.
	markup    = regexp.MustCompile("[\\\\*_~`|\\[\\]]|<[@#:/a-z]")
	lineStart = regexp.MustCompile(`(?m)^([ \t]*)(>|#|-|\+)`)
)

// plain is the text as it must be sent so that people read it as it stands:
// with a backslash before each sign that would be markup, outside of addresses.
func (c *Channel) plain(text string) string {
	if c.cfg.Markdown {
		return text
	}
	var out strings.Builder
	rest := text
	for {
		at := address.FindStringIndex(rest)
		if at == nil {
			out.WriteString(escape(rest))
			break
		}
		out.WriteString(escape(rest[:at[0]]))
		out.WriteString(rest[at[0]:at[1]])
		rest = "\x00" + rest[at[1]:] // what follows begins no line
	}
	return strings.ReplaceAll(out.String(), "\x00", "")
}

func escape(text string) string {
	text = markup.ReplaceAllStringFunc(text, func(s string) string { return `\` + s })
	return lineStart.ReplaceAllString(text, `$1\$2`)
}

// comparable is a text as it is compared with another: Discord trims texts and
// drops signs that it does not know.
func comparable(text string) string { return campaign.NormalForm(norm.NFC.String(text)) }
