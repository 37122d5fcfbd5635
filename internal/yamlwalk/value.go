package yamlwalk

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
	"go.yaml.in/yaml/v4"
)

// Value is one place in a document.
type Value struct {
	doc  *Doc
	node *yaml.Node // nil: not written
	path string
	code string // instead of the document's own codes, see As
}

// Written tells whether anything stands at the place.
func (v Value) Written() bool { return v.node != nil }

// Pos is the place; the zero Pos where nothing is written.
func (v Value) Pos() Pos {
	if v.node == nil {
		return Pos{Path: v.path}
	}
	at := v.doc.posOf(v.node)
	at.Path = v.path
	return at
}

// As makes the value, and a map or list made of it, report faults of form
// under a code of its own.
func (v Value) As(code string) Value {
	v.code = code
	return v
}

// Error collects a fault of the value.
func (v Value) Error(code, message, fix string) { v.doc.Error(v.Pos(), code, message, fix) }

// Warn collects a warning about the value.
func (v Value) Warn(code, message, fix string) { v.doc.Warn(v.Pos(), code, message, fix) }

// Add collects a finding about the value.
func (v Value) Add(f campaign.Finding) { v.doc.Add(f, v.Pos()) }

// IsMap, IsList and IsString tell what is written there, for values that may be of several kinds.
func (v Value) IsMap() bool    { return v.node != nil && v.node.Kind == yaml.MappingNode }
func (v Value) IsList() bool   { return v.node != nil && v.node.Kind == yaml.SequenceNode }
func (v Value) IsString() bool { return v.node != nil && isText(v.node) }

// isText tells whether the node is a string. What YAML would take for a date is
// a string here, so that dates need no quotes.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!str" || n.Tag == "!!timestamp" || n.Tag == "!!merge")
}

// refuse reports a value of another kind or form than asked.
func (v Value) refuse(message, fix string) { v.Error(v.or(v.doc.codes.Type), message, fix) }

func (v Value) or(code string) string {
	if v.code != "" {
		return v.code
	}
	return code
}

// String is a text that is not empty.
func (v Value) String() Str {
	return v.phrase("")
}

// phrase is a text that is not empty; fix is the remedy where it is none.
func (v Value) phrase(fix string) Str {
	s, ok := v.text(fix)
	if ok && strings.TrimSpace(s.Value) == "" {
		v.refuse(v.name()+" is empty", "write a value or remove the key")
		return Str{}
	}
	return s
}

// StringOrEmpty is a text, be it empty.
func (v Value) StringOrEmpty() Str {
	s, _ := v.text("")
	return s
}

func (v Value) text(fix string) (Str, bool) {
	switch {
	case v.node == nil || v.node.Kind == yaml.AliasNode:
		return Str{}, false
	case isText(v.node):
		return Str{v.node.Value, v.Pos()}, true
	case v.node.Tag == "!!null":
		v.refuse(v.name()+" has no value", "write a value or remove the key")
	case fix != "":
		v.refuse(fmt.Sprintf("%s is %s, not text", v.name(), kindOf(v.node)), fix)
	case v.node.Kind == yaml.ScalarNode:
		v.refuse(fmt.Sprintf("%s is %s, not text", v.name(), kindOf(v.node)), fmt.Sprintf("put it in quotes: %q", clip(v.node.Value)))
	default:
		v.refuse(fmt.Sprintf("%s is %s, not text", v.name(), kindOf(v.node)), "write one text")
	}
	return Str{}, false
}

// idPattern is the form of ids: lower-case letters, digits and hyphens, at most 64.
var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// IDPattern is the form of ids, for schemas.
const IDPattern = `^[a-z0-9][a-z0-9-]{0,63}$`

// ID is a name of a-z, 0-9 and hyphens, at most 64 long.
func (v Value) ID() Str {
	s := v.String()
	if s.Written() && !idPattern.MatchString(s.Value) {
		v.refuse(fmt.Sprintf("%q is not an id", clip(s.Value)), idFix(s.Value))
		return Str{}
	}
	return s
}

func idFix(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 64 {
			break
		}
	}
	const rule = "use a-z, 0-9 and hyphens, at most 64"
	if good := strings.Trim(b.String(), "-"); good != "" {
		return fmt.Sprintf("%s, such as %q", rule, good)
	}
	return rule
}

// Enum is one of the words.
func (v Value) Enum(words ...string) Str {
	s := v.phrase("write " + pick("", words))
	if s.Written() && !slices.Contains(words, s.Value) {
		v.refuse(fmt.Sprintf("%q is not one of %s", clip(s.Value), strings.Join(words, ", ")), "write "+pick(s.Value, words))
		return Str{}
	}
	return s
}

// pick names the nearest word, or all of them.
func pick(word string, words []string) string {
	if len(words) == 1 {
		return strconv.Quote(words[0])
	}
	if near := Nearest(word, words); near != "" {
		return strconv.Quote(near)
	}
	return "one of " + strings.Join(words, ", ")
}

// Match is a text of a form; what says the form in words, such as "a colour", example shows it.
func (v Value) Match(form *regexp.Regexp, what, example string) Str {
	fix := fmt.Sprintf("write it like %q", example)
	s := v.phrase(fix)
	if s.Written() && !form.MatchString(s.Value) {
		v.refuse(fmt.Sprintf("%q is not %s", clip(s.Value), what), fix)
		return Str{}
	}
	return s
}

// Int is a whole number from least to most; 0 where it is not.
func (v Value) Int(least, most int64) int64 {
	if v.node == nil {
		return 0
	}
	n, err := strconv.ParseInt(v.node.Value, 10, 64)
	switch {
	case v.node.Kind != yaml.ScalarNode || v.node.Tag != "!!int" || err != nil || strconv.FormatInt(n, 10) != v.node.Value:
		v.refuse(fmt.Sprintf("%s is %s, not a whole number", v.name(), kindOf(v.node)), fmt.Sprintf("write a number from %d to %d, without quotes", least, most))
		return 0
	case n < least || n > most:
		v.refuse(fmt.Sprintf("%d is not from %d to %d", n, least, most), fmt.Sprintf("write a number from %d to %d", least, most))
		return 0
	}
	return n
}

// Number is a number from least to most; least where it is not.
func (v Value) Number(least, most float64) float64 {
	if v.node == nil {
		return least
	}
	f, err := strconv.ParseFloat(v.node.Value, 64)
	if v.node.Kind != yaml.ScalarNode || (v.node.Tag != "!!float" && v.node.Tag != "!!int") || err != nil || !(f >= least && f <= most) {
		v.refuse(fmt.Sprintf("%s is not a number from %g to %g", v.name(), least, most), fmt.Sprintf("write a number from %g to %g, without quotes", least, most))
		return least
	}
	return f
}

// Bool is true or false; other is what it is where nothing is written.
func (v Value) Bool(other bool) bool {
	if v.node == nil {
		return other
	}
	if v.node.Kind != yaml.ScalarNode || v.node.Tag != "!!bool" || (v.node.Value != "true" && v.node.Value != "false") {
		v.refuse(fmt.Sprintf("%s is neither true nor false", v.name()), "write true or false, without quotes")
		return other
	}
	return v.node.Value == "true"
}

// Duration is a length of time such as "90s", "15m", "2h" or "1d12h"; other
// is what it is where nothing (valid) is written.
func (v Value) Duration(other time.Duration) time.Duration {
	const fix = `write it like "15m", "2h" or "1d"`
	s := v.phrase(fix)
	if !s.Written() {
		return other
	}
	d, err := ParseDuration(s.Value)
	if err != nil {
		v.refuse(err.Error(), fix)
		return other
	}
	return d
}

// Local is a date and time without a zone, such as "2026-12-18T09:00", as if it
// were UTC; zero where it is not.
func (v Value) Local() time.Time {
	const fix = `write a local time like "2026-12-18T09:00"`
	s := v.phrase(fix)
	if !s.Written() {
		return time.Time{}
	}
	t, err := ParseLocal(s.Value)
	if err != nil {
		v.refuse(err.Error(), fix)
	}
	return t
}

// Size is a number of bytes such as "512MiB"; other is what it is where
// nothing (valid) is written.
func (v Value) Size(other int64) int64 {
	const fix = `write it like "512MiB", "20MB" or "100KiB"`
	s := v.phrase(fix)
	if !s.Written() {
		return other
	}
	n, err := ParseSize(s.Value)
	if err != nil {
		v.refuse(err.Error(), fix)
		return other
	}
	return n
}

// name is how messages call the value: its key.
func (v Value) name() string {
	p := v.path
	if i := strings.LastIndexByte(p, '.'); i >= 0 && !strings.HasSuffix(p, "]") {
		p = p[i+1:]
	}
	if p == "" {
		return "the document"
	}
	return strconv.Quote(p)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	}
	return "text"
}

// clip shortens what a person wrote for use in a message.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
