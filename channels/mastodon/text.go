package mastodon

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
)

// plain is the text that people read in a post's HTML: without tags, a link as
// its whole address, a line for each paragraph and break.
func plain(content string) string {
	var out strings.Builder
	var link anchor
	t := html.NewTokenizer(strings.NewReader(content))
	for {
		switch t.Next() {
		case html.ErrorToken: // the end, or what cannot be read
			link.end(&out)
			return strings.TrimSpace(out.String())
		case html.TextToken:
			link.write(&out, string(t.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := t.TagName()
			switch string(name) {
			case "br":
				link.write(&out, "\n")
			case "p", "div", "li", "blockquote", "pre":
				link.end(&out)
				out.WriteString("\n\n")
			case "a":
				link.end(&out)
				link = startAnchor(t, more)
			}
		case html.EndTagToken:
			if name, _ := t.TagName(); string(name) == "a" {
				link.end(&out)
			}
		}
	}
}

var (
	address = regexp.MustCompile(`(?i)^https?://`)
	whole   = regexp.MustCompile(`(?i)^\s*(https?://|[@#])`) // the text of a link that says what was written
)

// anchor collects the text of a link, which servers shorten: then its address
// stands for it. A mention and a hashtag are their text.
type anchor struct {
	open bool
	href string // "" where it is no address
	text strings.Builder
}

func startAnchor(t *html.Tokenizer, more bool) anchor {
	a := anchor{open: true}
	for more {
		var key, value []byte
		if key, value, more = t.TagAttr(); string(key) == "href" && address.MatchString(string(value)) {
			a.href = string(value)
		}
	}
	return a
}

func (a *anchor) write(out *strings.Builder, s string) {
	if a.open {
		a.text.WriteString(s)
		return
	}
	out.WriteString(s)
}

func (a *anchor) end(out *strings.Builder) {
	if text := a.text.String(); a.href == "" || whole.MatchString(text) {
		out.WriteString(text)
	} else {
		out.WriteString(a.href)
	}
	*a = anchor{}
}

// fullMention is a mention with its domain, which servers do not show.
var fullMention = regexp.MustCompile(`@([\p{L}\p{N}_]+(?:[.-]+[\p{L}\p{N}_]+)*)@[\p{L}\p{N}_]+(?:[.:-]+[\p{L}\p{N}_]+)*`)

// comparable is a text as it is compared with another: in normal form, links
// by host, mentions without domain.
func comparable(text string) string {
	return campaign.NormalForm(fullMention.ReplaceAllString(norm.NFC.String(text), "@$1"))
}
