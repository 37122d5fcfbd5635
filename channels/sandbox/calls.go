package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

const (
	opPublish = "sandbox.publish"
	opPrepare = "sandbox.prepare"
	opRead    = "sandbox.read"
	opDelete  = "sandbox.delete"
)

// url is an address of the account, its parts escaped.
func (c *Channel) url(parts ...string) string {
	all := []string{strings.TrimSuffix(c.cfg.Base.String(), "/"), "v1", "accounts"}
	for _, p := range append([]string{c.cfg.Account}, parts...) {
		all = append(all, url.PathEscape(p))
	}
	return strings.Join(all, "/")
}

func escapeQuery(s string) string { return url.QueryEscape(s) }

// decodeReply reads an answer; own tells that it is whole and of the server's shape.
func decodeReply(a httpx.Answer) (v reply, own bool) {
	if !a.Whole || json.Unmarshal(a.Body, &v) != nil {
		return reply{}, false
	}
	return v, success(a.Status) || v.Error != ""
}

// do makes a call that publishes nothing. The error is of channels.Staging,
// refused for good where the server says so.
func (c *Channel) do(ctx context.Context, op, method, address string, body []byte) (reply, error) {
	call := httpx.Call{Method: method, URL: address, Body: body, Header: http.Header{"Content-Type": {"application/octet-stream"}}}
	a, err := c.client.Do(ctx, call)
	v, own := decodeReply(a)
	if err == nil && own && success(a.Status) {
		return v, nil
	}
	e := channels.Staging(op, a, err, own, c.env.Now())
	if code := channels.SafeCode(v.Error); own && code != "" {
		e.Err = refusedAs(code)
		switch a.Status {
		case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
			e.Fate, e.Scope = channels.Refused, channels.ScopeContent
		}
	}
	return v, e
}

// refusedAs is a code of the server's refusals as an error.
type refusedAs string

func (r refusedAs) Error() string { return string(r) }

func (c *Channel) putAccount(ctx context.Context) error {
	b, err := json.Marshal(Account{Title: c.cfg.Title, Like: c.cfg.Like, Class: c.cfg.Class})
	if err == nil {
		_, err = c.do(ctx, opPrepare, http.MethodPut, c.url(), b)
	}
	return err
}

func (c *Channel) putPicture(ctx context.Context, m campaign.Media) error {
	b, err := c.env.Picture(opPrepare, m)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, opPrepare, http.MethodPut, c.url("media", string(m.Digest)), b)
	return err
}

func (c *Channel) stage(ctx context.Context, draft []byte) (reply, error) {
	v, err := c.do(ctx, opPrepare, http.MethodPost, c.url("containers"), draft)
	if err == nil && v.ID == "" {
		err = &channels.Error{Op: opPrepare, Fate: channels.NotSent, Scope: channels.ScopePlatform, Err: errors.New("the server named no container")}
	}
	return v, err
}

// Reconcile asks in the way of the account's class; see the package comment.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	switch c.cfg.Class {
	case campaign.K2:
		return c.askID(ctx, r)
	case campaign.K3:
		return c.askContainer(ctx, r)
	case campaign.K6:
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	return c.askList(ctx, r)
}

// askID reads the post under the id that we chose.
func (c *Channel) askID(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	v, err := c.do(ctx, opRead, http.MethodGet, c.url("posts", r.Key), nil)
	switch {
	case errors.Is(err, refusedAs("no_post")), errors.Is(err, refusedAs("no_account")):
		return channels.Absent, campaign.Receipt{}, nil
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	case v.Post == nil || !c.same(*v.Post, r):
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	return c.found(v, v.ID)
}

// askContainer reads what became of the container.
func (c *Channel) askContainer(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if r.Part >= len(r.Staged.Parts) {
		return channels.CannotTell, campaign.Receipt{}, nil // asked before it was staged: it has no container
	}
	n, err := readNote(r.Staged.Parts[r.Part])
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	v, err := c.do(ctx, opRead, http.MethodGet, c.url("containers", n.Container), nil)
	switch {
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	case v.State == "published":
		return c.found(v, v.PostID)
	case v.State == "ready", v.State == "expired":
		return channels.Absent, campaign.Receipt{}, nil
	}
	return channels.CannotTell, campaign.Receipt{}, nil
}

// maxPages is how many pages of own posts one read-back looks through.
const maxPages = 20

// askList looks for the post among the account's own, from the newest one seen
// before the first attempt on.
func (c *Channel) askList(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	var matches []Post
	after := r.Newest
	for range maxPages {
		v, err := c.do(ctx, opRead, http.MethodGet, c.url("posts")+"?after="+escapeQuery(after), nil)
		if err != nil {
			return channels.CannotTell, campaign.Receipt{}, err
		}
		for _, p := range v.Posts {
			if c.same(p, r) && !slices.ContainsFunc(r.Earlier, func(e campaign.Receipt) bool { return e.RemoteID == p.ID }) {
				matches = append(matches, p)
			}
		}
		if !v.More || len(v.Posts) == 0 {
			return c.matched(matches)
		}
		after = v.Posts[len(v.Posts)-1].ID
	}
	if len(matches) > 0 {
		return c.matched(matches)
	}
	return channels.CannotTell, campaign.Receipt{}, errors.New("sandbox.read: the list has no end")
}

// matched is what the posts that look like ours prove.
func (c *Channel) matched(posts []Post) (channels.Verdict, campaign.Receipt, error) {
	if len(posts) == 0 {
		return channels.Absent, campaign.Receipt{}, nil
	}
	verdict, receipt, err := c.found(reply{At: posts[0].At}, posts[0].ID)
	if len(posts) > 1 {
		receipt.Warning = "the account shows this text more than once"
	}
	return verdict, receipt, err
}

func (c *Channel) found(v reply, id string) (channels.Verdict, campaign.Receipt, error) {
	receipt, ok := c.receipt(v, id, "read-back")
	if !ok {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	return channels.Found, receipt, nil
}

// same tells whether readers would take p for the part at hand: equal normal
// form, as many pictures, the same post answered.
func (c *Channel) same(p Post, r channels.Request) bool {
	drafts := c.drafts(r)
	if r.Part >= len(drafts) {
		return false
	}
	want := drafts[r.Part]
	return campaign.NormalForm(p.Text) == campaign.NormalForm(want.Text) && len(p.Pictures) == len(want.Pictures) && p.ReplyTo == target(r)
}

// Date is the server's clock, read without publishing anything.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: strings.TrimSuffix(c.cfg.Base.String(), "/") + "/v1/accounts"})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, channels.Staging(opRead, a, err, false, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}

// telling is a channel that can name the account's newest own post.
type telling struct{ *Channel }

// Latest is the newest post's id, "" where there is none yet.
func (c telling) Latest(ctx context.Context) (string, error) {
	v, err := c.do(ctx, opRead, http.MethodGet, c.url("posts")+"?newest=1", nil)
	switch {
	case errors.Is(err, refusedAs("no_account")):
		return "", nil // it is made by the first Prepare
	case err != nil:
		return "", err
	case len(v.Posts) == 0:
		return "", nil
	}
	return channels.SafeID(v.Posts[0].ID), nil
}

// deleting is a channel that can take posts down.
type deleting struct{ *Channel }

// Delete takes a post down; one that is not there is no error.
func (c deleting) Delete(ctx context.Context, r campaign.Receipt) error {
	_, err := c.do(ctx, opDelete, http.MethodDelete, c.url("posts", r.RemoteID), nil)
	if errors.Is(err, refusedAs("no_post")) {
		return nil
	}
	return err
}

// tellingDeleting is both.
type tellingDeleting struct{ telling }

// Delete takes a post down; one that is not there is no error.
func (c tellingDeleting) Delete(ctx context.Context, r campaign.Receipt) error {
	return deleting{c.Channel}.Delete(ctx, r)
}

// searching is one like a platform whose public posts can be searched.
type searching struct{ tellingDeleting }

// Tagged are posts under a hashtag that others put on the wall.
func (c searching) Tagged(ctx context.Context, hashtag string, since time.Time) ([]campaign.Entry, error) {
	query := url.Values{"like": {c.cfg.Like}, "hashtag": {hashtag}, "since": {since.UTC().Format(time.RFC3339Nano)}}
	base := strings.TrimSuffix(c.cfg.Base.String(), "/")
	v, err := c.do(ctx, opRead, http.MethodGet, base+"/v1/tagged?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	out := []campaign.Entry{}
	for _, p := range v.Posts {
		if p.Account != c.cfg.Account && len(out) < channels.MaxTagged {
			out = append(out, campaign.Entry{URL: base + postPath(&p), At: p.At})
		}
	}
	return out, nil
}
