package wordpress

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// pass is a user with an application password.
type pass struct {
	user     string
	password secret.String
}

// basic is the pass as the header holds it.
func (p pass) basic() secret.String {
	return secret.New(base64.StdEncoding.EncodeToString([]byte(p.user + ":" + p.password.Reveal())))
}

// scrub takes the password, as it is written and as it is sent, out of an answer.
func (p pass) scrub(a httpx.Answer) httpx.Answer {
	return channels.Scrub(a, p.password, p.basic(), secret.New(strings.ReplaceAll(p.password.Reveal(), " ", "")))
}

// kept is what the Keeper holds of a connected user.
type kept struct {
	Site     string `json:"site"` // where the password belongs; it goes nowhere else
	User     string `json:"user"`
	Password string `json:"password"`
}

// pass is read at each use, so that a changed password counts at once.
func (c *Channel) pass(ctx context.Context) (pass, error) {
	if c.cfg.Password != "" {
		v, err := c.env.Secret(c.cfg.Password)
		if err != nil {
			return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
		}
		return shaped(c.cfg.User, v)
	}
	sealed, err := c.env.Keep.Load(ctx)
	if err != nil {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, err)
	}
	var k kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Site != c.cfg.Site.Host || c.cfg.User != "" && k.User != c.cfg.User {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("what was kept is not for %s and its user: %w", c.cfg.Site.Host, channels.ErrNotConnected))
	}
	return shaped(k.User, secret.New(k.Password))
}

// shaped is a user and password that may stand in a header.
func shaped(user string, password secret.String) (pass, error) {
	text := strings.TrimSpace(password.Reveal())
	if !userForm.MatchString(user) || text == "" || strings.ContainsAny(text, "\r\n\x00") {
		return pass{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("a login name and an application password are needed"))
	}
	return pass{user, secret.New(text)}, nil
}

// needed are what publishing, pictures and taking down need, in the site's words.
var needed = []string{"edit_posts", "publish_posts", "upload_files", "delete_published_posts"}

// Inspect asks the site who the user is and what they may do.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, p)
}

// inspect is Inspect with a password that may not be kept yet.
func (c *Channel) inspect(ctx context.Context, p pass) (campaign.Account, error) {
	api, err := c.root(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	var me struct {
		ID           int64           `json:"id"`
		Name         string          `json:"name"`
		Link         string          `json:"link"`
		Capabilities map[string]bool `json:"capabilities"`
	}
	if _, err := c.get(ctx, opToken, session{p, api}, "wp/v2/users/me", url.Values{"context": {"edit"}}, &me); err != nil {
		return campaign.Account{}, err
	}
	if me.ID <= 0 {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the site named no user; does it pass the Authorization header on?"))
	}
	host := strings.ToLower(c.cfg.Site.Host)
	a := campaign.Account{ID: host + "/" + p.user, Handle: p.user + "@" + host, Name: httpx.Redact(me.Name), URL: channels.SafeLink(me.Link), Server: "wordpress"}
	for _, right := range needed {
		if me.Capabilities[right] {
			a.Rights = append(a.Rights, right)
		} else {
			a.Missing = append(a.Missing, right)
		}
	}
	return a, nil
}

// Begin asks for the user, unless the campaign names one, and for an
// application password.
func (c *Channel) Begin(context.Context, string) (channels.Invitation, error) {
	if c.cfg.Password != "" {
		return channels.Invitation{}, errors.New("the campaign names a password for this channel; remove it there to connect the channel by hand")
	}
	ask := []channels.Field{{Name: "password", Label: "Application password (Users, Profile, Application Passwords)", Secret: true}}
	if c.cfg.User == "" {
		ask = append([]channels.Field{{Name: "user", Label: "Login name of the user"}}, ask...)
	}
	return channels.Invitation{Ask: ask}, nil
}

// Finish tries what the owner typed.
func (c *Channel) Finish(ctx context.Context, _ secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	user := c.cfg.User
	if user == "" {
		user = strings.TrimSpace(answers["user"].Reveal())
	}
	p, err := shaped(user, answers["password"])
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	account, err := c.inspect(ctx, p)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	sealed, err := json.Marshal(kept{Site: c.cfg.Site.Host, User: p.user, Password: p.password.Reveal()})
	return secret.New(string(sealed)), account, err
}

// Revoke cannot end the password: which of the user's it is, only they know.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("revoke the application password on the site, under Users, Profile"))
}
