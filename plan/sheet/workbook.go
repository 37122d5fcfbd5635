package sheet

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/ittakesacommunity/takeover/campaign"
)

// roomBelow is how many rows drop-downs reach down to: a plan has at most 1,000 posts.
const roomBelow = 1500

// Template is an empty workbook for a window: its headings, drop-downs of what
// may be chosen, and help in four languages.
func Template(c *campaign.Campaign, window campaign.TakeoverID) ([]byte, error) {
	w, ok := c.Takeovers[window]
	if !ok {
		return nil, fmt.Errorf("there is no window %q", window)
	}
	var ids []string
	for _, ch := range w.Channels {
		ids = append(ids, string(ch))
	}
	plan := table{name: "Plan", first: 1}
	for _, kv := range [][2]string{
		{"plan", string(window)}, {"window", string(window)}, {"campaign", c.ID}, {"title", ""}, {"timezone", c.Zone},
		{"languages", strings.Join(c.Languages, " | ")}, {"defaults.channels", strings.Join(ids, " | ")}, {"defaults.hashtags", ""}, {"defaults.link", ""},
	} {
		plan.rows = append(plan.rows, []cell{{text: kv[0]}, {text: kv[1]}})
	}
	posts := table{name: "Posts", first: 1, rows: [][]cell{headingRow(columns, c.Languages, []string{"image", "alt"})}}
	streams := table{name: "Streams", first: 1, rows: [][]cell{headingRow(streamColumns, c.Languages, nil)}}
	media := table{name: "Media", first: 1, rows: [][]cell{headingRow(mediaColumns, c.Languages, nil)}}
	return workbookOf([]table{plan, posts, streams, media}, c, window)
}

// headingRow names all columns, those that are said in each language once for each.
func headingRow(from []column, langs, numbered []string) []cell {
	var row []cell
	for _, c := range from {
		name := c.name
		if slices.Contains(numbered, name) {
			name += "1"
		}
		if !c.each {
			row = append(row, cell{text: name})
			continue
		}
		for _, l := range langs {
			row = append(row, cell{text: name + "_" + l})
		}
	}
	return row
}

// workbookOf writes tables as a workbook, with drop-downs and help.
func workbookOf(tables []table, c *campaign.Campaign, window campaign.TakeoverID) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w := &bookWriter{f: f}
	w.styles()
	for i, t := range tables {
		if i == 0 {
			w.fail(f.SetSheetName("Sheet1", t.name))
		} else {
			_, err := f.NewSheet(t.name)
			w.fail(err)
		}
		w.table(t)
	}
	w.lists(c, window)
	w.choices(tables)
	w.help()
	if i, err := f.GetSheetIndex("Posts"); err == nil {
		f.SetActiveSheet(i)
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	w.fail(err)
	return b.Bytes(), w.err
}

// bookWriter writes a workbook and remembers the first error.
type bookWriter struct {
	f          *excelize.File
	head, text int // styles
	ranges     map[string]string
	err        error
}

func (w *bookWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *bookWriter) styles() {
	var err error
	asText := "@"
	w.head, err = w.f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}}, CustomNumFmt: &asText,
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	w.fail(err)
	w.text, err = w.f.NewStyle(&excelize.Style{CustomNumFmt: &asText, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	w.fail(err)
}

func (w *bookWriter) table(t table) {
	width := 0
	for i, row := range t.rows {
		width = max(width, len(row))
		for j, c := range row {
			if c.text != "" {
				w.fail(w.f.SetCellStr(t.name, fmt.Sprintf("%s%d", letters(j+1), i+1), escapeX(c.text)))
			}
		}
	}
	if width == 0 {
		return
	}
	last := letters(width)
	w.fail(w.f.SetCellStyle(t.name, "A1", fmt.Sprintf("%s%d", last, max(len(t.rows), 2)), w.text))
	if t.name == "Plan" {
		w.fail(w.f.SetColStyle(t.name, "A:B", w.text))
		w.fail(w.f.SetCellStyle(t.name, "A1", fmt.Sprintf("A%d", len(t.rows)), w.head))
		w.fail(w.f.SetColWidth(t.name, "A", "B", 36))
		return
	}
	// Cells below are text too, or a spreadsheet makes dates of ids and numbers of times.
	w.fail(w.f.SetColStyle(t.name, "A:"+last, w.text))
	w.fail(w.f.SetCellStyle(t.name, "A1", last+"1", w.head))
	w.fail(w.f.SetColWidth(t.name, "A", last, 18))
	w.fail(w.f.SetPanes(t.name, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}))
}

// lists writes what may be chosen into the sheet Lists, a column for each list.
func (w *bookWriter) lists(c *campaign.Campaign, window campaign.TakeoverID) {
	all := map[string][]string{
		"kind": {"message", "quote", "challenge", "livestream"}, "shows": {"nobody", "person", "crowd"}, "if_missed": {"ask", "skip", "send"},
		"visibility": {"public", "unlisted", "followers"}, "wait_for": {"live"}, "live_check": {"youtube", "person"}, "card": {"yes", "no"}, "repeat": {"yes", "no"}, "silent": {"yes", "no"},
		"licence": {"CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0", "public-domain", "own-work", "with-permission"},
		"step":    {"launch", "reminder", "wrapup"},
	}
	if c != nil {
		for _, ch := range c.Takeovers[window].Channels {
			all["channels"] = append(all["channels"], string(ch))
		}
		all["consent"] = slices.Sorted(maps.Keys(c.Consents))
	}
	_, err := w.f.NewSheet("Lists")
	w.fail(err)
	w.ranges = map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if len(all[name]) == 0 {
			continue
		}
		col := letters(i + 1)
		w.fail(w.f.SetCellStr("Lists", col+"1", name))
		for j, v := range all[name] {
			w.fail(w.f.SetCellStr("Lists", fmt.Sprintf("%s%d", col, j+2), v))
		}
		w.ranges[name] = fmt.Sprintf("Lists!$%s$2:$%s$%d", col, col, len(all[name])+1)
	}
}

// choices puts a drop-down under each heading that has a list. What is not in it
// may be written all the same: channels can be several, and the check has the last word.
func (w *bookWriter) choices(tables []table) {
	for _, t := range tables[1:] {
		if len(t.rows) == 0 {
			continue
		}
		for j, h := range t.rows[0] {
			list, ok := w.ranges[strings.TrimRight(h.text, "0123456789")]
			if !ok {
				continue
			}
			v := excelize.NewDataValidation(true)
			v.Sqref = fmt.Sprintf("%s2:%s%d", letters(j+1), letters(j+1), roomBelow)
			v.SetSqrefDropList(list)
			v.ShowErrorMessage = false
			w.fail(w.f.AddDataValidation(t.name, v))
		}
	}
}

// help explains the columns in four languages.
func (w *bookWriter) help() {
	_, err := w.f.NewSheet("Help")
	w.fail(err)
	rows := [][]string{{"column", "English", "Français", "Español", "العربية", "what belongs there"}}
	for _, c := range columns {
		rows = append(rows, append(append([]string{c.name}, c.labels[:]...), c.help))
	}
	for i, row := range rows {
		for j, s := range row {
			w.fail(w.f.SetCellStr("Help", fmt.Sprintf("%s%d", letters(j+1), i+1), s))
		}
	}
	w.fail(w.f.SetCellStyle("Help", "A1", "F1", w.head))
	w.fail(w.f.SetColWidth("Help", "A", "E", 24))
	w.fail(w.f.SetColWidth("Help", "F", "F", 80))
}

// Annotate is a copy of the sheet as a workbook, each finding a comment on its
// cell, and with the names that Read made for posts without one. found are those
// that Place gave. It opens only what Read took.
func (s *Sheet) Annotate(src []byte, found campaign.Findings) ([]byte, error) {
	if s.Source == nil {
		return nil, fmt.Errorf("the sheet cannot be read, so nothing can be written beside its cells")
	}
	f, err := s.copyOf(src)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := &bookWriter{f: f}
	first := f.GetSheetList()[0]
	for at, id := range s.IDs {
		w.fail(f.SetCellStr(sheetName(at.Sheet, first), at.Cell(), id))
	}
	type place struct{ sheet, cell string }
	said := map[place][]string{}
	var order []place
	for _, x := range found {
		p := place{sheetName(x.Sheet, first), x.Cell}
		if p.cell == "" {
			p.cell = "A1"
		}
		if said[p] == nil {
			order = append(order, p)
		}
		said[p] = append(said[p], fmt.Sprintf("%s %s: %s. %s", x.Severity, x.Code, x.Message, x.Fix))
	}
	for _, p := range order {
		w.fail(f.DeleteComment(p.sheet, p.cell))
		text := strings.Join(said[p], "\n")
		if r := []rune(text); len(r) > 4000 {
			text = string(r[:4000]) + "…"
		}
		w.fail(f.AddComment(p.sheet, excelize.Comment{Cell: p.cell, Author: "takeover", Text: text, Width: 320, Height: 120}))
	}
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	w.fail(err)
	return b.Bytes(), w.err
}

func sheetName(name, first string) string {
	if name == "" {
		return first
	}
	return name
}

// copyOf opens the workbook, or makes one of a CSV file with each cell in its place.
func (s *Sheet) copyOf(src []byte) (*excelize.File, error) {
	if bytes.HasPrefix(src, []byte("PK\x03\x04")) {
		return excelize.OpenReader(bytes.NewReader(src), excelize.Options{UnzipSizeLimit: maxPlain, UnzipXMLSizeLimit: maxPlain})
	}
	f := excelize.NewFile()
	w := &bookWriter{f: f}
	w.fail(f.SetSheetName("Sheet1", "Posts"))
	r := &reader{file: s.File}
	for _, t := range r.csv(src) {
		if t.name != "" && t.name != "Posts" {
			_, err := f.NewSheet(t.name)
			w.fail(err)
		}
		for i, row := range t.rows {
			for j, c := range row {
				if c.text != "" {
					// Sections of one CSV file keep the row numbers that findings name.
					w.fail(f.SetCellStr(sheetName(t.name, "Posts"), t.at(i, j).Cell(), escapeX(c.text)))
				}
			}
		}
	}
	return f, w.err
}
