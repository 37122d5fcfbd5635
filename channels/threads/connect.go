package threads

import (
	"context"
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// tokenLife is how long a token serves. Source: platforms.md §6.1.
const tokenLife = 60 * 24 * time.Hour

// scopes are what publishing, threads, taking down, reading back and numbers
// need, no more.
var scopes = []string{"threads_basic", "threads_content_publish", "threads_delete", "threads_manage_replies", "threads_read_replies", "threads_manage_insights"}

// Begin asks the owner to agree.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	return c.app.Begin(c.posts.Host(), redirect)
}

// Finish ends with a token of 60 days, which is renewed: of the code the app
// gets one of an hour, and of that the long one.
func (c *Channel) Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	none := func(err error) (secret.String, campaign.Account, error) {
		return secret.String{}, campaign.Account{}, err
	}
	got, err := c.app.Finish(c.posts.Host(), begun, answers)
	if err != nil {
		return none(err)
	}
	k := graph.Kept{Host: c.posts.Host(), Token: got.Token.Reveal(), Since: c.env.Now()}
	k.Until = k.Since.Add(tokenLife)
	if got.Code != "" {
		short, err := c.app.Exchange(ctx, c.posts.Client, got, true, "oauth", "access_token")
		if err != nil {
			return none(err)
		}
		long, err := c.app.Lengthen(ctx, c.posts.Client, secret.New(short.AccessToken), "th_exchange_token")
		if err != nil {
			return none(err)
		}
		k.Token, k.Until = long.AccessToken, k.Since.Add(long.Life(tokenLife))
	}
	account, err := c.inspect(ctx, k, secret.New(k.Token))
	if err != nil {
		return none(err)
	}
	k.ID = account.ID
	sealed, err := k.Seal()
	return sealed, account, err
}

// Revoke ends nothing: the permission ends where it was given.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the permission ends where it was given: remove the app under Settings, Account, Website permissions"))
}

// Inspect asks whose token it is, until when it serves and how much the account
// may publish in a day. A token is renewed when it is old enough.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	k, token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, k, token)
}

func (c *Channel) inspect(ctx context.Context, k graph.Kept, token secret.String) (campaign.Account, error) {
	who, err := c.account(ctx, k, token)
	if err != nil {
		return campaign.Account{}, err
	}
	a := campaign.Account{ID: who.ID, Handle: "@" + who.Username, URL: channels.SafeLink("https://www.threads.net/@" + who.Username), Server: "Threads " + c.cfg.Version, Expires: k.Until}
	q, err := c.posts.Quota(ctx, token, quotaFields, who.ID, quotaPath)
	if err != nil {
		return campaign.Account{}, err
	}
	if q.Total > 0 && q.Total < 100_000 {
		limits := facts().Limits
		limits.DailyPosts = int(q.Total)
		a.Limits = &limits
	}
	return a, nil
}
