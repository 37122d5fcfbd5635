package discord

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Prepare asks where posts go and freezes the parts. That pictures can be read
// is seen now, while there is time to mend it.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	at, err := c.place(ctx, opPrepare, p)
	if err != nil {
		return channels.Staged{}, err
	}
	for _, m := range r.Content.Media {
		if r.Part > 0 {
			break // they are public
		}
		if _, err := c.env.Picture(opPrepare, m); err != nil {
			return channels.Staged{}, err
		}
	}
	var out channels.Staged
	for _, d := range c.drafts(r.Content) {
		b, err := d.freeze(at.Guild)
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: d.name, Body: b})
	}
	return out, nil
}

// Publish sends the part: a bot under its nonce.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	f, target, err := staged(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	if r.Staged.Parts[r.Part].Name == partCrosspost {
		return c.crosspost(ctx, p, r, target)
	}
	nonce, to := nonceOf(r.Key), c.address(nil, "channels", c.cfg.Channel, "messages")
	if p.hook != "" { // it knows neither nonces nor answers
		nonce, target, to = "", "", c.address(url.Values{"wait": {"true"}}, "webhooks", p.hook, p.token.Reveal())
	}
	body, contentType, err := f.wire(c.env, nonce, target)
	if err != nil {
		return campaign.Receipt{}, err
	}
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, URL: to, Header: p.head(contentType), Body: body})
	a = channels.Scrub(a, p.token)
	got, failed := outcome(a, err, attempt{reply: target != "", doubt: r.Doubt}, c.env.Now())
	if failed != nil {
		if code, _, own := said(a); own && r.Doubt && code == codeUnknownMessage && target == "" {
			c.noteDeleted(r.Key)
		}
		return campaign.Receipt{}, failed
	}
	receipt := got.receipt(f.Guild, "answer", c.env.Now())
	if drafts := c.drafts(r.Content); r.Part < len(drafts) {
		want := drafts[r.Part]
		want.answers = target
		receipt.Warning = strings.Join(got.differences(want), "; ")
	}
	return receipt, nil
}

// crosspost sends the post on to the followers of an announcement channel. A
// repeat is told so by Discord.
func (c *Channel) crosspost(ctx context.Context, p pass, r channels.Request, id string) (campaign.Receipt, error) {
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, Header: p.head("application/json"),
		URL: c.address(nil, "channels", c.cfg.Channel, "messages", id, "crosspost")})
	a = channels.Scrub(a, p.token)
	done := campaign.Receipt{RemoteID: crosspostID(id), At: c.env.Now(), How: "answer"}
	got, failed := outcome(a, err, attempt{doubt: r.Doubt}, c.env.Now())
	switch code, _, own := said(a); {
	case own && code == codeCrossposted, failed == nil && got.ID == id:
		return done, nil
	case failed == nil:
		return campaign.Receipt{}, channels.Transport(opPublish, a, errors.New("the answer is of another message"), false, c.env.Now())
	}
	return campaign.Receipt{}, failed
}

// crosspostID names a crosspost, which is no message of its own.
func crosspostID(id string) string { return "crosspost-" + id }

// staged is the frozen part and the message that it answers or sends on, ""
// for the first.
func staged(r channels.Request) (f frozen, target string, err error) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return frozen{}, "", errors.New("this part was not staged")
	}
	if err := json.Unmarshal(r.Staged.Parts[r.Part].Body, &f); err != nil || f.Payload == nil {
		return frozen{}, "", errors.New("what was staged cannot be read")
	}
	if r.Part == 0 {
		return f, "", nil
	}
	if len(r.Earlier) == 0 {
		return frozen{}, "", errors.New("the part before it has no receipt")
	}
	before := r.Earlier[len(r.Earlier)-1]
	if r.Staged.Parts[r.Part].Name == partCrosspost {
		before = r.Earlier[0]
	}
	target, err = messageID(before.RemoteID)
	return f, target, err
}

// messageID is the message of a receipt: of our own, or of an address that a
// person gave.
func messageID(remote string) (string, error) {
	id := remote[strings.LastIndex(remote, "/")+1:]
	if !idForm.MatchString(id) {
		return "", errors.New("its receipt names no message")
	}
	return id, nil
}

// maxDeleted bounds what is remembered of posts that were taken down.
const maxDeleted = 1000

// noteDeleted remembers that a repeat found nothing where its nonce pointed
// to: the first call made the post, and somebody took it down since.
func (c *Channel) noteDeleted(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.deleted) >= maxDeleted {
		clear(c.deleted)
	}
	c.deleted[key] = true
}

func (c *Channel) wasDeleted(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deleted[key]
}

// Delete takes a post down; one that is not there is no error. What was sent on
// to followers goes with it.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	if strings.HasPrefix(r.RemoteID, crosspostID("")) {
		return nil // it ends with its post
	}
	id, err := messageID(r.RemoteID)
	if err != nil {
		return &channels.Error{Op: opDelete, Fate: channels.Refused, Scope: channels.ScopeContent, Err: err}
	}
	p, err := c.pass(ctx)
	if err != nil {
		return err
	}
	at := c.address(nil, "channels", c.cfg.Channel, "messages", id)
	if p.hook != "" {
		at = c.address(nil, "webhooks", p.hook, p.token.Reveal(), "messages", id)
	}
	a, err := c.do(ctx, opDelete, p, httpx.Call{Method: http.MethodDelete, URL: at, Header: p.head("")}, nil)
	if code, _, own := said(a); own && code == codeUnknownMessage {
		return nil
	}
	if err == nil && a.Status != http.StatusNoContent { // or a box in between said yes
		return channels.Unsent(opDelete, channels.ScopePlatform, errors.New("the platform does not say that it was taken down"))
	}
	return err
}
