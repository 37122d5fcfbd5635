package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// stored is a record as the server returns it.
type stored struct {
	URI   string          `json:"uri"`
	CID   string          `json:"cid"`
	Value json.RawMessage `json:"value"`
}

// get reads the post under a key; nil where the answer is something else.
// Everybody may read it, so a session that is over does no harm.
func (c *Channel) get(ctx context.Context, g grant, key string) (*stored, answer) {
	a := c.ask(ctx, request{host: g.PDS, name: "com.atproto.repo.getRecord",
		query: url.Values{"repo": {g.DID}, "collection": {collection}, "rkey": {key}}})
	var v stored
	if !a.into(&v) || v.URI != uriOf(g.DID, key) {
		return nil, a
	}
	return &v, a
}

// Reconcile reads the record under the key of the part.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	g, err := c.load(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	if r.Part < len(r.Staged.Parts) && accountOf(r.Staged.Parts[r.Part]) != g.DID {
		return channels.CannotTell, campaign.Receipt{}, channels.Unsent(opRead, channels.ScopeChannel, errors.New("the channel was connected to another account since the post was sent"))
	}
	all := texts(r.Content)
	if r.Part >= len(all) {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	key := recordKey(r)
	v, a := c.get(ctx, g, key)
	switch {
	case v != nil && sameText(v.Value, all[r.Part]):
		return channels.Found, c.receipt(g.DID, key, "read-back"), nil
	case v != nil:
		return channels.Ambiguous, campaign.Receipt{}, nil // somebody changed it, or wrote under our key
	case a.is("RecordNotFound"):
		verdict, err := c.absence(ctx, g, r.Newest)
		return verdict, campaign.Receipt{}, err
	}
	return channels.CannotTell, campaign.Receipt{}, a.staging(opRead, c.env.Now())
}

// sameText tells whether readers would take the record for the text.
func sameText(value json.RawMessage, text string) bool {
	var p struct{ Text string }
	return json.Unmarshal(value, &p) == nil && campaign.NormalForm(p.Text) == campaign.NormalForm(text)
}

// Latest is a mark of the account's newest revision: what changes later, by us
// or by others, makes another. Where the server tells no revisions it is the
// address of the newest post, "" where there is none yet.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	g, err := c.load(ctx)
	if err != nil {
		return "", err
	}
	rev, err := c.head(ctx, g)
	if err != nil || rev != "" {
		return markOf(g.DID, rev), err
	}
	a := c.ask(ctx, request{host: g.PDS, name: "com.atproto.repo.listRecords", query: url.Values{"repo": {g.DID}, "collection": {collection}, "limit": {"1"}}})
	var v struct {
		Records []stored `json:"records"`
	}
	if !a.into(&v) {
		return "", a.staging(opRead, c.env.Now())
	}
	if len(v.Records) == 0 {
		return "", nil
	}
	return channels.SafeID(v.Records[0].URI), nil
}

// Delete takes a post down; one that is not there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	key := keyIn(r)
	if key == "" {
		return noPost(opDelete)
	}
	g, err := c.session(ctx)
	if err != nil {
		return err
	}
	body, err := encode(map[string]string{"repo": g.DID, "collection": collection, "rkey": key})
	if err != nil {
		return err
	}
	a, err := c.askAs(ctx, opDelete, request{name: "com.atproto.repo.deleteRecord", post: true, body: body})
	if err != nil || a.into(&struct{}{}) {
		return err
	}
	// A box in between says yes, too, and some servers answer nothing at all.
	_, a = c.get(ctx, g, key)
	if a.is("RecordNotFound") {
		return nil
	}
	e := a.staging(opDelete, c.env.Now())
	e.Err = errors.New("the server does not say that it was taken down")
	return e
}

// Date is the server's clock.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	host := hostOf(c.cfg.Base)
	if g, err := c.load(ctx); err == nil {
		host = g.PDS
	}
	a := c.ask(ctx, request{host: host, name: "_health"})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, a.staging(opRead, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}

// Numbers are what the application that shows posts has counted. A server that
// has none behind it tells nothing, which is not zero.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	key := keyIn(r)
	if key == "" {
		return campaign.Numbers{}, noPost(opRead)
	}
	g, err := c.session(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	a, err := c.askAs(ctx, opRead, request{name: "app.bsky.feed.getPosts", query: url.Values{"uris": {uriOf(g.DID, key)}}})
	if err == nil {
		if n, ok := c.numbers(a, uriOf(g.DID, key)); ok {
			return n, nil
		}
	} else if !a.own() {
		return campaign.Numbers{}, err
	}
	// Nothing was told: it may be gone, not shown yet, or nobody counts here.
	v, a := c.get(ctx, g, key)
	switch {
	case v != nil:
		return campaign.Numbers{At: c.env.Now()}, nil
	case a.is("RecordNotFound"):
		return campaign.Numbers{}, fmt.Errorf("%s: %w", opRead, channels.ErrGone)
	}
	return campaign.Numbers{}, a.staging(opRead, c.env.Now())
}

// numbers reads the counts of the post out of an answer.
func (c *Channel) numbers(a answer, uri string) (campaign.Numbers, bool) {
	var v struct {
		Posts []struct {
			URI     string `json:"uri"`
			Likes   *int64 `json:"likeCount"`
			Reposts *int64 `json:"repostCount"`
			Replies *int64 `json:"replyCount"`
			Quotes  *int64 `json:"quoteCount"`
		} `json:"posts"`
	}
	if !a.into(&v) || len(v.Posts) != 1 || v.Posts[0].URI != uri {
		return campaign.Numbers{}, false
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	p := v.Posts[0]
	for count, value := range map[campaign.Count]*int64{campaign.CountLikes: p.Likes, campaign.CountReposts: p.Reposts,
		campaign.CountReplies: p.Replies, campaign.CountQuotes: p.Quotes} {
		if value != nil && *value >= 0 {
			n.Counts[count] = *value
		}
	}
	return n, true
}

// noPost is a receipt in which no record is named.
func noPost(op string) *channels.Error {
	return &channels.Error{Op: op, Fate: channels.Refused, Scope: channels.ScopeContent, Reach: httpx.ReachNothing.String(), Err: errors.New("the receipt names no post")}
}
