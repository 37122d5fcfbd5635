package x

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// identity is whose account it is.
type identity struct {
	of     campaign.Digest // of the token it was asked with: nothing here holds it
	id     string
	handle string // without "@"
}

var (
	idForm     = regexp.MustCompile(`^[0-9]{1,20}$`)
	handleForm = regexp.MustCompile(`^[A-Za-z0-9_]{1,15}$`)
)

// safeNumber is an id of X if it is one, else "".
func safeNumber(s string) string {
	if !idForm.MatchString(s) {
		return ""
	}
	return s
}

// whoami is the credential and its account, asked once for each token. Every
// asking costs money.
func (c *Channel) whoami(ctx context.Context) (identity, credential, error) {
	cred, err := c.credential(ctx)
	if err != nil || cred.user.id != "" {
		return cred.user, cred, err
	}
	c.mu.Lock()
	have := c.who
	c.mu.Unlock()
	if have.id == "" || have.of != cred.digest() {
		have, _, err = c.ask(ctx, cred)
	}
	return have, cred, err
}

func (c credential) digest() campaign.Digest {
	return campaign.DigestOf([]byte(c.token.Reveal() + "\x00" + c.bearer.Reveal()))
}

// account is what X says of an account.
type account struct{ campaign.Account }

// rights are those that were granted with OAuth 2. An access token that cannot
// be renewed ends.
func (a *account) rights(k oauth.Kept) {
	if k.Scope != "" {
		a.Rights = k.Scopes()
		for _, need := range scopes {
			if !slices.Contains(a.Rights, need) {
				a.Missing = append(a.Missing, need)
			}
		}
	}
	a.Expires = k.Expires()
}

// level are the rights of keys that were made by hand, which X tells with each
// answer: "read", "read-write" or "read-write-directmessages".
func (a *account) level(s string) {
	if s = channels.SafeCode(s); s == "" {
		return
	}
	a.Rights = []string{s}
	if !strings.Contains(s, "write") {
		a.Missing = []string{"read-write"}
	}
}

// ask asks X whose credential it is, and remembers it.
func (c *Channel) ask(ctx context.Context, cred credential) (identity, account, error) {
	var in struct {
		Data struct {
			ID       string `json:"id"`
			Username string `json:"username"`
			Name     string `json:"name"`
		} `json:"data"`
	}
	a, err := c.get(ctx, opToken, cred, &in, url.Values{"user.fields": {"name,username"}}, "2", "users", "me")
	if err != nil {
		return identity{}, account{}, err
	}
	who := identity{of: cred.digest(), id: safeNumber(in.Data.ID)}
	if handleForm.MatchString(in.Data.Username) {
		who.handle = in.Data.Username
	}
	if who.id == "" || who.handle == "" {
		e := channels.Staging(opToken, a, errors.New("the answer names no account"), false, c.env.Now())
		e.Scope = channels.ScopeChannel
		return identity{}, account{}, e
	}
	c.mu.Lock()
	c.who = who
	c.mu.Unlock()
	limits := c.facts.Limits
	acc := account{campaign.Account{ID: who.id, Handle: "@" + who.handle, Name: httpx.Redact(in.Data.Name),
		URL: channels.SafeLink("https://x.com/" + who.handle), Server: "x api " + c.cfg.api(), Limits: &limits}}
	if cred.bearer.Empty() {
		acc.level(a.Header.Get("X-Access-Level"))
	}
	return who, acc, nil
}

// api is the version that posts are sent by.
func (cfg Config) api() string {
	if cfg.Old {
		return "v1.1"
	}
	return "v2"
}

// Inspect asks who the account is and what we may do with it. Whether v1.1 may
// be used X tells only to a post.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	if c.cfg.Keys != nil {
		cred, err := c.credential(ctx)
		if err != nil {
			return campaign.Account{}, err
		}
		_, a, err := c.ask(ctx, cred)
		return a.Account, err
	}
	k, err := c.oauth.Session(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	who, a, err := c.ask(ctx, credential{bearer: secret.New(k.Access)})
	if err != nil {
		return campaign.Account{}, err
	}
	if who.id != k.User {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the token is of another account than the channel's"))
	}
	a.rights(k)
	return a.Account, nil
}
