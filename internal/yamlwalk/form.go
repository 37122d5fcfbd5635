package yamlwalk

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DurationPattern is the form of durations, for schemas.
const DurationPattern = `^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$`

var durationForm = regexp.MustCompile(DurationPattern)

// maxDuration bounds durations: 10 years are longer than any campaign.
const maxDuration = 10 * 366 * 24 * time.Hour

// ParseDuration reads "90s", "15m", "2h", "1d" or such together, largest unit
// first; a day is 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	parts := durationForm.FindStringSubmatch(s)
	if parts == nil || s == "" {
		return 0, fmt.Errorf("%q is not a duration", clip(s))
	}
	var sum float64 // a float cannot overflow here
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if p := parts[i+1]; p != "" {
			n, _ := strconv.ParseFloat(p[:len(p)-1], 64)
			sum += n * float64(unit)
		}
	}
	if sum > float64(maxDuration) {
		return 0, fmt.Errorf("the duration %q is too long", clip(s))
	}
	return time.Duration(sum), nil
}

// FormatDuration writes d as ParseDuration reads it, in whole seconds.
func FormatDuration(d time.Duration) string {
	if d < time.Second {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / u.unit; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.unit
		}
	}
	return b.String()
}

var (
	localForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$`)
	offsetForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(Z|[+-]\d{2}:?\d{2})$`)
)

// ErrOffset is wrapped when a time names its offset or Z.
var ErrOffset = errors.New("times here are local to the file's zone")

// ParseLocal reads a date and time without a zone, "2026-12-18T09:00" or with
// seconds, as if it were UTC. Years run from 2000 to 2199.
func ParseLocal(s string) (time.Time, error) {
	if offsetForm.MatchString(s) {
		return time.Time{}, fmt.Errorf("%q has an offset, but %w", clip(s), ErrOffset)
	}
	if !localForm.MatchString(s) {
		return time.Time{}, fmt.Errorf("%q is not a local date and time", clip(s))
	}
	layout := "2006-01-02T15:04:05"
	t, err := time.Parse(layout[:len(s)], s)
	if err != nil {
		return time.Time{}, fmt.Errorf("the calendar has no %q", s)
	}
	return inYears(t)
}

// ParseDate reads a date, "2026-12-18", as its midnight in UTC.
func ParseDate(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date", clip(s))
	}
	return inYears(t)
}

func inYears(t time.Time) (time.Time, error) {
	if t.Year() < 2000 || t.Year() > 2199 {
		return time.Time{}, fmt.Errorf("the year %d is not between 2000 and 2199", t.Year())
	}
	return t, nil
}

var sizeForm = regexp.MustCompile(`^(\d{1,12})(B|kB|KB|MB|GB|KiB|MiB|GiB)$`)

var sizeUnits = map[string]int64{"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// ParseSize reads a number of bytes with its unit, such as "512MiB" or "20MB".
func ParseSize(s string) (int64, error) {
	m := sizeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size", clip(s))
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	if n > math.MaxInt64/sizeUnits[m[2]] {
		return 0, fmt.Errorf("the size %q is too large", s)
	}
	return n * sizeUnits[m[2]], nil
}

// sizeText is a limit, exact: "2 MiB (2097152 bytes)".
func sizeText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB (%d bytes)", n>>20, n)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB (%d bytes)", n>>10, n)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Nearest is the candidate that somebody who wrote word probably meant: the one
// that differs least, or the first that goes on from it; "" if none is near.
func Nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, least := "", 1+max(1, len(word)/3)
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	if i := slices.IndexFunc(candidates, func(c string) bool {
		return len(word) > 2 && strings.HasPrefix(strings.ToLower(c), strings.ToLower(word))
	}); best == "" && i >= 0 {
		return candidates[i]
	}
	return best
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours between a and b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int
	prev := make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range s {
		cur := make([]int, len(t)+1)
		cur[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, cur
	}
	return prev[len(t)]
}
