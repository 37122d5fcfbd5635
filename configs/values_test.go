package configs

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestInstantAgainstTheMinutes compares with a walk over the minutes around
// the wall time: the first that shows it, else the first that shows a later one.
func TestInstantAgainstTheMinutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(genZone.Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := genTime(t, "near").Truncate(time.Minute)
		y, mo, d := at.In(loc).Date()
		wall := time.Date(y, mo, d, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
		want := time.Time{}
		for m := wall.Add(-30 * time.Hour); m.Before(wall.Add(30 * time.Hour)); m = m.Add(time.Minute) {
			_, offset := m.In(loc).Zone()
			if shown := m.Add(time.Duration(offset) * time.Second); !shown.Before(wall) {
				want = m
				break
			}
		}
		if got := instant(wall, loc); !got.Equal(want) {
			t.Fatalf("%s in %s is %s, want %s", wall.Format(wallMinutes), loc, got, want)
		}
	})
}
