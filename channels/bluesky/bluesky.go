package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

const (
	name      = "bluesky"
	opPrepare = "bluesky.prepare"
	opPublish = "bluesky.publish"
	opRead    = "bluesky.read"
	opDelete  = "bluesky.delete"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	facts, _ := channels.Known(name)
	return channels.Platform{
		Name: name, Class: facts.Class, Limits: facts.Limits, Capabilities: facts.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

// Channel is one account. It is a channels.ReadBack, Latest, Deleter, Dater,
// Counter, Inspector and Connector, too.
type Channel struct {
	cfg      Config
	env      channels.Env
	facts    channels.Facts
	client   *httpx.Client
	sessions sessions
	trail    trail
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	facts, _ := channels.Known(name)
	facts.Limits.ImageBytes = cfg.ImageBytes
	return &Channel{cfg: cfg, env: env, facts: facts,
		client:   httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Date: env.Date}),
		sessions: sessions{turn: make(chan struct{}, 1)}}, nil
}

// Class is K2: a record stands under a key of ours, or it does not.
func (c *Channel) Class() campaign.Class { return campaign.K2 }

// ReadBack is exact, and at once: the account's own server is asked, not the
// application that shows posts and lags behind.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, 0 }

// maxAlt is how long an alt text may be in the official application; the
// protocol sets no limit. Source: platforms.md §3.3.
const maxAlt = 2000

// maxThumb is the largest picture of a link card, in bytes.
const maxThumb = 1_000_000

// Check finds what the server would refuse, and what readers would not see.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	leaves := content
	leaves.Text = texts(content)[0]
	found := channels.Check(c.facts, leaves)
	warn := func(code, path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityWarning, Code: code, Path: path, Message: message, Fix: fix})
	}
	for i, m := range content.Media {
		if n := utf8.RuneCountInString(m.Alt); n > maxAlt {
			warn("W073", fmt.Sprintf("images[%d]", i), fmt.Sprintf("the alt text has %d characters; applications show %d", n, maxAlt), fmt.Sprintf("shorten it by %d", n-maxAlt))
		}
	}
	if n := max(len(content.Languages), 1); n > maxLangs {
		warn("W063", "text", fmt.Sprintf("the post is in %d languages and can name %d: readers of the others may not be shown it", n, maxLangs), "write the languages as posts of their own")
	}
	if p := cardPicture(content); p != nil && p.Bytes > maxThumb {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P072", Path: "link",
			Message: fmt.Sprintf("the picture of the link card has %d bytes, the limit is %d", p.Bytes, maxThumb), Fix: "make the picture smaller"})
	}
	return found
}

func cardPicture(c campaign.Content) *campaign.Media {
	if !carded(c) {
		return nil
	}
	return c.Card.Picture
}

// note is what a staged part remembers.
type note struct {
	DID string `json:"did"` // the account it was staged for
}

// stagedFor is for how long uploaded pictures are taken to be there. Those
// that no record names are dropped after minutes to an hour. Source:
// platforms.md §3.3.
const stagedFor = 20 * time.Minute

// Prepare uploads the pictures, asks who is mentioned and makes the records.
// Doing it again uploads the same bytes to the same place.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	g, err := c.session(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	var embed json.RawMessage
	if r.Part == 0 { // else it is public
		if embed, err = c.embed(ctx, r.Content); err != nil {
			return channels.Staged{}, err
		}
	}
	remembered, err := json.Marshal(note{g.DID})
	if err != nil {
		return channels.Staged{}, err
	}
	var staged channels.Staged
	for i, text := range texts(r.Content) {
		p := post{Type: collection, Text: text, Langs: langs(r.Content)}
		if i == 0 {
			p.Embed = embed
			if embed != nil && r.Content.ContentWarning != "" {
				p.Labels = &covered
			}
		}
		if p.Facets, err = facets(spans(text, knownTLD), func(handle string) (string, error) { return c.resolve(ctx, g.PDS, handle) }); err != nil {
			return channels.Staged{}, err
		}
		b, err := encode(p)
		if err != nil {
			return channels.Staged{}, err
		}
		part := "post"
		if i > 0 {
			part = "reply"
		}
		staged.Parts = append(staged.Parts, channels.Part{Name: part, Body: b, Note: remembered})
	}
	if embed != nil {
		staged.Until = c.env.Now().Add(stagedFor)
	}
	return staged, nil
}

// resolve is the DID behind a handle, "" where the server knows of none. A
// handle that cannot be looked up must not keep the post from leaving: an
// answer of the server, whatever it is, ends the question.
func (c *Channel) resolve(ctx context.Context, host, handle string) (string, error) {
	var v struct {
		DID string `json:"did"`
	}
	a := c.ask(ctx, request{host: host, name: "com.atproto.identity.resolveHandle", query: url.Values{"handle": {handle}}})
	switch {
	case a.into(&v) && didForm.MatchString(v.DID):
		return v.DID, nil
	case a.own():
		return "", nil
	}
	return "", a.staging(opPrepare, c.env.Now())
}

// embed is what stands below the text: pictures, or the card of the link. nil: nothing.
func (c *Channel) embed(ctx context.Context, content campaign.Content) (json.RawMessage, error) {
	switch {
	case len(content.Media) > 0:
		e := images{Type: "app.bsky.embed.images"}
		for _, m := range content.Media {
			b, err := c.upload(ctx, m)
			if err != nil {
				return nil, err
			}
			i := image{Alt: m.Alt, Image: b}
			if m.Width > 0 && m.Height > 0 {
				i.Ratio = &ratio{m.Width, m.Height}
			}
			e.Images = append(e.Images, i)
		}
		return encode(e)
	case carded(content):
		e := external{Type: "app.bsky.embed.external", Card: card{URI: content.Link, Title: content.Card.Title, Description: content.Card.Description}}
		if p := content.Card.Picture; p != nil {
			b, err := c.upload(ctx, *p)
			if err != nil {
				return nil, err
			}
			e.Card.Thumb = &b
		}
		return encode(e)
	}
	return nil, nil
}

// mimeForm is a type of a file; the server finds it out by looking at the bytes.
var mimeForm = regexp.MustCompile(`^[a-z]{1,20}/[a-z0-9.+-]{1,60}$`)

// upload lays a picture down at the server.
func (c *Channel) upload(ctx context.Context, m campaign.Media) (blob, error) {
	b, err := c.env.Picture(opPrepare, m)
	if err != nil {
		return blob{}, err
	}
	a, err := c.askAs(ctx, opPrepare, request{name: "com.atproto.repo.uploadBlob", post: true, body: b, mime: m.Type})
	if err != nil {
		return blob{}, err
	}
	var v struct{ Blob blob }
	if !a.into(&v) || v.Blob.Type != "blob" || channels.SafeID(v.Blob.Ref.Link) == "" || !mimeForm.MatchString(v.Blob.MIME) || v.Blob.Size != int64(len(b)) {
		return blob{}, &channels.Error{Op: opPrepare, Fate: channels.NotSent, Scope: channels.ScopePlatform, Status: a.Status, Reach: a.Reach.String(),
			Err: errors.New("the server did not say where the picture lies")}
	}
	return v.Blob, nil
}
