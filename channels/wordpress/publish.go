package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// staged is the frozen part.
func staged(r channels.Request) (frozen, error) {
	var f frozen
	if r.Part != 0 || len(r.Staged.Parts) != 1 || json.Unmarshal(r.Staged.Parts[0].Body, &f) != nil || f.ID <= 0 || !apiForm.MatchString(f.API) {
		return frozen{}, errors.New("what was staged cannot be read")
	}
	return f, nil
}

// Publish makes the draft public, with all that was approved.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	f, err := staged(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, Header: p.head("application/json"), Body: f.Fields,
		URL: c.address(f.API, "wp/v2/posts/"+strconv.FormatInt(f.ID, 10), nil)})
	a = p.scrub(a)
	got, failed := outcome(a, err, c.env.Now())
	if failed != nil {
		return campaign.Receipt{}, failed
	}
	receipt := got.receipt("answer", c.env.Now())
	receipt.Warning = got.differences(f)
	return receipt, nil
}

// differences are what the site changed of what was sent, for people.
func (p post) differences(f frozen) string {
	var want fields
	if json.Unmarshal(f.Fields, &want) != nil || p.Content.Raw == "" {
		return "" // how it is rendered is the site's business
	}
	var ds []string
	if comparable(p.Content.Raw) != comparable(want.Content) {
		ds = append(ds, "its text is not what was sent")
	}
	if got, sent := strings.Count(p.Content.Raw, "<img"), strings.Count(want.Content, "<img"); got != sent {
		ds = append(ds, "it shows "+strconv.Itoa(got)+" of "+strconv.Itoa(sent)+" pictures")
	}
	return strings.Join(ds, "; ")
}

// Reconcile asks the staged article for its state.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	f, err := staged(r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	s, err := c.session(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	w := write(r.Delivery.ID, r.Content)
	var p post
	a, err := c.get(ctx, opRead, s, "wp/v2/posts/"+strconv.FormatInt(f.ID, 10), url.Values{"context": {"edit"}}, &p)
	if code, own := said(a); own && code == codeNoPost {
		found, err := c.find(ctx, s, w.names)
		switch {
		case err != nil:
			return channels.CannotTell, campaign.Receipt{}, err
		case len(found) == 0:
			return channels.Gone, campaign.Receipt{}, nil // it was there when it was staged
		}
		return channels.Ambiguous, campaign.Receipt{}, nil // under our name, but not the one we staged
	}
	switch {
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	case p.ID != f.ID:
		return channels.CannotTell, campaign.Receipt{}, channels.Unsent(opRead, channels.ScopePlatform, errors.New("the answer is of another article"))
	}
	verdict := p.verdict(w.names)
	if verdict != channels.Found {
		return verdict, campaign.Receipt{}, nil
	}
	receipt := p.receipt("read-back", c.env.Now())
	receipt.Warning = p.differences(f)
	return channels.Found, receipt, nil
}

// verdict is what the article's state says. One that bears its lasting name was
// public: not public any more, it was taken back.
func (p post) verdict(n names) channels.Verdict {
	switch {
	case p.Status == statePublic:
		return channels.Found
	case p.Status == stateTrash:
		return channels.Gone
	case p.Status != stateDraft && p.Status != statePending:
		return channels.Ambiguous // somebody made it private, or will publish it
	case p.Slug != n.draft && p.Slug != "":
		return channels.Gone
	}
	return channels.Absent
}

// Delete moves the article to the trash and removes its pictures from the
// site, where they would stay under their addresses. What is not there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	id, err := strconv.ParseInt(r.RemoteID, 10, 64)
	if err != nil || id <= 0 {
		return &channels.Error{Op: opDelete, Fate: channels.Refused, Scope: channels.ScopeContent, Err: errors.New("its receipt names no article")}
	}
	s, err := c.session(ctx)
	if err != nil {
		return err
	}
	if err := c.remove(ctx, s, "wp/v2/posts/"+strconv.FormatInt(id, 10), nil); err != nil {
		return err
	}
	var files []file
	query := url.Values{"parent": {strconv.FormatInt(id, 10)}, "per_page": {"100"}, "context": {"edit"}}
	if _, err := c.get(ctx, opDelete, s, "wp/v2/media", query, &files); err != nil {
		return err
	}
	for _, f := range files {
		if f.ID > 0 && strings.HasPrefix(f.Slug, "tko-") { // ours alone
			if err := c.remove(ctx, s, "wp/v2/media/"+strconv.FormatInt(f.ID, 10), url.Values{"force": {"true"}}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Channel) remove(ctx context.Context, s session, path string, query url.Values) error {
	var was struct {
		ID      int64 `json:"id"` // of what lies in the trash now
		Deleted bool  `json:"deleted"`
	}
	a, err := c.do(ctx, c.client, opDelete, s, httpx.Call{Method: http.MethodDelete, URL: c.address(s.api, path, query), Header: s.head("")}, &was)
	if code, own := said(a); own && (code == codeNoPost || code == "rest_already_trashed") {
		return nil
	}
	if err == nil && was.ID == 0 && !was.Deleted {
		return channels.Unsent(opDelete, channels.ScopePlatform, errors.New("the site does not say that it was taken down"))
	}
	return err
}

// Date is the site's clock, read without the password.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodHead, URL: c.cfg.Base.String()})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
