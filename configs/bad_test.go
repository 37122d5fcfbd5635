package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

// parseEither reads a campaign or server file, told apart by its name.
func parseEither(name string, src []byte) campaign.Findings {
	if strings.HasPrefix(name, "config") {
		_, findings := parseServer(name, src, noEnv)
		return findings
	}
	_, findings := Rules{Secret: besideOnly}.ParseCampaign(name, src)
	return findings
}

// besideOnly is a server that lets channels read files beside takeover.yaml.
func besideOnly(ref string) (why, fix string) {
	if strings.HasPrefix(ref, "file:/") {
		return "the file lies outside of the folders for secrets", "put it beside takeover.yaml"
	}
	return "", ""
}

// TestEachFaultIsSaidWithPlaceAndRemedy reads testdata/bad. A file lists what
// must be found ("# want: LINE:COLUMN CODE, …") and what mends it ("# mend: OLD
// => NEW"); mended, nothing is left to find.
func TestEachFaultIsSaidWithPlaceAndRemedy(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad files:", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want string
			mended := string(src)
			for line := range strings.Lines(string(src)) {
				line = strings.TrimSuffix(line, "\n")
				if list, ok := strings.CutPrefix(line, "# want: "); ok {
					want = list
				}
				if mend, ok := strings.CutPrefix(line, "# mend: "); ok {
					old, new, _ := strings.Cut(strings.ReplaceAll(mend, `\n`, "\n"), " => ")
					mended = strings.ReplaceAll(mended, line+"\n", "\n")
					mended = strings.Replace(mended, old, new, 1)
				}
			}
			var got []string
			for _, f := range parseEither(name, src) {
				got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code))
				if f.Fix == "" || f.Message == "" || f.File != name {
					t.Errorf("%s: no remedy, message or file: %+v", name, f)
				}
				if strings.Contains(f.Message+f.Fix+f.Detail, "AAHdq") || strings.Contains(f.Message+f.Fix, "hunter2") || strings.Contains(f.Message+f.Fix, "tk_Ag") {
					t.Errorf("the finding repeats the secret: %+v", f)
				}
				if testing.Verbose() {
					t.Logf("%s (fix: %s)", f, f.Fix)
				}
			}
			if list := strings.Join(got, ", "); list != want {
				t.Errorf("found %s, want %s", list, want)
			}
			for _, f := range parseEither(name, []byte(mended)) {
				t.Errorf("after mending: %s", f)
			}
		})
	}
}

// TestEachCodeIsListedAndHasABadFile finds the codes in the sources, so that a
// new one cannot come without its meaning and an example.
func TestEachCodeIsListedAndHasABadFile(t *testing.T) {
	sources, _ := filepath.Glob("*.go")
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	used := map[string]bool{}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") || source == "codes.go" {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"[CW]0[0-9][0-9]"`).FindAllString(string(text), -1) {
			used[strings.Trim(code, `"`)] = true
		}
	}
	listed := map[string]bool{}
	for _, c := range Codes() {
		listed[c.Code] = true
		if !used[c.Code] {
			t.Errorf("%s is listed but nowhere used", c.Code)
		}
	}
	for code := range used {
		if !listed[code] {
			t.Errorf("%s is not in Codes", code)
		}
		if !slices.ContainsFunc(files, func(f string) bool { return strings.HasSuffix(f, "-"+code+".yaml") }) {
			t.Errorf("%s has no file in testdata/bad", code)
		}
	}
}
