package plan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// moment is one occurrence of a step: when, by which rule, and what it says.
type moment struct {
	step      *Step
	stepName  string // of a step; empty for posts and items
	at        time.Time
	pos       Pos    // of the time in the file
	key       string // of the occurrence, see campaign.Delivery.Occurrence
	rule      string
	series    string
	anchor    string
	tolerance time.Duration
	ifMissed  string
	until     time.Time // an announcement is worth nothing from here on; zero: no such end
	wall      string    // local time as written, for messages
}

// Default tolerances. Source: design.md §4.
const (
	toleranceText      = 4 * time.Hour // quote and message
	toleranceChallenge = 2 * time.Hour
	toleranceLive      = 15 * time.Minute
	toleranceReplay    = 4 * time.Hour
)

// moments lists the occurrences of a post in the order of the file.
func (e *expander) moments(x *Post) []moment {
	var out []moment
	switch {
	case x.Schedule != nil:
		out = e.scheduled(x)
	case len(x.Items) > 0:
		out = e.itemised(x, e.fixed(x, &x.Step), x.Pos)
	default:
		for _, s := range x.parts() {
			out = append(out, e.fixed(x, s)...)
		}
	}
	for i := range out {
		e.settle(x, &out[i])
	}
	return out
}

// fixed are the occurrences of what has one time, a list of times or an offset.
func (e *expander) fixed(x *Post, s *Step) []moment {
	var out []moment
	seen := map[string]Str{}
	for _, at := range s.At {
		m := moment{step: s, pos: at.Pos}
		if s != &x.Step {
			m.stepName, m.key = s.ID.Value, s.ID.Value
		}
		if strings.HasPrefix(at.Value, "start") || strings.HasPrefix(at.Value, "end") {
			if e.anchored(x, at, &m) {
				out = append(out, m)
			}
			continue
		}
		wall, ok := e.local(at)
		if !ok {
			continue
		}
		m.at, m.wall = e.instant(wall, at), at.Value
		m.rule = "at " + stamp(wall) + " " + e.zone.String()
		if s.AtIsList {
			m.key = stamp(wall)
			m.series = seriesOf(e.p, x, s)
			e.once(seen, "the list of times", Str{Value: m.key, Pos: at.Pos})
		}
		out = append(out, m)
	}
	return out
}

// stamp names a wall time; seconds only where there are any.
func stamp(wall time.Time) string {
	if wall.Second() != 0 {
		return wall.Format(wallForm + ":05")
	}
	return wall.Format(wallForm)
}

func seriesOf(p *Plan, x *Post, s *Step) string {
	name := p.ID.Value + "/" + x.ID.Value
	if s != &x.Step {
		name += "/" + s.ID.Value
	}
	return name
}

// anchored places a time like start-24h.
func (e *expander) anchored(x *Post, at Str, m *moment) bool {
	if !x.Anchor.Written() {
		if x.Kind == campaign.Livestream {
			return false // Parse said that the anchor is missing
		}
		e.fault(at.Pos, "P020", fmt.Sprintf("%q counts from an anchor, but the post has none", at.Value), `add "anchor" with the id of an anchor, or write a local time`)
		return false
	}
	a, ok := e.anchors[x.Anchor.Value]
	if !ok {
		return false // said by checkPost
	}
	from, offset := a.Start, strings.TrimPrefix(at.Value, "start")
	base := a.Base
	if strings.HasPrefix(at.Value, "end") {
		offset = strings.TrimPrefix(at.Value, "end")
		from, base = from.Add(a.Length), base.Add(a.Length)
	}
	d, err := parseOffset(offset)
	if err != nil {
		e.fault(at.Pos, "P020", fmt.Sprintf("%q is no time", at.Value), `write it like "start-24h" or "end+2h"`)
		return false
	}
	m.at, m.anchor = from.Add(d), x.Anchor.Value
	// The base stands in the rule: an anchor that moves further than the policy
	// allows gets a new base, and with it asks for a new approval.
	m.rule = fmt.Sprintf("%s of %s, %s, up to %s either way", at.Value, m.anchor, base.Add(d).UTC().Format(time.RFC3339), yamlwalk.FormatDuration(e.c.Policies.AnchorMoves))
	if m.at.Before(a.Start) {
		m.until = a.Start
	}
	return true
}

func parseOffset(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := yamlwalk.ParseDuration(s[1:])
	if s[0] == '-' {
		d = -d
	}
	return d, err
}

// scheduled are the occurrences of a cron series.
func (e *expander) scheduled(x *Post) []moment {
	s := x.Schedule
	from, until, ok := e.stretch(s)
	if !ok || !s.Cron.Written() {
		return nil
	}
	most := e.c.Policies.MaxOccurrences
	if most <= 0 {
		most = campaign.DefaultPolicies().MaxOccurrences
	}
	list, err := occurrences(s.Cron.Value, e.zone, from, until, most)
	switch {
	case errors.Is(err, ErrCronZone):
		e.fault(s.Cron.Pos, "P033", err.Error(), "remove the prefix: the plan's timezone holds")
		return nil
	case errors.Is(err, ErrCronMany):
		e.fault(s.Cron.Pos, "P032", fmt.Sprintf("the series has more than %d occurrences", most), "write a rarer expression or an earlier until")
		return nil
	case errors.Is(err, ErrCronSyntax):
		e.fault(s.Cron.Pos, "P030", err.Error(), `write five fields: minute hour day month weekday, such as "30 8 * * MON-FRI"`)
		return nil
	case err != nil || len(list) == 0:
		e.fault(s.Cron.Pos, "P031", fmt.Sprintf("%q never fires from %s to %s", clip(s.Cron.Value), stamp(from), stamp(until)), "mend the expression, or from and until")
		return nil
	}
	return e.itemised(x, e.seriesMoments(x, list), s.Pos)
}

// stretch are the wall times of a schedule: from inclusive, until exclusive.
func (e *expander) stretch(s *Schedule) (from, until time.Time, ok bool) {
	if !s.Until.Written() {
		return from, until, false
	}
	from, ok = e.window.From.In(e.zone), true
	from = time.Date(from.Year(), from.Month(), from.Day(), from.Hour(), from.Minute(), 0, 0, time.UTC)
	if s.From.Written() {
		from, ok = e.dateOrTime(s.From)
	}
	until, okUntil := e.dateOrTime(s.Until)
	if okUntil && len(s.Until.Value) == len(time.DateOnly) {
		until = until.AddDate(0, 0, 1) // a date without a time: that day included
	}
	if ok && okUntil && !from.Before(until) {
		e.fault(s.Until.Pos, "P031", "the series ends before it begins", "write an until after from")
		return from, until, false
	}
	return from, until, ok && okUntil
}

func (e *expander) dateOrTime(s Str) (time.Time, bool) {
	if len(s.Value) != len(time.DateOnly) {
		return e.local(s)
	}
	t, err := yamlwalk.ParseDate(s.Value)
	if err != nil {
		e.fault(s.Pos, "P020", err.Error(), `write a date like "2026-12-18"`)
	}
	return t, err == nil
}

// seriesMoments names the occurrences by local date and ordinal within the day,
// so that 08:30 moved to 08:45 stays the same one.
func (e *expander) seriesMoments(x *Post, list []Occurrence) []moment {
	out := make([]moment, 0, len(list))
	ordinal := map[string]int{}
	for _, o := range list {
		date := o.Wall[:len(time.DateOnly)]
		ordinal[date]++
		e.noteWall(o.Note, o.Wall, o.At, x.Schedule.Cron.Pos)
		out = append(out, moment{
			step: &x.Step, at: o.At, pos: x.Schedule.Cron.Pos, wall: o.Wall,
			key:    date + "/" + strconv.Itoa(ordinal[date]),
			rule:   "series " + o.Wall + " " + e.zone.String(),
			series: seriesOf(e.p, x, &x.Step),
		})
	}
	return out
}

// itemised gives each occurrence its item, in order.
func (e *expander) itemised(x *Post, list []moment, pos Pos) []moment {
	if len(x.Items) == 0 {
		return list
	}
	if len(x.Items) != len(list) {
		var dates []string
		for _, m := range list[:min(len(list), 20)] {
			dates = append(dates, m.at.In(e.zone).Format("Mon 2 Jan 15:04"))
		}
		fix := fmt.Sprintf("write %d items, or change the series", len(list))
		e.bad[e.post] = true
		e.say(pos, campaign.Finding{Severity: campaign.SeverityError, Code: "P092", Fix: fix,
			Message: fmt.Sprintf("%d items for %d dates", len(x.Items), len(list)), Detail: "the dates are " + strings.Join(dates, ", ")})
	}
	list = list[:min(len(list), len(x.Items))]
	for i := range list {
		list[i].step, list[i].key = &x.Items[i], x.Items[i].ID.Value
	}
	return list
}

// settle fills in tolerance and what happens to a missed one.
func (e *expander) settle(x *Post, m *moment) {
	m.ifMissed = first(m.step.IfMissed.Value, x.IfMissed.Value, e.p.Defaults.IfMissed.Value, "ask")
	for _, s := range []Str{m.step.Tolerance, x.Tolerance, e.p.Defaults.Tolerance} {
		if s.Written() {
			m.tolerance = e.duration(s, time.Minute)
			return
		}
	}
	switch {
	case x.Kind == campaign.Challenge:
		m.tolerance = toleranceChallenge
	case e.now(m):
		m.tolerance = toleranceLive
	case !m.until.IsZero():
		m.tolerance = m.until.Sub(m.at)
	case m.anchor != "":
		m.tolerance = toleranceReplay
	default:
		m.tolerance = toleranceText
	}
}

// now tells whether the moment is the start of its anchor: "we are live".
func (e *expander) now(m *moment) bool {
	return m.step.WaitFor.Written() || m.anchor != "" && m.at.Equal(e.anchors[m.anchor].Start)
}

func first(options ...string) string {
	for _, s := range options {
		if s != "" {
			return s
		}
	}
	return ""
}

// latest is the instant after which the delivery is missed, were it due then.
func (e *expander) latest(r *row, due time.Time) time.Time {
	latest := due.Add(r.moment.tolerance)
	if r.moment.ifMissed == "send" {
		latest = e.window.To
	}
	if u := r.moment.until; !u.IsZero() && u.Before(latest) {
		latest = u
	}
	if e.granted && latest.After(e.window.To) {
		latest = e.window.To
	}
	if latest.Before(due) {
		latest = due // spaced beyond its end: checkSpacing or checkTime says so
	}
	return latest
}

// local reads a wall time, as if in UTC.
func (e *expander) local(s Str) (time.Time, bool) {
	if !s.Written() {
		return time.Time{}, false
	}
	wall, err := yamlwalk.ParseLocal(s.Value)
	if err != nil {
		e.fault(s.Pos, "P020", err.Error(), `write a local time like "2026-12-18T09:00"`)
	}
	return wall, err == nil
}

// instant maps a wall time of the plan's zone and says what is odd about it.
func (e *expander) instant(wall time.Time, s Str) time.Time {
	at, note := Instant(wall, e.zone)
	e.noteWall(note, stamp(wall), at, s.Pos)
	return at
}

func (e *expander) noteWall(note, wall string, at time.Time, pos Pos) {
	used := at.In(e.zone).Format("15:04 -07:00")
	switch note {
	case NoteGap:
		e.warn(pos, "W025", fmt.Sprintf("%s does not exist in %s; %s is used", wall, e.zone, used), "write a time that exists")
	case NoteOverlap:
		e.warn(pos, "W026", fmt.Sprintf("%s exists twice in %s; the first, %s, is used", wall, e.zone, used), "write another time, or leave it so")
	}
}

// duration reads a length of time of at least least.
func (e *expander) duration(s Str, least time.Duration) time.Duration {
	d, err := yamlwalk.ParseDuration(s.Value)
	switch {
	case err != nil:
		e.fault(s.Pos, "P040", err.Error(), `write it like "15m", "2h" or "1d"`)
	case d < least || d > 31*24*time.Hour:
		e.fault(s.Pos, "P040", fmt.Sprintf("%q is not from %s to 31d", s.Value, yamlwalk.FormatDuration(least)), `write it like "15m", "2h" or "1d"`)
	}
	return d
}

// returns tells whether a cancelled delivery becomes n, because the file says
// something else than was cancelled. One that a person gave a time follows that person.
func returns(old, n *campaign.Delivery) bool {
	return old.State == campaign.Cancelled && old.Attempt == 0 && !old.Public() && old.Wants != n.Wants && !strings.HasPrefix(old.Rule, MovedRule)
}

// checkTime compares the due time with clock, window and no-post hours, and
// tells whether it can be. What has left the queue is not judged again unless it
// comes back, and what is in it not by the clock unless its time is another one.
func (e *expander) checkTime(r *row) bool {
	old, stored := e.existing[r.delivery.ID]
	if !e.granted || stored && !queued(old) && !returns(old, &r.delivery) {
		return true // without a window no time can be right
	}
	at := fmt.Sprintf("%s %s", r.due.In(e.zone).Format("2006-01-02 15:04"), e.zone)
	if !r.due.Equal(r.moment.at) {
		at += fmt.Sprintf(" (spaced on %s)", r.delivery.Channel)
	}
	same := stored && (old.Due.Equal(r.due) || old.Rule == r.delivery.Rule && r.moment.anchor == "")
	lead := e.c.Policies.MinLead
	outside := r.due.Before(e.window.From) || !r.due.Before(e.window.To)
	free := e.window.FreeAt(r.due, e.home)
	f := campaign.Finding{Severity: campaign.SeverityError}
	if outside {
		f.Detail = fmt.Sprintf("the window is from %s to %s", e.window.From.In(e.zone).Format(wallForm), e.window.To.In(e.zone).Format(wallForm))
	}
	switch {
	case !same && r.due.Before(e.env.Now):
		f.Code, f.Message, f.Fix = "P021", at+" is in the past", "write a time to come"
		if outside {
			f.Fix = "write a time within the window"
		}
	case outside:
		f.Code, f.Message, f.Fix = "P022", at+" is outside the window "+e.p.Window.Value, "write a time within the window"
	case !same && r.due.Before(e.env.Now.Add(lead)):
		f.Code, f.Message = "P024", fmt.Sprintf("%s is less than %s ahead", at, yamlwalk.FormatDuration(lead))
		f.Fix = fmt.Sprintf("write %s or later", e.env.Now.Add(lead+time.Minute).In(e.zone).Format(wallForm))
	case !free.Equal(r.due):
		f.Code, f.Message, f.Fix = "P023", at+" is in the window's no-post hours", fmt.Sprintf("write %s or later", free.In(e.zone).Format(wallForm))
	default:
		return true
	}
	e.bad[e.post] = true
	e.sayTime(r, f)
	return false
}

// badTimes are the times for which one finding stands.
type badTimes struct {
	found int    // its number in the list
	own   string // its detail without the count
	due   map[time.Time]bool
}

// sayTime says what is wrong with a time, once for all that follow from one
// place of the file: the dates of a series, channels, languages.
func (e *expander) sayTime(r *row, f campaign.Finding) {
	key := finding{at: r.moment.pos, code: f.Code}
	b, said := e.badTimes[key]
	if !said {
		b = &badTimes{len(e.found), f.Detail, map[time.Time]bool{}}
		e.badTimes[key] = b
		e.say(r.moment.pos, f)
	}
	b.due[r.due.UTC()] = true
	if n := len(b.due) - 1; n > 0 && b.found < len(e.found) {
		times := "times"
		if n == 1 {
			times = "time"
		}
		e.found[b.found].Detail = strings.TrimPrefix(fmt.Sprintf("%s; likewise %d more %s written here", b.own, n, times), "; ")
	}
}
