package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrSealed is wrapped where a sealed secret cannot be opened: it was sealed
// with another key, under another name, or was changed.
var ErrSealed = errors.New("the sealed secret does not open")

const (
	keyBytes   = 32
	keyIDBytes = 8
	saltBytes  = 32
	sealedV1   = 1 // first byte of a sealed secret: its format
)

// Keys seal secrets at rest. The first seals, all open, so that a key can be
// replaced while secrets sealed with the old one are still there. The zero
// value seals nothing. It may be used by several goroutines.
//
// A sealed secret is: format (1 byte), key id (8), salt (32), AES-256-GCM of
// the value under a key of its own, derived from master key, salt and name by
// HKDF-SHA256. The name is authenticated, so that what was sealed as one
// channel's token does not open as another's.
type Keys struct{ keys []key }

type key struct {
	id     [keyIDBytes]byte
	master []byte
}

// NewKey is a random key as a key file writes it: 64 hexadecimal digits.
func NewKey() string {
	b := make([]byte, keyBytes)
	rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// ParseKeys reads a key file: one key a line, the newest first.
func ParseKeys(file String) (Keys, error) {
	var ks Keys
	for i, line := range strings.Fields(file.Reveal()) {
		master, err := hex.DecodeString(line)
		if err != nil || len(master) != keyBytes {
			return Keys{}, fmt.Errorf("key %d of the key file is not of %d hexadecimal digits", i+1, 2*keyBytes)
		}
		ks.keys = append(ks.keys, key{id: derive[[keyIDBytes]byte](master, nil, "takeover key id"), master: master})
	}
	if len(ks.keys) == 0 {
		return Keys{}, errors.New("the key file holds no key")
	}
	return ks, nil
}

// derive is key material for one purpose.
func derive[A [keyIDBytes]byte | [keyBytes]byte](master, salt []byte, purpose string) (out A) {
	b, err := hkdf.Key(sha256.New, master, salt, purpose, len(out))
	if err != nil {
		panic(err) // only for lengths that are not ours
	}
	return A(b)
}

// Any tells whether there is a key.
func (ks Keys) Any() bool { return len(ks.keys) > 0 }

// Seal encrypts s under the newest key, bound to name.
func (ks Keys) Seal(name string, s String) ([]byte, error) {
	if !ks.Any() {
		return nil, errors.New("there is no key to seal with")
	}
	k := ks.keys[0]
	head := append([]byte{sealedV1}, k.id[:]...)
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	head = append(head, salt...)
	aead := k.aead(salt, name)
	// The key is used once, so that a fixed nonce never meets it twice.
	return aead.Seal(head, make([]byte, aead.NonceSize()), []byte(s.Reveal()), []byte(name)), nil
}

// Open decrypts what Seal made under the same name; the error wraps ErrSealed.
func (ks Keys) Open(name string, sealed []byte) (String, error) {
	const head = 1 + keyIDBytes + saltBytes
	if len(sealed) < head || sealed[0] != sealedV1 {
		return String{}, fmt.Errorf("%w: it has an unknown form", ErrSealed)
	}
	id, salt := [keyIDBytes]byte(sealed[1:1+keyIDBytes]), sealed[1+keyIDBytes:head]
	for _, k := range ks.keys {
		if k.id != id {
			continue
		}
		aead := k.aead(salt, name)
		if plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed[head:], []byte(name)); err == nil {
			return New(string(plain)), nil
		}
		return String{}, fmt.Errorf("%w: it was changed, or belongs to something else", ErrSealed)
	}
	return String{}, fmt.Errorf("%w: the key file does not hold the key that it was sealed with", ErrSealed)
}

// Newest tells whether sealed was sealed with the key that seals now.
func (ks Keys) Newest(sealed []byte) bool {
	return ks.Any() && len(sealed) > keyIDBytes && [keyIDBytes]byte(sealed[1:1+keyIDBytes]) == ks.keys[0].id
}

func (k key) aead(salt []byte, name string) cipher.AEAD {
	one := derive[[keyBytes]byte](k.master, salt, "takeover secret "+name)
	block, err := aes.NewCipher(one[:])
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCM(block); err == nil {
			return aead
		}
	}
	panic(err) // only for key lengths that are not ours
}
