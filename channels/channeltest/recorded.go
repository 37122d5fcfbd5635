package channeltest

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

//go:embed recorded/*.json
var recorded embed.FS

// Recorded is an answer of a platform, and what an adapter must report of it.
type Recorded struct {
	Case, Call string
	Status     int
	Headers    map[string]string
	Body       json.RawMessage

	First    string   // its word at the first attempt: "published", "rejected", "retryable", "unknown", …
	Doubt    string   // while an earlier attempt is in doubt; "": as First
	Scope    string   // "" where it does not matter
	RemoteID string   `json:"remote_id"`
	DupOf    string   `json:"dup_of"`
	After    *float64 `json:"retry_after_s"`  // seconds; nil: it tells none
	At       int64    `json:"retry_at_epoch"` // 0: it tells none
}

// RecordedOf are the recorded answers of a platform.
func RecordedOf(t *testing.T, platform string) []Recorded {
	t.Helper()
	b, err := recorded.ReadFile("recorded/" + platform + ".json")
	var file struct{ Cases []Recorded }
	if err := errors.Join(err, json.Unmarshal(b, &file)); err != nil || len(file.Cases) == 0 {
		t.Fatalf("no recorded answers of %s: %v", platform, err)
	}
	return file.Cases
}

// Answer is the answer as a client gets it.
func (r Recorded) Answer() httpx.Answer { return AnswerOf(r.Status, r.Headers, r.Body) }

// Words are what it means at the first attempt (false) and in a doubt (true).
func (r Recorded) Words() map[bool]string {
	if r.Doubt == "" {
		return map[bool]string{false: r.First, true: r.First}
	}
	return map[bool]string{false: r.First, true: r.Doubt}
}

// RetryAt is when it says to come again; zero: it does not say.
func (r Recorded) RetryAt() time.Time {
	switch {
	case r.At > 0:
		return time.Unix(r.At, 0)
	case r.After != nil:
		return now.Add(time.Duration(*r.After * float64(time.Second)))
	}
	return time.Time{}
}

var fates = map[string]channels.Fate{"rejected": channels.Refused, "retryable": channels.NotSent, "restage": channels.NotSent,
	"read_again": channels.NotSent, "unknown": channels.InDoubt, "published_evidence": channels.InDoubt, "read_back": channels.InDoubt}

// Check fails where err is not what the word says: its fate, at the first
// attempt its scope, and when to come again. It is the error, nil where it is no
// channel's.
func (r Recorded) Check(t *testing.T, err error, word string) *channels.Error {
	t.Helper()
	var e *channels.Error
	want, known := fates[word]
	switch {
	case !known || !errors.As(err, &e) || e == nil:
		t.Errorf("%v, want %s", err, word)
		return nil
	case e.Fate != want:
		t.Errorf("%s, want %s", e.Fate, word)
	case word == r.First && r.Scope != "" && e.Scope.String() != r.Scope:
		t.Errorf("scope %s, want %s", e.Scope, r.Scope)
	}
	if at := r.RetryAt(); !e.RetryAt.Equal(at) && (r.After != nil || r.At > 0) {
		t.Errorf("retry at %v, want %v", e.RetryAt, at)
	}
	return e
}

// AnswerOf is a whole answer; a body that is no JSON stands as a string in it.
func AnswerOf(status int, headers map[string]string, body json.RawMessage) httpx.Answer {
	a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Header: http.Header{}, Body: body, Whole: true}
	for k, v := range headers {
		a.Header.Set(k, v)
	}
	var text string
	if json.Unmarshal(body, &text) == nil {
		a.Body = []byte(text)
	}
	return a
}

// Spec is a platform's published specification, which lies beside some
// checkouts; without it the test is skipped. name begins with the platform.
func Spec(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "specs", filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("specs/%s does not lie beside this checkout", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
