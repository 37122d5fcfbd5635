package plan

import (
	"archive/zip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestF23When(t *testing.T) {
	for _, tt := range []struct {
		name, cron, zone, from, until string
		want                          string
	}{
		{"overlap", "30 2 * * *", "Europe/Brussels", "2026-10-24", "2026-10-27",
			"2026-10-24T02:30 00:30 , 2026-10-25T02:30 00:30 overlap, 2026-10-26T02:30 01:30 "},
		{"gap", "30 2 * * *", "Europe/Brussels", "2026-03-28", "2026-03-31",
			"2026-03-28T02:30 01:30 , 2026-03-29T02:30 01:00 gap, 2026-03-30T02:30 00:30 "},
		{"several wall times in one gap", "*/20 2-3 * * *", "Europe/Brussels", "2026-03-29", "2026-03-30",
			"2026-03-29T02:00 01:00 gap, 2026-03-29T03:20 01:20 , 2026-03-29T03:40 01:40 "},
		{"half an hour of summer", "15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-05", "2026-10-04T02:15 15:30 gap"},
		{"summer at midnight", "0 0 * * *", "Africa/Cairo", "2026-04-24", "2026-04-25", "2026-04-24T00:00 22:00 gap"},
		{"winter that is summer", "30 1 * * *", "Europe/Dublin", "2026-10-25", "2026-10-26", "2026-10-25T01:30 00:30 overlap"},
		{"no summer", "0 12 * * *", "Asia/Tokyo", "2026-03-29", "2026-03-30", "2026-03-29T12:00 03:00 "},
		{"weekdays", "30 8 * * MON-FRI", "UTC", "2026-12-18", "2026-12-22", "2026-12-18T08:30 08:30 , 2026-12-21T08:30 08:30 "},
		{"leap day", "0 0 29 2 *", "UTC", "2026-01-01", "2029-01-01", "2028-02-29T00:00 00:00 "},
		{"leap day over 2100", "0 0 29 2 *", "UTC", "2097-01-01", "2105-01-01", "2104-02-29T00:00 00:00 "},
		{"31st", "0 0 31 * *", "UTC", "2026-02-01", "2026-06-01", "2026-03-31T00:00 00:00 , 2026-05-31T00:00 00:00 "},
		{"year end", "59 23 31 12 *", "UTC", "2026-12-31", "2027-01-01", "2026-12-31T23:59 23:59 "},
		{"every", "@every 8h", "Europe/Brussels", "2026-10-25", "2026-10-26", "2026-10-25T00:00 22:00 , 2026-10-25T08:00 07:00 , 2026-10-25T16:00 15:00 "},
		{"daily", "@daily", "UTC", "2026-01-01", "2026-01-02", "2026-01-01T00:00 00:00 "},
		{"nothing in the range", "0 0 1 1 *", "UTC", "2026-02-01", "2026-03-01", ""},
		{"range the wrong way", "* * * * *", "UTC", "2026-02-02", "2026-02-01", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := When(tt.cron, zone(t, tt.zone), day(tt.from), day(tt.until))
			if err != nil || got == nil {
				t.Fatal(got, err)
			}
			var list []string
			for _, o := range got {
				list = append(list, fmt.Sprintf("%s %s %s", o.Wall, o.At.UTC().Format("15:04"), o.Note))
			}
			if s := strings.Join(list, ", "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

func TestF25WhenRefuses(t *testing.T) {
	for _, tt := range []struct {
		cron string
		want error
		say  string
	}{
		{"TZ=UTC 0 0 * * *", ErrCronZone, ""},
		{"CRON_TZ=UTC", ErrCronZone, ""}, // the parser panics on this one
		{"TZ=", ErrCronZone, ""},
		{"@reboot", ErrCronSyntax, "no time"},
		{"@every 30s", ErrCronSyntax, "whole minutes"},
		{"@every 90s", ErrCronSyntax, "whole minutes"},
		{"@every -5m", ErrCronSyntax, "whole minutes"},
		{"@every", ErrCronSyntax, "length"},
		{"@every soon", ErrCronSyntax, "length"},
		{"@noon", ErrCronSyntax, "@daily"},
		{"0 0 30 2 *", ErrCronNever, ""},
		{"0 0 31 4,6,9,11 *", ErrCronNever, ""},
		{"", ErrCronSyntax, "empty"},
		{"0 0 * *", ErrCronSyntax, "4 fields"},
		{"0 0 0 * * *", ErrCronSyntax, "6 fields"},
		{"61 0 * * *", ErrCronSyntax, "field 1 (minute)"},
		{"0,,5 8 * * *", ErrCronSyntax, "field 1 (minute)"},
		{"0 8 * * MON,", ErrCronSyntax, "field 5"},
		{"0 8 * * 7", ErrCronSyntax, "Sunday is 0"},
		{"50-10 8 * * *", ErrCronSyntax, "from low to high"},
		{"*/0 8 * * *", ErrCronSyntax, "steps of 1 or more"},
		{"0 24 * * *", ErrCronSyntax, "field 2 (hour)"},
		{"0 0 32 * *", ErrCronSyntax, "field 3"},
		{"0 0 * 13 *", ErrCronSyntax, "field 4"},
		{"0 0 * * MO", ErrCronSyntax, "field 5"},
		{"*/0 * * * *", ErrCronSyntax, "field 1"},
		{strings.Repeat("1,", 200) + "1 * * * *", ErrCronSyntax, "longer"},
		{"* * * * *", ErrCronMany, ""},
	} {
		_, err := When(tt.cron, time.UTC, day("2026-01-01"), day("2027-01-01"))
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("When(%q) = %v, want %v saying %q", tt.cron, err, tt.want, tt.say)
		}
	}
}

// shown lists, by looking at every minute, the wall minutes of a stretch of
// instants and the first instant that shows each; it knows nothing of offsets.
func shown(from, until time.Time, loc *time.Location) map[string]time.Time {
	first := map[string]time.Time{}
	for at := from; at.Before(until); at = at.Add(time.Minute) {
		w := at.In(loc).Format(wallForm)
		if _, ok := first[w]; !ok {
			first[w] = at
		}
	}
	return first
}

// enumerate is When by brute force: it walks the minutes of the local days, and
// looks each up among all instants around.
func enumerate(match func(wall time.Time) bool, loc *time.Location, from, until time.Time) []Occurrence {
	lo, hi := from.Add(-50*time.Hour), until.Add(50*time.Hour)
	first := shown(lo, hi, loc)
	var walls []string // all that exist, to find what comes after a gap
	for w := range first {
		walls = append(walls, w)
	}
	slices.Sort(walls)
	twice := map[string]bool{}
	seen := map[string]bool{}
	for at := lo; at.Before(hi); at = at.Add(time.Minute) {
		w := at.In(loc).Format(wallForm)
		if seen[w] {
			twice[w] = true
		}
		seen[w] = true
	}
	out := []Occurrence{}
	done := map[int64]bool{}
	for w := from; w.Before(until); w = w.Add(time.Minute) {
		if !match(w) {
			continue
		}
		name := w.Format(wallForm)
		at, exists := first[name]
		note := ""
		switch {
		case !exists:
			i, _ := slices.BinarySearch(walls, name)
			at, note = first[walls[i]], NoteGap
		case twice[name]:
			note = NoteOverlap
		}
		if !done[at.Unix()] {
			done[at.Unix()] = true
			out = append(out, Occurrence{Wall: name, At: at.UTC(), Note: note})
		}
	}
	return out
}

// zoneNames are all zones of Go's own copy of the zone database, which is what
// time/tzdata embeds.
func zoneNames(t *testing.T) []string {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no Go tree to list the zones from")
	}
	r, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, "/") && !strings.HasPrefix(f.Name, "posix") && !strings.HasPrefix(f.Name, "right") {
			names = append(names, f.Name)
		}
	}
	return names
}

// changes lists the offset changes of a zone from 2024 to 2030.
func changes(loc *time.Location) []time.Time {
	var out []time.Time
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Year() > 2030 {
			return out
		}
		_, before := end.Add(-time.Second).In(loc).Zone()
		_, after := end.In(loc).Zone()
		if before != after {
			out = append(out, end)
		}
		at = end.In(loc)
	}
}

// TestF23WhenAroundEveryOffsetChange compares with the enumeration around every
// offset change of every zone from 2024 to 2030 (zones with the same changes
// are tried once), and on random days. F23, F25.
func TestF23WhenAroundEveryOffsetChange(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	groups := map[string]bool{}
	tried := 0
	for _, name := range zoneNames(t) {
		loc := zone(t, name)
		all := changes(loc)
		key := fmt.Sprint(time.Date(2024, 1, 1, 0, 0, 0, 0, loc).Unix())
		for _, c := range all {
			_, off := c.In(loc).Zone()
			key += fmt.Sprint(" ", c.Unix(), off)
		}
		if groups[key] {
			continue
		}
		groups[key] = true
		var days []time.Time
		for i, c := range all {
			// In the normal run one change of each kind and a random one.
			if i < 2 || rng.IntN(len(all)) == 0 || os.Getenv("TAKEOVER_ALL_CHANGES") != "" {
				days = append(days, civilDay(c.In(loc)))
			}
		}
		days = append(days, day("2024-01-01").AddDate(0, 0, rng.IntN(7*365)))
		for _, d := range days {
			tried++
			compareWithEnumeration(t, rng, name, loc, d)
		}
	}
	if len(groups) < 60 {
		t.Errorf("only %d kinds of zones", len(groups))
	}
	t.Logf("%d kinds of zones, %d days", len(groups), tried)
}

// compareWithEnumeration tries one random and one every-minute series on the day and the one before.
func compareWithEnumeration(t *testing.T, rng *rand.Rand, name string, loc *time.Location, d time.Time) {
	t.Helper()
	step, offset, hour := 1+rng.IntN(29), rng.IntN(20), rng.IntN(24)
	for _, tt := range []struct {
		cron  string
		match func(time.Time) bool
	}{
		{"* * * * *", func(time.Time) bool { return true }},
		{fmt.Sprintf("%d-59/%d %d,0-4 * * *", offset, step, hour), func(w time.Time) bool {
			return w.Minute() >= offset && (w.Minute()-offset)%step == 0 && (w.Hour() <= 4 || w.Hour() == hour)
		}},
	} {
		from, until := d.AddDate(0, 0, -1), d.AddDate(0, 0, 1)
		got, err := When(tt.cron, loc, from, until)
		if err != nil {
			t.Fatal(err)
		}
		want := enumerate(tt.match, loc, from, until)
		if !slices.EqualFunc(got, want, func(a, b Occurrence) bool { return a.Wall == b.Wall && a.At.Equal(b.At) && a.Note == b.Note }) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s %s %q: occurrence %d is %v, want %v", name, d.Format(time.DateOnly), tt.cron, i, got[i], want[i])
				}
			}
			t.Fatalf("%s %s %q: %d occurrences, want %d", name, d.Format(time.DateOnly), tt.cron, len(got), len(want))
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, s := range []string{"30 8 * * MON-FRI", "*/5 * * * *", "@every 90m", "@daily", "TZ=UTC", "0 0 30 2 *", "1-5/2,7 ? JAN * *", "@", "* * * * */99999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		got, err := When(spec, time.UTC, day("2026-01-01"), day("2026-01-08"))
		if err != nil {
			return
		}
		for i, o := range got {
			if o.At.Before(day("2026-01-01")) || !o.At.Before(day("2026-01-08")) || (i > 0 && !got[i-1].At.Before(o.At)) {
				t.Errorf("%q: %v", spec, o)
			}
		}
	})
}
