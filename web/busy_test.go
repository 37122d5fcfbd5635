package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestF12MoreRequestsThanPlaces: a flood is refused at once with 503, what was
// let in is answered, and the probe of life goes on answering.
func TestF12MoreRequestsThanPlaces(t *testing.T) {
	var entered, all sync.WaitGroup
	let := make(chan struct{})
	h := (&Server{}).limited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			entered.Done()
			<-let
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	entered.Add(maxRequests)
	for range maxRequests {
		all.Go(func() {
			if w := get("/slow"); w.Code != http.StatusNoContent {
				t.Errorf("one that was let in: %d", w.Code)
			}
		})
	}
	entered.Wait()
	if w := get("/other"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one more: %d", w.Code)
	}
	if w := get("/healthz"); w.Code != http.StatusNoContent {
		t.Errorf("/healthz: %d", w.Code)
	}
	close(let)
	all.Wait()
	if w := get("/other"); w.Code != http.StatusNoContent {
		t.Errorf("after the flood: %d", w.Code)
	}
}

// TestF12BodyIsBounded: no request body is read beyond its bound.
func TestF12BodyIsBounded(t *testing.T) {
	read := int64(0)
	h := (&Server{}).limited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 1<<20)
		for {
			n, err := r.Body.Read(b)
			if read += int64(n); err != nil {
				return
			}
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", endless{strings.NewReader("")}))
	if read == 0 || read > maxBody {
		t.Errorf("%d bytes were read", read)
	}
}

type endless struct{ *strings.Reader }

func (endless) Read(b []byte) (int, error) { return len(b), nil }
