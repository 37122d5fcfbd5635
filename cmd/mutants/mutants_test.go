package main

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// TestEveryMutantApplies keeps the patches current: code that moves takes its
// mutants along.
func TestEveryMutantApplies(t *testing.T) {
	all, names, patches := mutants(), map[string]bool{}, map[string]string{}
	if len(all) < 40 {
		t.Errorf("there are %d mutants, at least 40 are promised", len(all))
	}
	for _, m := range all {
		if names[m.Name] {
			t.Errorf("two mutants are named %s", m.Name)
		}
		names[m.Name] = true
		b, err := m.source(root)
		if err != nil {
			t.Error(err)
			continue
		}
		if other := patches[string(b)]; other != "" {
			t.Errorf("mutants %s and %s are the same", m.Name, other)
		}
		patches[string(b)] = m.Name
	}
}

// TestEveryMutantNamesItsTests: each alternative of the expression is a test
// that exists.
func TestEveryMutantNamesItsTests(t *testing.T) {
	known := map[string][]string{}
	for _, m := range mutants() {
		if _, read := known[m.Package]; !read {
			known[m.Package] = testsOf(t, m.Package)
		}
		for name := range strings.SplitSeq(m.Test, "|") {
			re, err := regexp.Compile("^(" + name + ")$")
			if err != nil {
				t.Errorf("mutant %s: %v", m.Name, err)
				continue
			}
			if !matchesAny(re, known[m.Package]) {
				t.Errorf("mutant %s: %s has no test %s", m.Name, m.Package, name)
			}
		}
	}
}

func matchesAny(re *regexp.Regexp, names []string) bool {
	for _, n := range names {
		if re.MatchString(n) {
			return true
		}
	}
	return false
}

func testsOf(t *testing.T, pkg string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

func TestAPatchThatDoesNotFitIsAnError(t *testing.T) {
	for what, m := range map[string]mutant{
		"not found": one("m", "", "campaign/life.go", "no such line", "x", "", ""),
		"twice":     one("m", "", "campaign/life.go", "return nil", "return nil // again", "", ""),
		"no Go":     one("m", "", "campaign/life.go", "package campaign", "pack age", "", ""),
		"the same":  one("m", "", "campaign/life.go", "package campaign", "package campaign", "", ""),
		"no file":   one("m", "", "campaign/none.go", "a", "b", "", ""),
	} {
		if _, err := m.source(root); err == nil || !strings.Contains(err.Error(), "mutant m") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestJudge(t *testing.T) {
	b := &bench{}
	failed := exec.Command("go", "no-such-command").Run()
	for _, c := range []struct {
		err  error
		want fate
	}{{nil, survived}, {failed, caught}, {errors.New("not started"), broken}} {
		if got, _ := b.judge("--- FAIL: TestX (0.00s)", c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
	if got := failing("ok\n--- FAIL: TestX (0.00s)\n"); got != "TestX" {
		t.Errorf("failing: %q", got)
	}
}

// TestOneForReal runs a defect that must be caught, one that must survive and
// one that the compiler refuses, over a small package.
func TestOneForReal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds test programs")
	}
	b, err := newBench(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	const file, pkg, test = "campaign/window.go", "campaign", "TestOverlaps"
	for _, c := range []struct {
		want fate
		m    mutant
	}{
		{caught, one("a", "", file, "a.Mechanism != Organizers && b.Mechanism != Organizers", "false", pkg, test)},
		{survived, one("b", "", file, "// exclude tells", "// Exclude tells", pkg, test)},
		{broken, one("c", "", file, "a.Mechanism != Organizers && b.Mechanism != Organizers", "nothing", pkg, test)},
		{broken, one("d", "", file, "no such line", "", pkg, test)},
	} {
		if got, why := b.try(c.m, []mutant{c.m}); got != c.want {
			t.Errorf("%s: %s (%s), want %s", c.m.Name, got, why, c.want)
		}
	}
	before, err := os.ReadFile(filepath.Join(root, file))
	if err != nil || bytes.Contains(before, []byte("// Exclude tells")) {
		t.Error("the work tree was touched")
	}
}

func TestChoose(t *testing.T) {
	if got, _ := choose("no such", 0, 0); got != nil {
		t.Error("a name that nobody has chose something")
	}
	if got, _ := choose(mutants()[3].Name, 0, 0); len(got) != 1 || got[0].Name != mutants()[3].Name {
		t.Errorf("by name: %v", got)
	}
	a, ra := choose("", 5, 7)
	b, _ := choose("", 5, ra.Seed)
	if len(a) != 5 || ra.Seed != 7 {
		t.Fatalf("a sample of %d under seed %d", len(a), ra.Seed)
	}
	for i := range a {
		if a[i].Name != b[i].Name {
			t.Error("one seed, two samples")
		}
	}
	if all, _ := choose("", 0, 0); len(all) != len(mutants()) {
		t.Error("not all were chosen")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-only", "no such"}, {"-sample", "-1"}, {"more"}, {"-unknown"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, &out, &errs); code != 2 || errs.Len() == 0 {
			t.Errorf("%v: code %d, %q", args, code, errs.String())
		}
	}
}
