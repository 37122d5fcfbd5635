package plan

import (
	"testing"
	"time"
)

func TestTimeText(t *testing.T) {
	at := time.Date(2026, 12, 18, 14, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		lang  string
		zones []string
		want  string
	}{
		{"en", []string{"Europe/Brussels"}, "Friday 18 December, 15:00 Brussels"},
		{"en-GB", []string{"Europe/Brussels", "UTC", "America/Guayaquil"}, "Friday 18 December, 15:00 Brussels, 14:00 UTC, 09:00 Guayaquil"},
		{"en", []string{"America/New_York", "Pacific/Auckland"}, "Friday 18 December, 09:00 New York, 03:00 Auckland (Saturday)"},
		{"fr", []string{"Europe/Brussels"}, "vendredi 18 décembre, 15:00 Bruxelles"},
		{"es", []string{"Europe/Brussels"}, "viernes 18 de diciembre, 15:00 Bruselas"},
		{"ar", []string{"Europe/Brussels"}, "الجمعة 18 ديسمبر، 15:00 بروكسل"},
		{"ar", []string{"Asia/Kathmandu"}, "الجمعة 18 ديسمبر، 19:45 UTC+5:45"},
		{"de", []string{"Europe/Berlin", "America/Guayaquil"}, "2026-12-18 15:00 UTC+1, 2026-12-18 09:00 UTC−5"},
	} {
		var zones []*time.Location
		for _, z := range tt.zones {
			zones = append(zones, zone(t, z))
		}
		if got := TimeText(at, tt.lang, zones); got != tt.want {
			t.Errorf("%s %v: %q, want %q", tt.lang, tt.zones, got, tt.want)
		}
	}
}

func TestEveryTongueIsWhole(t *testing.T) {
	for lang, w := range tongues {
		for _, list := range [][]string{w.days[:], w.months[:]} {
			seen := map[string]bool{}
			for _, name := range list {
				if name == "" || seen[name] {
					t.Errorf("%s: %q", lang, name)
				}
				seen[name] = true
			}
		}
	}
	for name := range cities {
		zone(t, name)
	}
	for _, name := range zoneOf {
		zone(t, name)
	}
}
