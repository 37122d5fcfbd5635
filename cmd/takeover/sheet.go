package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/plan/sheet"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) planTemplate() *cobra.Command {
	var window, out string
	c := &cobra.Command{
		Use: "template --window WINDOW", Short: "Write an empty sheet for a window, with drop-downs and help", Args: cobra.NoArgs,
		Example: "  takeover plan template --window mayors-dec\n  takeover plan template --window mayors-dec --out december.xlsx",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var f desk.SheetFile
				if err := c.get(cmd.Context(), "/windows/"+url.PathEscape(window)+"/sheet", nil, &f); err != nil {
					return err
				}
				return a.keepSheet(f, out)
			})
		},
	}
	c.Flags().StringVar(&window, "window", "", "the window that the plan is for")
	c.Flags().StringVar(&out, "out", "", "file to write (default: WINDOW.xlsx here)")
	_ = c.MarkFlagRequired("window")
	return c
}

func (a *app) planExport() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use: "export PLAN", Short: "Print the plan's file as it was submitted, or write it as a sheet", Args: cobra.ExactArgs(1),
		Example: "  takeover plan export mayors-imd-2026 > mine.yaml\n  takeover plan export mayors-imd-2026 --format xlsx",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				if format != "yaml" {
					var f desk.SheetFile
					if err := c.get(cmd.Context(), planPath(args[0], "/sheet"), url.Values{"format": {format}}, &f); err != nil {
						return err
					}
					return a.keepSheet(f, out)
				}
				var v web.PlanSource
				if err := c.get(cmd.Context(), planPath(args[0], "/source"), nil, &v); err != nil {
					return err
				}
				return a.print("plan_source", v, nil, func(w io.Writer) { _, _ = io.WriteString(w, v.Source) })
			})
		},
	}
	c.Flags().StringVar(&format, "format", "yaml", "yaml (the file itself, printed), xlsx or csv (written to a file)")
	c.Flags().StringVar(&out, "out", "", "file to write a sheet to (default: PLAN.xlsx or PLAN.csv here)")
	return c
}

// keepSheet writes a sheet to the file, which must not exist unless it was named.
func (a *app) keepSheet(f desk.SheetFile, out string) error {
	name := out
	if name == "" {
		name = filepath.Base(f.File)
		if _, err := os.Lstat(name); err == nil {
			return usagef("%s is there already; name another file with --out", name)
		}
	}
	if err := writeWhole(name, f.Bytes); err != nil {
		return err
	}
	written := struct {
		File  string `json:"file"`
		Bytes int    `json:"bytes"`
	}{name, len(f.Bytes)}
	return a.print("sheet", written, nil, func(w io.Writer) { fmt.Fprintf(w, "Wrote %s.\n", escapeTerminal(name)) })
}

// writeCorrected writes the copy of a sheet that says its findings beside the cells.
func writeCorrected(out, file string, src []byte, found campaign.Findings) error {
	if !sheet.Is(file, src) || !strings.HasSuffix(strings.ToLower(out), ".xlsx") {
		return usagef("--corrected goes with one sheet, and writes an .xlsx file")
	}
	s := sheet.Read(file, src, sheet.Options{})
	if s.Source == nil {
		return nil // the findings say why; there is nothing to write beside
	}
	b, err := s.Annotate(src, found)
	if err != nil {
		return err
	}
	return writeWhole(out, b)
}
