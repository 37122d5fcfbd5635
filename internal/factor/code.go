package factor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Codes of an authenticator app: six digits, a new one every 30 seconds, of
// HMAC-SHA1, as every app takes them. Source: RFC 6238, RFC 4226 §5.3.
const (
	codeStep   = 30 * time.Second
	codeDigits = 6
	// codeDrift is how many steps the app's clock may be off, either way.
	codeDrift = 1
)

var codeText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewCodeSecret is a secret that app and server share, as people type it.
func NewCodeSecret() string {
	b := make([]byte, 20)
	rand.Read(b) // never fails (crypto/rand)
	return codeText.EncodeToString(b)
}

// CodeLink is the address by which an app takes the secret.
// Source: github.com/google/google-authenticator/wiki/Key-Uri-Format.
func CodeLink(issuer, account, secret string) string {
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" +
		url.Values{"secret": {secret}, "issuer": {issuer}}.Encode()
}

// Code is what the app shows at the instant.
func Code(secret string, at time.Time) (string, error) {
	return codeAt(secret, stepOf(at))
}

func stepOf(at time.Time) int64 { return at.Unix() / int64(codeStep/time.Second) }

func codeAt(secret string, step int64) (string, error) {
	key, err := codeText.DecodeString(strings.ToUpper(strings.ReplaceAll(secret, " ", "")))
	if err != nil {
		return "", fmt.Errorf("the secret of the codes is not base32: %w", err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, n%1_000_000), nil
}

// CodeFits looks for the step whose code this is, among those around the
// instant and after the step that was used last. Keep the answer: a code that
// somebody looked over a shoulder for does not work a second time.
func CodeFits(secret, code string, at time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	now := stepOf(at)
	for s := now - codeDrift; s <= now+codeDrift; s++ {
		want, err := codeAt(secret, s)
		if err == nil && s > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
