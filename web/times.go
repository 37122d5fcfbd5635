package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// zoneCookie holds the reader's own zone, one of zones.
const zoneCookie = "takeover-zone"

// zones are those that a reader may choose to see times in, beside the
// campaign's own: a large city for each that is in use.
var zones = []string{
	"Africa/Abidjan", "Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
	"America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Caracas", "America/Chicago", "America/Denver",
	"America/Guatemala", "America/Guayaquil", "America/Halifax", "America/Havana", "America/La_Paz", "America/Lima", "America/Los_Angeles",
	"America/Mexico_City", "America/Montevideo", "America/New_York", "America/Panama", "America/Santiago", "America/Sao_Paulo",
	"America/St_Johns", "America/Toronto",
	"Asia/Amman", "Asia/Baghdad", "Asia/Bangkok", "Asia/Beirut", "Asia/Colombo", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta",
	"Asia/Jerusalem", "Asia/Kabul", "Asia/Karachi", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai",
	"Asia/Singapore", "Asia/Tashkent", "Asia/Tehran", "Asia/Tokyo", "Asia/Yangon",
	"Atlantic/Azores", "Atlantic/Cape_Verde", "Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Perth", "Australia/Sydney",
	"Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon",
	"Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Rome", "Europe/Warsaw",
	"Pacific/Auckland", "Pacific/Fiji", "Pacific/Guam", "Pacific/Honolulu", "Pacific/Port_Moresby", "Pacific/Tongatapu", "UTC",
}

// Zones are the choices of the form.
func (p page) Zones() []string { return zones }

// ownZone is the zone that the reader chose; nil for the campaign's.
func ownZone(r *http.Request) *time.Location {
	name := cookieValue(r, zoneCookie)
	if !slices.Contains(zones, name) {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

// Own is the name of the reader's own zone; "" for the campaign's.
func (p page) Own() string {
	if p.own == nil {
		return ""
	}
	return p.own.String()
}

// Time writes an instant with its zone, as every screen shows times, and after
// it what the reader's own clock shows then.
func (p page) Time(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	l := t.In(p.zone)
	s := fmt.Sprintf("%s %s %s %s (%s)", p.date(l), l.Format("2006"), p.clock(l), p.zone, l.Format("-07:00"))
	if p.own == nil || t.In(p.own).Format(time.DateTime) == l.Format(time.DateTime) {
		return s
	}
	mine := p.clockIn(t, p.own)
	if t.In(p.own).YearDay() != l.YearDay() {
		mine = p.date(t.In(p.own)) + " " + mine
	}
	return s + " = " + mine + " " + p.own.String()
}

// clock is the time of day in the campaign's zone, with seconds where it has some.
func (p page) clock(t time.Time) string { return p.clockIn(t, p.zone) }

func (p page) clockIn(t time.Time, loc *time.Location) string {
	l := t.In(loc)
	if l.Second() == 0 {
		return l.Format("15:04")
	}
	return l.Format("15:04:05")
}

// Day is the day of an instant in the campaign's zone, with its year.
func (p page) Day(t time.Time) string {
	l := t.In(p.zone)
	return p.date(l) + l.Format(" 2006")
}

// Hour is the time of day in the campaign's zone.
func (p page) Hour(t time.Time) string { return p.clock(t) }

// date is weekday, day and month of a local time, in the reader's language.
func (p page) date(l time.Time) string {
	return fmt.Sprintf("%s %d %s", p.weekday(l.Weekday()), l.Day(), p.month(l.Month()))
}

// weekday and month are names of the catalogue, which lists them from Sunday
// and from January.
func (p page) weekday(d time.Weekday) string { return nth(p.T("day_names"), int(d)) }
func (p page) month(m time.Month) string     { return nth(p.T("month_names"), int(m)-1) }

func nth(list string, i int) string {
	names := strings.Split(list, ",")
	if i >= len(names) {
		return ""
	}
	return names[i]
}

// Field is an instant as a form's field of a date and time holds it.
func (p page) Field(t time.Time) string { return t.In(p.zone).Format("2006-01-02T15:04") }

// moment reads what a form's field of a date and time holds, as wall-clock time
// of the campaign's zone. Empty is no time.
func (p page) moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(form, s, p.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errTime
}
