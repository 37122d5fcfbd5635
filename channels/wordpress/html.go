package wordpress

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

const (
	maxTitle = 80 // characters
	maxName  = 60 // bytes of the title in a slug
)

// names are what an article is called in addresses.
type names struct {
	draft string // while nobody sees it
	nice  string // from the moment it is public
}

// namesOf are the names of a delivery's article; nobody else's are equal.
func namesOf(id campaign.DeliveryID, title string) names {
	sum := sha256.Sum256([]byte(id))
	own := hex.EncodeToString(sum[:10])
	return names{draft: "tko-" + own, nice: strings.TrimPrefix(slug(title)+"-"+own[:8], "-")}
}

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a title as it stands in an address; "" where no letter of it can.
func slug(title string) string {
	plain := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		return -1 // accents, once they are signs of their own, and all that is not Latin
	}, norm.NFD.String(strings.ToLower(title)))
	s := noSlug.ReplaceAllString(plain, "-")
	return strings.Trim(s[:min(len(s), maxName)], "-")
}

// picture is one that the site has.
type picture struct {
	id  int64
	url string
	alt string
}

// article is the content as HTML, of the few tags that a site leaves to users
// who may not write any.
func article(body, language string, pictures []picture) string {
	lang := ""
	if language != "" {
		lang = ` lang="` + html.EscapeString(language) + `"`
	}
	var out strings.Builder
	for _, p := range pictures {
		fmt.Fprintf(&out, "<figure><img src=\"%s\" alt=\"%s\" /></figure>\n", html.EscapeString(p.url), html.EscapeString(p.alt))
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out.WriteString("<p" + lang + ">" + channels.Linked(line) + "</p>\n")
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// language is the one that the whole article is in, "" of a joined one.
func language(c campaign.Content) string {
	if len(c.Languages) > 1 {
		return ""
	}
	return c.Language
}

var tags = regexp.MustCompile(`<[^>]*>`)

// comparable is HTML as it is compared with other HTML: by what people read.
func comparable(content string) string {
	return campaign.NormalForm(norm.NFC.String(html.UnescapeString(tags.ReplaceAllString(content, " "))))
}
