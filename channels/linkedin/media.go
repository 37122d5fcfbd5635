package linkedin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	// polls is how often a picture is asked for that LinkedIn works on.
	polls = 15
	// blindWaits is how many first waits a picture is given that may not be
	// asked for; members often lack the right. Source: platforms.md §7.3.
	blindWaits = 5
	// stagedFor is how long an uploaded picture is counted on; LinkedIn names no end.
	stagedFor = 12 * time.Hour
)

// staged brings pictures, or the picture of the link's card, to LinkedIn. nil is nothing.
func (c *Channel) staged(ctx context.Context, token secret.String, author string, from campaign.Content) (*content, error) {
	var all []image
	for _, m := range from.Media {
		id, err := c.upload(ctx, token, author, m)
		if err != nil {
			return nil, err
		}
		all = append(all, image{ID: id, Alt: m.Alt})
	}
	switch {
	case len(all) == 1:
		return &content{Media: &all[0]}, nil
	case len(all) > 1:
		return &content{Images: &images{all}}, nil
	case !carded(from):
		return nil, nil
	}
	a := article{Source: from.Link, Title: from.Card.Title, Description: from.Card.Description}
	if p := from.Card.Picture; p != nil {
		id, err := c.upload(ctx, token, author, *p)
		if err != nil {
			return nil, err
		}
		a.Thumbnail = id
	}
	return &content{Article: &a}, nil
}

// upload asks for a place, lays the picture there and waits until it is ready.
func (c *Channel) upload(ctx context.Context, token secret.String, author string, m campaign.Media) (string, error) {
	b, err := c.env.Picture(opPrepare, m)
	if err != nil {
		return "", err
	}
	var place struct {
		Value struct {
			URL   string `json:"uploadUrl"`
			Image string `json:"image"`
		} `json:"value"`
	}
	ask := map[string]any{"initializeUploadRequest": map[string]string{"owner": author}}
	if _, err := c.do(ctx, token, request{op: opPrepare, method: http.MethodPost, path: []string{"rest", "images"},
		query: url.Values{"action": {"initializeUpload"}}, body: ask}, &place); err != nil {
		return "", err
	}
	if !imageForm.MatchString(place.Value.Image) || !c.ownAddress(place.Value.URL) {
		return "", channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("LinkedIn named no place for the picture"))
	}
	h := c.head(token)
	h.Set("Content-Type", m.Type)
	a, err := c.uploads.Do(ctx, httpx.Call{Method: http.MethodPut, URL: place.Value.URL, Header: h, Body: b})
	if err != nil || !success(a.Status) {
		e := staging(opPrepare, channels.Scrub(a, token), err, c.env.Now())
		if _, own := said(a); own && (a.Status == http.StatusBadRequest || a.Status == http.StatusRequestEntityTooLarge) {
			e.Fate, e.Scope = channels.Refused, channels.ScopeContent
		}
		return "", e
	}
	return place.Value.Image, c.await(ctx, token, place.Value.Image)
}

// ownAddress tells whether a place that LinkedIn names is LinkedIn's: the token
// goes nowhere else.
func (c *Channel) ownAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil || httpx.CheckURL(u, c.cfg.AllowPrivate) != nil || u.User != nil {
		return false
	}
	if strings.EqualFold(u.Host, c.cfg.Base.Host) && u.Scheme == c.cfg.Base.Scheme {
		return true
	}
	return u.Scheme == "https" && strings.HasSuffix(strings.ToLower(u.Hostname()), ".linkedin.com") && u.Port() == ""
}

// await asks for the picture until LinkedIn has worked on it.
func (c *Channel) await(ctx context.Context, token secret.String, id string) error {
	wait := c.pollFirst
	for range polls {
		var in struct {
			Status string `json:"status"`
		}
		a, err := c.get(ctx, opPrepare, token, &in, nil, "rest", "images", id)
		switch _, own := said(a); {
		case err != nil && own && (a.Status == http.StatusForbidden || a.Status == http.StatusNotFound):
			return c.pause(ctx, blindWaits*c.pollFirst) // it may not be asked
		case err != nil:
			return err
		case in.Status == "AVAILABLE":
			return nil
		case in.Status == "PROCESSING_FAILED":
			return channels.Unsent(opPrepare, channels.ScopeContent, errors.New("LinkedIn could not work with the picture"))
		}
		if err := c.pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 10*c.pollFirst)
	}
	return channels.Unsent(opPrepare, channels.ScopeContent, errors.New("LinkedIn is still working on the picture"))
}

func (c *Channel) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return channels.Unsent(opPrepare, channels.ScopeContent, context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
