package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/signed"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	facts, _ := channels.Known(name)
	return channels.Platform{
		Name: name, Class: facts.Class, Limits: facts.Limits, Capabilities: facts.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

const (
	name = "webhook" // of the platform
	op   = "webhook.publish"
	// answerWithin is how long a receiver may take. Source: platforms.md §13.
	answerWithin = 30 * time.Second
	// maxAnswer is the most bytes of an answer that are read. Source: platforms.md §13.
	maxAnswer = 64 << 10
	// rememberedFor is how long a receiver is trusted to know a webhook-id.
	rememberedFor = 24 * time.Hour
)

// Channel is one receiver.
type Channel struct {
	cfg    Config
	env    channels.Env
	client *httpx.Client
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	return &Channel{cfg: cfg, env: env, client: httpx.New(httpx.Options{
		AllowPrivate: cfg.AllowPrivate, Timeout: answerWithin, MaxBody: maxAnswer, Date: env.Date,
	})}, nil
}

// Class is K2 where the receiver vouches to recognise repeats, else K6.
func (c *Channel) Class() campaign.Class {
	if c.cfg.ReceiverDedupes {
		return campaign.K2
	}
	return campaign.K6
}

// KeyWindow is how long a repeat under one webhook-id is safe.
func (c *Channel) KeyWindow() time.Duration { return rememberedFor }

// Check finds a post that says nothing and one that receivers need not take.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	var found []campaign.Finding
	if strings.TrimSpace(content.Text) == "" && len(content.Media) == 0 {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P050", Path: "text",
			Message: "the post is empty", Fix: "write a text or add a picture"})
	}
	b, err := body(c.env, campaign.Delivery{}, content)
	if over := len(b) - maxBody; err == nil && over > 0 {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P051", Path: "text",
			Message: fmt.Sprintf("the post is %d bytes over the %d that webhook receivers take", over, maxBody),
			Fix:     fmt.Sprintf("shorten text, thread or alt texts by %d bytes", over)})
	}
	return found
}

// Prepare makes the bytes; it calls nobody. That the secret can be read is
// seen now, while there is time to mend it.
func (c *Channel) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	if _, err := c.keys(); err != nil {
		return channels.Staged{}, err
	}
	b, err := body(c.env, r.Delivery, r.Content)
	if err != nil {
		return channels.Staged{}, &channels.Error{Op: "webhook.prepare", Fate: channels.NotSent, Scope: channels.ScopeContent, Err: err}
	}
	return channels.Staged{Parts: []channels.Part{{Name: "post", Body: b}}}, nil
}

// keys reads the signing secrets anew, so that a changed file counts at once.
func (c *Channel) keys() ([][]byte, error) {
	value, err := c.env.Secret(c.cfg.Secret)
	if err == nil {
		var keys [][]byte
		if keys, err = signed.ParseKeys(value.Reveal()); err == nil {
			return keys, nil
		}
	}
	return nil, &channels.Error{Op: "webhook.secret", Fate: channels.NotSent, Scope: channels.ScopeChannel,
		Reach: httpx.ReachNothing.String(), Err: err}
}

// Publish sends the frozen bytes under the delivery's webhook-id. Timestamp
// and signature are those of this attempt.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	keys, err := c.keys()
	if err != nil {
		return campaign.Receipt{}, err
	}
	id, frozen, at := webhookID(r), r.Staged.Parts[r.Part].Body, c.env.Now()
	header := signed.Header(keys, id, at, frozen)
	header.Set("Content-Type", "application/json")
	header.Set("Accept", "application/json")
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, URL: c.cfg.URL.String(), Header: header, Body: frozen})
	receipt, failed := outcome(a, err, id, c.env.Now())
	if failed != nil {
		return campaign.Receipt{}, failed
	}
	return receipt, nil
}

// webhookID is equal in every attempt of one delivery. It must not hold a dot,
// which separates the signed fields.
func webhookID(r channels.Request) string {
	id := r.Key
	if id == "" {
		id = string(r.Delivery.ID)
	}
	return strings.ReplaceAll(id, ".", "_")
}

// reply is the shape of an answer that is the receiver's own.
type reply struct {
	ID    json.RawMessage `json:"id"`
	URL   string          `json:"url"`
	Error json.RawMessage `json:"error"`
}

// outcome reads the receiver's answer. Source: platforms.md §13.
func outcome(a httpx.Answer, err error, id string, now time.Time) (campaign.Receipt, *channels.Error) {
	var said reply
	if a.Whole && json.Unmarshal(a.Body, &said) != nil {
		said = reply{}
	}
	remote := remoteID(said.ID)
	refused := len(said.Error) > 0 && string(said.Error) != "null"
	switch {
	case a.Whole && a.Status >= 200 && a.Status <= 299, a.Status == http.StatusConflict && remote != "":
		if remote == "" {
			remote = id // a receiver need not name it; our id names it as well
		}
		return campaign.Receipt{RemoteID: remote, URL: channels.SafeLink(said.URL), At: now, How: "answer"}, nil
	case !refused:
		return campaign.Receipt{}, channels.Transport(op, a, err, false, now)
	}
	e := channels.Transport(op, a, err, true, now)
	switch a.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		e.Fate, e.Scope = channels.NotSent, channels.ScopeChannel
	}
	var code string
	if json.Unmarshal(said.Error, &code) == nil {
		if code = channels.SafeCode(code); code != "" {
			e.Err = errors.New(code)
		}
	}
	return campaign.Receipt{}, e
}

// remoteID is the receiver's id for the post, a string or a number, else "":
// null or true name no post, least of all the same one twice.
func remoteID(raw json.RawMessage) string {
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return channels.SafeID(text)
	case json.Unmarshal(raw, &number) == nil:
		return channels.SafeID(number.String())
	}
	return ""
}

// Reconcile cannot tell: a receiver can be told things, not asked.
func (c *Channel) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}
