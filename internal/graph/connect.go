package graph

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// App is the program that owners let act for them. It is registered at Meta.
type App struct {
	Op     string
	ID     string   // "" where there is none: the owner brings a token
	Secret string   // reference to its secret
	Dialog string   // address of the page on which the owner agrees
	Scopes []string // what we need, no more
	// Redirect is the address registered with the app, to which the owner is
	// sent; what the engine names comes before it.
	Redirect string
	Env      channels.Env
}

// begun is what Finish needs of Begin.
type begun struct {
	Host     string `json:"host"`
	App      string `json:"app"`
	Redirect string `json:"redirect"`
	State    string `json:"state"`
}

// Begin asks the owner to agree on the platform's page and to bring back the
// code; without an app, to bring a token. There is no PKCE: the page drops the
// challenge, and the exchange then refuses the proof. Source: docs/channels.md, "Connecting".
func (a App) Begin(host, redirect string) (channels.Invitation, error) {
	b := begun{Host: host, App: a.ID, Redirect: redirect, State: rand.Text()}
	if b.Redirect == "" {
		b.Redirect = a.Redirect
	}
	if a.ID != "" && b.Redirect == "" {
		return channels.Invitation{}, channels.Unsent(a.Op, channels.ScopeChannel, errors.New("set redirect_uri to an address that is registered with the app"))
	}
	sealed, err := json.Marshal(b)
	if err != nil {
		return channels.Invitation{}, err
	}
	out := channels.Invitation{Begun: secret.New(string(sealed))}
	if a.ID == "" {
		out.Ask = []channels.Field{{Name: "token", Label: "Access token of the account (from the app's dashboard)", Secret: true}}
		return out, nil
	}
	page, err := url.Parse(a.Dialog)
	if err != nil {
		return channels.Invitation{}, channels.Unsent(a.Op, channels.ScopeChannel, errors.New("the page of the platform has no address"))
	}
	page.RawQuery = url.Values{"client_id": {a.ID}, "redirect_uri": {b.Redirect}, "response_type": {"code"},
		"scope": {strings.Join(a.Scopes, ",")}, "state": {b.State}}.Encode()
	out.URL = page.String()
	out.Ask = []channels.Field{{Name: "code", Label: "Whole address that the browser shows after agreeing", Secret: true}}
	if redirect != "" {
		out.State = b.State
	}
	return out, nil
}

// Answer is what the owner brought: a code with what it is exchanged with, or a token.
type Answer struct {
	Code     string
	Redirect string
	Token    secret.String
}

// Finish reads what the owner brought; a code needs the state beside it, as no
// proof binds it to its flow.
func (a App) Finish(host string, sealed secret.String, answers map[string]secret.String) (Answer, error) {
	refuse := func(text string) (Answer, error) {
		return Answer{}, channels.Unsent(a.Op, channels.ScopeChannel, errors.New(text))
	}
	var b begun
	if json.Unmarshal([]byte(sealed.Reveal()), &b) != nil || b.Host != host || b.App != a.ID {
		return refuse("this flow was begun with other settings; begin anew")
	}
	if a.ID == "" {
		token := strings.TrimSpace(answers["token"].Reveal())
		if !bearerForm.MatchString(token) {
			return refuse("this is no token")
		}
		return Answer{Token: secret.New(token)}, nil
	}
	code, err := oauth.Returned(answers, b.State, false)
	if err != nil {
		return refuse(err.Error())
	}
	return Answer{Code: strings.TrimSuffix(code, "#_"), Redirect: b.Redirect}, nil
}

// secret is the app's secret.
func (a App) secret() (string, error) {
	s, err := a.Env.Secret(a.Secret)
	if err != nil {
		return "", channels.Unsent(a.Op, channels.ScopeChannel, err)
	}
	return strings.TrimSpace(s.Reveal()), nil
}

// Exchange gets the first token for a code. It goes to path, in a body.
func (a App) Exchange(ctx context.Context, c *Client, got Answer, root bool, path ...string) (Grant, error) {
	key, err := a.secret()
	if err != nil {
		return Grant{}, err
	}
	return a.grant(ctx, c, Call{Op: a.Op, Root: root, Path: path, Form: url.Values{
		"grant_type": {"authorization_code"}, "client_id": {a.ID}, "client_secret": {key}, "redirect_uri": {got.Redirect}, "code": {got.Code}}})
}

// Page is a Page as Facebook shows it to a person who works on it.
type Page struct {
	ID        ID       `json:"id"`
	Token     string   `json:"access_token"`
	Tasks     []string `json:"tasks"`
	Instagram struct {
		ID       ID     `json:"id"`
		Username string `json:"username"`
	} `json:"instagram_business_account"`
}

// Pages are the Pages on which whoever agreed let us work. Their tokens do not
// end by themselves because they are made of a token of weeks.
func (a App) Pages(ctx context.Context, c *Client, got Answer, fields string) ([]Page, error) {
	short, err := a.Exchange(ctx, c, got, false, "oauth", "access_token")
	if err != nil {
		return nil, err
	}
	long, err := a.LongUser(ctx, c, secret.New(short.AccessToken))
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []Page `json:"data"`
	}
	err = c.Do(ctx, Call{Op: a.Op, Token: secret.New(long.AccessToken), Path: []string{"me", "accounts"},
		Query: url.Values{"fields": {fields}, "limit": {"100"}}, Tokens: true}, &list)
	return list.Data, err
}

// Lengthen exchanges a token of hours for one of weeks, as Instagram's and
// Threads' own logins do it.
func (a App) Lengthen(ctx context.Context, c *Client, token secret.String, grantType string) (Grant, error) {
	key, err := a.secret()
	if err != nil {
		return Grant{}, err
	}
	return a.grant(ctx, c, Call{Op: a.Op, Root: true, Path: []string{"access_token"}, Token: token,
		Query: url.Values{"grant_type": {grantType}, "client_secret": {key}}})
}

// LongUser exchanges a user's token of hours at Facebook for one of weeks.
func (a App) LongUser(ctx context.Context, c *Client, token secret.String) (Grant, error) {
	key, err := a.secret()
	if err != nil {
		return Grant{}, err
	}
	return a.grant(ctx, c, Call{Op: a.Op, Path: []string{"oauth", "access_token"}, Form: url.Values{
		"grant_type": {"fb_exchange_token"}, "client_id": {a.ID}, "client_secret": {key}, "fb_exchange_token": {token.Reveal()}}})
}

func (a App) grant(ctx context.Context, c *Client, call Call) (Grant, error) {
	var g Grant
	call.Tokens = true
	if err := c.Do(ctx, call, &g); err != nil {
		return Grant{}, err
	}
	_, err := g.Token(a.Op)
	return g, err
}

// Renewal asks for another token in place of one of 60 days.
func Renewal(c *Client, op, grantType string, otherwise time.Duration) func(context.Context, secret.String) (secret.String, time.Duration, error) {
	return func(ctx context.Context, token secret.String) (secret.String, time.Duration, error) {
		var g Grant
		err := c.Do(ctx, Call{Op: op, Root: true, Path: []string{"refresh_access_token"}, Token: token, Tokens: true, Query: url.Values{"grant_type": {grantType}}}, &g)
		if err != nil {
			return secret.String{}, 0, err
		}
		fresh, err := g.Token(op)
		return fresh, g.Life(otherwise), err
	}
}

// Missing are the scopes that we need and were not given.
func Missing(need, have []string) []string {
	var lack []string
	for _, s := range need {
		if !slices.Contains(have, s) {
			lack = append(lack, s)
		}
	}
	return lack
}

// Debugged is what Facebook says of a token.
type Debugged struct {
	Valid   bool
	Scopes  []string
	Expires time.Time // zero: never
}

// Debug asks Facebook about the token. The question travels in the body of a
// batch: in an address of its own it would hold the token.
func (c *Client) Debug(ctx context.Context, op string, token secret.String) (Debugged, error) {
	batch, err := json.Marshal([]map[string]string{{"method": "GET", "relative_url": c.Version + "/debug_token?" + url.Values{"input_token": {token.Reveal()}}.Encode()}})
	if err != nil {
		return Debugged{}, channels.Unsent(op, channels.ScopeChannel, err)
	}
	var parts []*struct {
		Body string `json:"body"`
	}
	if err := c.Do(ctx, Call{Op: op, Token: token, Root: true, Path: []string{""}, Form: url.Values{"batch": {string(batch)}, "include_headers": {"false"}}}, &parts); err != nil {
		return Debugged{}, err
	}
	var said struct {
		Data struct {
			Valid      bool     `json:"is_valid"`
			Scopes     []string `json:"scopes"`
			Expires    int64    `json:"expires_at"`
			DataAccess int64    `json:"data_access_expires_at"`
		} `json:"data"`
	}
	if len(parts) != 1 || parts[0] == nil || json.Unmarshal([]byte(parts[0].Body), &said) != nil {
		return Debugged{}, channels.Unsent(op, channels.ScopePlatform, errors.New("the platform said nothing about the token"))
	}
	d := Debugged{Valid: said.Data.Valid}
	for _, s := range said.Data.Scopes {
		if s = channels.SafeCode(s); s != "" {
			d.Scopes = append(d.Scopes, s)
		}
	}
	// The right to read data ends by itself, and read-back needs it.
	for _, at := range []int64{said.Data.Expires, said.Data.DataAccess} {
		if at > 0 && at < 1<<40 && (d.Expires.IsZero() || time.Unix(at, 0).Before(d.Expires)) {
			d.Expires = time.Unix(at, 0).UTC()
		}
	}
	return d, nil
}
