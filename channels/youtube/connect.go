package youtube

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Begin asks the owner of the channel to agree at Google.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	if c.cfg.ClientID == "" || c.cfg.ClientSecret == "" {
		return channels.Invitation{}, errors.New("the channel names no client_id and client_secret: make an OAuth client in the Google console and write both into the campaign file")
	}
	return c.app.Begin(redirect)
}

// Finish exchanges the code for tokens and asks whose channel it is.
func (c *Channel) Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	k, err := c.app.Finish(ctx, begun, answers)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	if k.Refresh == "" {
		return secret.String{}, campaign.Account{}, channels.Unsent(opConnect, channels.ScopeChannel, errors.New("no lasting permission was given; remove the app at myaccount.google.com, Security, and begin anew"))
	}
	a, err := c.inspect(ctx, k)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	k.User = a.ID
	token, err := k.Encode()
	return token, a, err
}

// Revoke ends the permission at Google.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	k, err := c.app.Decode(token)
	if err != nil {
		return err
	}
	return c.app.Revoke(ctx, cmp.Or(k.Refresh, k.Access))
}

// Inspect asks whose channel it is and what we may do.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	k, err := c.app.Session(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	a, err := c.inspect(ctx, k)
	if err == nil && k.User != "" && a.ID != k.User {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the token is of another channel than the one that was connected"))
	}
	return a, err
}

var (
	channelForm = regexp.MustCompile(`^UC[A-Za-z0-9_-]{10,40}$`)
	handleForm  = regexp.MustCompile(`^@[\pL\pN._·-]{1,60}$`)
)

func (c *Channel) inspect(ctx context.Context, k oauth.Kept) (campaign.Account, error) {
	var in struct {
		Items []struct {
			ID      string `json:"id"`
			Snippet struct {
				Title  string `json:"title"`
				Handle string `json:"customUrl"`
			} `json:"snippet"`
		} `json:"items"`
	}
	err := c.do(ctx, opToken, secret.New(k.Access), http.MethodGet, pathChannels, url.Values{"part": {"id,snippet"}, "mine": {"true"}}, nil, &in)
	switch {
	case err != nil:
		return campaign.Account{}, err
	case len(in.Items) != 1 || !channelForm.MatchString(in.Items[0].ID):
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("whoever agreed has no YouTube channel, or did not choose one"))
	}
	item, limits := in.Items[0], facts().Limits
	a := campaign.Account{ID: item.ID, Handle: item.ID, Name: httpx.Redact(item.Snippet.Title), URL: "https://www.youtube.com/channel/" + item.ID, Server: "youtube", Limits: &limits}
	if handleForm.MatchString(item.Snippet.Handle) {
		a.Handle = item.Snippet.Handle
	}
	a.Rights, a.Missing, a.Expires = k.Scopes(), k.Missing(scopes), k.Expires()
	return a, nil
}
