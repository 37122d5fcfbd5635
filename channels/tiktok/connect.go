package tiktok

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Begin asks the owner of the account to agree at TikTok.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	if c.cfg.ClientKey == "" || c.cfg.ClientSecret == "" {
		return channels.Invitation{}, errors.New("the channel names no client_key and client_secret: make an app at TikTok's developer pages and write both into the campaign file")
	}
	return c.app.Begin(redirect)
}

// Finish exchanges the code for tokens and asks whose they are.
func (c *Channel) Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	k, err := c.app.Finish(ctx, begun, answers)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	a, err := c.inspect(ctx, k)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	k.User = a.ID
	token, err := k.Encode()
	return token, a, err
}

// Revoke ends the permission at TikTok.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	k, err := c.app.Decode(token)
	if err != nil {
		return err
	}
	return c.app.Revoke(ctx, cmp.Or(k.Access, k.Refresh))
}

// Inspect asks whose account it is and what we may do.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	k, err := c.app.Session(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	a, err := c.inspect(ctx, k)
	if err == nil && k.User != "" && a.ID != k.User {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the token is of another account than the one that was connected"))
	}
	return a, err
}

var openForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

func (c *Channel) inspect(ctx context.Context, k oauth.Kept) (campaign.Account, error) {
	var in struct {
		User struct {
			ID   string `json:"open_id"`
			Name string `json:"display_name"`
		} `json:"user"`
	}
	if err := c.ask(ctx, opToken, bearer(k), http.MethodGet, pathUser+"?fields=open_id,display_name", nil, &in); err != nil {
		return campaign.Account{}, err
	}
	if !openForm.MatchString(in.User.ID) {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the platform named no account"))
	}
	limits := facts().Limits
	a := campaign.Account{ID: in.User.ID, Name: httpx.Redact(in.User.Name), Server: "tiktok", Limits: &limits, Rights: k.Scopes(), Missing: k.Missing(c.cfg.scopes()), Expires: k.Expires()}
	a.Handle = cmp.Or(a.Name, a.ID)
	return a, nil
}
