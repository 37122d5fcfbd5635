package threads

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Names of the visible calls.
const (
	partPost  = "post"
	partReply = "reply"
)

const (
	quotaFields = "quota_usage,config,reply_quota_usage,reply_config"
	quotaPath   = "threads_publishing_limit"
)

// Prepare makes the container of the part at hand and waits until Threads has
// fetched its pictures. It may be done again: a container that is not published
// is seen by nobody and ends after a day.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	k, token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	who, err := c.account(ctx, k, token)
	if err != nil {
		return channels.Staged{}, err
	}
	if err := c.posts.Spare(ctx, token, r.Part > 0, quotaFields, who.ID, quotaPath); err != nil {
		return channels.Staged{}, err
	}
	id, err := c.stage(ctx, token, who, r)
	if err != nil {
		return channels.Staged{}, err
	}
	out := channels.Staged{Until: c.env.Now().Add(graph.Keeps)}
	for i := range 1 + len(r.Content.Thread) {
		part := channels.Part{Name: partName(i), Later: true}
		if i == r.Part {
			if part, err = graph.Part(part.Name, id, c.env.Now()); err != nil {
				return channels.Staged{}, err
			}
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}

func partName(i int) string {
	if i == 0 {
		return partPost
	}
	return partReply
}

// textOf is the text of a part, as it leaves.
func textOf(content campaign.Content, part int) string {
	if part == 0 {
		return channels.Worded(content).Text
	}
	return content.Thread[part-1]
}

// stage makes the container of the part at hand; of several pictures each is
// one first.
func (c *Channel) stage(ctx context.Context, token secret.String, who graph.Account, r channels.Request) (string, error) {
	if r.Part < 0 || r.Part > len(r.Content.Thread) {
		return "", channels.Unsent(opPrepare, channels.ScopeContent, fmt.Errorf("the post has no part %d", r.Part))
	}
	fields := map[string]any{"media_type": "TEXT", "text": textOf(r.Content, r.Part), "reply_control": c.cfg.ReplyControl}
	if r.Part > 0 {
		before, err := answered(r)
		if err != nil {
			return "", err
		}
		fields["reply_to_id"] = before
		delete(fields, "reply_control") // of the first part
		return c.make(ctx, token, who, fields)
	}
	media := r.Content.Media
	switch len(media) {
	case 0:
		addExtras(fields, r.Content)
	case 1:
		picture, err := c.picture(r, media[0])
		if err != nil {
			return "", err
		}
		maps.Copy(fields, picture)
	default:
		var children []string
		for _, m := range media {
			picture, err := c.picture(r, m)
			if err != nil {
				return "", err
			}
			picture["is_carousel_item"] = true
			id, err := c.make(ctx, token, who, picture)
			if err != nil {
				return "", err
			}
			children = append(children, id)
		}
		fields["media_type"], fields["children"] = "CAROUSEL", strings.Join(children, ",")
	}
	return c.make(ctx, token, who, fields)
}

// addExtras is what only a post without pictures has: a poll, or the card of
// its link.
func addExtras(fields map[string]any, content campaign.Content) {
	switch {
	case content.Poll != nil:
		options := map[string]string{}
		for i, o := range content.Poll.Options {
			options["option_"+string(rune('a'+i))] = o
		}
		fields["poll_attachment"] = options
	case content.Link != "":
		fields["link_attachment"] = content.Link
	}
}

// picture is what a container says of one picture.
func (c *Channel) picture(r channels.Request, m campaign.Media) (map[string]any, error) {
	address, err := c.posts.Fetched(opPrepare, m, r.Delivery)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{"media_type": "IMAGE", "image_url": address}
	if m.Alt != "" {
		fields["alt_text"] = m.Alt
	}
	return fields, nil
}

func (c *Channel) make(ctx context.Context, token secret.String, who graph.Account, fields map[string]any) (string, error) {
	id, err := c.posts.Create(ctx, token, fields, who.ID, "threads")
	if err != nil {
		return "", err
	}
	return id, c.posts.Await(ctx, token, id)
}

// answered is the post that the part at hand answers: the one before. One
// whose own id is not known cannot be answered.
func answered(r channels.Request) (string, error) {
	if len(r.Earlier) == 0 || strings.HasPrefix(r.Earlier[len(r.Earlier)-1].RemoteID, graph.Unknown) {
		e := channels.Unsent(opPrepare, channels.ScopeContent, errUnknownPost)
		e.Fate = channels.Refused
		return "", e
	}
	return r.Earlier[len(r.Earlier)-1].RemoteID, nil
}

// Publish makes the container of the part at hand public.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	k, token, err := c.tokens.Take(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	who, err := c.account(ctx, k, token)
	if err != nil {
		return campaign.Receipt{}, err
	}
	id, err := c.posts.Publish(ctx, r, graph.Call{Op: opPublish, Token: token, Path: []string{who.ID, "threads_publish"}})
	if err != nil {
		return campaign.Receipt{}, err
	}
	return c.posts.Done(ctx, token, id), nil
}

// Reconcile asks the container what became of it. Source: platforms.md §6.7.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	container, ok := graph.Staged(r)
	if !ok || r.Part > len(r.Content.Thread) {
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
	public, verdict, err := c.posts.Verdict(ctx, token, container)
	if err != nil || !public {
		return verdict, campaign.Receipt{}, err
	}
	where, kind := "threads", kindOf(r.Content)
	if r.Part > 0 {
		where, kind = "replies", kindText
	}
	list, err := c.posts.List(ctx, token, url.Values{"fields": {"id,text,timestamp,permalink,media_type"}, "limit": {"25"}}, who.ID, where)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	return channels.Found, graph.Public(container, graph.Matching(list, textOf(r.Content, r.Part), kind, r), c.env.Now()), nil
}

// kindText is how lists call a post without pictures.
const kindText = "TEXT_POST"

// kindOf is how lists call the first part.
func kindOf(content campaign.Content) string {
	switch len(content.Media) {
	case 0:
		return kindText
	case 1:
		return "IMAGE"
	}
	return "CAROUSEL_ALBUM"
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	var out []campaign.Shown
	for part := range 1 + len(content.Thread) {
		out = append(out, campaign.Shown{Text: textOf(content, part)})
	}
	return out
}
