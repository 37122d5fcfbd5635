package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// extend gives a command more subcommands.
func extend(c *cobra.Command, more ...*cobra.Command) *cobra.Command {
	c.AddCommand(more...)
	return c
}

func (a *app) userListCommand() *cobra.Command {
	return listing(a, "List the people and what each may do", "  takeover user list -o csv", "people", "/people", func(p desk.PersonLine, _ *time.Location) string {
		line := fmt.Sprintf("%-32s %s", p.Mail, strings.Join(p.Roles, " "))
		if p.Deputy != "" {
			line += ", deputy " + string(p.Deputy)
		}
		if p.Disabled {
			line += ", disabled"
		}
		return line
	})
}

func (a *app) consentListCommand() *cobra.Command {
	return listing(a, "List the consent register", "  takeover consent list -o json", "consents", "/consents", consentText)
}

func consentText(c desk.ConsentLine, loc *time.Location) string {
	state := "holds"
	switch {
	case c.Withdrawn:
		state = "withdrawn"
	case !c.Holds:
		state = "ended"
	}
	until := "no end"
	if !c.Until.IsZero() {
		until = "until " + when(c.Until, loc)
	}
	return fmt.Sprintf("%-14s %-10s %s, %s, %s; %d queued, %d public", c.Ref, state, c.Shows, strings.Join(c.Scope, "+"), until, c.Queued, c.Public)
}

func (a *app) consentShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show REF", Short: "Show one consent and every delivery that uses it", Args: cobra.ExactArgs(1), Example: "  takeover consent show MAYORS-017",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var v desk.ConsentView
				if err := c.get(cmd.Context(), "/consents/"+url.PathEscape(args[0]), nil, &v); err != nil {
					return err
				}
				return a.print("consent", v, v.Rows, func(w io.Writer) {
					loc := a.campaignZone(cmd.Context(), c)
					fmt.Fprintln(w, escapeTerminal(consentText(v.ConsentLine, loc)))
					a.printRows(w, v.Rows, loc)
				})
			})
		},
	}
}

// followable lets "audit --follow" print entries as they are written.
func (a *app) followable(c *cobra.Command) *cobra.Command {
	var follow bool
	c.Flags().BoolVar(&follow, "follow", false, "print the last entries, then each new one, until interrupted")
	c.Args = cobra.NoArgs
	c.Example = "  takeover audit --follow\n  takeover audit --follow -o ndjson"
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case !follow:
			return cmd.Help()
		case a.format == "json" || a.format == "csv":
			return usagef("--follow has no end, so it writes text or ndjson")
		}
		return a.followAudit(cmd.Context(), followEvery)
	}
	return c
}

// followEvery is how often the log is asked for new entries.
const followEvery = time.Second

// followAudit opens the log anew for each look, so that it never keeps the
// data folder from a daemon that starts.
func (a *app) followAudit(ctx context.Context, every time.Duration) error {
	query := url.Values{"max": {"20"}}
	for {
		var list []campaign.AuditEntry
		var loc *time.Location
		err := a.withClient(ctx, func(c *client) error {
			loc = a.campaignZone(ctx, c)
			return c.get(ctx, "/audit", query, &list)
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := a.auditLine(e, loc); err != nil {
				return err
			}
		}
		if n := len(list); n > 0 {
			query = url.Values{"from": {fmt.Sprint(list[n-1].N + 1)}}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}

func (a *app) auditLine(e campaign.AuditEntry, loc *time.Location) error {
	if a.format == "ndjson" {
		return writeInert(a.out, e)
	}
	_, err := fmt.Fprintln(a.out, auditText(e, loc))
	return err
}

// auditText is an entry on one line; its time is local, with the offset.
func auditText(e campaign.AuditEntry, loc *time.Location) string {
	return escapeTerminal(strings.ReplaceAll(
		fmt.Sprintf("%d %s %s %s %s %s %s", e.N, e.At.In(loc).Format(time.RFC3339), e.By, e.Door, e.Deed, e.Object, e.Detail), "\n", " "))
}

func (a *app) auditExportCommand() *cobra.Command {
	var from uint64
	c := &cobra.Command{
		Use: "export", Short: "Write the whole log out as ndjson, json or csv", Args: cobra.NoArgs,
		Long: `Write the whole log out, with the hashes that chain its entries.

Control characters are written as \u001b, and a text that a spreadsheet would
take for a formula gets a ' before it, so the file is safe to open and to show.`,
		Example: "  takeover audit export > audit.ndjson\n  takeover audit export -o csv > audit.csv",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error { return a.exportAudit(cmd.Context(), c, max(from, 1)) })
		},
	}
	c.Flags().Uint64Var(&from, "from", 1, "number of the first entry")
	return c
}

// auditPage is how many entries one request asks for. Source: the API's limit.
const auditPage = 5000

// exportAudit writes the log from entry n on. Lines go out page by page; one
// JSON document or table needs all of it.
func (a *app) exportAudit(ctx context.Context, c *client, n uint64) error {
	all := []campaign.AuditEntry{}
	for {
		var page []campaign.AuditEntry
		if err := c.get(ctx, "/audit", url.Values{"from": {fmt.Sprint(n)}, "max": {fmt.Sprint(auditPage)}}, &page); err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		n = page[len(page)-1].N + 1
		if a.format == "json" || a.format == "csv" {
			all = append(all, page...)
			continue
		}
		for _, e := range page {
			if err := writeInert(a.out, e); err != nil {
				return err
			}
		}
	}
	switch a.format {
	case "json":
		return writeInert(a.out, map[string]any{"schema": cliSchema, "kind": "audit", "data": all})
	case "csv":
		for i := range all {
			e := &all[i]
			e.By, e.Object, e.Detail = campaign.PersonID(inert(string(e.By))), inert(e.Object), inert(e.Detail)
		}
		return a.table(all, all)
	}
	return nil
}

// writeInert writes a value as one line of JSON that no terminal obeys: what
// JSON leaves as it is (C1 controls, direction marks) is escaped too.
func writeInert(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, inert(string(b)))
	return err
}

// inert writes control and direction characters as \u001b. Within JSON they
// only ever stand inside of strings, so the document says the same.
func inert(s string) string {
	if !strings.ContainsFunc(s, obeyed) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed tells whether a terminal or a reader would act on the character.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
