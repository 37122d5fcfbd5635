package yamlwalk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// vetBytes refuses what must not even reach the parser, whose memory grows
// with what it is given.
func (d *Doc) vetBytes(src []byte, limits Limits) bool {
	at := Pos{Line: 1, Column: 1}
	switch {
	case len(src) > limits.Bytes:
		d.Error(at, d.codes.Bytes, fmt.Sprintf("the file is larger than %s", sizeText(limits.Bytes)), "split it into several files")
	case looksUTF16(src):
		d.Error(at, d.codes.Bytes, "the file is not UTF-8 but UTF-16 or UTF-32", `save it as UTF-8 ("Save as", encoding UTF-8)`)
	case bytes.HasPrefix(src, []byte("\ufeff")):
		d.Error(at, d.codes.Bytes, "the file begins with a byte-order mark", `save it as "UTF-8" instead of "UTF-8 with BOM"`)
	case !utf8.Valid(src) && bytes.IndexByte(src, 0) >= 0:
		d.Error(at, d.codes.Bytes, "this is not a text file", "name the file that was written, not a picture or a document")
	case !utf8.Valid(src):
		d.Error(badByte(src), d.codes.Bytes, "a byte here is not UTF-8", `save the file as UTF-8 ("Save as", encoding UTF-8)`)
	case bytes.IndexByte(src, 0) >= 0:
		d.Error(posAt(src, bytes.IndexByte(src, 0)), d.codes.Bytes, "a NUL byte stands here", "remove it; the file may be damaged or not be text")
	case badRune(src) >= 0:
		i := badRune(src)
		r, _ := utf8.DecodeRune(src[i:])
		d.Error(posAt(src, i), d.codes.Bytes, fmt.Sprintf("an invisible control character (U+%04X) stands here", r), "remove it")
	case separators(src) > limits.Values:
		d.Error(at, d.codes.Bytes, fmt.Sprintf("the file holds more than %d values", limits.Values), "split it into several files")
	default:
		return true
	}
	return false
}

// badRune is where the first character stands that no YAML text may hold, or -1.
func badRune(src []byte) int {
	return bytes.IndexFunc(src, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r <= 0x9f && r != 0x85 || r == 0xfffe || r == 0xffff
	})
}

// separators counts the bytes that can begin a further value. A document has at
// most about twice as many values, and a parsed value costs some 200 times a byte.
func separators(src []byte) int {
	n := 0
	for _, b := range src {
		switch b {
		case '\n', '\r', ',', '[', '{':
			n++
		}
	}
	return n
}

func looksUTF16(src []byte) bool {
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		return true
	}
	// Without a mark: YAML begins with ASCII, so every other byte is zero.
	return len(src) >= 4 && (src[0] == 0) != (src[1] == 0) && (src[2] == 0) != (src[3] == 0)
}

func badByte(src []byte) Pos {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size <= 1 {
			return posAt(src, i)
		}
		i += size
	}
	return Pos{Line: 1, Column: 1}
}

// posAt is the place of the byte at offset i; everything before is UTF-8.
func posAt(src []byte, i int) Pos {
	head := src[:i]
	start := bytes.LastIndexByte(head, '\n') + 1
	return Pos{Line: 1 + bytes.Count(head, []byte("\n")), Column: 1 + utf8.RuneCount(head[start:])}
}

// shift says that columns from Column on in Line lie By further right in the file.
type shift struct{ Line, Column, By int }

// jsonToYAML makes the two things that JSON has and the YAML parser lacks
// readable to it: tabs between values, and characters written as two surrogate
// escapes, as many JSON writers do by default. Anything but JSON is returned as it is.
func jsonToYAML(src []byte) ([]byte, []shift) {
	if trimmed := bytes.TrimLeft(src, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(src) {
		return src, nil
	}
	out := make([]byte, 0, len(src))
	var shifts []shift
	inString, line, column, lost := false, 1, 1, 0
	for i := 0; i < len(src); i++ {
		b := src[i]
		switch {
		case b == '\n':
			line, column, lost = line+1, 0, 0
		case b == '"':
			inString = !inString
		case b == '\t' && !inString:
			b = ' '
		case b == '\\':
			if r, ok := surrogates(src[i:]); ok {
				out = fmt.Appendf(out, `\U%08X`, r)
				i, column, lost = i+11, column+10, lost+2
				shifts = append(shifts, shift{line, column, lost})
				continue
			}
			out = append(out, b)
			i++
			b = src[i]
			column++
		}
		out = append(out, b)
		if utf8.RuneStart(b) {
			column++
		}
	}
	return out, shifts
}

// surrogates reads `\ud83d\ude00` at the beginning of b.
func surrogates(b []byte) (rune, bool) {
	if len(b) < 12 || b[1] != 'u' || b[6] != '\\' || b[7] != 'u' {
		return 0, false
	}
	hi, err1 := strconv.ParseUint(string(b[2:6]), 16, 32)
	lo, err2 := strconv.ParseUint(string(b[8:12]), 16, 32)
	r := utf16.DecodeRune(rune(hi), rune(lo))
	return r, err1 == nil && err2 == nil && r != utf8.RuneError
}

// unshift is the column in the file of a column that the parser saw.
func (d *Doc) unshift(line, column int) int {
	by := 0
	for _, s := range d.shifts {
		if s.Line == line && s.Column <= column {
			by = s.By
		}
	}
	return column + by
}
