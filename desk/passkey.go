package desk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/passkey"
	"github.com/ittakesacommunity/takeover/store"
)

// passkeysMost is how many passkeys a person may have.
const passkeysMost = 20

// PasskeyOwner is the actor as a device knows them.
func (d *Desk) PasskeyOwner(ctx context.Context, a campaign.Actor) (passkey.Owner, error) {
	fresh := passkey.NewHandle()
	var out passkey.Owner
	err := d.do(ctx, a, "passkey.begin", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		k, err := r.credentials(a.Person)
		if err == nil && k.Handle == nil {
			k.Handle = fresh
			r.did(string(a.Person), "")
			err = r.putCredentials(a.Person, k)
		}
		out = passkey.Owner{Handle: k.Handle, Name: string(a.Person), Keys: k.Passkeys}
		return err
	})
	return out, err
}

// AddPasskey keeps a passkey that the actor's device made.
func (d *Desk) AddPasskey(ctx context.Context, a campaign.Actor, key passkey.Key) error {
	return d.do(ctx, a, "passkey.add", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		k, err := r.credentials(a.Person)
		if err != nil {
			return err
		}
		if len(k.Passkeys) >= passkeysMost {
			return fmt.Errorf("%w: %d passkeys are enough; remove one first", ErrConflict, passkeysMost)
		}
		k.Passkeys = append(k.Passkeys, key)
		r.did(key.Name(), "of %s", a.Person)
		return r.putCredentials(a.Person, k)
	})
}

// RemovePasskey lets a device of the actor's sign nobody in any more.
func (d *Desk) RemovePasskey(ctx context.Context, a campaign.Actor, name string) error {
	return d.do(ctx, a, "passkey.remove", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		k, err := r.credentials(a.Person)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(k.Passkeys, func(p passkey.Key) bool { return p.Name() == name })
		if i < 0 {
			return fmt.Errorf("passkey %s: %w", name, store.ErrNotFound)
		}
		k.Passkeys = slices.Delete(k.Passkeys, i, i+1)
		r.did(name, "of %s", a.Person)
		return r.putCredentials(a.Person, k)
	})
}

// SignInPasskey trades a passkey for a session's secret. check asks whether the
// device's answer is one of the key's, given who owns a key; it gives the key with
// its new count.
func (d *Desk) SignInPasskey(ctx context.Context, browser string, check func(find func(id []byte) (passkey.Owner, error)) (passkey.Key, error)) (token string, s Session, err error) {
	shown, err := check(func(id []byte) (out passkey.Owner, err error) {
		err = d.look(ctx, campaign.Actor{}, func(r *room) error {
			who, k, _, err := r.passkeyOf(id)
			out = passkey.Owner{Handle: k.Handle, Name: string(who), Keys: k.Passkeys}
			return err
		})
		return out, err
	})
	if err != nil {
		return "", Session{}, fmt.Errorf("%w: %w", campaign.ErrNotAllowed, err)
	}
	token, id := newSecret(), newID("s_")
	err = d.enter(ctx, func(r *room) error {
		who, k, i, err := r.passkeyOf(shown.ID) // it may have been removed meanwhile
		if err != nil {
			return err
		}
		k.Passkeys = slices.Clone(k.Passkeys)
		k.Passkeys[i].Credential = shown.Credential
		if err := r.putCredentials(who, k); err != nil {
			return err
		}
		s = Session{ID: id, Person: who, How: "passkey", Strong: true, Browser: browser}
		return r.signIn(token, &s)
	})
	if err != nil {
		return "", Session{}, err
	}
	return token, s, nil
}

// passkeyOf finds whose a passkey is, by its id.
func (r *room) passkeyOf(id []byte) (who campaign.PersonID, k credentials, i int, err error) {
	i = -1
	err = eachJSON(r.Tx, credentialSettings, func(key string, c credentials) error {
		if at := slices.IndexFunc(c.Passkeys, func(p passkey.Key) bool { return bytes.Equal(p.ID, id) }); at >= 0 {
			who, k, i = campaign.PersonID(strings.TrimPrefix(key, credentialSettings)), c, at
		}
		return nil
	})
	if err == nil && i < 0 {
		err = fmt.Errorf("%w: the passkey is unknown", campaign.ErrNotAllowed)
	}
	return who, k, i, err
}
