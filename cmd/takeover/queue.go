package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

func (a *app) queueCommand() *cobra.Command {
	var states, from, to string
	var open, watch bool
	q := map[string]*string{}
	c := &cobra.Command{
		Use: "queue", Short: "List deliveries in the order of due time", Args: cobra.NoArgs,
		Example: "  takeover queue --open --from -8h --to +3h\n  takeover queue --state needs_human -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{"max": {"5000"}}
			for name, v := range q {
				if *v != "" {
					query.Set(name, *v)
				}
			}
			if states != "" {
				query.Set("state", states)
			}
			if open {
				query.Set("open", "true")
			}
			for name, v := range map[string]string{"from": from, "to": to} {
				if v == "" {
					continue
				}
				t, err := moment(v)
				if err != nil {
					return err
				}
				query.Set(name, t.Format(time.RFC3339))
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				for {
					err := a.showQueue(cmd.Context(), c, query)
					if !watch {
						return err
					}
					select {
					case <-cmd.Context().Done():
						return exit{exitInterrupted}
					case <-time.After(2 * time.Second):
					}
				}
			})
		},
	}
	for _, name := range []string{"channel", "mechanism", "window", "plan", "post"} {
		q[name] = c.Flags().String(name, "", "only this "+name)
	}
	c.Flags().StringVar(&states, "state", "", "only these stored states, comma-separated")
	c.Flags().StringVar(&from, "from", "", "due at or after: -8h, or 2026-12-18T09:00:00Z")
	c.Flags().StringVar(&to, "to", "", "due before")
	c.Flags().BoolVar(&open, "open", false, "only what is not in an end state")
	c.Flags().BoolVar(&watch, "watch", false, "show it again every 2 s")
	return c
}

// moment reads "-8h", "+3h", whole days ("+1d", of 24 hours) or an instant.
func moment(s string) (time.Time, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > -36500 && days < 36500 {
			return time.Now().Add(time.Duration(days) * 24 * time.Hour).UTC(), nil
		}
	}
	if d, err := time.ParseDuration(strings.TrimPrefix(s, "+")); err == nil {
		return time.Now().Add(d).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, usagef("%q is no time; write -8h, +3h, +1d or 2026-12-18T09:00:00+01:00", s)
	}
	return t.UTC(), nil
}

func (a *app) showQueue(ctx context.Context, c *client, query url.Values) error {
	all := desk.Page{Rows: []desk.Row{}}
	for query = cloned(query); ; query.Set("cursor", all.Next) {
		var p desk.Page
		if err := c.get(ctx, "/queue", query, &p); err != nil {
			return err
		}
		all.Rows, all.Zone, all.Next, all.Person = append(all.Rows, p.Rows...), p.Zone, p.Next, all.Person+p.Person
		if p.Next == "" {
			break
		}
	}
	loc, err := a.location(all.Zone)
	if err != nil {
		return err
	}
	err = a.print("queue", all.Rows, all.Rows, func(w io.Writer) {
		a.printRows(w, all.Rows, loc)
		if len(all.Rows) == 0 {
			fmt.Fprintln(w, "No delivery is like that.")
		}
		if all.Person > 0 {
			fmt.Fprintf(w, "%s a person: takeover resolve ID\n", map[bool]string{true: "1 delivery needs", false: fmt.Sprintf("%d deliveries need", all.Person)}[all.Person == 1])
		}
	})
	if err == nil && all.Person > 0 {
		return exit{exitNeedsPerson}
	}
	return err
}

func cloned(v url.Values) url.Values {
	out := url.Values{}
	for k, s := range v {
		out[k] = slices.Clone(s)
	}
	return out
}

func deliveryPath(id string, more ...string) string {
	return "/deliveries/" + url.PathEscape(id) + strings.Join(more, "")
}

func (a *app) showCommand() *cobra.Command {
	var attempts bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show everything about one delivery", Args: cobra.ExactArgs(1), Example: "  takeover show d_327ad5 --attempts",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sight(cmd.Context(), args[0], "delivery", func(w io.Writer, s desk.Sight, loc *time.Location) {
				a.printRows(w, []desk.Row{s.Row}, loc)
				fmt.Fprintf(w, "\n%s\n\n", escapeTerminal(s.Content.Text))
				for _, line := range besideText(s.Content) {
					fmt.Fprintln(w, escapeTerminal(line))
				}
				for _, r := range s.Receipts {
					fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("published %s %s (known by %s)", when(r.At, loc), r.URL, r.How)))
				}
				for _, n := range s.Numbers {
					fmt.Fprintln(w, escapeTerminal("counted "+when(n.At, loc)+" "+counts(n)))
				}
				for _, t := range s.Tries {
					if attempts {
						fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("attempt %d part %d: armed %s, %s, %s. %s", t.N, t.Part+1, when(t.ArmedAt, loc), orElse(t.Fate, "no result"), orElse(t.Reach, "nothing known"), t.Why)))
					}
				}
				fmt.Fprintln(w, "next: "+escapeTerminal(s.Next))
			})
		},
	}
	c.Flags().BoolVar(&attempts, "attempts", false, "every attempt with its evidence")
	return c
}

// counts are the numbers that the platform gave.
func counts(n campaign.Numbers) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(n.Counts)) {
		words = append(words, fmt.Sprintf("%s %d", k, n.Counts[k]))
	}
	return orElse(strings.Join(words, ", "), "the platform gave no numbers")
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Say in a sentence why a delivery is where it is, and what moves it on", Args: cobra.ExactArgs(1),
		Example: "  takeover explain d_327ad5",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sight(cmd.Context(), args[0], "explanation", func(w io.Writer, s desk.Sight, _ *time.Location) {
				fmt.Fprintln(w, escapeTerminal(s.Why+" "+s.Next))
			})
		},
	}
}

func (a *app) sight(ctx context.Context, id, kind string, text func(io.Writer, desk.Sight, *time.Location)) error {
	return a.withClient(ctx, func(c *client) error {
		var s desk.Sight
		if err := c.get(ctx, deliveryPath(id), nil, &s); err != nil {
			return err
		}
		if err := a.print(kind, s, nil, func(w io.Writer) { text(w, s, a.campaignZone(ctx, c)) }); err != nil {
			return err
		}
		if s.State == campaign.NeedsHuman {
			return exit{exitNeedsPerson}
		}
		return nil
	})
}

// deed asks for a deed on deliveries and shows what it did.
func (a *app) deed(ctx context.Context, path string, in any) error {
	return a.withClient(ctx, func(c *client) error {
		var d desk.Done
		if err := c.post(ctx, a, path, in, &d); err != nil {
			return err
		}
		return a.print("done", d, d.Rows, func(w io.Writer) {
			fmt.Fprintln(w, escapeTerminal(d.Text))
			if a.quiet {
				if n := len(d.Locked); n > 0 {
					fmt.Fprintf(w, "Left as it is: %s.\n", count(n, "delivery"))
				}
				return
			}
			a.printRows(w, d.Rows, a.campaignZone(ctx, c))
			for _, l := range d.Locked {
				fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("left as it is: %s: %s", l.ID, l.Why)))
			}
			printCorrections(w, d.Corrections)
		})
	})
}

func ids(args []string) []campaign.DeliveryID {
	out := make([]campaign.DeliveryID, len(args))
	for i, s := range args {
		out[i] = campaign.DeliveryID(s)
	}
	return out
}

func (a *app) cancelCommand() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: "cancel ID…", Short: "Cancel deliveries that have not left", Args: cobra.MinimumNArgs(1), Example: "  takeover cancel d_327ad5 -m \"wrong photo\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.deed(cmd.Context(), "/cancel", map[string]any{"ids": ids(args), "why": why})
		},
	}
	c.Flags().StringVarP(&why, "message", "m", "", "why")
	return c
}

func (a *app) rescheduleCommand() *cobra.Command {
	var at, why string
	c := &cobra.Command{
		Use: "reschedule ID", Short: "Make a new delivery of one that did not go out", Args: cobra.ExactArgs(1),
		Example: "  takeover reschedule d_327ad5 --at +10m",
		RunE: func(cmd *cobra.Command, args []string) error {
			r := desk.Reschedule{Why: why}
			if at != "" {
				t, err := moment(at)
				if err != nil {
					return err
				}
				r.At = t
			}
			return a.deed(cmd.Context(), deliveryPath(args[0], "/reschedule"), r)
		},
	}
	c.Flags().StringVarP(&why, "message", "m", "", "why")
	c.Flags().StringVar(&at, "at", "", "when: +10m, or 2026-12-18T09:00:00+01:00 (default: now)")
	return c
}

func (a *app) retryCommand() *cobra.Command {
	return &cobra.Command{
		Use: "retry ID", Short: "Try again at once what provably was not sent", Args: cobra.ExactArgs(1), Example: "  takeover retry d_327ad5",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.deed(cmd.Context(), deliveryPath(args[0], "/retry"), nil)
		},
	}
}

func (a *app) resolveCommand() *cobra.Command {
	var r desk.Resolution
	c := &cobra.Command{
		Use: "resolve ID", Short: "Settle a doubt that nobody else can", Args: cobra.ExactArgs(1),
		Example: "  takeover resolve d_327ad5 --published-as https://t.me/itac/12 -m \"seen it\"\n  takeover resolve d_327ad5 --not-published -m \"looked, it is not there\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.deed(cmd.Context(), deliveryPath(args[0], "/resolve"), r)
		},
	}
	c.Flags().StringVar(&r.PublishedAs, "published-as", "", "it is there, at this address")
	c.Flags().BoolVar(&r.NotPublished, "not-published", false, "it is not there: send it again")
	c.Flags().BoolVar(&r.GiveUp, "give-up", false, "nobody can tell")
	c.Flags().StringVarP(&r.Why, "message", "m", "", "why")
	c.MarkFlagsMutuallyExclusive("published-as", "not-published", "give-up")
	c.MarkFlagsOneRequired("published-as", "not-published", "give-up")
	_ = c.MarkFlagRequired("message")
	return c
}

// byState writes counts by state in the order of a delivery's life.
func byState(m map[campaign.State]int) string {
	var parts []string
	for _, s := range campaign.States {
		if m[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", m[s], s))
		}
	}
	return strings.Join(parts, ", ")
}
