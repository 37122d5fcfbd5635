package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// datedBackups are the backups that a folder keeps, in order of their age.
	datedBackups = "takeover-*.backup"
	datedForm    = "20060102T150405Z" // UTC
)

func datedName(at time.Time) string { return "takeover-" + at.UTC().Format(datedForm) + ".backup" }

// datedAt is when the backup of that name was made; false for names that this
// program does not give.
func datedAt(path string) (time.Time, bool) {
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "takeover-"), ".backup")
	at, err := time.Parse(datedForm, name)
	return at, err == nil
}

// keeping is which backups stay: the last ones, and the newest of each of the
// last days, weeks and months that have one. So after an outage nothing is dropped for its age alone.
type keeping struct{ last, daily, weekly, monthly int }

func (k keeping) String() string {
	return fmt.Sprintf("last=%d,daily=%d,weekly=%d,monthly=%d", k.last, k.daily, k.weekly, k.monthly)
}

// parseKeeping reads "daily=14,weekly=8"; what is not named keeps none.
func parseKeeping(text string) (k keeping, err error) {
	fields := map[string]*int{"last": &k.last, "daily": &k.daily, "weekly": &k.weekly, "monthly": &k.monthly}
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.ParseUint(number, 10, 12)
		if fields[name] == nil || err != nil {
			return k, usagef("--keep: %q is not like daily=14; there are last, daily, weekly and monthly, up to 4095", part)
		}
		*fields[name] = int(n)
	}
	if k == (keeping{}) {
		return k, usagef("--keep %q would keep nothing; write daily=1 at least", text)
	}
	return k, nil
}

// expendable are the backups, of these in order of their age, that nothing
// asks to keep. The newest always stays.
func (k keeping) expendable(paths []string) (drop []string) {
	keep := map[string]bool{}
	for _, rule := range []struct {
		n  int
		of func(time.Time) string
	}{
		{max(k.last, 1), func(t time.Time) string { return t.Format(datedForm) }},
		{k.daily, func(t time.Time) string { return t.Format("2006-01-02") }},
		{k.weekly, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprintf("%d-W%02d", y, w) }},
		{k.monthly, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		seen := map[string]bool{}
		for _, p := range slices.Backward(paths) {
			at, ok := datedAt(p)
			if span := rule.of(at); ok && len(seen) < rule.n && !seen[span] {
				seen[span], keep[p] = true, true
			}
		}
	}
	for _, p := range paths {
		if _, ok := datedAt(p); ok && !keep[p] {
			drop = append(drop, p)
		}
	}
	return drop
}

// datedIn lists the folder's backups in order of their age.
func datedIn(dir string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(dir, datedBackups))
	slices.Sort(all)
	return slices.DeleteFunc(all, func(p string) bool { _, ok := datedAt(p); return !ok }), err
}

// tidy drops what the folder need not keep; call it once a newer one is whole.
func (k keeping) tidy(dir string) (dropped []string, err error) {
	all, err := datedIn(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range k.expendable(all) {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dropped, err
		}
		dropped = append(dropped, p)
	}
	return dropped, nil
}

// cutAge is from when on a backup under way belongs to a program that was killed.
const cutAge = 24 * time.Hour

// dropCut removes what programs that were killed left in the folder.
func dropCut(dir string, before time.Time) {
	parts, _ := filepath.Glob(filepath.Join(dir, datedBackups+".part-*"))
	for _, p := range parts {
		if i, err := os.Stat(p); err == nil && i.ModTime().Before(before) {
			_ = os.Remove(p)
		}
	}
}

// newestIn is the backup that a person means who names a folder.
func newestIn(path string) (string, error) {
	if i, err := os.Stat(path); err != nil || !i.IsDir() {
		return path, nil // whoever opens it says what is wrong
	}
	all, err := datedIn(path)
	if err == nil && len(all) == 0 {
		err = usagef("there is no backup in %s", path)
	}
	if err != nil {
		return "", err
	}
	return all[len(all)-1], nil
}
