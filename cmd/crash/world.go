package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/channels/webhook/pretend"
)

// world is everything that the daemon publishes to: a sandbox with an account
// of each class, and two receivers of webhooks behind TLS. It sees each request
// from its first bytes to its answer, and a trap may spring at each of these moments.
type world struct {
	traps
	box      *sandbox.Server
	hooks    map[string]*pretend.Receiver // by channel
	plain    *httptest.Server
	secure   *httptest.Server
	certs    string // file that the daemon is to trust
	arriving sync.Mutex
	arrivals []arrival
}

// arrival is a publish request whose first bytes came.
type arrival struct {
	channel string
	at      time.Time
}

// The channels of the world, and how each looks after a crash.
const (
	hookDedupes = "hook-known" // K2: recognises a repeat
	hookBlind   = "hook-blind" // K6: nobody can be asked
	boxBlind    = "box-k6"
	boxTwins    = "box-k4" // its list proves nothing, so only what had an effect is settled soon
)

var worldChannels = []string{"box-k1", "box-k2", "box-k3", boxTwins, "box-k5", boxBlind, hookDedupes, hookBlind}

// newWorld listens on the host, an address of this machine.
func newWorld(dir, host string) (*world, error) {
	box, err := sandbox.NewServer(sandbox.Options{})
	if err != nil {
		return nil, err
	}
	w := &world{box: box, hooks: map[string]*pretend.Receiver{
		hookDedupes: pretend.New(hookSecret, true, time.Now),
		hookBlind:   pretend.New(hookSecret, false, time.Now),
	}}
	w.plain = httptest.NewUnstartedServer(http.HandlerFunc(w.serveBox))
	w.secure = httptest.NewUnstartedServer(http.HandlerFunc(w.serveHook))
	w.secure.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		w.spring(beforeGate, "") // which of the two is not known yet
		return nil, nil
	}}
	for _, s := range []*httptest.Server{w.plain, w.secure} {
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that die are the rule here
		_ = s.Listener.Close()
		if s.Listener, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			return nil, err
		}
	}
	cert, err := certificate(host)
	if err != nil {
		return nil, err
	}
	w.secure.TLS.Certificates = []tls.Certificate{cert}
	w.plain.Start()
	w.secure.StartTLS()
	w.certs = filepath.Join(dir, "world.pem")
	return w, os.WriteFile(w.certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600)
}

// certificate is one of our own for an address, good for a day.
func certificate(host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(crand.Reader, c, c, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (w *world) close() {
	for _, s := range []*httptest.Server{w.plain, w.secure} {
		s.CloseClientConnections()
		s.Close()
	}
}

// lines are the channels of the campaign.
func (w *world) lines() (lines []channelLine) {
	for _, name := range worldChannels {
		if _, ok := w.hooks[name]; ok {
			lines = append(lines, channelLine{name, fmt.Sprintf("platform: webhook, url: %q, account: %s, secret: {file: hook.secret}, allow_private: true, receiver_dedupes: %t",
				w.secure.URL+"/"+name, name, name == hookDedupes)})
			continue
		}
		lines = append(lines, channelLine{name, fmt.Sprintf("platform: sandbox, base_url: %q, class: %s, settle: 0s, allow_private: true", w.plain.URL, strings.ToUpper(name[len("box-"):]))})
	}
	return lines
}

// serveBox answers a call to the sandbox.
func (w *world) serveBox(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/accounts/"), "/")
	channel, publishes := parts[0], false
	switch {
	case r.Method == http.MethodPost && parts[len(parts)-1] == "posts",
		r.Method == http.MethodPut && len(parts) == 3 && parts[1] == "posts",
		r.Method == http.MethodPost && parts[len(parts)-1] == "publish":
		publishes = true
	case r.Method == http.MethodGet && len(parts) >= 2 && r.URL.Query().Get("newest") == "":
		w.spring(whileReading, channel)
	case r.Method == http.MethodPut || r.Method == http.MethodPost:
		w.spring(whileStaging, channel)
	}
	w.serve(rw, r, w.box, channel, publishes)
}

// serveHook answers a webhook.
func (w *world) serveHook(rw http.ResponseWriter, r *http.Request) {
	channel := strings.Trim(r.URL.Path, "/")
	hook := w.hooks[channel]
	if hook == nil {
		http.NotFound(rw, r)
		return
	}
	w.serve(rw, r, hook, channel, true)
}

// serve reads the whole request, has its effect, and answers; at each step of
// one that publishes a trap may end the daemon.
func (w *world) serve(rw http.ResponseWriter, r *http.Request, to http.Handler, channel string, publishes bool) {
	if publishes {
		w.arriving.Lock()
		w.arrivals = append(w.arrivals, arrival{channel, time.Now()})
		w.arriving.Unlock()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off on its way
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if publishes && w.spring(withoutEffect, channel) {
		hangUp(rw)
		return
	}
	if publishes {
		w.spring(effectAfter, channel)
	}
	answer := httptest.NewRecorder()
	to.ServeHTTP(answer, r)
	if publishes && w.spring(notAnswered, channel) {
		hangUp(rw)
		return
	}
	for name, values := range answer.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
	_ = http.NewResponseController(rw).Flush()
	if publishes {
		w.spring(notRecorded, channel)
	} else if r.Method != http.MethodGet {
		w.spring(staged, channel)
	}
}

// hangUp ends the connection without an answer.
func hangUp(rw http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// public is one thing that readers see.
type public struct{ id, url string }

// shown is what the public saw, by channel and text.
func (w *world) shown() map[place][]public {
	seen := map[place][]public{}
	for _, p := range w.box.Seen().Posts {
		at := place{p.Account, p.Text}
		seen[at] = append(seen[at], public{p.ID, w.plain.URL + "/#p-" + p.Account + "-" + p.ID})
	}
	for channel, hook := range w.hooks {
		for _, p := range hook.Posts() {
			at := place{channel, p.Text}
			seen[at] = append(seen[at], public{p.ID, "https://newsroom.example/" + p.ID})
		}
	}
	return seen
}

// place is a text on a channel; every intended delivery has its own.
type place struct{ channel, text string }

// arrived are the publish requests, in the order in which they came.
func (w *world) arrived() []arrival {
	w.arriving.Lock()
	defer w.arriving.Unlock()
	return slices.Clone(w.arrivals)
}
