package webhook

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TypePublished is the type of an event that carries a post.
const TypePublished = "takeover.post.published"

// maxBody is the largest body that receivers can be expected to take; pictures
// travel by address. Source: Standard Webhooks, "Payload size".
const maxBody = 20_000

// Event is the body of a call.
type Event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when the post was due: equal in every attempt
	Data      Post      `json:"data"`
}

// Post is what a receiver is told. Fields that say nothing are left out.
type Post struct {
	DeliveryID     campaign.DeliveryID  `json:"delivery_id"`
	Campaign       string               `json:"campaign"`
	Mechanism      campaign.MechanismID `json:"mechanism"`
	Window         campaign.TakeoverID  `json:"window"`
	Channel        campaign.ChannelID   `json:"channel"`
	Kind           campaign.Kind        `json:"kind"`
	Step           string               `json:"step,omitempty"`
	Text           string               `json:"text"`
	Language       string               `json:"language"`            // BCP 47; the first of a joined post
	Languages      []string             `json:"languages,omitempty"` // all of a joined post
	Link           string               `json:"link,omitempty"`
	Thread         []string             `json:"thread,omitempty"` // further parts, in order
	FirstComment   string               `json:"first_comment,omitempty"`
	ContentWarning string               `json:"content_warning,omitempty"`
	Visibility     string               `json:"visibility,omitempty"`
	Silent         bool                 `json:"silent,omitempty"`
	Media          []Media              `json:"media,omitempty"`
	DueAt          time.Time            `json:"due_at"`
}

// Media is one picture or film; URL is left out where the campaign has no
// public address for it.
type Media struct {
	URL     string          `json:"url,omitempty"`
	SHA256  campaign.Digest `json:"sha256"`
	MIME    string          `json:"mime"`
	Alt     string          `json:"alt"`
	Credit  string          `json:"credit,omitempty"`
	Licence string          `json:"licence,omitempty"`
	Width   int             `json:"width,omitempty"`
	Height  int             `json:"height,omitempty"`
}

// body makes the bytes of the call. They depend on nothing but the delivery
// and its content, so staging it again makes the same.
func body(env channels.Env, d campaign.Delivery, c campaign.Content) ([]byte, error) {
	e := Event{Type: TypePublished, Timestamp: d.Due.UTC(), Data: Post{
		DeliveryID: d.ID, Campaign: env.Campaign, Mechanism: d.Mechanism, Window: d.Takeover,
		Channel: d.Channel, Kind: d.Kind, Step: d.Step,
		Text: c.Text, Language: c.Language, Languages: c.Languages, Link: c.Link, Thread: c.Thread,
		FirstComment: c.FirstComment, ContentWarning: c.ContentWarning,
		Visibility: c.Visibility, Silent: c.Silent, DueAt: d.Due.UTC(),
	}}
	for _, m := range c.Media {
		out := Media{SHA256: m.Digest, MIME: m.Type, Alt: m.Alt, Credit: m.Credit, Licence: m.Licence, Width: m.Width, Height: m.Height}
		if env.MediaURL != nil {
			out.URL = env.MediaURL(m.Digest, d.Due)
		}
		e.Data.Media = append(e.Data.Media, out)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a receiver may show the text as it stands
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
