package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
	"github.com/ittakesacommunity/takeover/plan"
)

// printFindings writes findings as a compiler does: place, what, the line with
// a caret, and how to mend it.
func (a *app) printFindings(w io.Writer, found campaign.Findings, sources map[string][]byte) {
	for _, f := range found {
		fmt.Fprintln(w, escapeTerminal(f.String()))
		if f.Cell != "" {
			sources = nil // a cell is found by its name
		}
		if line, pad := excerpt(lineOf(sources[f.File], f.Line), max(f.Column, 1)); line != "" {
			fmt.Fprintf(w, "%5d | %s\n      | %s^\n", f.Line, line, pad)
		}
		if f.Detail != "" {
			fmt.Fprintln(w, "   "+escapeTerminal(f.Detail))
		}
		if f.Fix != "" {
			fmt.Fprintln(w, "   fix: "+escapeTerminal(f.Fix))
		}
	}
}

// Of a long line an excerpt shows what stands round the place.
const (
	excerptBefore = 80
	excerptLength = 120
)

// excerpt is what a terminal may show of a line, and what stands before a caret
// under its column, counted from 1 in characters. Of a line that is hardly text
// nothing is shown.
func excerpt(line string, column int) (text, pad string) {
	runes, noise := []rune(line), 0
	for i, r := range runes {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\t' {
			runes[i] = utf8.RuneError
			noise++
		}
	}
	if noise*8 > len(runes) {
		return "", ""
	}
	column = min(column, len(runes)+1)
	if from := column - 1 - excerptBefore; from > 0 && len(runes) > excerptLength {
		runes, column = append([]rune("…"), runes[from:]...), column-from+1
	}
	pad = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r // as wide as above
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			return -1 // drawn on the character before it
		}
		return ' '
	}, string(runes[:column-1]))
	return escapeTerminal(cut(string(runes), excerptLength)), pad
}

// maxNotes is how many lines of notes about one file are shown.
const maxNotes = 12

// printNotes says which times a channel's least distance moved, file by file:
// one line for all that were written for one time on one channel.
func printNotes(w io.Writer, notes []plan.Note) {
	for len(notes) > 0 {
		n := slices.IndexFunc(notes, func(o plan.Note) bool { return o.File != notes[0].File })
		if n < 0 {
			n = len(notes)
		}
		lines := movedTimes(notes[:n])
		fmt.Fprintf(w, "%s: note: %s moved to keep a channel's distance:\n", escapeTerminal(notes[0].File), count(n, "post"))
		for _, line := range lines[:min(len(lines), maxNotes)] {
			fmt.Fprintln(w, "   "+line)
		}
		if len(lines) > maxNotes {
			fmt.Fprintf(w, "   … and %d more; takeover plan preview shows them all\n", len(lines)-maxNotes)
		}
		notes = notes[n:]
	}
}

// movedTimes words the notes of one file in the order of the written times.
func movedTimes(notes []plan.Note) []string {
	notes = slices.Clone(notes)
	slices.SortStableFunc(notes, func(a, b plan.Note) int {
		return cmp.Or(a.Written.Compare(b.Written), cmp.Compare(a.Channel, b.Channel), a.Due.Compare(b.Due))
	})
	var lines []string
	for i := 0; i < len(notes); {
		n := notes[i]
		var became []string
		for ; i < len(notes) && notes[i].Channel == n.Channel && notes[i].Written.Equal(n.Written); i++ {
			became = append(became, notes[i].Due.Format(clockForm(notes[i].Due)))
		}
		lines = append(lines, fmt.Sprintf("%s on %s became %s: %s between two posts", n.Written.Format("Mon 2 Jan "+clockForm(n.Written)), n.Channel,
			strings.Join(slices.Compact(became), ", "), yamlwalk.FormatDuration(time.Duration(n.Gap)*time.Second)))
	}
	return lines
}

// clockForm shows seconds only where there are any.
func clockForm(t time.Time) string {
	if t.Second() != 0 {
		return "15:04:05"
	}
	return "15:04"
}

// lineOf is a source's line, counted from 1; "" where there is none.
func lineOf(src []byte, n int) string {
	for i := 1; n > 0 && len(src) > 0; i++ {
		line, rest, _ := bytes.Cut(src, []byte("\n"))
		if i == n {
			return strings.TrimRight(string(line), "\r")
		}
		src = rest
	}
	return ""
}

func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}

// count writes a number with its noun: "1 error", "2 errors", "3 deliveries".
func count(n int, noun string) string {
	if n != 1 {
		switch {
		case strings.HasSuffix(noun, "y waits"):
			noun = strings.TrimSuffix(noun, "y waits") + "ies wait"
		case strings.HasSuffix(noun, "y"):
			noun = strings.TrimSuffix(noun, "y") + "ies"
		default:
			noun += "s"
		}
	}
	return fmt.Sprintf("%d %s", n, noun)
}
