package email

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// pass is a user with a password; empty where the server wants none.
type pass struct {
	user     string
	password secret.String
}

// kept is what the Keeper holds of a connected user.
type kept struct {
	Server   string `json:"server"` // where the password belongs; it goes nowhere else
	User     string `json:"user"`
	Password string `json:"password"`
}

// pass is read at each use, so that a changed password counts at once.
func (c *Channel) pass(ctx context.Context) (pass, error) {
	switch {
	case c.cfg.User == "":
		return pass{}, nil
	case c.cfg.Password != "":
		v, err := c.env.Secret(c.cfg.Password)
		if err != nil {
			return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
		}
		return c.shaped(v)
	}
	sealed, err := c.env.Keep.Load(ctx)
	if err != nil {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	var k kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Server != c.cfg.at() || k.User != c.cfg.User {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, channels.ErrNotConnected)
	}
	return c.shaped(secret.New(k.Password))
}

func (c *Channel) shaped(password secret.String) (pass, error) {
	text := strings.TrimRight(password.Reveal(), "\r\n")
	if text == "" || len(text) > 1000 || strings.ContainsAny(text, "\r\n\x00") {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("a password is needed"))
	}
	return pass{c.cfg.User, secret.New(text)}, nil
}

// Begin asks for the password.
func (c *Channel) Begin(context.Context, string) (channels.Invitation, error) {
	switch {
	case c.cfg.User == "":
		return channels.Invitation{}, errors.New("the channel names no user; the server takes mails without a login, or user is missing")
	case c.cfg.Password != "":
		return channels.Invitation{}, errors.New("the campaign names a password for this channel; remove it there to connect the channel by hand")
	}
	return channels.Invitation{Ask: []channels.Field{{Name: "password", Label: "Password of " + c.cfg.User + " at " + c.cfg.Host, Secret: true}}}, nil
}

// Finish tries the password.
func (c *Channel) Finish(ctx context.Context, _ secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	p, err := c.shaped(answers["password"])
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	a, err := c.inspect(ctx, p)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	sealed, err := json.Marshal(kept{c.cfg.at(), c.cfg.User, p.password.Reveal()})
	return secret.New(string(sealed)), a, err
}

// Revoke cannot end a password.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("a mail password is changed at the mail provider"))
}

// Inspect logs in, and sends nothing.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, p)
}

// inspect is Inspect with a password that may not be kept yet.
func (c *Channel) inspect(ctx context.Context, p pass) (campaign.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s, err := c.dial(ctx, p)
	if err != nil {
		return campaign.Account{}, failed(opToken, err)
	}
	s.quit()
	limits := facts().Limits
	return campaign.Account{ID: c.cfg.To, Handle: c.cfg.To, Name: c.cfg.From.Name, Server: c.cfg.Host, Limits: &limits}, nil
}
