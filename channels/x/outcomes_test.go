package x

import (
	"testing"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

// TestOutcomes holds the table of errors against every recorded answer of X.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	fates := map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent, "unknown": channels.InDoubt, "read_back": channels.InDoubt}
	for _, tt := range channeltest.RecordedOf(t, "x") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			a.Whole = tt.Case != "cut-off-body"
			if tt.Call == "stage" {
				if e := staging(opPrepare, a, nil, now); e.Fate != channels.NotSent {
					t.Errorf("%s", e.Fate)
				}
				return
			}
			if id := published(a); (tt.First == "published") != (id != "") || id != tt.RemoteID {
				t.Fatalf("published %q, want %q", id, tt.RemoteID)
			}
			if tt.First == "published" {
				return
			}
			e, _ := outcome(a, nil, now)
			if e.Fate != fates[tt.First] || e.Duplicate != (tt.First == "read_back") {
				t.Errorf("%s, duplicate %v; want %s", e.Fate, e.Duplicate, tt.First)
			}
			if tt.Scope != "" && e.Scope.String() != tt.Scope {
				t.Errorf("scope %s, want %s", e.Scope, tt.Scope)
			}
			if retry := tt.RetryAt(); !retry.IsZero() && !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		})
	}
}
