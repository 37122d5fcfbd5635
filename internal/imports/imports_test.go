// Package imports holds the one test that keeps the arrows of
// docs/ARCHITECTURE.md: who may import whom.
package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ittakesacommunity/takeover/"

// arrows lists, for each part of the tree, the parts of ours it may import.
// The longest matching prefix counts; a part may always import itself. Adapters
// and engines are named by their folder, so that a new one needs no line here.
var arrows = map[string][]string{
	"campaign":                 {},
	"internal/certificate":     {"internal/secret", "internal/vault", "store"},
	"internal/child":           {},
	"internal/factor":          {},
	"internal/clock":           {},
	"internal/graph":           {"campaign", "channels", "internal/httpx", "internal/oauth", "internal/secret"},
	"internal/graph/graphtest": {"campaign", "channels", "channels/channeltest", "internal/graph", "internal/graph/*", "internal/httpx", "internal/secret"},
	"internal/graph/*":         {"campaign", "channels", "internal/graph", "internal/graph/*", "internal/httpx", "internal/secret"},
	"internal/httpx":           {},
	"internal/measure":         {},
	"internal/openid":          {"internal/secret"},
	"internal/passkey":         {"internal/clock"},
	"internal/peertest":        {},
	"internal/oauth":           {"campaign", "channels", "internal/httpx", "internal/secret"},
	"internal/signed":          {},
	"internal/telling":         {"internal/httpx", "internal/secret", "internal/signed"},
	"internal/sitetest":        {},
	"internal/secret":          {},
	"internal/media":           {"campaign"},
	"internal/yamlwalk":        {"campaign"},
	"plan/edit":                {"campaign", "plan"},
	"plan/sheet":               {"campaign", "plan", "internal/yamlwalk"},
	"plan":                     {"campaign", "internal/card", "internal/measure", "internal/yamlwalk"},
	"store":                    {"campaign"},
	"store/*":                  {"campaign", "store", "store/record", "store/storetest", "store/turns"},
	"store/pgstore":            {"campaign", "store", "store/boltstore", "store/record", "store/turns"},
	"channels":                 {"campaign", "internal/httpx", "internal/measure", "internal/secret"},
	"channels/*":               {"campaign", "channels", "channels/channeltest", "internal/graph", "internal/graph/*", "internal/httpx", "internal/oauth", "internal/measure", "internal/secret", "internal/signed"},
	"channels/all":             {"channels", "channels/*"},
	"channels/pretended":       {"channels/*", "internal/graph/*"},
	"scheduler":                {"campaign", "store", "channels", "internal/clock", "internal/httpx"},
	"internal/health":          {"campaign", "store", "scheduler", "internal/clock"},
	"internal/metrics":         {"campaign", "store", "internal/clock", "internal/health"},
	"internal/sdnotify":        {},
	"internal/vault":           {"campaign", "store", "channels", "internal/secret"},
	"desk":                     {"campaign", "plan", "plan/edit", "plan/sheet", "store", "channels", "scheduler", "internal/card", "internal/clock", "internal/factor", "internal/media", "internal/measure", "internal/passkey", "internal/secret", "internal/vault", "internal/yamlwalk"},
	"web":                      {"campaign", "plan", "plan/edit", "plan/sheet", "store", "channels", "scheduler", "desk", "configs", "internal/clock", "internal/health", "internal/ical", "internal/media", "internal/openid", "internal/passkey", "internal/recap", "internal/secret"},
	"configs":                  {"campaign", "plan", "channels", "internal/card", "internal/yamlwalk"},
	"configs/examples/itac":    {},
	"cmd":                      {"*"},
	"internal/ical":            {},
	"internal/imports":         {},
	"internal/card":            {},
	"internal/recap":           {"campaign", "desk"},
	"internal/rehearsal":       {"campaign", "store", "channels", "scheduler", "desk", "internal/clock"},
	"internal/simulation":      {"campaign", "plan", "store", "store/*", "channels", "scheduler", "desk", "internal/clock", "internal/media"},
}

// testOnly are arrows that tests alone may draw, beside those above.
var testOnly = map[string][]string{
	"scheduler":            {"store/*", "channels/*", "internal/peertest"},
	"desk":                 {"store/*", "channels/*", "configs"},
	"web":                  {"store/*", "channels/*", "internal/vault", "internal/peertest"},
	"internal/certificate": {"store/*", "internal/peertest"},
	"internal/vault":       {"store/*"},
	"internal/rehearsal":   {"store/*", "channels/*"},
	"internal/health":      {"store/*"},
	"internal/metrics":     {"scheduler", "store/*"},
	"store/pgstore":        {"store/*", "internal/peertest"},
	"plan":                 {"channels", "configs"},
	"internal/card":        {"campaign", "internal/peertest"},
	"configs":              {"channels/*"},
	"channels/pretended":   {"campaign", "channels", "channels/*", "internal/*", "plan", "desk", "store/*"},
	"channels/*":           {"channels/*", "internal/peertest", "internal/sitetest"},
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		check(t, from, p.Imports, arrows[part(from)])
		check(t, from+" (test)", slices.Concat(p.TestImports, p.XTestImports),
			slices.Concat(arrows[part(from)], testOnly[part(from)]))
	}
}

// TestAnArrowThatIsNotDrawnFails proves that the check can fail.
func TestAnArrowThatIsNotDrawnFails(t *testing.T) {
	for _, bad := range [][2]string{
		{"campaign", "store"}, {"scheduler", "store/boltstore"}, {"scheduler", "channels/webhook"},
		{"channels/webhook", "scheduler"}, {"channels/webhook", "channels/manual"}, {"plan", "store"}, {"desk", "web"},
	} {
		if allowed(bad[0], bad[1], arrows[part(bad[0])]) {
			t.Errorf("%s -> %s would pass", bad[0], bad[1])
		}
	}
}

func check(t *testing.T, from string, imports, may []string) {
	t.Helper()
	for _, to := range imports {
		to, ours := strings.CutPrefix(to, module)
		if ours && !allowed(strings.TrimSuffix(from, " (test)"), to, may) {
			t.Errorf("%s imports %s, an arrow that docs/ARCHITECTURE.md does not have", from, to)
		}
	}
}

func allowed(from, to string, may []string) bool {
	if to == from || within(to, from) {
		return true // a package and its own folders
	}
	for _, m := range may {
		if m == "*" || m == to || strings.HasSuffix(m, "/*") && within(to, strings.TrimSuffix(m, "/*")) {
			return true
		}
	}
	return false
}

// within tells whether path lies in the folder dir.
func within(path, dir string) bool { return strings.HasPrefix(path, dir+"/") }

// part is the line of arrows that a package falls under.
func part(path string) string {
	if _, ok := arrows[path]; ok {
		return path
	}
	for dir := path; ; {
		i := strings.LastIndex(dir, "/")
		if i < 0 {
			return dir
		}
		dir = dir[:i]
		if _, ok := arrows[dir+"/*"]; ok {
			return dir + "/*"
		}
		if _, ok := arrows[dir]; ok {
			return dir
		}
	}
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var ps []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		if _, ok := arrows[part(strings.TrimPrefix(p.ImportPath, module))]; !ok {
			t.Errorf("%s has no line in arrows: give it one, and one in docs/ARCHITECTURE.md", p.ImportPath)
		}
		ps = append(ps, p)
	}
}
