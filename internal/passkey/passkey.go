// Package passkey asks browsers for passkeys (Web Authentication Level 3), always
// with user verification: the device saw its owner's finger, face or code, so that
// one passkey is two factors.
package passkey

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/ittakesacommunity/takeover/internal/clock"
)

// Key is a person's passkey; it holds no secret.
type Key struct {
	webauthn.Credential
	Made time.Time `json:"made"`
}

// Name is how pages and the record call the key.
func (k *Key) Name() string {
	sum := sha256.Sum256(k.ID)
	return "k_" + hex.EncodeToString(sum[:6])
}

// Owner is whose keys they are.
type Owner struct {
	Handle []byte // 32 bytes that name the person to a device and say nothing of them
	Name   string // what the device shows
	Keys   []Key
}

// NewHandle is one that nobody has.
func NewHandle() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

// Asks puts questions to browsers, and remembers them until they are answered
// once or too old; a restart forgets them. Its methods may be called from several
// goroutines.
type Asks struct {
	party *webauthn.WebAuthn
	clock clock.Clock
	mu    sync.Mutex
	open  map[string]question // by a name that the browser keeps
}

type question struct {
	webauthn.SessionData
	until time.Time
}

const (
	answerWithin = 5 * time.Minute
	openMost     = 10_000
)

// ErrRefused is wrapped when an answer does not fit its question.
var ErrRefused = errors.New("the passkey was refused")

// New makes Asks for the pages at the address; nil where no browser has passkeys
// for it, which is where it names a machine by number.
func New(address, title string, c clock.Clock) (*Asks, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil, nil
	}
	party, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: title, RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, err
	}
	return &Asks{party: party, clock: c, open: map[string]question{}}, nil
}

// ForNew asks for a new key of the owner: options are for the browser's script,
// name is what the browser keeps.
func (a *Asks) ForNew(o Owner) (options []byte, name string, err error) {
	ask, data, err := a.party.BeginRegistration(user{o}, webauthn.WithExclusions(user{o}.credentials().CredentialDescriptors()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return nil, "", err
	}
	return a.keep(ask.Response, data)
}

// Made reads the answer to ForNew.
func (a *Asks) Made(o Owner, name string, answer []byte) (Key, error) {
	data, err := a.take(name)
	if err != nil {
		return Key{}, err
	}
	said, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	c, err := a.party.CreateCredential(user{o}, data, said)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return Key{*c, a.clock.Now()}, nil
}

// ForSignIn asks whoever is there for any key of theirs.
func (a *Asks) ForSignIn() (options []byte, name string, err error) {
	ask, data, err := a.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", err
	}
	return a.keep(ask.Response, data)
}

// Shown reads the answer to ForSignIn: the key with its new count. find looks for
// the owner of a key.
func (a *Asks) Shown(name string, answer []byte, find func(id []byte) (Owner, error)) (Key, error) {
	data, err := a.take(name)
	if err != nil {
		return Key{}, err
	}
	said, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	c, err := a.party.ValidateDiscoverableLogin(func(id, handle []byte) (webauthn.User, error) {
		o, err := find(id)
		if err == nil && !bytes.Equal(o.Handle, handle) {
			err = ErrRefused
		}
		return user{o}, err
	}, data, said)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if c.Authenticator.CloneWarning {
		return Key{}, fmt.Errorf("%w: its count went back, so it may have been copied", ErrRefused)
	}
	return Key{Credential: *c}, nil
}

// keep remembers a question until its answer comes.
func (a *Asks) keep(ask any, data *webauthn.SessionData) (options []byte, name string, err error) {
	options, err = json.Marshal(ask)
	if err != nil {
		return nil, "", err
	}
	now, name := a.clock.Now(), rand.Text()
	data.Expires = time.Time{} // ours decides, by our clock
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, q := range a.open {
		if !now.Before(q.until) || len(a.open) >= openMost {
			delete(a.open, k)
		}
	}
	a.open[name] = question{*data, now.Add(answerWithin)}
	return options, name, nil
}

// take gives a question back, once.
func (a *Asks) take(name string) (webauthn.SessionData, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q, ok := a.open[name]
	delete(a.open, name)
	if !ok || !a.clock.Now().Before(q.until) {
		return webauthn.SessionData{}, fmt.Errorf("%w: the question is too old, or was answered", ErrRefused)
	}
	return q.SessionData, nil
}

// user is an owner as the library asks for them.
type user struct{ Owner }

func (u user) WebAuthnID() []byte                         { return u.Handle }
func (u user) WebAuthnName() string                       { return u.Name }
func (u user) WebAuthnDisplayName() string                { return u.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials() }

func (u user) credentials() (out webauthn.Credentials) {
	for _, k := range u.Keys {
		out = append(out, k.Credential)
	}
	return out
}
