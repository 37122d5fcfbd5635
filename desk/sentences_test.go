package desk

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// parsed are the Go files of a folder beside this one, tests apart.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal(dir, err)
	}
	var files []*ast.File
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		src, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), n, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// constant is a constant of a folder; value is "" where it is no text.
type constant struct{ name, value string }

// declared are the constants of the folder that want picks by name and type;
// one without a type of its own has that of the one before in its block.
func declared(t *testing.T, dir string, want func(name, typ string) bool) (found []constant) {
	t.Helper()
	for _, f := range parsed(t, dir) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			typ := ""
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				if id, ok := v.Type.(*ast.Ident); ok {
					typ = id.Name
				} else if len(v.Values) > 0 {
					typ = ""
				}
				for i, n := range v.Names {
					if !want(n.Name, typ) {
						continue
					}
					c := constant{name: n.Name}
					if i < len(v.Values) {
						if lit, ok := v.Values[i].(*ast.BasicLit); ok {
							c.value, _ = strconv.Unquote(lit.Value)
						}
					}
					found = append(found, c)
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s declares none of them", dir)
	}
	return found
}

// checkCodes are the codes that the checks of arming refuse with, read from
// where they are written: answers, and the short hands that make them.
func checkCodes(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	values := map[string]string{}
	for _, c := range declared(t, "campaign", func(name, _ string) bool { return strings.HasPrefix(name, "Reason") }) {
		values[c.name] = c.value
	}
	note := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.Ident:
			if v, ok := values[e.Name]; ok {
				codes[e.Name] = v
			}
		case *ast.BasicLit:
			if v, err := strconv.Unquote(e.Value); err == nil && v != "" {
				codes[e.Value] = v // one without a name must have a sentence as well
			}
		}
	}
	for _, f := range parsed(t, "campaign") {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); !ok || id.Name != "ArmAnswer" {
					return true
				}
				for _, el := range n.Elts {
					if kv, ok := el.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Code" {
						note(kv.Value)
					}
				}
			case *ast.CallExpr: // park(code, text), cancel(code, text)
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "park" || id.Name == "cancel") {
					note(n.Args[0])
				}
			case *ast.FuncDecl:
				if n.Name.Name == "WaitsFor" {
					ast.Inspect(n.Body, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok {
							note(r.Results[0])
						}
						return true
					})
				}
			}
			return true
		})
	}
	return codes
}

func fits(t *testing.T, of, why, next string) {
	t.Helper()
	for _, s := range []string{why, next} {
		if !strings.HasSuffix(s, ".") || strings.ContainsAny(s, "{}") || strings.Contains(s, ": .") || strings.Contains(s, "..") {
			t.Errorf("%s: %q", of, s)
		}
		if bad := forbidden.FindString(s); bad != "" {
			t.Errorf("%s says %q: %q", of, bad, s)
		}
	}
}

// TestEveryRefusedCheckIsExplained: whatever a check of arming answers, and
// whatever becomes of the delivery by it, has a sentence of its own.
func TestEveryRefusedCheckIsExplained(t *testing.T) {
	codes := checkCodes(t)
	if len(codes) < 15 {
		t.Fatalf("only %d codes of checks were found: %v", len(codes), codes)
	}
	outcomes := declared(t, "campaign", func(_, typ string) bool { return typ == "Outcome" })
	for name, code := range codes {
		if _, ok := byReason[code]; !ok {
			t.Errorf("no sentence for %s", name)
		}
		if said := inShort(campaign.Reason{Code: code}); said == "" {
			t.Errorf("%s pauses without a word", name)
		}
		for i := range outcomes {
			for _, begun := range []campaign.State{campaign.Planned, campaign.Scheduled, campaign.InDoubt} {
				d := campaign.Delivery{ID: "d", State: begun, Channel: "x-main", Due: start, Latest: start.Add(time.Hour), Attempt: 1, CheckAt: start}
				a := campaign.ArmAnswer{Outcome: campaign.Outcome(i), Code: code, Text: "because of that", Until: start.Add(time.Minute)}
				if a.Outcome == campaign.Drop || a.Outcome == campaign.Go || d.Apply(a, start) != nil {
					continue // nothing is written, or it cannot be
				}
				why, next := Explain(&d, campaign.Reason{}, time.UTC)
				of := name + ", " + outcomes[i].name + ", from " + string(begun) + " to " + string(d.State)
				fits(t, of, why, next)
				if bare, _ := (Explanation{said: byState[d.State], reason: d.Reason, of: d}).in(time.UTC); why == bare {
					t.Errorf("%s does not say why: %q", of, why)
				}
			}
		}
	}
}

// TestEveryStateIsExplained: states are found in the source, so that a new one fails here.
func TestEveryStateIsExplained(t *testing.T) {
	for _, s := range declared(t, "campaign", func(_, typ string) bool { return typ == "State" }) {
		if said, ok := byState[campaign.State(s.value)]; !ok || said.why == "" || said.next == "" {
			t.Errorf("no sentence for %s", s.name)
		}
		if Icon((&campaign.Delivery{State: campaign.State(s.value)}).Shown()) == "" {
			t.Errorf("no sign for %s", s.name)
		}
	}
	for _, c := range declared(t, "campaign", func(_, typ string) bool { return typ == "Cause" }) {
		if causeWords[campaign.Cause(c.value)] == "" {
			t.Errorf("no words for %s", c.name)
		}
	}
}

// TestEveryFateIsExplained: what an attempt came to, for each fate that a call can have.
func TestEveryFateIsExplained(t *testing.T) {
	fates := []string{""}
	for i := range declared(t, "channels", func(_, typ string) bool { return typ == "Fate" }) {
		fates = append(fates, channels.Fate(i).String())
	}
	for _, c := range declared(t, "scheduler", func(name, _ string) bool { return strings.HasPrefix(name, "Fate") }) {
		fates = append(fates, c.value)
	}
	if len(fates) < 5 {
		t.Fatalf("only %v were found", fates)
	}
	for _, fate := range fates {
		if _, ok := byFate[fate]; !ok {
			t.Errorf("no sentence for %q", fate)
		}
		for _, text := range []string{"", "no answer within 60s"} {
			why, next := explainTry(&campaign.Attempt{Fate: fate, Reason: text}, &campaign.Delivery{Channel: "x-main"}, time.UTC)
			fits(t, "fate "+fate, why, next)
			if fate != "" && fate != "published" && !strings.Contains(why, text) {
				t.Errorf("%s hides %q: %q", fate, text, why)
			}
		}
	}
}

// TestMissedSaysWhatStoodInItsWay and not twice that it is late.
func TestMissedSaysWhatStoodInItsWay(t *testing.T) {
	d := campaign.Delivery{State: campaign.Missed, Latest: start, Reason: campaign.Reason{Code: campaign.ReasonGap, Text: "its latest time passed; before: another post of the account was nearer"}}
	why, _ := Explain(&d, campaign.Reason{}, time.UTC)
	if strings.Count(why, "passed") != 1 || !strings.Contains(why, "another post of the account was nearer") {
		t.Errorf("%q", why)
	}
}
