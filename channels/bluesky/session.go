package bluesky

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const opSession = "bluesky.session"

// grant is what acting in the account's name needs. It is kept sealed.
type grant struct {
	DID      string `json:"did"`
	Handle   string `json:"handle"`
	PDS      string `json:"pds"` // the server that holds the account, no slash at its end
	Password string `json:"password"`
	Access   string `json:"access"`  // serves for two hours
	Refresh  string `json:"refresh"` // serves for ninety days, and two hours once it was used
	// Until is when Access ends by our clock.
	Until time.Time `json:"until,omitzero"`
}

// String keeps a grant out of whatever prints it.
func (grant) String() string { return "•••" }

// GoString does the same for %#v.
func (grant) GoString() string { return "•••" }

// renewAhead is how long before its end a session is renewed.
const renewAhead = 2 * time.Minute

// refusedFor is for how long a password that was refused is not tried again:
// logins are limited to 300 a day. Source: platforms.md §3.1.
const refusedFor = 5 * time.Minute

// sessions is the channel's memory. Where a person connected the channel the
// Keeper holds the grant, and its Change is what renews one at a time; else
// the grant lives here alone, and turn does the same.
type sessions struct {
	turn chan struct{} // holds one value while somebody renews

	mu      sync.Mutex
	kept    *grant            // nil before the first login; behind a pointer nothing prints it
	refused [sha256.Size]byte // of the password that was refused last
	at      time.Time         // when
}

// session is a grant that serves for now. It renews one that is about to end.
func (c *Channel) session(ctx context.Context) (grant, error) {
	g, err := c.load(ctx)
	if err == nil && c.env.Now().After(g.Until.Add(-renewAhead)) {
		return c.renew(ctx, g.Access)
	}
	return g, err
}

// load is the grant as it was kept last; its access token may be over.
func (c *Channel) load(ctx context.Context) (grant, error) {
	if c.cfg.Password != "" {
		c.sessions.mu.Lock()
		g := c.sessions.kept
		c.sessions.mu.Unlock()
		if g != nil {
			return *g, nil
		}
		return c.renew(ctx, "")
	}
	if c.env.Keep == nil {
		return grant{}, notKept(channels.ErrNotConnected)
	}
	kept, err := c.env.Keep.Load(ctx)
	if err != nil {
		return grant{}, notKept(err)
	}
	return decodeGrant(kept)
}

// renew is a grant whose access token is not failed, the one that did not
// serve. Whoever comes second gets what the first one renewed.
func (c *Channel) renew(ctx context.Context, failed string) (grant, error) {
	if c.cfg.Password != "" {
		return c.renewInMemory(ctx, failed)
	}
	var g grant
	err := c.env.Keep.Change(ctx, func(ctx context.Context, kept secret.String) (secret.String, error) {
		var err error
		if g, err = decodeGrant(kept); err != nil || g.Access != failed {
			return kept, err
		}
		if g, err = c.refresh(ctx, g); err != nil {
			return secret.String{}, err
		}
		return encodeGrant(g)
	})
	if err != nil {
		return grant{}, notKept(err)
	}
	return g, nil
}

func (c *Channel) renewInMemory(ctx context.Context, failed string) (grant, error) {
	s := &c.sessions
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return grant{}, channels.Unsent(opSession, channels.ScopePlatform, ctx.Err())
	}
	var g grant
	s.mu.Lock()
	if s.kept != nil {
		g = *s.kept
	}
	s.mu.Unlock()
	if g.Access != failed {
		return g, nil
	}
	value, err := c.env.Secret(c.cfg.Password)
	if err != nil {
		return grant{}, channels.Unsent(opSession, channels.ScopeChannel, err)
	}
	g.Password = strings.TrimSpace(value.Reveal())
	if g.DID == "" {
		g, err = c.login(ctx, c.cfg.Handle, g.Password)
	} else {
		g, err = c.refresh(ctx, g)
	}
	if err != nil {
		return grant{}, err
	}
	s.mu.Lock()
	s.kept = &g
	s.mu.Unlock()
	return g, nil
}

// notKept is an error of the Keeper, or of what ran inside it.
func notKept(err error) error {
	var e *channels.Error
	if errors.As(err, &e) {
		return e
	}
	e = channels.Unsent(opSession, channels.ScopePlatform, err)
	if errors.Is(err, channels.ErrNotConnected) {
		e.Scope = channels.ScopeChannel
	}
	return e
}

func decodeGrant(kept secret.String) (g grant, err error) {
	if kept.Reveal() == "" {
		return g, notKept(channels.ErrNotConnected)
	}
	if json.Unmarshal([]byte(kept.Reveal()), &g) != nil || g.DID == "" || g.PDS == "" {
		return grant{}, notKept(fmt.Errorf("what is kept cannot be read: %w", channels.ErrNotConnected))
	}
	return g, nil
}

func encodeGrant(g grant) (secret.String, error) {
	b, err := json.Marshal(g)
	return secret.New(string(b)), err
}

// refresh renews a session by its refresh token. The answer may have been lost
// the last time: the old token then still serves for two hours. One that does
// not serve any more is replaced by logging in.
func (c *Channel) refresh(ctx context.Context, g grant) (grant, error) {
	a := c.ask(ctx, request{host: g.PDS, name: "com.atproto.server.refreshSession", bearer: g.Refresh, post: true})
	if a.kind() == kindToken {
		return c.login(ctx, g.DID, g.Password)
	}
	return c.granted(a, g)
}

// login opens a session with the app password. identifier is a handle or DID.
func (c *Channel) login(ctx context.Context, identifier, password string) (grant, error) {
	sum, s, now := sha256.Sum256([]byte(identifier+"\x00"+password)), &c.sessions, c.env.Now()
	s.mu.Lock()
	wait := s.refused == sum && now.Sub(s.at) < refusedFor && !now.Before(s.at)
	s.mu.Unlock()
	if wait {
		return grant{}, channels.Unsent(opSession, channels.ScopeChannel, errors.New("this app password was refused a moment ago and is not tried again yet"))
	}
	body, err := encode(map[string]string{"identifier": identifier, "password": password})
	if err != nil {
		return grant{}, err
	}
	a := c.ask(ctx, request{host: hostOf(c.cfg.Base), name: "com.atproto.server.createSession", post: true, body: body})
	if a.kind() == kindToken {
		s.mu.Lock()
		s.refused, s.at = sum, now
		s.mu.Unlock()
	}
	return c.granted(a, grant{Password: password, PDS: hostOf(c.cfg.Base)})
}

// opened is the answer that opens or renews a session.
type opened struct {
	DID     string `json:"did"`
	Handle  string `json:"handle"`
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
	Active  *bool  `json:"active"`
	Status  string `json:"status"`
	Doc     struct {
		Service []struct {
			ID       string `json:"id"`
			Endpoint string `json:"serviceEndpoint"`
		} `json:"service"`
	} `json:"didDoc"`
}

// bearerForm is what may stand in a header.
var bearerForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)

// maxBearer is the longest token that is taken, in bytes.
const maxBearer = 8 << 10

func isBearer(s string) bool { return len(s) <= maxBearer && bearerForm.MatchString(s) }

// handleForm is a handle: a name of the internet's, in small letters.
var handleForm = regexp.MustCompile(`^(?:[a-z0-9-]{1,63}\.){1,8}[a-z-]{2,63}$`)

// safeHandle is the handle if it may be stored and shown, else "".
func safeHandle(s string) string {
	if s = strings.ToLower(s); len(s) > 253 || !handleForm.MatchString(s) {
		return ""
	}
	return s
}

// didForm is a permanent name of an account. Source: atproto.com/specs/did.
var didForm = regexp.MustCompile(`^did:[a-z]+:[a-zA-Z0-9._:%-]{1,180}$`)

// granted is the grant that the answer opens; was is the one before it.
func (c *Channel) granted(a answer, was grant) (grant, error) {
	var v opened
	if !a.into(&v) {
		return grant{}, a.staging(opSession, c.env.Now())
	}
	bad := func(scope channels.Scope, text string) (grant, error) {
		return grant{}, &channels.Error{Op: opSession, Fate: channels.NotSent, Scope: scope, Status: a.Status, Reach: a.Reach.String(), Err: errors.New(text)}
	}
	switch {
	case !didForm.MatchString(v.DID) || !isBearer(v.Access) || !isBearer(v.Refresh):
		return bad(channels.ScopePlatform, "the server opened a session without what belongs to one")
	case was.DID != "" && v.DID != was.DID, c.cfg.DID != "" && v.DID != c.cfg.DID:
		return bad(channels.ScopeChannel, "the session is of another account than the channel's")
	case v.Active != nil && !*v.Active:
		return bad(channels.ScopeChannel, strings.TrimSpace("the account is not active "+safeWord(v.Status)))
	}
	g := grant{DID: v.DID, Handle: safeHandle(v.Handle), PDS: was.PDS, Password: was.Password, Access: v.Access, Refresh: v.Refresh,
		Until: c.env.Now().Add(lifeOf(v.Access))}
	for _, s := range v.Doc.Service {
		if !strings.HasSuffix(s.ID, "#atproto_pds") {
			continue
		}
		if u, err := url.Parse(s.Endpoint); err == nil && httpx.CheckURL(u, c.cfg.AllowPrivate) == nil {
			g.PDS = hostOf(u)
		}
	}
	return g, nil
}

// hostOf is scheme, host and path of an address, no slash at its end.
func hostOf(u *url.URL) string {
	return strings.TrimSuffix((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), "/")
}

// usualLife is how long an access token serves where it does not say so itself.
const usualLife = 2 * time.Hour

// lifeOf is how long a token serves, as it says itself. Both its times are of
// the server's clock, so ours need not be right.
func lifeOf(token string) time.Duration {
	var claims claims
	if !claims.read(token) || claims.Expires <= claims.Issued {
		return usualLife
	}
	return min(time.Duration(claims.Expires-claims.Issued)*time.Second, 100*usualLife)
}

// claims are what a token says of itself. Nothing is decided by them but when
// to renew, so its signature, which only the server can check, is not needed.
type claims struct {
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	Scope   string `json:"scope"`
}

func (c *claims) read(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	return err == nil && json.Unmarshal(b, c) == nil && c.Issued > 0 && c.Expires > 0 && c.Expires < 1<<40
}
