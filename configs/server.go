package configs

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// ServerSchema is the first line's value of every server file.
const ServerSchema = "takeover/config-v1"

// Never is the time of a backup that something else than the daemon makes.
const Never = "never"

// Server is what takeover.yaml says, with the defaults filled in. Paths are
// resolved against the file. Secrets are references as the file has them
// ("file:ntfy.token", "env:NAME"); internal/secret reads them, from Dir, when they are needed.
type Server struct {
	File string // "" where no file was read
	Dir  string // folder that relative paths and secret references begin in

	BaseURL        string // address that people use; "" until it is known
	Listen         string // host:port of pages and API
	MetricsListen  string // host:port; "" serves metrics on Listen
	TrustedProxies []netip.Prefix
	Domain         string        // "" or the name to get a certificate for
	RedirectListen string        // host:port that sends on to https; "" for none
	ACME           ACME          // used where Domain is set
	PlainHTTP      bool          // plain http on public addresses was asked for
	StopTimeout    time.Duration // how long a graceful stop may take

	SecretFolders []string // beside Dir: where files of channels' secrets may lie
	SecretVars    []string // beside TAKEOVER_SECRET_…: variables that may hold them

	StoreDriver string // "bbolt" or "postgres"
	DSNFile     string // postgres only: file that holds the connection string
	Layout      Layout
	MaxUpload   int64 // bytes of one picture or film

	BackupAt   string // cron in the local time of the machine, or Never
	BackupKeep int    // how many to keep

	LogFormat string // "auto", "text" or "json"
	LogLevel  string // "debug", "info", "warn" or "error"

	Heartbeat string // address that is asked each minute while all is well; "" for none
	Notify    Notify
	OpenID    OpenID

	origins map[string]Origin
}

// ACME is the authority that certifies Domain (RFC 8555).
type ACME struct {
	Directory string
	Contact   string // mail address; "" for none
	Roots     string // PEM file of whom it is certified by; "": whom this machine knows
}

// OpenID is a provider that people may sign in by; without an issuer there is none.
type OpenID struct {
	Issuer      string
	ClientID    string
	Secret      string   // secret reference
	Name        string   // on the button
	GroupsClaim string   // the claim that lists a person's groups
	Groups      []string // "GROUP=MECHANISM": who is in the group leads the mechanism
	TwoFactors  bool     // the provider asks everybody for two factors
}

// Notify is where people are told; what is empty is not used.
type Notify struct {
	SMTP         string // host:port
	SMTPUser     string
	SMTPPassword string // secret reference
	From         string
	NtfyURL      string
	NtfyToken    string // secret reference
	HookURL      string
	HookSecret   string // secret reference
	TelegramChat string
	TelegramBot  string // secret reference
}

// Origin says who decided on a setting.
type Origin string

const (
	FromDefault     Origin = "default"
	FromFile        Origin = "file"
	FromEnvironment Origin = "environment"
	FromFlag        Origin = "flag"
)

// DefaultServer is the configuration without file, environment and flags, with
// paths relative to the folder.
func DefaultServer(dir string) Server {
	s := newServer()
	s.complete(dir)
	return s
}

// newServer holds the defaults of single keys; complete must follow.
func newServer() Server {
	s := Server{origins: map[string]Origin{}}
	for _, k := range serverKeys {
		if err := k.set(&s, k.def); err != nil {
			panic("configs: default of " + k.path + ": " + err.Error())
		}
	}
	return s
}

// Setting is one key of the server file as it counts.
type Setting struct {
	Path    string `json:"path"` // "server.listen"
	Value   string `json:"value"`
	Default string `json:"default"`
	Origin  Origin `json:"origin"`
	About   string `json:"about"`
	Secret  bool   `json:"secret,omitempty"` // Value says where it is, not what it is
}

// Shared tells whether the store is a database that several daemons open; else
// it is a file, which is one process's alone.
func (s *Server) Shared() bool { return s.StoreDriver == "postgres" }

// Settings lists every key with its value and origin in the order of the file.
func (s *Server) Settings() []Setting {
	list := make([]Setting, len(serverKeys))
	for i, k := range serverKeys {
		origin := s.origins[k.path]
		if origin == "" {
			origin = FromDefault
		}
		list[i] = Setting{Path: k.path, Value: k.show(s), Default: k.def, Origin: origin, About: k.about, Secret: k.kind == kindSecret}
	}
	return list
}

// Override sets one key from a flag; value is written as in the environment
// (lists with commas). The name that people typed goes into the finding.
func (s *Server) Override(path, value, name string) campaign.Findings {
	k, ok := serverKey(path)
	if !ok {
		return campaign.Findings{{File: name, Severity: campaign.SeverityError, Code: "C006", Path: path,
			Message: "unknown key " + path, Fix: "takeover config show lists all keys"}}
	}
	if err := k.set(s, value); err != nil {
		return campaign.Findings{k.finding(name, err)}
	}
	s.origins[path] = FromFlag
	return s.check(name)
}

// complete fills in what follows from other keys and resolves paths.
func (s *Server) complete(dir string) {
	resolve := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	l := &s.Layout
	resolve(&l.Data)
	inside := LayoutIn(l.Data)
	for _, p := range []struct {
		path     *string
		fallback string
	}{{&l.Store, inside.Store}, {&l.Media, inside.Media}, {&l.Plans, inside.Plans}, {&l.Backups, inside.Backups}, {&l.Socket, inside.Socket}} {
		if *p.path == "" {
			*p.path = p.fallback // lies in the data folder, which is resolved already
			continue
		}
		resolve(p.path)
	}
	resolve(&l.Key)
	if l.Counter == "" {
		l.countIn(dir)
	} else {
		resolve(&l.Counter)
	}
	resolve(&s.DSNFile)
	resolve(&s.ACME.Roots)
	for i := range s.SecretFolders {
		resolve(&s.SecretFolders[i])
	}
	s.Dir = dir
	if s.Domain != "" {
		if s.BaseURL == "" {
			s.BaseURL = "https://" + s.Domain
		}
		if s.origins["server.listen"] == "" {
			s.Listen = ":443"
		}
	}
}

// check lists what single keys cannot see. The findings carry no line.
func (s *Server) check(file string) campaign.Findings {
	var fs campaign.Findings
	add := func(code, path, message, fix string) {
		fs = append(fs, campaign.Finding{File: file, Severity: campaign.SeverityError, Code: code, Path: path, Message: message, Fix: fix})
	}
	if u, err := url.Parse(s.BaseURL); s.BaseURL != "" && (err != nil || u.Scheme != "https" && !loopback(u.Hostname())) {
		add("C001", "server.base_url", "base_url is not https: sign-in and links in mails need it", "write https://…, or an address of this machine such as http://127.0.0.1:8080")
	}
	for _, l := range []struct{ path, addr string }{{"server.listen", s.Listen}, {"server.metrics_listen", s.MetricsListen}} {
		host, _, err := net.SplitHostPort(l.addr)
		if l.addr == "" || err != nil || loopback(host) || s.PlainHTTP || s.Domain != "" && l.path == "server.listen" {
			continue
		}
		add("C003", l.path, "anybody on the network could read what goes to "+l.addr+": it is public and has no TLS", "listen on 127.0.0.1 behind a proxy with TLS, or set server.domain, or say plain_http: true")
	}
	if host, _, err := net.SplitHostPort(s.Listen); s.Domain != "" && err == nil && loopback(host) {
		add("C008", "server.listen", "nobody outside reaches "+s.Listen+", so no authority certifies "+s.Domain, "write listen: \":443\"; behind a proxy that has the certificate, leave server.domain out")
	}
	if s.RedirectListen != "" && s.Domain == "" {
		add("C008", "server.redirect_listen", "there is no https to send people on to", "set server.domain, or leave it to the proxy")
	}
	for _, p := range []struct{ path, file string }{{"secrets.key_file", s.Layout.Key}, {"secrets.counter_file", s.Layout.Counter}} {
		if within(s.Layout.Data, p.file) {
			add("C022", p.path, p.file+" lies inside the data folder "+s.Layout.Data+": a copy of the folder would carry it along", "keep it outside, for example beside takeover.yaml")
		}
	}
	if s.Shared() && s.DSNFile == "" {
		add("C006", "store.driver", "the postgres store has no dsn_file", "write the connection string into a file and name it: dsn_file: dsn")
	}
	if o := s.OpenID; o.Issuer != "" {
		if o.ClientID == "" || o.Secret == "" || s.BaseURL == "" {
			add("C006", "sign_in.openid.issuer", "the provider needs client_id, secret and server.base_url", "register takeover at the provider with the address "+s.BaseURL+"/auth/callback, and write what it gives you")
		}
		if u, err := url.Parse(o.Issuer); err == nil && u.Scheme != "https" && !loopback(u.Hostname()) {
			add("C001", "sign_in.openid.issuer", "anybody on the way could sign in as anybody", "write the provider's https address")
		}
	}
	return fs
}

// loopback tells whether the host is this machine only.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// within tells whether the file lies in the folder.
func within(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(rel)
}
