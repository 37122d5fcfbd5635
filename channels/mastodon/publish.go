package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Prepare learns what the server is, uploads the pictures and freezes the
// bytes of each part. It may be done again: pictures that no post shows are
// dropped by the server.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	_, token, err := c.whoami(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	if err := c.learn(ctx); err != nil {
		return channels.Staged{}, err
	}
	var out channels.Staged
	for _, d := range c.drafts(r.Content) {
		if len(d.alts) > 0 && r.Part == 0 { // else they are public
			out.Until = c.env.Now().Add(stagedFor)
			if d.body.MediaIDs, err = c.upload(ctx, token, r.Content.Media); err != nil {
				return channels.Staged{}, err
			}
		}
		b, err := json.Marshal(d.body)
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: d.name, Body: b})
	}
	return out, nil
}

// Publish sends the part under its key.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	target, err := target(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	h := head(token)
	h.Set("Content-Type", "application/json")
	// Where it does nothing it does no harm: our client repeats nothing by it.
	h.Set("Idempotency-Key", r.Key)
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{
		Method: http.MethodPost, URL: c.address(nil, "api", "v1", "statuses"), Header: h,
		Body: answering(r.Staged.Parts[r.Part].Body, target),
	})
	a = channels.Scrub(a, token)
	drafts := c.drafts(r.Content)
	var want draft
	if r.Part < len(drafts) {
		want = drafts[r.Part]
		want.answers = target
	}
	got, failed := outcome(a, err, attempt{pictures: len(want.alts) > 0, reply: target != "", doubt: r.Doubt}, c.env.Now())
	if failed != nil {
		if r.Doubt && failed.Status == http.StatusNotFound {
			c.noteDeleted(r.Key)
		}
		return campaign.Receipt{}, failed
	}
	receipt := got.receipt(c.env.Now(), "answer")
	receipt.Warning = warning(got.differences(want))
	return receipt, nil
}

// target is the post that the part answers: the part before it, "" for the first.
func target(r channels.Request) (string, error) {
	switch {
	case r.Part < 0 || r.Part >= len(r.Staged.Parts):
		return "", errors.New("this part was not staged")
	case r.Part == 0:
		return "", nil
	case len(r.Earlier) == 0 || channels.SafeID(r.Earlier[len(r.Earlier)-1].RemoteID) == "":
		return "", errors.New("the part before it has no receipt")
	}
	return r.Earlier[len(r.Earlier)-1].RemoteID, nil
}

// maxDeleted bounds what is remembered of posts that were taken down.
const maxDeleted = 1000

// noteDeleted remembers that a repeat found nothing where its key pointed to:
// the first call made the post, and somebody took it down since.
func (c *Channel) noteDeleted(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deleted == nil || len(c.deleted) >= maxDeleted {
		c.deleted = map[string]bool{}
	}
	c.deleted[key] = true
}

func (c *Channel) wasDeleted(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deleted[key]
}
