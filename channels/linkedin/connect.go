package linkedin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Begin asks the owner to agree at LinkedIn. The address to which LinkedIn
// sends the owner back must be registered with the app.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	switch {
	case c.cfg.Token != "":
		return channels.Invitation{}, errors.New("the campaign names a token for this channel; remove it there to connect the channel by hand")
	case c.cfg.ClientID == "" || c.cfg.ClientSecret == "":
		return channels.Invitation{}, errors.New("the channel names no client_id and client_secret: make an app at LinkedIn's developer pages and write both into the campaign file")
	}
	return c.oauth.Begin(redirect)
}

// Finish exchanges the code for tokens and asks whose they are.
func (c *Channel) Finish(ctx context.Context, sealed secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	none := func(err error) (secret.String, campaign.Account, error) {
		return secret.String{}, campaign.Account{}, err
	}
	k, err := c.oauth.Finish(ctx, sealed, answers)
	if err != nil {
		return none(err)
	}
	account, err := c.account(ctx, secret.New(k.Access), k)
	if err != nil {
		return none(err)
	}
	if c.cfg.Organization == "" {
		k.User = account.ID
	}
	token, err := k.Encode()
	return token, account, err
}

// Inspect asks who the author is, what we may do and until when.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	if c.cfg.Token != "" {
		return c.account(ctx, token, oauth.Kept{})
	}
	k, err := c.oauth.Keeping(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	a, err := c.account(ctx, token, k)
	if err == nil && k.User != "" && c.cfg.Organization == "" && a.ID != k.User {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the token is of another member than the channel's"))
	}
	return a, err
}

// account is the author behind a token that may not be kept yet. For a page the
// list of its posts is asked for, which shows that the right is there.
func (c *Channel) account(ctx context.Context, token secret.String, k oauth.Kept) (campaign.Account, error) {
	limits := facts().Limits
	a := campaign.Account{Server: "linkedin api " + c.cfg.Version, Limits: &limits, Rights: slices.Compact(slices.Sorted(slices.Values(k.Scopes()))), Missing: k.Missing(c.cfg.scopes()), Expires: k.Expires()}
	if ends := c.cfg.ending(); c.env.Now().After(ends.Add(-versionWarn)) {
		a.Missing = append(a.Missing, fmt.Sprintf("a version of the API newer than %s, which ends about %s", c.cfg.Version, ends.Format("2006-01-02")))
	}
	if page := c.cfg.Organization; page != "" {
		a.ID, a.Handle, a.URL = page, "company/"+page, channels.SafeLink("https://www.linkedin.com/company/"+page+"/")
		_, err := c.since(ctx, token, "urn:li:organization:"+page, c.env.Now())
		return a, err
	}
	who, err := c.ask(ctx, token)
	a.ID, a.Handle, a.Name = who.sub, who.name, who.name
	return a, err
}

// Revoke ends the permission at LinkedIn. A token that was made by hand is not
// ours to end.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	if c.cfg.Token != "" {
		return channels.Unsent(opConnect, channels.ScopeChannel, fmt.Errorf("the token in %s was made by hand; remove the app at LinkedIn, under Settings, Data privacy, Permitted services", c.cfg.Token))
	}
	k, err := c.oauth.Decode(token)
	if err != nil {
		return err
	}
	return c.oauth.Revoke(ctx, k.Access)
}
