package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/ittakesacommunity/takeover/web"
)

// cliSchema names the shape of -o json; fields are only ever added.
const cliSchema = "takeover/cli-v1"

// print writes a result: one JSON document, one line a row, a table, or text.
// rows is the list inside of data, nil where it has none.
func (a *app) print(kind string, data, rows any, text func(io.Writer)) error {
	switch a.format {
	case "json":
		return a.json(map[string]any{"schema": cliSchema, "kind": kind, "data": web.WithoutNulls(data)})
	case "ndjson":
		return a.lines(web.WithoutNulls(data), rows)
	case "csv":
		return a.table(data, rows)
	}
	text(a.out)
	return nil
}

func (a *app) json(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (a *app) lines(data, rows any) error {
	if rows == nil {
		return a.json(data)
	}
	for i, v := 0, reflect.ValueOf(rows); i < v.Len(); i++ {
		if err := a.json(web.WithoutNulls(v.Index(i).Interface())); err != nil {
			return err
		}
	}
	return nil
}

// table writes rows as CSV: the columns are the plain fields of the JSON form,
// in the order of the first row. A text that a spreadsheet would take for a
// formula is escaped.
func (a *app) table(data, rows any) error {
	if rows == nil {
		rows = []any{data}
	}
	w := csv.NewWriter(a.out)
	var columns []string
	for i, v := 0, reflect.ValueOf(rows); i < v.Len(); i++ {
		names, cells, err := flat(v.Index(i).Interface())
		if err != nil {
			return err
		}
		if columns == nil {
			columns = names
			if err := w.Write(columns); err != nil {
				return err
			}
		}
		record := make([]string, len(columns))
		for j, name := range columns {
			record[j] = cells[name]
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// flat gives the plain fields of a value's JSON form, in order.
func flat(v any) (names []string, cells map[string]string, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, nil, err
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return []string{"value"}, map[string]string{"value": string(b)}, err
	}
	cells = map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		var val any
		if err := dec.Decode(&val); err != nil {
			return nil, nil, err
		}
		name := key.(string)
		switch val := val.(type) {
		case map[string]any:
			continue
		case []any:
			parts := make([]string, 0, len(val))
			for _, e := range val {
				if s, ok := e.(string); ok {
					parts = append(parts, s)
				}
			}
			cells[name] = strings.Join(parts, " ")
		case nil:
			cells[name] = ""
		default:
			cells[name] = fmt.Sprint(val)
		}
		if s := cells[name]; s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
			cells[name] = "'" + s
		}
		names = append(names, name)
	}
	return names, cells, nil
}

// say writes talk to standard error, unless it is to be quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintln(a.err, escapeTerminal(fmt.Sprintf(format, args...)))
	}
}

// escapeTerminal shows control characters instead of obeying them. Line feeds
// and tabs stay. Texts of people and platforms pass it before a terminal sees them.
func escapeTerminal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\ufffd'
		}
		return r
	}, s)
}

// when writes an instant with its zone, as every text does.
func when(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return "–"
	}
	l := t.In(loc)
	return fmt.Sprintf("%s %s (%s)", l.Format("Mon 2 Jan 2006 15:04:05"), loc, l.Format("-07:00"))
}

// location is the zone for times on the screen: --tz, else the given one.
func (a *app) location(name string) (*time.Location, error) {
	if a.zone != "" {
		name = a.zone
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, usagef("unknown zone %q; write one like Europe/Brussels", name)
	}
	return loc, nil
}
