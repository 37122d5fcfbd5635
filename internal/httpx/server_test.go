package httpx

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// server is a listener whose every connection is answered by one function. It
// counts the bytes of requests, behind TLS where it speaks TLS.
type server struct {
	URL   string
	bytes atomic.Int64
	conns atomic.Int64
	done  chan struct{} // one value for each connection that ended
}

type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// serve answers until the test ends. cfg nil is plain http.
func serve(t *testing.T, cfg *tls.Config, answer func(net.Conn)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &server{URL: "http://" + l.Addr().String(), done: make(chan struct{}, 100)}
	if cfg != nil {
		s.URL = "https://" + l.Addr().String()
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			go func() {
				defer func() { s.done <- struct{}{} }()
				defer conn.Close()
				if cfg == nil {
					answer(counted{conn, &s.bytes})
					return
				}
				secure := tls.Server(conn, cfg)
				if secure.Handshake() == nil {
					answer(counted{secure, &s.bytes})
				}
			}()
		}
	}()
	return s
}

// request reads one whole request.
func request(c net.Conn) []byte {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return nil
	}
	body, _ := io.ReadAll(r.Body)
	return body
}

// say answers a whole request with these bytes.
func say(answer string) func(net.Conn) {
	return func(c net.Conn) {
		request(c)
		io.WriteString(c, answer)
	}
}

// drain reads until the other side ends the connection.
func drain(c net.Conn) { io.Copy(io.Discard, c) }

// authority makes certificates for 127.0.0.1.
type authority struct {
	roots *x509.CertPool
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return authority{roots, cert, key}
}

// server is the configuration of a server whose certificate ends at until.
func (a authority) server(t *testing.T, until time.Time) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

type gateFunc func(write func() error) error

func (g gateFunc) Pass(write func() error) error { return g(write) }

var (
	open   = gateFunc(func(write func() error) error { return write() })
	closed = gateFunc(func(func() error) error { return fmt.Errorf("stopped by a person: %w", ErrGate) })
)

// local is a client that may call the test's servers.
func local(o Options) *Client {
	o.AllowPrivate = true
	return New(o)
}

func post(url string) Call {
	return Call{Method: http.MethodPost, URL: url, Body: []byte(`{"text":"Ten years, one community."}`),
		Header: http.Header{"Idempotency-Key": {"d_1"}, "Content-Type": {"application/json"}}}
}

// soon is a context that ends before anybody loses patience.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func isDeadline(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
