package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/plan"
)

func (a *app) whenCommand() *cobra.Command {
	var zone, from, until string
	c := &cobra.Command{
		Use:   "when CRON",
		Short: "Say when a cron series fires, with what clock changes do to it",
		Example: `  takeover when "30 8 * * MON-FRI" --zone Europe/Brussels --from 2026-12-14 --until 2026-12-19
  takeover when "30 2 * * *" --zone Europe/Brussels --from 2026-10-24 --until 2026-10-27 -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			loc, err := time.LoadLocation(zone)
			if err != nil || zone == "" || zone == "Local" {
				return usagef("unknown zone %q; write one like Europe/Brussels", zone)
			}
			begin, err := localDate("--from", from)
			if err != nil {
				return err
			}
			end, err := localDate("--until", until)
			if err != nil {
				return err
			}
			list, err := plan.When(args[0], loc, begin, end)
			if err != nil {
				return usageError{err}
			}
			if list == nil {
				list = []plan.Occurrence{}
			}
			return a.print("when", list, list, func(w io.Writer) {
				for _, o := range list {
					fmt.Fprintf(w, "%s  %s  %s\n", o.Wall, when(o.At, loc), o.Note)
				}
			})
		},
	}
	c.Flags().StringVar(&zone, "zone", "", "zone of the series, such as Europe/Brussels")
	c.Flags().StringVar(&from, "from", "", "first local date, such as 2026-12-14")
	c.Flags().StringVar(&until, "until", "", "local date after the last one")
	for _, f := range []string{"zone", "from", "until"} {
		_ = c.MarkFlagRequired(f)
	}
	return c
}

func localDate(flag, s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, usagef("%s %q is no date like 2026-12-14", flag, s)
	}
	return t, nil
}

// measured is the answer for one text.
type measured struct {
	Length int  `json:"length"`
	Limit  int  `json:"limit"`
	Valid  bool `json:"valid"`
}

// maxText bounds one line of measure, as long as a whole plan may be.
const maxText = 4 << 20

func (a *app) measureCommand() *cobra.Command {
	var platform string
	c := &cobra.Command{
		Use:     "measure --platform NAME",
		Short:   "Count texts as a platform counts them: JSON strings, one a line, on standard input",
		Example: `  echo '"Ten years, one community. https://www.ittakesacommunity.org/"' | takeover measure --platform x -o json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			facts, ok := channels.Known(platform)
			if !ok || facts.Measure == nil {
				return usagef("unknown platform %q; takeover platforms lists them", platform)
			}
			lines := bufio.NewScanner(a.in)
			lines.Buffer(make([]byte, 0, 64<<10), maxText)
			for n := 1; lines.Scan(); n++ {
				if strings.TrimSpace(lines.Text()) == "" {
					continue
				}
				var text string
				if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
					return usagef("line %d is no JSON string: %v", n, err)
				}
				length, valid := facts.Measure(text)
				limit := facts.Limits.Text
				m := measured{length, limit, valid && (limit == 0 || length <= limit)}
				if a.format == "text" {
					fmt.Fprintf(a.out, "%d of %d, %s\n", m.Length, m.Limit, map[bool]string{true: "fits", false: "does not fit"}[m.Valid])
				} else if err := a.json(m); err != nil {
					return err
				}
			}
			if err := lines.Err(); err != nil {
				return usagef("standard input: %v", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&platform, "platform", "", "x, mastodon, bluesky, …")
	_ = c.MarkFlagRequired("platform")
	return c
}

func (a *app) platformsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "platforms",
		Short:   "List what each platform can and promises",
		Example: "  takeover platforms -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list := channels.AllFacts()
			return a.print("platforms", list, list, func(w io.Writer) {
				for _, f := range list {
					fmt.Fprintf(w, "%-10s %s  %d %s, %d pictures; %s\n", f.Name, f.Class, f.Limits.Text, f.Limits.TextUnit, f.Limits.Images, strings.Join(f.Capabilities, " "))
				}
			})
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which version this is",
		Example: "  takeover version -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": version()}
			return a.print("version", v, nil, func(w io.Writer) { fmt.Fprintln(w, version()) })
		},
	}
}
