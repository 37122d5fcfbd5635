package instagram

import (
	"context"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// Numbers are how often the post was liked and commented on. An account that
// hides likes gives none.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	_, token, err := c.tokens.Take(ctx)
	if err == nil && strings.HasPrefix(r.RemoteID, graph.Unknown) {
		err = channels.Unsent(opRead, channels.ScopeContent, errUnknownPost)
	}
	if err != nil {
		return campaign.Numbers{}, err
	}
	var got struct {
		Likes    *int64 `json:"like_count"`
		Comments *int64 `json:"comments_count"`
	}
	err = c.posts.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: []string{r.RemoteID}, Query: url.Values{"fields": {"like_count,comments_count"}}}, &got)
	if err != nil {
		return campaign.Numbers{}, err
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	for count, v := range map[campaign.Count]*int64{campaign.CountLikes: got.Likes, campaign.CountReplies: got.Comments} {
		if v != nil && *v >= 0 {
			n.Counts[count] = *v
		}
	}
	return n, nil
}

// deleting is a channel whose app may delete.
type deleting struct{ *Channel }

// Delete takes a post down. Whether one that is not shown is gone, or not ours
// to see, Instagram does not say: that is an error.
func (c deleting) Delete(ctx context.Context, r campaign.Receipt) error {
	_, token, err := c.tokens.Take(ctx)
	if err == nil && strings.HasPrefix(r.RemoteID, graph.Unknown) {
		err = channels.Unsent(opDelete, channels.ScopeContent, errUnknownPost)
	}
	if err != nil {
		return err
	}
	return c.posts.Remove(ctx, opDelete, token, r.RemoteID)
}
