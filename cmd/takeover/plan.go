package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/all"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/sheet"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) planCommand() *cobra.Command {
	c := &cobra.Command{Use: "plan", Short: "The lead's loop: check, diff, submit and follow plans"}
	c.AddCommand(a.planNew(), a.planTemplate(), a.planCardCommand(), a.planCheck(), a.planPreview(), a.planDiff(), a.planSubmit(), a.planList(), a.planStatus(), a.planExport(), a.planWithdraw())
	return c
}

// checked is the answer of plan check.
type checked struct {
	OK       bool              `json:"ok"`
	Errors   campaign.Findings `json:"errors"`
	Warnings campaign.Findings `json:"warnings"`
	Notes    []plan.Note       `json:"notes"` // times that a channel's min_gap moved
	// Unchecked are the files that could not be looked at.
	Unchecked []uncheckedFile `json:"unchecked,omitempty"`
}

type uncheckedFile struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

func newChecked() checked {
	return checked{Errors: campaign.Findings{}, Warnings: campaign.Findings{}, Notes: []plan.Note{}}
}

func (c *checked) add(fs campaign.Findings) {
	for _, f := range fs {
		if f.Severity == campaign.SeverityError {
			c.Errors = append(c.Errors, f)
		} else {
			c.Warnings = append(c.Warnings, f)
		}
	}
}

func (a *app) planCheck() *cobra.Command {
	var campaignFile, asOf, corrected, window string
	var strict bool
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say everything that is wrong with plans; nothing is submitted",
		Long: `Checks plan files against the campaign: the one of --campaign, else the running daemon's or data
folder's, else campaign.yaml beside the plan. Every fault is reported in one run, with place and remedy. A sheet
(XLSX or CSV) is a plan like any other; --corrected writes a copy with each fault as a comment on its cell.`,
		Example: "  takeover plan check mayors-imd-2026.yaml\n  takeover plan check calendar.xlsx --corrected calendar-checked.xlsx\n  takeover plan check --campaign campaign.yaml --as-of 2026-12-01 *.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			day, err := asOfDay(asOf)
			if err != nil {
				return err
			}
			if corrected != "" && len(files) > 1 {
				return usagef("--corrected goes with one sheet, not with %d files", len(files))
			}
			out := newChecked()
			sources, unchecked := map[string][]byte{}, []error{}
			for _, file := range files {
				src, found, notes, err := a.checkOne(cmd.Context(), file, campaignFile, campaign.TakeoverID(window), day)
				if err == nil && corrected != "" {
					err = writeCorrected(corrected, file, src, found)
				}
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				} else if err != nil { // the other files have their findings all the same
					out.Unchecked = append(out.Unchecked, uncheckedFile{file, err.Error()})
					unchecked = append(unchecked, fmt.Errorf("%s was not checked: %w", file, err))
					continue
				}
				sources[file] = src
				out.add(found)
				out.Notes = append(out.Notes, notes...)
			}
			out.OK = len(unchecked) == 0 && len(out.Errors) == 0 && (!strict || len(out.Warnings) == 0)
			all := append(append(campaign.Findings{}, out.Errors...), out.Warnings...)
			err = a.print("check", out, all, func(w io.Writer) {
				a.printFindings(w, all, sources)
				printNotes(w, out.Notes)
				fmt.Fprintf(w, "%s, %s in %s. Nothing was submitted.\n", count(len(out.Errors), "error"), count(len(out.Warnings), "warning"), count(len(sources), "file"))
			})
			if err != nil || len(unchecked) > 0 {
				return errors.Join(append(unchecked, err)...)
			}
			if !out.OK {
				return exit{exitFindings}
			}
			return nil
		},
	}
	c.Flags().StringVar(&campaignFile, "campaign", "", "campaign file to check against")
	c.Flags().StringVar(&asOf, "as-of", "", "check as if it were this day, such as 2026-12-01")
	c.Flags().StringVar(&window, "window", "", "the window of a sheet that names none")
	c.Flags().StringVar(&corrected, "corrected", "", "write a copy of the sheet with the findings as comments to this file")
	c.Flags().BoolVar(&strict, "strict", false, "warnings count as errors")
	return c
}

// asOfDay is the day of --as-of, zero where none is named: then it is now.
func asOfDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return localDate("--as-of", s)
}

// nowOr is the day, or now where none was named.
func nowOr(day time.Time) time.Time {
	if day.IsZero() {
		return time.Now().UTC()
	}
	return day
}

// readPlan reads a file, and of one that is too large only what shows it.
func readPlan(file string) ([]byte, error) {
	if info, err := os.Stat(file); err != nil {
		return nil, usageError{err}
	} else if !info.Mode().IsRegular() {
		return nil, usagef("%s is no ordinary file", file) // opening a pipe would wait for ever
	}
	b, err := configs.ReadFile(file)
	if sheet.Is(file, b) && err == nil {
		b, err = readSheet(file)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return b, nil
}

// readSheet reads a sheet, which may be larger than a plan file.
func readSheet(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sheet.MaxBytes+1))
}

// checkOne checks one file against the campaign file that counts, or by the API where none does.
func (a *app) checkOne(ctx context.Context, file, campaignFile string, window campaign.TakeoverID, day time.Time) ([]byte, campaign.Findings, []plan.Note, error) {
	src, err := readPlan(file)
	if err != nil {
		return nil, nil, nil, err
	}
	if campaignFile == "" {
		c, err := a.connect(ctx)
		if err == nil {
			defer c.close()
			found, notes, err := a.checkBy(ctx, c, file, src, window, day)
			return src, found, notes, err
		}
		campaignFile = filepath.Join(filepath.Dir(file), "campaign.yaml")
		if _, statErr := os.Stat(campaignFile); statErr != nil {
			return nil, nil, nil, err
		}
	}
	camp, found, err := readCampaign(campaignFile)
	if err != nil || found.HasErrors() {
		return src, found, nil, err
	}
	x, findings := loadPlan(file, src, window, plan.Env{Now: nowOr(day), Campaign: &camp, Media: describeBelow(filepath.Dir(file)),
		Surface: surfacesHere(&camp)})
	if x == nil {
		return src, findings, nil, nil
	}
	return src, findings, x.Notes, nil
}

// surfacesHere are those of a campaign file, without a daemon.
func surfacesHere(c *campaign.Campaign) func(campaign.ChannelID) (plan.Surface, bool) {
	registry := channels.NewRegistry(all.Platforms(), channels.Env{Now: time.Now,
		// Which server will publish, and whether platforms reach it, is not known here.
		MediaURL: func(campaign.Digest, time.Time) string { return "" }})
	return desk.Surfaces(c, facts, registry.Channel)
}

// checkBy lets the daemon, or the data folder, check one plan.
func (a *app) checkBy(ctx context.Context, c *client, file string, src []byte, window campaign.TakeoverID, day time.Time) (campaign.Findings, []plan.Note, error) {
	in, err := a.gather(ctx, c, file, src)
	if err != nil {
		return nil, nil, err
	}
	in.Window = window
	var out desk.Submitted
	path := "/plans/check"
	if !day.IsZero() {
		path += "?" + url.Values{"as_of": {day.Format(time.RFC3339)}}.Encode()
	}
	err = c.post(ctx, a, path, in, &out)
	called(file, out)
	return out.Findings, out.Notes, err
}

// loadPlan expands a plan file, or the one that a sheet stands for.
func loadPlan(file string, src []byte, window campaign.TakeoverID, env plan.Env) (*plan.Expansion, campaign.Findings) {
	if !sheet.Is(file, src) {
		_, x, found := plan.Load(file, src, env)
		return x, found
	}
	s := sheet.Read(file, src, sheet.Options{Campaign: env.Campaign, Window: window})
	if s.Source == nil {
		return nil, s.Findings
	}
	_, x, found := plan.Load(sheet.SourceName(file), s.Source, env)
	return x, append(s.Findings, s.Place(found)...)
}

// parsePlan reads the form of a plan file or sheet; nil where it cannot be read.
func parsePlan(file string, src []byte) *plan.Plan {
	if sheet.Is(file, src) {
		src = sheet.Read(file, src, sheet.Options{}).Source
	}
	p, _ := plan.Parse(file, src)
	return p
}

// called names the file in an answer as the command line does.
func called(file string, out desk.Submitted) {
	for i := range out.Findings {
		out.Findings[i].File = file
	}
	for i := range out.Notes {
		out.Notes[i].File = file
	}
}

func readCampaign(file string) (campaign.Campaign, campaign.Findings, error) {
	src, err := readPlan(file)
	if err != nil {
		return campaign.Campaign{}, nil, err
	}
	c, found := parseCampaign(file, src)
	return c, found, nil
}

func parseCampaign(file string, src []byte) (campaign.Campaign, campaign.Findings) {
	return configs.ParseCampaign(file, src, knownPlatform)
}

func knownPlatform(name string) bool {
	_, ok := channels.Known(name)
	return ok
}

// describeBelow looks at media beside a plan without keeping them.
func describeBelow(root string) func(string) (campaign.Media, error) {
	return func(path string) (campaign.Media, error) {
		f, err := media.OpenBelow(root, path)
		if err != nil {
			return campaign.Media{}, desk.MediaError(err)
		}
		defer f.Close()
		i, err := media.Describe(f, media.Limits{})
		return campaign.Media{Digest: i.Digest, Name: filepath.Base(path), Type: i.Type, Bytes: i.Bytes, Width: i.Width, Height: i.Height}, desk.MediaError(err)
	}
}

// gather makes a submission of a file: the pictures that it names are handed
// to the daemon first.
func (a *app) gather(ctx context.Context, c *client, file string, src []byte) (web.Submission, error) {
	in := web.Submission{File: filepath.Base(file), Media: map[string]campaign.Digest{}}
	if sheet.Is(file, src) {
		in.Sheet = src
	} else {
		in.Source = string(src)
	}
	p := parsePlan(file, src)
	if p == nil {
		return in, nil
	}
	for i, m := range p.Media {
		path := m.File.Value
		if path == "" {
			continue
		}
		d, err := a.upload(ctx, c, filepath.Dir(file), path)
		var refused *apiError
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, media.ErrLeaves), errors.As(err, &refused):
			continue // the check says what is wrong with it, and where
		case err != nil:
			return in, err
		}
		in.Media[path] = d
		if a.verbose {
			a.say("media %d of %d: %s", i+1, len(p.Media), path)
		}
	}
	return in, nil
}

func (a *app) upload(ctx context.Context, c *client, root, path string) (campaign.Digest, error) {
	f, err := media.OpenBelow(root, path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	var info media.Info
	err = c.do(ctx, http.MethodPost, "/media", nil, "application/octet-stream", bytes.NewReader(b), &info)
	return info.Digest, err
}

func (a *app) planDiff() *cobra.Command {
	var exitDiff bool
	c := &cobra.Command{
		Use: "diff FILE", Short: "Say what submitting a plan would change", Args: cobra.ExactArgs(1),
		Example: "  takeover plan diff mayors-imd-2026.yaml --exit-code",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.handIn(cmd.Context(), args[0], "/plans/check", web.Submission{}, func(out desk.Submitted) error {
				if exitDiff && out.Added+out.Edited+out.Removed > 0 {
					return exit{exitFindings}
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&exitDiff, "exit-code", false, "exit with 3 when something would change")
	return c
}

func (a *app) planSubmit() *cobra.Command {
	var in web.Submission
	var removeAll bool
	c := &cobra.Command{
		Use: "submit FILE", Short: "Hand a plan in; submitting it again is a change to it", Args: cobra.ExactArgs(1),
		Example: "  takeover plan submit mayors-imd-2026.yaml --note \"new photo for the nurse\"\n  takeover plan submit plan.yaml --only-clean",
		RunE: func(cmd *cobra.Command, args []string) error {
			if removeAll {
				in.Removals = desk.RemoveAll
			}
			return a.handIn(cmd.Context(), args[0], "/plans", in, nil)
		},
	}
	c.Flags().StringVar(&in.Note, "note", "", "a word for those who approve")
	c.Flags().BoolVar(&in.OnlyClean, "only-clean", false, "submit the posts without errors, keep the others as drafts")
	c.Flags().IntVar(&in.Expect, "expect", 0, "refuse unless this revision of the plan is the present one")
	c.Flags().StringVar((*string)(&in.Window), "window", "", "the window of a sheet that names none")
	c.Flags().StringToStringVar(&in.Columns, "column", nil, "what a heading of a sheet means, such as Foo=text_fr; Foo= leaves it out; remembered")
	c.Flags().BoolVar(&removeAll, "remove", false, "withdraw everything that the file no longer contains, however much it is")
	return c
}

// handIn checks or submits one file and shows what that changes.
func (a *app) handIn(ctx context.Context, file, path string, in web.Submission, then func(desk.Submitted) error) error {
	src, err := readPlan(file)
	if err != nil {
		return err
	}
	return a.withClient(ctx, func(c *client) error {
		with, err := a.gather(ctx, c, file, src)
		if err != nil {
			return err
		}
		with.Note, with.OnlyClean, with.Expect, with.Removals = in.Note, in.OnlyClean, in.Expect, in.Removals
		with.Window, with.Columns = in.Window, in.Columns
		var out desk.Submitted
		err = c.post(ctx, a, path, with, &out)
		if foundFaults(err, &out) {
			err = exit{exitFindings}
		} else if err != nil {
			return err
		}
		if printErr := a.print("submission", out, out.Diff.Changes, func(w io.Writer) {
			a.printSubmitted(w, file, src, out, path == "/plans" && !a.dryRun && err == nil)
		}); printErr != nil {
			return printErr
		}
		if err == nil && out.Findings.HasErrors() && len(out.Drafts) == 0 {
			err = exit{exitFindings}
		}
		if err == nil && then != nil {
			err = then(out)
		}
		return err
	})
}

func (a *app) printSubmitted(w io.Writer, file string, src []byte, out desk.Submitted, done bool) {
	called(file, out)
	found, changes := out.Findings, out.Diff.Changes
	if a.quiet {
		found, changes = slices.DeleteFunc(slices.Clone(found), func(f campaign.Finding) bool { return f.Severity != campaign.SeverityError }), nil
	}
	a.printFindings(w, found, map[string][]byte{file: src})
	if !a.quiet {
		printNotes(w, out.Notes)
	}
	said := ""
	for _, ch := range changes {
		d := ch.New
		if d == nil {
			d = ch.Old
		}
		sign := map[string]string{"added": "+", "changed": "~", "removed": "-"}[ch.Kind]
		if sign == "" || d == nil {
			continue
		}
		line := fmt.Sprintf("%s %s on %s, %s", sign, strings.Trim(string(d.Post)+"/"+d.Step, "/"), d.Channel, d.Language)
		if len(ch.Fields) > 0 {
			line += ": " + strings.Join(ch.Fields, ", ")
		}
		if ch.Reapprove {
			line += "   approval will be asked again"
		}
		fmt.Fprintln(w, escapeTerminal(line))
		if words := plan.Excerpt(ch.Words); words != "" && words != said { // channels often share a text
			fmt.Fprintln(w, "    "+escapeTerminal(words))
			said = words
		}
	}
	sums := fmt.Sprintf("+ %d  ~ %d  - %d  = %d.", out.Added, out.Edited, out.Removed, out.Same)
	switch {
	case !done:
		fmt.Fprintf(w, "%s Nothing was submitted.\n", sums)
	case !out.Changed:
		fmt.Fprintf(w, "Nothing changed: %s v%d stays as it is.\n", out.Plan, out.Revision)
	default:
		fmt.Fprintf(w, "Submitted %s v%d: %s %s for approval.\n", out.Plan, out.Revision, sums, count(out.Waiting, "delivery waits"))
	}
	if len(out.Kept) > 0 {
		fmt.Fprintf(w, "%s that the file no longer contains stay until a person decides: takeover plan submit --remove, or takeover cancel\n", count(len(out.Kept), "delivery"))
	}
	if len(out.Drafts) > 0 {
		fmt.Fprintf(w, "Kept as drafts: %v\n", out.Drafts)
	}
}

func (a *app) planList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the plans", Args: cobra.NoArgs, Example: "  takeover plan list -o csv",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				list := []desk.PlanLine{}
				if err := c.get(cmd.Context(), "/plans", nil, &list); err != nil {
					return err
				}
				return a.print("plans", list, list, func(w io.Writer) {
					for _, p := range list {
						fmt.Fprintf(w, "%s v%d  %s  %s\n", p.ID, p.Revision, p.Mechanism, byState(p.ByState))
					}
				})
			})
		},
	}
}

func planPath(id string, more ...string) string {
	return "/plans/" + url.PathEscape(id) + strings.Join(more, "")
}

func (a *app) planStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status PLAN", Short: "Show a plan with all its posts", Args: cobra.ExactArgs(1), Example: "  takeover plan status mayors-imd-2026",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var v desk.PlanView
				if err := c.get(cmd.Context(), planPath(args[0]), nil, &v); err != nil {
					return err
				}
				return a.print("plan", v, v.Posts, func(w io.Writer) {
					fmt.Fprintf(w, "%s v%d  %s\n", v.ID, v.Revision, byState(v.ByState))
					for _, p := range v.Posts {
						fmt.Fprintf(w, "  %-24s %-10s %s\n", p.ID, p.Kind, p.Status)
						for _, k := range p.Comments {
							fmt.Fprintln(w, escapeTerminal("    ↩ "+string(k.By)+": "+k.Text))
						}
					}
				})
			})
		},
	}
}

func (a *app) planWithdraw() *cobra.Command {
	var why string
	var posts []string
	c := &cobra.Command{
		Use: "withdraw PLAN", Short: "Withdraw a plan, or posts of it, as far as they have not left", Args: cobra.ExactArgs(1),
		Example: "  takeover plan withdraw mayors-imd-2026 --post quote-nurse -m \"the speaker asked for it\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.deed(cmd.Context(), planPath(args[0], "/withdraw"), map[string]any{"posts": posts, "why": why})
		},
	}
	c.Flags().StringVarP(&why, "message", "m", "", "why")
	c.Flags().StringArrayVar(&posts, "post", nil, "only this post (may be given again)")
	return c
}
