package x

import (
	"cmp"
	"context"
	"errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Begin asks the owner of the account to agree at X. The address to which X
// sends the owner back must be registered there; it cannot show a code.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	switch {
	case c.cfg.Keys != nil:
		return channels.Invitation{}, errors.New("the campaign names the keys of this channel; remove them there to connect it by OAuth 2")
	case c.cfg.ClientID == "":
		return channels.Invitation{}, errors.New("the channel names no client_id: make an app in X's developer console and write its Client ID into the campaign file")
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
	who, account, err := c.ask(ctx, credential{bearer: secret.New(k.Access)})
	if err != nil {
		return none(err)
	}
	k.User, k.Handle = who.id, who.handle
	account.rights(k)
	token, err := k.Encode()
	return token, account.Account, err
}

// Revoke ends the permission at X. Keys that were made by hand are not ours to end.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	if c.cfg.Keys != nil {
		return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the keys of this channel were made by hand; revoke them in X's developer console"))
	}
	k, err := c.oauth.Decode(token)
	if err != nil {
		return err
	}
	return c.oauth.Revoke(ctx, cmp.Or(k.Refresh, k.Access))
}
