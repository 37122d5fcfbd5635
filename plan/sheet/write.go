package sheet

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Format is how a sheet is written.
type Format string

const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// Export writes a plan file that plan.Parse takes as a sheet; Read reads it back
// as the same plan. c, if known, gives the drop-downs of a workbook.
func Export(src []byte, f Format, c *campaign.Campaign) ([]byte, error) {
	root, err := treeOf(src)
	if err != nil {
		return nil, err
	}
	tables := []table{planTable(root), postTable(root), simpleTable("Streams", root.get("anchors"), streamColumns, "anchors"), simpleTable("Media", root.get("media"), mediaColumns, "media")}
	if f == CSV {
		return csvOf(slices.DeleteFunc(tables, func(t table) bool { return len(t.rows) < 2 && t.name != "Posts" })), nil
	}
	window := ""
	if w := root.get("window"); w != nil {
		window = w.value
	}
	return workbookOf(tables, c, campaign.TakeoverID(window))
}

// planTable has a row for each key that is about the plan as a whole.
func planTable(root *tree) table {
	t := table{name: "Plan", first: 1}
	for _, key := range root.keys {
		if key == "posts" || key == "anchors" || key == "media" {
			continue
		}
		for _, f := range flatten(path{key}, root.kids[key]) {
			t.rows = append(t.rows, []cell{{text: f.heading}, {text: f.text}})
		}
	}
	return t
}

// field is one cell to be written under its heading.
type field struct{ heading, text string }

// flatten writes a tree as cells, one for each value that is said.
func flatten(p path, t *tree) []field {
	switch t.kind {
	case branch:
		var out []field
		for _, k := range t.keys {
			out = append(out, flatten(append(slices.Clone(p), k), t.kids[k])...)
		}
		return out
	case list:
		if p.list() {
			if s, ok := joined(t); ok {
				return []field{{headingOf(p), s}}
			}
		}
		var out []field
		for i, item := range t.items {
			out = append(out, flatten(append(slices.Clone(p), fmt.Sprintf("[%d]", i+1)), item)...)
		}
		return out
	}
	text := t.value
	if last := p[len(p)-1]; text == "" && last == "link" && !p.prose() {
		text = none
	}
	return []field{{headingOf(p), text}}
}

// joined writes a list in one cell, where no item could be taken apart.
func joined(t *tree) (string, bool) {
	if len(t.items) == 0 {
		return none, true
	}
	var out []string
	for _, item := range t.items {
		if got := parts(item.value); item.kind != leaf || len(got) != 1 || got[0] != item.value || strings.ContainsAny(item.value, " \u00a0\u202f") || latin(item.value) != item.value {
			return "", false
		}
		out = append(out, item.value)
	}
	return strings.Join(out, " | "), true
}

// headingOf is how the column of a key is called: by its name where it has one.
func headingOf(p path) string {
	at := ""
	own := p
	if len(p) > 2 && p[0] == "variants" && p[2] == "text" {
		at, own = "@"+p[1], p[2:]
	}
	for _, c := range columns {
		if c.where == "" {
			continue
		}
		where := keys(c.where)
		switch {
		case len(own) < len(where) || !slices.Equal(own[:len(where)], where):
		case !c.each && len(own) == len(where):
			return c.name + at
		case c.each && len(own) == len(where):
			return c.name + "_" + allLanguages + at
		case c.each && len(own) == len(where)+1 && own[len(where)] != allLanguages:
			return c.name + "_" + own[len(where)] + at
		}
	}
	return p.String()
}

// grid gathers rows whose headings are found on the way.
type grid struct {
	headings []string
	rows     []map[string]string
}

func (g *grid) add(fields []field) {
	row := map[string]string{}
	for _, f := range fields {
		if !slices.Contains(g.headings, f.heading) {
			g.headings = append(g.headings, f.heading)
		}
		row[f.heading] = f.text
	}
	g.rows = append(g.rows, row)
}

// table puts the headings into the order of a template, what has no name last.
func (g *grid) table(name string, from []column) table {
	rank := func(h string) int {
		base, _, _ := strings.Cut(h, "@")
		for i, c := range from {
			if base == c.name || strings.HasPrefix(base, c.name+"_") && c.each || c.many && strings.TrimRight(base, "0123456789") == c.name {
				return i
			}
		}
		return len(from)
	}
	slices.SortStableFunc(g.headings, func(a, b string) int { return rank(a) - rank(b) })
	t := table{name: name, first: 1}
	var head []cell
	for _, h := range g.headings {
		head = append(head, cell{text: h})
	}
	t.rows = append(t.rows, head)
	for _, r := range g.rows {
		var row []cell
		for _, h := range g.headings {
			row = append(row, cell{text: r[h]})
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// simpleTable has a row for each thing with an id.
func simpleTable(name string, things *tree, from []column, into string) table {
	g := &grid{headings: []string{"id"}}
	if things == nil {
		things = &tree{}
	}
	for _, id := range things.keys {
		fields := []field{{"id", id}}
		for _, key := range things.kids[id].keys {
			for _, f := range flatten(path{into, key}, things.kids[id].kids[key]) {
				f.heading = strings.TrimPrefix(f.heading, into+".")
				if into == "media" {
					f.heading = mediaHeading(f.heading)
				}
				fields = append(fields, f)
			}
		}
		g.add(fields)
	}
	for _, c := range from { // the headings are there even where nothing is
		if !c.each && !slices.Contains(g.headings, c.name) {
			g.headings = append(g.headings, c.name)
		}
	}
	return g.table(name, from)
}

// mediaHeading is the name of a medium's column.
func mediaHeading(p string) string {
	if p == "alt" {
		return "alt_" + allLanguages
	}
	if lang, ok := strings.CutPrefix(p, "alt."); ok && lang != allLanguages {
		return "alt_" + lang
	}
	return p
}

// postTable has a row for each post, and one for each of its steps or items.
func postTable(root *tree) table {
	g := &grid{headings: []string{"id", "date", "time", "kind"}}
	posts := root.get("posts")
	if posts == nil {
		posts = &tree{}
	}
	for _, x := range posts.items {
		g.add(fieldsOf(x, x, ""))
		for _, key := range []string{"steps", "items"} {
			switch steps := x.get(key); {
			case steps == nil:
			case steps.kind == list:
				for _, s := range steps.items {
					g.add(fieldsOf(x, s, "step"))
				}
			default:
				for _, name := range steps.keys {
					s := steps.kids[name]
					s.put(path{"id"}, word(name, Ref{}))
					g.add(fieldsOf(x, s, "step"))
				}
			}
		}
	}
	return g.table("Posts", columns)
}

// fieldsOf are the cells of a post or one of its steps; idIn is the column that holds the step's own id.
func fieldsOf(x, s *tree, idIn string) []field {
	var out []field
	if id := x.get("id"); id != nil {
		out = append(out, field{"id", id.value})
	}
	for _, key := range s.keys {
		v := s.kids[key]
		switch {
		case key == "id" && idIn != "":
			out = append(out, field{idIn, v.value})
		case key == "id" || idIn == "" && (key == "steps" || key == "items"):
		case key == "at":
			out = append(out, timeFields(v)...)
		case key == "images":
			out = append(out, imageFields(x, v)...)
		default:
			out = append(out, flatten(path{key}, v)...)
		}
	}
	return out
}

var localForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)$`)

// timeFields writes a time as date and time; what is none of these in a cell of its own.
func timeFields(at *tree) []field {
	if at.kind == list {
		var all []string
		for _, t := range at.items {
			all = append(all, t.value)
		}
		s := strings.Join(all, " | ")
		if len(all) == 1 {
			s += " |" // a list of one is not the same as one
		}
		return []field{{"at", s}}
	}
	if m := localForm.FindStringSubmatch(at.value); m != nil {
		if _, err := yamlwalk.ParseLocal(at.value); err == nil && !strings.HasSuffix(m[2], ":00:00") && len(m[2]) == 5 {
			return []field{{"date", m[1]}, {"time", m[2]}}
		}
	}
	return []field{{"at", at.value}}
}

// imageFields writes images by number. Those of a quote keep their path: its
// first image by number is the photo that the quote is drawn on.
func imageFields(x, images *tree) []field {
	if len(images.items) == 0 {
		return []field{{"image1", none}}
	}
	var out []field
	kind := x.get("kind")
	for i, item := range images.items {
		h := fmt.Sprintf("image%d", i+1)
		if kind != nil && kind.value == "quote" {
			h = fmt.Sprintf("images[%d]", i+1)
		}
		out = append(out, field{h, item.value})
	}
	return out
}
