package facebook

import (
	"context"
	"net/url"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// total is a sum that Facebook may leave out.
type total struct {
	Summary struct {
		Total *int64 `json:"total_count"`
	} `json:"summary"`
}

// Numbers are how often the post was liked, shared and commented on. Facebook
// leaves out what is none yet; that is not given, not zero.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var got struct {
		Likes    total `json:"likes"`
		Comments total `json:"comments"`
		Shares   struct {
			Count *int64 `json:"count"`
		} `json:"shares"`
	}
	err = c.graph.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: []string{r.RemoteID},
		Query: url.Values{"fields": {"shares,likes.summary(true).limit(0),comments.summary(true).limit(0)"}}}, &got)
	if err != nil {
		return campaign.Numbers{}, err
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	for count, v := range map[campaign.Count]*int64{campaign.CountLikes: got.Likes.Summary.Total,
		campaign.CountReplies: got.Comments.Summary.Total, campaign.CountReposts: got.Shares.Count} {
		if v != nil && *v >= 0 {
			n.Counts[count] = *v
		}
	}
	return n, nil
}

// Delete takes a post or comment down. Whether one that Facebook does not show
// is gone, or is not ours to see, it does not say: that is an error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return err
	}
	return c.graph.Remove(ctx, opDelete, token, r.RemoteID)
}
