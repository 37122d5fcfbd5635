package linkedin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Prepare uploads the pictures and freezes the bytes of the post and its first
// comment. It may be done again: pictures that no post shows are seen by nobody.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	author, token, err := c.author(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	var out channels.Staged
	var with *content
	if r.Part == 0 { // else it is public
		if with, err = c.staged(ctx, token, author, r.Content); err != nil {
			return channels.Staged{}, err
		}
	}
	if with != nil {
		out.Until = c.env.Now().Add(stagedFor)
	}
	bodies := []any{newPost(author, text(r.Content), with)}
	if r.Content.FirstComment != "" {
		bodies = append(bodies, comment{Actor: author, Message: message{r.Content.FirstComment}})
	}
	for i, body := range bodies {
		b, err := json.Marshal(body)
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: []string{partPost, partComment}[i], Body: b})
	}
	return out, nil
}

// Publish sends the part.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	target, err := target(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	part := r.Staged.Parts[r.Part]
	h := c.head(token)
	h.Set("Content-Type", mimeJSON)
	call := httpx.Call{Method: http.MethodPost, URL: address(c.cfg.Base, nil, "rest", "posts"), Header: h, Body: part.Body}
	if target != "" {
		call.URL, call.Body = address(c.cfg.Base, nil, "rest", "socialActions", target, "comments"), under(part.Body, target)
	}
	a, err := c.client.Publish(ctx, r.Gate, call)
	a = channels.Scrub(a, token)
	now := c.env.Now()
	if id := published(a, part.Name); id != "" {
		got := receipt(id, target, now, "answer")
		if target == "" {
			got.Warning = c.look(ctx, token, id, text(r.Content))
		}
		return got, nil
	}
	e, twin := outcome(a, err, r.Attempt, now)
	if twin != "" && target == "" {
		if r.Doubt && c.cfg.Organization == "" {
			// The author cannot read, and the refusal names the post of the
			// attempt before. Source: platforms.md §7.6.
			return receipt(twin, "", now, "answer"), nil
		}
		c.noteTwin(r.Key, twin)
	}
	return campaign.Receipt{}, e
}

// target is the post under which the part stands, "" for the post itself.
func target(r channels.Request) (string, error) {
	switch {
	case r.Part < 0 || r.Part >= len(r.Staged.Parts):
		return "", errors.New("this part was not staged")
	case r.Part == 0:
		return "", nil
	case len(r.Earlier) == 0 || safePost(r.Earlier[0].RemoteID) == "":
		return "", errors.New("the post that it stands under has no receipt")
	}
	return r.Earlier[0].RemoteID, nil
}

// lookFor bounds the look at what was just published.
const lookFor = 5 * time.Second

// look reads a page's post that was just made: what LinkedIn does not like in a
// text cuts it without a word. It tells so, and nothing where it cannot be read
// yet: that the post is there the answer has said.
func (c *Channel) look(ctx context.Context, token secret.String, id, want string) (warning string) {
	if c.cfg.Organization == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	var s shown
	if _, err := c.get(ctx, opRead, token, &s, nil, "rest", "posts", id); err != nil || s.ID != id {
		return ""
	}
	return s.warning(want)
}

// warning tells what readers do not see of want, "" where it is all there.
func (s shown) warning(want string) string {
	if comparable(plain(s.Commentary)) == comparable(want) {
		return ""
	}
	if n := s.cut(want); n >= 0 {
		return fmt.Sprintf("LinkedIn shows the first %d characters of its text alone", n)
	}
	return "its text is not what was sent"
}

// maxTwins bounds what is remembered of refusals.
const maxTwins = 1000

func (c *Channel) noteTwin(key, urn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.twins) >= maxTwins {
		clear(c.twins)
	}
	c.twins[key] = urn
}

func (c *Channel) twinOf(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.twins[key]
}
