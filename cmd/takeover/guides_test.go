package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fenced    = regexp.MustCompile("(?ms)^```\n(.*?)^```$")
	command   = regexp.MustCompile("(?m)(?:^|`)((?:takeover|tk) [a-z][^`\n]*)")
	argument  = regexp.MustCompile(`"[^"]*"|\S+`)
	structure = regexp.MustCompile(`(?m)^(## |\| |- )`)
	linked    = regexp.MustCompile(`\]\(([^)]+)\)`)
	state     = regexp.MustCompile(`^state_|^stored_`)
)

func guide(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTheGuidesCommandsExist asks the command tree for each command that a guide
// tells people to type: its name, its flags and how many arguments it takes.
func TestTheGuidesCommandsExist(t *testing.T) {
	for _, name := range []string{"operator.md", "organizer.md", "lead.md", "lead.fr.md", "lead.es.md", "lead.ar.md"} {
		n := 0
		for _, m := range command.FindAllStringSubmatch(guide(t, name), -1) {
			line, _, _ := strings.Cut(m[1], " #")
			line, _, _ = strings.Cut(line, " > ")
			if strings.Contains(line, "…`") || strings.HasSuffix(line, "…") {
				continue // named, not to be typed
			}
			args := argument.FindAllString(line, -1)[1:]
			root := (&app{out: io.Discard, err: io.Discard}).root()
			cmd, rest, err := root.Find(args)
			if err == nil && cmd != root {
				err = cmd.ParseFlags(rest)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err != nil || cmd == root || !cmd.Runnable() {
				t.Errorf("%s: %s: %v", name, line, err)
			}
			n++
		}
		if n < 15 {
			t.Errorf("%s: only %d commands were found", name, n)
		}
	}
}

// TestTheLeadsGuideSaysTheSameInEachLanguage holds the four guides together: the
// same chapters, rows, commands and links, and the states as the pages call them.
func TestTheLeadsGuideSaysTheSameInEachLanguage(t *testing.T) {
	all := map[string]string{"en": "lead.md", "fr": "lead.fr.md", "es": "lead.es.md", "ar": "lead.ar.md"}
	english := guide(t, all["en"])
	for language, name := range all {
		text := guide(t, name)
		if got, want := fenced.FindAllString(text, -1), fenced.FindAllString(english, -1); !slices.Equal(got, want) {
			t.Errorf("%s: what is to be typed differs:\n%s\nin English:\n%s", name, got, want)
		}
		if got, want := structure.FindAllString(text, -1), structure.FindAllString(english, -1); !slices.Equal(got, want) {
			t.Errorf("%s: %d headings, rows and items, in English %d", name, len(got), len(want))
		}
		for _, other := range all {
			if other != name && !strings.Contains(text, "]("+other+")") {
				t.Errorf("%s does not lead to %s", name, other)
			}
		}
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("..", "..", "docs", m[1])); err != nil {
				t.Errorf("%s leads nowhere: %v", name, err)
			}
		}
		if got, want := len(linked.FindAllString(text, -1)), len(linked.FindAllString(english, -1)); got != want {
			t.Errorf("%s has %d links, in English %d", name, got, want)
		}
		b, err := os.ReadFile(filepath.Join("..", "..", "web", "words", language+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(b, &words); err != nil {
			t.Fatal(err)
		}
		for key, word := range words {
			if w, ok := word.(string); ok && state.MatchString(key) && !strings.Contains(text, w) {
				t.Errorf("%s: the pages say %q (%s)", name, w, key)
			}
		}
	}
}
