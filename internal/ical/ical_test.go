package ical

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

var noon = time.Date(2026, 12, 18, 11, 0, 0, 0, time.UTC)

func written(t testing.TB, e Event) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, Calendar{Name: "ITAC", Program: "-//takeover//calendar//EN", Refresh: 15 * time.Minute, Now: noon, Events: []Event{e}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// read gives the one event as another program understands it.
func read(t testing.TB, file string) *ics.VEvent {
	t.Helper()
	c, err := ics.ParseCalendar(strings.NewReader(file))
	if err != nil {
		t.Fatalf("%v in %q", err, file)
	}
	if len(c.Events()) != 1 {
		t.Fatalf("%d events in %q", len(c.Events()), file)
	}
	return c.Events()[0]
}

func TestAnotherProgramReadsIt(t *testing.T) {
	e := Event{UID: "d_7k2f@takeover", Sequence: 4, Start: noon, End: noon.Add(time.Hour), Status: Cancelled,
		Summary: "x-main: quote, nurse; Quito", Text: "Eins\nzwei \\ drei", URL: "https://takeover.example.org/deliveries/d_7k2f", Place: "x-main"}
	file := written(t, e)
	got := read(t, file)
	for name, want := range map[ics.ComponentProperty]string{
		ics.ComponentPropertyUniqueId: e.UID, ics.ComponentPropertySequence: "4", ics.ComponentPropertyDtStart: "20261218T110000Z",
		ics.ComponentPropertyDtEnd: "20261218T120000Z", ics.ComponentPropertyStatus: "CANCELLED", ics.ComponentPropertySummary: e.Summary,
		ics.ComponentPropertyDescription: e.Text, ics.ComponentPropertyUrl: e.URL, ics.ComponentPropertyLocation: "x-main",
	} {
		if p := got.GetProperty(name); p == nil || p.Value != want {
			t.Errorf("%s: %+v, want %q", name, p, want)
		}
	}
	for _, want := range []string{"REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n", "X-PUBLISHED-TTL:PT15M\r\n"} {
		if !strings.Contains(file, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(file, "VTIMEZONE") || strings.Contains(file, "TZID") {
		t.Error("it names a zone")
	}
}

// FuzzWrite: whatever an event says, each line is short, whole and readable by
// another program, and no text becomes a property.
func FuzzWrite(f *testing.F) {
	f.Add("plain", "text")
	f.Add(strings.Repeat("جئت لعام واحد ", 30), "END:VEVENT\r\nBEGIN:VEVENT")
	f.Add("a\\n;b,c", "\x00\x7f\xff")
	f.Fuzz(func(t *testing.T, summary, about string) {
		file := written(t, Event{UID: "u", Start: noon, Status: Confirmed, Summary: summary, Text: about, URL: about, Place: summary})
		for _, l := range strings.Split(strings.TrimSuffix(file, "\r\n"), "\r\n") {
			if len(l) > mostOctets || !utf8.ValidString(l) || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("line %q", l)
			}
		}
		if n := strings.Count("\r\n"+file, "\r\nBEGIN:VEVENT"); n != 1 {
			t.Fatalf("%d events", n)
		}
		if p := read(t, file).GetProperty(ics.ComponentPropertyUniqueId); p == nil || p.Value != "u" {
			t.Errorf("uid %+v", p)
		}
	})
}
