// Package openid signs people in by a provider that speaks OpenID Connect: the
// authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636). It
// says who somebody is; what they may do is not its business.
package openid

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Config is how a provider is reached. All but GroupsClaim are needed.
type Config struct {
	Issuer   string // exactly as the provider's documents say it
	ClientID string
	Secret   func() (secret.String, error) // read at each use
	Redirect string                        // where the provider sends people back to
	// GroupsClaim names the claim with a person's groups; "" reads none.
	GroupsClaim string
}

// Provider signs people in. Its methods may be called from several goroutines.
type Provider struct {
	Config
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil until the provider was reached
}

// New makes a Provider, and asks it nothing yet: one that is down keeps nobody
// from signing in otherwise.
func New(c Config) *Provider {
	return &Provider{Config: c, client: &http.Client{Timeout: answerWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answerWithin bounds each question to the provider.
const answerWithin = 10 * time.Second

// Begun is what the browser keeps until it comes back; it is worth nothing to
// anybody else.
type Begun struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Answer is what the browser brings back from the provider.
type Answer struct {
	State, Code string
	Issuer      string // "" where the provider does not say it (RFC 9207)
	Error       string // why there is no code
}

// Identity is somebody as the provider knows them.
type Identity struct {
	Subject    string // the provider's name for the account, never given to another
	Mail       string
	Verified   bool // the provider has seen that the mail address is theirs
	TwoFactors bool // by "mfa" among the methods used (RFC 8176)
	Groups     []string
}

// ErrRefused is wrapped when an answer is not the one that was asked for, or
// does not say who somebody is. All other errors are trouble with the provider.
var ErrRefused = errors.New("the provider's answer was refused")

// Begin says where the browser goes, and what it keeps meanwhile.
func (p *Provider) Begin(ctx context.Context) (address string, b Begun, err error) {
	b = Begun{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	provider, err := p.discover(ctx)
	if err != nil {
		return "", b, err
	}
	flow, err := p.flow(provider)
	if err != nil {
		return "", b, err
	}
	return flow.AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), b, nil
}

// Finish finds out who came back.
func (p *Provider) Finish(ctx context.Context, b Begun, a Answer) (Identity, error) {
	if b.State == "" || b.Nonce == "" || subtle.ConstantTimeCompare([]byte(b.State), []byte(a.State)) != 1 {
		return Identity{}, fmt.Errorf("%w: it does not belong to what this browser began", ErrRefused)
	}
	provider, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	var known struct {
		SaysIssuer bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&known); err != nil {
		return Identity{}, err
	}
	if a.Issuer != p.Issuer && (a.Issuer != "" || known.SaysIssuer) {
		return Identity{}, fmt.Errorf("%w: another provider sent it", ErrRefused)
	}
	if a.Error != "" || a.Code == "" {
		return Identity{}, fmt.Errorf("%w: it holds no code", ErrRefused)
	}
	flow, err := p.flow(provider)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := flow.Exchange(ctx, a.Code, oauth2.VerifierOption(b.Verifier))
	if no := (*oauth2.RetrieveError)(nil); errors.As(err, &no) && no.Response.StatusCode < 500 {
		return Identity{}, fmt.Errorf("%w: its code is not taken: %s", ErrRefused, no.ErrorCode)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("the sign-in provider's code was not exchanged: %w", err)
	}
	return p.read(ctx, provider, token, b.Nonce)
}

// read checks the signed token and takes from it what we need.
func (p *Provider) read(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, nonce string) (Identity, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: its token was made for another sign-in", ErrRefused)
	}
	var said struct {
		Mail     string   `json:"email"`
		Verified bool     `json:"email_verified"`
		Methods  []string `json:"amr"`
	}
	all := map[string]any{}
	if err := errors.Join(id.Claims(&said), id.Claims(&all)); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return Identity{Subject: id.Subject, Mail: said.Mail, Verified: said.Verified,
		TwoFactors: slices.Contains(said.Methods, "mfa"), Groups: texts(all[p.GroupsClaim])}, nil
}

// texts are those of a claim that holds a list; anything else is none.
func texts(claim any) (out []string) {
	list, _ := claim.([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// discover reads the provider's documents once they can be had.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The keys are fetched later with this context, so it must outlive the request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the sign-in provider %s cannot be used: %w", p.Issuer, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) flow(provider *oidc.Provider) (oauth2.Config, error) {
	password, err := p.Secret()
	if err != nil {
		return oauth2.Config{}, fmt.Errorf("the secret of the sign-in provider: %w", err)
	}
	return oauth2.Config{ClientID: p.ClientID, ClientSecret: password.Reveal(), Endpoint: provider.Endpoint(),
		RedirectURL: p.Redirect, Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}, nil
}
