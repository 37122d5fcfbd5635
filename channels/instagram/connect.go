package instagram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// tokenLife is how long a token of Instagram's own login serves.
// Source: platforms.md §5.1.
const tokenLife = 60 * 24 * time.Hour

// scopes are what publishing, commenting and reading back need, no more; and
// deleting where that is set.
func (c Config) scopes() []string {
	if c.Login == loginInstagram {
		return []string{"instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments"}
	}
	list := []string{"instagram_basic", "instagram_content_publish", "instagram_manage_comments", "pages_show_list", "pages_read_engagement"}
	if c.Deletes {
		list = append(list, "instagram_manage_contents")
	}
	return list
}

// Begin asks the owner to agree.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	return c.app.Begin(c.posts.Host(), redirect)
}

// Finish ends with a token of the account: of its Page, which does not end by
// itself, or one of 60 days that is renewed.
func (c *Channel) Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	none := func(err error) (secret.String, campaign.Account, error) {
		return secret.String{}, campaign.Account{}, err
	}
	got, err := c.app.Finish(c.posts.Host(), begun, answers)
	if err != nil {
		return none(err)
	}
	k := graph.Kept{Host: c.posts.Host(), Token: got.Token.Reveal(), Since: c.env.Now()}
	switch {
	case got.Code == "" && c.cfg.Login == loginInstagram:
		k.Until = k.Since.Add(tokenLife)
	case got.Code == "":
	case c.cfg.Login == loginInstagram:
		if err := c.ownToken(ctx, got, &k); err != nil {
			return none(err)
		}
	default:
		if err := c.pageToken(ctx, got, &k); err != nil {
			return none(err)
		}
	}
	account, err := c.inspect(ctx, k, secret.New(k.Token))
	if err != nil {
		return none(err)
	}
	k.ID = account.ID
	sealed, err := k.Seal()
	return sealed, account, err
}

// ownToken goes from the code to a token of 60 days.
func (c *Channel) ownToken(ctx context.Context, got graph.Answer, k *graph.Kept) error {
	short, err := c.app.Exchange(ctx, c.posts.Client, got, true, "oauth", "access_token")
	if err != nil {
		return err
	}
	long, err := c.app.Lengthen(ctx, c.posts.Client, secret.New(short.AccessToken), "ig_exchange_token")
	if err != nil {
		return err
	}
	k.Token, k.Until = long.AccessToken, k.Since.Add(long.Life(tokenLife))
	return nil
}

// pageToken goes from the code to the token of the Page that the account is linked to.
func (c *Channel) pageToken(ctx context.Context, got graph.Answer, k *graph.Kept) error {
	pages, err := c.app.Pages(ctx, c.posts.Client, got, "id,access_token,tasks,instagram_business_account{id,username}")
	if err != nil {
		return err
	}
	var fits []graph.Page
	for _, p := range pages {
		if id := string(p.Instagram.ID); id != "" && (c.cfg.Account == "" || c.cfg.Account == id) {
			fits = append(fits, p)
		}
	}
	if len(fits) != 1 {
		return channels.Unsent(opConnect, channels.ScopeChannel, fmt.Errorf("whoever agreed let us work for %d accounts that may be meant; set account to the number of one, and begin anew", len(fits)))
	}
	token, err := (graph.Grant{AccessToken: fits[0].Token}).Token(opConnect)
	k.Token, k.ID = token.Reveal(), string(fits[0].Instagram.ID)
	return err
}

// Revoke ends nothing: the permission ends where it was given.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the permission ends where it was given: remove the app under Settings, Website permissions, Apps and websites"))
}

// Inspect asks whose token it is, what it may do, until when, and how much it
// may publish in a day. A token of 60 days is renewed when it is old enough.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	k, token, err := c.tokens.Fresh(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, k, token)
}

func (c *Channel) inspect(ctx context.Context, k graph.Kept, token secret.String) (campaign.Account, error) {
	who, err := c.identify(ctx, k, token)
	if err != nil {
		return campaign.Account{}, err
	}
	a := campaign.Account{ID: who.ID, Handle: "@" + who.Username, URL: channels.SafeLink("https://www.instagram.com/" + who.Username), Server: "Instagram " + c.cfg.Version, Expires: k.Until}
	if c.cfg.Login == loginFacebook {
		said, err := c.posts.Debug(ctx, opToken, token)
		if err != nil {
			return campaign.Account{}, err
		}
		if !said.Valid {
			return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("the token is not valid any more: %w", channels.ErrNotConnected))
		}
		a.Rights, a.Missing, a.Expires = said.Scopes, graph.Missing(c.cfg.scopes(), said.Scopes), said.Expires
	}
	q, err := c.posts.Quota(ctx, token, quotaFields, who.ID, "content_publishing_limit")
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
