package channels

import (
	"errors"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Picture is the stored file of m, checked against its digest: what was
// approved is what leaves. The error is an *Error of op that blames the post.
func (e Env) Picture(op string, m campaign.Media) ([]byte, error) {
	b, err := e.Media(m.Digest)
	if err == nil && campaign.DigestOf(b) != m.Digest {
		err = errors.New("the stored picture is not the approved one")
	}
	if err != nil {
		return nil, Unsent(op, ScopeContent, err)
	}
	return b, nil
}

// Unsent is a failure before anything left.
func Unsent(op string, scope Scope, err error) *Error {
	return &Error{Op: op, Fate: NotSent, Scope: scope, Reach: httpx.ReachNothing.String(), Err: err}
}
