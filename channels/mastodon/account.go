package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// scopes are what publishing, reading back and deleting need, no more.
var scopes = []string{"read:accounts", "read:statuses", "write:statuses", "write:media"}

// kept is what the Keeper holds of a connected account.
type kept struct {
	Server       string `json:"server"` // where the token belongs; it goes nowhere else
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Token        string `json:"token"`
	Scope        string `json:"scope,omitempty"`
	AppName      string `json:"app_name,omitempty"`
}

// keeping is what was kept for this server.
func (c *Channel) keeping(ctx context.Context) (kept, error) {
	sealed, err := c.env.Keep.Load(ctx)
	if err != nil {
		return kept{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	return c.decode(sealed)
}

func (c *Channel) decode(sealed secret.String) (kept, error) {
	var k kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Token == "" || k.Server != c.cfg.Server.Host {
		return kept{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("what was kept is not for %s: %w", c.cfg.Server.Host, channels.ErrNotConnected))
	}
	return k, nil
}

// token is read at each use, so that a changed one counts at once.
func (c *Channel) token(ctx context.Context) (secret.String, error) {
	if c.cfg.Token == "" {
		k, err := c.keeping(ctx)
		return secret.New(k.Token), err
	}
	t, err := c.env.Secret(c.cfg.Token)
	if err != nil {
		return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	return secret.New(strings.TrimSpace(t.Reveal())), nil
}

// identity is whose token it is.
type identity struct {
	of    campaign.Digest // of the token: nothing here holds it
	id    string
	acct  string // as the server says it, without its domain
	name  string
	url   string
	app   string   // name of the program that the token was given to; "" is unknown
	right []string // scopes; nil is unknown
}

// whoami is the token and its account, asked once for each token.
func (c *Channel) whoami(ctx context.Context) (identity, secret.String, error) {
	token, err := c.token(ctx)
	if err != nil {
		return identity{}, token, err
	}
	c.mu.Lock()
	have := c.account
	c.mu.Unlock()
	if have.of != digest(token) {
		have, err = c.identify(ctx, token)
	}
	return have, token, err
}

func digest(token secret.String) campaign.Digest { return campaign.DigestOf([]byte(token.Reveal())) }

// identify asks the server whose token it is, and remembers it.
func (c *Channel) identify(ctx context.Context, token secret.String) (identity, error) {
	var in struct {
		ID          string `json:"id"`
		Acct        string `json:"acct"`
		DisplayName string `json:"display_name"`
		URL         string `json:"url"`
	}
	a, err := c.get(ctx, opToken, token, &in, nil, "api", "v1", "accounts", "verify_credentials")
	if err != nil {
		return identity{}, err
	}
	who := identity{of: digest(token), id: channels.SafeID(in.ID), acct: channels.SafeID(in.Acct), name: httpx.Redact(in.DisplayName), url: channels.SafeLink(in.URL)}
	if who.id == "" {
		e := channels.Staging(opToken, a, errors.New("the server named no account"), false, c.env.Now())
		e.Scope = channels.ScopeChannel
		return identity{}, e
	}
	// The program's name only helps to tell our posts from those of people.
	var app struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"` // from 4.3
	}
	if _, err := c.get(ctx, opToken, token, &app, nil, "api", "v1", "apps", "verify_credentials"); err == nil {
		who.app = app.Name
		for _, s := range app.Scopes {
			if s = channels.SafeCode(s); s != "" {
				who.right = append(who.right, s)
			}
		}
	} else if k, err := c.keeping(ctx); err == nil && k.Token == token.Reveal() {
		who.app = k.AppName
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account = who
	return who, nil
}

// Inspect asks who the account is, what we may do with it and within which limits.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, token, "")
}

// inspect is Inspect with a token that may not be kept yet; granted are its
// scopes as the server gave them, "" where it did not say.
func (c *Channel) inspect(ctx context.Context, token secret.String, granted string) (campaign.Account, error) {
	who, err := c.identify(ctx, token)
	if err != nil {
		return campaign.Account{}, err
	}
	if err := c.learnAnew(ctx); err != nil {
		return campaign.Account{}, err
	}
	if granted == "" && c.cfg.Token == "" {
		if k, err := c.keeping(ctx); err == nil {
			granted = k.Scope
		}
	}
	if granted != "" {
		who.right = strings.Fields(granted)
	}
	s := c.known()
	limits := s.facts().Limits
	a := campaign.Account{
		ID: who.id, Handle: c.handle(who, s), Name: who.name, URL: who.url, Server: strings.TrimSpace(s.software + " " + s.version),
		Rights: who.right, Limits: &limits,
	}
	if who.right != nil {
		a.Missing = missing(who.right)
	}
	return a, nil
}

func (c *Channel) handle(who identity, s server) string {
	domain := s.domain
	if domain == "" {
		domain = c.cfg.Server.Hostname()
	}
	name, _, _ := strings.Cut(who.acct, "@")
	return "@" + name + "@" + domain
}

// missing are the scopes that we need and do not have; "write" holds all that
// begin with it.
func missing(have []string) []string {
	var lack []string
	for _, need := range scopes {
		wide, _, _ := strings.Cut(need, ":")
		if !slices.Contains(have, need) && !slices.Contains(have, wide) {
			lack = append(lack, need)
		}
	}
	return lack
}
