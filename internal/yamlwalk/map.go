package yamlwalk

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// Map is a map whose keys are known: ask for each with Need or Opt, then call Done.
type Map struct {
	Value
	entries []Entry
	asked   []string
	bad     bool // not a map at all: said already
}

// Entry is one key of a map with its value.
type Entry struct {
	Key Str
	Value
}

// Map reads the value as a map.
func (v Value) Map() *Map {
	m := &Map{Value: v}
	if !v.IsMap() {
		m.bad = true
		v.wants(yaml.MappingNode, "a map", `write keys with values below it, "key: value"`)
		return m
	}
	m.entries = v.entries()
	return m
}

// wants reports a value that is written but is no such collection.
func (v Value) wants(kind yaml.Kind, what, fix string) {
	if v.node != nil && v.node.Kind != yaml.AliasNode && v.node.Kind != kind {
		v.refuse(fmt.Sprintf("%s is %s, not %s", v.name(), kindOf(v.node), what), fix)
	}
}

// entries lists keys and values; doubled keys and keys that are no text are said and left out.
func (v Value) entries() []Entry {
	var out []Entry
	first := map[string]Pos{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, val := v.node.Content[i], v.node.Content[i+1]
		if isMerge(key) || key.Kind == yaml.AliasNode {
			continue // vetNode said it
		}
		k := Value{doc: v.doc, node: key, path: v.path, code: v.code}
		if !isText(key) {
			k.Error(v.or(v.doc.codes.Key), fmt.Sprintf("a key is %s, not text", kindOf(key)), "put the key in quotes")
			continue
		}
		name := key.Value
		if at, again := first[name]; again {
			k.Error(v.or(v.doc.codes.Key), fmt.Sprintf("the key %q stands here again", clip(name)),
				fmt.Sprintf("remove it here or in line %d", at.Line))
			continue
		}
		first[name] = k.Pos()
		path := join(v.path, name)
		at := k.Pos()
		at.Path = path
		out = append(out, Entry{Str{name, at}, Value{doc: v.doc, node: val, path: path, code: v.code}})
	}
	return out
}

var plainKey = regexp.MustCompile(`^[\w@#-]{1,64}$`)

func join(path, key string) string {
	if !plainKey.MatchString(key) {
		return path + "[" + strconv.Quote(clip(key)) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// Opt is the value of a key that may be missing.
func (m *Map) Opt(key string) Value {
	m.asked = append(m.asked, key)
	for _, e := range m.entries {
		if e.Key.Value == key {
			return e.Value
		}
	}
	return Value{doc: m.doc, path: join(m.path, key), code: m.code}
}

// Need is the value of a key that must be there.
func (m *Map) Need(key string) Value {
	v := m.Opt(key)
	if !v.Written() && !m.bad {
		m.Error(m.or(m.doc.codes.Key), fmt.Sprintf("%q is missing", key), fmt.Sprintf("add the key %q", key))
	}
	return v
}

// Done reports the keys that nobody asked for.
func (m *Map) Done() {
	asked := map[string]bool{}
	for _, k := range m.asked {
		asked[k] = true
	}
	for _, e := range m.entries {
		if asked[e.Key.Value] {
			continue
		}
		fix := "remove it"
		if near := Nearest(e.Key.Value, m.asked); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		m.doc.Error(e.Key.Pos, m.or(m.doc.codes.Key), fmt.Sprintf("unknown key %q", clip(e.Key.Value)), fix)
	}
}

// Entries reads the value as a map whose keys are free, in the order of the file.
func (v Value) Entries() []Entry {
	if !v.IsMap() {
		v.wants(yaml.MappingNode, "a map", `write keys with values below it, "key: value"`)
		return nil
	}
	return v.entries()
}

// IDs reads the value as a map whose keys are ids; entries with other keys are said and left out.
func (v Value) IDs() []Entry {
	var out []Entry
	for _, e := range v.Entries() {
		if !idPattern.MatchString(e.Key.Value) {
			v.doc.Error(e.Key.Pos, v.or(v.doc.codes.Key), fmt.Sprintf("%q is not an id", clip(e.Key.Value)), idFix(e.Key.Value))
			continue
		}
		out = append(out, e)
	}
	return out
}

// List reads the value as a list of least to most items (most 0: any number).
// Items that are maps with an id are named by it in paths. Beyond most items
// the list is cut.
func (v Value) List(least, most int) []Value {
	if !v.IsList() {
		v.wants(yaml.SequenceNode, "a list", `write "[a, b]", or one "- " line for each`)
		return nil
	}
	n := len(v.node.Content)
	switch {
	case n < least:
		v.refuse(fmt.Sprintf("%s has %d items, fewer than %d", v.name(), n, least), "add to it or remove the key")
	case most > 0 && n > most:
		v.refuse(fmt.Sprintf("%s has %d items, more than %d", v.name(), n, most), fmt.Sprintf("keep at most %d", most))
		n = most
	}
	out := make([]Value, 0, n)
	for i, c := range v.node.Content[:n] {
		out = append(out, Value{doc: v.doc, node: c, path: v.path + "[" + itemName(i, c) + "]", code: v.code})
	}
	return out
}

// Strings reads the value as a list of texts that are not empty.
func (v Value) Strings(least, most int) []Str {
	var out []Str
	for _, item := range v.List(least, most) {
		if s := item.String(); s.Written() {
			out = append(out, s)
		}
	}
	return out
}

// itemName is the id of a list item, or its number from 0.
func itemName(i int, n *yaml.Node) string {
	if n.Kind == yaml.MappingNode {
		for j := 0; j+1 < len(n.Content); j += 2 {
			if k, val := n.Content[j], n.Content[j+1]; k.Value == "id" && val.Kind == yaml.ScalarNode && idPattern.MatchString(val.Value) {
				return val.Value
			}
		}
	}
	return strconv.Itoa(i)
}
