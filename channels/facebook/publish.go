package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	// stagedFor is how long an unpublished photo is counted on; Facebook drops
	// it after about a day. Source: platforms.md §4.3.
	stagedFor = 12 * time.Hour
	// linkWithin is how long a post that is public waits for its address.
	linkWithin = 5 * time.Second
)

// note is what Prepare remembers of a part.
type note struct {
	Photos []string `json:"photos,omitempty"`
}

// Prepare uploads the pictures unpublished, each with its description, and
// freezes the bytes of each part. It may be done again.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	_, token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	var out channels.Staged
	post, n := draft(r.Content), note{}
	if r.Part == 0 {
		for _, m := range r.Content.Media {
			id, err := c.upload(ctx, token, m)
			if err != nil {
				return channels.Staged{}, err
			}
			n.Photos = append(n.Photos, id)
			post.Attached = append(post.Attached, photo{id})
			out.Until = c.env.Now().Add(stagedFor)
		}
	}
	if err := addPart(&out, partPost, post, n); err != nil {
		return channels.Staged{}, err
	}
	if r.Content.FirstComment != "" {
		if err := addPart(&out, partComment, comment{r.Content.FirstComment}, note{}); err != nil {
			return channels.Staged{}, err
		}
	}
	return out, nil
}

// upload stages a picture. To say that it is not published is what matters
// most: Facebook would show each picture as a post of its own.
func (c *Channel) upload(ctx context.Context, token secret.String, m campaign.Media) (string, error) {
	body, contentType, err := c.env.Form(opPrepare, [][2]string{{"published", "false"}, {"alt_text_custom", m.Alt}},
		[]channels.File{{Field: "source", Name: "picture" + channels.Extension(m.Type), Type: m.Type, Digest: m.Digest}})
	if err != nil {
		return "", err
	}
	var got struct {
		ID graph.ID `json:"id"`
	}
	if err := c.graph.Upload(ctx, graph.Call{Op: opPrepare, Token: token, Path: []string{c.cfg.Page, "photos"}}, body, contentType, &got); err != nil {
		return "", err
	}
	if got.ID == "" {
		return "", channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the platform named no photo"))
	}
	return string(got.ID), nil
}

// Publish makes the post with one call, or comments on it with another.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	path, err := c.path(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	id, err := c.graph.Send(ctx, r.Gate, graph.Call{Op: opPublish, Token: token, Path: path}, r.Staged.Parts[r.Part].Body, r.Doubt)
	if err != nil {
		return campaign.Receipt{}, err
	}
	receipt := campaign.Receipt{RemoteID: id, At: c.env.Now(), How: "answer"}
	c.addLink(ctx, token, &receipt)
	return receipt, nil
}

// path is where the part at hand goes: the Page's feed, or the comments of our post.
func (c *Channel) path(r channels.Request) ([]string, error) {
	switch {
	case r.Part < 0 || r.Part >= len(r.Staged.Parts):
		return nil, errors.New("this part was not staged")
	case r.Staged.Parts[r.Part].Name == partPost:
		return []string{c.cfg.Page, "feed"}, nil
	case len(r.Earlier) == 0 || channels.SafeID(r.Earlier[0].RemoteID) == "":
		return nil, errors.New("the post has no receipt")
	}
	return []string{r.Earlier[0].RemoteID, "comments"}, nil
}

// addLink asks for the address of what is public. Where that fails it has an
// address nevertheless: what is published stays published.
func (c *Channel) addLink(ctx context.Context, token secret.String, r *campaign.Receipt) {
	ctx, cancel := context.WithTimeout(ctx, linkWithin)
	defer cancel()
	var got struct {
		Link    string     `json:"permalink_url"`
		Created graph.Time `json:"created_time"`
	}
	err := c.graph.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: []string{r.RemoteID},
		Query: url.Values{"fields": {"permalink_url,created_time"}}}, &got)
	r.URL = publicDialog + "/" + r.RemoteID
	if link := channels.SafeLink(got.Link); err == nil && link != "" {
		r.URL = link
	}
	r.Platform = got.Created.Time
}

// addPart freezes a part.
func addPart(s *channels.Staged, name string, body any, n note) error {
	b, err := json.Marshal(body)
	if err == nil {
		var remembered []byte
		if remembered, err = json.Marshal(n); err == nil {
			s.Parts = append(s.Parts, channels.Part{Name: name, Body: b, Note: remembered})
		}
	}
	if err != nil {
		return channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	return nil
}
