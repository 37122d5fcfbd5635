package x

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

const (
	pageSize = 20 // posts; each one that is read costs money
	// maxPages bounds a read-back: that many posts are not made by hand meanwhile.
	maxPages = 10
	// lookBack is how far before the first attempt a read-back begins where no
	// newest post is known. Source: platforms.md §1.7.
	lookBack = 2 * time.Minute
	// leastPage is the smallest page that X gives.
	leastPage = 5
)

const tweetFields = "created_at,entities,attachments,referenced_tweets,edit_history_tweet_ids,note_tweet"

// Reconcile looks for the part among the account's own posts, from the newest
// one seen before the first attempt on. Where it was sent once more already its
// absence proves nothing: a person decides.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	all := drafts(r.Content)
	if r.Part >= len(all) {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	who, cred, err := c.whoami(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	posts, err := c.since(ctx, who, cred, r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	want := all[r.Part]
	if r.Part > 0 && len(r.Earlier) > 0 {
		want.answers = r.Earlier[len(r.Earlier)-1].RemoteID
	}
	verdict, receipt := judge(posts, want, r.Earlier, c.env.Now())
	if verdict == channels.Absent && c.cfg.Redo && r.Attempt > 1 {
		verdict = channels.CannotTell
	}
	return verdict, receipt, nil
}

// page is a list of posts, newest first.
type page struct {
	Data []tweet `json:"data"`
	Meta struct {
		Count *int   `json:"result_count"`
		Next  string `json:"next_token"`
	} `json:"meta"`
}

// since are the account's own posts after r.Newest, or those since just before
// the first attempt where no newest is known.
func (c *Channel) since(ctx context.Context, who identity, cred credential, r channels.Request) ([]tweet, error) {
	query := url.Values{"max_results": {strconv.Itoa(pageSize)}, "exclude": {"retweets"}, "tweet.fields": {tweetFields}}
	if id := safeNumber(r.Newest); id != "" {
		query.Set("since_id", id)
	} else {
		query.Set("start_time", r.ArmedAt.Add(-lookBack).UTC().Format(time.RFC3339))
	}
	var all []tweet
	for range maxPages {
		var p page
		a, err := c.get(ctx, opRead, cred, &p, query, "2", "users", who.id, "tweets")
		if err != nil {
			return nil, err
		}
		if len(p.Data) == 0 && p.Meta.Count == nil {
			return nil, unclear(a) // an empty list says that it is empty
		}
		all = append(all, p.Data...)
		if p.Meta.Next == "" {
			return all, nil
		}
		query.Set("pagination_token", p.Meta.Next)
	}
	return nil, &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: httpx.ReachAnswer.String(), Err: errors.New("the list of posts has no end")}
}

// unclear is a read whose answer was no list.
func unclear(a httpx.Answer) *channels.Error {
	return &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Status: a.Status, Reach: a.Reach.String(),
		Err: errors.New("the answer cannot be understood")}
}

// judge finds want among the posts: one that reads like it, answers the same
// post, is no other part of the delivery and shows as many pictures. One that
// lacks some, or several, are shown to a person: taken for absent it would be
// public twice.
func judge(posts []tweet, want draft, earlier []campaign.Receipt, now time.Time) (channels.Verdict, campaign.Receipt) {
	var alike []tweet
	for _, t := range posts {
		known := slices.ContainsFunc(earlier, func(e campaign.Receipt) bool { return e.RemoteID == t.ID })
		if known || safeNumber(t.ID) == "" || t.reposts() || t.answered() != want.answers || !t.reads(want.text) {
			continue
		}
		if !slices.ContainsFunc(alike, func(a tweet) bool { return a.ID == t.ID }) {
			alike = append(alike, t)
		}
	}
	switch {
	case len(alike) == 0:
		return channels.Absent, campaign.Receipt{}
	case len(alike) == 1 && len(alike[0].Attachments.MediaKeys) == want.pictures:
		return channels.Found, alike[0].receipt(now)
	}
	return channels.Ambiguous, campaign.Receipt{}
}

// Latest is the id of the account's newest own post, "" where there is none.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	who, cred, err := c.whoami(ctx)
	if err != nil {
		return "", err
	}
	var p page
	query := url.Values{"max_results": {strconv.Itoa(leastPage)}, "exclude": {"retweets"}}
	a, err := c.get(ctx, opRead, cred, &p, query, "2", "users", who.id, "tweets")
	switch {
	case err != nil:
		return "", err
	case len(p.Data) == 0 && p.Meta.Count == nil:
		return "", unclear(a)
	case len(p.Data) == 0:
		return "", nil
	}
	return safeNumber(p.Data[0].ID), nil
}

// Numbers are what X counts for the post.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	id := safeNumber(r.RemoteID)
	if id == "" {
		return campaign.Numbers{}, errNoPost(opRead)
	}
	cred, err := c.credential(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var in struct {
		Data *struct {
			ID      string `json:"id"`
			Metrics struct {
				Views   *int64 `json:"impression_count"`
				Likes   *int64 `json:"like_count"`
				Reposts *int64 `json:"retweet_count"`
				Replies *int64 `json:"reply_count"`
				Quotes  *int64 `json:"quote_count"`
			} `json:"public_metrics"`
		} `json:"data"`
		Errors []problem `json:"errors"`
	}
	a, err := c.get(ctx, opRead, cred, &in, url.Values{"tweet.fields": {"public_metrics"}}, "2", "tweets", id)
	missing := err == nil && in.Data == nil && failure{Errors: in.Errors}.is("resource-not-found")
	switch {
	case missing, err != nil && gone(a):
		return campaign.Numbers{}, fmt.Errorf("%s: %w", opRead, channels.ErrGone)
	case err != nil:
		return campaign.Numbers{}, err
	case in.Data == nil || in.Data.ID != id:
		return campaign.Numbers{}, unclear(a)
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	m := in.Data.Metrics
	for count, v := range map[campaign.Count]*int64{campaign.CountViews: m.Views, campaign.CountLikes: m.Likes, campaign.CountReposts: m.Reposts,
		campaign.CountReplies: m.Replies, campaign.CountQuotes: m.Quotes} {
		if v != nil && *v >= 0 {
			n.Counts[count] = *v
		}
	}
	return n, nil
}

// Delete takes a post down; one that is not there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	id := safeNumber(r.RemoteID)
	if id == "" {
		return errNoPost(opDelete)
	}
	cred, err := c.credential(ctx)
	if err != nil {
		return err
	}
	var out struct {
		Data struct {
			Deleted bool `json:"deleted"`
		} `json:"data"`
		Errors json.RawMessage `json:"errors"`
	}
	a, err := c.do(ctx, cred, request{op: opDelete, method: http.MethodDelete, path: []string{"2", "tweets", id}}, &out)
	switch {
	case err != nil && gone(a):
		return nil
	case err == nil && !out.Data.Deleted:
		return &channels.Error{Op: opDelete, Fate: channels.InDoubt, Scope: channels.ScopePlatform, Status: a.Status, Reach: a.Reach.String(),
			Err: errors.New("the platform does not say that the post is gone")}
	}
	return err
}

// Date is X's clock: every answer bears it, also one to a caller without a name.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: c.address(nil, "2", "users", "me"), Header: http.Header{"Accept": {mimeJSON}}})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
