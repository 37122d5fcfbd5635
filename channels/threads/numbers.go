package threads

import (
	"context"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// counts are what Threads counts, by our names.
// Source: https://developers.facebook.com/docs/threads/insights.
var counts = map[string]campaign.Count{"views": campaign.CountViews, "likes": campaign.CountLikes, "replies": campaign.CountReplies, "reposts": campaign.CountReposts, "quotes": campaign.CountQuotes}

// Numbers are how often the post was seen, liked, answered, reposted and quoted.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	token, err := c.tokenFor(ctx, opRead, r)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var got struct {
		Data []struct {
			Name   string `json:"name"`
			Values []struct {
				Value *int64 `json:"value"`
			} `json:"values"`
		} `json:"data"`
	}
	err = c.posts.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: []string{r.RemoteID, "insights"}, Query: url.Values{"metric": {"views,likes,replies,reposts,quotes"}}}, &got)
	if err != nil {
		return campaign.Numbers{}, err
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	for _, d := range got.Data {
		if count, known := counts[d.Name]; known && len(d.Values) > 0 && d.Values[0].Value != nil && *d.Values[0].Value >= 0 {
			n.Counts[count] = *d.Values[0].Value
		}
	}
	return n, nil
}

// Delete takes a post down. Whether one that is not shown is gone, or not ours
// to see, Threads does not say: that is an error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	token, err := c.tokenFor(ctx, opDelete, r)
	if err != nil {
		return err
	}
	return c.posts.Remove(ctx, opDelete, token, r.RemoteID)
}

// tokenFor is the token for a call about a post, whose own id must be known.
func (c *Channel) tokenFor(ctx context.Context, op string, r campaign.Receipt) (secret.String, error) {
	_, token, err := c.tokens.Take(ctx)
	if err == nil && strings.HasPrefix(r.RemoteID, graph.Unknown) {
		err = channels.Unsent(op, channels.ScopeContent, errUnknownPost)
	}
	return token, err
}
