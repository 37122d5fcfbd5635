// Package factor is what proves who somebody is: passwords kept as argon2id
// hashes, and codes of an authenticator app.
package factor

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a password, in characters. Length is what counts; no mixture of
// kinds is asked for. Source: NIST SP 800-63B-4 §3.1.1.2.
const (
	MinPassword = 15
	MaxPassword = 200
)

// Cost of one hash: 19 MiB, two passes, one lane. Source: OWASP Password
// Storage Cheat Sheet, the first of its equal choices for argon2id.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

// ErrWeak is wrapped where a password is too short or too long.
var ErrWeak = errors.New("choose another password")

// turns bounds how many hashes are made at once, so that a flood of sign-ins
// takes neither all memory nor all processors from what publishes.
var turns = make(chan struct{}, 2)

// HashPassword is what may be kept of a password.
func HashPassword(password string) (string, error) {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return "", fmt.Errorf("%w: it has %d characters, it needs %d; four words do", ErrWeak, n, MinPassword)
	case n > MaxPassword:
		return "", fmt.Errorf("%w: it has more than %d characters", ErrWeak, MaxPassword)
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails (crypto/rand)
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes,
		enc(salt), enc(derive(password, salt, passes, memoryKiB, lanes))), nil
}

// derive hashes the password in one of the turns. The same password typed on
// another keyboard may come as other code points: NFC makes them one.
func derive(password string, salt []byte, t, m uint32, p uint8) []byte {
	turns <- struct{}{}
	defer func() { <-turns }()
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, t, m, p, hashBytes)
}

// absent is a hash that no password fits. Comparing with it takes as long as
// with a real one, so that nobody learns who has a password.
var absent = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes,
	strings.Repeat("A", 22), strings.Repeat("A", 43))

// PasswordFits tells whether the password is the one that was hashed. An empty
// or unreadable hash fits none, and takes as long.
func PasswordFits(hash, password string) bool {
	if utf8.RuneCountInString(password) > MaxPassword {
		return false
	}
	known := hash != ""
	if !known {
		hash = absent
	}
	var version int
	var m, t uint32
	var p uint8
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(part[2]+" "+part[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p); err != nil ||
		version != argon2.Version || m > 1<<20 || t == 0 || t > 16 || p == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	want, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(want) != hashBytes {
		return false
	}
	return subtle.ConstantTimeCompare(derive(password, salt, t, m, p), want) == 1 && known
}
