package x

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the table of errors against every recorded answer of X.
func TestOutcomes(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "specs", "outcomes", "x-v2.json"))
	if os.IsNotExist(err) {
		t.Skip("no shared specifications beside the checkout")
	}
	var file struct {
		Cases []struct {
			Case, Call, First, Scope string
			Status                   int
			Headers                  map[string]string
			Body                     json.RawMessage
			RemoteID                 string `json:"remote_id"`
			RetryAfter               int    `json:"retry_after_s"`
			RetryAt                  int64  `json:"retry_at_epoch"`
		}
	}
	if err != nil || json.Unmarshal(b, &file) != nil || len(file.Cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	now := channeltest.Now()
	fates := map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent, "unknown": channels.InDoubt, "read_back": channels.InDoubt}
	for _, tt := range file.Cases {
		t.Run(tt.Case, func(t *testing.T) {
			a := httpx.Answer{Reach: httpx.ReachAnswer, Status: tt.Status, Header: http.Header{}, Body: tt.Body, Whole: tt.Case != "cut-off-body"}
			for k, v := range tt.Headers {
				a.Header.Set(k, v)
			}
			var text string
			if json.Unmarshal(tt.Body, &text) == nil {
				a.Body = []byte(text)
			}
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
			var retry time.Time
			switch {
			case tt.RetryAfter > 0:
				retry = now.Add(time.Duration(tt.RetryAfter) * time.Second)
			case tt.RetryAt > 0:
				retry = time.Unix(tt.RetryAt, 0)
			}
			if !retry.IsZero() && !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		})
	}
}
