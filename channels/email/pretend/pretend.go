// Package pretend is a mail server that keeps what it takes, and loses
// connections where tests want it to. Tests and the demo use it.
package pretend

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options of a Server. The zero value takes every mail without a login.
type Options struct {
	User, Password string // of the one who may send; "" for everybody
	Login          bool   // offers AUTH LOGIN alone
	TLS            bool   // offers STARTTLS, and logins only after it
	FirstByte      bool   // speaks TLS from the first byte
	Size           int64  // bytes of the largest mail; 0: not told
}

// Step is where a dialogue is.
type Step string

// Steps in their order.
const (
	Accept   Step = "accept"
	Greeting Step = "greeting"
	EHLO     Step = "EHLO"
	STARTTLS Step = "STARTTLS"
	AUTH     Step = "AUTH"
	MAIL     Step = "MAIL"
	RCPT     Step = "RCPT"
	DATA     Step = "DATA"
	Body     Step = "body" // within the message
	Dot      Step = "dot"  // after the message
)

// Fault is what happens at a step. Without Reply the connection ends there.
type Fault struct {
	At     Step
	Reply  string // in place of ours, as it stands
	Half   bool   // the connection ends within our reply
	Silent bool   // nothing is said until the caller hangs up
	Kept   bool   // at Dot: the mail is taken all the same
	Once   bool   // in one dialogue
}

// Mail is one that was taken.
type Mail struct {
	From, To string
	Raw      []byte // dots undone
}

// Server is a mail server on loopback. Its methods may be called from several goroutines.
type Server struct {
	Addr  string // host:port
	Roots *x509.CertPool

	o        Options
	listener net.Listener
	cert     tls.Certificate
	hung     chan struct{}

	mu      sync.Mutex
	fault   Fault
	mails   []Mail
	said    []string
	secured int // connections that went over to TLS
}

// New starts a server; Close ends it.
func New(o Options) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: l.Addr().String(), o: o, listener: l, hung: make(chan struct{}, 1000)}
	if o.TLS || o.FirstByte {
		if err := s.certify(); err != nil {
			l.Close()
			return nil, err
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s, nil
}

// Close refuses connections from now on.
func (s *Server) Close() { s.listener.Close() }

// certify makes a certificate for 127.0.0.1 that Roots verifies.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(leaf)
	return nil
}

// Set makes f the fault of all dialogues that follow.
func (s *Server) Set(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Mails are those taken so far, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Said are the commands so far, logins without what they said.
func (s *Server) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.said...)
}

// Secured is how many connections went over to TLS.
func (s *Server) Secured() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secured
}

// Hung gets a value each time a caller hangs up on a silent fault.
func (s *Server) Hung() <-chan struct{} { return s.hung }

// talk is one dialogue.
type talk struct {
	s        *Server
	conn     net.Conn
	in       *bufio.Reader
	secure   bool
	known    bool
	from, to string
}

func (s *Server) serve(conn net.Conn) {
	t := &talk{s: s, conn: conn, in: bufio.NewReader(conn)}
	defer func() { t.conn.Close() }()
	if _, at := t.at(Accept); at {
		return
	}
	if s.o.FirstByte && !t.cover() {
		return
	}
	if !t.say(Greeting, "220 mail.example ESMTP") {
		return
	}
	for t.next() {
	}
}

func (t *talk) cover() bool {
	conn := tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{t.s.cert}})
	if conn.Handshake() != nil {
		return false
	}
	t.conn, t.in, t.secure = conn, bufio.NewReader(conn), true
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.s.secured++
	return true
}

// at tells whether the fault is of this step.
func (t *talk) at(step Step) (Fault, bool) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	return t.s.fault, t.s.fault.At == step
}

// say answers at a step, or does what the fault wants. It tells whether the
// dialogue goes on as if ours had been said.
func (t *talk) say(step Step, text string) bool {
	f, at := t.at(step)
	if at && f.Once {
		t.s.Set(Fault{})
	}
	switch {
	case !at:
		_, err := io.WriteString(t.conn, text+"\r\n")
		return err == nil
	case f.Silent:
		io.Copy(io.Discard, t.in)
		t.s.hung <- struct{}{}
	case f.Half:
		io.WriteString(t.conn, text[:min(2, len(text))])
	case f.Reply != "":
		io.WriteString(t.conn, f.Reply)
		io.Copy(io.Discard, t.in)
	}
	return false
}

// next takes one command.
func (t *talk) next() bool {
	line, err := t.in.ReadString('\n')
	if err != nil {
		return false
	}
	line = strings.TrimRight(line, "\r\n")
	word, rest, _ := strings.Cut(line, " ")
	word = strings.ToUpper(word)
	shown := line
	if word == "AUTH" {
		shown = word
	}
	t.s.mu.Lock()
	t.s.said = append(t.s.said, shown)
	t.s.mu.Unlock()
	switch word {
	case "EHLO":
		return t.say(EHLO, t.extensions())
	case "STARTTLS":
		return t.say(STARTTLS, "220 go on") && t.cover()
	case "AUTH":
		return t.auth(rest)
	case "MAIL":
		if t.s.o.User != "" && !t.known {
			return t.say(MAIL, "530 5.7.0 log in first")
		}
		t.from = between(rest)
		return t.say(MAIL, "250 2.1.0 fine")
	case "RCPT":
		t.to = between(rest)
		return t.say(RCPT, "250 2.1.5 fine")
	case "DATA":
		return t.say(DATA, "354 go on") && t.message()
	case "QUIT":
		io.WriteString(t.conn, "221 bye\r\n")
		return false
	}
	_, err = io.WriteString(t.conn, "500 5.5.1 what?\r\n")
	return err == nil
}

func (t *talk) extensions() string {
	list := []string{"mail.example greets you", "ENHANCEDSTATUSCODES"}
	if t.s.o.Size > 0 {
		list = append(list, "SIZE "+strconv.FormatInt(t.s.o.Size, 10))
	}
	if t.s.o.TLS && !t.secure {
		list = append(list, "STARTTLS")
	} else if t.s.o.Login {
		list = append(list, "AUTH LOGIN")
	} else if t.s.o.User != "" {
		list = append(list, "AUTH PLAIN LOGIN")
	}
	return "250-" + strings.Join(list[:len(list)-1], "\r\n250-") + "\r\n250 " + list[len(list)-1]
}

func (t *talk) auth(rest string) bool {
	way, first, _ := strings.Cut(rest, " ")
	var user, password string
	switch way {
	case "PLAIN":
		b, _ := base64.StdEncoding.DecodeString(first)
		if parts := strings.Split(string(b), "\x00"); len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "LOGIN":
		for _, into := range []*string{&user, &password} {
			if _, err := io.WriteString(t.conn, "334 VXNlcm5hbWU6\r\n"); err != nil {
				return false
			}
			line, err := t.in.ReadString('\n')
			if err != nil {
				return false
			}
			b, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
			*into = string(b)
		}
	}
	if t.known = user == t.s.o.User && password == t.s.o.Password; !t.known {
		return t.say(AUTH, "535 5.7.8 no "+user)
	}
	return t.say(AUTH, "235 2.7.0 welcome")
}

// message reads until the dot, and keeps what came.
func (t *talk) message() bool {
	var raw []byte
	for first := true; ; first = false {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return false
		}
		if _, at := t.at(Body); at && first {
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw = append(raw, strings.TrimPrefix(line, ".")...)
	}
	if f, at := t.at(Dot); !at || f.Kept {
		t.s.mu.Lock()
		t.s.mails = append(t.s.mails, Mail{t.from, t.to, raw})
		t.s.mu.Unlock()
	}
	return t.say(Dot, "250 2.0.0 queued")
}

// between is what stands in angle brackets.
func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
