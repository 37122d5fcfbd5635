// Package certificate gets the certificate of the server's own name from an
// authority that speaks ACME (RFC 8555), and renews it in time. The authority
// looks for the name on port 443 (tls-alpn-01, RFC 8737) or 80 (http-01).
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

// Config is what a Source needs.
type Config struct {
	Domain    string         // the one name that it is for
	Directory string         // of the authority; its terms of service are agreed to
	Contact   string         // mail address that the authority may write to; "" for none
	Roots     *x509.CertPool // whom the authority itself is certified by; nil: whom this machine knows
	Store     store.Store
	Vault     *vault.Vault // keeps keys and certificates sealed in Store
}

// Source holds the certificate. Its methods may be called from several
// goroutines, and several daemons may share what it keeps.
type Source struct {
	domain  string
	manager *autocert.Manager
}

// New makes a Source. It asks nobody yet.
func New(c Config) *Source {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: c.Roots}
	return &Source{domain: c.Domain, manager: &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      sealed{c.Store, c.Vault},
		HostPolicy: autocert.HostWhitelist(c.Domain),
		Email:      c.Contact,
		Client: &acme.Client{DirectoryURL: c.Directory, UserAgent: "takeover",
			HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}},
	}}
}

// TLS is how a server answers for the name, to people and to the authority.
// Whoever asks for another name gets no certificate.
func (s *Source) TLS() *tls.Config {
	c := s.manager.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c
}

// Redirect answers the authority over plain http and sends everybody else on
// to https.
func (s *Source) Redirect() http.Handler { return s.manager.HTTPHandler(nil) }

// Get makes sure that there is a certificate, and that its renewal is planned.
// The server must answer meanwhile, and it may take minutes.
func (s *Source) Get() error {
	_, err := s.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: s.domain,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}) // as today's browsers, or it would be one with RSA
	return err
}

// Term is from when until when a certificate is good; zero: there is none.
type Term struct{ From, Until time.Time }

// Term is that of the certificate which is kept now.
func (s *Source) Term(ctx context.Context) (Term, error) {
	kept, err := s.manager.Cache.Get(ctx, s.domain)
	if errors.Is(err, autocert.ErrCacheMiss) {
		return Term{}, nil
	} else if err != nil {
		return Term{}, err
	}
	for block, rest := pem.Decode(kept); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue // its private key comes first
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return Term{}, fmt.Errorf("the certificate of %s: %w", s.domain, err)
		}
		return Term{leaf.NotBefore, leaf.NotAfter}, nil
	}
	return Term{}, nil
}

// sealed keeps what the manager keeps (private keys among it) in the vault.
type sealed struct {
	store store.Store
	vault *vault.Vault
}

const prefix = "certificate/" // names in the vault

// Get implements autocert.Cache.
func (c sealed) Get(ctx context.Context, key string) ([]byte, error) {
	var kept secret.String
	err := c.store.View(ctx, func(tx store.Tx) (err error) {
		kept, err = c.vault.Get(tx, prefix+key)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, autocert.ErrCacheMiss
	}
	return []byte(kept.Reveal()), err
}

// Put implements autocert.Cache.
func (c sealed) Put(ctx context.Context, key string, data []byte) error {
	return c.store.Update(ctx, func(tx store.Tx) error { return c.vault.Put(tx, prefix+key, secret.New(string(data))) })
}

// Delete implements autocert.Cache.
func (c sealed) Delete(ctx context.Context, key string) error {
	return c.store.Update(ctx, func(tx store.Tx) error { return c.vault.Forget(tx, prefix+key) })
}
