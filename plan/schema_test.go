package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is a YAML node as JSON has it; dates stay the texts that they are.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = plain(c)
		}
		return list
	}
	var v any
	if n.Tag == "!!str" || n.Tag == "!!timestamp" || n.Decode(&v) != nil {
		return n.Value
	}
	return v
}

func plainOf(t testing.TB, src []byte) (any, bool) {
	var n yaml.Node
	if err := yaml.Unmarshal(src, &n); err != nil || len(n.Content) == 0 {
		return nil, false
	}
	return plain(n.Content[0]), true
}

// agree compares what Parse and the schema say of a document.
func agree(t interface{ Errorf(string, ...any) }, s *jsonschema.Schema, what string, doc any) (refused bool) {
	src, err := json.Marshal(doc)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return false
	}
	_, found := Parse("plan.json", src)
	again, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return false
	}
	verdict := s.Validate(again)
	if (verdict == nil) != !found.HasErrors() {
		t.Errorf("%s: the schema says %v, Parse says %v\n%s", what, verdict, found, src)
	}
	return verdict != nil
}

func TestSchemaAndWalkerAgreeOnTheCorpus(t *testing.T) {
	s := compiled(t)
	for name, src := range goodFiles(t) {
		if doc, ok := plainOf(t, src); !ok || agree(t, s, name, doc) {
			t.Errorf("the schema refuses %s", name)
		}
	}
	refused := 0
	for _, b := range badFiles(t) {
		// What JSON cannot say the schema cannot see.
		if strings.HasPrefix(b.code, "P005") || b.code == CodeSyntax || b.code == CodeFeature || b.name == "P008-doubled-key.yaml" {
			continue
		}
		if doc, ok := plainOf(t, b.src); ok && agree(t, s, b.name, doc) {
			refused++
		}
	}
	if refused < 15 {
		t.Errorf("only %d bad plans have a fault of form", refused)
	}
}

// TestSchemaAndWalkerAgreeOnMutations drops, renames, doubles and retypes keys and values of good plans.
func TestSchemaAndWalkerAgreeOnMutations(t *testing.T) {
	s := compiled(t)
	var docs []any
	files := goodFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		doc, _ := plainOf(t, files[name])
		docs = append(docs, doc)
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := clone(rapid.SampledFrom(docs).Draw(t, "doc"))
		for range rapid.IntRange(1, 2).Draw(t, "changes") {
			mutate(t, doc)
		}
		agree(t, s, "mutation", doc)
	})
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// odd values, of every kind.
var odd = []any{"", " ", "x", "Ünder Score", "2026-12-18T09:00", "start-24h", "2h", "https://example.org/", "#Tag", "en", "fr-CA", "ask", "live", "integer", "unlisted", "separate",
	true, false, nil, 0, 1, -1, 7, 1.5, []any{}, []any{"en"}, []any{1}, []any{"2026-12-18T09:00"}, map[string]any{}, map[string]any{"en": "x"}, map[string]any{"x": 1},
	map[string]any{"en": "x", "!": "y"}, strings.Repeat("a", 65), strings.Repeat("a", 600), strings.Repeat("a", maxText+1)}

var oddKeys = []string{"en", "id", "kind", "at", "text", "titel", "schedule", "items", "steps", "anchor", "wait_for", "variants", "values", "quote", "challenge", "live", "off", "first_comment", "thread",
	"silent", "visibility", "tolerance", "if_missed", "images", "link", "hashtags", "x main", "count", "launch", "launchh", "if_too_long", "poll", "options", "for", "multiple", "languages", "content_warning", "source", "series", "repeat"}

// mutate changes one place of the document.
func mutate(t *rapid.T, doc any) {
	switch v := doc.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 {
			v[rapid.SampledFrom(oddKeys).Draw(t, "key")] = clone(rapid.SampledFrom(odd).Draw(t, "value"))
			return
		}
		key := rapid.SampledFrom(keys).Draw(t, "key")
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			delete(v, key)
		case 1:
			v[rapid.SampledFrom(oddKeys).Draw(t, "name")] = v[key]
			delete(v, key)
		case 2:
			v[rapid.SampledFrom(oddKeys).Draw(t, "name")] = clone(rapid.SampledFrom(odd).Draw(t, "value"))
		case 3:
			v[key] = clone(rapid.SampledFrom(odd).Draw(t, "value"))
		default:
			if !deep(v[key]) {
				v[key] = clone(rapid.SampledFrom(odd).Draw(t, "value"))
				return
			}
			mutate(t, v[key])
		}
	case []any:
		if len(v) == 0 {
			return
		}
		i := rapid.IntRange(0, len(v)-1).Draw(t, "item")
		if !deep(v[i]) {
			v[i] = clone(rapid.SampledFrom(odd).Draw(t, "value"))
			return
		}
		mutate(t, v[i])
	}
}

func deep(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func TestPrefixesOfGoodPlansDoNotPanic(t *testing.T) {
	for name, src := range goodFiles(t) {
		step := 7
		if testing.Short() {
			step = 101
		}
		for n := 0; n < len(src); n += step {
			_, x, found := Load(name, src[:n], testEnv())
			for _, f := range found {
				if f.Line < 1 || f.Column < 1 || f.Fix == "" {
					t.Fatalf("%s[:%d]: unfinished %+v", name, n, f)
				}
			}
			if x == nil && !found.HasErrors() {
				t.Fatalf("%s[:%d]: no expansion and no error", name, n)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range goodFiles(f) {
		f.Add(src)
	}
	for _, b := range badFiles(f) {
		if len(b.src) < 8<<10 {
			f.Add(b.src)
		}
	}
	env := testEnv()
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 16<<10 {
			return
		}
		_, x, found := Load("fuzz.yaml", src, env)
		for _, f := range found {
			if f.Line < 1 || f.Column < 1 || f.Fix == "" || f.Message == "" || f.Severity == campaign.Severity("") {
				t.Errorf("unfinished %+v", f)
			}
		}
		if x == nil {
			return
		}
		for _, d := range x.Deliveries {
			if c, ok := x.Contents[d.Content]; !ok || c.Text == "" || d.Latest.Before(d.Due) {
				t.Errorf("%s: %+v", d.ID, d)
			}
		}
	})
}
