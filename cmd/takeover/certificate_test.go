package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/internal/peertest"
)

// TestRealCertificate: a daemon with a domain gets its certificate, speaks
// nothing but https there, and sends people on to it.
func TestRealCertificate(t *testing.T) {
	var peer struct{ Directory, Roots, TLS, HTTP string }
	if err := json.Unmarshal([]byte(peertest.Need(t, "pebble", "TAKEOVER_TEST_PEBBLE")), &peer); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(peer.Roots)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	const domain = "takeover.example.org"
	s := newSite(t, "")
	s.listen = ":" + peer.TLS
	t.Setenv("TAKEOVER_SERVER_DOMAIN", domain)
	t.Setenv("TAKEOVER_SERVER_LISTEN", s.listen)
	t.Setenv("TAKEOVER_SERVER_REDIRECT_LISTEN", ":"+peer.HTTP)
	t.Setenv("TAKEOVER_SERVER_ACME_DIRECTORY", peer.Directory)
	t.Setenv("TAKEOVER_SERVER_ACME_ROOTS", peer.Roots)
	s.start()

	var to net.Dialer
	visitor := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(at)
			return to.DialContext(ctx, network, "127.0.0.1:"+map[string]string{"443": peer.TLS, "80": peer.HTTP}[port])
		}},
	}
	get := func(url string) *http.Response {
		t.Helper()
		r, err := visitor.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r
	}
	if r := get("https://" + domain + "/healthz"); r.StatusCode != http.StatusOK || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d, %v", r.StatusCode, r.Header)
	}
	if r := get("http://" + domain + "/queue?x=1"); r.StatusCode != http.StatusFound || r.Header.Get("Location") != "https://"+domain+"/queue?x=1" {
		t.Errorf("%d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r, err := http.Get("http://127.0.0.1:" + peer.TLS + "/healthz"); err == nil && r.StatusCode < 400 {
		t.Errorf("plain http is answered there: %d", r.StatusCode)
	}
	out, _ := s.command("doctor") // 3: the name leads nowhere on this machine
	if text := string(out); !strings.Contains(text, "ok    certificate "+domain+", good until ") ||
		!strings.Contains(text, "FAIL  address     https://"+domain+" cannot be opened from this machine") {
		t.Errorf("the doctor says:\n%s", text)
	}
}
