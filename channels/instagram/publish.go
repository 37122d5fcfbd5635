package instagram

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Names of the visible calls.
const (
	partPost    = "post"
	partComment = "first comment"
)

const quotaFields = "quota_usage,config"

// Prepare makes the container and waits until Instagram has fetched its
// pictures. It may be done again: a container that is not published is seen by
// nobody and ends after a day.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	k, token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	who, err := c.account(ctx, k, token)
	if err != nil {
		return channels.Staged{}, err
	}
	out := channels.Staged{Until: c.env.Now().Add(graph.Keeps)}
	post := channels.Part{Name: partPost, Later: true} // public already, where another part is asked for
	if r.Part == 0 {
		if err := c.posts.Spare(ctx, token, false, quotaFields, who.ID, "content_publishing_limit"); err != nil {
			return channels.Staged{}, err
		}
		id, err := c.stage(ctx, token, who, r)
		if err != nil {
			return channels.Staged{}, err
		}
		if post, err = graph.Part(partPost, id, c.env.Now()); err != nil {
			return channels.Staged{}, err
		}
	}
	out.Parts = append(out.Parts, post)
	if r.Content.FirstComment != "" {
		b, err := json.Marshal(map[string]string{"message": r.Content.FirstComment})
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: partComment, Body: b})
	}
	return out, nil
}

// stage makes the container of a picture, or of several: then each is one first.
func (c *Channel) stage(ctx context.Context, token secret.String, who graph.Account, r channels.Request) (string, error) {
	fields := map[string]any{"caption": caption(r.Content)}
	if len(r.Content.Media) == 1 {
		return c.ready(ctx, token, who, r.Delivery, r.Content.Media[0], fields)
	}
	var children []string
	for _, m := range r.Content.Media {
		id, err := c.ready(ctx, token, who, r.Delivery, m, map[string]any{"is_carousel_item": true})
		if err != nil {
			return "", err
		}
		children = append(children, id)
	}
	fields["media_type"], fields["children"] = "CAROUSEL", strings.Join(children, ",")
	return c.make(ctx, token, who, fields)
}

// ready is the container of one picture once it was fetched.
func (c *Channel) ready(ctx context.Context, token secret.String, who graph.Account, d campaign.Delivery, m campaign.Media, fields map[string]any) (string, error) {
	address, err := c.posts.Fetched(opPrepare, m, d)
	if err != nil {
		return "", err
	}
	fields["image_url"] = address
	if m.Alt != "" {
		fields["alt_text"] = m.Alt
	}
	return c.make(ctx, token, who, fields)
}

func (c *Channel) make(ctx context.Context, token secret.String, who graph.Account, fields map[string]any) (string, error) {
	id, err := c.posts.Create(ctx, token, fields, who.ID, "media")
	if err != nil {
		return "", err
	}
	return id, c.posts.Await(ctx, token, id)
}

// Publish makes the container public, or comments on what is.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, errors.New("this part was not staged"))
	}
	k, token, err := c.tokens.Take(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	who, err := c.account(ctx, k, token)
	if err != nil {
		return campaign.Receipt{}, err
	}
	call := graph.Call{Op: opPublish, Token: token, Path: []string{who.ID, "media_publish"}}
	var id string
	if part := r.Staged.Parts[r.Part]; part.Name == partComment {
		post, err := commented(r)
		if err != nil {
			return campaign.Receipt{}, err
		}
		call.Path = []string{post, "comments"}
		if id, err = c.posts.Send(ctx, r.Gate, call, part.Body, r.Doubt); err != nil {
			return campaign.Receipt{}, err
		}
		return campaign.Receipt{RemoteID: id, URL: channels.SafeLink(r.Earlier[0].URL), At: c.env.Now(), How: "answer"}, nil
	}
	if id, err = c.posts.Publish(ctx, r, call); err != nil {
		return campaign.Receipt{}, err
	}
	return c.posts.Done(ctx, token, id), nil
}

// commented is the post that the first comment stands under. One whose own id
// is not known cannot be commented on.
func commented(r channels.Request) (string, error) {
	if len(r.Earlier) == 0 || strings.HasPrefix(r.Earlier[0].RemoteID, graph.Unknown) {
		e := channels.Unsent(opPublish, channels.ScopeContent, errUnknownPost)
		e.Fate = channels.Refused
		return "", e
	}
	return r.Earlier[0].RemoteID, nil
}

// Reconcile asks the container what became of it, and for the comment the list
// of those under the post. Source: platforms.md §5.7.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return channels.Ambiguous, campaign.Receipt{}, nil
	}
	k, token, err := c.tokens.Take(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	who, err := c.account(ctx, k, token)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	if r.Staged.Parts[r.Part].Name == partComment {
		return c.findComment(ctx, token, who, r)
	}
	container, ok := graph.Staged(r)
	if !ok {
		return channels.Ambiguous, campaign.Receipt{}, nil
	}
	public, verdict, err := c.posts.Verdict(ctx, token, container)
	if err != nil || !public {
		return verdict, campaign.Receipt{}, err
	}
	list, err := c.posts.List(ctx, token, url.Values{"fields": {"id,caption,timestamp,media_type,permalink"}, "limit": {"25"}}, who.ID, "media")
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	kind := "IMAGE"
	if len(r.Content.Media) > 1 {
		kind = "CAROUSEL_ALBUM"
	}
	return channels.Found, graph.Public(container, graph.Matching(list, caption(r.Content), kind, r), c.env.Now()), nil
}

func (c *Channel) findComment(ctx context.Context, token secret.String, who graph.Account, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	post, err := commented(r)
	if err != nil {
		return channels.Ambiguous, campaign.Receipt{}, nil
	}
	list, err := c.posts.List(ctx, token, url.Values{"fields": {"id,text,timestamp,username"}, "limit": {"50"}}, post, "comments")
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	var ours []graph.Media
	for _, m := range list {
		if m.Username == "" || m.Username == who.Username {
			ours = append(ours, m)
		}
	}
	verdict, receipt := graph.Comment(graph.Matching(ours, r.Content.FirstComment, "", r), c.env.Now())
	return verdict, receipt, nil
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	return channels.Texts(caption(content))
}

// caption is the text below the pictures, as it leaves.
func caption(content campaign.Content) string { return channels.Worded(content).Text }
