package bluesky

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// taggedPage is how many posts are asked for at once; a server gives 100, but
// an answer with so many may be longer than we read.
const taggedPage = 50

// Tagged are public posts under a hashtag that others made, as the application
// that shows posts finds them.
func (c *Channel) Tagged(ctx context.Context, hashtag string, since time.Time) ([]campaign.Entry, error) {
	g, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	tag := strings.TrimPrefix(hashtag, "#")
	query := url.Values{"q": {"#" + tag}, "tag": {tag}, "sort": {"latest"}, "limit": {strconv.Itoa(taggedPage)},
		"since": {since.UTC().Format(time.RFC3339)}}
	out := []campaign.Entry{}
	seen := map[string]bool{}
	for range channels.MaxTagged / taggedPage {
		a, err := c.askAs(ctx, opRead, request{name: "app.bsky.feed.searchPosts", query: query})
		if err != nil {
			return nil, err
		}
		var v struct {
			Posts []struct {
				URI     string `json:"uri"`
				Indexed string `json:"indexedAt"` // when it was seen: what its author says may be any time
			} `json:"posts"`
			Cursor string `json:"cursor"`
		}
		if !a.into(&v) {
			return nil, a.staging(opRead, c.env.Now())
		}
		for _, p := range v.Posts {
			did, key, ok := strings.Cut(strings.TrimPrefix(p.URI, "at://"), "/"+collection+"/")
			at, err := time.Parse(time.RFC3339, p.Indexed)
			if !ok || err != nil || !didForm.MatchString(did) || !isTID(key) || did == g.DID || at.Before(since) || seen[p.URI] {
				continue
			}
			seen[p.URI] = true
			out = append(out, campaign.Entry{URL: c.receipt(did, key, "").URL, At: at.UTC()})
		}
		if v.Cursor == "" || len(v.Posts) == 0 {
			break
		}
		query.Set("cursor", v.Cursor)
	}
	return out, nil
}
