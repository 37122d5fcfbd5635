package channeltest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// Point is where a connection ends before its time.
type Point int

const (
	Nowhere     Point = iota
	AtAccept          // as soon as it is there
	InHead            // after some bytes of the request
	InBody            // after the request's head
	NoAnswer          // after the whole request
	InAnswer          // after some bytes of the answer's head
	InAnswerEnd       // before the answer's last bytes
	Silence           // never: the caller must give up
)

// Fault is what a Box does to requests. The zero value lets them through.
type Fault struct {
	Cut Point
	// Lost keeps the request from the platform; otherwise the platform acts
	// on it and only its answer suffers. Requests cut before their end are
	// always lost.
	Lost bool
	// Answer, if set, is sent in place of the platform's, byte by byte as it stands.
	Answer string
	// Forever is sent after Answer again and again until the caller hangs up.
	Forever string
	// After is how many calls pass before it; Once lets those after it pass, too.
	After int
	Once  bool
}

// meets tells whether the nth call since the fault was set meets it, from 1.
func (f Fault) meets(n int) bool { return n > f.After && (!f.Once || n == f.After+1) }

// Box stands between a channel and its platform as proxies, firewalls and bad
// lines do: it passes requests on, cuts them, or answers by itself. It keeps
// what it saw. Its methods may be called from several goroutines.
type Box struct {
	URL      string // plain http
	platform http.Handler
	listener net.Listener
	bytes    atomic.Int64
	conns    atomic.Int64
	gone     chan struct{} // a value each time a caller gave up on Silence or Forever

	mu     sync.Mutex
	fault  Fault
	calls  int // since the fault was set
	bodies [][]byte
}

// NewBox puts a box before the platform until the test ends.
func NewBox(t *testing.T, platform http.Handler) *Box {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Box{URL: "http://" + l.Addr().String(), platform: platform, listener: l, gone: make(chan struct{}, 1000)}
	t.Cleanup(b.Close)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.conns.Add(1)
			go b.serve(conn)
		}
	}()
	return b
}

// Close refuses connections from now on.
func (b *Box) Close() { b.listener.Close() }

// Set makes f the fault of all requests that follow.
func (b *Box) Set(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault, b.calls = f, 0
}

// Calls is how many calls began since the fault was set.
func (b *Box) Calls() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

// Bodies are the bodies of the whole requests so far, in order.
func (b *Box) Bodies() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][]byte(nil), b.bodies...)
}

// Bytes is how many bytes callers sent so far.
func (b *Box) Bytes() int64 { return b.bytes.Load() }

// Conns is how many connections were made so far.
func (b *Box) Conns() int64 { return b.conns.Load() }

// counting counts what is read.
type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// take counts a call and is what happens to it.
func (b *Box) take() Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls++; b.fault.meets(b.calls) {
		return b.fault
	}
	return Fault{}
}

// refuses tells whether the connection ends as soon as it is there; then that
// was the call.
func (b *Box) refuses() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault.Cut != AtAccept || !b.fault.meets(b.calls+1) {
		return false
	}
	b.calls++
	return true
}

// serve takes the requests of one connection.
func (b *Box) serve(conn net.Conn) {
	defer conn.Close()
	if b.refuses() {
		return
	}
	r := bufio.NewReader(counting{conn, &b.bytes})
	for b.pass(conn, r) {
	}
}

// pass takes one request; it tells whether the connection goes on.
func (b *Box) pass(conn net.Conn, r *bufio.Reader) bool {
	if _, err := r.Peek(1); err != nil {
		return false
	}
	f := b.take()
	if f.Cut == InHead || f.Cut == AtAccept {
		return false
	}
	req, err := http.ReadRequest(r)
	if err != nil || f.Cut == InBody {
		return false
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return false
	}
	b.mu.Lock()
	b.bodies = append(b.bodies, body)
	b.mu.Unlock()

	answer := []byte(f.Answer)
	if !f.Lost {
		real, ok := b.ask(req, body)
		if !ok {
			return false
		}
		if f.Answer == "" {
			answer = real
		}
	}
	switch {
	case f.Cut == NoAnswer:
		return false
	case f.Cut == InAnswer:
		conn.Write(answer[:min(20, len(answer))])
		return false
	case f.Cut == InAnswerEnd:
		conn.Write(answer[:max(0, len(answer)-5)])
		return false
	case f.Cut == Silence:
		io.Copy(io.Discard, r)
		b.gone <- struct{}{}
		return false
	}
	if _, err := conn.Write(answer); err != nil {
		return false
	}
	for f.Forever != "" {
		if _, err := io.WriteString(conn, f.Forever); err != nil {
			b.gone <- struct{}{}
			return false
		}
	}
	return !req.Close && f.Answer == ""
}

// ask lets the platform answer; it returns false when the platform itself hung up.
func (b *Box) ask(req *http.Request, body []byte) (answer []byte, ok bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	req.Body = io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	b.platform.ServeHTTP(rec, req)
	resp := rec.Result()
	resp.ContentLength = int64(rec.Body.Len())
	if req.Method == http.MethodHead {
		resp.Request = req
	}
	var out bytes.Buffer
	resp.Write(&out)
	return out.Bytes(), true
}
