package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manualCommand writes the manual pages, for those who package the program.
func (a *app) manualCommand() *cobra.Command {
	var date string
	c := &cobra.Command{
		Use: "manual DIR", Short: "Write a manual page for each command", Args: cobra.ExactArgs(1), Hidden: true, Example: "  takeover manual man --date 2026-12-18",
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := time.Parse(time.DateOnly, date)
			if err != nil {
				return usagef("--date %q is no date like 2026-12-18", date)
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // the same bytes on every day
			return doc.GenManTree(root, &doc.GenManHeader{Title: "TAKEOVER", Section: "1", Source: "takeover", Manual: "takeover", Date: &at}, args[0])
		},
	}
	c.Flags().StringVar(&date, "date", time.Now().Format(time.DateOnly), "date on the pages")
	return c
}
