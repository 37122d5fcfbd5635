package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/recap"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) reportCommand() *cobra.Command {
	var format, out string
	var closing bool
	c := &cobra.Command{
		Use: "report WINDOW", Short: "What became of a phase: page, table or JSON", Args: cobra.ExactArgs(1),
		Long: `Writes the report of a window: what was planned, went out, was late, missed or in doubt and how
that was settled, links, numbers pulled back, voices, credits, contributors, and who has the
channels next. --close closes the report of a window that has ended: it never changes again.`,
		Example: "  takeover report mayors-dec --format html --out mayors.html\n  takeover report mayors-dec --close\n  takeover report mayors-dec -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var r desk.Recap
				path := "/windows/" + url.PathEscape(args[0]) + "/report"
				err := c.get(cmd.Context(), path, nil, &r)
				if closing {
					err = c.post(cmd.Context(), a, path+"/close", nil, &r)
				}
				if err != nil {
					return err
				}
				write := map[string]func(io.Writer, desk.Recap) error{"html": recap.HTML, "csv": recap.CSV}[format]
				if write == nil {
					if format != "text" {
						return usagef("--format is text, html or csv; JSON is -o json")
					}
					return a.print("report", r, r.Lines, func(w io.Writer) { printRecap(w, r) })
				}
				var b bytes.Buffer
				if err := write(&b, r); err != nil {
					return err
				}
				if out != "" {
					return a.keepSheet(desk.SheetFile{Bytes: b.Bytes()}, out)
				}
				_, err = a.out.Write(b.Bytes())
				return err
			})
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text, html (a page that stands alone) or csv")
	c.Flags().StringVar(&out, "out", "", "file to write html or csv to (default: standard output)")
	c.Flags().BoolVar(&closing, "close", false, "close the report of a window that has ended")
	return c
}

func printRecap(w io.Writer, r desk.Recap) {
	public := 0
	for _, n := range r.Settled {
		public += n
	}
	fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("%s: %d planned, %d published, %d late, %d missed, %d cancelled, %d refused, %d never settled.", r.Name, r.Planned, public,
		r.Late, r.ByState[campaign.Missed], r.ByState[campaign.Cancelled], r.ByState[campaign.Rejected], r.ByState[campaign.Unresolved])))
	fmt.Fprintf(w, "On time: half within %s, 95 of 100 within %s, the latest %s.\n", r.LateP50, r.LateP95, r.LateMost)
	printBalance(w, r.Voices)
	for _, line := range r.Credits {
		fmt.Fprintln(w, escapeTerminal("credit: "+line))
	}
	for _, k := range r.Contributors {
		fmt.Fprintln(w, escapeTerminal("thanks: "+k.Line()))
	}
	for _, h := range r.Next {
		if h.Window != "" {
			fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("%s goes to %s; %d still open there", h.Channel, h.Name, h.Open)))
		}
	}
	if r.Closed {
		fmt.Fprintln(w, "Closed: this report does not change any more.")
	}
}

func (a *app) handoverCommand() *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: "handover WINDOW", Short: "What those who have a window's channels next must know", Args: cobra.ExactArgs(1),
		Long: `Lists who has each channel of the window next, what can be seen and its links, what is still
in doubt or queued, public answers to its challenges, and notes. --note leaves one: what
conversations are open, and what you would do otherwise.`,
		Example: "  takeover handover mayors-dec\n  takeover handover mayors-dec --note \"The choir of Quito waits for an answer.\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				path := "/windows/" + url.PathEscape(args[0]) + "/handover"
				if note != "" {
					if err := c.post(cmd.Context(), a, path, map[string]string{"text": note}, &desk.Note{}); err != nil {
						return err
					}
				}
				var t desk.Turnover
				if err := c.get(cmd.Context(), path, nil, &t); err != nil {
					return err
				}
				return a.print("handover", t, nil, func(w io.Writer) { printTurnover(w, t, a.campaignZone(cmd.Context(), c)) })
			})
		},
	}
	c.Flags().StringVar(&note, "note", "", "leave a note to those who come next")
	return c
}

func printTurnover(w io.Writer, t desk.Turnover, loc *time.Location) {
	say := func(format string, args ...any) { fmt.Fprintln(w, escapeTerminal(fmt.Sprintf(format, args...))) }
	say("%s, %s – %s", t.Name, when(t.From, loc), when(t.To, loc))
	for _, h := range t.Next {
		next := "nobody"
		if h.Window != "" {
			next = fmt.Sprintf("%s (%s) from %s", h.Name, h.Window, when(h.From, loc))
		}
		say("%s goes to %s; %d still open there", h.Channel, next, h.Open)
	}
	for _, part := range []struct {
		title string
		lines []desk.RecapLine
	}{{"In doubt", t.Doubt}, {"Still to go", t.Queued}, {"Public", t.Public}} {
		say("%s: %d", part.title, len(part.lines))
		for _, l := range part.lines {
			say("  %s %s/%s on %s: %s %s", when(l.Due, loc), l.Plan, l.Post, l.Channel, l.Shown, strings.Join(l.Links, " "))
		}
	}
	for _, e := range t.Entries {
		say("%s on %s: %d answers", e.Hashtag, e.Channel, len(e.All))
	}
	for _, n := range t.Notes {
		say("%s %s: %s", n.By, when(n.At, loc), n.Text)
	}
}

func (a *app) creditsCommand() *cobra.Command {
	var publish bool
	c := &cobra.Command{
		Use: "credits", Short: "All who made the campaign possible, by phase and kind", Args: cobra.NoArgs,
		Long: `Lists contributors and picture credits, each once. With --publish everybody may read them at
/credits as they are now, without an account; --publish=false ends that.`,
		Example: "  takeover credits\n  takeover credits --publish",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Credits
				ask := func() error { return c.get(cmd.Context(), "/credits", nil, &out) }
				if cmd.Flags().Changed("publish") {
					ask = func() error {
						return c.post(cmd.Context(), a, "/credits", map[string]bool{"publish": publish}, &out)
					}
				}
				if err := ask(); err != nil {
					return err
				}
				return a.print("credits", out, nil, func(w io.Writer) {
					for _, p := range out.Phases {
						fmt.Fprintln(w, escapeTerminal(cmp.Or(p.Name, "The whole campaign")))
						for _, c := range p.Contributors {
							fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("  %s (%s)", c.Line(), c.Kind)))
						}
						for _, line := range p.Pictures {
							fmt.Fprintln(w, escapeTerminal("  credit: "+line))
						}
					}
					fmt.Fprintln(w, map[bool]string{true: "Everybody may read them at /credits.", false: "They are not published."}[out.Published])
				})
			})
		},
	}
	c.Flags().BoolVar(&publish, "publish", false, "let everybody read them, or with =false nobody")
	return c
}

func (a *app) balanceCommand() *cobra.Command {
	var plan, window string
	var public bool
	c := &cobra.Command{
		Use: "balance", Short: "Count whose voices are heard, beside what was agreed", Args: cobra.NoArgs,
		Example: "  takeover balance --plan mayors-imd-2026\n  takeover balance --window mayors-dec --public",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var b campaign.Balance
				q := url.Values{"plan": {plan}, "window": {window}, "public": {fmt.Sprint(public)}}
				if err := c.get(cmd.Context(), "/balance", q, &b); err != nil {
					return err
				}
				return a.print("balance", b, nil, func(w io.Writer) { printBalance(w, b) })
			})
		},
	}
	c.Flags().StringVar(&plan, "plan", "", "only this plan")
	c.Flags().StringVar(&window, "window", "", "only this window")
	c.Flags().BoolVar(&public, "public", false, "what went out, not what is planned")
	return c
}

func printBalance(w io.Writer, b campaign.Balance) {
	for _, k := range b.Keys {
		var parts []string
		for _, v := range k.Values {
			part := fmt.Sprintf("%s %d (%d %%)", v.Value, v.Posts, v.Share)
			if v.Note != "" {
				part += fmt.Sprintf(" %s, %d–%d %%", v.Note, v.Least, v.Most)
			}
			parts = append(parts, part)
		}
		line := k.Key + ": " + strings.Join(parts, ", ")
		if n := len(k.Silent); n > 0 {
			line += fmt.Sprintf("; %s nothing", map[bool]string{true: "1 post says", false: fmt.Sprintf("%d posts say", n)}[n == 1])
		}
		fmt.Fprintln(w, escapeTerminal(line))
	}
}

func (a *app) contributorCommand() *cobra.Command {
	c := &cobra.Command{Use: "contributor", Short: "Who contributes to a phase, and how it is to be said"}
	var in desk.Contributor
	add := &cobra.Command{
		Use: "add ID", Short: "Add a contributor, or change the one with the id", Args: cobra.ExactArgs(1),
		Example: "  takeover contributor add quito --name \"City of Quito\" --kind in-kind --window mayors-dec\n  takeover contributor add fund --name \"A fund\" --kind financial --wording \"With financial support from a fund.\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			in.ID = args[0]
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Contributor
				if err := c.post(cmd.Context(), a, "/contributors", in, &out); err != nil {
					return err
				}
				return a.print("contributor", out, nil, func(w io.Writer) { fmt.Fprintln(w, escapeTerminal(contributorText(out, nil))) })
			})
		},
	}
	add.Flags().StringVar(&in.Name, "name", "", "who contributes")
	add.Flags().StringVar(&in.Kind, "kind", "in-kind", strings.Join(desk.ContributorKinds, ", "))
	add.Flags().StringVar((*string)(&in.Takeover), "window", "", "the phase (default: the whole campaign)")
	add.Flags().StringVar(&in.Wording, "wording", "", "exactly what must be printed (needed for financial)")
	_ = add.MarkFlagRequired("name")
	remove := &cobra.Command{
		Use: "remove ID", Short: "Take a contributor out of the register", Args: cobra.ExactArgs(1), Example: "  takeover contributor remove quito",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				q := url.Values{}
				if a.dryRun {
					q.Set("dry_run", "true")
				}
				var out desk.Done
				if err := c.do(cmd.Context(), http.MethodDelete, "/contributors/"+url.PathEscape(args[0]), q, "", nil, &out); err != nil {
					return err
				}
				return a.print("done", out, nil, func(w io.Writer) { fmt.Fprintln(w, escapeTerminal(out.Text)) })
			})
		},
	}
	thanks := &cobra.Command{
		Use: "thanks WINDOW", Short: "Print the text of a post that thanks a phase's contributors", Args: cobra.ExactArgs(1), Example: "  takeover contributor thanks mayors-dec",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var out web.ThanksText
				if err := c.get(cmd.Context(), "/windows/"+url.PathEscape(args[0])+"/thanks", nil, &out); err != nil {
					return err
				}
				return a.print("thanks", out, nil, func(w io.Writer) {
					for _, lang := range slices.Sorted(maps.Keys(out.Texts)) {
						fmt.Fprintf(w, "%s:\n", lang)
						for line := range strings.Lines(out.Texts[lang]) {
							fmt.Fprintln(w, escapeTerminal(strings.TrimSuffix(line, "\n")))
						}
					}
				})
			})
		},
	}
	c.AddCommand(add, listing(a, "List the contributors", "  takeover contributor list -o csv", "contributors", "/contributors", contributorText), remove, thanks)
	return c
}

func contributorText(c desk.Contributor, _ *time.Location) string {
	phase := "the whole campaign"
	if c.Takeover != "" {
		phase = string(c.Takeover)
	}
	return fmt.Sprintf("%-20s %-9s %s (%s)", c.ID, c.Kind, c.Line(), phase)
}
