package channels

import (
	"bytes"
	"net/url"
	"regexp"

	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// What a platform answers is the other side's text. Of it only three things
// are kept, and only when they look like what they should be.
var (
	safeCode = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _.:-]{0,63}$`)
	safeID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/@=+-]{0,199}$`)
)

// maxLink is the longest address that is kept, in bytes.
const maxLink = 2048

// SafeCode is the platform's error code if it may be stored and shown, else "".
func SafeCode(s string) string {
	if !safeCode.MatchString(s) || httpx.Redact(s) != s {
		return ""
	}
	return s
}

// SafeID is a remote id if it may be stored and shown, else "".
func SafeID(s string) string {
	if !safeID.MatchString(s) {
		return ""
	}
	return s
}

// SafeLink is the address of a post if a page may link to it, else "": an
// absolute http(s) address without user or password.
func SafeLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxLink || httpx.CheckURL(u, true) != nil {
		return ""
	}
	return u.String() // parsed and escaped anew
}

// Scrub is the answer without the secrets that were sent with the call: a
// platform that repeats them, as an id or in an address, must not get them kept.
func Scrub(a httpx.Answer, sent ...secret.String) httpx.Answer {
	for _, s := range sent {
		if !s.Empty() {
			a.Body = bytes.ReplaceAll(a.Body, []byte(s.Reveal()), []byte(secret.Hidden))
		}
	}
	return a
}
