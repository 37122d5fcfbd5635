// Package edit writes plan files for people who do not know the file: it says
// what of a post can be written anew, and puts what they wrote in its place,
// so that the file stays the one account of the plan. It checks nothing; what it writes is
// parsed and checked like any other file.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Field is one thing of a plan file that a person may write anew without
// knowing the file: a text in one language, a time, a picture's description.
type Field struct {
	Path  string // names it within the file, "posts/my-street/steps/launch/text/en"
	Name  string // what it is: one of the keys in written
	Where string // the step, item, channel or picture that it belongs to; "" is the post itself
	Lang  string // "" where it is the same in all
	Value string // "" where nothing is written yet
}

// written are the keys of a post whose values are fields, and whether they may
// differ by language. Below all other keys is searched on.
var written = map[string]bool{"text": true, "role": true, "first_comment": true, "content_warning": true, "alt": true,
	"at": false, "credit": false, "link": false}

// Fields are those of a post and of its pictures, in the order of the file.
// Source is a plan that Parse reads; else, and without such a post, there are none.
func Fields(source []byte, post campaign.PostID) []Field {
	f, err := openFile(source)
	if err != nil {
		return nil
	}
	return f.fields(post)
}

// Write gives fields of a post new values and leaves the rest of the file
// as it says. "" removes a text in a language. A path that is no field of
// the post is refused. Where nothing differs the very bytes come back.
func Write(source []byte, post campaign.PostID, values map[string]string) ([]byte, error) {
	f, err := openFile(source)
	if err != nil {
		return nil, err
	}
	known, changed := map[string]Field{}, false
	for _, field := range f.fields(post) {
		known[field.Path] = field
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		field, ok := known[path]
		if !ok {
			return nil, fmt.Errorf("post %s has no field %q", post, path)
		}
		if values[path] != field.Value {
			f.set(field, values[path])
			changed = true
		}
	}
	if !changed {
		return source, nil
	}
	return f.bytes()
}

// file is a plan file as a tree that can be changed and written again; comments
// and the style of each value stay.
type file struct{ doc *yaml.Node }

func openFile(source []byte) (file, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return file{}, fmt.Errorf("the plan cannot be read: %w", err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return file{}, errors.New("the plan cannot be read: it is no map")
	}
	return file{&doc}, nil
}

func (f file) root() *yaml.Node { return f.doc.Content[0] }

func (f file) bytes() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := errors.Join(e.Encode(f.doc), e.Close())
	return b.Bytes(), err
}

// fields searches the post, and then the pictures that it names.
func (f file) fields(post campaign.PostID) (all []Field) {
	x := child(child(f.root(), "posts"), string(post))
	if x == nil {
		return nil
	}
	langs := words(child(f.root(), "languages"))
	collect(x, []string{"posts", string(post)}, "", langs, &all)
	media := child(f.root(), "media")
	for _, id := range pictures(x) {
		if m := child(media, id); m != nil {
			collect(m, []string{"media", id}, id, langs, &all)
		}
	}
	return all
}

// collect adds what may be written below n, which is a map or a list.
func collect(n *yaml.Node, path []string, where string, langs []string, all *[]Field) {
	for key, v := range children(n) {
		below := append(slices.Clone(path), key)
		byLang, is := written[key]
		switch {
		case is && v.Kind == yaml.ScalarNode:
			*all = append(*all, Field{Path: strings.Join(below, "/"), Name: key, Where: where, Value: v.Value})
		case is && byLang && v.Kind == yaml.MappingNode:
			for _, lang := range langs {
				said := ""
				if s := child(v, lang); s != nil {
					said = s.Value
				}
				*all = append(*all, Field{Path: strings.Join(append(slices.Clone(below), lang), "/"), Name: name(key, path), Where: where, Lang: lang, Value: said})
			}
		case !is && v.Kind == yaml.MappingNode && (n.Kind == yaml.SequenceNode || isGroup(path)):
			collect(v, below, key, langs, all) // a step, an item, a variant
		case !is && (v.Kind == yaml.MappingNode || v.Kind == yaml.SequenceNode):
			collect(v, below, where, langs, all)
		}
	}
}

// name tells a quote's words from the post's text.
func name(key string, path []string) string {
	if key == "text" && path[len(path)-1] == "quote" {
		return "quote"
	}
	return key
}

// isGroup tells whether the keys of the map at path are names that people chose.
func isGroup(path []string) bool {
	last := path[len(path)-1]
	return last == "steps" || last == "variants"
}

// pictures are the media that a post or a part of it names.
func pictures(n *yaml.Node) (ids []string) {
	for key, v := range children(n) {
		switch {
		case key == "photo" && v.Kind == yaml.ScalarNode:
			ids = append(ids, v.Value)
		case key == "images":
			ids = append(ids, words(v)...)
		default:
			ids = append(ids, pictures(v)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// children goes through a map by key, or through those of a list that have an id, by it.
func children(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		switch {
		case n == nil:
		case n.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if !yield(n.Content[i].Value, n.Content[i+1]) {
					return
				}
			}
		case n.Kind == yaml.SequenceNode:
			for _, v := range n.Content {
				if v.Kind != yaml.MappingNode {
					continue
				}
				if id := child(v, "id"); id != nil && !yield(id.Value, v) {
					return
				}
			}
		}
	}
}

func child(n *yaml.Node, key string) *yaml.Node {
	for k, v := range children(n) {
		if k == key {
			return v
		}
	}
	return nil
}

// words are the values of a list.
func words(n *yaml.Node) (out []string) {
	if n != nil && n.Kind == yaml.SequenceNode {
		for _, v := range n.Content {
			out = append(out, v.Value)
		}
	}
	return out
}

// set writes a field. Its map is there; only a language's own key may be missing.
func (f file) set(field Field, value string) {
	path := strings.Split(field.Path, "/")
	at := f.root()
	for _, key := range path[:len(path)-1] {
		at = child(at, key)
	}
	key := path[len(path)-1]
	if field.Lang != "" && value == "" {
		drop(at, key)
		return
	}
	put(at, key, quoted(value))
}

// put gives a key of a map a value; the comments beside the one before stay.
func put(m *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if was := m.Content[i+1]; m.Content[i].Value == key {
			v.HeadComment, v.LineComment, v.FootComment = was.HeadComment, was.LineComment, was.FootComment
			m.Content[i+1] = v
			return
		}
	}
	m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, v)
}

func drop(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = slices.Delete(m.Content, i, i+2)
			return
		}
	}
}

// quoted is a text as a person's file has it.
func quoted(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}
