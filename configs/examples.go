package configs

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed examples/itac/*.yaml examples/itac/media/*.jpg
var embedded embed.FS

// Examples holds one folder for each example campaign ("itac"), with
// takeover.yaml, campaign.yaml, one plan for each mechanism and the pictures
// under media/.
func Examples() fs.FS {
	sub, err := fs.Sub(embedded, "examples")
	if err != nil {
		panic("configs: " + err.Error()) // the name is a constant
	}
	return sub
}

// notPlans are the files of an example that are not plans.
var notPlans = map[string]bool{"takeover.yaml": true, "campaign.yaml": true}

// ExamplePlans lists the plan files of an example's folder by name.
func ExamplePlans(example fs.FS) ([]string, error) {
	names, err := fs.Glob(example, "*.yaml")
	if err != nil {
		return nil, err
	}
	plans := names[:0]
	for _, name := range names {
		if !notPlans[name] {
			plans = append(plans, name)
		}
	}
	return plans, nil
}

// datePattern finds the local dates of campaign and plan files: "2026-12-18",
// with or without a time behind it.
var datePattern = regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}-[0-9]{2}`)

// Moved is the example's folder with every date in its YAML files moved by
// whole weeks, so that weekdays, cron series and the distances between dates
// stay what they are. Comments and layout stay, too; texts of the examples
// name dates by placeholders only. Local times stay local times, whatever the
// zones do in between.
func Moved(example fs.FS, weeks int) fs.FS { return moved{example, weeks} }

// MoveToward gives the weeks by which the example must be moved so that its
// first window begins at least lead after now. now should carry the zone that
// people think in; the result may be negative.
func MoveToward(example fs.FS, now time.Time, lead time.Duration) (weeks int, err error) {
	src, err := fs.ReadFile(example, "campaign.yaml")
	if err != nil {
		return 0, err
	}
	first, found := time.Time{}, false
	for _, m := range windowStart.FindAllSubmatch(src, -1) {
		at, err := time.ParseInLocation(time.DateOnly, string(m[1]), now.Location())
		if err != nil {
			return 0, fmt.Errorf("campaign.yaml: %w", err)
		}
		if !found || at.Before(first) {
			first, found = at, true
		}
	}
	if !found {
		return 0, fmt.Errorf("campaign.yaml: no window begins")
	}
	const week = 7 * 24 * time.Hour
	gap := now.Add(lead).Sub(first)
	weeks = int(gap / week)
	if time.Duration(weeks)*week < gap {
		weeks++
	}
	// A change of the clocks may leave the start an hour short.
	if first.AddDate(0, 0, 7*weeks).Before(now.Add(lead)) {
		weeks++
	}
	return weeks, nil
}

// windowStart finds where a window begins.
var windowStart = regexp.MustCompile(`(?m)^\s+from: "?(20[0-9]{2}-[0-9]{2}-[0-9]{2})`)

// moved is an example whose YAML files are moved as they are read.
type moved struct {
	fs.FS
	weeks int
}

// Open moves the dates of YAML files and passes everything else on.
func (m moved) Open(name string) (fs.File, error) {
	f, err := m.FS.Open(name)
	if err != nil || path.Ext(name) != ".yaml" {
		return f, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	src, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	text := datePattern.ReplaceAllStringFunc(string(src), func(s string) string {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil { // "2026-13-45" is no date: left for the check to name
			return s
		}
		return day.AddDate(0, 0, 7*m.weeks).Format(time.DateOnly)
	})
	return &textFile{Reader: strings.NewReader(text), info: sized{info, int64(len(text))}}, nil
}

// textFile is an open file whose text is in memory.
type textFile struct {
	*strings.Reader
	info fs.FileInfo
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }

// sized is a file's description with another size.
type sized struct {
	fs.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }
