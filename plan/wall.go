package plan

import "time"

// Notes on a wall time that its zone does not show exactly once.
const (
	NoteGap     = "gap"     // it does not exist; the first instant after the gap is meant
	NoteOverlap = "overlap" // it exists twice; the first is meant
)

// Instant is the instant at which clocks in the zone show the wall time, which
// is given as if it were UTC. Where they skip it, it is the first instant
// after the gap; where they show it twice, the first. The instant is in UTC.
func Instant(wall time.Time, zone *time.Location) (at time.Time, note string) {
	wall = wall.UTC()
	// No offset is as large as 26 hours, so the stretch of constant offset that
	// holds this instant begins before the wall time can have been shown.
	probe := wall.Add(-26 * time.Hour)
	for {
		local := probe.In(zone)
		start, end := local.ZoneBounds()
		_, offset := local.Zone()
		at = wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case !start.IsZero() && at.Before(start):
			return start.UTC(), NoteGap // the stretch before ended too early, this one begins too late
		case end.IsZero() || at.Before(end):
			if !end.IsZero() {
				_, next := end.Zone()
				if again := wall.Add(-time.Duration(next) * time.Second); !again.Before(end) {
					note = NoteOverlap
				}
			}
			return at, note
		}
		probe = end
	}
}
