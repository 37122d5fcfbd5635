package mastodon

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Names of the visible calls.
const (
	partPost  = "post"
	partReply = "reply"
)

// draft is one visible call before its pictures have ids.
type draft struct {
	name string
	body status
	alts []string // of the pictures, in order
	// answers is the id of the post that it answers, known once that is public.
	answers string
}

// status is the body of a publish call. What the account would decide where a
// field is missing is always said. Source: platforms.md §2.2, §2.9.
type status struct {
	Status      string   `json:"status"`
	MediaIDs    []string `json:"media_ids,omitempty"`
	Visibility  string   `json:"visibility"`
	Language    string   `json:"language,omitempty"`
	Sensitive   bool     `json:"sensitive"`
	SpoilerText string   `json:"spoiler_text,omitempty"`
	Poll        *poll    `json:"poll,omitempty"`
	// ContentType is not Mastodon's: other servers would read the text as
	// markdown where the account is set so.
	ContentType string `json:"content_type"`
}

type poll struct {
	Options   []string `json:"options"`
	ExpiresIn int64    `json:"expires_in"` // seconds
	Multiple  bool     `json:"multiple"`
}

// drafts are the visible calls of a content: the post, then the further parts
// of its thread. They depend on nothing but the content and the settings.
func (c *Channel) drafts(content campaign.Content) []draft {
	content = channels.Worded(content)
	seen := narrower(cmp.Or(content.Visibility, c.cfg.Visibility), visibilities[0])
	first := draft{name: partPost, body: status{
		Status: content.Text, Visibility: theirs[seen], Language: language(content.Language),
		Sensitive: content.ContentWarning != "", SpoilerText: content.ContentWarning, ContentType: "text/plain",
	}}
	if p := content.Poll; p != nil {
		first.body.Poll = &poll{Options: p.Options, ExpiresIn: int64(p.Ends / time.Second), Multiple: p.Multiple}
	}
	for _, m := range content.Media {
		first.alts = append(first.alts, m.Alt)
	}
	drafts := []draft{first}
	for _, text := range content.Thread {
		reply := draft{name: partReply, body: first.body}
		reply.body.Status, reply.body.Poll = text, nil
		reply.body.Visibility = theirs[narrower(seen, cmp.Or(c.cfg.ThreadVisibility, seen))]
		drafts = append(drafts, reply)
	}
	return drafts
}

// language is the ISO 639 code of a BCP 47 tag, all that the server knows.
func language(tag string) string {
	code, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(code)
}

// answering completes a frozen body by the post that it answers. The same
// bytes come of it each time.
func answering(body []byte, id string) []byte {
	if id == "" {
		return body
	}
	reply, err := json.Marshal(id)
	if err != nil {
		panic("mastodon: " + err.Error()) // a string always can be
	}
	open := strings.TrimSuffix(string(body), "}")
	return []byte(open + `,"in_reply_to_id":` + string(reply) + "}")
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	var out []campaign.Shown
	for _, d := range c.drafts(content) {
		out = append(out, campaign.Shown{Text: d.body.Status})
	}
	return out
}
