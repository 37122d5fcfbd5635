package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	slash "path"
	"regexp"
	"strconv"
	"strings"
)

// The workbook is read here rather than by a library: a hostile one may name a
// cell in the last column of the last row, and must not make us hold all
// between. Only what has been read within the bounds is opened for comments.

// book is an open workbook.
type book struct {
	r      *reader
	parts  map[string]*zip.File
	shared []string // texts that cells point to
	dates  []bool   // by style: its numbers are shown as dates
	late   bool     // days count from 1904
}

// workbook reads the sheets of an XLSX file; nil where it cannot be read.
func (r *reader) workbook(src []byte) []table {
	b := &book{r: r, parts: map[string]*zip.File{}}
	if !b.open(src) {
		return nil
	}
	tables, err := b.tables()
	var over boundError
	switch {
	case errors.As(err, &over):
		r.fault("P201", over.at, over.text, "remove what says nothing, or split it")
		return nil
	case err != nil:
		r.fault("P200", Ref{}, "the workbook cannot be read: "+clip(err.Error()), "open it, and save it anew as an Excel workbook (.xlsx)")
		return nil
	}
	if b.late {
		r.warn("W206", Ref{}, "the workbook counts its days from 1904; they are read so", "look at the dates in the preview")
	}
	return tables
}

// boundError is that the workbook is larger than is read.
type boundError struct {
	at   Ref
	text string
}

func (e boundError) Error() string { return e.text }

// open looks at the parts and refuses what no plan needs.
func (b *book) open(src []byte) bool {
	z, err := zip.NewReader(bytes.NewReader(src), int64(len(src)))
	if err != nil {
		b.r.fault("P200", Ref{}, "the workbook is damaged: "+clip(err.Error()), "open it, and save it anew as an Excel workbook (.xlsx)")
		return false
	}
	var plain uint64
	for _, f := range z.File {
		name := strings.ToLower(slash.Clean("/" + strings.ReplaceAll(f.Name, `\`, "/")))[1:]
		b.parts[name] = f
		plain += f.UncompressedSize64
		switch {
		case len(z.File) > maxParts || plain > maxPlain || f.UncompressedSize64 > maxPlain:
			b.r.fault("P201", Ref{}, "the workbook is larger than any plan when unpacked", "split it, and keep pictures beside it, not in it")
			return false
		case strings.HasSuffix(name, "vbaproject.bin") || strings.HasPrefix(name, "xl/macrosheets/"):
			b.r.fault("P203", Ref{}, "the workbook holds macros", "save it as an Excel workbook (.xlsx) without macros")
			return false
		case strings.HasPrefix(name, "xl/externallinks/") || strings.HasPrefix(name, "xl/connections"):
			b.r.fault("P203", Ref{}, "the workbook takes values from other files or places", "paste them as values, and break the links")
			return false
		case name == "mimetype" || name == "content.xml" || name == "index/document.iwa" || strings.HasSuffix(name, ".iwa"):
			b.r.fault("P200", Ref{}, "this is an OpenDocument or Numbers file, not an Excel workbook", "save it as an Excel workbook (.xlsx) or as CSV")
			return false
		}
	}
	if b.parts["xl/workbook.xml"] == nil {
		b.r.fault("P200", Ref{}, "this is no Excel workbook", "save it as an Excel workbook (.xlsx) or as CSV")
		return false
	}
	return true
}

// tables reads all sheets, in the workbook's order.
func (b *book) tables() ([]table, error) {
	sheets, err := b.sheets()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(b.readShared(), b.readStyles()); err != nil {
		return nil, err
	}
	var out []table
	for _, s := range sheets {
		if len(out) == maxTables {
			return nil, boundError{Ref{}, fmt.Sprintf("the workbook has more than %d sheets", maxTables)}
		}
		t, err := b.table(s)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// sheetPart is where a sheet lies.
type sheetPart struct {
	name, part string
	hidden     bool
}

func (b *book) sheets() ([]sheetPart, error) {
	var rels struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := b.decode("xl/_rels/workbook.xml.rels", &rels); err != nil {
		return nil, err
	}
	var wb struct {
		Pr struct {
			Late string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			Rel   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			Loose string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode("xl/workbook.xml", &wb); err != nil {
		return nil, err
	}
	b.late = wb.Pr.Late == "1" || wb.Pr.Late == "true"
	var out []sheetPart
	for _, s := range wb.Sheets {
		for _, rel := range rels.List {
			if rel.ID == s.Rel+s.Loose {
				part := slash.Join("xl", rel.Target)
				if strings.HasPrefix(rel.Target, "/") {
					part = rel.Target[1:]
				}
				out = append(out, sheetPart{s.Name, strings.ToLower(part), s.State != "" && s.State != "visible"})
			}
		}
	}
	return out, nil
}

// decode reads a small part whole.
func (b *book) decode(name string, into any) error {
	f, ok := b.parts[name]
	if !ok {
		return fmt.Errorf("%s is missing", name)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	return xml.NewDecoder(io.LimitReader(in, 4<<20)).Decode(into)
}

// stream walks the elements of a part that may be large.
func (b *book) stream(name string, f func(d *xml.Decoder, e xml.StartElement) error) error {
	part, ok := b.parts[name]
	if !ok {
		return fmt.Errorf("%s is missing", name)
	}
	in, err := part.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	d := xml.NewDecoder(in)
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := f(d, e); err != nil {
				return err
			}
		}
	}
}

// richText is a text, plain or in runs; what is said of its sound is left out.
type richText struct {
	T    []string `xml:"t"`
	Runs []string `xml:"r>t"`
}

func (t richText) text() string {
	return unescapeX(strings.Join(append(t.T, t.Runs...), ""))
}

func (b *book) readShared() error {
	if b.parts["xl/sharedstrings.xml"] == nil {
		return nil
	}
	return b.stream("xl/sharedstrings.xml", func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		if len(b.shared) >= maxCells {
			return boundError{Ref{}, fmt.Sprintf("the workbook has more than %d texts", maxCells)}
		}
		var t richText
		if err := d.DecodeElement(&t, &e); err != nil {
			return err
		}
		b.shared = append(b.shared, t.text())
		return nil
	})
}

func (b *book) readStyles() error {
	if b.parts["xl/styles.xml"] == nil {
		return nil
	}
	var s struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Styles []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode("xl/styles.xml", &s); err != nil {
		return err
	}
	codes := map[int]bool{}
	for _, f := range s.Formats {
		codes[f.ID] = showsDate(f.Code)
	}
	for _, x := range s.Styles {
		dated, own := codes[x.Format]
		n := x.Format
		builtIn := n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58 || n >= 71 && n <= 81
		b.dates = append(b.dates, dated || !own && builtIn)
	}
	return nil
}

// showsDate tells whether a format of numbers shows a date or a time.
func showsDate(code string) bool {
	quoted, bracket := false, false
	for i, c := range code {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted || i > 0 && code[i-1] == '\\':
		case c == '[':
			bracket = !strings.HasPrefix(code[i:], "[h") && !strings.HasPrefix(code[i:], "[m") && !strings.HasPrefix(code[i:], "[s")
		case c == ']':
			bracket = false
		case !bracket && strings.ContainsRune("dDmMyYhHsS", c):
			return true
		}
	}
	return false
}

// table reads one sheet.
func (b *book) table(s sheetPart) (table, error) {
	t := table{name: s.name, hidden: s.hidden, first: 1}
	row := 0
	err := b.stream(s.part, func(d *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "col":
			from, to := atoi(attr(e, "min")), atoi(attr(e, "max"))
			for i := from; truth(attr(e, "hidden")) && i > 0 && i <= min(to, maxColumns); i++ {
				t.hiddenColumns = append(t.hiddenColumns, i)
			}
		case "row":
			if n := atoi(attr(e, "r")); n > row {
				row = n
			} else {
				row++
			}
			if truth(attr(e, "hidden")) && row <= maxRows {
				t.hiddenRows = append(t.hiddenRows, row)
			}
		case "c":
			return b.cell(d, e, &t, row)
		case "mergeCell":
			if m, ok := areaOf(attr(e, "ref")); ok && len(t.merged) < maxRows {
				t.merged = append(t.merged, m)
			}
		}
		return nil
	})
	// Hidden parts count where they hold something.
	t.hiddenRows = keep(t.hiddenRows, func(n int) bool { return n <= len(t.rows) && !t.empty(n-1) })
	t.hiddenColumns = keep(t.hiddenColumns, func(n int) bool {
		for i := range t.rows {
			if t.cell(i, n-1).text != "" {
				return true
			}
		}
		return false
	})
	return t, err
}

func keep(list []int, f func(int) bool) []int {
	var out []int
	for _, n := range list {
		if f(n) {
			out = append(out, n)
		}
	}
	return out
}

func (b *book) cell(d *xml.Decoder, e xml.StartElement, t *table, row int) error {
	var c struct {
		V  *string   `xml:"v"`
		F  *string   `xml:"f"`
		Is *richText `xml:"is"`
	}
	if err := d.DecodeElement(&c, &e); err != nil {
		return err
	}
	col := 0
	if ref := attr(e, "r"); ref != "" {
		col, _ = columnOf(ref)
		if n := atoi(strings.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")); n > 0 {
			row = n
		}
	} else if row > 0 && row <= len(t.rows) {
		col = len(t.rows[row-1]) + 1
	} else {
		col = 1
	}
	v := ""
	if c.V != nil {
		v = *c.V
	}
	x := b.content(attr(e, "t"), atoi(attr(e, "s")), v, c.Is)
	x.formula = c.F != nil
	if x.text == "" && !x.formula {
		return nil
	}
	at := Ref{Sheet: t.name, Row: row, Col: col}
	switch b.r.cells++; {
	case row < 1 || row > maxRows:
		return boundError{at, fmt.Sprintf("the sheet %q goes on below row %d", t.name, maxRows)}
	case col < 1 || col > maxColumns:
		return boundError{at, fmt.Sprintf("the sheet %q goes on beyond column %s", t.name, letters(maxColumns))}
	case b.r.cells > maxCells:
		return boundError{at, fmt.Sprintf("the workbook has more than %d cells", maxCells)}
	}
	for len(t.rows) < row {
		t.rows = append(t.rows, nil)
	}
	for len(t.rows[row-1]) < col {
		t.rows[row-1] = append(t.rows[row-1], cell{})
	}
	t.rows[row-1][col-1] = x
	return nil
}

// content is what a cell of the type says.
func (b *book) content(kind string, style int, v string, is *richText) cell {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(v); err == nil && i >= 0 && i < len(b.shared) {
			return cell{text: b.shared[i]}
		}
		return cell{}
	case "inlineStr":
		if is != nil {
			return cell{text: is.text()}
		}
		return cell{}
	case "str":
		return cell{text: unescapeX(v)}
	case "b":
		return cell{text: map[string]string{"1": "true", "0": "false"}[v]}
	case "e":
		return cell{text: v, faulty: true}
	case "d":
		return cell{text: strings.TrimSuffix(v, "Z")}
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return cell{text: v}
	}
	c := cell{text: v, number: true, value: f, dated: style >= 0 && style < len(b.dates) && b.dates[style]}
	if b.late && f >= 1 {
		c.value += day1904
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		c.text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	return c
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func truth(s string) bool { return s == "1" || s == "true" }

func areaOf(ref string) (area, bool) {
	from, to, ok := strings.Cut(ref, ":")
	a, b := area{}, ""
	a.col, b = columnOf(from)
	a.row = atoi(b)
	a.toCol, b = columnOf(to)
	a.toRow = atoi(b)
	return a, ok && a.row > 0 && a.col > 0 && a.toRow >= a.row && a.toCol >= a.col
}

// unescapeX reads "_x000D_", as workbooks write what XML cannot hold.
func unescapeX(s string) string {
	if !strings.Contains(s, "_x") {
		return strings.ReplaceAll(s, "\r\n", "\n")
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "_x") && len(s) >= i+7 && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

var escapedX = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

// escapeX writes a text so that unescapeX, and spreadsheets, read it back as it is.
func escapeX(s string) string { return escapedX.ReplaceAllString(s, "_x005F_$1") }

// clip shortens what a file or library says for use in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}
