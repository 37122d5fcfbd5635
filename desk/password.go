package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/factor"
	"github.com/ittakesacommunity/takeover/internal/passkey"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/store"
)

// credentials are by what a person signs in without a link. The secret of the
// codes lies sealed in the vault.
type credentials struct {
	Password string `json:"password,omitempty"` // argon2id
	Codes    bool   `json:"codes,omitempty"`    // a code is asked for, too
	LastCode int64  `json:"last_code,omitempty"`
	OpenID   string `json:"openid,omitempty"` // the one account of the provider that signs in as the person
	// Passkeys each sign in alone: the device asks for a second factor by itself.
	Passkeys []passkey.Key `json:"passkeys,omitempty"`
	Handle   []byte        `json:"handle,omitempty"` // names the person to their devices
}

// Ways says how a person can sign in.
type Ways struct {
	Password bool          `json:"password"`
	Codes    bool          `json:"codes"`
	Passkeys []passkey.Key `json:"-"`
}

const (
	credentialSettings = "credentials/" // followed by the person
	codesOf            = "codes/"       // names of the secrets in the vault
	codesNew           = "codes-new/"   // those that are not confirmed yet
)

// errSignIn says no more than that: whoever guesses learns neither who exists
// nor what was wrong.
var errSignIn = fmt.Errorf("%w: mail address, password or code do not fit", campaign.ErrNotAllowed)

func (r *room) credentials(p campaign.PersonID) (credentials, error) {
	k, err := getJSON[credentials](r.Tx, credentialSettings+string(p))
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return k, err
}

func (r *room) putCredentials(p campaign.PersonID, k credentials) error {
	return putJSON(r.Tx, credentialSettings+string(p), k)
}

// SignIn trades mail address, password and, where the person has an
// authenticator app, its code for a session's secret. Its caller bounds how
// often that may be tried.
func (d *Desk) SignIn(ctx context.Context, who campaign.PersonID, password, code, browser string) (token string, s Session, err error) {
	who = campaign.PersonID(strings.ToLower(strings.TrimSpace(string(who))))
	var known credentials
	if err := d.look(ctx, campaign.Actor{}, func(r *room) (err error) {
		known, err = r.credentials(who)
		return err
	}); err != nil {
		return "", Session{}, err
	}
	if !factor.PasswordFits(known.Password, password) {
		return "", Session{}, errSignIn
	}
	token, id := newSecret(), newID("s_")
	err = d.enter(ctx, func(r *room) error {
		k, err := r.credentials(who)
		if err != nil {
			return err
		}
		if k.Password != known.Password {
			return errSignIn // it was changed while we compared
		}
		s = Session{ID: id, Person: who, How: "password", Browser: browser}
		if k.Codes {
			if k.LastCode, err = d.useCode(r, codesOf+string(who), code, k.LastCode); err != nil {
				return err
			}
			s.How, s.Strong = "code", true
			if err := r.putCredentials(who, k); err != nil {
				return err
			}
		}
		return r.signIn(token, &s)
	})
	if err != nil {
		return "", Session{}, err
	}
	return token, s, nil
}

// useCode checks a code against the secret of that name, and returns its step.
func (d *Desk) useCode(r *room, name, code string, last int64) (int64, error) {
	if d.Vault == nil {
		return last, fmt.Errorf("%w: there is no key to keep secrets with", ErrUsage)
	}
	kept, err := d.Vault.Get(r.Tx, name)
	if errors.Is(err, store.ErrNotFound) {
		return last, errSignIn
	}
	if err != nil {
		return last, err
	}
	step, ok := factor.CodeFits(kept.Reveal(), code, r.now, last)
	if !ok {
		return last, errSignIn
	}
	return step, nil
}

// mayChangeWays refuses who signed in with less than their rights: one stolen
// factor must not make itself a second one. Credentials change on a page only.
func (r *room) mayChangeWays() error {
	full, err := r.c.ActorFor(r.a.Person, DoorPage)
	if err != nil {
		return err
	}
	if r.a.Door != DoorPage || len(full.Roles) != len(r.a.Roles) {
		return fmt.Errorf("%w: sign in with two factors, or by a link made on the server, to change how you sign in", campaign.ErrNotAllowed)
	}
	return nil
}

// WaysOf says how the actor can sign in.
func (d *Desk) WaysOf(ctx context.Context, a campaign.Actor) (Ways, error) {
	var out Ways
	err := d.look(ctx, a, func(r *room) error {
		k, err := r.credentials(a.Person)
		out = Ways{Password: k.Password != "", Codes: k.Codes, Passkeys: k.Passkeys}
		return err
	})
	return out, err
}

// SetPassword gives the actor a password, or another one, which the present one
// must allow. Every other session of the person ends; session is the id of the one that asks.
func (d *Desk) SetPassword(ctx context.Context, a campaign.Actor, session, present, password string) error {
	var known credentials
	if err := d.look(ctx, a, func(r *room) (err error) {
		known, err = r.credentials(a.Person)
		return cmp.Or(err, r.mayChangeWays())
	}); err != nil {
		return err
	}
	if known.Password != "" && !factor.PasswordFits(known.Password, present) {
		return fmt.Errorf("%w: the present password is another one", campaign.ErrNotAllowed)
	}
	hash, err := factor.HashPassword(password)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return d.do(ctx, a, "password.set", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		k, err := r.credentials(a.Person)
		if err != nil {
			return err
		}
		if k.Password != known.Password {
			return fmt.Errorf("%w: the password was changed meanwhile", ErrConflict)
		}
		k.Password = hash
		n, err := r.endSessions(a.Person, session)
		if err != nil {
			return err
		}
		r.did(string(a.Person), "%d other sessions ended", n)
		return r.putCredentials(a.Person, k)
	})
}

// BeginCodes makes a secret for an authenticator app. It counts once
// ConfirmCodes has seen a code of it.
func (d *Desk) BeginCodes(ctx context.Context, a campaign.Actor) (shared, link string, err error) {
	shared = factor.NewCodeSecret()
	err = d.do(ctx, a, "codes.begin", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		if d.Vault == nil {
			return fmt.Errorf("%w: there is no key to keep secrets with", ErrUsage)
		}
		link = factor.CodeLink(r.c.Title, string(a.Person), shared)
		r.did(string(a.Person), "")
		return d.Vault.Put(r.Tx, codesNew+string(a.Person), secret.New(shared))
	})
	return shared, link, err
}

// ConfirmCodes makes codes count from now on: the app shows this one. From then
// on the password alone signs nobody in.
func (d *Desk) ConfirmCodes(ctx context.Context, a campaign.Actor, session, code string) error {
	return d.do(ctx, a, "codes.confirm", func(r *room) error {
		if err := r.mayChangeWays(); err != nil {
			return err
		}
		k, err := r.credentials(a.Person)
		if err != nil {
			return err
		}
		name := string(a.Person)
		if k.LastCode, err = d.useCode(r, codesNew+name, code, 0); err != nil {
			return err
		}
		shared, err := d.Vault.Get(r.Tx, codesNew+name)
		if err != nil {
			return err
		}
		if err := cmp.Or(d.Vault.Put(r.Tx, codesOf+name, shared), d.Vault.Forget(r.Tx, codesNew+name)); err != nil {
			return err
		}
		k.Codes = true
		n, err := r.endSessions(a.Person, session)
		if err != nil {
			return err
		}
		r.did(name, "%d other sessions ended", n)
		return r.putCredentials(a.Person, k)
	})
}

// forgetWays drops everything by which a person signs in.
func (d *Desk) forgetWays(r *room, who campaign.PersonID) error {
	if d.Vault != nil {
		if err := cmp.Or(d.Vault.Forget(r.Tx, codesOf+string(who)), d.Vault.Forget(r.Tx, codesNew+string(who))); err != nil {
			return err
		}
	}
	return r.PutSetting(credentialSettings+string(who), nil)
}
