package main

import (
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
			if end.Before(begin) {
				return usagef("--from %s is after --until %s; exchange them", from, until)
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
				if len(list) == 0 {
					a.say("The series does not fire from %s until %s, the last day not counted.", from, until)
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
