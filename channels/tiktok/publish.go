package tiktok

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// post is the body of the call that publishes.
type post struct {
	Info   info   `json:"post_info"`
	Source source `json:"source_info"`
	Mode   string `json:"post_mode"`
	Type   string `json:"media_type"`
}

// info is the post but for its pictures. Who sees it is said of direct posts alone.
type info struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Privacy     string `json:"privacy_level,omitempty"`
	NoComments  bool   `json:"disable_comment,omitempty"`
}

// source is where TikTok fetches the pictures.
type source struct {
	Source string   `json:"source"`
	Cover  int      `json:"photo_cover_index"`
	Images []string `json:"photo_images"`
}

// Prepare asks what the account may do and freezes the call.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	k, err := c.app.Session(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	p := post{Mode: "MEDIA_UPLOAD", Type: "PHOTO", Source: source{Source: "PULL_FROM_URL"}}
	p.Info.Title, p.Info.Description = titled(c.text(r.Content))
	if c.cfg.Direct {
		p.Mode, p.Info.Privacy, p.Info.NoComments = "DIRECT_POST", c.cfg.Privacy, c.cfg.NoComments
		if err := c.allowed(ctx, bearer(k)); err != nil {
			return channels.Staged{}, err
		}
	}
	for _, m := range r.Content.Media {
		if _, err := c.env.Picture(opPrepare, m); err != nil {
			return channels.Staged{}, err
		}
		at, due := "", r.Delivery.Due
		if now := c.env.Now(); due.Before(now) {
			due = now
		}
		if c.env.MediaURL != nil {
			at = c.env.MediaURL(m.Digest, due)
		}
		if at == "" {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeChannel, errors.New("pictures are fetched from a public address, and this server has none; set server.base_url to one"))
		}
		p.Source.Images = append(p.Source.Images, at)
	}
	if len(p.Source.Images) == 0 {
		return channels.Staged{}, &channels.Error{Op: opPrepare, Fate: channels.Refused, Scope: channels.ScopeContent, Err: errors.New("a post needs a picture here")}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	return channels.Staged{Parts: []channels.Part{{Name: "post", Body: b}}}, nil
}

// allowed tells whether the account may publish to whom the settings say.
func (c *Channel) allowed(ctx context.Context, token secret.String) error {
	var creator struct {
		Privacy []string `json:"privacy_level_options"`
	}
	if err := c.ask(ctx, opPrepare, token, http.MethodPost, pathCreator, struct{}{}, &creator); err != nil {
		return err
	}
	if !slices.Contains(creator.Privacy, c.cfg.Privacy) {
		return channels.Unsent(opPrepare, channels.ScopeChannel, errors.New("the account may not publish with the privacy "+c.cfg.Privacy+"; apps that were not audited may publish to the account itself alone"))
	}
	return nil
}

// Publish tells TikTok to fetch the pictures and to publish them, and waits for
// what comes of it.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	k, err := c.app.Session(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	if r.Part != 0 || len(r.Staged.Parts) != 1 {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, errors.New("this part was not staged"))
	}
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, URL: c.at(pathInit), Header: head(bearer(k)), Body: r.Staged.Parts[0].Body})
	id, failed := outcome(channels.Scrub(a, bearer(k)), err, c.env.Now())
	if failed != nil {
		return campaign.Receipt{}, failed
	}
	if r.Note != nil {
		_ = r.Note(id) // what is not stored yet will be with the result
	}
	return c.await(ctx, bearer(k), id)
}

const polls = 8 // with waits that double, about two minutes

// await asks for the post until TikTok has done with it. What is still in work
// then is in doubt, and asked for by Reconcile.
func (c *Channel) await(ctx context.Context, token secret.String, id string) (campaign.Receipt, error) {
	doubt := &channels.Error{Op: opPublish, Fate: channels.InDoubt, Scope: channels.ScopeContent, Status: http.StatusOK, Reach: httpx.ReachAnswer.String(),
		Err: errors.New("the platform is still working on it")}
	wait := c.pollFirst
	for range polls {
		s, err := c.state(ctx, token, id)
		if err == nil && s.done() {
			return c.end(id, s)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			doubt.Err = context.Cause(ctx)
			return campaign.Receipt{}, doubt
		case <-timer.C:
		}
		wait *= 2
	}
	return campaign.Receipt{}, doubt
}

// state is what TikTok says of a post in work.
type state struct {
	Status string        `json:"status"`
	Reason string        `json:"fail_reason"`
	IDs    []json.Number `json:"publicaly_available_post_id"` // spelled so
}

// States that are the last.
const (
	complete = "PUBLISH_COMPLETE"
	inbox    = "SEND_TO_USER_INBOX"
	failure  = "FAILED"
)

func (s state) done() bool { return s.Status == complete || s.Status == inbox || s.Status == failure }

func (c *Channel) state(ctx context.Context, token secret.String, id string) (state, error) {
	var s state
	err := c.ask(ctx, opRead, token, http.MethodPost, pathStatus, map[string]string{"publish_id": id}, &s)
	return s, err
}

// end is what a last state means to the call that waited for it.
func (c *Channel) end(id string, s state) (campaign.Receipt, error) {
	if s.Status == failure {
		return campaign.Receipt{}, s.failed(c.env.Now())
	}
	return s.receipt(id, "answer", c.env.Now()), nil
}

// failed is what TikTok's last no means: the post is not there.
func (s state) failed(now time.Time) *channels.Error {
	e := &channels.Error{Op: opPublish, Fate: channels.Refused, Scope: channels.ScopeContent, Status: http.StatusOK, Reach: httpx.ReachAnswer.String(),
		Err: cause(http.StatusOK, s.Reason)}
	if r, ok := rowOf(s.Reason); ok {
		r.apply(e, now)
	}
	return e
}

// receipt names the post, or the work where TikTok has no name for the post yet.
func (s state) receipt(id, how string, now time.Time) campaign.Receipt {
	r := campaign.Receipt{RemoteID: strings.ReplaceAll(id, "~", ":"), At: now, How: how} // a name for people; nothing is asked by it
	if len(s.IDs) > 0 && channels.SafeID(s.IDs[0].String()) != "" {
		r.RemoteID = s.IDs[0].String()
	}
	if s.Status == inbox {
		r.Warning = "it lies in the inbox of the account: a person must finish it in the app"
	}
	return r
}

// Reconcile asks for the work whose name came with the answer. Without the name
// nobody can tell.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if !workForm.MatchString(r.Work) {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	k, err := c.app.Session(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	s, err := c.state(ctx, bearer(k), r.Work)
	switch {
	case err != nil:
		return channels.CannotTell, campaign.Receipt{}, err
	case !s.done():
		return channels.CannotTell, campaign.Receipt{}, channels.Unsent(opRead, channels.ScopeContent, errors.New("the platform is still working on it"))
	case s.Status == failure:
		return channels.Absent, campaign.Receipt{}, nil
	}
	return channels.Found, s.receipt(r.Work, "read-back", c.env.Now()), nil
}

// Date is TikTok's clock, read without a token.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodHead, URL: c.at("/")})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
