package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/web"
)

func consentPath(ref string, more ...string) string {
	return "/consents/" + url.PathEscape(ref) + strings.Join(more, "")
}

func (a *app) consentCommand() *cobra.Command {
	c := &cobra.Command{Use: "consent", Short: "The register of consents: add, show, withdraw, take down, write about"}
	c.AddCommand(a.consentAddCommand(), a.consentWithdrawCommand(), a.consentLettersCommand(), a.consentEvidenceCommand())
	return c
}

func (a *app) consentAddCommand() *cobra.Command {
	var in desk.NewConsent
	var until, evidence string
	c := &cobra.Command{
		Use: "add REF", Short: "Put a consent into the register, or change it", Args: cobra.ExactArgs(1),
		Long: `Puts a consent into the register. Who is shown or quoted stays out of it: --shows is a role.
The evidence (a signed form, a recording; at most 4 MiB) is sealed; only organizers can open it.`,
		Example: "  takeover consent add MAYORS-018 --shows \"a nurse in Quito\" --until 2027-12-31 --evidence form.jpg\n  takeover consent add YOUTH-004 --shows \"a pupil in Lagos\" --guardian --platform mastodon",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				if until != "" {
					loc := a.campaignZone(cmd.Context(), c)
					day, err := time.ParseInLocation(time.DateOnly, until, loc)
					if err != nil {
						return usagef("--until takes a day such as 2027-12-31, not %q", until)
					}
					in.Until = day.AddDate(0, 0, 1).UTC() // that day included
				}
				if evidence != "" {
					f, err := os.Open(evidence)
					if err != nil {
						return usageError{err}
					}
					defer f.Close()
					if in.Evidence, err = io.ReadAll(io.LimitReader(f, 5<<20)); err != nil {
						return err
					}
				}
				var out desk.ConsentLine
				if err := c.post(cmd.Context(), a, consentPath(args[0]), in, &out); err != nil {
					return err
				}
				loc := a.campaignZone(cmd.Context(), c)
				return a.print("consent", out, nil, func(w io.Writer) { fmt.Fprintln(w, escapeTerminal(consentText(out, loc))) })
			})
		},
	}
	c.Flags().StringVar(&in.Shows, "shows", "", "role of the person shown or quoted")
	c.Flags().StringSliceVar(&in.Scope, "scope", nil, "web, social (default: all)")
	c.Flags().StringSliceVar(&in.Platforms, "platform", nil, "only on this platform (may be given again; default: all)")
	c.Flags().StringSliceVar(&in.Languages, "language", nil, "only in this language (may be given again; default: all)")
	c.Flags().StringVar(&until, "until", "", "last day on which it holds (default: no end)")
	c.Flags().BoolVar(&in.Guardian, "guardian", false, "a guardian agreed for a minor")
	c.Flags().StringVar(&evidence, "evidence", "", "file that proves it")
	_ = c.MarkFlagRequired("shows")
	return c
}

func (a *app) consentWithdrawCommand() *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use: "withdraw REF", Short: "Cancel everything queued that uses it, list what is public", Args: cobra.ExactArgs(1),
		Long: `Withdraws a consent for good. When it answers nothing that uses it leaves any more; what is
public or perhaps public is listed with its links. --delete takes down what is public
where the platform can, and lists what must be taken down by hand.`,
		Example: "  takeover consent withdraw MAYORS-017\n  takeover consent withdraw MAYORS-017 --delete",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var out struct {
					desk.Withdrawn
					TakenDown *desk.TakenDown `json:"taken_down,omitempty"`
				}
				if err := c.post(cmd.Context(), a, consentPath(args[0], "/withdraw"), nil, &out.Withdrawn); err != nil {
					return err
				}
				if remove && !a.dryRun {
					out.TakenDown = &desk.TakenDown{}
					if err := c.post(cmd.Context(), a, consentPath(args[0], "/take-down"), struct{}{}, out.TakenDown); err != nil {
						return err
					}
				}
				return a.print("withdrawn", out, nil, func(w io.Writer) {
					fmt.Fprintf(w, "%d cancelled, %d perhaps public, %d public:\n", len(out.Cancelled), len(out.Perhaps), len(out.Public))
					a.printRows(w, append(out.Perhaps, out.Public...), a.campaignZone(cmd.Context(), c))
					for _, row := range out.Public {
						for _, p := range row.PublicNow() {
							fmt.Fprintln(w, escapeTerminal("  "+p.URL))
						}
					}
					if t := out.TakenDown; t != nil {
						fmt.Fprintf(w, "%d taken down; %d must be taken down by hand.\n", len(t.Gone), len(t.Left))
						for _, l := range t.Left {
							fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("  %s %s: %s", l.Channel, strings.Join(l.URLs, " "), l.Why)))
						}
					}
				})
			})
		},
	}
	c.Flags().BoolVar(&remove, "delete", false, "take down what is public where the platform can")
	return c
}

func (a *app) consentLettersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "letters REF", Short: "Draft what to write after a consent was withdrawn", Args: cobra.ExactArgs(1), Example: "  takeover consent letters MAYORS-017",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				list := []desk.Letter{}
				if err := c.get(cmd.Context(), consentPath(args[0], "/letters"), nil, &list); err != nil {
					return err
				}
				return a.print("letters", list, list, func(w io.Writer) {
					for _, l := range list {
						fmt.Fprintf(w, "To: %s (%s)\nSubject: %s\n\n", escapeTerminal(l.To), l.Language, escapeTerminal(l.Subject))
						for line := range strings.SplitSeq(l.Text, "\n") {
							fmt.Fprintln(w, escapeTerminal(line))
						}
					}
				})
			})
		},
	}
}

func (a *app) consentEvidenceCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "evidence REF --out FILE", Short: "Open the evidence of a consent; that it was opened is recorded", Args: cobra.ExactArgs(1), Example: "  takeover consent evidence MAYORS-018 --out form.jpg",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var e web.Evidence
				if err := c.get(cmd.Context(), consentPath(args[0], "/evidence"), nil, &e); err != nil {
					return err
				}
				return a.keepSheet(desk.SheetFile{Bytes: e.Bytes}, out)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "file to write")
	_ = c.MarkFlagRequired("out")
	return c
}

func (a *app) forgetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "forget REF", Short: "Remove what is kept of the person behind a withdrawn consent", Args: cobra.ExactArgs(1),
		Long: `Removes who it is, the evidence, the words in plans and posts, and the pictures. What was done
stays recorded by ids and hashes, so the log's chain still fits. Backups made before still
hold what they held; what is public must be taken down first: consent withdraw --delete.`,
		Example: "  takeover forget MAYORS-017",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.dryRun {
				return usagef("forgetting cannot be tried without doing it; look with: takeover consent show %s", args[0])
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Forgotten
				if err := c.post(cmd.Context(), a, consentPath(args[0], "/forget"), struct{}{}, &out); err != nil {
					return err
				}
				return a.print("forgotten", out, nil, func(w io.Writer) {
					fmt.Fprintf(w, "%s, %s and %s removed.\n", count(out.Contents, "text"), count(out.Sources, "plan file"), count(out.Pictures, "picture"))
					if len(out.Public) > 0 {
						fmt.Fprintf(w, "%s can still be seen; take them down at the platform:\n", count(len(out.Public), "delivery"))
						a.printRows(w, out.Public, a.campaignZone(cmd.Context(), c))
					}
				})
			})
		},
	}
}
