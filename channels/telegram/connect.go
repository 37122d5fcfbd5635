package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// kept is what the Keeper holds of a connected bot.
type kept struct {
	Server string `json:"server"` // where the token belongs; it goes nowhere else
	Token  string `json:"token"`
}

// token is read at each use, so that a changed one counts at once.
func (c *Channel) token(ctx context.Context) (secret.String, error) {
	if c.cfg.Token != "" {
		t, err := c.env.Secret(c.cfg.Token)
		if err != nil {
			return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, err)
		}
		return shaped(t, fmt.Errorf("what %s holds is no token of a bot", c.cfg.Token))
	}
	sealed, err := c.env.Keep.Load(ctx)
	if err != nil {
		return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	var k kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Server != c.cfg.Base.Host {
		return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("what was kept is not for %s: %w", c.cfg.Base.Host, channels.ErrNotConnected))
	}
	return shaped(secret.New(k.Token), channels.ErrNotConnected)
}

// shaped is a token that may stand in an address, else the error.
func shaped(t secret.String, otherwise error) (secret.String, error) {
	text := strings.TrimSpace(t.Reveal())
	if !tokenForm.MatchString(text) {
		return secret.String{}, channels.Unsent(opToken, channels.ScopeChannel, otherwise)
	}
	return secret.New(text), nil
}

// Begin asks for the token of a bot. There is no page to go to.
func (c *Channel) Begin(context.Context, string) (channels.Invitation, error) {
	if c.cfg.Token != "" {
		return channels.Invitation{}, errors.New("the campaign names a token for this channel; remove it there to connect the channel by hand")
	}
	return channels.Invitation{Ask: []channels.Field{{Name: "token", Label: "Token of the bot (from @BotFather, 123456:ABC…)", Secret: true}}}, nil
}

// Finish tries the token: who is the bot, and what may it do in the chat.
func (c *Channel) Finish(ctx context.Context, _ secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	token, err := shaped(answers["token"], errors.New("this is no token of a bot"))
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	account, err := c.inspect(ctx, token)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	sealed, err := json.Marshal(kept{Server: c.cfg.Base.Host, Token: token.Reveal()})
	return secret.New(string(sealed)), account, err
}

// Revoke cannot end a token: only the bot's owner can.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("a bot's token ends only where it was made: send /revoke to @BotFather"))
}
