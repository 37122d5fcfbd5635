package sheet

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Words that cells use for the plan's own.
var (
	kindWords = map[string]string{"citation": "quote", "cita": "quote", "اقتباس": "quote", "الاقتباس": "quote", "defi": "challenge", "reto": "challenge", "desafio": "challenge", "تحد": "challenge", "تحدي": "challenge",
		"التحدي": "challenge", "direct": "livestream", "directo": "livestream", "livestream": "livestream", "live": "livestream", "بثمباشر": "livestream", "mensaje": "message", "رسالة": "message",
		"post": "message", "status": "message", "text": "message", "image": "message", "photo": "message", "quote": "quote", "challenge": "challenge", "message": "message"}
	stepWords = map[string]string{"launch": "launch", "lancement": "launch", "lanzamiento": "launch", "اطلاق": "launch", "الاطلاق": "launch", "reminder": "reminder", "rappel": "reminder", "recordatorio": "reminder", "تذكير": "reminder",
		"wrapup": "wrapup", "bilan": "wrapup", "cierre": "wrapup", "ختام": "wrapup", "closing": "wrapup"}
	yes = []string{"yes", "true", "oui", "vrai", "si", "verdadero", "نعم", "صحيح", "x", "1", "✓", "✔"}
	no  = []string{"no", "false", "non", "faux", "falso", "لا", "خطا", "0"}
)

// none is what a cell says where a list or link is to be empty in spite of a default.
const none = "-"

// latin writes Arabic-Indic and Persian digits as the others do.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r == '٫':
			return '.'
		case r == '\u200e', r == '\u200f', r == '\u061c', r == '\u202a', r == '\u202b', r == '\u202c': // direction marks that a cell of numbers may carry
			return -1
		case r == '\u00a0', r == '\u202f':
			return ' '
		}
		return r
	}, s)
}

// parts splits a cell that holds a list.
func parts(s string) []string {
	var out []string
	for p := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(",;|،؛\n\t", r) }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// order is how a sheet writes a date by numbers.
type order uint8

const (
	unclear  order = iota
	dayFirst       // 18/12/2026
	monthFirst
	mixed // some cells say the one, some the other
)

var (
	isoForm    = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(.+))?$`)
	numberForm = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ,]+(.+))?$`)
	clockForm  = regexp.MustCompile(`^(\d{1,2})(?:[:hH.](\d{2}))?(?::(\d{2}))?\s*([aApP])?\.?[mM]?\.?$`)
	offsetForm = regexp.MustCompile(`^(start|end)?\s*([+\-−–]?)\s*(?:(\d{1,4})\s*([mhd]))?$`)
)

// orderOf looks at what cells of dates say, and tells which number is the day.
func orderOf(cells []string) order {
	o := unclear
	for _, c := range cells {
		m := numberForm.FindStringSubmatch(strings.TrimSpace(latin(c)))
		if m == nil {
			continue
		}
		a, b := atoi(m[1]), atoi(m[2])
		says := unclear
		switch {
		case a > 12 && b <= 12:
			says = dayFirst
		case b > 12 && a <= 12:
			says = monthFirst
		}
		if says != unclear && o != unclear && o != says {
			return mixed
		}
		o = max(o, says)
	}
	return o
}

// dateOf writes a date, or a date and time, as plans do; what cannot be read is
// left as it is, for the plan's check to refuse. other is the second reading of
// a date that has two.
func dateOf(s string, o order) (text, other string) {
	s = strings.TrimSpace(latin(s))
	if localForm.MatchString(s) {
		return s, ""
	}
	if m := isoForm.FindStringSubmatch(s); m != nil {
		return withClock(fmt.Sprintf("%s-%02d-%02d", m[1], atoi(m[2]), atoi(m[3])), m[4]), ""
	}
	m := numberForm.FindStringSubmatch(s)
	if m == nil {
		return s, ""
	}
	a, b := atoi(m[1]), atoi(m[2])
	first := withClock(fmt.Sprintf("%s-%02d-%02d", m[3], b, a), m[4])
	second := withClock(fmt.Sprintf("%s-%02d-%02d", m[3], a, b), m[4])
	switch {
	case a == b, a > 12:
		return first, ""
	case b > 12:
		return second, ""
	case o == dayFirst:
		return first, ""
	case o == monthFirst:
		return second, ""
	}
	return first, second
}

func withClock(date, clock string) string {
	if clock == "" {
		return date
	}
	return date + "T" + clockOf(clock)
}

// clockOf writes a time of day as plans do.
func clockOf(s string) string {
	s = strings.TrimSpace(latin(s))
	m := clockForm.FindStringSubmatch(s)
	if m == nil || m[2] == "" && m[4] == "" {
		return s
	}
	hour := atoi(m[1])
	switch strings.ToLower(m[4]) {
	case "p":
		if hour < 12 {
			hour += 12
		}
	case "a":
		if hour == 12 {
			hour = 0
		}
	}
	minute := m[2]
	if minute == "" {
		minute = "00"
	}
	if m[3] != "" && m[3] != "00" {
		return fmt.Sprintf("%02d:%s:%s", hour, minute, m[3])
	}
	return fmt.Sprintf("%02d:%s", hour, minute)
}

// offsetOf writes "-24h", "0" or "end+2h" as plans do. name is a name for a step at that time.
func offsetOf(s string) (at, name string) {
	s = strings.ToLower(strings.TrimSpace(latin(s)))
	if s == "0" || s == "start" || s == "0h" || s == "0m" {
		return "start", "live"
	}
	m := offsetForm.FindStringSubmatch(s)
	if m == nil || s == "" {
		return s, "step"
	}
	from, sign := m[1], m[2]
	if from == "" {
		from = "start"
	}
	switch {
	case m[3] == "":
		return from, from
	case sign == "" || sign == "+":
		return from + "+" + m[3] + m[4], "after-" + from + "-" + m[3] + m[4]
	}
	return from + "-" + m[3] + m[4], "before-" + from + "-" + m[3] + m[4]
}

// Days of the two calendars that workbooks count by.
const (
	day1904     = 1462                 // days between their beginnings
	firstSerial = 36_526               // 2000-01-01
	lastSerial  = firstSerial + 73_050 // 2199-12-31
)

// serial writes a workbook's number for a date or time, counted by the calendar of 1900.
func serial(n float64) (text string, ok bool) {
	if n >= 0 && n < 1 {
		t := time.Time{}.Add(time.Duration(n*86_400+0.5) * time.Second)
		return clockText(t), true
	}
	if n < firstSerial || n >= lastSerial {
		return "", false
	}
	days, rest := int(n), n-float64(int(n))
	t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days).Add(time.Duration(rest*86_400+0.5) * time.Second)
	if t.Hour()+t.Minute()+t.Second() == 0 {
		return t.Format(time.DateOnly), true
	}
	return t.Format("2006-01-02T") + clockText(t), true
}

func clockText(t time.Time) string {
	if t.Second() != 0 {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// scalar is a cell's value for the key at the path, as a plan file writes it.
func scalar(p path, s string, at Ref) *tree {
	switch {
	case p.number():
		n := strings.ReplaceAll(latin(strings.TrimSpace(s)), " ", "")
		if _, err := strconv.ParseFloat(n, 64); err == nil && !strings.ContainsAny(n, "xXpP_nN") {
			return &tree{kind: leaf, value: n, raw: true, at: at}
		}
	case p.yesNo():
		switch w := fold(s); {
		case slices.Contains(yes, w):
			return &tree{kind: leaf, value: "true", raw: true, at: at}
		case slices.Contains(no, w):
			return &tree{kind: leaf, value: "false", raw: true, at: at}
		}
	}
	return word(s, at)
}

// own is the path without the medium, defaults or variant that it stands in.
func (p path) own() path {
	if len(p) > 1 && (p[0] == "media" || p[0] == "defaults") {
		p = p[1:]
	}
	if len(p) > 2 && p[0] == "variants" {
		p = p[2:]
	}
	return p
}

// number tells whether a plan file holds a number there.
func (p path) number() bool {
	p = p.own()
	switch {
	case len(p) == 2:
		return p[0] == "series" && p[1] == "number" || p[0] == "focus"
	case len(p) == 3:
		return p[0] == "values" && (p[2] == "min" || p[2] == "max")
	}
	return false
}

// yesNo tells whether a plan file holds true or false there.
func (p path) yesNo() bool {
	p = p.own()
	switch {
	case len(p) == 1:
		return p[0] == "repeat" || p[0] == "silent" || p[0] == "off"
	case len(p) == 2:
		return p[0] == "quote" && p[1] == "card" || p[0] == "poll" && p[1] == "multiple"
	}
	return false
}

// list tells whether a plan file holds a list of words there.
func (p path) list() bool {
	p = p.own()
	return len(p) == 1 && slices.Contains([]string{"channels", "hashtags", "images", "languages", "focus"}, p[0])
}

// prose tells whether the cell is somebody's text, which keeps its spaces and digits.
func (p path) prose() bool {
	p = p.own()
	if len(p) == 2 && p[0] == "quote" && p[1] != "text" {
		return false
	}
	return slices.Contains([]string{"text", "quote", "thread", "first_comment", "content_warning", "poll", "card", "alt", "credit", "source", "tags", "title", "series"}, p[0])
}
