package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// spare is how long before its end an access token is not used any more where
// it could not be renewed: a call takes time.
const spare = time.Minute

// Session is what is kept, with an access token that serves for now. The error
// is a *channels.Error; it wraps ErrNotConnected where a person must agree anew.
func (a *App) Session(ctx context.Context) (Kept, error) {
	k, err := a.Keeping(ctx)
	now := a.Env.Now()
	if err != nil || now.Before(k.Until.Add(-a.Ahead)) {
		return k, err
	}
	serves := now.Before(k.Until.Add(-spare))
	if k.Refresh == "" && serves {
		return k, nil
	}
	next, err := a.Renew(ctx, k.Access)
	if err != nil && serves {
		return k, nil // the next use tries again
	}
	return next, err
}

// Keeping is what was kept for this server, however old it is.
func (a *App) Keeping(ctx context.Context) (Kept, error) {
	sealed, err := a.Env.Keep.Load(ctx)
	if err != nil {
		return Kept{}, a.notKept(err)
	}
	return a.Decode(sealed)
}

// Decode is what the Keeper was given, if it belongs to this server. The error
// is a *channels.Error that wraps ErrNotConnected.
func (a *App) Decode(sealed secret.String) (Kept, error) {
	var k Kept
	if json.Unmarshal([]byte(sealed.Reveal()), &k) != nil || k.Access == "" || k.Server != a.Server {
		return Kept{}, a.notKept(fmt.Errorf("what was kept is not for %s: %w", a.Server, channels.ErrNotConnected))
	}
	return k, nil
}

// notKept is an error of the Keeper, or of what ran inside it.
func (a *App) notKept(err error) *channels.Error {
	var e *channels.Error
	if errors.As(err, &e) {
		return e
	}
	e = channels.Unsent(a.OpToken, channels.ScopePlatform, err)
	if errors.Is(err, channels.ErrNotConnected) {
		e.Scope = channels.ScopeChannel
	}
	return e
}

// Renew is what is kept with an access token that is not failed. Whoever comes
// second gets what the first one renewed.
//
// A refresh token may serve once. Where the answer is lost nobody knows whether
// it was used up; it is then tried again, and the platform's refusal decides: it
// is forgotten for good, so that nothing loops, and a person must agree anew.
func (a *App) Renew(ctx context.Context, failed string) (Kept, error) {
	var k Kept
	var refused error
	err := a.Env.Keep.Change(ctx, func(ctx context.Context, sealed secret.String) (secret.String, error) {
		var err error
		if k, err = a.Decode(sealed); err != nil || k.Access != failed {
			return sealed, err
		}
		switch next, err := a.refresh(ctx, k); {
		case err == nil:
			k = next
		case errors.Is(err, channels.ErrNotConnected):
			k.Refresh, refused = "", err
		default:
			return sealed, err
		}
		return k.Encode()
	})
	if err != nil || refused != nil {
		return Kept{}, a.notKept(errors.Join(err, refused))
	}
	return k, nil
}

// refresh exchanges the refresh token for new ones. The error wraps
// ErrNotConnected where there is none, or the platform does not know it any more.
func (a *App) refresh(ctx context.Context, k Kept) (Kept, error) {
	if k.Refresh == "" {
		return Kept{}, a.notKept(fmt.Errorf("the permission is over: %w", channels.ErrNotConnected))
	}
	now := a.Env.Now()
	if !a.mayTry(now) {
		return Kept{}, channels.Unsent(a.OpToken, channels.ScopePlatform, errors.New("a renewal failed a moment ago and is not tried again yet"))
	}
	got, answer, err := a.exchange(ctx, a.OpToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {k.Refresh}})
	if err == nil {
		a.forgetTry()
		a.take(&k, got, now)
		return k, nil
	}
	if answer.Status == http.StatusBadRequest && slices.Contains(a.over(), got.Error) {
		e := a.notKept(fmt.Errorf("the platform does not know the refresh token any more: %w", channels.ErrNotConnected))
		e.Status, e.Reach = answer.Status, answer.Reach.String()
		return Kept{}, e
	}
	return Kept{}, err
}

func (a *App) over() []string {
	if a.Over == nil {
		return []string{"invalid_grant"}
	}
	return a.Over
}

// mayTry tells whether the last try is long enough ago, and makes now the last one.
func (a *App) mayTry(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !now.Before(a.tried) && now.Sub(a.tried) < a.Pause {
		return false
	}
	a.tried = now
	return true
}

func (a *App) forgetTry() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried = time.Time{}
}
