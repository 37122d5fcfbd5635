package configs

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestExampleServerFileIsTheDefaultOne keeps the example and the keys together.
func TestExampleServerFileIsTheDefaultOne(t *testing.T) {
	want, err := ServerFile(nil)
	if err != nil {
		t.Fatal(err)
	}
	const name = "examples/itac/takeover.yaml"
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what ServerFile writes; run go test ./configs -update", name)
	}
	s, findings := parseServer("/etc/takeover/takeover.yaml", got, noEnv)
	for _, f := range findings {
		t.Error(f)
	}
	def := DefaultServer("/etc/takeover")
	for i, k := range s.Settings() {
		if d := def.Settings()[i]; k.Value != d.Value {
			t.Errorf("%s is %q in the file, %q by default", k.Path, k.Value, d.Value)
		}
	}
}

// uncommented is the default server file with every key set; a domain is not
// certified where only this machine listens.
func uncommented(t testing.TB) []byte {
	t.Helper()
	src, err := ServerFile(nil)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(src), "\nschema:")
	if !ok || !strings.HasPrefix(head, "# ") {
		t.Fatal("the file begins otherwise")
	}
	return []byte("schema:" + strings.Replace(strings.ReplaceAll(body, "\n# ", "\n"), `"127.0.0.1:8080"`, `":443"`, 1))
}

func TestEveryCommentedKeyMayBeSet(t *testing.T) {
	s, findings := parseServer("/etc/takeover/takeover.yaml", uncommented(t), noEnv)
	for _, f := range findings {
		t.Error(f)
	}
	for _, k := range s.Settings() {
		if k.Origin != FromFile || k.Value == "" {
			t.Errorf("%s is %q from %s", k.Path, k.Value, k.Origin)
		}
	}
	if s.Notify.NtfyToken != "file:ntfy.token" || s.Layout.Plans != "/etc/takeover/data/plans" {
		t.Errorf("token %q, plans %q", s.Notify.NtfyToken, s.Layout.Plans)
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	src := []byte("schema: takeover/config-v1\nserver: {listen: \"127.0.0.1:1\", stop_timeout: 5s}\n")
	env := map[string]string{"TAKEOVER_SERVER_LISTEN": "127.0.0.1:2", "TAKEOVER_NOTIFY_NTFY_TOKEN": "s3cret", "TAKEOVER_DATA_DIR": "/var/lib/takeover"}
	s, findings := parseServer("dir/takeover.yaml", src, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	origin := func(path string) Setting {
		list := s.Settings()
		return list[slices.IndexFunc(list, func(k Setting) bool { return k.Path == path })]
	}
	for _, want := range []struct {
		path, value string
		origin      Origin
	}{
		{"server.listen", "127.0.0.1:2", FromEnvironment},
		{"server.stop_timeout", "5s", FromFile},
		{"store.path", "/var/lib/takeover/takeover.db", FromDefault},
		{"secrets.key_file", "dir/master.key", FromDefault},
		{"notify.ntfy.token", "env:TAKEOVER_NOTIFY_NTFY_TOKEN", FromEnvironment},
	} {
		if got := origin(want.path); got.Value != want.value || got.Origin != want.origin {
			t.Errorf("%s is %q from %s, want %q from %s", want.path, got.Value, got.Origin, want.value, want.origin)
		}
	}
	if f := s.Override("server.listen", "127.0.0.1:3", "--listen"); len(f) > 0 || s.Listen != "127.0.0.1:3" || origin("server.listen").Origin != FromFlag {
		t.Errorf("after the flag: %q, %v", s.Listen, f)
	}
	if f := s.Override("server.listen", "0.0.0.0:80", "--listen"); len(f) != 1 || f[0].Code != "C003" || f[0].File != "--listen" {
		t.Errorf("a public address by flag: %v", f)
	}
	if f := s.Override("server.lisen", "x", "--set"); len(f) != 1 || f[0].Code != "C006" {
		t.Errorf("an unknown key by flag: %v", f)
	}
}

// TestDomain: whoever names a domain and nothing else is served by https on its
// port, never by plain http.
func TestDomain(t *testing.T) {
	s, findings := parseServer("takeover.yaml", []byte("schema: takeover/config-v1\nserver: {domain: takeover.example.org}\n"), noEnv)
	if len(findings) > 0 || s.Listen != ":443" || s.BaseURL != "https://takeover.example.org" || s.RedirectListen != "" {
		t.Errorf("%v: listens on %q, address %q, redirects %q", findings, s.Listen, s.BaseURL, s.RedirectListen)
	}
}

func TestEnvironmentIsCheckedToo(t *testing.T) {
	src := []byte("schema: takeover/config-v1\n")
	for _, tt := range []struct{ name, value, code string }{
		{"TAKEOVER_SERVER_LISTEN", "0.0.0.0:8080", "C003"},
		{"TAKEOVER_SERVER_LISTEN", "8080", "C007"},
		{"TAKEOVER_SERVER_REDIRECT_LISTEN", ":80", "C008"},
		{"TAKEOVER_SERVER_DOMAIN", "https://takeover.example.org", "C007"},
		{"TAKEOVER_SERVER_DOMAIN", "192.0.2.7", "C007"},
		{"TAKEOVER_SERVER_DOMAIN", "takeover", "C007"},
		{"TAKEOVER_SERVER_BASE_URL", "http://takeover.example.org", "C001"},
		{"TAKEOVER_BACKUP_AT", "TZ= 0 0 * * *", "C007"},
	} {
		_, findings := parseServer("takeover.yaml", src, func(name string) (string, bool) { return tt.value, name == tt.name })
		if len(findings) != 1 || findings[0].Code != tt.code || findings[0].File != tt.name {
			t.Errorf("%s=%s: %v", tt.name, tt.value, findings)
		}
	}
}

func TestFindConfigOrder(t *testing.T) {
	there := func(names ...string) func(string) error {
		return func(name string) error {
			if slices.Contains(names, name) {
				return nil
			}
			return fs.ErrNotExist
		}
	}
	for _, tt := range []struct {
		what, flag, env string
		stat            func(string) error
		want            string
		fails           bool
	}{
		{"flag", "f.yaml", "e.yaml", there("f.yaml", "e.yaml", "takeover.yaml"), "f.yaml", false},
		{"environment", "", "e.yaml", there("e.yaml", "takeover.yaml"), "e.yaml", false},
		{"here", "", "", there("takeover.yaml", "/etc/takeover/takeover.yaml"), "takeover.yaml", false},
		{"machine", "", "", there("/etc/takeover/takeover.yaml"), "/etc/takeover/takeover.yaml", false},
		{"none", "", "", there(), "", false},
		{"flag that is not there", "f.yaml", "", there("takeover.yaml"), "f.yaml", true},
		{"environment that is not there", "", "e.yaml", there("takeover.yaml"), "e.yaml", true},
	} {
		got, err := findConfig(tt.flag, func(string) string { return tt.env }, tt.stat)
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: %q, %v", tt.what, got, err)
		}
	}
}

// TestOpenIDProvider: a provider that is half described, or reached in the clear, is a finding.
func TestOpenIDProvider(t *testing.T) {
	const whole = "schema: takeover/config-v1\nserver: {base_url: \"https://takeover.example.org\"}\nsign_in: {openid: {issuer: \"https://login.example.org\", client_id: takeover, secret: {file: s}, groups: [mayors-team=mayors, \"a=b=youth\"]}}\n"
	for change, code := range map[[2]string]string{
		{"", ""}: "", {"client_id: takeover, ", ""}: "C006", {", secret: {file: s}", ""}: "C006",
		{"server: {base_url: \"https://takeover.example.org\"}\n", ""}: "C006",
		{"https://login", "http://login"}:                              "C001", {"mayors-team=mayors", "mayors-team"}: "C007",
	} {
		file := filepath.Join(t.TempDir(), "takeover.yaml")
		if err := os.WriteFile(file, []byte(strings.Replace(whole, change[0], change[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, found, err := LoadServer(file)
		if err != nil || code == "" && (found.HasErrors() || len(s.OpenID.Groups) != 2) || code != "" && (len(found) == 0 || found[0].Code != code) {
			t.Errorf("%q: %v, %v, %v", change, s.OpenID, found, err)
		}
	}
}
