package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

func (a *app) inboxCommand() *cobra.Command {
	var mine bool
	c := &cobra.Command{
		Use: "inbox", Short: "List what waits for a person", Args: cobra.NoArgs, Example: "  takeover inbox --mine",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var in desk.Inbox
				if err := c.get(cmd.Context(), "/inbox", url.Values{"mine": {fmt.Sprint(mine)}}, &in); err != nil {
					return err
				}
				return a.print("inbox", in, nil, func(w io.Writer) { a.printInbox(w, in, a.campaignZone(cmd.Context(), c)) })
			})
		},
	}
	c.Flags().BoolVar(&mine, "mine", false, "only what I may approve")
	return c
}

func (a *app) printInbox(w io.Writer, in desk.Inbox, loc *time.Location) {
	for _, i := range in.Approvals {
		line := fmt.Sprintf("⇪ approve %s/%s: %s, the first at %s", i.Plan, i.Post, count(len(i.Rows), "delivery"), when(i.First, loc))
		if !i.Mine {
			line += " (not yours: " + i.Why + ")"
		}
		fmt.Fprintln(w, escapeTerminal(line))
		for _, r := range i.Rows {
			fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("  %s %s %s: %s", shortID(r), r.Channel, r.Language, cut(strings.ReplaceAll(i.Contents[r.Content].Text, "\n", " "), 100))))
		}
	}
	for _, part := range []struct {
		name string
		rows []desk.Row
	}{{"To decide:", in.Decide}, {"Missed, and the plan says to ask:", in.Missed}, {"Paused until somebody decides:", in.Paused}} {
		if len(part.rows) > 0 {
			fmt.Fprintln(w, part.name)
			a.printRows(w, part.rows, loc)
		}
	}
	if len(in.Approvals)+len(in.Decide)+len(in.Missed)+len(in.Paused) == 0 {
		fmt.Fprintln(w, "Nothing waits for you.")
	}
}

func (a *app) approveCommand() *cobra.Command {
	var q desk.Approval
	var plan, post, day, expect string
	c := &cobra.Command{
		Use: "approve [ID…]", Short: "Approve exactly what you saw",
		Example: "  takeover approve --plan mayors-imd-2026\n  takeover approve d_327ad5 --expect HASH",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && plan == "" && day == "" {
				return usagef("name deliveries, --plan or --day")
			}
			q.IDs, q.Plan, q.Post, q.Day, q.Expect = ids(args), campaign.PlanID(plan), campaign.PostID(post), day, campaign.Digest(expect)
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Approved
				if err := c.post(cmd.Context(), a, "/approve", q, &out); err != nil {
					return err
				}
				err := a.print("approved", out, nil, func(w io.Writer) {
					fmt.Fprintf(w, "Approved: %d may leave now, %d wait for another person, %d needed none.\n", len(out.Scheduled), len(out.Waiting), out.Already)
					for _, r := range out.Refused {
						fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("not approved: %s: %s", r.ID, r.Why)))
					}
				})
				if err == nil && len(out.Refused) > 0 && len(out.Scheduled)+len(out.Waiting) == 0 {
					return exit{exitNotAllowed}
				}
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVar(&plan, "plan", "", "everything of this plan that waits")
	f.StringVar(&post, "post", "", "with --plan: only this post")
	f.StringVar(&day, "day", "", "everything due on this local day, such as 2026-12-18")
	f.StringVar(&expect, "expect", "", "refuse unless this hash is what would leave")
	f.StringVar(&q.Alone, "alone", "", "reason for approving own content alone, from two hours before due")
	f.StringVar(&q.OnBehalf, "on-behalf", "", "role whose clearance came another way")
	f.StringVar(&q.Evidence, "evidence", "", "where that clearance is kept")
	return c
}

func (a *app) requestChangesCommand() *cobra.Command {
	return a.reviewCommand("request-changes", "Ask the author for changes of a post")
}

func (a *app) declineCommand() *cobra.Command {
	return a.reviewCommand("decline", "Decline a post with a reason")
}

func (a *app) reviewCommand(verb, short string) *cobra.Command {
	var text string
	c := &cobra.Command{
		Use: verb + " PLAN/POST", Short: short, Args: cobra.ExactArgs(1),
		Example: "  takeover " + verb + " mayors-imd-2026/quote-nurse -m \"credit the choir\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, post, ok := strings.Cut(args[0], "/")
			if !ok {
				return usagef("%q names no post; write PLAN/POST", args[0])
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Reviewed
				if err := c.post(cmd.Context(), a, planPath(plan, "/posts/", url.PathEscape(post), "/", verb), map[string]string{"text": text}, &out); err != nil {
					return err
				}
				return a.print("reviewed", out, nil, func(w io.Writer) {
					fmt.Fprintf(w, "%s %s/%s: %s concerned.\n", verb, out.Plan, out.Post, count(len(out.Affected), "delivery"))
				})
			})
		},
	}
	c.Flags().StringVarP(&text, "message", "m", "", "what should change, or why not")
	_ = c.MarkFlagRequired("message")
	return c
}
