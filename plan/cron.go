package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Occurrence is one instant of a cron series, named by its earliest wall time.
type Occurrence struct {
	Wall string    `json:"wall"` // local, "2026-10-25T02:30"
	At   time.Time `json:"at"`   // UTC
	Note string    `json:"note"` // "", "gap" or "overlap"
}

// MaxOccurrences is how many occurrences When lists; plans have a lower limit
// of their own (campaign.Policies.MaxOccurrences).
const MaxOccurrences = 100_000

// What is wrong with a series; When wraps them.
var (
	ErrCronSyntax = errors.New("not a cron expression")
	ErrCronZone   = errors.New("a cron expression here has no zone of its own")
	ErrCronNever  = errors.New("this series never fires")
	ErrCronMany   = errors.New("too many occurrences")
)

// wallForm writes wall times that fall on a minute.
const wallForm = "2006-01-02T15:04"

// When lists the occurrences of a cron series between two local dates, from
// inclusive, until exclusive (of both only the calendar day counts). The five
// fields, or @hourly, @daily, @weekly, @monthly, @yearly, are stepped over
// wall-clock time and each wall time is mapped by Instant, so a daily series
// has one occurrence on every day. Wall times that fall on the same instant are
// one occurrence. "@every D" counts whole minutes of wall-clock time from the
// first midnight on, that midnight included.
func When(spec string, zone *time.Location, from, until time.Time) ([]Occurrence, error) {
	return occurrences(spec, zone, civilDay(from), civilDay(until), MaxOccurrences)
}

// civilDay is the midnight of t's calendar day, as if in UTC.
func civilDay(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// occurrences steps the series over the wall times in [from, until), given as if in UTC.
func occurrences(spec string, zone *time.Location, from, until time.Time, most int) ([]Occurrence, error) {
	next, err := parseCron(spec, from)
	if err != nil {
		return nil, err
	}
	out := []Occurrence{}
	for wall := next(from.Add(-time.Second)); !wall.IsZero() && wall.Before(until); wall = next(wall) {
		at, note := Instant(wall, zone)
		if n := len(out); n > 0 && !out[n-1].At.Before(at) {
			continue // the same instant under a later name
		}
		if len(out) == most {
			return nil, fmt.Errorf("%w: more than %d", ErrCronMany, most)
		}
		out = append(out, Occurrence{Wall: wall.Format(wallForm), At: at, Note: note})
	}
	return out, nil
}

// cronParser knows five fields and names such as @daily; zones and other
// prefixes never reach it.
var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// parseCron returns the step from one wall time to the next, zero after the
// last. Origin is where "@every" counts from. The parser is somebody else's
// code and known to panic on odd input.
func parseCron(spec string, origin time.Time) (next func(time.Time) time.Time, err error) {
	defer func() {
		if recover() != nil {
			next, err = nil, fmt.Errorf("%w: %q", ErrCronSyntax, clip(spec))
		}
	}()
	spec = strings.TrimSpace(spec)
	switch {
	case spec == "":
		return nil, fmt.Errorf("%w: it is empty", ErrCronSyntax)
	case len(spec) > 200:
		return nil, fmt.Errorf("%w: it is longer than 200 characters", ErrCronSyntax)
	case strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ="):
		return nil, ErrCronZone
	case strings.HasPrefix(spec, "@reboot"):
		return nil, fmt.Errorf("%w: @reboot is no time", ErrCronSyntax)
	case strings.HasPrefix(spec, "@every"):
		return parseEvery(strings.TrimPrefix(spec, "@every"), origin)
	}
	schedule, err := cronParser.Parse(spec)
	if err != nil || emptyItem(spec) {
		return nil, fmt.Errorf("%w: %s", ErrCronSyntax, cronFault(spec))
	}
	step := patient(schedule)
	if step(neverFrom).IsZero() {
		return nil, ErrCronNever
	}
	return step, nil
}

// neverFrom begins a stretch with every date there is within patience's steps.
var neverFrom = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// patient makes a schedule look further ahead than the library's five years: 29
// February may be eight away.
func patient(s cron.Schedule) func(time.Time) time.Time {
	return func(wall time.Time) time.Time {
		for range 3 {
			if next := s.Next(wall); !next.IsZero() {
				return next
			}
			wall = wall.AddDate(4, 0, 0)
		}
		return time.Time{}
	}
}

// parseEvery steps by a whole number of minutes of wall-clock time.
func parseEvery(length string, origin time.Time) (func(time.Time) time.Time, error) {
	d, err := time.ParseDuration(strings.TrimSpace(length))
	if err != nil {
		return nil, fmt.Errorf("%w: @every needs a length such as 90m or 12h", ErrCronSyntax)
	}
	if d < time.Minute || d%time.Minute != 0 || d > 366*24*time.Hour {
		return nil, fmt.Errorf("%w: @every takes whole minutes, from 1m to a year", ErrCronSyntax)
	}
	return func(wall time.Time) time.Time {
		if wall.Before(origin) {
			return origin
		}
		return origin.Add((wall.Sub(origin)/d + 1) * d)
	}, nil
}

// cronFields are the names of the fields and what they may hold.
var cronFields = [...]struct{ name, holds string }{
	{"minute", "0-59"}, {"hour", "0-23"}, {"day of the month", "1-31"}, {"month", "1-12 or JAN-DEC"}, {"day of the week", "0-6 or SUN-SAT (Sunday is 0)"},
}

// cronFault says which field of a refused expression is wrong.
func cronFault(spec string) string {
	if strings.HasPrefix(spec, "@") {
		return fmt.Sprintf("%q is not one of @hourly, @daily, @weekly, @monthly, @yearly, @every", clip(spec))
	}
	fields := strings.Fields(spec)
	if len(fields) != len(cronFields) {
		return fmt.Sprintf("it has %d fields, not 5 (minute, hour, day, month, day of the week)", len(fields))
	}
	for i, f := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = f
		if emptyItem(f) || !parses(strings.Join(alone, " ")) {
			return fmt.Sprintf("field %d (%s) is %q, it takes %s, ranges from low to high and steps of 1 or more", i+1, cronFields[i].name, clip(f), cronFields[i].holds)
		}
	}
	return fmt.Sprintf("%q cannot be read", clip(spec))
}

// emptyItem tells of a list with nothing between its commas, which the parser
// takes for a shorter list.
func emptyItem(field string) bool {
	return slices.ContainsFunc(strings.Fields(field), func(f string) bool { return slices.Contains(strings.Split(f, ","), "") })
}

func parses(spec string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := cronParser.Parse(spec)
	return err == nil
}

// clip shortens what a person wrote for use in a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
