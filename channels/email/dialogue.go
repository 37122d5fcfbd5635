package email

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

const (
	// maxLine and maxLines bound what a server may say at once. RFC 5321 §4.5.3
	// allows 512 bytes a line.
	maxLine  = 4096
	maxLines = 100
	chunk    = 32 << 10 // bytes of a message that are written at once
)

// session is a dialogue with a server that has let us in.
type session struct {
	cfg  Config
	conn net.Conn
	in   *bufio.Reader
	// can are the server's extensions by name, with what it said of each.
	can  map[string]string
	stop func() bool
	ctx  context.Context // ends the dialogue
}

// reply is what a server said; its words are for its own logs, its number and
// the enhanced one (RFC 3463) are for us.
type reply struct {
	code     int
	enhanced string
	lines    []string
}

func (r reply) good() bool { return r.code/100 == 2 }

// refused is a reply that says no to a command.
type refused struct {
	step string
	reply
}

func (e *refused) Error() string {
	if e.enhanced != "" {
		return fmt.Sprintf("the server said %d %s to %s", e.code, e.enhanced, e.step)
	}
	return fmt.Sprintf("the server said %d to %s", e.code, e.step)
}

// lost is a dialogue that broke off: before anything could be public, or after
// the dot, when it may be.
type lost struct {
	dotted bool
	err    error
}

func (e *lost) Error() string { return e.err.Error() }
func (e *lost) Unwrap() error { return e.err }

// setting is what the dialogue cannot go on with until somebody mends the channel.
type setting string

func (e setting) Error() string { return string(e) }

// dial begins a dialogue, up to where a mail can be handed over.
func (c *Channel) dial(ctx context.Context, p pass) (*session, error) {
	conn, err := httpx.Dial(ctx, c.cfg.at(), c.cfg.AllowPrivate)
	if err != nil {
		return nil, &lost{err: err}
	}
	s := &session{cfg: c.cfg, ctx: ctx}
	s.use(conn)
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.begin(c.tls(), p); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (c *Channel) tls() *tls.Config {
	return &tls.Config{RootCAs: c.roots, ServerName: c.cfg.Host, MinVersion: tls.VersionTLS12}
}

func (s *session) use(conn net.Conn) { s.conn, s.in = conn, bufio.NewReaderSize(conn, maxLine) }

func (s *session) close() {
	s.stop()
	s.conn.Close()
}

// quit ends a dialogue in order; what the server says to it does not matter.
func (s *session) quit() {
	s.say("QUIT")
	s.close()
}

func (s *session) begin(secure *tls.Config, p pass) error {
	if s.cfg.Port == tlsPort {
		if err := s.cover(secure); err != nil {
			return err
		}
	}
	if r, err := s.hear(); err != nil {
		return err
	} else if r.code != 220 {
		return &refused{"the connection", r}
	}
	if err := s.hello(); err != nil {
		return err
	}
	if s.cfg.Port != tlsPort {
		if err := s.upgrade(secure); err != nil {
			return err
		}
	}
	if s.cfg.User == "" {
		return nil
	}
	return s.login(p)
}

// cover puts TLS over the connection.
func (s *session) cover(secure *tls.Config) error {
	conn := tls.Client(s.conn, secure)
	if err := conn.HandshakeContext(s.ctx); err != nil {
		return &lost{err: fmt.Errorf("no TLS: %w", err)}
	}
	s.use(conn)
	return nil
}

// upgrade goes over to TLS. Only this machine is spoken to without.
func (s *session) upgrade(secure *tls.Config) error {
	if _, ok := s.can["STARTTLS"]; !ok {
		if s.cfg.local() {
			return nil
		}
		return setting("the server offers no TLS; mails and passwords do not go in the open")
	}
	if err := s.ask("STARTTLS", "STARTTLS", 220); err != nil {
		return err
	}
	if s.in.Buffered() > 0 {
		return setting("the server said something between STARTTLS and TLS; somebody may be in between")
	}
	if err := s.cover(secure); err != nil {
		return err
	}
	return s.hello()
}

// hello learns what the server can.
func (s *session) hello() error {
	r, err := s.command("EHLO " + s.cfg.domain())
	if err != nil {
		return err
	}
	if !r.good() {
		return &refused{"EHLO", r}
	}
	s.can = map[string]string{}
	for _, line := range r.lines[1:] {
		name, about, _ := strings.Cut(line, " ")
		s.can[strings.ToUpper(name)] = strings.ToUpper(about)
	}
	return nil
}

// login proves who we are, by a password. RFC 4954, RFC 4616.
func (s *session) login(p pass) error {
	ways := strings.Fields(s.can["AUTH"])
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, way := range ways {
		if way == "PLAIN" {
			return s.ask("AUTH", "AUTH PLAIN "+encode("\x00"+p.user+"\x00"+p.password.Reveal()), 235)
		}
	}
	for _, way := range ways {
		if way != "LOGIN" {
			continue
		}
		if err := s.ask("AUTH", "AUTH LOGIN", 334); err != nil {
			return err
		}
		if err := s.ask("AUTH", encode(p.user), 334); err != nil {
			return err
		}
		return s.ask("AUTH", encode(p.password.Reveal()), 235)
	}
	return setting("the server offers no login by password (PLAIN or LOGIN)")
}

// fits tells whether the server takes a mail of that size.
func (s *session) fits(mail []byte) error {
	most, err := strconv.ParseInt(s.can["SIZE"], 10, 64)
	if err == nil && most > 0 && int64(len(mail)) > most {
		return &refused{"the size of the mail", reply{code: 552}}
	}
	return nil
}

// send hands the mail over. DATA is what passes the gate.
func (c *Channel) send(ctx context.Context, g httpx.Gate, p pass, mail []byte) error {
	if g == nil {
		return fmt.Errorf("%w: there is none", httpx.ErrGate)
	}
	s, err := c.dial(ctx, p)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.fits(mail); err != nil {
		return err
	}
	if err := s.ask("MAIL", "MAIL FROM:<"+c.cfg.From.Address+">", 250); err != nil {
		return err
	}
	if err := s.ask("RCPT", "RCPT TO:<"+c.cfg.To+">", 250, 251); err != nil {
		return err
	}
	return s.data(g, mail)
}

// data hands over the message. Until its dot is written nothing is public.
func (s *session) data(g httpx.Gate, mail []byte) error {
	left := false
	err := g.Pass(func() error {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		left = true
		return s.say("DATA")
	})
	switch {
	case !left && err == nil:
		return fmt.Errorf("%w: it let nothing through", httpx.ErrGate)
	case !left:
		return err
	case err != nil:
		return &lost{err: err}
	}
	r, err := s.hear()
	switch {
	case err != nil:
		return err
	case r.code != 354:
		return &refused{"DATA", r}
	}
	stuffed := dotted(mail)
	for len(stuffed) > 0 {
		n := min(chunk, len(stuffed))
		if _, err := s.conn.Write(stuffed[:n]); err != nil {
			return s.broken(err, false)
		}
		stuffed = stuffed[n:]
	}
	if _, err := s.conn.Write([]byte(".\r\n")); err != nil {
		return s.broken(err, true)
	}
	r, err = s.hear()
	switch {
	case err != nil:
		return &lost{dotted: true, err: err}
	case r.code == 250:
		s.say("QUIT")
		return nil
	case r.code/100 == 4 || r.code/100 == 5:
		return &refused{"the message", r}
	}
	return &lost{dotted: true, err: fmt.Errorf("the server said %d to the message", r.code)}
}

// dotted doubles dots that begin a line. RFC 5321 §4.5.2.
func dotted(mail []byte) []byte {
	mail = bytes.ReplaceAll(mail, []byte("\r\n."), []byte("\r\n.."))
	if bytes.HasPrefix(mail, []byte(".")) {
		mail = append([]byte("."), mail...)
	}
	return mail
}

func (s *session) say(command string) error {
	_, err := s.conn.Write([]byte(command + "\r\n"))
	return err
}

func (s *session) command(text string) (reply, error) {
	if err := s.say(text); err != nil {
		return reply{}, s.broken(err, false)
	}
	return s.hear()
}

// ask gives a command that must be answered by one of the numbers.
func (s *session) ask(step, command string, want ...int) error {
	r, err := s.command(command)
	if err != nil {
		return err
	}
	for _, code := range want {
		if r.code == code {
			return nil
		}
	}
	return &refused{step, r}
}

// broken is a dialogue that ended before its end; at its deadline it says so.
func (s *session) broken(err error, dotted bool) error {
	if s.ctx.Err() != nil {
		err = fmt.Errorf("cut at the end of its time: %w", context.Cause(s.ctx))
	}
	return &lost{dotted: dotted, err: err}
}

var (
	replyForm    = regexp.MustCompile(`^[2-5][0-9][0-9]$`)
	enhancedForm = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)
)

// errNoReply is what no SMTP server says.
var errNoReply = errors.New("the server's answer cannot be understood")

// hear reads one reply, of one line or several.
func (s *session) hear() (reply, error) {
	var r reply
	for range maxLines {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				err = errNoReply
			}
			return reply{}, s.broken(err, false)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if len(text) < 3 || !replyForm.MatchString(text[:3]) || len(text) > 3 && text[3] != ' ' && text[3] != '-' {
			return reply{}, s.broken(errNoReply, false)
		}
		code, _ := strconv.Atoi(text[:3])
		if len(r.lines) > 0 && code != r.code {
			return reply{}, s.broken(errNoReply, false)
		}
		r.code = code
		r.lines = append(r.lines, text[min(4, len(text)):])
		if len(text) == 3 || text[3] == ' ' {
			if word, _, _ := strings.Cut(r.lines[0], " "); enhancedForm.MatchString(word) {
				r.enhanced = word
			}
			return r, nil
		}
	}
	return reply{}, s.broken(errNoReply, false)
}

// failed is what a dialogue that did not succeed means. Source: platforms.md §14.
// What a server says against sender or recipient is said against the channel's
// settings, not against the post: the post waits until they are mended.
func failed(op string, err error) *channels.Error {
	e := &channels.Error{Op: op, Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: httpx.ReachNothing.String(), Err: err}
	var r *refused
	var l *lost
	var s setting
	switch {
	case errors.As(err, &r):
		e.Status, e.Reach = r.code, httpx.ReachAnswer.String()
		e.Fate, e.Scope = r.row()
	case errors.As(err, &l):
		if l.dotted {
			e.Fate, e.Reach = channels.InDoubt, httpx.ReachSent.String()
		}
		if errors.Is(err, httpx.ErrAddress) {
			e.Scope = channels.ScopeChannel
		}
	case errors.As(err, &s):
		e.Scope = channels.ScopeChannel
	case errors.Is(err, httpx.ErrGate):
		e.Gate, e.Scope = true, channels.ScopeContent
	}
	return e
}

// row is the fate of a no. The step tells what it is about.
func (r *refused) row() (channels.Fate, channels.Scope) {
	final := r.code/100 == 5
	switch {
	case r.code == 552 || r.code == 523: // too large; 552 is also a full mailbox, which the next mail meets, too
		return channels.Refused, channels.ScopeContent
	case r.step == "AUTH", r.code == 530, r.code == 534, r.code == 535, r.code == 538:
		if final {
			return channels.NotSent, channels.ScopeChannel
		}
	case final && (r.step == "DATA" || r.step == "the message"):
		return channels.Refused, channels.ScopeContent
	case final:
		return channels.NotSent, channels.ScopeChannel
	}
	return channels.NotSent, channels.ScopePlatform
}
