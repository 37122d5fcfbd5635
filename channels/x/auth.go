package x

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dghubble/oauth1"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// credential is what a call is signed with: the four keys of OAuth 1.0a, or
// the token of OAuth 2. Nothing prints it.
type credential struct {
	consumer, consumerSecret, token, tokenSecret secret.String
	bearer                                       secret.String
	user                                         identity // known without asking; zero: ask
}

// secrets are all values that no answer may bring back.
func (c credential) secrets() []secret.String {
	return []secret.String{c.consumer, c.consumerSecret, c.token, c.tokenSecret, c.bearer}
}

// credential is read at each use, so that a changed key counts at once.
func (c *Channel) credential(ctx context.Context) (credential, error) {
	if c.cfg.Keys == nil {
		k, err := c.oauth.Session(ctx)
		return credential{bearer: secret.New(k.Access), user: identityOf(k)}, err
	}
	var cred credential
	for ref, value := range map[string]*secret.String{c.cfg.Keys.consumer: &cred.consumer, c.cfg.Keys.consumerSecret: &cred.consumerSecret,
		c.cfg.Keys.token: &cred.token, c.cfg.Keys.tokenSecret: &cred.tokenSecret} {
		v, err := c.env.Secret(ref)
		if err != nil {
			return credential{}, channels.Unsent(opToken, channels.ScopeChannel, err)
		}
		*value = secret.New(strings.TrimSpace(v.Reveal()))
	}
	return cred, nil
}

// head are the headers of a call. form are the parameters of its body, which
// OAuth 1.0a signs; a body in JSON or of several parts is not signed.
func (c credential) head(method, address string, form url.Values, now time.Time) (http.Header, error) {
	h := http.Header{"Accept": {"application/json"}}
	if !c.bearer.Empty() {
		h.Set("Authorization", "Bearer "+c.bearer.Reveal())
		return h, nil
	}
	if c.token.Empty() {
		return h, nil
	}
	signed, err := c.sign(method, address, form, rand.Text(), now)
	h.Set("Authorization", signed)
	return h, err
}

// sign is the Authorization header of OAuth 1.0a. It is made here and not by
// the library's transport, because that one reads a clock of its own; the
// encoding and the signature are the library's. Source: RFC 5849 §3.4.
func (c credential) sign(method, address string, form url.Values, nonce string, now time.Time) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	own := map[string]string{
		"oauth_consumer_key": c.consumer.Reveal(), "oauth_token": c.token.Reveal(), "oauth_nonce": nonce, "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": strconv.FormatInt(now.Unix(), 10), "oauth_version": "1.0",
	}
	var pairs []string
	for _, values := range []url.Values{u.Query(), form} {
		for k, vs := range values {
			for _, v := range vs {
				pairs = append(pairs, oauth1.PercentEncode(k)+"="+oauth1.PercentEncode(v))
			}
		}
	}
	for k, v := range own {
		pairs = append(pairs, oauth1.PercentEncode(k)+"="+oauth1.PercentEncode(v))
	}
	slices.Sort(pairs)
	u.RawQuery, u.Fragment, u.Host = "", "", strings.ToLower(u.Host)
	base := strings.Join([]string{method, oauth1.PercentEncode(u.String()), oauth1.PercentEncode(strings.Join(pairs, "&"))}, "&")
	signer := oauth1.HMACSigner{ConsumerSecret: c.consumerSecret.Reveal()}
	if own["oauth_signature"], err = signer.Sign(c.tokenSecret.Reveal(), base); err != nil {
		return "", err
	}
	var parts []string
	for k, v := range own {
		parts = append(parts, k+`="`+oauth1.PercentEncode(v)+`"`)
	}
	slices.Sort(parts)
	return "OAuth " + strings.Join(parts, ", "), nil
}
