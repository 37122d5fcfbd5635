package channels

import (
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Worded is the content for a platform that has no fields for links and
// credits: those that the text does not name stand below it, link first.
func Worded(c campaign.Content) campaign.Content {
	text := c.Text
	if c.Link != "" && !strings.Contains(strings.Join(append([]string{text}, c.Thread...), "\n"), c.Link) {
		text = below(text, c.Link)
	}
	var credits []string
	for _, m := range c.Media {
		if m.Credit != "" && !strings.Contains(text, m.Credit) && !slices.Contains(credits, m.Credit) {
			credits = append(credits, m.Credit)
		}
	}
	c.Text = below(text, strings.Join(credits, "; "))
	return c
}

// below puts a line under a text, with an empty one between.
func below(text, line string) string {
	if text == "" || line == "" {
		return text + line
	}
	return text + "\n\n" + line
}
