package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f, _ := channels.Known("sandbox")
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(id, c, env)
		},
	}
}

// Channel is one account of a sandbox server. New adds what its platform
// allows besides: channels.Latest, channels.Deleter, channels.Searcher.
type Channel struct {
	cfg    Config
	env    channels.Env
	client *httpx.Client
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
	cfg, err := ParseConfig(id, c)
	if err != nil {
		return nil, err
	}
	ch := &Channel{cfg, env, httpx.New(httpx.Options{AllowPrivate: true, Timeout: answerWithin, Date: env.Date})}
	switch tells, deletes := cfg.Class != campaign.K6, cfg.Facts.Can(channels.CanDelete); {
	case tells && deletes && cfg.Facts.Can(channels.CanSearch):
		return searching{tellingDeleting{telling{ch}}}, nil
	case tells && deletes:
		return tellingDeleting{telling{ch}}, nil
	case tells:
		return telling{ch}, nil
	case deletes:
		return deleting{ch}, nil
	}
	return ch, nil
}

// answerWithin is how long the server may take; it is on this machine or near.
const answerWithin = 30 * time.Second

// Class is that of the platform the account is like, unless the settings say otherwise.
func (c *Channel) Class() campaign.Class { return c.cfg.Class }

// KeyWindow is how long a repeat under one key is safe; zero is for ever.
func (c *Channel) KeyWindow() time.Duration { return c.cfg.KeyWindow }

// ReadBack is exact where the id is known before, good for a list that can be
// relied on. An account of class K4 is like X: its list proves nothing.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) {
	switch c.cfg.Class {
	case campaign.K2, campaign.K3:
		return channels.Exact, c.cfg.Settle
	case campaign.K1, campaign.K5:
		return channels.Good, c.cfg.Settle
	}
	return channels.Weak, c.cfg.Settle
}

// Check finds what the account would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	return channels.Check(c.cfg.Facts, content)
}

// note is what Prepare leaves for a part of class K3.
type note struct {
	Container string `json:"container"`
}

// Prepare makes the account, uploads the pictures and, for class K3, stages
// each part. All of it may be done again.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	if err := c.putAccount(ctx); err != nil {
		return channels.Staged{}, err
	}
	for _, m := range r.Content.Media {
		if r.Part > 0 {
			break // they are public
		}
		if err := c.putPicture(ctx, m); err != nil {
			return channels.Staged{}, err
		}
	}
	var staged channels.Staged
	for i, d := range c.drafts(r) {
		if i < r.Part { // public already
			staged.Parts = append(staged.Parts, channels.Part{Name: d.Kind, Later: true})
			continue
		}
		b, err := json.Marshal(d)
		if err != nil {
			return channels.Staged{}, err
		}
		part := channels.Part{Name: d.Kind, Body: b}
		if c.cfg.Class == campaign.K3 {
			v, err := c.stage(ctx, b)
			if err != nil {
				return channels.Staged{}, err
			}
			part.Note, _ = json.Marshal(note{v.ID})
			part.Body, _ = json.Marshal(struct {
				Publish string `json:"publish"`
			}{v.ID})
			staged.Until = v.Expires
		}
		staged.Parts = append(staged.Parts, part)
	}
	return staged, nil
}

// drafts are the visible calls of a content: the post, the further parts of
// its thread, the first comment.
func (c *Channel) drafts(r channels.Request) []Draft {
	content := r.Content
	first := Draft{
		Kind: KindPost, Text: content.Text, Language: content.Language, Languages: content.Languages, Link: content.Link,
		ContentWarning: content.ContentWarning, Visibility: content.Visibility, Silent: content.Silent, Poll: content.Poll,
	}
	if r.Delivery.Series != "" || r.Delivery.Repeat {
		first.Occurrence = string(r.Delivery.ID)
	}
	for _, m := range content.Media {
		first.Pictures = append(first.Pictures, Picture{Digest: m.Digest, Type: m.Type, Alt: m.Alt, Credit: m.Credit, Licence: m.Licence})
	}
	drafts := []Draft{first}
	for _, text := range content.Thread {
		drafts = append(drafts, Draft{Kind: KindReply, Text: text, Language: content.Language, Occurrence: first.Occurrence})
	}
	if content.FirstComment != "" {
		drafts = append(drafts, Draft{Kind: KindComment, Text: content.FirstComment, Language: content.Language, Occurrence: first.Occurrence})
	}
	return drafts
}

// target is what a part answers: the part before it, or the post itself for a
// first comment.
func target(r channels.Request) string {
	switch {
	case len(r.Earlier) == 0:
		return ""
	case r.Staged.Parts[r.Part].Name == KindComment:
		return r.Earlier[0].RemoteID
	}
	return r.Earlier[len(r.Earlier)-1].RemoteID
}

// Publish makes the part public by the call that the account's class has for it.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	call, err := c.publishCall(r)
	if err != nil {
		return campaign.Receipt{}, &channels.Error{Op: opPublish, Fate: channels.NotSent, Reach: httpx.ReachNothing.String(), Err: err}
	}
	a, err := c.client.Publish(ctx, r.Gate, call)
	now := c.env.Now()
	v, own := decodeReply(a)
	published := success(a.Status) || a.Status == http.StatusConflict && v.Error == "already_published"
	if receipt, ok := c.receipt(v, v.ID, "answer"); ok && a.Whole && published {
		return receipt, nil
	}
	return campaign.Receipt{}, outcome(a, err, v, own, now)
}

func (c *Channel) publishCall(r channels.Request) (httpx.Call, error) {
	part := r.Staged.Parts[r.Part]
	call := httpx.Call{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}, Body: part.Body}
	switch c.cfg.Class {
	case campaign.K2:
		call.Method = http.MethodPut
		call.URL = c.url("posts", r.Key)
	case campaign.K3:
		n, err := readNote(part)
		if err != nil {
			return call, err
		}
		call.URL = c.url("containers", n.Container, "publish")
	default:
		call.URL = c.url("posts")
		call.Header.Set("Idempotency-Key", r.Key) // kept as evidence by all, honoured by K1
	}
	if to := target(r); to != "" {
		call.URL += "?reply_to=" + escapeQuery(to)
	}
	return call, nil
}

func readNote(p channels.Part) (note, error) {
	var n note
	err := json.Unmarshal(p.Note, &n)
	if err == nil && n.Container == "" {
		err = errors.New("no container was staged")
	}
	return n, err
}

// receipt reads the proof of publication out of an answer.
func (c *Channel) receipt(v reply, id, how string) (campaign.Receipt, bool) {
	id = channels.SafeID(id)
	return campaign.Receipt{RemoteID: id, URL: channels.SafeLink(v.URL), At: c.env.Now(), Platform: v.At, How: how}, id != ""
}

func success(status int) bool { return status >= 200 && status <= 299 }

// outcome is the fate of a publish call that brought no receipt.
func outcome(a httpx.Answer, err error, v reply, own bool, now time.Time) *channels.Error {
	e := channels.Transport(opPublish, a, err, own, now)
	if !own || v.Error == "" {
		return e
	}
	if code := channels.SafeCode(v.Error); code != "" {
		e.Err = errors.New(code)
	}
	switch v.Error {
	case "duplicate", "id_taken":
		e.Fate, e.Scope, e.Duplicate = channels.InDoubt, channels.ScopeContent, true
		return e
	case "media_missing", "container_expired", "no_container", "no_account":
		e.Fate, e.Scope = channels.NotSent, channels.ScopeContent // what was staged is gone; nothing was published
		return e
	}
	switch a.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	}
	return e
}
