//go:build unix

package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const canary = "canary-7f3a"

// TestNothingPrintsIt tries every way a value leaves a program by accident.
func TestNothingPrintsIt(t *testing.T) {
	s := New(canary)
	type config struct {
		Name  string
		Token String
		Ptr   *String
		List  []String
		Map   map[string]String
	}
	c := config{"x", s, &s, []String{s}, map[string]String{"k": s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10.3s"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", s, &s)
	}
	fmt.Fprintf(&out, "%v %+v\n", c, c)
	fmt.Fprintln(&out, s, fmt.Errorf("token %v", s), s.String())
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("token", "token", s, "config", c, "ptr", &s)
	}
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("it is in\n%s", out.String())
	}
	if !strings.Contains(out.String(), Hidden) {
		t.Error("nothing shows that there is a secret")
	}
	if s.Reveal() != canary || s.Empty() || !(String{}).Empty() {
		t.Error("the value itself is lost")
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good", canary+"\n", 0o600)
	write("crlf", canary+"\r\n", 0o400)
	write("spaces", "  "+canary+" \n\n", 0o600)
	write("group", canary, 0o640)
	write("world", canary, 0o604)
	write("empty", "\n", 0o600)
	write("zero", "a\x00b", 0o600)
	write("large", strings.Repeat("x", maxBytes+1), 0o600)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Log("no named pipes here:", err)
		write("pipe", "\n", 0o600)
	}
	r := Resolver{Dir: dir, Env: func(name string) (string, bool) {
		v, ok := map[string]string{"TOKEN": canary, "EMPTY": ""}[name]
		return v, ok
	}}
	for _, tt := range []struct{ ref, value, fault string }{
		{"file:good", canary, ""},
		{"file:crlf", canary, ""},
		{"file:" + filepath.Join(dir, "good"), canary, ""},
		{"file:spaces", "  " + canary + " \n", ""},
		{"env:TOKEN", canary, ""},
		{"file:group", "", "chmod 600 " + filepath.Join(dir, "group")},
		{"file:world", "", "others than its owner"},
		{"file:empty", "", "it is empty"},
		{"file:zero", "", "zero byte"},
		{"file:large", "", "larger than"},
		{"file:pipe", "", "file:pipe"},
		{"file:.", "", "not a regular file"},
		{"file:none", "", "no such file"},
		{"env:NONE", "", "not set"},
		{"env:EMPTY", "", "empty"},
		{canary, "", "{file: PATH}"},
		{"file:", "", "{file: PATH}"},
		{"vault:" + canary, "", "{file: PATH}"},
		{"", "", "{file: PATH}"},
	} {
		t.Run(tt.ref, func(t *testing.T) {
			got, err := r.Resolve(tt.ref)
			if got.Reveal() != tt.value || (err == nil) != (tt.fault == "") {
				t.Fatalf("%q, %v", got.Reveal(), err)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), canary)) {
				t.Errorf("error %q, want %q and no value", err, tt.fault)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for ref, fine := range map[string]bool{"file:a b.token": true, "env:TOKEN": true, "file:": false, "env": false, "whsec_abc": false, "file:a\nb": false, "": false} {
		if (Check(ref) == nil) != fine {
			t.Errorf("Check(%q) = %v", ref, Check(ref))
		}
	}
}
