package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// pass is what opens the API: a bot's token, or a webhook's number and token.
type pass struct {
	token secret.String
	hook  string
}

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._-]{20,200}$`)

// parse reads what a person or a file gives: a bot's token, or the address of
// a webhook. The error does not repeat it.
func (c *Channel) parse(given secret.String) (pass, error) {
	text := strings.TrimSpace(given.Reveal())
	if !c.cfg.Hook {
		text = strings.TrimPrefix(text, "Bot ")
		if !tokenForm.MatchString(text) {
			return pass{}, errors.New("this is no token of a bot")
		}
		return pass{token: secret.New(text)}, nil
	}
	u, err := url.Parse(text)
	if err == nil && u.Scheme == "https" && discordHost.MatchString(u.Host) {
		if m := hookPath.FindStringSubmatch(u.Path); m != nil {
			return pass{token: secret.New(m[2]), hook: m[1]}, nil
		}
	}
	return pass{}, errors.New("this is no address of a webhook, https://discord.com/api/webhooks/…")
}

var (
	discordHost = regexp.MustCompile(`^(?:(?:ptb|canary)\.)?discord(?:app)?\.com$`)
	hookPath    = regexp.MustCompile(`^/api(?:/v[0-9]+)?/webhooks/([1-9][0-9]{0,19})/([A-Za-z0-9._-]{20,200})/?$`)
)

// kept is what the Keeper holds of a connected channel.
type kept struct {
	Server string `json:"server"` // where the secret belongs; it goes nowhere else
	Hook   bool   `json:"hook,omitempty"`
	Secret string `json:"secret"`
}

// pass is read at each use, so that a changed secret counts at once.
func (c *Channel) pass(ctx context.Context) (pass, error) {
	given, err := c.given(ctx)
	if err != nil {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	p, err := c.parse(given)
	if err != nil {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	return p, nil
}

func (c *Channel) given(ctx context.Context) (secret.String, error) {
	if c.cfg.Secret != "" {
		return c.env.Secret(c.cfg.Secret)
	}
	sealed, err := c.env.Keep.Load(ctx)
	if err != nil {
		return secret.String{}, err
	}
	var k kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Server != c.cfg.Base.Host || k.Hook != c.cfg.Hook {
		return secret.String{}, fmt.Errorf("what was kept is not for %s: %w", c.cfg.Base.Host, channels.ErrNotConnected)
	}
	return secret.New(k.Secret), nil
}

// identity is whose token it is.
type identity struct {
	of       campaign.Digest // of the token: nothing here holds it
	id, name string
}

// whoami is the bot of the token, asked once for each token.
func (c *Channel) whoami(ctx context.Context, p pass) (identity, error) {
	of := campaign.DigestOf([]byte(p.token.Reveal()))
	c.mu.Lock()
	have := c.bot
	c.mu.Unlock()
	if have.of == of {
		return have, nil
	}
	var in struct{ ID, Username string }
	if err := c.get(ctx, opToken, p, &in, nil, "users", "@me"); err != nil {
		return identity{}, err
	}
	if !idForm.MatchString(in.ID) {
		return identity{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the server named no bot"))
	}
	who := identity{of: of, id: in.ID, name: httpx.Redact(in.Username)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bot = who
	return who, nil
}

// place is where posts go.
type place struct {
	ID         string      `json:"id"` // of the channel, or of the webhook
	ChannelID  string      `json:"channel_id"`
	Guild      string      `json:"guild_id"`
	Name       string      `json:"name"`
	Type       int         `json:"type"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

// place asks for the channel, or for the webhook's own.
func (c *Channel) place(ctx context.Context, op string, p pass) (place, error) {
	path := []string{"channels", c.cfg.Channel}
	if p.hook != "" {
		path = []string{"webhooks", p.hook, p.token.Reveal()}
	}
	var at place
	if err := c.get(ctx, op, p, &at, nil, path...); err != nil {
		return place{}, err
	}
	if p.hook == "" {
		at.ChannelID = at.ID
	}
	if !idForm.MatchString(at.ChannelID) || c.cfg.Channel != "" && at.ChannelID != c.cfg.Channel {
		return place{}, channels.Unsent(op, channels.ScopeChannel, errors.New("posts would go to another channel than the settings say"))
	}
	if !idForm.MatchString(at.Guild) {
		at.Guild = ""
	}
	return at, nil
}

// Inspect asks who posts, where, and with which rights.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, p)
}

// inspect is Inspect with a secret that may not be kept yet.
func (c *Channel) inspect(ctx context.Context, p pass) (campaign.Account, error) {
	at, err := c.place(ctx, opToken, p)
	if err != nil {
		return campaign.Account{}, err
	}
	a := campaign.Account{ID: at.ChannelID, Handle: "#" + httpx.Redact(at.Name), Server: "discord"}
	if at.Guild != "" {
		a.URL = "https://discord.com/channels/" + at.Guild + "/" + at.ChannelID
	}
	if p.hook != "" { // whoever has its address may post, and no more
		a.Handle, a.Name, a.Rights = a.ID, httpx.Redact(at.Name), []string{"webhook"}
		return a, nil
	}
	who, err := c.whoami(ctx, p)
	if err != nil {
		return campaign.Account{}, err
	}
	a.Name = who.name
	have, err := c.permissions(ctx, p, at, who.id)
	if err != nil {
		return campaign.Account{}, err
	}
	a.Rights, a.Missing = named(have)
	if c.cfg.Crosspost && at.Type != typeAnnouncement {
		a.Missing = append(a.Missing, "an announcement channel, for crosspost")
	}
	return a, nil
}

// typeAnnouncement is the type of channels that others can follow.
const typeAnnouncement = 5

// overwrite is how a channel changes the permissions of a role or a member.
type overwrite struct {
	ID    string `json:"id"`
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

// permissions are what the bot may do in the channel, as Discord computes it.
// Source: https://docs.discord.com/developers/topics/permissions.
func (c *Channel) permissions(ctx context.Context, p pass, at place, bot string) (uint64, error) {
	var guild struct {
		OwnerID string `json:"owner_id"`
		Roles   []struct{ ID, Permissions string }
	}
	if err := c.get(ctx, opToken, p, &guild, nil, "guilds", at.Guild); err != nil {
		return 0, err
	}
	var member struct{ Roles []string }
	if err := c.get(ctx, opToken, p, &member, nil, "guilds", at.Guild, "members", bot); err != nil {
		return 0, err
	}
	mine := map[string]bool{at.Guild: true} // the role of everyone bears the server's number
	for _, id := range member.Roles {
		mine[id] = true
	}
	var have uint64
	for _, role := range guild.Roles {
		if mine[role.ID] {
			have |= bits(role.Permissions)
		}
	}
	if guild.OwnerID == bot || have&administrator != 0 {
		return ^uint64(0), nil
	}
	// First everyone's, then all roles' together, then the member's own.
	var roles overwrite
	var allow, deny uint64
	for _, o := range at.Overwrites {
		switch {
		case o.ID == at.Guild:
			roles = o
		case mine[o.ID]:
			allow, deny = allow|bits(o.Allow), deny|bits(o.Deny)
		}
	}
	have = have&^bits(roles.Deny) | bits(roles.Allow)
	have = have&^deny | allow
	for _, o := range at.Overwrites {
		if o.ID == bot {
			have = have&^bits(o.Deny) | bits(o.Allow)
		}
	}
	return have, nil
}

func bits(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

const administrator = 1 << 3

// needed are the permissions that publishing and reading back need.
var needed = []struct {
	bit  uint64
	name string
}{
	{1 << 10, "VIEW_CHANNEL"}, {1 << 11, "SEND_MESSAGES"}, {1 << 14, "EMBED_LINKS"}, {1 << 15, "ATTACH_FILES"},
	{1 << 16, "READ_MESSAGE_HISTORY"}, {1 << 49, "SEND_POLLS"},
}

// named are the needed permissions that have holds, and those that it lacks.
func named(have uint64) (rights, missing []string) {
	for _, n := range needed {
		if have&n.bit != 0 {
			rights = append(rights, n.name)
		} else {
			missing = append(missing, n.name)
		}
	}
	return rights, missing
}

// Begin asks for the bot's token or the webhook's address. There is no page to
// go to.
func (c *Channel) Begin(context.Context, string) (channels.Invitation, error) {
	if c.cfg.Secret != "" {
		return channels.Invitation{}, errors.New("the campaign names a secret for this channel; remove it there to connect the channel by hand")
	}
	ask := channels.Field{Name: "token", Label: "Token of the bot (Developer Portal, Bot, Reset Token)", Secret: true}
	if c.cfg.Hook {
		ask.Label = "Address of the webhook (channel settings, Integrations, Webhooks, Copy Webhook URL)"
	}
	return channels.Invitation{Ask: []channels.Field{ask}}, nil
}

// Finish tries what the owner typed: who posts, and what may it do.
func (c *Channel) Finish(ctx context.Context, _ secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	p, err := c.parse(answers["token"])
	if err != nil {
		return secret.String{}, campaign.Account{}, channels.Unsent(opConnect, channels.ScopeChannel, err)
	}
	account, err := c.inspect(ctx, p)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	sealed, err := json.Marshal(kept{Server: c.cfg.Base.Host, Hook: c.cfg.Hook, Secret: strings.TrimSpace(answers["token"].Reveal())})
	return secret.New(string(sealed)), account, err
}

// Revoke cannot end a secret: only its owner can.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the secret ends only where it was made: reset the bot's token, or delete the webhook"))
}
