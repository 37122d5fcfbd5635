package mastodon

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Numbers are how often the post was liked, boosted, answered and quoted. The
// server counts no views.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var p post
	a, err := c.get(ctx, opRead, token, &p, nil, "api", "v1", "statuses", r.RemoteID)
	if err != nil {
		if gone(a) {
			err = fmt.Errorf("%s: %w", opRead, channels.ErrGone)
		}
		return campaign.Numbers{}, err
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	for count, l := range map[campaign.Count]loose[int64]{
		campaign.CountLikes: p.Favourites, campaign.CountReposts: p.Reblogs, campaign.CountReplies: p.Replies, campaign.CountQuotes: p.Quotes,
	} {
		if l.said && l.value >= 0 {
			n.Counts[count] = l.value
		}
	}
	return n, nil
}

// gone tells whether the server itself says that there is no such post.
func gone(a httpx.Answer) bool {
	_, own := said(a)
	return own && (a.Status == http.StatusNotFound || a.Status == http.StatusGone)
}

// Delete takes a post down with its pictures; one that is not there is no
// error. Copies on other servers disappear as far as those honour it.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"delete_media": {"true"}}
	a, err := c.do(ctx, opDelete, token, httpx.Call{Method: http.MethodDelete, URL: c.address(query, "api", "v1", "statuses", r.RemoteID), Header: head(token)}, &struct{}{}) // an object, which no box in between answers
	if err != nil && gone(a) {
		return nil
	}
	return err
}

// Date is the server's clock, read without publishing anything.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: c.address(nil, ".well-known", "nodeinfo"), Header: head(secret.String{})})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
