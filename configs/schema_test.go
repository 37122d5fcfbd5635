package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// formCodes are the codes of faults that a schema can see; the others need the
// calendar, the zones or a second look at the file.
var formCodes = []string{"C004", "C006", "C007", "C040", "C041", "C042", "C060"}

func compileSchema(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(name+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainData turns a YAML node into what JSON has; dates stay the texts that they are.
func plainData(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainData(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = plainData(c)
		}
		return list
	}
	if n.Tag == "!!str" || n.Tag == "!!timestamp" {
		return n.Value
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return n.Value
	}
	return v
}

func loadPlain(t testing.TB, src []byte) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(src, &n); err != nil {
		t.Fatal(err)
	}
	return plainData(n.Content[0])
}

// corpus is every file whose YAML can be read, by its kind.
func corpus(t testing.TB, kind string) map[string]any {
	t.Helper()
	docs := map[string]any{}
	files, _ := filepath.Glob("testdata/bad/" + kind + "-*.yaml")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(file, "C005") && !strings.Contains(file, "twice-C006") {
			docs[filepath.Base(file)] = loadPlain(t, src)
		}
	}
	name := map[string]string{"campaign": "itac/campaign.yaml", "config": "itac/takeover.yaml"}[kind]
	src, err := fs.ReadFile(Examples(), name)
	if err != nil {
		t.Fatal(err)
	}
	docs["example"] = loadPlain(t, src)
	if kind == "config" {
		docs["all keys"] = loadPlain(t, uncommented(t))
	}
	return docs
}

// TestSchemaAndWalkerAgree compares the two on the corpus and on every
// document that one change to one place of it makes.
func TestSchemaAndWalkerAgree(t *testing.T) {
	for _, kind := range []string{"campaign", "config"} {
		schema := compileSchema(t, kind)
		compared, refused := 0, 0
		compare := func(what string, doc any) {
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			data, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			schemaErr := schema.Validate(data)
			var form []string
			for _, f := range parseEither(kind+".yaml", text) {
				// The two faults of missing keys that depend on another key's value.
				if slices.Contains(formCodes, f.Code) && f.Path != "store.driver" && f.Path != "sign_in.openid.issuer" || f.Code == "C007" {
					form = append(form, f.String())
				}
			}
			compared++
			if len(form) > 0 {
				refused++
			}
			if (schemaErr == nil) != (len(form) == 0) {
				t.Errorf("%s: %s\nschema: %v\nwalker: %v", kind, what, schemaErr, form)
			}
		}
		for name, doc := range corpus(t, kind) {
			compare(name, doc)
			if name == "example" || name == "all keys" || strings.Contains(name, "overlap") {
				mutate(doc, name, func(what string) { compare(what, doc) })
			}
		}
		t.Logf("%s: %d documents compared, %d of them refused", kind, compared, refused)
		if refused == 0 || refused == compared {
			t.Errorf("%s: all documents are alike", kind)
		}
	}
}

// oddValues stand in for each value in turn.
var oddValues = []any{nil, true, 0, 2, -1, 99999, 1.5, "", " ", "x", "two words", "é", "2026-12-18", "2026-12-18T09:00", "5m", "https://a.example", "a@b.example",
	[]any{}, []any{"en"}, []any{1}, []any{"a", "a"}, map[string]any{}, map[string]any{"file": "x"}, map[string]any{"file": "x", "env": "Y"}, map[string]any{"nonsense": 1}}

// alike are the sections whose entries have one form: the first stands for all.
var alike = []string{"mechanisms", "windows", "consents", "tags"}

// mutate changes one place of the document after the other and calls f on each.
func mutate(v any, path string, f func(what string)) {
	switch v := v.(type) {
	case map[string]any:
		for i, key := range sortedKeys(v) {
			if section := path[strings.LastIndex(path, ".")+1:]; i > 0 && slices.Contains(alike, section) {
				break
			}
			old := v[key]
			delete(v, key)
			f(path + "." + key + " removed")
			for _, odd := range oddValues {
				v[key] = odd
				f(fmt.Sprintf("%s.%s = %#v", path, key, odd))
			}
			v[key] = old
			mutate(old, path+"."+key, f)
		}
		v["nobody-asked"] = "x"
		f(path + " with an unknown key")
		delete(v, "nobody-asked")
		v["Not An Id!"] = "x"
		f(path + " with an odd key")
		delete(v, "Not An Id!")
	case []any:
		for i, old := range v {
			if i > 1 {
				break // the items of one list are alike
			}
			for _, odd := range oddValues {
				v[i] = odd
				f(fmt.Sprintf("%s[%d] = %#v", path, i, odd))
			}
			v[i] = old
			mutate(old, fmt.Sprintf("%s[%d]", path, i), f)
		}
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
