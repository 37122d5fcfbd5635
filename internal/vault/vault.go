// Package vault keeps the tokens of connected channels in the store, sealed
// with a key that lies outside of it, and renews each of them once at a time.
package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	prefix   = "sealed/"
	ofTokens = "channel/" // names of the tokens of channels
)

// Vault seals what it keeps. Its methods may be called from several goroutines.
type Vault struct {
	store store.Store
	keys  func() (secret.Keys, error)

	mu      sync.Mutex
	flights map[string]chan struct{} // one a name: full while it is renewed
}

// New makes a vault in s. keys is asked at each use, so that a replaced key
// file counts without a restart; its error says what to mend.
func New(s store.Store, keys func() (secret.Keys, error)) *Vault {
	return &Vault{store: s, keys: keys, flights: map[string]chan struct{}{}}
}

// TokenOf is the name under which a channel's token is kept.
func TokenOf(id campaign.ChannelID) string { return ofTokens + string(id) }

// Get opens what is kept under the name; an error wraps store.ErrNotFound
// where nothing is, and secret.ErrSealed where it does not open.
func (v *Vault) Get(tx store.Settings, name string) (secret.String, error) {
	sealed, err := tx.Setting(prefix + name)
	if err != nil {
		return secret.String{}, err
	}
	keys, err := v.keys()
	if err != nil {
		return secret.String{}, err
	}
	return keys.Open(name, sealed)
}

// Kept tells whether something is kept under the name.
func Kept(tx store.Settings, name string) bool {
	_, err := tx.Setting(prefix + name)
	return err == nil
}

// Put seals s under the name.
func (v *Vault) Put(tx store.Settings, name string, s secret.String) error {
	keys, err := v.keys()
	if err != nil {
		return err
	}
	sealed, err := keys.Seal(name, s)
	if err != nil {
		return err
	}
	return tx.PutSetting(prefix+name, sealed)
}

// Forget drops what is kept under the name, if anything is.
func (v *Vault) Forget(tx store.Settings, name string) error {
	return tx.PutSetting(prefix+name, nil)
}

// Reseal seals everything anew that an older key of the key file sealed, and
// tells how many that were. Afterwards the older keys may be taken out of the file.
func (v *Vault) Reseal(ctx context.Context) (n int, err error) {
	keys, err := v.keys()
	if err != nil {
		return 0, err
	}
	err = v.store.Update(ctx, func(tx store.Tx) error {
		n = 0
		names, err := tx.SettingNames(prefix)
		if err != nil {
			return err
		}
		for _, full := range names {
			sealed, err := tx.Setting(full)
			if err != nil {
				return err
			}
			if keys.Newest(sealed) {
				continue
			}
			name := full[len(prefix):]
			s, err := keys.Open(name, sealed)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := v.Put(tx, name, s); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// Keeper is the part of one channel.
func (v *Vault) Keeper(id campaign.ChannelID) channels.Keeper { return keeper{v, TokenOf(id)} }

type keeper struct {
	vault *Vault
	name  string
}

// Load implements channels.Keeper.
func (k keeper) Load(ctx context.Context) (s secret.String, err error) {
	err = k.vault.store.View(ctx, func(tx store.Tx) error {
		s, err = k.vault.Get(tx, k.name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return secret.String{}, channels.ErrNotConnected
	}
	return s, err
}

// Change implements channels.Keeper. What another program that shares the store
// did to the token meanwhile stays: above all, one that was forgotten does not
// come back.
func (k keeper) Change(ctx context.Context, f func(context.Context, secret.String) (secret.String, error)) error {
	release, err := k.vault.Alone(ctx, k.name)
	if err != nil {
		return err
	}
	defer release()
	var kept secret.String
	err = k.vault.store.View(ctx, func(tx store.Tx) error {
		if err := MayRenew(tx); err != nil {
			return err
		}
		kept, err = k.vault.getIfAny(tx, k.name)
		return err
	})
	if err != nil {
		return err
	}
	fresh, err := f(ctx, kept)
	if err != nil || fresh == kept {
		return err
	}
	// The platform may have used up the old token: whoever asked must not keep
	// us from writing the new one.
	return k.vault.store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		switch now, err := k.vault.getIfAny(tx, k.name); {
		case err != nil:
			return err
		case now.Empty() && !kept.Empty():
			return fmt.Errorf("it was disconnected while its token was renewed: %w", channels.ErrNotConnected)
		case now != kept:
			return errors.New("another program replaced the token while it was renewed here")
		}
		return k.vault.Put(tx, k.name, fresh)
	})
}

// getIfAny is Get, and empty where nothing is kept.
func (v *Vault) getIfAny(tx store.Settings, name string) (secret.String, error) {
	s, err := v.Get(tx, name)
	if errors.Is(err, store.ErrNotFound) {
		return secret.String{}, nil
	}
	return s, err
}

// MayRenew is an error while the store may be a copy of one that lives: what
// uses up a token there would take it from that one.
func MayRenew(tx store.Tx) error {
	sw, err := tx.Switches()
	if err != nil {
		return err
	}
	for _, c := range []campaign.Cause{campaign.CauseQuarantine, campaign.CauseCopy} {
		if _, on := sw.Causes[c]; on {
			return fmt.Errorf("the store may be a copy or an older one (%s): no token is renewed until a person resumes it", c)
		}
	}
	return nil
}

// Alone waits until nobody renews what is kept under the name, and keeps
// others from it until release is called. Whoever replaces or forgets a token
// does it between: a renewal would write over it, or leave at the platform a
// permission that nobody knows of.
func (v *Vault) Alone(ctx context.Context, name string) (release func(), err error) {
	flight := v.flight(name)
	select {
	case flight <- struct{}{}:
		return func() { <-flight }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// flight is the lock of a name; unlike a mutex it can be waited for with a context.
func (v *Vault) flight(name string) chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.flights[name] == nil {
		v.flights[name] = make(chan struct{}, 1)
	}
	return v.flights[name]
}
