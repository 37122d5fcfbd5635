package sheet

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/plan"
)

// heads finds a table's headings: the first of 20 rows with at least three
// known ones, or two where there are no more. begin is the row after it.
func (b *builder) heads(t *table, from []column) (heads []heading, begin int) {
	langs := b.c.Languages
	if len(b.langs) > 0 {
		langs = b.langs
	}
	best := 0
	for i := range t.rows[:min(len(t.rows), 20)] {
		var row []heading
		known := 0
		for j, c := range t.rows[i] {
			if strings.TrimSpace(c.text) == "" {
				continue
			}
			h := readHeading(c.text, t.at(i, j), from, b.o.Columns, langs)
			if row = append(row, h); h.known {
				known++
			}
		}
		if known > best {
			heads, begin, best = row, i+1, known
		}
		if known >= 3 {
			break
		}
	}
	if best < 2 {
		b.fault("P204", t.at(0, 0), fmt.Sprintf("no row of %s has headings that are known", tableName(t)), "name the columns: "+strings.Join(names(from)[:4], ", ")+", …")
		return nil, 0
	}
	return b.vetHeads(t, heads, from), begin
}

func tableName(t *table) string {
	if t.name == "" {
		return "the file"
	}
	return t.name
}

func names(from []column) []string {
	var out []string
	for _, c := range from {
		out = append(out, c.name)
	}
	return out
}

// vetHeads leaves out what nobody knows, and says so.
func (b *builder) vetHeads(t *table, heads []heading, from []column) []heading {
	var out []heading
	seen := map[string]Ref{}
	for _, h := range heads {
		if !h.known {
			near := nearest(h.ref.Heading, from)
			fix := "remove the column, call it note, or say what it means"
			if near != "" {
				fix = fmt.Sprintf("did you mean %q?", near)
			}
			b.sheet.Unknown[strings.TrimSpace(h.ref.Heading)] = near
			b.warn("W201", h.ref, fmt.Sprintf("the column %q is not known and is left out", clip(h.ref.Heading)), fix)
			continue
		}
		key := h.key()
		if first, again := seen[key]; again && !h.ignored {
			b.fault("P205", h.ref, fmt.Sprintf("the columns %s and %s are the same", letters(first.Col), letters(h.ref.Col)), "remove one, or call it note")
			continue
		}
		seen[key] = h.ref
		out = append(out, h)
	}
	b.sheet.headings = append(b.sheet.headings, out...)
	return out
}

// key tells headings that mean the same.
func (h heading) key() string {
	return fmt.Sprint(h.col.name, "/", h.path, "/", h.lang, "/", h.number, "/", h.channel)
}

// value is what a cell says for the key at p; rule is the path that decides of
// which form it is. nil where the cell is empty, or at fault, which is said.
func (b *builder) value(t *table, row, col int, p, rule path) *tree {
	c, at := t.cell(row, col), t.at(row, col)
	text, ok := b.text(c, at, rule)
	if !ok {
		return nil
	}
	if !rule.prose() {
		text = strings.TrimSpace(text)
	}
	own := rule.own()
	last := own[len(own)-1]
	switch {
	case rule.list() && text == none:
		return &tree{kind: list, at: at}
	case rule.list():
		return b.listOf(own, latinWords(last, text), at)
	case last == "link" && text == none && !rule.prose():
		return word("", at)
	case timed(own):
		return b.moment(text, at, unclear)
	case rule.prose() || strings.HasPrefix(last, "["):
		return scalar(p, text, at)
	}
	return scalar(p, latin(text), at)
}

// timed tells whether the key holds a local date and time.
func timed(own path) bool {
	last := own[len(own)-1]
	return own[0] == "challenge" && last == "closes" || own[0] == "anchors" && last == "start" || own[0] == "schedule" && (last == "from" || last == "until")
}

// latinWords splits a list; hashtags may stand apart by spaces alone.
func latinWords(last, text string) []string {
	if last == "hashtags" {
		var out []string
		for _, p := range parts(text) {
			out = append(out, strings.Fields(p)...)
		}
		return out
	}
	return parts(latin(text))
}

func (b *builder) listOf(own path, items []string, at Ref) *tree {
	t := &tree{kind: list, at: at}
	for _, s := range items {
		if own[len(own)-1] == "hashtags" && !strings.HasPrefix(s, "#") {
			s = "#" + s
		}
		t.items = append(t.items, scalar(append(slices.Clone(own), "[]"), s, at))
	}
	return t
}

// text is what a cell says in words. A cell at fault says nothing; that is said.
func (b *builder) text(c cell, at Ref, rule path) (string, bool) {
	switch {
	case c.faulty:
		b.fault("P206", at, fmt.Sprintf("the cell says %s", clip(c.text)), "mend the formula, or write the value itself")
		return "", false
	case strings.TrimSpace(c.text) == "":
		if c.formula {
			b.fault("P206", at, "the formula in this cell has no value that was saved", "open the file, and save it anew; or write the value itself")
		}
		return "", false
	case len([]rune(c.text)) > maxCell:
		b.fault("P201", at, "the cell is longer than anything here may be", "shorten it")
		return "", false
	}
	if c.formula {
		b.warn("W204", at, "the cell is a formula; its value when the file was saved is read", "write the value itself if it may change")
	}
	if !c.number {
		return c.text, true
	}
	if c.dated {
		if s, ok := serial(c.value); ok {
			return s, true
		}
	}
	if math.Abs(c.value) >= 1e15 {
		b.warn("W207", at, fmt.Sprintf("the number %s is too long to be exact in a spreadsheet", clip(c.text)), "format the cell as text, and write it anew")
	}
	return c.text, true
}

// clocked is what a cell of dates or times says: numbers are read by the calendar.
func (b *builder) clocked(c cell, at Ref) (string, bool) {
	s, ok := b.text(c, at, path{"at"})
	if !ok {
		return "", false
	}
	if c.number && !c.dated {
		if as, isDate := serial(c.value); isDate {
			b.warn("W206", at, fmt.Sprintf("the number %s is read as %s", c.text, as), "format the cell as a date")
			return as, true
		}
	}
	return strings.TrimSpace(s), true
}

// moment writes a date, or date and time, as plans do. A date with two readings is a fault.
// A time with an offset, as other tools write it, becomes that of the plan's zone.
func (b *builder) moment(s string, at Ref, o order) *tree {
	if local, ok := b.inZone(s); ok {
		return word(local, at)
	}
	text, other := dateOf(s, o)
	if other != "" {
		b.fault("P020", at, fmt.Sprintf("%q can be %s or %s", clip(s), text, other), "write it like 2026-12-18")
	}
	return word(text, at)
}

// inZone is a time with an offset on the clocks of the plan's zone. One that they
// show twice, or do not show to the second, has no such form.
func (b *builder) inZone(s string) (string, bool) {
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(latin(s)))
	if err != nil {
		return "", false
	}
	name := b.c.Zone
	if said := b.root.get("timezone"); said != nil {
		name = said.value
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // the machine's is nobody's
		return "", false
	}
	local := at.In(zone).Format("2006-01-02T15:04:05")
	wall, err := time.Parse("2006-01-02T15:04:05", local)
	if back, _ := plan.Instant(wall, zone); err != nil || !back.Equal(at) {
		return "", false
	}
	return strings.TrimSuffix(local, ":00"), true
}
