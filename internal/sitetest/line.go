package sitetest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Line stands between a program and a server. It passes calls on, also when
// the caller dies meanwhile, and can hold some and lose answers.
type Line struct {
	URL string // of the line
	// Heard, where it is set, is shown each call and the answer to it. It is
	// called from several goroutines.
	Heard func(q *http.Request, answer []byte)

	t      *testing.T
	server string                       // address, without a slash at its end
	name   func(q *http.Request) string // of a call

	mu     sync.Mutex
	next   map[string]trouble // by name, for the next call
	count  map[string]int     // calls that reached the server
	caught chan string        // names of calls that were held, cut or killed after
}

// trouble is what happens to one call.
type trouble struct {
	hold, lose, cut bool
	say             func(w http.ResponseWriter)
	kill            *Site
}

// NewLine makes a line to the server at the address; name tells calls apart.
func NewLine(t *testing.T, server string, name func(q *http.Request) string) *Line {
	t.Helper()
	l := &Line{t: t, server: server, name: name, next: map[string]trouble{}, count: map[string]int{}, caught: make(chan string, 100)}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	l.URL = s.URL
	return l
}

// HoldRequest keeps the next call of that name from the server for ever.
func (l *Line) HoldRequest(name string) { l.set(name, trouble{hold: true}) }

// HoldAnswer lets the server act on the next call of that name, and the caller
// wait for ever.
func (l *Line) HoldAnswer(name string) { l.set(name, trouble{lose: true}) }

// CutAnswer is like HoldAnswer, but the caller knows at once.
func (l *Line) CutAnswer(name string) { l.set(name, trouble{cut: true}) }

// Say answers the next call of that name with JSON in the server's place.
func (l *Line) Say(name string, status int, body string) {
	l.set(name, trouble{say: func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}})
}

// KillAnswered kills the site's daemon when it has the answer to the next call
// of that name and could do nothing with it: it is frozen before.
func (l *Line) KillAnswered(name string, s *Site) { l.set(name, trouble{kill: s}) }

func (l *Line) set(name string, t trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next[name] = t
}

// Reached is how many calls of that name the server was given.
func (l *Line) Reached(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[name]
}

// Await waits until what was set for a call of that name has happened, where
// it is more than an answer.
func (l *Line) Await(name string, within time.Duration) {
	l.t.Helper()
	for late := time.After(within); ; {
		select {
		case caught := <-l.caught:
			if caught == name {
				return
			}
		case <-late:
			l.t.Fatalf("no %s came", name)
		}
	}
}

// ServeHTTP passes a call on, or does to it what was set.
func (l *Line) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	name := l.name(q)
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	t := l.next[name]
	delete(l.next, name)
	if !t.hold && t.say == nil {
		l.count[name]++
	}
	l.mu.Unlock()
	switch {
	case t.hold:
		l.caught <- name
		<-q.Context().Done()
		return
	case t.say != nil:
		t.say(w)
		return
	}
	header, status, answer, err := l.ask(q, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if l.Heard != nil {
		l.Heard(q, answer)
	}
	switch {
	case t.lose:
		l.caught <- name
		<-q.Context().Done()
		return
	case t.cut:
		l.caught <- name
		panic(http.ErrAbortHandler)
	case t.kill != nil:
		t.kill.freeze()
	}
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
	if t.kill != nil {
		_ = http.NewResponseController(w).Flush()
		t.kill.Kill()
		l.caught <- name
	}
}

// ask makes the call in the caller's place.
func (l *Line) ask(q *http.Request, body []byte) (http.Header, int, []byte, error) {
	on, err := http.NewRequest(q.Method, l.server+q.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, 0, nil, err
	}
	on.Header = q.Header.Clone()
	on.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultTransport.RoundTrip(on) // redirects are the caller's business
	if err != nil {
		return nil, 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	resp.Header.Del("Content-Length")
	return resp.Header, resp.StatusCode, answer, err
}
