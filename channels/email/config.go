package email

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a mail channel.
type Config struct {
	// Host and Port are of the server that takes mails for delivery. On port 465
	// it speaks TLS from the first byte, elsewhere after STARTTLS.
	Host string
	Port int
	From mail.Address // may have a name
	To   string
	// ReplyTo is where answers go; "" is From.
	ReplyTo string
	// User logs in; "" for servers that take mails without.
	User string
	// Password names the user's password; "" where it is connected by command.
	Password string
	// Unsubscribe is an https or mailto address by which a reader leaves the list.
	Unsubscribe string
	// AllowPrivate permits private addresses, and plain connections to this machine.
	AllowPrivate bool
}

const tlsPort = 465

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.:-]{0,253}[A-Za-z0-9])?$`)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{AllowPrivate: s.Bool("allow_private"), User: s.Text("user"), Unsubscribe: s.Text("unsubscribe")}
	if s.Text("base_url") != "" {
		s.Fail("base_url", "mail has none; name the server")
	}
	if at := s.Need("server", "it is the mail server, host:port"); at != "" {
		host, port, err := net.SplitHostPort(at)
		n, numberErr := strconv.Atoi(port)
		if err != nil || numberErr != nil || n < 1 || n > 65535 || !hostForm.MatchString(host) {
			s.Fail("server", "write it as host:port, such as mail.example.org:587")
		}
		cfg.Host, cfg.Port = host, n
	}
	if from := address(s, "from", s.Need("from", "it is the sender")); from != nil {
		cfg.From = *from
	}
	if to := address(s, "to", s.Need("to", "it is the address of the list")); to != nil {
		cfg.To = to.Address
	}
	if reply := address(s, "reply_to", s.Text("reply_to")); reply != nil {
		cfg.ReplyTo = reply.Address
	}
	if len(cfg.User) > 254 || strings.ContainsAny(cfg.User, "\r\n\x00") {
		s.Fail("user", "it is no login name")
	}
	if s.Text("password") != "" {
		cfg.Password = s.SecretRef("password", "")
		if cfg.User == "" {
			s.Fail("user", "it is missing: a password belongs to a user")
		}
	}
	if u, err := url.Parse(cfg.Unsubscribe); err != nil || cfg.Unsubscribe != "" && u.Scheme != "https" && u.Scheme != "mailto" || !plain(cfg.Unsubscribe) || strings.ContainsAny(cfg.Unsubscribe, "<> ") {
		s.Fail("unsubscribe", "write an https: or mailto: address")
	}
	return cfg, s.Err()
}

// address reads a mail address, nil for "" and for a wrong one. Every letter of
// it must be ASCII: not every server takes others.
func address(s *channels.Settings, key, value string) *mail.Address {
	if value == "" {
		return nil
	}
	a, err := mail.ParseAddress(value)
	if err != nil || !plain(a.Address) || strings.ContainsAny(a.Address, " <>\"") || len(a.Address) > 254 {
		s.Fail(key, "it is no mail address; write it as name@example.org")
		return nil
	}
	return a
}

// plain tells whether a text may stand in a line of the dialogue.
func plain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// at is the server as it is dialled.
func (cfg Config) at() string { return net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)) }

// local tells whether the server is this machine, to which a plain connection
// may be made where private addresses are permitted.
func (cfg Config) local() bool {
	ip, err := netip.ParseAddr(cfg.Host)
	return cfg.AllowPrivate && (cfg.Host == "localhost" || err == nil && ip.IsLoopback())
}

// domain is the sender's.
func (cfg Config) domain() string {
	return cfg.From.Address[strings.LastIndexByte(cfg.From.Address, '@')+1:]
}
