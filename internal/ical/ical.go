// Package ical writes calendars that phones and office programs subscribe to.
// Source: RFC 5545, and RFC 7986 for REFRESH-INTERVAL, NAME and SOURCE.
package ical

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Status of an event, as RFC 5545 names it.
type Status string

const (
	Tentative Status = "TENTATIVE"
	Confirmed Status = "CONFIRMED"
	Cancelled Status = "CANCELLED"
)

// Event is one entry of a calendar. All times are written in UTC, so that no
// reader needs the rules of a zone.
type Event struct {
	UID string // of this event for ever, unique in the world
	// Sequence is raised whenever the event changes.
	Sequence uint64
	Start    time.Time
	End      time.Time // exclusive; zero: at the moment of Start
	Status   Status
	Summary  string
	Text     string // what more there is to say; may be empty
	URL      string // where to look; may be empty
	Place    string // such as the channel; may be empty
}

// Calendar is a list of events with its name.
type Calendar struct {
	Name    string
	Program string // what made it, "-//takeover//calendar//EN"
	Refresh time.Duration
	Now     time.Time // when it was written
	Events  []Event
}

// mostOctets is how long a line may be, without its end. Source: RFC 5545 §3.1.
const mostOctets = 75

// Write writes the calendar.
func Write(w io.Writer, c Calendar) error {
	var b strings.Builder
	line(&b, "BEGIN", "VCALENDAR")
	line(&b, "VERSION", "2.0")
	line(&b, "PRODID", text(c.Program))
	line(&b, "CALSCALE", "GREGORIAN")
	line(&b, "METHOD", "PUBLISH")
	line(&b, "NAME", text(c.Name))
	line(&b, "X-WR-CALNAME", text(c.Name)) // for readers older than RFC 7986
	line(&b, "REFRESH-INTERVAL;VALUE=DURATION", duration(c.Refresh))
	line(&b, "X-PUBLISHED-TTL", duration(c.Refresh))
	for _, e := range c.Events {
		e.write(&b, c.Now)
	}
	line(&b, "END", "VCALENDAR")
	_, err := io.WriteString(w, b.String())
	return err
}

func (e Event) write(b *strings.Builder, now time.Time) {
	line(b, "BEGIN", "VEVENT")
	line(b, "UID", text(e.UID))
	line(b, "SEQUENCE", fmt.Sprint(e.Sequence))
	line(b, "DTSTAMP", moment(now))
	line(b, "DTSTART", moment(e.Start))
	if !e.End.IsZero() {
		line(b, "DTEND", moment(e.End))
	}
	line(b, "STATUS", string(e.Status))
	line(b, "SUMMARY", text(e.Summary))
	for _, f := range []struct{ name, value string }{{"DESCRIPTION", text(e.Text)}, {"LOCATION", text(e.Place)}, {"URL", address(e.URL)}} {
		if f.value != "" {
			line(b, f.name, f.value)
		}
	}
	line(b, "TRANSP", "TRANSPARENT") // a post makes nobody busy
	line(b, "END", "VEVENT")
}

func moment(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// duration writes whole minutes; less than one is one.
func duration(d time.Duration) string { return fmt.Sprintf("PT%dM", max(1, int(d.Minutes()))) }

var escapes = strings.NewReplacer("\\", `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// text is s as the value of a property: no part of it can begin another line.
func text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, escapes.Replace(s))
}

// address is a URI, which knows no escapes; one with a control character is none.
func address(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) || !utf8.ValidString(s) {
		return ""
	}
	return s
}

// line writes a property, folded so that no character is torn.
func line(b *strings.Builder, name, value string) {
	rest := name + ":" + value
	for room := mostOctets; len(rest) > room; room = mostOctets - 1 {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		b.WriteString(rest[:cut])
		b.WriteString("\r\n ")
		rest = rest[cut:]
	}
	b.WriteString(rest)
	b.WriteString("\r\n")
}
