package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Kept is what the Keeper holds of a connected account.
type Kept struct {
	Host   string    `json:"host"` // where the token belongs
	Token  string    `json:"token"`
	ID     string    `json:"id"`             // of the account
	Since  time.Time `json:"since,omitzero"` // when the token was given or renewed
	Until  time.Time `json:"until,omitzero"` // when it ends; zero: it does not by itself
	Rights []string  `json:"rights,omitempty"`
}

// Seal is what the Keeper is given.
func (k Kept) Seal() (secret.String, error) {
	b, err := json.Marshal(k)
	return secret.New(string(b)), err
}

const (
	// renewAfter is the age at which a token is renewed. One of less than a day
	// cannot be, one that ended cannot be any more. Source: platforms.md §5.1.
	renewAfter = 30 * 24 * time.Hour
	// renewAgain is how long a renewal that failed is not tried again.
	renewAgain = time.Hour
)

// Tokens is the token of one channel: named in the campaign, or connected.
type Tokens struct {
	Op   string
	Host string
	Ref  string // of the secret; "" where the account is connected by command
	Env  channels.Env
	// Renew asks the platform for another token in place of one; nil where
	// tokens of this platform are not renewed.
	Renew func(ctx context.Context, token secret.String) (fresh secret.String, life time.Duration, err error)

	mu     sync.Mutex
	failed time.Time // when renewing failed last
}

// bearerForm is what may stand in a header.
var bearerForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=|-]{1,1000}$`)

// Take is the token and what is kept with it. It is read at each use, so that a
// changed one counts at once.
func (t *Tokens) Take(ctx context.Context) (Kept, secret.String, error) {
	if t.Ref != "" {
		s, err := t.Env.Secret(t.Ref)
		if err != nil {
			return Kept{}, secret.String{}, channels.Unsent(t.Op, channels.ScopeChannel, err)
		}
		token := strings.TrimSpace(s.Reveal())
		if !bearerForm.MatchString(token) {
			return Kept{}, secret.String{}, channels.Unsent(t.Op, channels.ScopeChannel, fmt.Errorf("what %s holds is no token", t.Ref))
		}
		return Kept{Host: t.Host, Token: token}, secret.New(token), nil
	}
	sealed, err := t.Env.Keep.Load(ctx)
	if err != nil {
		return Kept{}, secret.String{}, channels.Unsent(t.Op, channels.ScopeChannel, err)
	}
	k, err := t.decode(sealed)
	return k, secret.New(k.Token), err
}

func (t *Tokens) decode(sealed secret.String) (Kept, error) {
	var k Kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Host != t.Host || !bearerForm.MatchString(k.Token) {
		return Kept{}, channels.Unsent(t.Op, channels.ScopeChannel, fmt.Errorf("what was kept is not for %s: %w", t.Host, channels.ErrNotConnected))
	}
	return k, nil
}

// Fresh is Take after renewing a token that is old enough. A renewal that fails
// leaves the one that still serves; its error is told where none does.
func (t *Tokens) Fresh(ctx context.Context) (Kept, secret.String, error) {
	k, token, err := t.Take(ctx)
	if err != nil || t.Ref != "" || t.Renew == nil || !t.due(k) {
		return k, token, err
	}
	err = t.Env.Keep.Change(ctx, func(ctx context.Context, sealed secret.String) (secret.String, error) {
		was, err := t.decode(sealed)
		if err != nil {
			return sealed, err
		}
		if !t.due(was) {
			k = was // another renewed it meanwhile
			return sealed, nil
		}
		fresh, life, err := t.Renew(ctx, secret.New(was.Token))
		if err != nil {
			return sealed, err
		}
		k = was
		k.Token, k.Since = fresh.Reveal(), t.Env.Now()
		k.Until = k.Since.Add(life)
		return k.Seal()
	})
	if err == nil {
		return k, secret.New(k.Token), nil
	}
	t.mu.Lock()
	t.failed = t.Env.Now()
	t.mu.Unlock()
	if t.Env.Now().Before(k.Until) {
		return k, token, nil
	}
	var e *channels.Error
	if errors.As(err, &e) {
		return k, token, e
	}
	return k, token, channels.Unsent(t.Op, channels.ScopeChannel, err)
}

// due tells whether the token shall be renewed now.
func (t *Tokens) due(k Kept) bool {
	t.mu.Lock()
	failed := t.failed
	t.mu.Unlock()
	now := t.Env.Now()
	return !k.Since.IsZero() && !k.Until.IsZero() && now.Sub(k.Since) >= renewAfter && (failed.IsZero() || now.Sub(failed).Abs() >= renewAgain)
}

// Grant is an answer that gives a token.
type Grant struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds; 0: not told
	UserID      ID     `json:"user_id"`
}

// maxLife bounds what is believed of a token's life.
const maxLife = 5 * 365 * 24 * time.Hour

// Life is how long the token serves, by default where the answer does not say.
func (g Grant) Life(otherwise time.Duration) time.Duration {
	if g.ExpiresIn <= 0 || g.ExpiresIn > int64(maxLife/time.Second) {
		return otherwise
	}
	return time.Duration(g.ExpiresIn) * time.Second
}

// Token is the token if it may stand in a header.
func (g Grant) Token(op string) (secret.String, error) {
	if !bearerForm.MatchString(g.AccessToken) {
		return secret.String{}, channels.Unsent(op, channels.ScopeChannel, errors.New("the platform gave no token"))
	}
	return secret.New(g.AccessToken), nil
}
