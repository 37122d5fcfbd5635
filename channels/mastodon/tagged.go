package mastodon

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Tagged are public posts under a hashtag that others made, as far as the
// account's server knows them: it has those of the servers that it hears from.
func (c *Channel) Tagged(ctx context.Context, hashtag string, since time.Time) ([]campaign.Entry, error) {
	who, token, err := c.whoami(ctx)
	if err != nil {
		return nil, err
	}
	out := []campaign.Entry{}
	seen := map[string]bool{}
	page := url.Values{"limit": {strconv.Itoa(pageSize)}}
	for range channels.MaxTagged / pageSize {
		var posts []struct {
			post
			Account loose[struct {
				ID string `json:"id"`
			}] `json:"account"`
		}
		if _, err := c.get(ctx, opRead, token, &posts, page, "api", "v1", "timelines", "tag", strings.TrimPrefix(hashtag, "#")); err != nil {
			return nil, err
		}
		older := true // the page has nothing new
		for _, p := range posts {
			r := p.receipt(time.Time{}, "")
			if r.Platform.Before(since) {
				continue
			}
			older = false
			if r.URL != "" && p.Account.value.ID != who.id && !seen[r.URL] {
				seen[r.URL] = true
				out = append(out, campaign.Entry{URL: r.URL, At: r.Platform})
			}
		}
		if older {
			break
		}
		page.Set("max_id", posts[len(posts)-1].ID)
	}
	return out[:min(len(out), channels.MaxTagged)], nil
}
