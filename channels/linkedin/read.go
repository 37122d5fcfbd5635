package linkedin

import (
	"context"
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
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	pageSize = 10 // posts of a page of the list
	// maxPages bounds a read-back: that many posts are not made by hand meanwhile.
	maxPages = 10
	// lookBack is how far before the first attempt a read-back goes; clocks may differ.
	lookBack = 10 * time.Minute
)

// Reconcile finds out what became of the part. A page's own posts are listed; a
// member's cannot be.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if r.Part >= 1 {
		return c.reconcileComment(ctx, r)
	}
	if c.cfg.Organization == "" {
		return c.probe(r), campaign.Receipt{}, nil
	}
	author, token, err := c.author(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	posts, err := c.since(ctx, token, author, r.ArmedAt.Add(-lookBack))
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	posts = slices.DeleteFunc(posts, func(s shown) bool { return s.ID == r.Newest })
	verdict, receipt := judge(posts, text(r.Content), len(r.Content.Media), c.env.Now())
	if twin := c.twinOf(r.Key); verdict == channels.Absent && twin != "" {
		return c.weighTwin(ctx, token, twin)
	}
	return verdict, receipt, nil
}

// probe tells whether one repeat may be made of a member's post: its answer
// tells more than any read that is allowed.
func (c *Channel) probe(r channels.Request) channels.Verdict {
	if c.cfg.Probe && r.Attempt <= 1 && r.Delivery.Reason.Code != campaign.ReasonDuplicate && c.env.Now().Before(r.ArmedAt.Add(probeUntil)) {
		return channels.Absent
	}
	return channels.CannotTell
}

// weighTwin looks at the post that a refusal named and that the list of the
// time does not have. One that nobody can see is a trace of what was deleted;
// one that is there is another's.
func (c *Channel) weighTwin(ctx context.Context, token secret.String, urn string) (channels.Verdict, campaign.Receipt, error) {
	var s shown
	a, err := c.get(ctx, opRead, token, &s, nil, "rest", "posts", urn)
	switch _, own := said(a); {
	case err != nil && own && a.Status == http.StatusNotFound:
		return channels.Gone, campaign.Receipt{}, nil
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	}
	return channels.Absent, campaign.Receipt{}, nil
}

// since are the author's posts that were made at or after the time.
func (c *Channel) since(ctx context.Context, token secret.String, author string, from time.Time) ([]shown, error) {
	var all []shown
	query := url.Values{"author": {author}, "q": {"author"}, "count": {strconv.Itoa(pageSize)}, "sortBy": {"LAST_MODIFIED"}}
	for n := range maxPages {
		query.Set("start", strconv.Itoa(n*pageSize))
		var in struct {
			Elements *[]shown `json:"elements"`
		}
		a, err := c.do(ctx, token, request{op: opRead, method: http.MethodGet, finder: true, path: []string{"rest", "posts"}, query: query}, &in)
		if err != nil {
			return nil, err
		}
		if in.Elements == nil {
			return nil, unclear(a)
		}
		old := len(*in.Elements) < pageSize
		for _, s := range *in.Elements {
			if s.Created >= from.UnixMilli() {
				all = append(all, s)
			} else {
				old = true // what was changed later than this stands before it
			}
		}
		if old {
			return all, nil
		}
	}
	return nil, &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: httpx.ReachAnswer.String(), Err: errors.New("the list of posts has no end")}
}

// unclear is a read whose answer was no list.
func unclear(a httpx.Answer) *channels.Error {
	return &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Status: a.Status, Reach: a.Reach.String(),
		Err: errors.New("the answer cannot be understood")}
}

// judge finds the text among the posts: one that people read so, or the
// beginning of it that LinkedIn left. One that lacks pictures, or several, are
// shown to a person.
func judge(posts []shown, want string, pictures int, now time.Time) (channels.Verdict, campaign.Receipt) {
	var alike []shown
	for _, s := range posts {
		if safePost(s.ID) == "" || s.Lifecycle != "" && s.Lifecycle != "PUBLISHED" || slices.ContainsFunc(alike, func(a shown) bool { return a.ID == s.ID }) {
			continue
		}
		if comparable(plain(s.Commentary)) == comparable(want) || s.cut(want) >= minCut {
			alike = append(alike, s)
		}
	}
	switch {
	case len(alike) == 0:
		return channels.Absent, campaign.Receipt{}
	case len(alike) == 1 && alike[0].pictures() == pictures:
		receipt := alike[0].receipt(now)
		receipt.Warning = alike[0].warning(want)
		return channels.Found, receipt
	}
	return channels.Ambiguous, campaign.Receipt{}
}

// minCut is how much of a text must be there to take what begins like it for
// ours, in characters: "Good morning" alone begins many.
const minCut = 40

// reconcileComment looks for our first comment under the post.
func (c *Channel) reconcileComment(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if c.cfg.Organization == "" || len(r.Earlier) == 0 || safePost(r.Earlier[0].RemoteID) == "" {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	author, token, err := c.author(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	post := r.Earlier[0].RemoteID
	var in struct {
		Elements *[]struct {
			ID      string  `json:"id"`
			Actor   string  `json:"actor"`
			Message message `json:"message"`
		} `json:"elements"`
	}
	a, err := c.get(ctx, opRead, token, &in, url.Values{"count": {"100"}}, "rest", "socialActions", post, "comments")
	switch _, own := said(a); {
	case err != nil && own && a.Status == http.StatusNotFound:
		return channels.Gone, campaign.Receipt{}, nil // the post itself is not there any more
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	case in.Elements == nil:
		return channels.CannotTell, campaign.Receipt{}, unclear(a)
	}
	var ids []string
	for _, e := range *in.Elements {
		if e.Actor == author && commentForm.MatchString(e.ID) && comparable(e.Message.Text) == comparable(r.Content.FirstComment) {
			ids = append(ids, commentID(e.ID))
		}
	}
	switch len(ids) {
	case 0:
		return channels.Absent, campaign.Receipt{}, nil
	case 1:
		return channels.Found, receipt(ids[0], post, c.env.Now(), "read-back"), nil
	}
	return channels.Ambiguous, campaign.Receipt{}, nil
}

// Latest is the name of a page's newest post, "" where there is none, and for a
// member, whose posts cannot be read.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	if c.cfg.Organization == "" {
		return "", nil
	}
	author, token, err := c.author(ctx)
	if err != nil {
		return "", err
	}
	var in struct {
		Elements *[]shown `json:"elements"`
	}
	query := url.Values{"author": {author}, "q": {"author"}, "count": {strconv.Itoa(pageSize)}, "sortBy": {"CREATED"}}
	a, err := c.do(ctx, token, request{op: opRead, method: http.MethodGet, finder: true, path: []string{"rest", "posts"}, query: query}, &in)
	if err != nil {
		return "", err
	}
	if in.Elements == nil {
		return "", unclear(a)
	}
	var newest shown
	for _, s := range *in.Elements {
		if s.Created > newest.Created {
			newest = s
		}
	}
	return safePost(newest.ID), nil
}

// gone tells whether LinkedIn itself says that there is no such post.
func gone(a httpx.Answer) bool {
	f, own := said(a)
	return own && a.Status == http.StatusNotFound && !f.has("VERSION") && !f.has("RESOURCE_NOT_FOUND_ENDPOINT")
}

// Numbers are what LinkedIn counts for the post: reactions and comments. It
// tells a page's views elsewhere, for rights that we do not ask for.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	post, comment := places(r.RemoteID)
	if post == "" {
		return campaign.Numbers{}, noPost(opRead)
	}
	if comment != "" {
		return campaign.Numbers{At: c.env.Now()}, nil
	}
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var in struct {
		Likes *struct {
			Total *int64 `json:"totalLikes"`
		} `json:"likesSummary"`
		Comments *struct {
			Total *int64 `json:"aggregatedTotalComments"`
		} `json:"commentsSummary"`
	}
	a, err := c.get(ctx, opRead, token, &in, nil, "rest", "socialActions", post)
	if err != nil {
		if gone(a) {
			err = fmt.Errorf("%s: %w", opRead, channels.ErrGone)
		}
		return campaign.Numbers{}, err
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	if in.Likes != nil && in.Likes.Total != nil && *in.Likes.Total >= 0 {
		n.Counts[campaign.CountLikes] = *in.Likes.Total
	}
	if in.Comments != nil && in.Comments.Total != nil && *in.Comments.Total >= 0 {
		n.Counts[campaign.CountReplies] = *in.Comments.Total
	}
	return n, nil
}

// Delete takes a post down with its comments, or a comment of ours; one that is
// not there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	post, comment := places(r.RemoteID)
	if post == "" {
		return noPost(opDelete)
	}
	author, token, err := c.author(ctx)
	if err != nil {
		return err
	}
	call := request{op: opDelete, method: http.MethodDelete, path: []string{"rest", "posts", post}}
	if comment != "" {
		call.path, call.query = []string{"rest", "socialActions", post, "comments", comment}, url.Values{"actor": {author}}
	}
	a, err := c.do(ctx, token, call, nil)
	switch {
	case err != nil && !gone(a):
		return err
	case err == nil && a.Status != http.StatusNoContent: // or a box in between said yes
		return channels.Unsent(opDelete, channels.ScopePlatform, errors.New("the platform does not say that it was taken down"))
	}
	return nil
}

// noPost is a receipt in which no post is named.
func noPost(op string) *channels.Error {
	e := channels.Unsent(op, channels.ScopeContent, errors.New("the receipt names no post of LinkedIn"))
	e.Fate = channels.Refused
	return e
}

// Date is LinkedIn's clock: every answer bears it, also one to a caller without a name.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: address(c.cfg.Base, nil, "v2", "userinfo"), Header: c.head(secret.String{})})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
