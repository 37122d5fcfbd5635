package x

import (
	"context"
	"errors"
	"net/http"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Prepare uploads the pictures with their descriptions and freezes the bytes of
// each part. It may be done again: X drops pictures that no post shows.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	cred, err := c.credential(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	all := drafts(r.Content)
	if len(all) > 1 && !c.cfg.Threads {
		e := channels.Unsent(opPrepare, channels.ScopeContent, errors.New("threads are off for this channel; set threads: true after a test post"))
		e.Fate = channels.Refused
		return channels.Staged{}, e
	}
	var out channels.Staged
	var ids []string
	if r.Part == 0 { // else they are public
		if ids, out.Until, err = c.upload(ctx, cred, r.Content.Media); err != nil {
			return channels.Staged{}, err
		}
	}
	for i, d := range all {
		if i > 0 {
			ids = nil // pictures belong to the first part
		}
		b, err := c.freeze(d, ids)
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: d.name, Body: b})
	}
	return out, nil
}

// Publish sends the part.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	cred, err := c.credential(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	target, err := target(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	frozen := r.Staged.Parts[r.Part].Body
	var id string
	var a httpx.Answer
	if c.cfg.Old {
		id, a, err = c.publishOld(ctx, r.Gate, cred, frozen, target)
	} else {
		id, a, err = c.publishNew(ctx, r.Gate, cred, answering(frozen, target))
	}
	if id == "" {
		e, row := outcome(a, err, c.env.Now())
		c.countForbidden(e, row)
		return campaign.Receipt{}, e
	}
	c.countForbidden(nil, row{})
	return receipt(id, c.env.Now(), "answer"), nil
}

func (c *Channel) publishNew(ctx context.Context, g httpx.Gate, cred credential, body []byte) (id string, a httpx.Answer, err error) {
	address := c.address(nil, "2", "tweets")
	h, err := cred.head(http.MethodPost, address, nil, c.env.Now())
	if err != nil {
		return "", httpx.Answer{Reach: httpx.ReachNothing}, errors.New("the call cannot be signed")
	}
	h.Set("Content-Type", mimeJSON)
	a, err = c.client.Publish(ctx, g, httpx.Call{Method: http.MethodPost, URL: address, Header: h, Body: body})
	a = channels.Scrub(a, cred.secrets()...)
	return published(a), a, err
}

// countForbidden turns the third refusal "not permitted" in a row into one of
// the account: then it is not the posts that X does not want.
func (c *Channel) countForbidden(e *channels.Error, r row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e == nil:
		c.forbidden = 0
	case r.notPermitted:
		if c.forbidden++; c.forbidden >= maxForbidden {
			e.Fate, e.Scope = channels.NotSent, channels.ScopeChannel
		}
	}
}

// target is the post that the part answers: the part before it, "" for the first.
func target(r channels.Request) (string, error) {
	switch {
	case r.Part < 0 || r.Part >= len(r.Staged.Parts):
		return "", errors.New("this part was not staged")
	case r.Part == 0:
		return "", nil
	case len(r.Earlier) == 0 || safeNumber(r.Earlier[len(r.Earlier)-1].RemoteID) == "":
		return "", errors.New("the part before it has no receipt")
	}
	return r.Earlier[len(r.Earlier)-1].RemoteID, nil
}
