package sheet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// MaxBytes is how large a sheet may be.
const MaxBytes = 8 << 20

// Bounds of what is read; a plan has at most 1,000 posts.
const (
	maxPlain   = 64 << 20 // of a workbook's parts, unpacked
	maxParts   = 500      // files in a workbook
	maxRows    = 5000
	maxColumns = 400
	maxCells   = 200_000 // of the whole file
	maxTables  = 30
	maxCell    = 32_767 // characters; spreadsheets hold no more
)

// cell is what one cell says.
type cell struct {
	text    string
	number  bool // a number, as spreadsheets keep dates and times too
	dated   bool // a number that is shown as a date or time
	faulty  bool // #REF! and the like
	formula bool
	value   float64
}

// blank tells whether the cell says nothing; a formula means to, even where its value was not saved.
func (c cell) blank() bool { return strings.TrimSpace(c.text) == "" && !c.formula }

// table is one sheet of a workbook, or the whole of a CSV file.
type table struct {
	name   string // "" for a CSV file
	rows   [][]cell
	hidden bool
	// hiddenRows and hiddenColumns count from 1.
	hiddenRows, hiddenColumns []int
	merged                    []area
	first                     int // number of the first of rows, from 1
}

// area is a rectangle of cells, counted from 1, both ends included.
type area struct{ row, col, toRow, toCol int }

// at is the cell's place, counted from 0 within the table.
func (t *table) at(row, col int) Ref { return Ref{Sheet: t.name, Row: t.first + row, Col: col + 1} }

func (t *table) cell(row, col int) cell {
	if row < len(t.rows) && col < len(t.rows[row]) {
		return t.rows[row][col]
	}
	return cell{}
}

// empty tells whether a row says nothing.
func (t *table) empty(row int) bool {
	return !slices.ContainsFunc(t.rows[row], func(c cell) bool { return !c.blank() })
}

// reader collects what a file holds and what is wrong with it.
type reader struct {
	file  string
	found campaign.Findings
	cells int
}

func (r *reader) say(severity campaign.Severity, code string, at Ref, message, fix string) {
	if len(r.found) < maxFindings {
		r.found = append(r.found, at.name(campaign.Finding{File: r.file, Severity: severity, Code: code, Message: message, Fix: fix}))
	}
}

func (r *reader) fault(code string, at Ref, message, fix string) {
	r.say(campaign.SeverityError, code, at, message, fix)
}

func (r *reader) warn(code string, at Ref, message, fix string) {
	r.say(campaign.SeverityWarning, code, at, message, fix)
}

// maxFindings bounds the list about the sheet itself.
const maxFindings = 2000

// Is tells whether the file is a sheet, by its bytes and its name, so that it
// goes through Read and not to plan.Parse. Sheets that Read refuses are ones too.
func Is(file string, src []byte) bool {
	name := strings.ToLower(file)
	for _, ending := range []string{".csv", ".tsv", ".xlsx", ".xlsm", ".xltx", ".xls", ".ods", ".numbers"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return bytes.HasPrefix(src, []byte("PK\x03\x04")) || bytes.HasPrefix(src, oldOffice)
}

// oldOffice begins .xls files and workbooks that a password locks.
var oldOffice = []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}

// tables reads the file; nil where it cannot be.
func (r *reader) tables(src []byte) []table {
	const save = "save it as an Excel workbook (.xlsx) or as CSV"
	switch {
	case len(src) > MaxBytes:
		r.fault("P201", Ref{}, fmt.Sprintf("the file has %d bytes, more than %d", len(src), MaxBytes), "split it, and keep pictures beside it, not in it")
	case bytes.HasPrefix(src, oldOffice):
		r.fault("P200", Ref{}, "this is an old Excel file (.xls), or one that a password locks", "remove the password, and "+save)
	case bytes.HasPrefix(src, []byte("PK\x03\x04")):
		return r.workbook(src)
	default:
		return r.csv(src)
	}
	return nil
}

// check says what of a table a reader may not expect: what is hidden, merged or computed.
func (r *reader) check(t *table) {
	whole := t.at(0, 0)
	if t.hidden {
		r.warn("W202", whole, fmt.Sprintf("the sheet %q is hidden and is read all the same", t.name), "delete it if it is not meant")
	}
	if n := len(t.hiddenRows); n > 0 {
		r.warn("W202", Ref{Sheet: t.name, Row: t.hiddenRows[0], Col: 1}, fmt.Sprintf("%d hidden rows are read all the same", n), "delete the rows that are not meant")
	}
	if n := len(t.hiddenColumns); n > 0 {
		r.warn("W202", Ref{Sheet: t.name, Row: 1, Col: t.hiddenColumns[0]}, fmt.Sprintf("%d hidden columns are read all the same", n), "delete the columns that are not meant")
	}
	for _, m := range t.merged {
		r.spread(t, m)
	}
}

// spread gives each row of a merged area what its first cell says: that is what
// people see beside each of the rows.
func (r *reader) spread(t *table, m area) {
	row, col := m.row-t.first, m.col-1
	if row < 0 || row >= len(t.rows) || strings.TrimSpace(t.cell(row, col).text) == "" || m.toRow == m.row {
		return
	}
	for below := row + 1; below <= m.toRow-t.first && below < len(t.rows); below++ {
		for len(t.rows[below]) <= col {
			t.rows[below] = append(t.rows[below], cell{})
		}
		t.rows[below][col] = t.rows[row][col]
	}
	r.warn("W203", t.at(row, col), fmt.Sprintf("merged cells: %s holds for the rows %d to %d", t.at(row, col).Cell(), m.row, m.toRow), "take the cells apart if that is not meant")
}
