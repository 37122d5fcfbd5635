package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// tree is a plan file in the making: a map whose keys keep their order, a list,
// or one value.
type tree struct {
	keys  []string
	kids  map[string]*tree
	items []*tree
	kind  kind
	value string
	raw   bool // a number or true/false, written without quotes
	at    Ref  // cell of the value, or of the first thing said within
}

type kind uint8

const (
	nothing kind = iota
	branch
	list
	leaf
)

// path is a place below a tree: keys, and items of lists as "[1]".
type path []string

// pathOf reads "thread[1].en". ok is false for what no file can have.
func pathOf(s string) (p path, ok bool) {
	for key := range strings.SplitSeq(s, ".") {
		name, index, indexed := strings.Cut(key, "[")
		if name == "" {
			return nil, false
		}
		p = append(p, name)
		for indexed {
			number, rest, closed := strings.Cut(index, "]")
			if n, err := strconv.Atoi(number); !closed || err != nil || n < 1 || n > maxItems {
				return nil, false
			}
			p = append(p, "["+number+"]")
			if rest == "" {
				break
			}
			if !strings.HasPrefix(rest, "[") {
				return nil, false
			}
			index = rest[1:]
		}
	}
	return p, true
}

func (p path) String() string {
	return strings.ReplaceAll(strings.Join(p, "."), ".[", "[")
}

// maxItems bounds the number in "[…]" of a heading.
const maxItems = 200

// under finds or makes the tree at the path; nil where a value stands in the way.
func (t *tree) under(p path, at Ref) *tree {
	for _, key := range p {
		if n, ok := strings.CutPrefix(key, "["); ok {
			i, _ := strconv.Atoi(strings.TrimSuffix(n, "]"))
			if t.kind != nothing && t.kind != list {
				return nil
			}
			t.kind = list
			for len(t.items) < i {
				t.items = append(t.items, &tree{at: at})
			}
			t = t.items[i-1]
			continue
		}
		if t.kind != nothing && t.kind != branch {
			return nil
		}
		t.kind = branch
		if t.kids == nil {
			t.kids = map[string]*tree{}
		}
		next, ok := t.kids[key]
		if !ok {
			next = &tree{at: at}
			t.kids[key] = next
			t.keys = append(t.keys, key)
		}
		t = next
	}
	return t
}

// put says value at the path. was is what stood there and says otherwise; nil: nothing did.
func (t *tree) put(p path, value *tree) (was *tree) {
	to := t.under(p, value.at)
	switch {
	case to == nil:
		return t
	case to.kind == nothing:
		*to = *value
		return nil
	case to.same(value):
		return nil
	}
	return to
}

// get finds the tree at the path; nil where nothing is said there.
func (t *tree) get(keys ...string) *tree {
	for _, k := range keys {
		if t == nil {
			return nil
		}
		t = t.kids[k]
	}
	return t
}

func (t *tree) drop(key string) {
	delete(t.kids, key)
	t.keys = slices.DeleteFunc(t.keys, func(k string) bool { return k == key })
}

func (t *tree) same(o *tree) bool {
	return t.kind == o.kind && t.value == o.value && slices.Equal(t.keys, o.keys) &&
		slices.EqualFunc(t.items, o.items, (*tree).same) &&
		!slices.ContainsFunc(t.keys, func(k string) bool { return !t.kids[k].same(o.kids[k]) })
}

func word(value string, at Ref) *tree { return &tree{kind: leaf, value: value, at: at} }

func words(values []string, at Ref) *tree {
	t := &tree{kind: list, at: at}
	for _, v := range values {
		t.items = append(t.items, word(v, at))
	}
	return t
}

// yaml writes the tree as a file with one value a line, and tells the cell of each line.
func (t *tree) yaml() (src []byte, lines []Ref) {
	w := &writer{}
	w.branch(t, 0)
	return []byte(w.b.String()), w.lines
}

type writer struct {
	b     strings.Builder
	lines []Ref
}

func (w *writer) line(depth int, text string, at Ref) {
	w.b.WriteString(strings.Repeat("  ", depth) + text + "\n")
	w.lines = append(w.lines, at)
}

func (w *writer) branch(t *tree, depth int) {
	for _, k := range t.keys {
		w.value(quoted(k)+":", t.kids[k], depth)
	}
}

// value writes what follows a key or the hyphen of an item.
func (w *writer) value(before string, t *tree, depth int) {
	switch {
	case t.kind == branch && len(t.keys) > 0:
		w.line(depth, before, t.at)
		w.branch(t, depth+1)
	case t.kind == branch:
		w.line(depth, before+" {}", t.at)
	case t.kind == list && len(t.items) > 0:
		w.line(depth, before, t.at)
		for _, item := range t.items {
			w.value("-", item, depth+1)
		}
	case t.kind == list:
		w.line(depth, before+" []", t.at)
	case t.raw:
		w.line(depth, before+" "+t.value, t.at)
	default:
		w.line(depth, before+" "+quoted(t.value), t.at)
	}
}

// quoted is a double-quoted scalar of YAML in one line.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// treeOf reads a plan file that plan.Parse takes.
func treeOf(src []byte) (*tree, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, fmt.Errorf("the file holds no plan")
	}
	return fromNode(doc.Content[0], 0)
}

func fromNode(n *yaml.Node, depth int) (*tree, error) {
	t := &tree{}
	switch {
	case depth > 32 || n.Kind == yaml.AliasNode:
		return nil, fmt.Errorf("line %d: this is no plan", n.Line)
	case n.Kind == yaml.MappingNode:
		t.kind, t.kids = branch, map[string]*tree{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			kid, err := fromNode(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			t.keys = append(t.keys, n.Content[i].Value)
			t.kids[n.Content[i].Value] = kid
		}
	case n.Kind == yaml.SequenceNode:
		t.kind = list
		for _, c := range n.Content {
			item, err := fromNode(c, depth+1)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
		}
	default:
		t.kind, t.value = leaf, n.Value
		t.raw = n.Tag == "!!int" || n.Tag == "!!float" || n.Tag == "!!bool"
	}
	return t, nil
}
