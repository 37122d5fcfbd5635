package bluesky

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const opConnect = "bluesky.connect"

// Begin asks for the handle, unless the campaign names it, and for an app
// password. There is no page to go to: see docs/channels.md for why not OAuth.
func (c *Channel) Begin(context.Context, string) (channels.Invitation, error) {
	if c.cfg.Password != "" {
		return channels.Invitation{}, errors.New("the campaign names a password for this channel; remove it there to connect the channel by hand")
	}
	password := channels.Field{Name: "password", Label: "App password (made in Settings, Privacy and security, App passwords)", Secret: true}
	if c.cfg.Handle != "" {
		return channels.Invitation{Ask: []channels.Field{password}}, nil
	}
	return channels.Invitation{Ask: []channels.Field{{Name: "handle", Label: "Handle of the account, such as name.bsky.social"}, password}}, nil
}

// Finish logs in once with what the owner typed.
func (c *Channel) Finish(ctx context.Context, _ secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	handle, password := c.cfg.Handle, strings.TrimSpace(answers["password"].Reveal())
	if handle == "" {
		handle = strings.TrimPrefix(strings.TrimSpace(answers["handle"].Reveal()), "@")
	}
	if handle == "" || password == "" {
		return secret.String{}, campaign.Account{}, errors.New("a handle and an app password are needed")
	}
	g, err := c.login(ctx, handle, password)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	token, err := encodeGrant(g)
	if err != nil {
		return secret.String{}, campaign.Account{}, err
	}
	return token, c.account(ctx, g), nil
}

// Revoke ends the session at the server. The app password stays valid until
// its owner deletes it: no program may do that.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	g, err := decodeGrant(token)
	if c.cfg.Password != "" {
		g, err = c.load(ctx)
	}
	if err != nil {
		return err
	}
	a := c.ask(ctx, request{host: g.PDS, name: "com.atproto.server.deleteSession", bearer: g.Refresh, post: true})
	if a.err == nil && success(a.Status) || a.kind() == kindToken {
		return nil // a session that is over needs no end
	}
	return a.staging(opConnect, c.env.Now())
}

// Inspect asks the server who we are.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	a, err := c.askAs(ctx, opConnect, request{name: "com.atproto.server.getSession"})
	if err != nil {
		return campaign.Account{}, err
	}
	var v opened
	g, err := c.load(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	fault := &channels.Error{Op: opConnect, Fate: channels.NotSent, Scope: channels.ScopeChannel, Status: a.Status, Reach: a.Reach.String()}
	switch {
	case !a.into(&v):
		fault.Scope, fault.Err = channels.ScopePlatform, errors.New("the server did not say whose session it is")
		return campaign.Account{}, fault
	case v.DID != g.DID:
		fault.Err = errors.New("the session is of another account than the channel's")
		return campaign.Account{}, fault
	case v.Active != nil && !*v.Active:
		fault.Err = errors.New(strings.TrimSpace("the account is not active " + safeWord(v.Status)))
		return campaign.Account{}, fault
	}
	if handle := safeHandle(v.Handle); handle != "" {
		g.Handle = handle // it may change; the DID does not
	}
	return c.account(ctx, g), nil
}

var (
	scopeForm   = regexp.MustCompile(`^com\.atproto\.[a-zA-Z]{1,40}$`) // what an app password may do
	versionForm = regexp.MustCompile(`^[0-9]{1,5}(?:\.[0-9]{1,5}){0,3}(?:-[a-z]{1,20})?`)
)

// account is what is known of the account behind a grant. The permission has
// no end: when a session is over, the app password opens another.
func (c *Channel) account(ctx context.Context, g grant) campaign.Account {
	limits := c.facts.Limits
	a := campaign.Account{ID: g.DID, Handle: "@" + g.Handle, URL: channels.SafeLink("https://bsky.app/profile/" + g.DID), Limits: &limits}
	var token claims
	if token.read(g.Access) {
		if scopeForm.MatchString(token.Scope) {
			a.Rights = []string{token.Scope}
		}
	}
	var health struct {
		Version string `json:"version"`
	}
	a.Server = "bluesky pds"
	if answer := c.ask(ctx, request{host: g.PDS, name: "_health"}); answer.into(&health) {
		a.Server = strings.TrimSpace(a.Server + " " + versionForm.FindString(health.Version))
	}
	return a
}
