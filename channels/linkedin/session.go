package linkedin

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Scopes that publishing needs: as a member, and for a page also reading back.
// Source: platforms.md §7.1.
var (
	memberScopes = []string{"openid", "profile", "w_member_social"}
	pageScopes   = []string{"w_organization_social", "r_organization_social"}
)

// scopes are those that the channel needs.
func (cfg Config) scopes() []string {
	if cfg.Organization != "" {
		return pageScopes
	}
	return memberScopes
}

const (
	// renewAhead is how long before its end an access token is renewed.
	renewAhead = 7 * 24 * time.Hour
	// renewPause is the shortest time between two tries.
	renewPause = 10 * time.Minute
	// usualLife is how long an access token serves where the answer does not say.
	usualLife = 60 * 24 * time.Hour
	// refreshLife is the same of a refresh token.
	refreshLife = 365 * 24 * time.Hour
)

// token is read at each use, so that a changed one counts at once.
func (c *Channel) token(ctx context.Context) (secret.String, error) {
	if c.cfg.Token == "" {
		k, err := c.oauth.Session(ctx)
		return secret.New(k.Access), err
	}
	t, err := c.env.Secret(c.cfg.Token)
	if err != nil {
		return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	return secret.New(strings.TrimSpace(t.Reveal())), nil
}

// app is the program that owners let act for them. Only approved apps are given
// refresh tokens, which end a year after the consent; renewing does not move that.
// Source: platforms.md §7.1.
func (c *Channel) app() *oauth.App {
	return &oauth.App{
		Env: c.env, Client: c.client, Server: c.cfg.Base.Host, ID: c.cfg.ClientID, Secret: c.cfg.ClientSecret,
		Authorize: address(c.cfg.Site, nil, "oauth", "v2", "authorization"), Token: address(c.cfg.Site, nil, "oauth", "v2", "accessToken"),
		Revocation: address(c.cfg.Site, nil, "oauth", "v2", "revoke"), Redirect: c.cfg.Redirect, Scopes: c.cfg.scopes(),
		Label: "Whole address that the browser shows after agreeing",
		Ahead: renewAhead, Pause: renewPause, Life: usualLife, RefreshLife: refreshLife,
		OpConnect: opConnect, OpToken: opToken,
		Fault: func(op string, a httpx.Answer, err error) *channels.Error { return staging(op, a, err, c.env.Now()) },
	}
}

// subject is the member behind a token.
type subject struct {
	of        campaign.Digest // of the token it was asked with: nothing here holds it
	sub, name string
}

var subForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// author is who posts, as LinkedIn names it, with the token.
func (c *Channel) author(ctx context.Context) (string, secret.String, error) {
	token, err := c.token(ctx)
	if err != nil {
		return "", token, err
	}
	if c.cfg.Organization != "" {
		return "urn:li:organization:" + c.cfg.Organization, token, nil
	}
	c.mu.Lock()
	have := c.member
	c.mu.Unlock()
	if have.sub == "" || have.of != digest(token) {
		if have, err = c.ask(ctx, token); err != nil {
			return "", token, err
		}
	}
	return "urn:li:person:" + have.sub, token, nil
}

func digest(token secret.String) campaign.Digest { return campaign.DigestOf([]byte(token.Reveal())) }

// ask asks LinkedIn which member the token is of, and remembers it.
func (c *Channel) ask(ctx context.Context, token secret.String) (subject, error) {
	var in struct {
		Sub  string `json:"sub"`
		Name string `json:"name"`
	}
	a, err := c.get(ctx, opToken, token, &in, nil, "v2", "userinfo")
	if err != nil {
		return subject{}, err
	}
	if !subForm.MatchString(in.Sub) {
		e := channels.Staging(opToken, a, errors.New("LinkedIn named no member"), false, c.env.Now())
		e.Scope = channels.ScopeChannel
		return subject{}, e
	}
	s := subject{of: digest(token), sub: in.Sub, name: httpx.Redact(in.Name)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.member = s
	return s, nil
}
