package passkey

import (
	"context"
	"errors"
	"testing"
	"time"
)

type hands struct{ now time.Time }

func (h *hands) Now() time.Time      { return h.now }
func (h *hands) Boot() time.Duration { return 0 }
func (h *hands) Wait(ctx context.Context, _ time.Time, _ <-chan struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestQuestions: each is answered once, in time; many that nobody answers are forgotten.
func TestQuestions(t *testing.T) {
	h := &hands{time.Unix(0, 0)}
	a, err := New("https://takeover.example.org", "takeover", h)
	if err != nil || a == nil {
		t.Fatal(err)
	}
	_, name, err := a.ForSignIn()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.take(name); err != nil {
		t.Error(err)
	}
	if _, err := a.take(name); !errors.Is(err, ErrRefused) {
		t.Errorf("a second time: %v", err)
	}
	_, name, _ = a.ForSignIn()
	h.now = h.now.Add(answerWithin)
	if _, err := a.take(name); !errors.Is(err, ErrRefused) {
		t.Errorf("too late: %v", err)
	}
	for range openMost + 10 {
		_, name, _ = a.ForSignIn()
	}
	if len(a.open) > openMost {
		t.Errorf("%d questions are remembered", len(a.open))
	}
	if _, err := a.take(name); err != nil {
		t.Errorf("the newest one: %v", err)
	}
}

// TestNoNames: a passkey belongs to a name, so a machine by number has none.
func TestNoNames(t *testing.T) {
	for address, want := range map[string]bool{"https://takeover.example.org": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "http://[::1]:8080": false, "": false} {
		if a, err := New(address, "takeover", &hands{}); (a != nil) != want || err != nil {
			t.Errorf("%q: %v, %v", address, a != nil, err)
		}
	}
}
