package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// csv reads a CSV file whole: one table, or several that a row with "[Posts]"
// and the like begins.
func (r *reader) csv(src []byte) []table {
	text, note := decode(src)
	if note != "" {
		r.warn("W205", Ref{}, "the file is not UTF-8: it is read as "+note, "look at the accents in the preview; save it as \"CSV UTF-8\" if they are wrong")
	}
	if strings.ContainsRune(text, 0) {
		r.fault("P200", Ref{}, "the file is no text and no workbook", "save it as an Excel workbook (.xlsx) or as CSV")
		return nil
	}
	rows, bad := split(text, separator(text))
	if bad > 0 {
		r.fault("P200", Ref{Row: bad, Col: 1}, "a quotation mark is opened in this row and never closed", `close it; a quotation mark within a quoted cell is written twice ("")`)
		return nil
	}
	if len(rows) > maxRows {
		r.fault("P201", Ref{}, fmt.Sprintf("the file has more than %d rows", maxRows), "split it")
		return nil
	}
	var out []table
	t := table{first: 1}
	for i, row := range rows {
		if len(row) > maxColumns {
			r.fault("P201", Ref{Row: i + 1, Col: maxColumns + 1}, fmt.Sprintf("row %d has more than %d columns", i+1, maxColumns), "remove the columns that say nothing")
			return nil
		}
		if r.cells += len(row); r.cells > maxCells {
			r.fault("P201", Ref{}, fmt.Sprintf("the file has more than %d cells", maxCells), "split it")
			return nil
		}
		if name, ok := section(row); ok {
			if len(t.rows) > 0 {
				out = append(out, t)
			}
			if len(out) >= maxTables {
				r.fault("P201", Ref{Row: i + 1, Col: 1}, fmt.Sprintf("the file has more than %d tables", maxTables), "split it")
				return nil
			}
			t = table{name: name, first: i + 2}
			continue
		}
		cells := make([]cell, len(row))
		for j, s := range row {
			cells[j] = cell{text: unescape(strings.ReplaceAll(s, "\r\n", "\n"))}
		}
		t.rows = append(t.rows, cells)
	}
	return append(out, t)
}

// section recognises the row that begins a table of a file with several.
func section(row []string) (string, bool) {
	for _, s := range row[1:] {
		if s != "" {
			return "", false
		}
	}
	name, ok := strings.CutPrefix(row[0], "[")
	name, closed := strings.CutSuffix(name, "]")
	return name, ok && closed && name != ""
}

// decode makes UTF-8 of what the file is written in, and names that if it is something else.
func decode(src []byte) (text, note string) {
	if rest, ok := bytes.CutPrefix(src, []byte("\xef\xbb\xbf")); ok && utf8.Valid(rest) {
		return string(rest), ""
	}
	if rest, ok := bytes.CutPrefix(src, []byte("\xff\xfe")); ok {
		return wide(rest, binary.LittleEndian), "UTF-16"
	}
	if rest, ok := bytes.CutPrefix(src, []byte("\xfe\xff")); ok {
		return wide(rest, binary.BigEndian), "UTF-16"
	}
	if len(src) > 3 && src[0] != 0 && src[1] == 0 && src[2] != 0 && src[3] == 0 {
		return wide(src, binary.LittleEndian), "UTF-16"
	}
	if utf8.Valid(src) {
		return string(src), ""
	}
	page, name := charmap.Windows1252, "Windows-1252 (Western European)"
	if arabic(src) {
		page, name = charmap.Windows1256, "Windows-1256 (Arabic)"
	}
	b, err := page.NewDecoder().Bytes(src)
	if err != nil {
		return strings.ToValidUTF8(string(src), "\uFFFD"), name
	}
	return string(b), name
}

func wide(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// arabic tells whether the bytes above ASCII come in runs, as Arabic words do;
// accented letters of the West stand among plain ones.
func arabic(src []byte) bool {
	inRuns, alone, run := 0, 0, 0
	for _, b := range append(bytes.Clone(src), ' ') {
		if b >= 0xc0 {
			run++
			continue
		}
		if run > 2 {
			inRuns += run
		} else {
			alone += run
		}
		run = 0
	}
	return inRuns > alone
}

// separator is what stands between the cells: what the file says in its first
// row ("sep=;"), else what there is most of outside of quotation marks in its first rows.
func separator(text string) rune {
	if rest, ok := strings.CutPrefix(text, "sep="); ok && rest != "" {
		return rune(rest[0])
	}
	count, quoted := map[rune]int{}, false
	for _, c := range text[:min(len(text), 20_000)] {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ';' || c == '\t'):
			count[c]++
		}
	}
	best := ','
	for _, c := range []rune{';', '\t'} {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

// split takes a text apart into rows and cells. A row may have line breaks in
// quoted cells; it is one row all the same, as spreadsheets count. bad is the
// row in which a quotation mark is opened and never closed, 0 for none.
func split(text string, sep rune) (rows [][]string, bad int) {
	if strings.HasPrefix(text, "sep=") {
		_, text, _ = strings.Cut(text, "\n")
		rows = append(rows, []string{""})
	}
	var row []string
	var b strings.Builder
	quoted, begun := false, false
	end := func() { row, begun = append(row, b.String()), false; b.Reset() }
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case quoted && c == '"' && strings.HasPrefix(text[i:], `"`):
			b.WriteByte('"')
			i++
		case quoted && c == '"':
			quoted = false
		case quoted:
			b.WriteRune(c)
		case c == '"' && !begun:
			quoted, begun = true, true
		case c == sep:
			end()
		case c == '\r' && strings.HasPrefix(text[i:], "\n"):
		case c == '\n' || c == '\r':
			end()
			rows, row = append(rows, row), nil
			if len(rows) > maxRows {
				return rows, 0
			}
		default:
			b.WriteRune(c)
			begun = true
		}
	}
	if quoted {
		return rows, len(rows) + 1
	}
	if b.Len() > 0 || len(row) > 0 || begun {
		end()
		rows = append(rows, row)
	}
	return rows, 0
}

// dangerous are the characters that make spreadsheets take a cell for a formula.
const dangerous = "=+-@\t\r"

// escape keeps a spreadsheet from taking a cell of a CSV file for a formula.
func escape(s string) string {
	if s != "" && strings.ContainsRune(dangerous+"'", rune(s[0])) {
		return "'" + s
	}
	return s
}

func unescape(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(dangerous+"'", rune(s[1])) {
		return s[1:]
	}
	return s
}

// csvOf writes tables as one CSV file.
func csvOf(tables []table) []byte {
	var b bytes.Buffer
	b.WriteString("\xef\xbb\xbf") // or Excel takes it for the code page of the machine
	for _, t := range tables {
		fmt.Fprintf(&b, "[%s]\r\n", t.name)
		for _, row := range t.rows {
			for i, c := range row {
				if i > 0 {
					b.WriteByte(',')
				}
				s := escape(c.text)
				if strings.ContainsAny(s, ",\"\r\n;\t") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") || i == 0 && strings.HasPrefix(s, "[") {
					s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
				}
				b.WriteString(s)
			}
			b.WriteString("\r\n")
		}
	}
	return b.Bytes()
}
