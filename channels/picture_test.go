package channels

import (
	"errors"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestF66Picture: a file that is missing, or is not what was approved, leaves nowhere.
func TestF66Picture(t *testing.T) {
	file := []byte("a picture")
	m := campaign.Media{Digest: campaign.DigestOf(file)}
	for _, tt := range []struct {
		name string
		file []byte
		err  error
		fine bool
	}{
		{"the approved one", file, nil, true},
		{"another", []byte("another picture"), nil, false},
		{"missing", nil, errors.New("no such file"), false},
	} {
		b, err := Env{Media: func(campaign.Digest) ([]byte, error) { return tt.file, tt.err }}.Picture("x.prepare", m)
		var e *Error
		if (err == nil) != tt.fine || (b == nil) == tt.fine || err != nil && (!errors.As(err, &e) || e.Fate != NotSent || e.Scope != ScopeContent) {
			t.Errorf("%s: %q, %v", tt.name, b, err)
		}
	}
}
