package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/web"
)

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// changing is a command that changes the campaign by one request.
func (a *app) changing(use, short, example string, request func(args []string) (path string, in any, err error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1), Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, in, err := request(args)
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				return a.change(cmd.Context(), c, http.MethodPost, path, in, nil, nil)
			})
		},
	}
}

// listing is a command that shows a list.
func listing[T any](a *app, short, example, kind, path string, line func(T, *time.Location) string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: short, Args: cobra.NoArgs, Example: example,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				list := []T{}
				if err := c.get(cmd.Context(), path, nil, &list); err != nil {
					return err
				}
				return a.print(kind, list, list, func(w io.Writer) {
					loc := a.campaignZone(cmd.Context(), c)
					for _, v := range list {
						fmt.Fprintln(w, escapeTerminal(line(v, loc)))
					}
					if len(list) == 0 {
						fmt.Fprintln(w, "There are none.")
					}
				})
			})
		},
	}
}

func (a *app) channelCommand() *cobra.Command {
	c := &cobra.Command{Use: "channel", Short: "List channels, connect one, pause it or let it go on"}
	var goOn bool
	pause := a.changing("pause CHANNEL", "Pause a channel, or let it go on", "  takeover channel pause x-main\n  takeover channel pause x-main --resume",
		func(args []string) (string, any, error) {
			return "/channels/" + url.PathEscape(args[0]) + "/pause", map[string]bool{"paused": !goOn}, nil
		})
	pause.Flags().BoolVar(&goOn, "resume", false, "let it go on")
	c.AddCommand(listing(a, "List the channels", "  takeover channel list", "channels", "/channels", func(l desk.ChannelLine, loc *time.Location) string {
		return fmt.Sprintf("%-18s %-10s %s  next %s %s", l.ID, orElse(l.Like, l.Platform), l.Class, when(l.Next, loc), map[bool]string{true: "⏸ paused"}[l.Paused])
	}), a.connectCommand(), a.checkCommand(), a.disconnectCommand(), pause)
	return c
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (a *app) windowCommand() *cobra.Command {
	c := &cobra.Command{Use: "window", Short: "List, grant, extend or revoke windows"}
	var mechanism, from, to, submitBy string
	var channels []string
	var shared bool
	grant := a.changing("grant WINDOW", "Grant a new window", "  takeover window grant youth-dec --mechanism youth --from 2026-12-21T00:00:00+01:00 --to 2026-12-28T00:00:00+01:00 --channel x-main",
		func(args []string) (string, any, error) {
			in := map[string]any{"mechanism": mechanism, "channels": channels, "shared": shared}
			for name, v := range map[string]string{"from": from, "to": to, "submit_by": submitBy} {
				if v == "" && name == "submit_by" {
					continue
				}
				t, err := moment(v)
				if err != nil {
					return "", nil, err
				}
				in[name] = t
			}
			return "/windows/" + url.PathEscape(args[0]), in, nil
		})
	f := grant.Flags()
	f.StringVar(&mechanism, "mechanism", "", "who takes over")
	f.StringVar(&from, "from", "", "begin, inclusive")
	f.StringVar(&to, "to", "", "end, exclusive")
	f.StringVar(&submitBy, "submit-by", "", "last moment to submit without being marked late")
	f.StringArrayVar(&channels, "channel", nil, "a channel (may be given again)")
	f.BoolVar(&shared, "shared", false, "other mechanisms may hold the same channels")
	for _, name := range []string{"mechanism", "from", "to", "channel"} {
		_ = grant.MarkFlagRequired(name)
	}
	var end, why string
	extend := a.changing("extend WINDOW", "Move a window's end", "  takeover window extend mayors-dec --to 2026-12-22T00:00:00+01:00",
		func(args []string) (string, any, error) {
			t, err := moment(end)
			return "/windows/" + url.PathEscape(args[0]) + "/extend", map[string]time.Time{"to": t}, err
		})
	extend.Flags().StringVar(&end, "to", "", "new end, exclusive")
	_ = extend.MarkFlagRequired("to")
	revoke := a.changing("revoke WINDOW", "End a window at once", "  takeover window revoke mayors-dec -m \"agreed with the co-chairs\"",
		func(args []string) (string, any, error) {
			return "/windows/" + url.PathEscape(args[0]) + "/revoke", map[string]string{"why": why}, nil
		})
	revoke.Flags().StringVarP(&why, "message", "m", "", "why")
	_ = revoke.MarkFlagRequired("message")
	c.AddCommand(listing(a, "List the windows", "  takeover window list -o json", "windows", "/windows", func(l desk.WindowLine, loc *time.Location) string {
		return fmt.Sprintf("%-18s %-14s %s – %s  %s  %v", l.ID, l.Mechanism, when(l.From, loc), when(l.To, loc), l.State, l.Channels)
	}), grant, extend, revoke)
	return c
}

func (a *app) anchorCommand() *cobra.Command {
	c := &cobra.Command{Use: "anchor", Short: "Move an event, or say that it is live"}
	var start string
	set := &cobra.Command{
		Use: "set PLAN/ANCHOR", Short: "Move an event and what hangs on it", Args: cobra.ExactArgs(1),
		Example: "  takeover anchor set mayors-imd-2026/cities-live --start 2026-12-18T15:20:00+01:00",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := anchorPath(args[0])
			if err != nil {
				return err
			}
			t, err := moment(start)
			if err != nil {
				return err
			}
			return a.moved(cmd.Context(), path+"/start", map[string]time.Time{"start": t})
		},
	}
	set.Flags().StringVar(&start, "start", "", "new start: +20m, or 2026-12-18T15:20:00+01:00")
	_ = set.MarkFlagRequired("start")
	live := &cobra.Command{
		Use: "live PLAN/ANCHOR", Short: "Say that an event is live", Args: cobra.ExactArgs(1), Example: "  takeover anchor live mayors-imd-2026/cities-live",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := anchorPath(args[0])
			if err != nil {
				return err
			}
			return a.deed(cmd.Context(), path+"/live", nil)
		},
	}
	c.AddCommand(set, live)
	return c
}

func anchorPath(s string) (string, error) {
	plan, anchor, ok := cutLast(s)
	if !ok {
		return "", usagef("%q names no anchor; write PLAN/ANCHOR", s)
	}
	return planPath(plan, "/anchors/", url.PathEscape(anchor)), nil
}

func cutLast(s string) (before, after string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func (a *app) moved(ctx context.Context, path string, in any) error {
	return a.withClient(ctx, func(c *client) error {
		var out desk.Moved
		err := c.post(ctx, a, path, in, &out)
		if foundFaults(err, &out) {
			err = exit{exitFindings}
		} else if err != nil {
			return err
		}
		if printErr := a.print("moved", out, out.Diff.Changes, func(w io.Writer) {
			a.printFindings(w, out.Findings, nil)
			if err != nil {
				return
			}
			fmt.Fprintf(w, "%s changed. ", count(out.Edited, "delivery"))
			if out.Asks {
				fmt.Fprint(w, "Approval is asked again: this is more than the policy allows. ")
			}
			if len(out.Went) > 0 {
				fmt.Fprintf(w, "Already gone with the old time or text: %v.", out.Went)
			}
			fmt.Fprintln(w)
			printCorrections(w, out.Corrections)
		}); printErr != nil {
			return printErr
		}
		return err
	})
}

// printCorrections prints what could be posted where something is no longer true.
func printCorrections(w io.Writer, all []desk.Correction) {
	for _, c := range all {
		fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("Proposed for %s %s: %s", c.Channel, strings.Join(c.URLs, " "), c.Text)))
	}
}

func (a *app) valueCommand() *cobra.Command {
	c := &cobra.Command{Use: "value", Short: "Fill in a value that a plan asks for later"}
	c.AddCommand(&cobra.Command{
		Use: "set PLAN POST/STEP/NAME VALUE", Short: "Fill a value in", Args: cobra.ExactArgs(3),
		Example: "  takeover value set mayors-imd-2026 my-street/wrapup/count 41",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.moved(cmd.Context(), planPath(args[0], "/values"), map[string]string{"key": args[1], "value": args[2]})
		},
	})
	return c
}

func (a *app) userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Invite and list people, or end a person's rights"}
	var keep bool
	disable := &cobra.Command{
		Use: "disable MAIL", Short: "End a person's rights at once", Args: cobra.ExactArgs(1), Example: "  takeover user disable lead@mayors.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Disabled
				if err := c.post(cmd.Context(), a, "/people/"+url.PathEscape(args[0])+"/disable", map[string]bool{"keep": keep}, &out); err != nil {
					return err
				}
				return a.print("disabled", out, nil, func(w io.Writer) { fmt.Fprintf(w, "%s may do nothing any more.\n", args[0]) })
			})
		},
	}
	disable.Flags().BoolVar(&keep, "keep", false, "what the person approved may still go; otherwise it is held")
	c.AddCommand(disable, a.inviteCommand())
	return c
}

func (a *app) inviteCommand() *cobra.Command {
	var q desk.PersonRequest
	var deputy string
	c := &cobra.Command{
		Use: "invite MAIL", Short: "Bring a person into the campaign, or give one other roles; they sign in by a link", Args: cobra.ExactArgs(1),
		Example: "  takeover user invite lead@mayors.example --role lead:mayors",
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Deputy = campaign.PersonID(deputy)
			return a.withClient(cmd.Context(), func(c *client) error {
				return a.change(cmd.Context(), c, http.MethodPost, "/people/"+url.PathEscape(args[0]), q, nil, nil)
			})
		},
	}
	c.Flags().StringSliceVar(&q.Roles, "role", nil, "what the person may do: viewer, lead:MECHANISM, approver, organizer, operator")
	c.Flags().StringVar(&deputy, "deputy", "", "who may act in these roles as well")
	_ = c.MarkFlagRequired("role")
	return c
}

func (a *app) tokenCommand() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Make, list or revoke tokens for the API"}
	var q desk.TokenRequest
	var person, until, file string
	create := &cobra.Command{
		Use: "create", Short: "Make a token; it is written to a file that only you can read, and never shown again", Args: cobra.NoArgs,
		Example: "  takeover token create --for lead@mayors.example --name laptop --file mayors.token",
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.For = campaign.PersonID(person)
			if until != "" {
				t, err := moment(until)
				if err != nil {
					return err
				}
				q.Until = t
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var out web.NewToken
				if err := c.post(cmd.Context(), a, "/tokens", q, &out); err != nil {
					return err
				}
				if err := os.WriteFile(file, []byte(out.Secret+"\n"), 0o600); err != nil {
					return err
				}
				return a.print("token", out.Token, nil, func(w io.Writer) {
					fmt.Fprintf(w, "Token %s for %s until %s is in %s.\n", out.ID, out.Person, when(out.Until, a.campaignZone(cmd.Context(), c)), file)
				})
			})
		},
	}
	f := create.Flags()
	f.StringVar(&person, "for", "", "whom it speaks for (default: yourself)")
	f.StringVar(&q.Name, "name", "", "what it is for")
	f.StringSliceVar(&q.Roles, "role", nil, "only these roles")
	f.StringVar(&until, "until", "", "end (default: in 90 days)")
	f.StringVar(&file, "file", "", "where to write it")
	_ = create.MarkFlagRequired("file")
	revoke := &cobra.Command{
		Use: "revoke ID", Short: "End a token at once", Args: cobra.ExactArgs(1), Example: "  takeover token revoke t_2f",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var d desk.Done
				if err := c.do(cmd.Context(), http.MethodDelete, "/tokens/"+url.PathEscape(args[0]), nil, "", nil, &d); err != nil {
					return err
				}
				return a.print("done", d, nil, func(w io.Writer) { fmt.Fprintln(w, d.Text) })
			})
		},
	}
	c.AddCommand(listing(a, "List the tokens that you may revoke", "  takeover token list", "tokens", "/tokens", func(t desk.Token, loc *time.Location) string {
		return fmt.Sprintf("%s %s %s until %s", t.ID, t.Person, t.Name, when(t.Until, loc))
	}), create, revoke)
	return c
}

func (a *app) auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Read or verify the audit log"}
	var from uint64
	var most int
	tail := &cobra.Command{
		Use: "list", Short: "List entries, the last ones by default", Args: cobra.NoArgs, Example: "  takeover audit list --max 50 -o ndjson",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				list := []campaign.AuditEntry{}
				if err := c.get(cmd.Context(), "/audit", url.Values{"from": {fmt.Sprint(from)}, "max": {fmt.Sprint(most)}}, &list); err != nil {
					return err
				}
				return a.print("audit", list, list, func(w io.Writer) {
					loc := a.campaignZone(cmd.Context(), c)
					for _, e := range list {
						fmt.Fprintln(w, auditText(e, loc))
					}
				})
			})
		},
	}
	tail.Flags().Uint64Var(&from, "from", 0, "number of the first entry")
	tail.Flags().IntVar(&most, "max", 100, "how many at most")
	verify := &cobra.Command{
		Use: "verify", Short: "Check the chain of the whole log", Args: cobra.NoArgs, Example: "  takeover audit verify",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.AuditCheck
				if err := c.get(cmd.Context(), "/audit/verify", nil, &out); err != nil {
					return err
				}
				err := a.print("audit_check", out, nil, func(w io.Writer) {
					if out.OK {
						fmt.Fprintf(w, "All %d entries fit.\n", out.Entries)
					} else {
						fmt.Fprintf(w, "Entry %d does not fit: %s\n", out.Bad, out.Why)
					}
				})
				if err == nil && !out.OK {
					return exit{exitFindings}
				}
				return err
			})
		},
	}
	c.AddCommand(tail, verify)
	return c
}
