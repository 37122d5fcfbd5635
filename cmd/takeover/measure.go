package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/channels"
)

// measured is the answer for one text.
type measured struct {
	Length int  `json:"length"`
	Limit  int  `json:"limit"`
	Valid  bool `json:"valid"`
}

// maxText bounds one line of measure in bytes: more than a whole plan may have.
const maxText = 4 << 20

func (a *app) measureCommand() *cobra.Command {
	var platform string
	c := &cobra.Command{
		Use:   "measure --platform NAME",
		Short: "Count texts as a platform counts them: JSON strings, one a line, on standard input",
		Long: fmt.Sprintf(`Counts texts as a platform counts them. Standard input has one JSON string a
line, of %d MiB at most; empty lines are passed over. A line that is none is
named on standard error and gets no answer, the others get theirs, and the exit
code is then 2.`, maxText>>20),
		Example: `  echo '"Ten years, one community. https://www.ittakesacommunity.org/"' | takeover measure --platform x -o json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			facts, ok := channels.Known(platform)
			if !ok || facts.Measure == nil {
				return usagef("unknown platform %q; takeover platforms lists them", platform)
			}
			return a.measure(facts)
		},
	}
	c.Flags().StringVar(&platform, "platform", "", "x, mastodon, bluesky, …")
	_ = c.MarkFlagRequired("platform")
	return c
}

// measure answers line by line, and in the end says how many had no text.
func (a *app) measure(facts channels.Facts) error {
	in, bad, n := bufio.NewReaderSize(a.in, 64<<10), 0, 0
	for {
		line, err := textLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		n++
		var text string
		if err == nil {
			if len(line) == 0 {
				continue
			}
			text, err = jsonString(line)
		}
		if err != nil {
			if !errors.As(err, new(notText)) {
				return fmt.Errorf("standard input: %w", err)
			}
			bad++
			fmt.Fprintln(a.err, escapeTerminal(fmt.Sprintf("takeover: line %d %v", n, err)))
			continue
		}
		length, valid := facts.Measure(text)
		m := measured{length, facts.Limits.Text, valid && (facts.Limits.Text == 0 || length <= facts.Limits.Text)}
		if a.format == "text" {
			_, err = fmt.Fprintf(a.out, "%d of %d, %s\n", m.Length, m.Limit, map[bool]string{true: "fits", false: "does not fit"}[m.Valid])
		} else {
			err = a.json(m)
		}
		if err != nil {
			return err
		}
	}
	if bad > 0 {
		return usagef("%s of %d could not be counted", count(bad, "line"), n)
	}
	return nil
}

// notText says what is wrong with a line, after "line 7".
type notText string

func (e notText) Error() string { return string(e) }

// textLine reads one line without the white space around it. A line that is
// longer than maxText is a notText, and read to its end but not kept. io.EOF
// comes after the last line.
func textLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for long := false; ; {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxText; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(line) > 0):
			// The last line has no end; the next call tells that it was the last.
		case err != nil:
			return nil, err
		}
		if long {
			return nil, notText(fmt.Sprintf("is longer than %d MiB; give it as several texts", maxText>>20))
		}
		return bytes.TrimSpace(line), nil
	}
}

// jsonString decodes a line that is one JSON string. JSON also takes null for
// a string, and bytes that are no text; neither is one that could be counted.
func jsonString(line []byte) (s string, err error) {
	if !utf8.Valid(line) {
		return "", notText("is not UTF-8")
	}
	if line[0] != '"' {
		return "", notText(`is no JSON string; write it as "…"`)
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return "", notText("is no JSON string: " + err.Error())
	}
	return s, nil
}
