package sheet

import (
	"fmt"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Ref is a cell. Row and Col count from 1; the zero Ref is no cell at all.
type Ref struct {
	Sheet    string // "" in a CSV file
	Row, Col int
	Heading  string // of its column, as written
}

// Cell is the cell's name as spreadsheets show it: "G14".
func (r Ref) Cell() string {
	if r.Row == 0 {
		return ""
	}
	return letters(r.Col) + fmt.Sprint(r.Row)
}

// letters is a column's name: A, B, … Z, AA, …
func letters(col int) string {
	s := ""
	for ; col > 0; col = (col - 1) / 26 {
		s = string(rune('A'+(col-1)%26)) + s
	}
	return s
}

// columnOf is the number of a column named by letters, and what follows them; 0
// where there is none or it lies beyond any sheet.
func columnOf(cell string) (col int, rest string) {
	for i, r := range cell {
		if r < 'A' || r > 'Z' {
			return col, cell[i:]
		}
		if col = col*26 + int(r-'A') + 1; col > 16_384 {
			return 0, ""
		}
	}
	return col, ""
}

// Place gives findings about the plan file that Read made (called SourceName)
// the cells they are about, and says where in the sheet each is mended. Others
// it leaves as they are.
func (s *Sheet) Place(found campaign.Findings) campaign.Findings {
	out := make(campaign.Findings, 0, len(found))
	for _, f := range found {
		if f.File != SourceName(s.File) {
			out = append(out, f)
			continue
		}
		at := Ref{}
		if f.Line > 0 && f.Line <= len(s.lines) {
			at = s.lines[f.Line-1]
		}
		f = at.name(f)
		f.File = s.File
		if fix := s.remedy(f.Code, f.Fix, at); fix != "" {
			f.Fix = fix
		}
		out = append(out, f)
	}
	return out
}

// name puts the cell into the finding.
func (r Ref) name(f campaign.Finding) campaign.Finding {
	f.Line, f.Column = r.Row, r.Col
	f.Sheet, f.Cell, f.Heading = r.Sheet, r.Cell(), r.Heading
	return f
}

// remedies name the column in which a fault of a picture is mended, and how.
var remedies = map[string]struct{ column, how string }{
	"P073": {"alt", "describe the picture in %s for people who cannot see it; 5 to 20 words"},
	"P074": {"credit", "write in %s who made the picture"},
	"P075": {"licence", "write the licence in %s"},
}

// remedy is what to do in the sheet where the finding's own words speak of keys.
func (s *Sheet) remedy(code, fix string, at Ref) string {
	if key, ok := strings.CutPrefix(fix, `add the key "`); ok {
		key = strings.TrimSuffix(key, `"`)
		switch {
		case at.Row > 0:
			return fmt.Sprintf("write it in a column %s", key)
		case key == "window":
			return "write it in the sheet Plan, as window and its id; or name it beside the file"
		}
		return fmt.Sprintf("write it in the sheet Plan, as %s", key)
	}
	r, ok := remedies[code]
	if !ok || at.Row == 0 {
		return ""
	}
	where := "a column " + r.column
	for _, h := range s.headings {
		if h.ref.Sheet == at.Sheet && h.col.name == r.column {
			where = fmt.Sprintf("column %s (%s)", letters(h.ref.Col), strings.TrimSpace(h.ref.Heading))
			break
		}
	}
	return fmt.Sprintf(r.how, where)
}
