package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ittakesacommunity/takeover/channels/webhook"
)

// receiver takes webhooks on this machine and keeps when the first byte of each
// request came. Where the kernel tells (Linux) it is the kernel's word: a
// receiver that is slow to look does not make a request late. It listens plainly,
// and behind TLS with a greeting that takes its time, so that many a sender
// stands between arming and gate.
type receiver struct {
	plain, secure       *http.Server
	plainURL, secureURL string
	certs               string // file that the daemon is to trust

	mu   sync.Mutex
	came []landed
}

// landed is one request.
type landed struct {
	delivery, channel, text string
	at                      time.Time
}

// slowGreeting is the longest that a TLS greeting takes.
const slowGreeting = 100 * time.Millisecond

type connKey struct{}

func newReceiver(dir string) (*receiver, error) {
	cert, err := certificate(loopback)
	if err != nil {
		return nil, err
	}
	r := &receiver{certs: filepath.Join(dir, "receiver.pem")}
	r.plain, r.secure = r.server(), r.server()
	r.secure.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		time.Sleep(rand.N(slowGreeting))
		return nil, nil
	}}
	for _, s := range []struct {
		url    *string
		scheme string
		serve  func(net.Listener) error
	}{
		{&r.plainURL, "http", r.plain.Serve},
		{&r.secureURL, "https", func(l net.Listener) error { return r.secure.ServeTLS(l, "", "") }},
	} {
		lc := net.ListenConfig{Control: stampConnections}
		l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return nil, err
		}
		*s.url = s.scheme + "://" + l.Addr().String()
		go func() { _ = s.serve(stampedListener{l}) }() // until close
	}
	return r, os.WriteFile(r.certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600)
}

func (r *receiver) server() *http.Server {
	return &http.Server{
		Handler:     r,
		ErrorLog:    log.New(io.Discard, "", 0), // clients that are cut off are the rule here
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
}

func (r *receiver) close() {
	_ = r.plain.Close()
	_ = r.secure.Close()
}

// cameAt is when what was read last of the connection came: at the beginning
// of a handler, the beginning of the request.
func cameAt(q *http.Request) time.Time {
	c := q.Context().Value(connKey{})
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if s, ok := c.(*stampedConn); ok {
		if at := s.last.Load(); at != nil {
			return *at
		}
	}
	return time.Now()
}

// ServeHTTP takes one post.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	at := cameAt(q)
	var e webhook.Event
	if err := json.NewDecoder(io.LimitReader(q.Body, 1<<20)).Decode(&e); err != nil {
		http.Error(w, `{"error":"bad"}`, http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.came = append(r.came, landed{string(e.Data.DeliveryID), string(e.Data.Channel), e.Data.Text, at})
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":%q}`, e.Data.DeliveryID)
}

// all are the requests that came so far.
func (r *receiver) all() []landed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.came)
}

// count is how many came.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.came)
}

// stampedListener hands out connections that know when their bytes came.
type stampedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l stampedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stampedConn{TCPConn: c.(*net.TCPConn)}, nil
}

// stampedConn keeps when what was read last came.
type stampedConn struct {
	*net.TCPConn
	last atomic.Pointer[time.Time]
}

// Read implements net.Conn.
func (c *stampedConn) Read(b []byte) (int, error) {
	n, at, err := readStamped(c.TCPConn, b)
	if n > 0 {
		c.last.Store(&at)
	}
	return n, err
}
