package configs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// ParseServer reads takeover.yaml and lays the process's environment over it
// (TAKEOVER_SERVER_LISTEN for server.listen). All findings come at once; the
// Server may be used only when none of them is an error. Flags are laid over
// it with Override.
func ParseServer(file string, src []byte) (Server, campaign.Findings) {
	return parseServer(file, src, os.LookupEnv)
}

func parseServer(file string, src []byte, getenv func(string) (string, bool)) (Server, campaign.Findings) {
	s := newServer()
	s.File = file
	doc, root := yamlwalk.Parse(file, src, yamlwalk.Limits{}, codes)
	places := map[string]yamlwalk.Pos{}
	if root.Written() {
		m := root.Map()
		schemaLine(m.Need("schema"), ServerSchema)
		readServerMap(&s, m, "", places)
		m.Done()
	}
	fromEnv := s.overlay(getenv)
	s.complete(filepath.Dir(file))
	for _, f := range s.check(file) {
		if s.origins[f.Path] == FromEnvironment {
			k, _ := serverKey(f.Path)
			f.File = k.envName()
			fromEnv = append(fromEnv, f)
			continue
		}
		doc.Add(f, yamlwalk.Pos{Line: places[f.Path].Line, Column: places[f.Path].Column, Path: f.Path})
	}
	return s, append(doc.Findings(), fromEnv...)
}

// LoadServer finds takeover.yaml (FindConfig), reads it and lays the process's
// environment over it. Without a file it gives the defaults, with data in the
// current folder.
func LoadServer(flag string) (Server, campaign.Findings, error) {
	name, err := FindConfig(flag)
	if err != nil {
		return Server{}, nil, err
	}
	if name == "" {
		s := newServer()
		findings := s.overlay(os.LookupEnv)
		s.complete(".")
		return s, append(findings, s.check("environment")...), nil
	}
	src, err := ReadFile(name)
	if err != nil {
		return Server{}, nil, err
	}
	s, findings := ParseServer(name, src)
	return s, findings, nil
}

// ReadFile reads a file that a person wrote, but not more than one byte past
// what the walker takes: the rest would only cost memory.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// maxFile is the most that the walker reads of a file, in bytes.
const maxFile = 2 << 20

// overlay lays the environment over the file.
func (s *Server) overlay(getenv func(string) (string, bool)) campaign.Findings {
	var findings campaign.Findings
	for _, k := range serverKeys {
		value, ok := getenv(k.envName())
		if !ok {
			continue
		}
		if k.kind == kindSecret { // the variable holds the secret, not where it is
			value = "env:" + k.envName()
		}
		if err := k.set(s, value); err != nil {
			findings = append(findings, k.finding(k.envName(), err))
			continue
		}
		s.origins[k.path] = FromEnvironment
	}
	return findings
}

// readServerMap reads the keys whose paths begin with prefix, section by section.
func readServerMap(s *Server, m *yamlwalk.Map, prefix string, places map[string]yamlwalk.Pos) {
	var sections []string
	for _, k := range serverKeys {
		rest, ok := strings.CutPrefix(k.path, prefix)
		if !ok {
			continue
		}
		if section, _, deeper := strings.Cut(rest, "."); deeper {
			if !slices.Contains(sections, section) {
				sections = append(sections, section)
			}
			continue
		}
		if v := m.Opt(rest); v.Written() {
			places[k.path] = v.Pos()
			readServerValue(s, k, v)
		}
	}
	for _, section := range sections {
		v := m.Opt(section)
		if !v.Written() {
			continue
		}
		inner := v.Map()
		readServerMap(s, inner, prefix+section+".", places)
		if v.IsMap() {
			inner.Done()
		}
	}
}

// readServerValue brings what stands in the file into the form of the
// environment and sets the key.
func readServerValue(s *Server, k serverKeyInfo, v yamlwalk.Value) {
	var text string
	switch k.kind {
	case kindBool:
		text = fmt.Sprint(v.Bool(k.def == "true"))
	case kindCount:
		if text = fmt.Sprint(v.Int(1, 65535)); text == "0" {
			return
		}
	case kindSecret:
		if text = readSecret(v); text == "" {
			return
		}
	case kindPrefixes, kindPaths, kindNames, kindGroups:
		var parts []string
		for _, item := range v.Strings(0, 100) {
			if strings.Contains(item.Value, ",") {
				v.Error("C007", fmt.Sprintf("%q holds a comma", item.Value), k.remedy())
				return
			}
			parts = append(parts, item.Value)
		}
		text = strings.Join(parts, ",")
	default:
		str := v.String()
		if !str.Written() {
			return
		}
		text = str.Value
	}
	if err := k.set(s, text); err != nil {
		f := k.finding("", err)
		v.Error(f.Code, f.Message, f.Fix)
		return
	}
	s.origins[k.path] = FromFile
}

// ServerFile writes a takeover.yaml in which every key stands with what it
// means: those in set with their value, those with a default with it, the rest
// as comments. Paths of set are those of Settings; values are written as in
// the environment.
func ServerFile(set map[string]string) ([]byte, error) {
	var b strings.Builder
	b.WriteString(serverFileHead)
	var open []string
	for i, k := range serverKeys {
		parts := strings.Split(k.path, ".")
		sections, name := parts[:len(parts)-1], parts[len(parts)-1]
		for depth := range sections {
			if depth < len(open) && slices.Equal(open[:depth+1], sections[:depth+1]) {
				continue
			}
			open = slices.Clone(sections[:depth+1])
			prefix := strings.Join(open, ".") + "."
			if depth == 0 {
				b.WriteString("\n")
			}
			b.WriteString(comment(!sectionSet(serverKeys[i:], prefix, set)) + strings.Repeat("  ", depth) + sections[depth] + ":\n")
		}
		open = sections
		value, isSet := set[k.path]
		if isSet {
			var probe Server
			if err := k.set(&probe, value); err != nil {
				return nil, fmt.Errorf("%s %w", k.path, err)
			}
		}
		line := comment(!isSet && k.def == "") + strings.Repeat("  ", len(sections)) + name + ": " + k.fileText(firstOf(value, k.def, k.example()))
		fmt.Fprintf(&b, "%-46s # %s\n", line, k.note())
	}
	return []byte(b.String()), nil
}

const serverFileHead = `# takeover.yaml: what the server needs. Every key stands here: with its default,
# or behind a "#" where it has none. Paths begin at this file. What counts: flag,
# environment (TAKEOVER_SERVER_LISTEN for server.listen), this file, default.
# Secrets are never written here, only where they are: {file: …} or {env: …}.
schema: ` + ServerSchema + "\n"

// comment is the mark before a line that shall not count.
func comment(yes bool) string {
	if yes {
		return "# "
	}
	return ""
}

// sectionSet tells whether a key of the section counts.
func sectionSet(keys []serverKeyInfo, prefix string, set map[string]string) bool {
	return slices.ContainsFunc(keys, func(k serverKeyInfo) bool {
		_, isSet := set[k.path]
		return strings.HasPrefix(k.path, prefix) && (isSet || k.def != "")
	})
}

// note is the key's comment in the file: what it means and its default.
func (k serverKeyInfo) note() string {
	if k.def != "" {
		return k.about + "; default " + k.def
	}
	return k.about
}

// example is a value for the comment of a key without default.
func (k serverKeyInfo) example() string {
	return map[string]string{
		"server.base_url":          "https://takeover.example.org",
		"server.metrics_listen":    "127.0.0.1:9090",
		"server.trusted_proxies":   "127.0.0.1",
		"server.domain":            "takeover.example.org",
		"server.redirect_listen":   ":80",
		"server.acme.contact":      "desk@campaign.example",
		"server.acme.roots":        "authority.pem",
		"data.plans":               "data/plans",
		"data.socket":              "data/takeover.sock",
		"store.path":               "data/takeover.db",
		"store.dsn_file":           "dsn",
		"media.dir":                "data/media",
		"secrets.counter_file":     "takeover.data.counter",
		"secrets.folders":          "/run/secrets",
		"secrets.env":              "TELEGRAM_TOKEN",
		"backup.dir":               "data/backups",
		"health.heartbeat":         "https://watch.example/ping/itac",
		"sign_in.openid.issuer":    "https://login.example.org",
		"sign_in.openid.client_id": "takeover",
		"sign_in.openid.secret":    "file:openid.secret",
		"sign_in.openid.groups":    "mayors-team=mayors",
		"notify.mail.smtp":         "smtp.example:587",
		"notify.mail.user":         "takeover",
		"notify.mail.password":     "file:smtp.password",
		"notify.mail.from":         "takeover@campaign.example",
		"notify.ntfy.url":          "https://push.example/itac-desk",
		"notify.ntfy.token":        "file:ntfy.token",
		"notify.webhook.url":       "https://hooks.example/takeover",
		"notify.webhook.secret":    "file:hook.secret",
		"notify.telegram.chat":     "@itac_desk_example",
		"notify.telegram.token":    "file:telegram.token",
	}[k.path]
}

// fileText is a value of the environment as the file writes it.
func (k serverKeyInfo) fileText(value string) string {
	switch k.kind {
	case kindBool, kindCount:
		return value
	case kindPrefixes, kindPaths, kindNames, kindGroups:
		return yamlText(strings.Split(value, ","))
	case kindSecret:
		return yamlText(secretRef(value))
	}
	return quoted(value)
}
