package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) campaignCommand() *cobra.Command {
	c := &cobra.Command{Use: "campaign", Short: "Apply, compare or write out the campaign's file"}
	var expect uint64
	apply := &cobra.Command{
		Use: "apply FILE", Short: "Apply a campaign file; the difference is shown", Args: cobra.ExactArgs(1), Example: "  takeover campaign apply campaign.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.applyCampaign(cmd.Context(), args[0], expect, nil)
		},
	}
	apply.Flags().Uint64Var(&expect, "expect", 0, "refuse unless this revision is the present one")
	var exitCode bool
	diff := &cobra.Command{
		Use: "diff FILE", Short: "Say what applying a campaign file would change", Args: cobra.ExactArgs(1), Example: "  takeover campaign diff campaign.yaml --exit-code",
		RunE: func(cmd *cobra.Command, args []string) error {
			a.dryRun = true
			return a.applyCampaign(cmd.Context(), args[0], 0, func(out web.CampaignChange) error {
				if exitCode && len(out.Changes) > 0 {
					return exit{exitFindings}
				}
				return nil
			})
		},
	}
	diff.Flags().BoolVar(&exitCode, "exit-code", false, "end with 3 where anything differs")
	c.AddCommand(apply, diff,
		&cobra.Command{
			Use: "export [FILE]", Short: "Write the campaign back into its file, or print it", Args: cobra.MaximumNArgs(1),
			Long: `Write the campaign as it is now into FILE, or print it where none is named. A
campaign file that is there is replaced, comments included; any other file is left alone.`,
			Example: "  takeover campaign export campaign.yaml\n  takeover campaign export > copy.yaml",
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.withClient(cmd.Context(), func(c *client) error {
					var f web.CampaignFile
					if err := c.get(cmd.Context(), "/campaign", nil, &f); err != nil {
						return err
					}
					if len(args) == 0 {
						return a.print("campaign", f, nil, func(w io.Writer) { _, _ = io.WriteString(w, f.Source) })
					}
					return a.writeCampaign(args[0], f)
				})
			},
		})
	return c
}

// writeCampaign writes the campaign into a file that is new or a campaign file.
func (a *app) writeCampaign(name string, f web.CampaignFile) error {
	mode := fs.FileMode(0o640) // it names secrets, and holds none
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return usageError{err}
	default:
		old, err := readPlan(name)
		if err != nil {
			return err
		}
		if !campaignSchema.Match(old) {
			return usagef("%s is there and is no campaign file; name another one", name)
		}
		mode = info.Mode().Perm()
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return err
		}
	}
	f.File = name
	if !a.dryRun {
		if err := errors.Join(writeWhole(name, []byte(f.Source)), os.Chmod(name, mode)); err != nil {
			return err
		}
	}
	return a.print("campaign", f, nil, func(w io.Writer) {
		fmt.Fprintf(w, "%s revision %d into %s.\n", map[bool]string{false: "Wrote", true: "Would write"}[a.dryRun], f.Revision, escapeTerminal(name))
	})
}

// campaignSchema is the line that makes a file a campaign file.
var campaignSchema = regexp.MustCompile(`(?m)^schema:[ \t]*["']?` + regexp.QuoteMeta(configs.CampaignSchema) + `["']?[ \t\r]*(#.*)?$`)

func (a *app) applyCampaign(ctx context.Context, file string, expect uint64, then func(web.CampaignChange) error) error {
	src, err := readPlan(file)
	if err != nil {
		return err
	}
	return a.withClient(ctx, func(c *client) error {
		in := web.CampaignFile{File: file, Source: string(src), Revision: expect}
		return a.change(ctx, c, http.MethodPut, "/campaign", in, map[string][]byte{file: src}, then)
	})
}

// change asks for a change of the campaign and shows the difference; then (nil:
// nothing) follows where none was refused.
func (a *app) change(ctx context.Context, c *client, method, path string, in any, sources map[string][]byte, then func(web.CampaignChange) error) error {
	var out web.CampaignChange
	err := c.send(ctx, a, method, path, in, &out)
	if foundFaults(err, &out) {
		err = exit{exitFindings}
	} else if err != nil {
		return err
	}
	if printErr := a.print("campaign_change", out, out.Changes, func(w io.Writer) {
		a.printFindings(w, out.Findings, sources)
		for _, ch := range out.Changes {
			if !a.quiet {
				fmt.Fprintln(w, escapeTerminal(ch.String()))
			}
		}
		for _, r := range out.Affected {
			fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("concerns %s %s on %s: under this campaign it may not go any more, and is cancelled at its time", shortID(r), postOf(&r.Delivery), r.Channel)))
		}
		for _, r := range out.Restyled {
			fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("keeps the old kit: %s %s on %s; submit plan %s again to give it the new one, and it waits for approval anew", shortID(r), postOf(&r.Delivery), r.Channel, r.Plan)))
		}
		switch {
		case err != nil:
			fmt.Fprintln(w, "Nothing was changed.")
		case len(out.Changes) == 0:
			fmt.Fprintln(w, "Nothing differs.")
		case a.dryRun:
			fmt.Fprintln(w, "This would be changed; nothing was.")
		default:
			fmt.Fprintf(w, "Changed. Revision %d.\n", out.Revision)
		}
	}); printErr != nil {
		return printErr
	}
	if err == nil && then != nil {
		err = then(out)
	}
	return err
}
