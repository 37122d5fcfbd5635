package mastodon

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// outOfBand makes the server show a code that the owner copies.
const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

// broadScopes are for servers that do not know our narrow ones.
var broadScopes = []string{"read", "write"}

// begun is what Finish needs of Begin.
type begun struct {
	Server       string   `json:"server"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Redirect     string   `json:"redirect"`
	State        string   `json:"state"`
	Verifier     string   `json:"verifier"`
	Scopes       []string `json:"scopes"`
}

// Begin registers us as a program at the server and asks the owner of the
// account to agree there. Each flow registers anew: nothing of one that was
// given up can be used in another.
func (c *Channel) Begin(ctx context.Context, redirect string) (channels.Invitation, error) {
	if err := c.learn(ctx); err != nil {
		return channels.Invitation{}, err
	}
	b := begun{Server: c.cfg.Server.Host, Redirect: redirect, State: rand.Text(), Verifier: rand.Text() + rand.Text(), Scopes: scopes}
	if redirect == "" {
		b.Redirect = outOfBand
	}
	if c.known().software == "pixelfed" {
		b.Scopes = broadScopes // it takes others, and then lets nobody agree to them
	}
	if err := c.register(ctx, &b); err != nil {
		return channels.Invitation{}, err
	}
	sealed, err := json.Marshal(b)
	if err != nil {
		return channels.Invitation{}, err
	}
	challenge := sha256.Sum256([]byte(b.Verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {b.ClientID}, "redirect_uri": {b.Redirect}, "scope": {strings.Join(b.Scopes, " ")}, "state": {b.State},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"}, // from 4.3; others ignore it
	}
	invited := channels.Invitation{URL: c.address(query, "oauth", "authorize"), Begun: secret.New(string(sealed)),
		Ask: []channels.Field{{Name: "code", Label: "Code that the server shows", Secret: true}}}
	if redirect != "" {
		invited.State = b.State
	}
	return invited, nil
}

// register makes the program known, with broad scopes where the server does
// not take the narrow ones.
func (c *Channel) register(ctx context.Context, b *begun) error {
	for {
		var app struct {
			ClientID     string `json:"client_id"`
			ClientSecret string `json:"client_secret"`
		}
		form := url.Values{"client_name": {c.cfg.AppName}, "redirect_uris": {b.Redirect}, "scopes": {strings.Join(b.Scopes, " ")}}
		if c.cfg.AppWebsite != "" {
			form.Set("website", c.cfg.AppWebsite)
		}
		err := c.form(ctx, opConnect, form, &app, "api", "v1", "apps")
		var e *channels.Error
		switch {
		case err == nil && (app.ClientID == "" || app.ClientSecret == ""):
			return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the server registered no program"))
		case err == nil:
			b.ClientID, b.ClientSecret = app.ClientID, app.ClientSecret
			return nil
		case errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity) && !slices.Equal(b.Scopes, broadScopes):
			b.Scopes = broadScopes
		default:
			return err
		}
	}
}

// Finish exchanges the code for a token and asks whose it is.
func (c *Channel) Finish(ctx context.Context, sealed secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	none := func(err error) (secret.String, campaign.Account, error) {
		return secret.String{}, campaign.Account{}, err
	}
	var b begun
	if json.Unmarshal([]byte(sealed.Reveal()), &b) != nil || b.Server != c.cfg.Server.Host {
		return none(channels.Unsent(opConnect, channels.ScopeChannel, errors.New("this flow was begun for another server; begin anew")))
	}
	// Whoever was sent back was found by the state; where it comes along, it must fit.
	if state, ok := answers["state"]; ok && subtle.ConstantTimeCompare([]byte(state.Reveal()), []byte(b.State)) != 1 {
		return none(channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the answer belongs to another flow; begin anew")))
	}
	code := strings.TrimSpace(answers["code"].Reveal())
	if code == "" {
		return none(channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the code is missing")))
	}
	var got struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		Scope       string `json:"scope"`
	}
	err := c.form(ctx, opConnect, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {b.ClientID}, "client_secret": {b.ClientSecret},
		"redirect_uri": {b.Redirect}, "code_verifier": {b.Verifier}, "scope": {strings.Join(b.Scopes, " ")},
	}, &got, "oauth", "token")
	if err != nil {
		return none(err)
	}
	if got.AccessToken == "" || !strings.EqualFold(got.TokenType, "bearer") {
		return none(channels.Unsent(opConnect, channels.ScopeChannel, errors.New("the server gave no token")))
	}
	k := kept{Server: b.Server, ClientID: b.ClientID, ClientSecret: b.ClientSecret, Token: got.AccessToken, Scope: got.Scope, AppName: c.cfg.AppName}
	account, err := c.inspect(ctx, secret.New(k.Token), got.Scope)
	if err != nil {
		return none(err)
	}
	token, err := json.Marshal(k)
	return secret.New(string(token)), account, err
}

// Revoke ends the token at the server. One that was made by hand is not ours
// to end: we have no program there to say it for.
func (c *Channel) Revoke(ctx context.Context, token secret.String) error {
	if c.cfg.Token != "" {
		return channels.Unsent(opConnect, channels.ScopeChannel, fmt.Errorf("the token in %s was made by hand; remove it at the server, under Preferences, Development", c.cfg.Token))
	}
	k, err := c.decode(token)
	if err != nil {
		return err
	}
	return c.form(ctx, opConnect, url.Values{"client_id": {k.ClientID}, "client_secret": {k.ClientSecret}, "token": {k.Token}}, nil, "oauth", "revoke")
}
