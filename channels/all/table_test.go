package all

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/channels"
)

var update = flag.Bool("update", false, "write the tables of the documents anew")

// TestTables: what the documents say of the platforms is what the code does.
// go test ./channels/all -run TestTables -update writes them.
func TestTables(t *testing.T) {
	for file, table := range map[string]string{"docs/channels.md": capabilityTable(), "README.md": shortTable()} {
		path := filepath.Join("..", "..", filepath.FromSlash(file))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- platforms: written by go test ./channels/all -update -->\n", "<!-- end of platforms -->"
		head, rest, ok := strings.Cut(string(b), begin)
		have, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no place for the table", file)
		}
		if have == table {
			continue
		}
		if !*update {
			t.Errorf("the table in %s is not what the code says; go test ./channels/all -update writes it", file)
			continue
		}
		if err := os.WriteFile(path, []byte(head+begin+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGuide: each platform has its chapter in the guide, which says how to get
// access, what is promised and what it was tried against, and a row in the
// tables of costs and of proofs.
func TestGuide(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "channels.md"))
	if err != nil {
		t.Fatal(err)
	}
	intro, chapters, _ := strings.Cut(string(b), "\n## Mastodon\n")
	chapters = "## Mastodon\n" + chapters
	costs, proofs, ok := strings.Cut(intro, "\n## Connecting\n")
	if !ok {
		t.Fatal("there is no chapter on connecting")
	}
	_, costs, _ = strings.Cut(costs, "\n| | costs |")
	for _, p := range Platforms() {
		if !strings.Contains(costs, "\n| "+p.Name+" |") {
			t.Errorf("%s has no row on its costs", p.Name)
		}
		if !regexp.MustCompile(`(?m)^\| ([a-z]+, )*` + p.Name + `(, [a-z]+)* \|`).MatchString(proofs) {
			t.Errorf("%s has no row on the proof of its flow", p.Name)
		}
		title := map[string]string{"email": "E-mail"}[p.Name]
		if title == "" {
			title = p.Name
		}
		_, chapter, ok := cutFold(chapters, "## "+title+"\n")
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		for _, want := range []string{"### Connect\n", "### Settings\n", "### What is promised\n", "### Limits\n", "### Pitfalls\n", "ried against"} {
			if !ok || !strings.Contains(strings.ReplaceAll(chapter, "ried\nagainst", "ried against"), want) {
				t.Errorf("the chapter of %s lacks %q", p.Name, want)
			}
		}
	}
}

// cutFold is strings.Cut whatever the letters' case.
func cutFold(s, sep string) (before, after string, found bool) {
	i := strings.Index(strings.ToLower(s), strings.ToLower(sep))
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// shown are the platforms that can be published to, in the order of the facts.
func shown() []channels.Facts {
	return slices.DeleteFunc(channels.AllFacts(), func(f channels.Facts) bool {
		return !slices.ContainsFunc(Platforms(), func(p channels.Platform) bool { return p.Name == f.Name })
	})
}

func capabilityTable() string {
	var b strings.Builder
	line := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head := []string{"", "class", "text", "pictures", "alt text"}
	for _, c := range channels.Capabilities {
		if c != channels.CanAlt {
			head = append(head, strings.ReplaceAll(c, "_", " "))
		}
	}
	line(head...)
	line(slices.Repeat([]string{"---"}, len(head))...)
	for _, f := range shown() {
		row := []string{f.Name, string(f.Class), text(f), number(f.Limits.Images, "any"), "–"}
		if f.Can(channels.CanAlt) {
			row[4] = number(f.Limits.Alt, "yes")
		}
		for _, c := range channels.Capabilities {
			if c != channels.CanAlt {
				row = append(row, map[bool]string{true: "✓", false: "–"}[f.Can(c)])
			}
		}
		line(row...)
	}
	return b.String()
}

func shortTable() string {
	var b strings.Builder
	b.WriteString("| | text | pictures | a lost answer |\n| --- | --- | --- | --- |\n")
	for _, f := range shown() {
		lost := map[bool]string{true: "is looked up", false: "is put before a person"}[f.Can(channels.CanReadBack)]
		pictures := number(f.Limits.Images, "any")
		if f.Can(channels.CanAlt) {
			pictures += ", with alt text"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.Name, text(f), pictures, lost)
	}
	return b.String()
}

// text is how long a text may be.
func text(f channels.Facts) string {
	switch {
	case f.Limits.Text == 0:
		return "any length"
	case f.Limits.Caption > 0:
		return fmt.Sprintf("%d, with pictures %d %s", f.Limits.Text, f.Limits.Caption, f.Limits.TextUnit)
	}
	return fmt.Sprintf("%d %s", f.Limits.Text, f.Limits.TextUnit)
}

// number is a limit, or what it means that there is none.
func number(n int, none string) string {
	if n == 0 {
		return none
	}
	return fmt.Sprint(n)
}
