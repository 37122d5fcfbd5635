package httpx

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestReach tells for each way a call can end how far it got, over TLS and plain.
func TestReach(t *testing.T) {
	ca := newAuthority(t)
	secure := ca.server(t, time.Now().Add(time.Hour))
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		reach  Reach
		status int
		whole  bool
		cut    bool // by our deadline
	}{
		{"ok", say("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"), ReachAnswer, 201, true, false},
		{"chunked", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), ReachAnswer, 200, true, false},
		{"no body", say("HTTP/1.1 204 No Content\r\n\r\n"), ReachAnswer, 204, true, false},
		{"accept and close", func(net.Conn) {}, ReachSent, 0, false, false},
		{"cut before the head", func(c net.Conn) { request(c) }, ReachSent, 0, false, false},
		{"cut in the status line", say("HTTP/1.1 20"), ReachSent, 0, false, false},
		{"cut in the head", say("HTTP/1.1 200 OK\r\nContent-Le"), ReachSent, 0, false, false},
		{"cut in the body", say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\""), ReachAnswer, 200, false, false},
		{"cut in a chunk", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\""), ReachAnswer, 200, false, false},
		{"cut between chunks", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), ReachAnswer, 200, false, false},
		{"no answer", drain, ReachSent, 0, false, true},
		{"garbage", say("\x00\x01\x02 go away\r\n\r\n"), ReachSent, 0, false, false},
		{"two lengths", say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), ReachSent, 0, false, false},
		{"continue, then ok", say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), ReachAnswer, 200, true, false},
		{"early hints, then refused", say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), ReachAnswer, 400, true, false},
		{"continue and cut", say("HTTP/1.1 100 Continue\r\n\r\n"), ReachSent, 0, false, false},
		{"continue for ever", say(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000)), ReachSent, 0, false, false},
		{"another protocol", say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), ReachAnswer, 101, true, false},
		{"answer before the request", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
			drain(c)
		}, ReachAnswer, 429, true, false},
	} {
		for _, cfg := range []*tls.Config{nil, secure} {
			name := tt.name
			if cfg != nil {
				name += ", TLS"
			}
			t.Run(name, func(t *testing.T) {
				s := serve(t, cfg, tt.answer)
				ctx := t.Context()
				if tt.cut {
					ctx = soon(t)
				}
				a, err := local(Options{Roots: ca.roots}).Publish(ctx, open, post(s.URL))
				if a.Reach != tt.reach || a.Status != tt.status || a.Whole != tt.whole {
					t.Errorf("%s, status %d, whole %v, error %v; want %s, %d, %v", a.Reach, a.Status, a.Whole, err, tt.reach, tt.status, tt.whole)
				}
				if (err == nil) != tt.whole {
					t.Errorf("error %v", err)
				}
				if tt.cut != isDeadline(err) {
					t.Errorf("error %v; cut by our deadline is %v", err, tt.cut)
				}
				<-s.done // the connection ended, whatever the server wanted
				if n := s.conns.Load(); n != 1 {
					t.Errorf("%d connections", n)
				}
			})
		}
	}
}

// TestClosedGateSendsNothing counts at the server.
func TestClosedGateSendsNothing(t *testing.T) {
	ca := newAuthority(t)
	for _, cfg := range []*tls.Config{nil, ca.server(t, time.Now().Add(time.Hour))} {
		s := serve(t, cfg, drain)
		ctx, cancel := context.WithCancel(t.Context())
		late := gateFunc(func(write func() error) error {
			cancel() // the deadline passes while it waits for the gate
			return write()
		})
		for _, tt := range []struct {
			name string
			ctx  context.Context
			gate Gate
			gave error
		}{
			{"closed", t.Context(), closed, ErrGate},
			{"lets nothing through", t.Context(), gateFunc(func(func() error) error { return nil }), ErrGate},
			{"none", t.Context(), nil, ErrGate},
			{"passed after the deadline", ctx, late, context.Canceled},
		} {
			t.Run(tt.name, func(t *testing.T) {
				a, err := local(Options{Roots: ca.roots}).Publish(tt.ctx, tt.gate, post(s.URL))
				if a.Reach != ReachNothing || !errors.Is(err, tt.gave) {
					t.Errorf("%s, %v; want nothing left, %v", a.Reach, err, tt.gave)
				}
				if tt.gate != nil {
					<-s.done
				}
				if n := s.bytes.Load(); n != 0 {
					t.Errorf("%d bytes arrived", n)
				}
			})
		}
	}
}

// TestGateIsAfterTheHandshake: what waits for a slow connection does not hold the gate.
func TestGateIsAfterTheHandshake(t *testing.T) {
	s := serve(t, nil, drain) // never answers the client's hello
	passed := false
	gate := gateFunc(func(func() error) error { passed = true; return ErrGate })
	a, err := local(Options{}).Publish(soon(t), gate, post(strings.Replace(s.URL, "http:", "https:", 1)))
	if a.Reach != ReachNothing || err == nil || passed {
		t.Errorf("%s, %v, gate asked: %v", a.Reach, err, passed)
	}
}

// TestGateDoesNotWaitForTheNetwork: a receiver that reads nothing keeps the
// sender, but not whoever closes the gate.
func TestGateDoesNotWaitForTheNetwork(t *testing.T) {
	end := make(chan struct{})
	s := serve(t, nil, func(net.Conn) { <-end })
	defer close(end)
	through := make(chan struct{})
	gate := gateFunc(func(write func() error) error {
		defer close(through)
		return write()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-through
		cancel()
	}()
	call := post(s.URL)
	call.Body = bytes.Repeat([]byte("x"), 64<<20) // more than any buffer takes
	a, err := local(Options{}).Publish(ctx, gate, call)
	if a.Reach != ReachSent || !errors.Is(err, context.Canceled) {
		t.Errorf("%s, %v; want sent, cut", a.Reach, err)
	}
}

// TestStopperWaitsForTheFirstWrite uses a gate as the engine's: closing it
// waits for a running write, and nothing leaves afterwards.
func TestStopperWaitsForTheFirstWrite(t *testing.T) {
	s := serve(t, nil, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	inside, leave, stopped := make(chan struct{}), make(chan struct{}), make(chan struct{})
	turn := make(chan bool, 1) // holds whether the gate is open
	turn <- true
	gate := gateFunc(func(write func() error) error {
		isOpen := <-turn
		defer func() { turn <- isOpen }()
		if !isOpen {
			return ErrGate
		}
		close(inside)
		<-leave
		return write()
	})
	go func() {
		<-inside
		close(leave)
		<-turn // waits for the writer
		turn <- false
		close(stopped)
	}()
	if a, err := local(Options{}).Publish(t.Context(), gate, post(s.URL)); a.Status != 200 {
		t.Fatalf("%s, %v", a.Reach, err)
	}
	<-stopped
	before := s.bytes.Load()
	if a, err := local(Options{}).Publish(t.Context(), gate, post(s.URL)); a.Reach != ReachNothing || !errors.Is(err, ErrGate) {
		t.Errorf("after the stop: %s, %v", a.Reach, err)
	}
	<-s.done
	<-s.done
	if n := s.bytes.Load() - before; n != 0 {
		t.Errorf("%d bytes left after the stop", n)
	}
}

// TestNoReplay: Go's own client sends a request with an idempotency key again
// when its connection dies. Ours must not, nor reuse a connection.
func TestNoReplay(t *testing.T) {
	s := serve(t, nil, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	c := local(Options{})
	for range 2 {
		if a, err := c.Publish(t.Context(), open, post(s.URL)); a.Status != 200 {
			t.Fatal(a, err)
		}
	}
	if n := s.conns.Load(); n != 2 {
		t.Errorf("two calls used %d connections", n)
	}
	dead := serve(t, nil, func(c net.Conn) { request(c) })
	if a, _ := c.Publish(t.Context(), open, post(dead.URL)); a.Reach != ReachSent {
		t.Error(a.Reach)
	}
	<-dead.done
	if n := dead.conns.Load(); n != 1 {
		t.Errorf("the call was made %d times", n)
	}
}

// TestWholeRequestArrives checks the bytes of a request longer than the first write.
func TestWholeRequestArrives(t *testing.T) {
	got := make(chan []byte, 1)
	s := serve(t, nil, func(c net.Conn) {
		got <- request(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	call := post(s.URL)
	call.Body = bytes.Repeat([]byte("0123456789"), 100_000)
	if a, err := local(Options{}).Publish(t.Context(), open, call); a.Status != 200 {
		t.Fatal(a.Reach, err)
	}
	if b := <-got; !bytes.Equal(b, call.Body) {
		t.Errorf("%d bytes arrived of %d", len(b), len(call.Body))
	}
}

// TestF27NothingLeft: a call that cannot connect has not left.
func TestF27NothingLeft(t *testing.T) {
	ca := newAuthority(t)
	expired := serve(t, ca.server(t, time.Now().Add(-time.Hour)), drain)
	strange := serve(t, newAuthority(t).server(t, time.Now().Add(time.Hour)), drain)
	hangsUp := serve(t, nil, func(net.Conn) {})
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	noName := local(Options{})
	noName.dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "nowhere.example", IsNotFound: true}
	}
	c := local(Options{Roots: ca.roots})
	for _, tt := range []struct {
		name   string
		client *Client
		url    string
	}{
		{"connection refused", c, "http://" + gone.Addr().String()},
		{"no such host", noName, "https://nowhere.example/"},
		{"certificate expired", c, expired.URL},
		{"unknown authority", c, strange.URL},
		{"cut in the handshake", c, strings.Replace(hangsUp.URL, "http:", "https:", 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := tt.client.Publish(t.Context(), open, post(tt.url))
			if a.Reach != ReachNothing || err == nil {
				t.Errorf("%s, %v", a.Reach, err)
			}
		})
	}
	if n := expired.bytes.Load() + strange.bytes.Load(); n != 0 {
		t.Errorf("%d bytes reached a server that could not prove itself", n)
	}
}

// TestF28CappedAnswers: nobody's answer costs more than its cap in bytes or time.
func TestF28CappedAnswers(t *testing.T) {
	slow := func(c net.Conn) {
		request(c)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000)) {
			<-tick.C
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}
	endless := func(start, again string) func(net.Conn) {
		return func(c net.Conn) {
			request(c)
			io.WriteString(c, start)
			for {
				if _, err := io.WriteString(c, again); err != nil {
					return
				}
			}
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		reach  Reach
	}{
		{"a byte now and then", slow, ReachSent},
		{"10 MB body", endless("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n", strings.Repeat("x", 1000)), ReachAnswer},
		{"body without an end", endless("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1000)), ReachAnswer},
		{"chunks without an end", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), ReachAnswer},
		{"headers without an end", endless("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("a", 100)+"\r\n"), ReachSent},
		{"one header without an end", endless("HTTP/1.1 200 OK\r\nX-A: ", strings.Repeat("a", 100)), ReachSent},
		{"status line without an end", endless("HTTP/1.1 200 ", strings.Repeat("a", 100)), ReachSent},
		{"interim answers without an end", endless("", "HTTP/1.1 102 Processing\r\n\r\n"), ReachSent},
		{"trailers without an end", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: a\r\n"), ReachAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, nil, tt.answer)
			ctx, capped := t.Context(), tt.name != "a byte now and then"
			if !capped {
				ctx = soon(t)
			}
			a, err := local(Options{MaxBody: 100_000, Timeout: 5 * time.Second}).Publish(ctx, open, post(s.URL))
			if capped && isDeadline(err) {
				t.Errorf("only time ended it: %v", err)
			}
			if a.Reach != tt.reach || a.Whole || err == nil || len(a.Body) > 100_000 {
				t.Errorf("%s, whole %v, %d bytes, %v; want %s", a.Reach, a.Whole, len(a.Body), err, tt.reach)
			}
			<-s.done
			began := time.Now()
			a, err = local(Options{MaxBody: 100_000, Timeout: 5 * time.Second}).Do(ctx, post(s.URL))
			if took := time.Since(began); a.Whole || err == nil || len(a.Body) > 100_000 || capped && took > 4*time.Second {
				t.Errorf("read: whole %v, %d bytes, %v, after %v", a.Whole, len(a.Body), err, took)
			}
		})
	}
}

// TestF37RedirectIsNotFollowed, by neither call, to another host or down to http.
func TestF37RedirectIsNotFollowed(t *testing.T) {
	other := serve(t, nil, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	for _, status := range []string{"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"} {
		s := serve(t, nil, say("HTTP/1.1 "+status+"\r\nLocation: "+other.URL+"/\r\nContent-Length: 0\r\n\r\n"))
		a, err := local(Options{}).Publish(t.Context(), open, post(s.URL))
		if err != nil || a.Status/100 != 3 {
			t.Errorf("%s: %d, %v", status, a.Status, err)
		}
		a, err = local(Options{}).Do(t.Context(), Call{Method: http.MethodGet, URL: s.URL})
		if err != nil || a.Status/100 != 3 {
			t.Errorf("%s, reading: %d, %v", status, a.Status, err)
		}
	}
	if other.conns.Load() != 0 {
		t.Error("the redirect was followed")
	}
}

// fed is a connection that answers from a byte string.
type fed struct {
	net.Conn
	io.Reader
}

func (f fed) Read(b []byte) (int, error) { return f.Reader.Read(b) }

func FuzzRead(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.0 200\r\n\r\nx",
		"HTTP/1.1 100\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "HTTP/9.9 999 \r\n\r\n"} {
		f.Add([]byte(s))
	}
	c := New(Options{MaxBody: 64})
	f.Fuzz(func(t *testing.T, b []byte) {
		req, err := c.request(t.Context(), post("https://p.example/"))
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.read(line{Conn: fed{Reader: bytes.NewReader(b)}}, req)
		switch {
		case a.Reach == ReachSent && (err == nil || a.Status != 0 || a.Whole):
			t.Errorf("no answer, yet %+v, %v", a, err)
		case a.Reach == ReachAnswer && a.Whole != (err == nil):
			t.Errorf("whole %v with error %v", a.Whole, err)
		case a.Reach == ReachNothing || a.Reach == ReachUnknown || len(a.Body) > 64:
			t.Errorf("%+v", a)
		}
	})
}
