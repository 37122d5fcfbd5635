package scheduler

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReliabilityPageNamesTests: docs/reliability.md has one row for each
// failure, every test that it names exists in the package that it names, and
// one of them bears the failure's number.
func TestReliabilityPageNamesTests(t *testing.T) {
	page, err := os.ReadFile("../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	row := regexp.MustCompile(`(?m)^\| (F\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$`)
	place := regexp.MustCompile("(?:([a-z/]+) )?`(Test\\w+|Fuzz\\w+)`")
	for _, r := range row.FindAllStringSubmatch(string(page), -1) {
		rows[r[1]]++
		tests := place.FindAllStringSubmatch(r[4], -1)
		number := regexp.MustCompile("F0?" + r[1][1:] + "(\\D|$)")
		bears := false
		folder := ""
		for _, name := range tests {
			if name[1] != "" {
				folder = name[1]
			}
			bears = bears || number.MatchString(name[2])
			if !hasTest(t, folder, name[2]) {
				t.Errorf("%s: package %q has no test %s", r[1], folder, name[2])
			}
		}
		if !bears {
			t.Errorf("%s has no test that bears its number", r[1])
		}
	}
	for n := 1; n <= 71; n++ {
		if f := fmt.Sprintf("F%d", n); rows[f] != 1 {
			t.Errorf("%s has %d rows", f, rows[f])
		}
	}
	if len(rows) != 71 {
		t.Errorf("%d failures are listed", len(rows))
	}
}

// hasTest tells whether a test file of the folder has the function.
func hasTest(t *testing.T, folder, name string) bool {
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
