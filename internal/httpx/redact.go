package httpx

import (
	"regexp"
	"strings"
	"unicode"
)

// maxText is how many characters of a foreign text evidence keeps.
const maxText = 300

// tokens are the shapes of secrets that platforms put into URLs, headers and
// error texts.
var tokens = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\b(?:bearer|basic|dpop|oauth)\s+[^\s,;"'<>]{4,}`,
	`\bv1a?,[a-z0-9+/=]{16,}`, // signatures of Standard Webhooks
	`\bwh(?:sec|sk)_[a-z0-9+/=_-]+`,
	`\beyj[a-z0-9_-]{8,}(?:\.[a-z0-9_-]+){0,2}`, // JSON web tokens
	`\b(?:bot)?[0-9]{6,12}:[a-z0-9_-]{20,}`,     // Telegram
	`\b[a-z0-9_+/=.-]*(?:token|secret|password|passwd|api[_-]?key|client[_-]?key|signature)["']?\s*[=:]\s*["']?[^\s"'&,;<>]+`,
	`[?&](?:code|sig|state|key|auth)=[^\s&]+`,
	`\b[a-z0-9_+/=-]{32,}`, // keys and hashes of any kind
}, "|"))

// Redact makes a foreign text fit for evidence and logs: what looks like a
// token becomes •••, control and formatting characters become spaces, and it
// ends after 300 characters.
func Redact(s string) string {
	if len(s) > 16*maxText {
		s = s[:16*maxText]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	s = tokens.ReplaceAllString(s, "•••")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText]) + "…"
	}
	return s
}

// quiet is an error whose text passed Redact; what it wraps stays comparable.
type quiet struct{ err error }

func (q quiet) Error() string { return Redact(q.err.Error()) }
func (q quiet) Unwrap() error { return q.err }
