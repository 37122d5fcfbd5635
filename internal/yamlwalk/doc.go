// Package yamlwalk reads a YAML document (or JSON, which is YAML) that a
// person wrote, and says everything that is wrong with its form at once, each
// with line, column, path and remedy. It refuses what such a document never
// needs and what could hurt the reader: anchors, aliases, tags, merge keys,
// several documents, foreign encodings, and anything over its limits.
//
// A decoder asks a Value for what the document should hold there and reads
// like the document's schema:
//
//	doc, root := yamlwalk.Parse("plan.yaml", src, limits, codes)
//	m := root.Map()
//	p.ID = m.Need("plan").ID()
//	p.Title = m.Opt("title").String()
//	for _, v := range m.Opt("languages").List(1, 8) {
//		p.Languages = append(p.Languages, v.String())
//	}
//	m.Done() // keys that nobody asked for are unknown
//	return doc.Findings()
//
// A Value that is not written, or is of another kind than asked, answers with
// the zero value; the finding was collected. So a decoder has no error paths.
package yamlwalk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Codes are the codes under which a kind of document reports faults of form.
type Codes struct {
	Bytes   string // too large, not UTF-8, a byte-order mark, too many or too deep values
	Syntax  string // not YAML
	Feature string // YAML that is refused: anchors, aliases, tags, merge keys, several documents
	Key     string // a key that is unknown, doubled or missing
	Type    string // a value of another kind or form than asked
}

// Limits bound what a document may cost. The zero value of a field takes its default.
type Limits struct {
	Bytes  int // of the whole file; default 2 MiB
	Depth  int // of nested maps and lists; default 32
	Values int // scalars, maps, lists and keys; default 200,000
}

// maxFindings bounds the list; what lies beyond is only counted.
const maxFindings = 2000

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 2 << 20
	}
	if l.Depth == 0 {
		l.Depth = 32
	}
	if l.Values == 0 {
		l.Values = 200_000
	}
	return l
}

// Pos is a place in a document. Line and Column count from 1, columns in
// characters; a zero Line is no place at all.
type Pos struct {
	Line, Column int
	Path         string // "posts[quote-nurse].text.en"; list items by their id, else by their number from 0
}

// Str is a string with its place.
type Str struct {
	Value string
	Pos   Pos
}

// Written tells whether the string stands in the document.
func (s Str) Written() bool { return s.Pos.Line > 0 }

// Doc collects the findings about one document. It is not safe for several goroutines.
type Doc struct {
	file     string
	codes    Codes
	findings campaign.Findings
	dropped  int
	shifts   []shift // see jsonToYAML
}

// Parse reads src, which findings call file. Whatever it refuses is in the
// Doc's findings, and the root Value is then one that is not written.
func Parse(file string, src []byte, limits Limits, codes Codes) (*Doc, Value) {
	d := &Doc{file: file, codes: codes}
	limits = limits.withDefaults()
	if !d.vetBytes(src, limits) {
		return d, Value{doc: d}
	}
	src, d.shifts = jsonToYAML(src)
	root, ok := d.load(src, limits)
	if !ok {
		return d, Value{doc: d}
	}
	count := 0
	d.vetNode(root, &count)
	if count > limits.Values {
		d.Error(Pos{Line: 1, Column: 1}, codes.Bytes, fmt.Sprintf("the file holds %d values, more than %d", count, limits.Values), "split it into several files")
		return d, Value{doc: d}
	}
	return d, Value{doc: d, node: root}
}

// Findings are the faults found so far, in the order of the file.
func (d *Doc) Findings() campaign.Findings {
	out := slices.Clone(d.findings)
	slices.SortStableFunc(out, func(a, b campaign.Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if d.dropped > 0 {
		out = append(out, campaign.Finding{File: d.file, Severity: campaign.SeverityError, Code: d.codes.Bytes,
			Message: fmt.Sprintf("%d more findings are not shown", d.dropped), Fix: "mend these and check again"})
	}
	return out
}

// Error collects a fault at a place.
func (d *Doc) Error(at Pos, code, message, fix string) {
	d.Add(campaign.Finding{Severity: campaign.SeverityError, Code: code, Message: message, Fix: fix}, at)
}

// Warn collects something that does not stop a submission but must be seen.
func (d *Doc) Warn(at Pos, code, message, fix string) {
	d.Add(campaign.Finding{Severity: campaign.SeverityWarning, Code: code, Message: message, Fix: fix}, at)
}

// Add collects a finding at a place: file, line, column and path are filled in.
func (d *Doc) Add(f campaign.Finding, at Pos) {
	if len(d.findings) >= maxFindings {
		d.dropped++
		return
	}
	f.File, f.Line, f.Column, f.Path = d.file, at.Line, at.Column, at.Path
	d.findings = append(d.findings, f)
}

// errDepth marks nesting beyond the limit.
var errDepth = errors.New("nested too deeply")

// load parses the one document of src. The parser is somebody else's code: a
// panic in it is a finding, not a crash.
func (d *Doc) load(src []byte, limits Limits) (root *yaml.Node, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			d.Error(Pos{Line: 1, Column: 1}, d.codes.Syntax, "the file cannot be read as YAML", "check its quotes, brackets and indentation")
			root, ok = nil, false
		}
	}()
	depth := loaderlimits.DepthFunc(func(n int, _ *yaml.DepthContext) error {
		if n > limits.Depth {
			return errDepth
		}
		return nil
	})
	loader, err := yaml.NewLoader(bytes.NewReader(src), yaml.WithPlugin(loaderlimits.New(depth)))
	if err != nil {
		panic(err) // constant options
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil {
		d.syntax(err, src, limits)
		return nil, false
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(err, src, limits)
		return nil, false
	default:
		at := d.posOf(&second)
		d.Error(at, d.codes.Feature, "a second document begins here", `keep one document: remove the line "---" and what follows, or make it a file of its own`)
		return nil, false
	}
	if len(first.Content) != 1 || first.Content[0].Tag == "!!null" && first.Content[0].Value == "" {
		d.Error(Pos{Line: 1, Column: 1}, d.codes.Syntax, "the file is empty", "write the document")
		return nil, false
	}
	return first.Content[0], true
}

// syntax turns the parser's error into a finding.
func (d *Doc) syntax(err error, src []byte, limits Limits) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		if errors.Is(err, io.EOF) {
			d.Error(Pos{Line: 1, Column: 1}, d.codes.Syntax, "the file is empty", "write the document")
			return
		}
		d.Error(Pos{Line: 1, Column: 1}, d.codes.Syntax, "not YAML: "+clip(err.Error()), "check quotes, brackets and indentation")
		return
	}
	at := Pos{Line: max(e.Mark.Line, 1), Column: max(e.Mark.Column, 1)}
	if e.Mark.Line == 0 && e.ContextMark.Line > 0 {
		at = Pos{Line: e.ContextMark.Line, Column: max(e.ContextMark.Column, 1)}
	}
	at.Column = d.unshift(at.Line, at.Column)
	if errors.Is(err, errDepth) || strings.Contains(e.Message, errDepth.Error()) {
		d.Error(at, d.codes.Bytes, fmt.Sprintf("nested more than %d levels deep", limits.Depth), "flatten it")
		return
	}
	f := campaign.Finding{Severity: campaign.SeverityError, Code: d.codes.Syntax, Message: "not YAML: " + clip(e.Message), Fix: syntaxFix(e.Message, lineOf(src, at.Line))}
	if strings.Contains(e.Message, "unknown anchor") {
		f.Code, f.Message, f.Fix = d.codes.Feature, "an alias (*name) is not allowed", "write the value itself, or put it in quotes if it is text"
	}
	if strings.HasPrefix(lineOf(src, at.Line), "\t") {
		f.Message = "not YAML: a tab stands where the line is indented"
	}
	if e.ContextMsg != "" && e.ContextMark.Line > 0 && e.ContextMark != e.Mark {
		f.Detail = fmt.Sprintf("%s that began at line %d, column %d", e.ContextMsg, e.ContextMark.Line, max(e.ContextMark.Column, 1))
	}
	d.Add(f, at)
}

// syntaxFix guesses the usual mistake behind a parser's message.
func syntaxFix(message, line string) string {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return `text that holds ": " needs quotes around it`
	case strings.HasPrefix(line, "\t") || strings.Contains(message, "tab"):
		return "indent with spaces, not with tabs"
	case strings.Contains(message, "cannot start any token"):
		return "text that begins with @, `, % or a tab needs quotes around it"
	case strings.Contains(message, "quoted scalar") || strings.Contains(message, "end of stream"):
		return "close the quote that was opened"
	case strings.Contains(message, "control characters"):
		return "remove the invisible control character"
	case strings.Contains(message, "expected ',' or"):
		return "close the bracket, or put a comma between the values"
	case strings.Contains(message, "escape"):
		return `write a backslash as \\, or use single quotes`
	}
	return "check quotes, brackets and that keys of one map begin in the same column"
}

// vetNode counts values and refuses the features of YAML that are not allowed.
// Aliases are not followed.
func (d *Doc) vetNode(n *yaml.Node, count *int) {
	*count++
	switch {
	case n.Kind == yaml.AliasNode:
		d.Error(d.posOf(n), d.codes.Feature, "an alias (*name) is not allowed", "write the value itself, or put it in quotes if it is text")
		return
	case n.Anchor != "":
		d.Error(d.posOf(n), d.codes.Feature, "an anchor (&name) is not allowed", "remove it, or put the text in quotes")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.Error(d.posOf(n), d.codes.Feature, "a tag (!name) is not allowed", "remove it, or put the text in quotes")
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && isMerge(c) {
			d.Error(d.posOf(c), d.codes.Feature, "a merge key (<<) is not allowed", "write the keys themselves")
		}
		d.vetNode(c, count)
	}
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && (key.Tag == "!!merge" || key.Value == "<<")
}

func (d *Doc) posOf(n *yaml.Node) Pos {
	return Pos{Line: max(n.Line, 1), Column: d.unshift(max(n.Line, 1), max(n.Column, 1))}
}

func lineOf(src []byte, line int) string {
	for range line - 1 {
		_, rest, ok := bytes.Cut(src, []byte("\n"))
		if !ok {
			return ""
		}
		src = rest
	}
	first, _, _ := bytes.Cut(src, []byte("\n"))
	return string(first)
}
