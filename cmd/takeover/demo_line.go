package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels/pretended"
)

// faultyLine is the line to a pretend platform. Of its calls the first is cut
// before it arrives, and the answer to the first that makes something public
// is lost: the caller cannot tell the two apart.
type faultyLine struct {
	stage   pretended.Stage
	address string // "" where the platform speaks no HTTP
	server  *http.Server

	mu   sync.Mutex
	cut  int // requests lost before they arrived
	lost int // answers lost after they were obeyed
}

func newFaultyLine(s pretended.Stage) (*faultyLine, error) {
	l := &faultyLine{stage: s}
	if s.Handler == nil {
		l.lost = s.Lose()
		return l, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.address = "http://" + listener.Addr().String()
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = l.server.Serve(listener) }() // ends with close
	return l, nil
}

func (l *faultyLine) close() {
	if l.server != nil {
		_ = l.server.Close()
	}
	if l.stage.Close != nil {
		_ = l.stage.Close()
	}
}

func (l *faultyLine) faults() (cut, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut, l.lost
}

// ServeHTTP takes one call after another, so that what a call made public is
// known for certain.
func (l *faultyLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut == 0 {
		l.cut++
		panic(http.ErrAbortHandler) // ends the connection without an answer
	}
	before := len(l.stage.Posts())
	answer := httptest.NewRecorder()
	l.stage.Handler.ServeHTTP(answer, r)
	if len(l.stage.Posts()) > before && l.lost == 0 {
		l.lost++
		panic(http.ErrAbortHandler)
	}
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// fetchFrom fetches pictures as platforms do, from the daemon at base alone.
func fetchFrom(base string) func(address string) error {
	client := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(address string) error {
		if !strings.HasPrefix(address, base+"/") {
			return fmt.Errorf("%s is not below %s", address, base)
		}
		resp, err := client.Get(address)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/") {
			return fmt.Errorf("%s, %s", resp.Status, kind)
		}
		return nil
	}
}
