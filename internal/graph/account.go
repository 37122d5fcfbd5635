package graph

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Quota is what an account published within a window, and may.
type Quota struct {
	Used, Total, Replies, RepliesTotal int64
}

// Quota reads it below path.
func (s *Containers) Quota(ctx context.Context, token secret.String, fields string, path ...string) (Quota, error) {
	type config struct {
		Total int64 `json:"quota_total"`
	}
	var got struct {
		Data []struct {
			Used    int64  `json:"quota_usage"`
			Config  config `json:"config"`
			Replies int64  `json:"reply_quota_usage"`
			Reply   config `json:"reply_config"`
		} `json:"data"`
	}
	err := s.Do(ctx, Call{Op: s.OpRead, Step: Read, Token: token, Path: path, Query: url.Values{"fields": {fields}}}, &got)
	if err != nil || len(got.Data) == 0 {
		return Quota{}, err
	}
	d := got.Data[0]
	return Quota{d.Used, d.Config.Total, d.Replies, d.Reply.Total}, nil
}

// Spare fails where the account's quota is used up. A platform that does not
// tell it is taken at its word when it refuses.
func (s *Containers) Spare(ctx context.Context, token secret.String, reply bool, fields string, path ...string) error {
	q, err := s.Quota(ctx, token, fields, path...)
	if err != nil && !passing(err) {
		return err
	}
	used, total := q.Used, q.Total
	if reply {
		used, total = q.Replies, q.RepliesTotal
	}
	if err != nil || total <= 0 || used < total {
		return nil
	}
	e := channels.Unsent(s.Op, channels.ScopeChannel, fmt.Errorf("the account has published %d of %d posts that it may in a day", used, total))
	e.RetryAt = s.env.Now().Add(RateWait)
	return e
}

// Fetched is the public address of a picture, from where the platform fetches
// it for the delivery.
func (c *Client) Fetched(op string, m campaign.Media, d campaign.Delivery) (string, error) {
	address := ""
	if c.env.MediaURL != nil {
		due := c.env.Now()
		if due.Before(d.Due) {
			due = d.Due
		}
		address = c.env.MediaURL(m.Digest, due)
	}
	if address == "" || !c.AllowPrivate && !strings.HasPrefix(address, "https://") {
		return "", channels.Unsent(op, channels.ScopeChannel, errNoAddress)
	}
	return address, nil
}

var errNoAddress = errors.New("the platform fetches pictures from a public address; set server.base_url to one under https and keep the key file in its place")

// CheckFetched finds what keeps the platform from fetching the pictures.
func CheckFetched(env channels.Env, c campaign.Content) []campaign.Finding {
	if env.MediaURL != nil || len(c.Media) == 0 {
		return nil
	}
	return []campaign.Finding{{Severity: campaign.SeverityError, Code: "P071", Path: "images",
		Message: "the platform fetches pictures from a public address, and this server has none", Fix: "set server.base_url to the https address under which the server is reached"}}
}

// Account is an account as the platform names it.
type Account struct{ ID, Username string }

// Who is whose token it is, asked once for each token.
type Who struct {
	mu sync.Mutex
	of campaign.Digest // of the token: nothing here holds it
	is Account
}

// Of is the account of a token; ask finds it.
func (w *Who) Of(token secret.String, ask func() (Account, error)) (Account, error) {
	of := campaign.DigestOf([]byte(token.Reveal()))
	w.mu.Lock()
	have, known := w.is, w.of == of
	w.mu.Unlock()
	if known {
		return have, nil
	}
	a, err := ask()
	if err != nil {
		return Account{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of, w.is = of, a
	return a, nil
}
