package bluesky

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

const collection = "app.bsky.feed.post"

// maxLangs is how many languages a post may name. Source: lexicon app.bsky.feed.post.
const maxLangs = 3

// put is the call that creates a record where none is: without swapRecord it
// would overwrite, and null means that nothing may stand there.
type put struct {
	Repo       string  `json:"repo"`
	Collection string  `json:"collection"`
	Key        string  `json:"rkey"`
	Validate   bool    `json:"validate"`
	Swap       *string `json:"swapRecord"`
	Record     post    `json:"record"`
}

// post is a record as it is stored and signed. What is staged lacks createdAt
// and reply: they are known when the part is armed, and never change after.
type post struct {
	Type      string          `json:"$type"`
	Text      string          `json:"text"`
	CreatedAt string          `json:"createdAt,omitempty"`
	Langs     []string        `json:"langs,omitempty"`
	Facets    []facet         `json:"facets,omitempty"`
	Embed     json.RawMessage `json:"embed,omitempty"`
	Labels    *selfLabels     `json:"labels,omitempty"`
	Reply     *reply          `json:"reply,omitempty"`
}

// selfLabels are what an author says a post is. Source: lexicon com.atproto.label.defs.
type selfLabels struct {
	Type   string      `json:"$type"`
	Values []selfLabel `json:"values"`
}

type selfLabel struct {
	Value string `json:"val"`
}

// covered makes applications cover the pictures of a post until a reader opens
// them. Of the labels that an author may set it alone says nothing of sex.
var covered = selfLabels{Type: "com.atproto.label.defs#selfLabels", Values: []selfLabel{{"graphic-media"}}}

type facet struct {
	Index    index     `json:"index"`
	Features []feature `json:"features"`
}

// index is a place in the text's UTF-8 bytes, the end exclusive.
type index struct {
	From int `json:"byteStart"`
	To   int `json:"byteEnd"`
}

type feature struct {
	Type string `json:"$type"`
	DID  string `json:"did,omitempty"`
	URI  string `json:"uri,omitempty"`
	Tag  string `json:"tag,omitempty"`
}

type reply struct {
	Root   strongRef `json:"root"`
	Parent strongRef `json:"parent"`
}

// strongRef names one version of a record.
type strongRef struct {
	URI string `json:"uri"`
	CID string `json:"cid"`
}

// blob is the reference to uploaded bytes that goes into a record unchanged.
type blob struct {
	Type string `json:"$type"`
	Ref  struct {
		Link string `json:"$link"`
	} `json:"ref"`
	MIME string `json:"mimeType"`
	Size int64  `json:"size"`
}

type images struct {
	Type   string  `json:"$type"`
	Images []image `json:"images"`
}

type image struct {
	Alt   string `json:"alt"` // required, may be empty
	Image blob   `json:"image"`
	Ratio *ratio `json:"aspectRatio,omitempty"`
}

type ratio struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type external struct {
	Type string `json:"$type"`
	Card card   `json:"external"`
}

type card struct {
	URI         string `json:"uri"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Thumb       *blob  `json:"thumb,omitempty"`
}

// texts are what the visible calls say, in order. A link that a card shows
// need not stand in the text, too; a content warning stands above it.
func texts(c campaign.Content) []string {
	if carded(c) {
		c.Link = ""
	}
	first := channels.Worded(c).Text
	if c.ContentWarning != "" && first != "" {
		first = c.ContentWarning + "\n\n" + first
	}
	return append([]string{first}, c.Thread...)
}

// carded tells whether the link is shown as a card: a post has pictures or a
// card, not both.
func carded(c campaign.Content) bool { return c.Card != nil && c.Link != "" && len(c.Media) == 0 }

// langs are the languages that the post says it is in.
func langs(c campaign.Content) []string {
	all := c.Languages
	if len(all) == 0 && c.Language != "" {
		all = []string{c.Language}
	}
	return all[:min(len(all), maxLangs)]
}

// facets makes links of the spans; a mention of nobody is plain text. did
// resolves a handle, "" where nobody has it.
func facets(found []span, did func(handle string) (string, error)) ([]facet, error) {
	var out []facet
	for _, s := range found {
		f := feature{Type: "app.bsky.richtext.facet#" + s.kind}
		switch s.kind {
		case spanMention:
			id, err := did(s.value)
			if err != nil {
				return nil, err
			}
			if id == "" {
				continue
			}
			f.DID = id
		case spanLink:
			f.URI = s.value
		case spanTag:
			f.Tag = s.value
		}
		out = append(out, facet{Index: index{s.from, s.to}, Features: []feature{f}})
	}
	return out, nil
}

// stamp writes a time as records hold it: milliseconds, UTC.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// encode makes the same bytes of the same value each time.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	return channels.Texts(texts(content)...)
}
