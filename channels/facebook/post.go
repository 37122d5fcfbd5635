package facebook

import (
	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Names of the visible calls.
const (
	partPost    = "post"
	partComment = "first comment"
)

// feed is the body of the call that publishes. Whether it publishes is always
// said. Source: platforms.md §4.2.
type feed struct {
	Message   string  `json:"message,omitempty"`
	Link      string  `json:"link,omitempty"` // shown as a card; a post with pictures has none
	Attached  []photo `json:"attached_media,omitempty"`
	Published bool    `json:"published"`
}

type photo struct {
	ID string `json:"media_fbid"`
}

// comment is the body of the call that comments on our own post.
type comment struct {
	Message string `json:"message"`
}

// worded is the content as it is read: beside pictures a link stands in the
// text, without them it is a card of its own.
func worded(c campaign.Content) campaign.Content {
	link := c.Link
	if len(c.Media) == 0 {
		c.Link = ""
	}
	c = channels.Worded(c)
	c.Link = link
	return c
}

// draft is the post of a content before its photos have ids.
func draft(content campaign.Content) feed {
	content = worded(content)
	f := feed{Message: content.Text, Published: true}
	if len(content.Media) == 0 {
		f.Link = content.Link
	}
	return f
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	return channels.Texts(draft(content).Message)
}
