package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A campaign's references reach what the operator opened, by no name anything else.
func TestBounds(t *testing.T) {
	top := t.TempDir()
	dir, mounted, outside := filepath.Join(top, "etc"), filepath.Join(top, "run"), filepath.Join(top, "home")
	for _, d := range []string{filepath.Join(dir, "tokens"), filepath.Join(dir, "data"), mounted, outside} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{dir + "/x.token", dir + "/tokens/y", dir + "/master.key", dir + "/data/takeover.db", mounted + "/z", outside + "/id_ed25519", top + "/etc-other"} {
		if err := os.WriteFile(f, []byte(canary), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{
		dir + "/link-out": outside + "/id_ed25519", dir + "/link-folder": outside, dir + "/link-in": "tokens/y", dir + "/link-key": "master.key",
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip("no links here:", err)
		}
	}
	if err := os.Link(dir+"/master.key", dir+"/same-key"); err != nil {
		t.Skip("no hard links here:", err)
	}
	r := Resolver{Dir: dir, Env: func(string) (string, bool) { return canary, true }, Bounds: &Bounds{
		Folders: []string{dir, mounted}, Closed: []string{dir + "/master.key", dir + "/data"}, Vars: []string{"OLD_TOKEN"}}}
	for _, tt := range []struct {
		ref            string
		allowed, found bool
	}{
		{"file:x.token", true, true},
		{"file:tokens/y", true, true},
		{"file:./tokens/../x.token", true, true},
		{"file:" + dir + "/x.token", true, true},
		{"file:" + mounted + "/z", true, true},
		{"file:link-in", true, true},
		{"env:TAKEOVER_SECRET_X", true, true},
		{"env:OLD_TOKEN", true, true},
		{"file:../home/id_ed25519", false, false},
		{"file:" + outside + "/id_ed25519", false, false},
		{"file:../etc-other", false, false},
		{"file:/etc/passwd", false, false},
		{"file:master.key", false, false},
		{"file:tokens/../master.key", false, false},
		{"file:data/takeover.db", false, false},
		{"file:" + dir + "/data/../data/takeover.db", false, false},
		{"env:AWS_SECRET_ACCESS_KEY", false, false},
		{"env:OLD_TOKEN_2", false, false},
		{"file:link-out", true, false}, // only opening it shows where it leads
		{"file:link-folder/id_ed25519", true, false},
		{"file:link-key", true, false},
		{"file:same-key", true, false},
	} {
		got, err := r.Resolve(tt.ref)
		if (err == nil) != tt.found || (got.Reveal() == canary) != tt.found {
			t.Errorf("%s: found %t, %v", tt.ref, got.Reveal() != "", err)
		}
		allowed := r.Allowed(tt.ref)
		if (allowed == nil) != tt.allowed {
			t.Errorf("%s: allowed: %v", tt.ref, allowed)
		}
		if allowed != nil && !strings.Contains(allowed.Error(), "takeover.yaml") {
			t.Errorf("%s: no remedy in %v", tt.ref, allowed)
		}
	}
	// The operator's own file is not bounded.
	r.Bounds = nil
	for _, ref := range []string{"file:" + outside + "/id_ed25519", "file:master.key", "env:AWS_SECRET_ACCESS_KEY"} {
		if _, err := r.Resolve(ref); err != nil || r.Allowed(ref) != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
