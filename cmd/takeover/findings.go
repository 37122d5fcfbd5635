package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// printFindings writes findings as a compiler does: place, what, the line with
// a caret, and how to mend it.
func (a *app) printFindings(w io.Writer, found campaign.Findings, sources map[string][]byte) {
	for _, f := range found {
		fmt.Fprintln(w, escapeTerminal(f.String()))
		if line := lineOf(sources[f.File], f.Line); line != "" {
			column := max(f.Column, 1)
			fmt.Fprintf(w, "%5d | %s\n", f.Line, escapeTerminal(cut(line, 120)))
			if column <= 120 {
				fmt.Fprintf(w, "      | %s^\n", strings.Repeat(" ", column-1))
			}
		}
		if f.Detail != "" {
			fmt.Fprintln(w, "   "+escapeTerminal(f.Detail))
		}
		if f.Fix != "" {
			fmt.Fprintln(w, "   fix: "+escapeTerminal(f.Fix))
		}
	}
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
