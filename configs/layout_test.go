package configs

import (
	"os"
	"path/filepath"
	"testing"
)

// TestEachDataFolderHasItsCounter holds every two data folders' counters apart,
// wherever the counters lie, and gives one folder one name however it is written.
func TestEachDataFolderHasItsCounter(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("here", 0o700); err != nil {
		t.Fatal(err)
	}
	in := func(data string) string { return absolute(t, LayoutIn(data).Counter) }
	seen := map[string]string{}
	for _, data := range []string{"one", "two", "takeover", "a/b", "a%2Fb", "..", "/srv/itac/data"} {
		counter := in(data)
		if other, taken := seen[counter]; taken || filepath.Base(counter) == "takeover.counter" {
			t.Errorf("%s and %s share %s", data, other, counter)
		}
		seen[counter] = data
		if within(absolute(t, data), counter) {
			t.Errorf("the counter of %s lies inside of it: %s", data, counter)
		}
	}
	for _, same := range []string{"one/", "./one", "two/../one", filepath.Join(dir, "one")} {
		if in(same) != in("one") {
			t.Errorf("%s has %s, one has %s", same, in(same), in("one"))
		}
	}
	t.Chdir("here")
	if got, want := in("."), filepath.Join(dir, "takeover.here.counter"); got != want {
		t.Errorf("seen from within: %s, want %s", got, want)
	}
}

// TestCounterOfAServerFile is named after data.dir, also where the environment
// moves it, unless the file chooses another.
func TestCounterOfAServerFile(t *testing.T) {
	for _, tt := range []struct{ src, env, counter, former string }{
		{"", "", "/etc/itac/takeover.data.counter", "/etc/itac/takeover.counter"},
		{"data: {dir: keep}\n", "", "/etc/itac/takeover.keep.counter", "/etc/itac/takeover.counter"},
		{"data: {dir: keep}\n", "/var/lib/itac", "/etc/itac/takeover.%2Fvar%2Flib%2Fitac.counter", "/etc/itac/takeover.counter"},
		{"data: {dir: var/keep}\n", "", "/etc/itac/takeover.var%2Fkeep.counter", "/etc/itac/takeover.counter"},
		{"secrets: {counter_file: takeover.counter}\n", "", "/etc/itac/takeover.counter", ""},
	} {
		s, found := parseServer("/etc/itac/takeover.yaml", []byte("schema: "+ServerSchema+"\n"+tt.src), func(name string) (string, bool) {
			return tt.env, name == "TAKEOVER_DATA_DIR" && tt.env != ""
		})
		if found.HasErrors() || s.Layout.Counter != tt.counter || s.Layout.Former != tt.former {
			t.Errorf("%q: %s and %q, %v", tt.src, s.Layout.Counter, s.Layout.Former, found)
		}
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// TestCounterOfAServerFileHere lies beside it as well where paths are relative.
func TestCounterOfAServerFileHere(t *testing.T) {
	s := DefaultServer("itac")
	if want := filepath.Join("itac", "takeover.data.counter"); s.Layout.Counter != want {
		t.Errorf("%s, want %s", s.Layout.Counter, want)
	}
}
