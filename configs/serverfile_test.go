package configs

import (
	"bytes"
	"flag"
	"os"
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
	s, findings := ParseServer("/etc/takeover/takeover.yaml", got, nil)
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
