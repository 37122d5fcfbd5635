package web

import (
	"fmt"
	"net/http"
	"strings"
)

// probes answers /healthz while a restart would better nothing, and /readyz
// while nothing is wrong; else each line names a cause and says what it is.
func (s *Server) probes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.answerProbe(w, s.Watch == nil || s.Watch.Alive())
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		s.answerProbe(w, s.Watch != nil && len(s.Watch.Troubles()) == 0)
	})
}

func (s *Server) answerProbe(w http.ResponseWriter, well bool) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if well {
		_, _ = w.Write([]byte("ok\n"))
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	if s.Watch == nil {
		_, _ = w.Write([]byte("worker: nothing is published by this process.\n"))
		return
	}
	for _, t := range s.Watch.Troubles() {
		fmt.Fprintf(w, "%s: %s\n", t.Cause, t.Text)
	}
}

// metricsByToken shows the numbers to whoever holds an operator's token.
func (s *Server) metricsByToken(w http.ResponseWriter, r *http.Request) {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, err := s.Desk.ActorByToken(r.Context(), secret, "token")
	if err == nil {
		err = s.Desk.MayOperate(r.Context(), a)
	}
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the numbers are for operators: send a token of one (takeover token create), or set server.metrics_listen", http.StatusUnauthorized)
		return
	}
	s.Metrics.ServeHTTP(w, r)
}
