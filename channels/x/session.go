package x

import (
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
)

// scopes are what publishing, reading back and deleting need, and renewing the
// permission. Source: platforms.md §1.1.
var scopes = []string{"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}

const (
	// renewAhead is so long that a lost answer can be made good while the old
	// access token still serves.
	renewAhead = 20 * time.Minute
	renewPause = time.Minute
	usualLife  = 2 * time.Hour
)

// app is the program that owners let act for them by OAuth 2. A confidential
// client says its secret in the head. Source: platforms.md §1.1.
func (c *Channel) app() *oauth.App {
	return &oauth.App{
		Env: c.env, Client: c.client, Server: c.cfg.Base.Host, ID: c.cfg.ClientID, Secret: c.cfg.ClientSecret, InHead: true,
		Authorize: place(c.cfg.Site, nil, "i", "oauth2", "authorize"), Token: c.address(nil, "2", "oauth2", "token"),
		Revocation: c.address(nil, "2", "oauth2", "revoke"), Redirect: c.cfg.Redirect, Scopes: scopes, Proof: true,
		Label: "Address that the browser shows after agreeing, at once (it serves for 30 seconds)",
		Ahead: renewAhead, Pause: renewPause, Life: usualLife, Over: []string{"invalid_grant", "invalid_request"},
		OpConnect: opConnect, OpToken: opToken,
		Fault: func(op string, a httpx.Answer, err error) *channels.Error { return staging(op, a, err, c.env.Now()) },
	}
}

func identityOf(k oauth.Kept) identity { return identity{id: k.User, handle: k.Handle} }
