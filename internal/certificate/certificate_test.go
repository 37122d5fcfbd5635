package certificate_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/ittakesacommunity/takeover/internal/certificate"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

const domain = "takeover.example.org"

// kept is a store with a vault in it.
func kept(t *testing.T) (certificate.Config, string) {
	dir := t.TempDir()
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(dir, "store.db"), Counter: filepath.Join(dir, "counter"), Backups: filepath.Join(dir, "backups")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	key := secret.NewKey()
	return certificate.Config{Domain: domain, Store: s, Vault: vault.New(s, func() (secret.Keys, error) { return secret.ParseKeys(secret.New(key)) })}, filepath.Join(dir, "store.db")
}

func TestWhatIsKeptIsSealed(t *testing.T) {
	c, file := kept(t)
	cache := certificate.Sealed(c)
	if _, err := cache.Get(t.Context(), domain); !errors.Is(err, autocert.ErrCacheMiss) {
		t.Fatalf("nothing is kept: %v", err)
	}
	const canary = "canary-0f71-private-key"
	if err := cache.Put(t.Context(), domain, []byte(canary)); err != nil {
		t.Fatal(err)
	}
	if b, err := cache.Get(t.Context(), domain); err != nil || string(b) != canary {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte(canary)) {
		t.Errorf("it stands in the store in clear, %v", err)
	}
	if err := cache.Delete(t.Context(), domain); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Get(t.Context(), domain); !errors.Is(err, autocert.ErrCacheMiss) {
		t.Errorf("deleted: %v", err)
	}
}

func TestTerm(t *testing.T) {
	c, _ := kept(t)
	s := certificate.New(c)
	if term, err := s.Term(t.Context()); err != nil || term != (certificate.Term{}) {
		t.Fatalf("none: %v, %v", term, err)
	}
	from := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	as := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{domain}, NotBefore: from, NotAfter: from.AddDate(0, 3, 0)}
	der, err := x509.CreateCertificate(rand.Reader, as, as, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	put := func(blocks ...*pem.Block) {
		t.Helper()
		var b bytes.Buffer
		for _, block := range blocks {
			if err := pem.Encode(&b, block); err != nil {
				t.Fatal(err)
			}
		}
		if err := certificate.Sealed(c).Put(t.Context(), domain, b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	private := &pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("not looked at")}
	put(private, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	if term, err := s.Term(t.Context()); err != nil || !term.From.Equal(from) || !term.Until.Equal(from.AddDate(0, 3, 0)) {
		t.Errorf("%v, %v", term, err)
	}
	put(private, &pem.Block{Type: "CERTIFICATE", Bytes: der[:20]})
	if _, err := s.Term(t.Context()); err == nil || !strings.Contains(err.Error(), domain) {
		t.Errorf("broken: %v", err)
	}
	put(private)
	if term, err := s.Term(t.Context()); err != nil || term != (certificate.Term{}) {
		t.Errorf("a key alone: %v, %v", term, err)
	}
}

// answers serves on the ports where the authority looks, until end.
func answers(t *testing.T, s *certificate.Source, address string) (end func()) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{TLSConfig: s.TLS(), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") })}
	go srv.ServeTLS(l, "", "")
	return func() { srv.Close() }
}

// TestRealAuthority: a certificate comes from a real authority, is kept over a
// restart, and no other name gets one.
func TestRealAuthority(t *testing.T) {
	var peer struct{ Directory, Roots, TLS string }
	if err := json.Unmarshal([]byte(peertest.Need(t, "pebble", "TAKEOVER_TEST_PEBBLE")), &peer); err != nil {
		t.Fatal(err)
	}
	roots, err := os.ReadFile(peer.Roots)
	if err != nil {
		t.Fatal(err)
	}
	c, file := kept(t)
	c.Directory, c.Roots = peer.Directory, x509.NewCertPool()
	c.Roots.AppendCertsFromPEM(roots)
	address := "127.0.0.1:" + peer.TLS
	ask := func(name string) (*x509.Certificate, error) {
		d := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: c.Roots}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
	}

	s := certificate.New(c)
	end := answers(t, s, address)
	if err := s.Get(); err != nil {
		t.Fatal(err)
	}
	first, err := ask(domain)
	if err != nil {
		t.Fatal(err)
	}
	if term, err := s.Term(t.Context()); err != nil || !term.Until.Equal(first.NotAfter) || !term.From.Equal(first.NotBefore) {
		t.Errorf("the term is %v, %v", term, err)
	}
	if first.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("it was asked for %s, and visitors would wait for another", first.PublicKeyAlgorithm)
	}
	for _, other := range []string{"www." + domain, "elsewhere.example"} {
		if _, err := ask(other); err == nil {
			t.Errorf("%s got a certificate", other)
		}
	}
	end()

	s = certificate.New(c) // as after a restart
	defer answers(t, s, address)()
	if again, err := ask(domain); err != nil || again.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Errorf("after a restart: %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte("PRIVATE KEY")) {
		t.Errorf("a key stands in the store in clear, %v", err)
	}
}
