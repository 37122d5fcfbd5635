package configs

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// kind is how a server key is written.
type kind int

const (
	kindText kind = iota
	kindChoice
	kindURL      // absolute http or https address
	kindAddress  // host:port
	kindPrefixes // list of IP addresses or networks
	kindBool
	kindCount    // whole number from 1
	kindDuration // whole seconds
	kindSize
	kindPath
	kindCron
	kindMail
	kindDomain // name in the DNS
	kindSecret
	kindPaths  // list of folders
	kindNames  // list of environment variables
	kindGroups // list of GROUP=MECHANISM
)

// serverKeyInfo is one line of takeover.yaml: where it stands, what it means, what
// holds when it is absent, and which field takes it.
type serverKeyInfo struct {
	path    string
	kind    kind
	def     string // as the environment would write it
	choices []string
	field   func(*Server) any
	about   string
}

// serverKeys are all keys in the order of the file. The walker, the commented
// default file, the JSON Schema, the environment and `config show` follow it.
var serverKeys = []serverKeyInfo{
	{path: "server.base_url", kind: kindURL, field: func(s *Server) any { return &s.BaseURL }, about: "https address that people and webhooks use; mail links and sign-in need it"},
	{path: "server.listen", kind: kindAddress, def: "127.0.0.1:8080", field: func(s *Server) any { return &s.Listen }, about: "address of pages and API; with server.domain: \":443\""},
	{path: "server.metrics_listen", kind: kindAddress, field: func(s *Server) any { return &s.MetricsListen }, about: "address of /metrics; none: on the main port, for operators"},
	{path: "server.trusted_proxies", kind: kindPrefixes, field: func(s *Server) any { return &s.TrustedProxies }, about: "addresses or networks whose X-Forwarded-For is believed"},
	{path: "server.domain", kind: kindDomain, field: func(s *Server) any { return &s.Domain }, about: "public name; the program gets its own certificate for it (ACME)"},
	{path: "server.redirect_listen", kind: kindAddress, field: func(s *Server) any { return &s.RedirectListen }, about: "address that sends browsers on to https; with server.domain only"},
	{path: "server.acme.directory", kind: kindURL, def: "https://acme-v02.api.letsencrypt.org/directory", field: func(s *Server) any { return &s.ACME.Directory }, about: "of the authority; whoever names a domain agrees to its terms of service"},
	{path: "server.acme.contact", kind: kindMail, field: func(s *Server) any { return &s.ACME.Contact }, about: "whom the authority may write to"},
	{path: "server.acme.roots", kind: kindPath, field: func(s *Server) any { return &s.ACME.Roots }, about: "PEM file with the root of an authority that this machine does not know"},
	{path: "server.plain_http", kind: kindBool, def: "false", field: func(s *Server) any { return &s.PlainHTTP }, about: "true allows plain http on addresses that others can reach"},
	{path: "server.stop_timeout", kind: kindDuration, def: "30s", field: func(s *Server) any { return &s.StopTimeout }, about: "how long a graceful stop may take"},
	{path: "data.dir", kind: kindPath, def: "data", field: func(s *Server) any { return &s.Layout.Data }, about: "folder of everything that takeover keeps"},
	{path: "data.plans", kind: kindPath, field: func(s *Server) any { return &s.Layout.Plans }, about: "watched folder with one folder for each mechanism; default: plans in data.dir"},
	{path: "data.socket", kind: kindPath, field: func(s *Server) any { return &s.Layout.Socket }, about: "socket of the local operator; default: takeover.sock in data.dir"},
	{path: "store.driver", kind: kindChoice, def: "bbolt", choices: []string{"bbolt", "postgres"}, field: func(s *Server) any { return &s.StoreDriver }, about: "bbolt: a file; postgres: a database, for several daemons"},
	{path: "store.path", kind: kindPath, field: func(s *Server) any { return &s.Layout.Store }, about: "bbolt file; default: takeover.db in data.dir"},
	{path: "store.dsn_file", kind: kindPath, field: func(s *Server) any { return &s.DSNFile }, about: "file with the connection string of the postgres store"},
	{path: "media.dir", kind: kindPath, field: func(s *Server) any { return &s.Layout.Media }, about: "pictures and films; default: media in data.dir"},
	{path: "media.max_upload", kind: kindSize, def: "512MiB", field: func(s *Server) any { return &s.MaxUpload }, about: "largest picture or film"},
	{path: "secrets.key_file", kind: kindPath, def: "master.key", field: func(s *Server) any { return &s.Layout.Key }, about: "seals tokens in the store; made by init, mode 0600, outside data.dir"},
	{path: "secrets.counter_file", kind: kindPath, field: func(s *Server) any { return &s.Layout.Counter }, about: "recognises a store that was rolled back; outside data.dir, for this store alone; default: named after data.dir, beside this file"},
	{path: "secrets.folders", kind: kindPaths, field: func(s *Server) any { return &s.SecretFolders }, about: "further folders that channels' {file: …} may lie in; always: the one of this file, and below"},
	{path: "secrets.env", kind: kindNames, field: func(s *Server) any { return &s.SecretVars }, about: "further variables that channels' {env: …} may name; always: TAKEOVER_SECRET_…"},
	{path: "backup.dir", kind: kindPath, field: func(s *Server) any { return &s.Layout.Backups }, about: "default: backups in data.dir"},
	{path: "backup.at", kind: kindCron, def: "15 3 * * *", field: func(s *Server) any { return &s.BackupAt }, about: "when the daemon makes one, as cron in the machine's zone; never: something else does"},
	{path: "backup.keep", kind: kindCount, def: "14", field: func(s *Server) any { return &s.BackupKeep }, about: "how many are kept"},
	{path: "log.format", kind: kindChoice, def: "auto", choices: []string{"auto", "text", "json"}, field: func(s *Server) any { return &s.LogFormat }, about: "auto: text on a terminal, else json"},
	{path: "log.level", kind: kindChoice, def: "info", choices: []string{"debug", "info", "warn", "error"}, field: func(s *Server) any { return &s.LogLevel }, about: "from which weight on"},
	{path: "health.heartbeat", kind: kindURL, field: func(s *Server) any { return &s.Heartbeat }, about: "address that is asked each minute while all is well; whoever watches it tells people when nothing comes"},
	{path: "sign_in.openid.issuer", kind: kindURL, field: func(s *Server) any { return &s.OpenID.Issuer }, about: "provider (OpenID Connect) that people may sign in by, as its own documents call it"},
	{path: "sign_in.openid.client_id", kind: kindText, field: func(s *Server) any { return &s.OpenID.ClientID }, about: "name of takeover at the provider"},
	{path: "sign_in.openid.secret", kind: kindSecret, field: func(s *Server) any { return &s.OpenID.Secret }, about: "{file: …} or {env: …}"},
	{path: "sign_in.openid.name", kind: kindText, def: "OpenID", field: func(s *Server) any { return &s.OpenID.Name }, about: "what the button calls the provider"},
	{path: "sign_in.openid.groups_claim", kind: kindText, def: "groups", field: func(s *Server) any { return &s.OpenID.GroupsClaim }, about: "claim of the provider that lists a person's groups"},
	{path: "sign_in.openid.groups", kind: kindGroups, field: func(s *Server) any { return &s.OpenID.Groups }, about: "GROUP=MECHANISM: who is in the group leads the mechanism while signed in"},
	{path: "sign_in.openid.two_factors", kind: kindBool, def: "false", field: func(s *Server) any { return &s.OpenID.TwoFactors }, about: "true: the provider asks everybody for two factors; else those who decide must say so by amr"},
	{path: "notify.mail.smtp", kind: kindAddress, field: func(s *Server) any { return &s.Notify.SMTP }, about: "mail server, host:port; none: links are shown to the organizer"},
	{path: "notify.mail.user", kind: kindText, field: func(s *Server) any { return &s.Notify.SMTPUser }, about: "user of the mail server"},
	{path: "notify.mail.password", kind: kindSecret, field: func(s *Server) any { return &s.Notify.SMTPPassword }, about: "{file: …} or {env: …}"},
	{path: "notify.mail.from", kind: kindMail, field: func(s *Server) any { return &s.Notify.From }, about: "sender of all mails"},
	{path: "notify.ntfy.url", kind: kindURL, field: func(s *Server) any { return &s.Notify.NtfyURL }, about: "topic of an ntfy server"},
	{path: "notify.ntfy.token", kind: kindSecret, field: func(s *Server) any { return &s.Notify.NtfyToken }, about: "{file: …} or {env: …}"},
	{path: "notify.webhook.url", kind: kindURL, field: func(s *Server) any { return &s.Notify.HookURL }, about: "gets what people are told as a signed webhook"},
	{path: "notify.webhook.secret", kind: kindSecret, field: func(s *Server) any { return &s.Notify.HookSecret }, about: "{file: …} or {env: …}"},
	{path: "notify.telegram.chat", kind: kindText, field: func(s *Server) any { return &s.Notify.TelegramChat }, about: "name or number of the chat that is told"},
	{path: "notify.telegram.token", kind: kindSecret, field: func(s *Server) any { return &s.Notify.TelegramBot }, about: "of the bot; {file: …} or {env: …}"},
}

func serverKey(path string) (serverKeyInfo, bool) {
	i := slices.IndexFunc(serverKeys, func(k serverKeyInfo) bool { return k.path == path })
	if i < 0 {
		return serverKeyInfo{}, false
	}
	return serverKeys[i], true
}

// envName is the variable that sets the key, "TAKEOVER_SERVER_LISTEN".
func (k serverKeyInfo) envName() string {
	return "TAKEOVER_" + strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

// finding is a value that the key does not take.
func (k serverKeyInfo) finding(file string, err error) campaign.Finding {
	code := "C007"
	if k.kind == kindSecret {
		code = "C041"
	}
	return campaign.Finding{File: file, Severity: campaign.SeverityError, Code: code, Path: k.path, Message: k.path + " " + err.Error(), Fix: k.remedy()}
}

// remedy says how the key is written.
func (k serverKeyInfo) remedy() string {
	switch k.kind {
	case kindChoice:
		return "write one of " + strings.Join(k.choices, ", ")
	case kindURL:
		return "write an address such as https://takeover.example.org"
	case kindAddress:
		return "write host:port, such as 127.0.0.1:8080"
	case kindPrefixes:
		return "write a list such as [127.0.0.1, 10.0.0.0/8]"
	case kindBool:
		return "write true or false"
	case kindCount:
		return "write a whole number from 1"
	case kindDuration:
		return "write a number with its unit: 30s, 5m, 2h or 1d"
	case kindSize:
		return "write a size such as 512MiB or 2GiB"
	case kindCron:
		return "write five fields, such as \"15 3 * * *\", or never"
	case kindMail:
		return "write an address such as takeover@campaign.example"
	case kindDomain:
		return "write a name such as takeover.example.org, without https:// and port"
	case kindPaths:
		return "write a list such as [/run/secrets]"
	case kindNames:
		return "write a list such as [TELEGRAM_TOKEN]"
	case kindGroups:
		return "write a list such as [mayors-team=mayors]"
	case kindSecret:
		return "put the secret into a file and write {file: NAME}, or {env: NAME} for an environment variable"
	}
	return "write a text"
}

// set reads the value, written as the environment has it, into the field.
// The empty text takes the key back to "not set".
func (k serverKeyInfo) set(s *Server, text string) error {
	switch field := k.field(s).(type) {
	case *string:
		if text != "" {
			if err := k.checkText(text); err != nil {
				return err
			}
		}
		*field = text
	case *bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("is %q, neither true nor false", short(text))
		}
		*field = text == "true"
	case *int:
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("is %q, not a whole number from 1", short(text))
		}
		*field = int(n)
	case *int64:
		n, err := yamlwalk.ParseSize(text)
		if err != nil || n == 0 {
			return fmt.Errorf("is %q, not a size", short(text))
		}
		*field = n
	case *time.Duration:
		d, err := yamlwalk.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("is %q, not a duration", short(text))
		}
		*field = d
	case *[]netip.Prefix:
		list, err := parsePrefixes(text)
		if err != nil {
			return err
		}
		*field = list
	case *[]string:
		*field = nil
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			if k.kind == kindNames && !variableForm.MatchString(part) {
				return fmt.Errorf("names %q, no environment variable", short(part))
			}
			if k.kind == kindGroups && !groupForm.MatchString(part) {
				return fmt.Errorf("holds %q, not a group and the mechanism that it leads", short(part))
			}
			*field = append(*field, part)
		}
	}
	return nil
}

// variablePattern is the form of an environment variable's name.
const variablePattern = `^[A-Za-z_][A-Za-z0-9_]{0,127}$`

var variableForm = regexp.MustCompile(variablePattern)

// groupPattern is a provider's group and a mechanism's id; groups may hold
// anything but a comma, and the last = divides.
const groupPattern = `^[^,]{1,200}=[a-z0-9-]{1,64}$`

var groupForm = regexp.MustCompile(groupPattern)

// domainPattern is a host name of two labels or more that is no address;
// others than a to z are written as in the DNS (xn--…).
const domainPattern = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`

var domainForm = regexp.MustCompile(domainPattern)

// checkText says what is wrong with a text of the key's kind.
func (k serverKeyInfo) checkText(text string) error {
	switch k.kind {
	case kindChoice:
		if !slices.Contains(k.choices, text) {
			return fmt.Errorf("is %q, not one of %s", short(text), strings.Join(k.choices, ", "))
		}
	case kindURL:
		// What is no address is not repeated: it may hold a password.
		if u, err := url.Parse(text); err != nil || u.User != nil || !urlForm.MatchString(text) {
			return fmt.Errorf("is not a web address (without user and password)")
		}
	case kindAddress:
		if _, port, err := net.SplitHostPort(text); err != nil || !isPort(port) {
			return fmt.Errorf("is %q, not host:port", short(text))
		}
	case kindCron:
		if text == Never {
			break
		}
		if err := checkCron(text); err != nil {
			return err
		}
	case kindMail:
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return fmt.Errorf("is %q, not a mail address", short(text))
		}
	case kindDomain:
		if len(text) > 253 || !domainForm.MatchString(text) {
			return fmt.Errorf("is %q, not a name in the DNS", short(text))
		}
	case kindSecret:
		if scheme, name, _ := strings.Cut(text, ":"); name == "" || scheme != "file" && scheme != "env" {
			return fmt.Errorf("is a secret in clear")
		}
	}
	return nil
}

// checkCron refuses what is no series of five fields. Zone prefixes never reach
// the parser, which panics on some of them.
func checkCron(text string) error {
	if len(strings.Fields(text)) != 5 || strings.Contains(text, "TZ=") {
		return fmt.Errorf("is %q, not five cron fields", short(text))
	}
	if _, err := cron.ParseStandard(text); err != nil {
		return fmt.Errorf("is %q: %w", short(text), err)
	}
	return nil
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// parsePrefixes reads addresses and networks, separated by commas.
func parsePrefixes(text string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if ip, err := netip.ParseAddr(part); err == nil {
			list = append(list, netip.PrefixFrom(ip.WithZone(""), ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("names %q, neither an address nor a network", short(part))
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// show is the key's value as the environment would write it.
func (k serverKeyInfo) show(s *Server) string {
	switch field := k.field(s).(type) {
	case *string:
		return *field
	case *bool:
		return strconv.FormatBool(*field)
	case *int:
		return strconv.Itoa(*field)
	case *int64:
		return formatSize(*field)
	case *time.Duration:
		return yamlwalk.FormatDuration(*field)
	case *[]netip.Prefix:
		parts := make([]string, len(*field))
		for i, p := range *field {
			parts[i] = p.String()
			if p.IsSingleIP() {
				parts[i] = p.Addr().String()
			}
		}
		return strings.Join(parts, ",")
	case *[]string:
		return strings.Join(*field, ",")
	}
	panic("configs: a field without a form: " + k.path)
}
