package configs

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
	"github.com/ittakesacommunity/takeover/plan"
)

// secretRef says where a secret lies, "file:NAME" or "env:NAME"; the secret
// itself never passes through here.
type secretRef string

// wallTime is an instant that files write as local time.
type wallTime struct {
	at  time.Time
	loc *time.Location
}

const (
	wallMinutes = "2006-01-02T15:04"
	wallSeconds = "2006-01-02T15:04:05"
)

// String is the local time; with its offset only where the local time alone
// would name another instant (an hour that comes twice).
func (w wallTime) String() string {
	local := w.at.In(w.loc)
	layout := wallSeconds
	if local.Second() == 0 {
		layout = wallMinutes
	}
	s := local.Format(layout)
	if back, err := parseWall(s, w.loc); err == nil && back.Equal(w.at) {
		return s
	}
	return local.Format(wallSeconds + "-07:00")
}

// withOffset is the local time as a file may write it too: it names the instant
// to readers who do not know the zone.
func (w wallTime) withOffset() string {
	return w.at.In(w.loc).Format(wallSeconds + "-07:00")
}

// wallPattern is the form of a local date-time that may carry its offset.
const wallPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([+-][0-9]{2}:[0-9]{2})?)?$`

// parseWall reads a local date-time of the zone, or one that carries its
// offset. A time that comes twice is its first, one that the zone leaves out
// is the first instant after the gap (design.md §4). The instant is in UTC.
func parseWall(s string, loc *time.Location) (time.Time, error) {
	if len(s) > len(wallSeconds) {
		at, err := time.Parse(wallSeconds+"-07:00", s)
		if err != nil {
			return time.Time{}, fmt.Errorf("the calendar has no %q", s)
		}
		return at.UTC(), nil
	}
	wall, err := yamlwalk.ParseLocal(s)
	if err != nil {
		return time.Time{}, err
	}
	return instant(wall, loc), nil
}

// instant is where plans put a wall time (plan.Instant); there is one rule.
func instant(wall time.Time, loc *time.Location) time.Time {
	at, _ := plan.Instant(wall, loc)
	return at.UTC()
}

// lastDay is the end of a consent: files name the last day on which it holds,
// or the instant from which it does not.
type lastDay struct {
	until time.Time
	loc   *time.Location
}

func (d lastDay) String() string {
	day := d.until.In(d.loc).AddDate(0, 0, -1).Format(time.DateOnly)
	if back, err := parseLastDay(day, d.loc); err == nil && back.Equal(d.until) {
		return day
	}
	return wallTime{d.until, d.loc}.String()
}

// parseLastDay reads a date (that day included) or a local date-time (exclusive).
func parseLastDay(s string, loc *time.Location) (time.Time, error) {
	if len(s) > len(time.DateOnly) {
		return parseWall(s, loc)
	}
	day, err := yamlwalk.ParseDate(s)
	if err != nil {
		return time.Time{}, err
	}
	return instant(day.AddDate(0, 0, 1), loc), nil
}

// formatHours writes no-post hours, "23:00-06:00".
func formatHours(h campaign.HourRange) string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.Until/60, h.Until%60)
}

// hoursPattern is the form of no-post hours; 24:00 is the end of the day.
const hoursPattern = `^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`

var hoursForm = regexp.MustCompile(hoursPattern)

// parseHours reads no-post hours of the form.
func parseHours(s string) campaign.HourRange {
	clock := func(hhmm string) int {
		h, _ := strconv.Atoi(hhmm[:2])
		m, _ := strconv.Atoi(hhmm[3:])
		return h*60 + m
	}
	return campaign.HourRange{From: clock(s[:5]), Until: clock(s[6:])}
}

// formatSize writes bytes in the largest unit that fits, "512MiB".
func formatSize(n int64) string {
	for _, u := range []struct {
		name  string
		shift uint
	}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}} {
		if n>>u.shift<<u.shift == n && n != 0 {
			return strconv.FormatInt(n>>u.shift, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
