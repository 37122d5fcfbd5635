// Package recap writes the report of a phase as a page that stands alone and as
// a table. The page needs nothing but itself: no script, no address, no font.
// Its plots are drawings that a screen reader can name, with the same numbers in
// a table below each.
package recap

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// HTML writes the report as one page. The same report gives the same bytes.
func HTML(w io.Writer, r desk.Recap) error {
	loc, err := time.LoadLocation(r.Zone)
	if err != nil {
		loc = time.UTC
	}
	var b bytes.Buffer
	if err := page.Execute(&b, view{Recap: r, loc: loc}); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// CSV writes a row for each delivery, times in UTC. What a spreadsheet would take
// for a formula gets an apostrophe before it.
func CSV(w io.Writer, r desk.Recap) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"delivery", "plan", "post", "step", "channel", "language", "due", "state", "lateness_seconds", "how", "links", "numbers", "warnings", "why"}}
	for _, l := range r.Lines {
		row := []string{string(l.Delivery), string(l.Plan), string(l.Post), l.Step, string(l.Channel), l.Language, l.Due.UTC().Format(time.RFC3339), string(l.State),
			strconv.FormatFloat(time.Duration(l.Lateness).Seconds(), 'f', 3, 64), l.How, strings.Join(l.Links, " "), numbers(l.Numbers), strings.Join(l.Warnings, "; "), l.Why}
		for i, s := range row {
			if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
				row[i] = "'" + s
			}
		}
		rows = append(rows, row)
	}
	return c.WriteAll(rows)
}

// numbers writes counts as "likes 3, views 120", by name.
func numbers(counts map[campaign.Count]int64) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(out, ", ")
}

// view is the report as the page asks for it.
type view struct {
	desk.Recap
	loc *time.Location
}

func (v view) When(t time.Time) string { return t.In(v.loc).Format("Mon 2 Jan 2006 15:04") }

func (v view) Count(states ...campaign.State) int {
	n := 0
	for _, s := range states {
		n += v.ByState[s]
	}
	return n
}

// Public is how many deliveries could be seen when the report was written, or had been.
func (v view) Public() int {
	n := 0
	for _, k := range v.Settled {
		n += k
	}
	return n
}

// HowKnown says of how many it was learned in which way that they are public.
func (v view) HowKnown() string {
	var parts []string
	for _, how := range slices.Sorted(maps.Keys(v.Settled)) {
		parts = append(parts, fmt.Sprintf("%d known by %s", v.Settled[how], how))
	}
	return strings.Join(parts, ", ")
}

// Doubted are the lines whose answer was lost, settled or not.
func (v view) Doubted() (list []desk.RecapLine) {
	for _, l := range v.Lines {
		if l.How != "" && l.How != "answer" || l.State.Pins() || l.State == campaign.Unresolved {
			list = append(list, l)
		}
	}
	return list
}

func (v view) NumberText(counts map[campaign.Count]int64) string { return numbers(counts) }

// Bars is the plot of a tally.
func (v view) Bars(id, title string, list []desk.Tally) template.HTML {
	var bars []bar
	for _, t := range list {
		bars = append(bars, bar{t.Name, t.Published, t.Planned})
	}
	return plot(id, title, "published of planned", bars)
}

// Voices is the plot of one key of the balance.
func (v view) VoicesOf(i int) template.HTML {
	k := v.Recap.Voices.Keys[i]
	var bars []bar
	for _, x := range k.Values {
		bars = append(bars, bar{x.Value, x.Posts, x.Posts})
	}
	return plot("voices-"+k.Key, "Voices by "+k.Key, "posts", bars)
}

// bar is one line of a plot: n of the whole.
type bar struct {
	name     string
	n, whole int
}

// plot draws bars; numbers stand beside each, so that the drawing alone is enough.
func plot(id, title, unit string, bars []bar) template.HTML {
	const row, left, width = 24, 180, 420
	most := 1
	for _, b := range bars {
		most = max(most, b.whole)
	}
	var s strings.Builder
	height := row*len(bars) + 8
	fmt.Fprintf(&s, `<svg role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %d %d" width="%d" height="%d" xmlns="http://www.w3.org/2000/svg">`, esc(id), esc(id), left+width+80, height, left+width+80, height)
	fmt.Fprintf(&s, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, esc(id), esc(title), esc(id), esc(spoken(unit, bars)))
	for i, b := range bars {
		y := 4 + row*i
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end" class="l">%s</text>`, left-8, y+15, esc(b.name))
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%d" height="16" class="w"/>`, left, y+2, width*b.whole/most)
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%d" height="16" class="n"/>`, left, y+2, width*b.n/most)
		label := strconv.Itoa(b.n)
		if b.whole != b.n {
			label += " of " + strconv.Itoa(b.whole)
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d" class="l">%s</text>`, left+width*b.whole/most+6, y+15, label)
	}
	s.WriteString(`</svg>`)
	return template.HTML(s.String()) // every text in it is escaped above
}

func spoken(unit string, bars []bar) string {
	var parts []string
	for _, b := range bars {
		if b.n == b.whole {
			parts = append(parts, fmt.Sprintf("%s: %d", b.name, b.n))
		} else {
			parts = append(parts, fmt.Sprintf("%s: %d of %d", b.name, b.n, b.whole))
		}
	}
	return unit + ". " + strings.Join(parts, "; ")
}

func esc(s string) string { return template.HTMLEscapeString(s) }

var page = template.Must(template.New("recap").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Name}} – {{.Title}}</title>
<style>
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a202c;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}th,td{text-align:start;padding:.25rem .5rem;border-bottom:1px solid #cbd5e0;vertical-align:top}
svg{max-width:100%;height:auto}.l{font:13px system-ui,sans-serif;fill:currentColor}.w{fill:#cbd5e0}.n{fill:#2b6cb0}
.note{color:#9b2c2c}@media (prefers-color-scheme:dark){body{color:#e2e8f0;background:#1a202c}.w{fill:#4a5568}.n{fill:#63b3ed}.note{color:#feb2b2}a{color:#90cdf4}}
@media print{body{max-width:none}a{color:inherit}}
</style></head><body>
<h1>{{.Name}}: {{.Title}}</h1>
<p>{{.When .From}} – {{.When .To}} ({{.Zone}}). {{if .Closed}}Closed {{.When .At}}; this report does not change any more.{{else}}As of {{.When .At}}; it may still change.{{end}}</p>
<h2>What became of it</h2>
<table><tbody>
<tr><th scope="row">Planned</th><td>{{.Planned}}</td></tr>
<tr><th scope="row">Published</th><td>{{.Public}} ({{.HowKnown}})</td></tr>
<tr><th scope="row">Late by more than two minutes</th><td>{{.Late}}; half within {{.LateP50}}, 95 of 100 within {{.LateP95}}, the latest {{.LateMost}}</td></tr>
<tr><th scope="row">Missed</th><td>{{.Count "missed"}}</td></tr>
<tr><th scope="row">Refused by the platform</th><td>{{.Count "rejected"}}</td></tr>
<tr><th scope="row">Cancelled or withdrawn</th><td>{{.Count "cancelled"}}</td></tr>
<tr><th scope="row">In doubt, and never settled</th><td>{{.Count "in_doubt" "needs_human" "armed"}} open, {{.Count "unresolved"}} never settled</td></tr>
<tr><th scope="row">Not yet</th><td>{{.Count "planned" "scheduled"}}</td></tr>
{{with .NumberText .Numbers}}<tr><th scope="row">Numbers that platforms gave back</th><td>{{.}}</td></tr>{{end}}
</tbody></table>
{{with .Doubted}}<h2>In doubt, and how it was settled</h2>
<table><thead><tr><th scope="col">due</th><th scope="col">post</th><th scope="col">channel</th><th scope="col">how it was settled</th></tr></thead><tbody>
{{range .}}<tr><td>{{$.When .Due}}</td><td>{{.Post}}{{with .Step}}/{{.}}{{end}}</td><td>{{.Channel}}</td><td>{{if .How}}It is public, known by {{.How}}.{{end}} {{.Why}}</td></tr>
{{end}}</tbody></table>{{end}}
{{define "tally"}}<table><thead><tr><th scope="col">{{.What}}</th><th scope="col">planned</th><th scope="col">published</th><th scope="col">late</th></tr></thead><tbody>{{range .List}}<tr><th scope="row">{{.Name}}</th><td>{{.Planned}}</td><td>{{.Published}}</td><td>{{.Late}}</td></tr>{{end}}</tbody></table>{{end}}
<h2>By day</h2>{{.Bars "days" "Published by day" .Days}}{{template "tally" .Table "day"}}
<h2>By channel</h2>{{.Bars "channels" "Published by channel" .Channels}}{{template "tally" .Table "channel"}}
<h2>By language</h2>{{.Bars "languages" "Published by language" .Languages}}{{template "tally" .Table "language"}}
{{if .Entries}}<h2>Answers to challenges</h2>
<table><thead><tr><th scope="col">hashtag</th><th scope="col">found by</th><th scope="col">public posts of others</th><th scope="col">as of</th></tr></thead><tbody>
{{range .Entries}}<tr><th scope="row">{{.Hashtag}}</th><td>{{.Channel}}</td><td>{{if .Most}}at least {{end}}{{len .All}}{{with .All}}<details><summary>links</summary><ul>{{range .}}<li><a href="{{.URL}}" rel="nofollow">{{.URL}}</a></li>{{end}}</ul></details>{{end}}</td><td>{{$.When .Asked}}</td></tr>{{end}}
</tbody></table>{{end}}
<h2>Whose voices</h2>
{{range $i, $k := .Voices.Keys}}{{if $k.Values}}<h3>{{$k.Key}}</h3>{{$.VoicesOf $i}}
<table><thead><tr><th scope="col">{{$k.Key}}</th><th scope="col">posts</th><th scope="col">share</th><th scope="col">agreed</th></tr></thead><tbody>
{{range $k.Values}}<tr><th scope="row">{{.Value}}</th><td>{{.Posts}}</td><td>{{.Share}} %</td><td>{{if or .Least .Most}}{{.Least}}–{{.Most}} % {{with .Note}}<strong class="note">{{.}}</strong>{{end}}{{end}}</td></tr>{{end}}
</tbody></table>{{with $k.Silent}}<p>{{len .}} posts say nothing about it: {{range $j, $s := .}}{{if $j}}, {{end}}{{$s}}{{end}}</p>{{end}}{{end}}{{end}}
{{if .Alone}}<h2>Approved by one person alone</h2><ul>{{range .Alone}}<li>{{.}}</li>{{end}}</ul>{{end}}
<h2>Every post</h2>
<table><thead><tr><th scope="col">due</th><th scope="col">post</th><th scope="col">channel</th><th scope="col">language</th><th scope="col">what became of it</th></tr></thead><tbody>
{{range .Lines}}<tr><td>{{$.When .Due}}</td><td>{{.Post}}{{with .Step}}/{{.}}{{end}}</td><td>{{.Channel}}</td><td>{{.Language}}</td><td>{{.Shown}}{{if .How}}, known by {{.How}}{{end}}{{if .Lateness}}, {{.Lateness}} after due{{end}}. {{range .Links}}<a href="{{.}}">{{.}}</a> {{end}}{{$.NumberText .Numbers}}{{range .Warnings}} <span class="note">{{.}}</span>{{end}}{{if not .Links}}{{.Why}}{{end}}</td></tr>
{{end}}</tbody></table>
{{if .Credits}}<h2>Credits</h2><ul>{{range .Credits}}<li>{{.}}</li>{{end}}</ul>{{end}}
{{if .Contributors}}<h2>Thank you</h2><ul>{{range .Contributors}}<li>{{.Line}} ({{.Kind}})</li>{{end}}</ul>{{end}}
<h2>Handed over</h2>
<table><thead><tr><th scope="col">channel</th><th scope="col">next</th><th scope="col">from</th><th scope="col">still open</th></tr></thead><tbody>
{{range .Next}}<tr><th scope="row">{{.Channel}}</th><td>{{if .Window}}{{.Name}} ({{.Window}}){{else}}nobody{{end}}</td><td>{{if .Window}}{{$.When .From}}{{end}}</td><td>{{.Open}}</td></tr>{{end}}
</tbody></table>
</body></html>
`))

// tallyTable is what the template of a table is given.
type tallyTable struct {
	What string
	List []desk.Tally
}

func (v view) Table(what string) tallyTable {
	return tallyTable{what, map[string][]desk.Tally{"day": v.Days, "channel": v.Channels, "language": v.Languages}[what]}
}
