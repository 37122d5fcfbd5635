// Package pretend is a receiver of signed webhooks that remembers what it was
// told and what its public saw. Tests, the demo and the simulation use it.
package pretend

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Post is one thing the receiver made public.
type Post struct {
	ID       string `json:"-"` // the receiver's own
	Delivery string `json:"delivery_id"`
	Text     string `json:"text"`
	Language string `json:"language"`
	Link     string `json:"link"`
	Media    []struct {
		URL    string `json:"url"`
		SHA256 string `json:"sha256"`
		Alt    string `json:"alt"`
		Credit string `json:"credit"`
	} `json:"media"`
}

// Receiver verifies and publishes what it is sent. Its methods may be called
// from several goroutines.
type Receiver struct {
	secret  string
	dedupes bool
	now     func() time.Time

	mu    sync.Mutex
	posts []Post
	seen  map[string]string // webhook-id to the receiver's id
}

// New makes a receiver with the secrets that may sign, separated by white
// space. One that dedupes answers 409 to a webhook-id it has seen.
func New(secret string, dedupes bool, now func() time.Time) *Receiver {
	return &Receiver{secret: secret, dedupes: dedupes, now: now, seen: map[string]string{}}
}

// Posts is what the public saw, oldest first.
func (r *Receiver) Posts() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.posts...)
}

// ServeHTTP takes one call.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 1<<20))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large")
		return
	}
	if err := Verify(strings.Fields(r.secret), req.Header, body, r.now()); err != nil {
		refuse(w, http.StatusUnauthorized, "signature")
		return
	}
	var event struct {
		Type string
		Data Post
	}
	if json.Unmarshal(body, &event) != nil || event.Type != "takeover.post.published" {
		refuse(w, http.StatusUnprocessableEntity, "event")
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	webhookID := req.Header.Get("webhook-id")
	if id, ok := r.seen[webhookID]; ok && r.dedupes {
		answer(w, http.StatusConflict, map[string]string{"id": id})
		return
	}
	event.Data.ID = fmt.Sprintf("n-%d", len(r.posts)+1)
	r.posts = append(r.posts, event.Data)
	r.seen[webhookID] = event.Data.ID
	answer(w, http.StatusOK, map[string]string{"id": event.Data.ID, "url": "https://newsroom.example/" + event.Data.ID})
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// tolerance is how far a timestamp may be from the receiver's clock.
const tolerance = 5 * time.Minute

// Verify checks a call as a receiver does: one of the secrets made one of the
// v1 signatures over id, timestamp and these very bytes, not long ago.
// Source: Standard Webhooks 1.0.0.
func Verify(secrets []string, h http.Header, body []byte, now time.Time) error {
	id, timestamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return errors.New("a header is missing or cannot be read")
	}
	if time.Unix(seconds, 0).Sub(now.Truncate(time.Second)).Abs() > tolerance {
		return errors.New("the timestamp is too far from now")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return errors.New("a secret is not base64")
		}
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%s.%s", id, timestamp, body)
		want := m.Sum(nil)
		for _, word := range strings.Fields(h.Get("webhook-signature")) {
			got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "v1,"))
			if strings.HasPrefix(word, "v1,") && err == nil && hmac.Equal(got, want) {
				return nil
			}
		}
	}
	return errors.New("no signature is right")
}
