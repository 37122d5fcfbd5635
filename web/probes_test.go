package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// ill is a watch that found what a test says.
type ill struct {
	dead     bool
	troubles []health.Trouble
}

func (i ill) Alive() bool                { return !i.dead }
func (i ill) Troubles() []health.Trouble { return i.troubles }

// TestProbesNameTheCause: each cause makes /readyz red with its sentence, one
// that a restart could better makes /healthz red too, and neither tells details.
func TestProbesNameTheCause(t *testing.T) {
	w := newWorld(t)
	for _, cause := range health.Causes {
		found := []health.Trouble{{Cause: cause, Text: "Something is wrong.", Detail: "SECRET", Fix: "mend it"}}
		for _, tt := range []struct {
			path string
			ill  ill
			code int
			body string
		}{
			{"/readyz", ill{troubles: found}, http.StatusServiceUnavailable, string(cause) + ": Something is wrong.\n"},
			{"/healthz", ill{troubles: found}, http.StatusOK, "ok\n"},
			{"/healthz", ill{dead: true, troubles: found}, http.StatusServiceUnavailable, string(cause) + ": Something is wrong.\n"},
			{"/readyz", ill{}, http.StatusOK, "ok\n"},
		} {
			w.Watch = tt.ill
			for door, h := range map[string]http.Handler{"tcp": w.tcp, "socket": w.local} {
				r := httptest.NewRecorder()
				h.ServeHTTP(r, httptest.NewRequest("GET", tt.path, nil))
				if r.Code != tt.code || r.Body.String() != tt.body {
					t.Errorf("%s %s over %s: %d %q, want %d %q", cause, tt.path, door, r.Code, r.Body, tt.code, tt.body)
				}
			}
		}
	}
}

// TestHealthTellsOperatorsMore: who may see the status learns what is wrong;
// what the machine said of it is for operators.
func TestHealthTellsOperatorsMore(t *testing.T) {
	w := newWorld(t)
	w.Watch = ill{troubles: []health.Trouble{{Cause: health.Store, Text: "The store cannot be written.", Detail: "SECRET"}}}
	w.Server.Health = func() scheduler.Health { return scheduler.Health{Running: true, Clock: true} }
	for who, detail := range map[string]string{"op@campaign.example": "SECRET", "guest@viewers.example": ""} {
		var h Health
		w.ask(who, "GET", "/health", nil, http.StatusOK, &h)
		if len(h.Troubles) != 1 || h.Troubles[0].Text != "The store cannot be written." || h.Troubles[0].Detail != detail {
			t.Errorf("%s is told %+v", who, h.Troubles)
		}
	}
}

// TestMetricsAreForOperators: the numbers need an operator's token on the main port.
func TestMetricsAreForOperators(t *testing.T) {
	w := newWorld(t)
	w.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("takeover_in_doubt 0\n")) })
	w.local, w.tcp = w.Local(), w.Public()
	get := func(h http.Handler, token string) *httptest.ResponseRecorder {
		q := httptest.NewRequest("GET", "/metrics", nil)
		if token != "" {
			q.Header.Set("Authorization", token)
		}
		r := httptest.NewRecorder()
		h.ServeHTTP(r, q)
		return r
	}
	for who, code := range map[string]int{"op@campaign.example": http.StatusOK, "guest@viewers.example": http.StatusUnauthorized, "lead@mayors.example": http.StatusUnauthorized} {
		if r := get(w.tcp, w.token(who)); r.Code != code {
			t.Errorf("%s got %d", who, r.Code)
		}
	}
	if r := get(w.tcp, ""); r.Code != http.StatusUnauthorized || strings.Contains(r.Body.String(), "in_doubt") {
		t.Errorf("nobody got %d %q", r.Code, r.Body)
	}
	if r := get(w.local, ""); r.Code != http.StatusOK {
		t.Errorf("the local operator got %d", r.Code)
	}
}
