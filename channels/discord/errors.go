package discord

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Error codes of Discord.
// Source: https://docs.discord.com/developers/topics/opcodes-and-status-codes.
const (
	codeUnknownChannel  = 10003
	codeUnknownMessage  = 10008
	codeUnknownWebhook  = 10015
	codeSlowMode        = 20016
	codeWriteLimit      = 20028
	codeWriteLimitGuild = 20029
	codeUnauthorized    = 40001
	codeTooLarge        = 40005
	codeCrossposted     = 40033
	codeLimited         = 40062
	codeMissingAccess   = 50001
	codeEmpty           = 50006
	codeBadToken        = 50027
	codeInvalidForm     = 50035
	codeFileTooLarge    = 50045
	codeBadFile         = 50046
	codeOverloaded      = 130000
	codeAutoMod         = 200000
	codeAutoModTitle    = 200001
	codeHarmfulLinks    = 240000
)

// patience is when to try again where Discord asks to wait and does not say
// how long. Source: platforms.md §9.6.
const patience = time.Minute

// attempt is what of a publish call decides about the fate of its failure.
type attempt struct {
	reply bool // it answers a message
	doubt bool // an earlier one may have left
}

// outcome reads the answer to a publish call: the message, or how it failed.
func outcome(a httpx.Answer, err error, p attempt, now time.Time) (message, *channels.Error) {
	if got, ok := decode(a); ok {
		return got, nil
	}
	code, r, own := said(a)
	e := channels.Transport(opPublish, a, err, own, now)
	if !own {
		return message{}, e
	}
	e.Err = cause(a.Status, r.Message)
	if fate, scope, ok := p.row(a.Status, code); ok {
		e.Fate, e.Scope = fate, scope
	}
	if e.Fate == channels.NotSent && (a.Status == http.StatusTooManyRequests || waits(code)) {
		e.RetryAt = r.retryAt(now)
		if e.RetryAt.IsZero() {
			e.RetryAt = now.Add(patience)
		}
	}
	return message{}, e
}

// waits tells whether the code asks to come later.
func waits(code int) bool {
	switch code {
	case codeSlowMode, codeWriteLimit, codeWriteLimitGuild, codeLimited, codeOverloaded:
		return true
	}
	return false
}

// row is the row of the table of platforms.md §9.6 for a refusal in Discord's
// own shape; false where the table has none.
func (p attempt) row(status, code int) (channels.Fate, channels.Scope, bool) {
	switch {
	case status >= 500:
		return channels.InDoubt, channels.ScopePlatform, true
	case code == codeUnknownMessage && p.doubt, code == codeInvalidForm && p.doubt && p.reply:
		// The nonce may point to a message that was taken down since, or the
		// message that it answers is gone: the first call may have worked.
		return channels.InDoubt, channels.ScopeContent, true
	case waits(code), status == http.StatusTooManyRequests:
		return channels.NotSent, channels.ScopeChannel, true
	case status == http.StatusUnauthorized, status == http.StatusForbidden, code == codeUnauthorized, code == codeBadToken, code == codeMissingAccess,
		code == codeUnknownChannel, code == codeUnknownWebhook:
		return channels.NotSent, channels.ScopeChannel, true
	}
	switch code {
	case codeUnknownMessage, codeInvalidForm, codeEmpty, codeBadFile, codeTooLarge, codeFileTooLarge, codeAutoMod, codeAutoModTitle, codeHarmfulLinks:
		return channels.Refused, channels.ScopeContent, true
	}
	return 0, 0, false
}

// decode is the message that an answer holds.
func decode(a httpx.Answer) (message, bool) {
	var m message
	if a.Status != http.StatusOK || !a.Whole || json.Unmarshal(a.Body, &m) != nil {
		return message{}, false
	}
	return m, idForm.MatchString(m.ID) && idForm.MatchString(m.ChannelID)
}
