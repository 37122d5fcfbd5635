package campaign

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources parses the Go files of a folder, tests apart.
func sources(t *testing.T, fset *token.FileSet, dir string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Logf("not looked at: %v", err) // the compiler says it louder
			continue
		}
		files = append(files, f)
	}
	return files
}

// constants are the values of the package's string constants whose name has
// the prefix, read from the source.
func constants(t *testing.T, prefix string) []string {
	t.Helper()
	var values []string
	for _, f := range sources(t, token.NewFileSet(), ".") {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value)
				values = append(values, s)
			}
			return true
		})
	}
	return values
}

func TestImportsTheStandardLibraryOnly(t *testing.T) {
	for _, f := range sources(t, token.NewFileSet(), ".") {
		for _, imp := range f.Imports {
			if first, _, _ := strings.Cut(strings.Trim(imp.Path.Value, `"`), "/"); strings.Contains(first, ".") {
				t.Errorf("%s imports %s", f.Name, imp.Path.Value)
			}
		}
	}
}

const module = "github.com/ittakesacommunity/takeover"

// moduleTypes checks types across the module: packages of ours are read from source, all others are left
// empty; what that leaves unknown is judged by the other side of an assignment.
type moduleTypes struct {
	t    *testing.T
	fset *token.FileSet
	done map[string]*types.Package
	info types.Info
}

func newModuleTypes(t *testing.T) *moduleTypes {
	return &moduleTypes{t: t, fset: token.NewFileSet(), done: map[string]*types.Package{},
		info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
}

// Import is for go/types.
func (m *moduleTypes) Import(name string) (*types.Package, error) {
	if p, ok := m.done[name]; ok {
		return p, nil
	}
	rel, ours := strings.CutPrefix(name, module+"/")
	if !ours {
		p := types.NewPackage(name, path.Base(name))
		p.MarkComplete()
		m.done[name] = p
		return p, nil
	}
	return m.check(name, sources(m.t, m.fset, filepath.Join("..", rel))), nil
}

func (m *moduleTypes) check(name string, files []*ast.File) *types.Package {
	conf := types.Config{Importer: m, Error: func(error) {}, DisableUnusedImportCheck: true}
	m.done[name] = types.NewPackage(name, path.Base(name)) // ends a cycle
	p, _ := conf.Check(name, m.fset, files, &m.info)
	m.done[name] = p
	return p
}

func (m *moduleTypes) is(e ast.Expr, name string) bool {
	typ := m.info.Types[e].Type
	if p, ok := typ.(*types.Pointer); ok {
		typ = p.Elem()
	}
	n, ok := typ.(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == module+"/campaign"
}

func (m *moduleTypes) unknown(e ast.Expr) bool {
	typ := m.info.Types[e].Type
	return typ == nil || typ == types.Typ[types.Invalid]
}

// stateWrites are the places in f that give a Delivery a state: an assignment
// to its field, the field's address, or a literal that sets it.
func (m *moduleTypes) stateWrites(f *ast.File) []token.Position {
	var found []token.Position
	add := func(n ast.Node) { found = append(found, m.fset.Position(n.Pos())) }
	field := func(e ast.Expr) (*ast.SelectorExpr, bool) {
		sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
		return sel, ok && sel.Sel.Name == "State"
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				sel, ok := field(lhs)
				if !ok {
					continue
				}
				given := n.Rhs[min(i, len(n.Rhs)-1)]
				if m.is(sel.X, "Delivery") || m.unknown(sel.X) && m.is(given, "State") {
					add(n)
				}
			}
		case *ast.UnaryExpr:
			if sel, ok := field(n.X); ok && n.Op == token.AND && m.is(sel.X, "Delivery") {
				add(n)
			}
		case *ast.CompositeLit:
			if m.is(n, "Delivery") && slices.ContainsFunc(n.Elts, setsState) {
				add(n)
			}
		}
		return true
	})
	return found
}

// setsState tells whether an element of a literal sets State; without a key it does.
func setsState(el ast.Expr) bool {
	kv, ok := el.(*ast.KeyValueExpr)
	if !ok {
		return true
	}
	key, ok := kv.Key.(*ast.Ident)
	return ok && key.Name == "State"
}

// TestOnlyLifeAssignsStates looks through the whole module. Suites for tests
// (folders that end in "test") may build what they need; decoding a stored
// record is no assignment.
func TestOnlyLifeAssignsStates(t *testing.T) {
	m := newModuleTypes(t)
	looked := 0
	err := filepath.WalkDir("..", func(dir string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if name := e.Name(); dir != ".." && (strings.HasPrefix(name, ".") || name == "testdata" || strings.HasSuffix(name, "test")) {
			return fs.SkipDir
		}
		name := path.Join(module, filepath.ToSlash(strings.TrimPrefix(dir, "..")))
		files := sources(t, m.fset, dir)
		if len(files) == 0 {
			return nil
		}
		m.check(name, files)
		for _, f := range files {
			looked++
			for _, pos := range m.stateWrites(f) {
				if filepath.Base(dir) == "campaign" && filepath.Base(pos.Filename) == "life.go" {
					continue
				}
				t.Errorf("%s gives a delivery a state; only the methods in campaign/life.go may", pos)
			}
		}
		return nil
	})
	if err != nil || looked < 10 {
		t.Fatalf("looked at %d files: %v", looked, err)
	}
}

func TestStateWritesAreSeen(t *testing.T) {
	m := newModuleTypes(t)
	const src = `package p
import (
	"github.com/ittakesacommunity/takeover/campaign"
	"elsewhere.example/store"
)
type page struct{ State campaign.State }
func f(d *campaign.Delivery, e campaign.Delivery, p page, tx store.Tx) {
	d.State = campaign.Published                      // 8
	e.State, e.Part = campaign.Published, 1           // 9
	for _, x := range []campaign.Delivery{e} { x.State = "armed" } // 10
	_ = campaign.Delivery{ID: "d", State: "armed"}    // 11
	_ = []*campaign.Delivery{{State: "armed"}}        // 12
	_ = &d.State                                      // 13
	u := tx.Delivery("d"); u.State = campaign.Armed   // 14
	p.State = d.State
	_ = page{State: d.State}
	_ = campaign.Delivery{ID: "d"}
	if d.State == campaign.Armed { }
}
`
	f, err := parser.ParseFile(m.fset, "p.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	m.check("p", []*ast.File{f})
	var lines []int
	for _, pos := range m.stateWrites(f) {
		lines = append(lines, pos.Line)
	}
	if slices.Sort(lines); fmt.Sprint(lines) != "[8 9 10 11 12 13 14]" {
		t.Errorf("seen in lines %v", lines)
	}
}
