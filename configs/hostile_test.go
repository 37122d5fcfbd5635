package configs

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestF50HostileFiles: whatever is handed in gives findings with a place, in
// bounded memory (reliability.md, F50).
func TestF50HostileFiles(t *testing.T) {
	head := "schema: takeover/campaign-v1\n"
	for name, src := range map[string][]byte{
		"empty":           nil,
		"100 MB":          bytes.Repeat([]byte("a: b\n"), 20<<20),
		"many keys":       []byte(head + "channels:\n" + strings.Repeat("  x: {platform: x}\n", 100_000)),
		"alias bomb":      []byte("a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"),
		"deep":            []byte(head + "tags: " + strings.Repeat("[", 100_000)),
		"NUL":             []byte(head + "campaign: {title: \"a\x00b\"}\n"),
		"BOM":             []byte("\ufeff" + head),
		"UTF-16":          []byte("s\x00c\x00h\x00e\x00m\x00a\x00"),
		"not UTF-8":       []byte(head + "campaign: {title: \xff}\n"),
		"right to left":   []byte(head + "campaign: {id: \"\u202egnp\", title: x, timezone: UTC, languages: [en]}\n"),
		"zone path":       []byte(head + "campaign: {id: a, title: x, timezone: \"../../etc/passwd\", languages: [en]}\n"),
		"look-alike host": []byte(head + "channels: {m: {platform: mastodon, server: \"https://social.example@evil.example\"}}\n"),
		"a list":          []byte("[1, 2]"),
		"a scalar":        []byte("takeover/campaign-v1"),
		"huge number":     []byte(head + "channels: {x: {platform: x, daily_limit: 999999999999999999999999}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, findings := ParseCampaign("campaign.yaml", src, nil)
			_, server := parseServer("takeover.yaml", src, noEnv)
			runtime.ReadMemStats(&after)
			if !findings.HasErrors() || !server.HasErrors() {
				t.Error("it was taken")
			}
			for _, f := range findings {
				if f.Line < 1 && f.Code != "C005" || f.Fix == "" {
					t.Errorf("no place or remedy: %+v", f)
				}
				if len(f.Message) > 1000 {
					t.Errorf("a message of %d bytes", len(f.Message))
				}
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
				t.Errorf("%d MiB were allocated", used>>20)
			}
		})
	}
}

func TestCRLFIsReadAsLF(t *testing.T) {
	src, err := fs.ReadFile(Examples(), "itac/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, findings := ParseCampaign("campaign.yaml", bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n")), nil)
	if len(findings) > 0 || len(DiffCampaign(new(exampleCampaign(t)), &c)) > 0 {
		t.Errorf("%v", findings)
	}
}

func seeds(f *testing.F, kind string) {
	files, _ := filepath.Glob("testdata/bad/" + kind + "-*.yaml")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(src)
		}
	}
	for _, name := range []string{"itac/campaign.yaml", "itac/takeover.yaml"} {
		if src, err := fs.ReadFile(Examples(), name); err == nil {
			f.Add(src)
		}
	}
}

// FuzzParseCampaign: no input panics, and what is taken survives its export.
func FuzzParseCampaign(f *testing.F) {
	seeds(f, "campaign")
	f.Fuzz(func(t *testing.T, src []byte) {
		c, findings := ParseCampaign("campaign.yaml", src, nil)
		for _, finding := range findings {
			if finding.Fix == "" || finding.Code == "" {
				t.Errorf("no remedy or code: %+v", finding)
			}
		}
		if findings.HasErrors() {
			return
		}
		text := ExportCampaign(c)
		back, again := ParseCampaign("export.yaml", text, nil)
		if again.HasErrors() {
			t.Fatalf("the export is refused: %v\n%s", again, text)
		}
		if d := DiffCampaign(&c, &back); len(d) > 0 {
			t.Fatalf("the export differs: %v", d)
		}
	})
}

// FuzzParseServer: no input panics, every finding has a remedy.
func FuzzParseServer(f *testing.F) {
	seeds(f, "config")
	f.Fuzz(func(t *testing.T, src []byte) {
		_, findings := parseServer("takeover.yaml", src, noEnv)
		for _, finding := range findings {
			if finding.Fix == "" || finding.Code == "" {
				t.Errorf("no remedy or code: %+v", finding)
			}
		}
	})
}
