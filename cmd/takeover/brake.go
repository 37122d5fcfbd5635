package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/web"
)

// scopeFlags choose what a stop or hold covers.
type scopeFlags struct {
	all                              bool
	mechanism, channel, window, plan string
}

func (f *scopeFlags) register(c *cobra.Command) {
	c.Flags().BoolVar(&f.all, "all", false, "everything")
	c.Flags().StringVar(&f.mechanism, "mechanism", "", "one mechanism")
	c.Flags().StringVar(&f.channel, "channel", "", "one channel")
	c.Flags().StringVar(&f.window, "window", "", "one window")
	c.Flags().StringVar(&f.plan, "plan", "", "one plan, or PLAN/POST")
}

func (f *scopeFlags) scope(args []string) (campaign.Scope, error) {
	var found []campaign.Scope
	for _, s := range []struct {
		on    bool
		scope campaign.Scope
	}{
		{f.all, campaign.Scope{Kind: "all"}},
		{f.mechanism != "", campaign.Scope{Kind: "mechanism", Mechanism: campaign.MechanismID(f.mechanism)}},
		{f.channel != "", campaign.Scope{Kind: "channel", Channel: campaign.ChannelID(f.channel)}},
		{f.window != "", campaign.Scope{Kind: "takeover", Takeover: campaign.TakeoverID(f.window)}},
		{f.plan != "", planScope(f.plan)},
	} {
		if s.on {
			found = append(found, s.scope)
		}
	}
	for _, id := range args {
		found = append(found, campaign.Scope{Kind: "delivery", Delivery: campaign.DeliveryID(id)})
	}
	if len(found) != 1 {
		return campaign.Scope{}, usagef("say what: one of --all, --mechanism, --channel, --window, --plan, or a delivery")
	}
	return found[0], nil
}

func planScope(s string) campaign.Scope {
	plan, post, has := strings.Cut(s, "/")
	if has {
		return campaign.Scope{Kind: "post", Plan: campaign.PlanID(plan), Post: campaign.PostID(post)}
	}
	return campaign.Scope{Kind: "plan", Plan: campaign.PlanID(plan)}
}

func (a *app) stopCommand() *cobra.Command {
	return a.halting("stop", "Stop publishing at once; the answer says what had left", "/stop",
		"  takeover stop --all -m \"wrong photo on Facebook\"")
}

func (a *app) holdCommand() *cobra.Command {
	return a.halting("hold [ID]", "Pause a plan, post, channel or delivery until it is released", "/hold",
		"  takeover hold --plan mayors-imd-2026/quote-nurse -m \"credit missing\"")
}

func (a *app) halting(use, short, path, example string) *cobra.Command {
	var f scopeFlags
	var why string
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			scope, err := f.scope(args)
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var out desk.Stopped
				if err := c.post(cmd.Context(), a, path, map[string]any{"scope": scope, "reason": why}, &out); err != nil {
					return err
				}
				err := a.print("stopped", out, nil, func(w io.Writer) {
					fmt.Fprintln(w, escapeTerminal(out.Text))
					a.printRows(w, slices.Concat(out.Left, out.Perhaps, out.TakenBack), a.campaignZone(cmd.Context(), c))
				})
				if err == nil && !out.Confirmed && !a.dryRun {
					return exit{exitNeedsPerson}
				}
				return err
			})
		},
	}
	f.register(c)
	c.Flags().StringVarP(&why, "message", "m", "", "why (may come afterwards)")
	return c
}

func (a *app) resumeCommand() *cobra.Command {
	return a.lifting("resume", "Lift a stop or another cause; late posts never leave in a burst", "/resume",
		"  takeover resume --cause stop --late skip\n  takeover resume --channel x-main")
}

func (a *app) releaseCommand() *cobra.Command {
	return a.lifting("release [ID]", "Lift holds", "/release", "  takeover release --plan mayors-imd-2026/quote-nurse")
}

func (a *app) lifting(use, short, path, example string) *cobra.Command {
	var f scopeFlags
	var q desk.Resumption
	var cause, late string
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Cause, q.Late = campaign.Cause(cause), desk.Late(late)
			if cause == "" && q.Hold == "" {
				scope, err := f.scope(args)
				if err != nil {
					return err
				}
				q.Scope = scope
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				if err := a.confirmResume(cmd.Context(), c, q, path); err != nil {
					return err
				}
				var out desk.Resumed
				if err := c.post(cmd.Context(), a, path, q, &out); err != nil {
					return err
				}
				return a.print("resumed", out, out.Late, func(w io.Writer) { a.printResumed(w, out) })
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&cause, "cause", "", "stop, restore, clock, store or copy")
	c.Flags().StringVar(&q.Hold, "hold", "", "one hold by its id")
	c.Flags().StringVar(&late, "late", "", "late posts: send, move, skip or ask (default)")
	c.Flags().StringVarP(&q.Reason, "message", "m", "", "why")
	return c
}

// confirmResume shows what would now be late before anything is lifted.
func (a *app) confirmResume(ctx context.Context, c *client, q desk.Resumption, path string) error {
	if a.yes || a.noInput || a.dryRun || path != "/resume" || a.format != "text" {
		return nil
	}
	var out desk.Resumed
	if err := c.do(ctx, "POST", "/resume/preview", nil, "application/json", jsonBody(q), &out); err != nil {
		return err
	}
	a.printResumed(a.err, out)
	fmt.Fprint(a.err, "Resume? [y/N] ")
	var answer string
	_, _ = fmt.Fscanln(a.in, &answer)
	if !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
		return usageError{errors.New("nothing was resumed")}
	}
	return nil
}

func (a *app) printResumed(w io.Writer, out desk.Resumed) {
	fmt.Fprintln(w, escapeTerminal(out.Text))
	for _, l := range out.Late {
		fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("late by %s: %s %s/%s on %s: %s", desk.Span(time.Duration(l.By).Round(time.Second)), l.Short, l.Plan, l.Post, l.Channel, l.Does)))
	}
	if len(out.Unsettled) > 0 {
		fmt.Fprintln(w, "Nobody knows whether these are public; look at the accounts before they are settled:")
		a.printRows(w, out.Unsettled, time.UTC)
	}
	for _, s := range out.Still {
		fmt.Fprintln(w, escapeTerminal("still stopped: "+s))
	}
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the state of everything at a glance", Args: cobra.NoArgs, Example: "  takeover status -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var s desk.Status
				if err := c.get(cmd.Context(), "/status", nil, &s); err != nil {
					return err
				}
				loc, err := a.location(s.Zone)
				if err != nil {
					return err
				}
				err = a.print("status", s, nil, func(w io.Writer) {
					fmt.Fprintf(w, "%s  %s\n", s.Campaign, byState(s.ByState))
					if !s.Running {
						fmt.Fprintln(w, "No daemon runs: nothing is being published.")
					}
					for _, l := range s.Stopped {
						fmt.Fprintln(w, escapeTerminal("stopped: "+l.Text))
					}
					for _, l := range s.Lanes {
						fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("%s  next %s  last %s %s", channelsOf(l), when(l.Next, loc), when(l.Last, loc), l.Held)))
					}
				})
				if err == nil && s.ByState[campaign.NeedsHuman] > 0 {
					return exit{exitNeedsPerson}
				}
				return err
			})
		},
	}
}

// channelsOf names an account as people know it: by its channels.
func channelsOf(l desk.LaneLine) string {
	if len(l.Channels) == 0 {
		return string(l.Lane) + " (no channel any more)"
	}
	words := make([]string, len(l.Channels))
	for i, c := range l.Channels {
		words[i] = string(c)
	}
	return strings.Join(words, " + ")
}

// healthText is the engine's health in words.
func healthText(h scheduler.Health) string {
	words := []string{map[bool]string{true: "running", false: "not running"}[h.Running],
		map[bool]string{true: "clock trusted", false: "clock not trusted"}[h.Clock]}
	if h.Stopped != "" {
		words = append(words, fmt.Sprintf("stopped by %q", h.Stopped))
	} else {
		words = append(words, "not stopped")
	}
	if h.Fault != "" {
		words = append(words, "fault: "+h.Fault)
	}
	for _, l := range h.Lanes {
		if l.Fault != "" {
			words = append(words, fmt.Sprintf("account %s: %s", l.Lane, l.Fault))
		}
		if l.Hanging {
			words = append(words, fmt.Sprintf("account %s: the call for %s hangs", l.Lane, l.InFlight))
		}
	}
	return strings.Join(words, ", ")
}

func (a *app) healthCommand() *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use: "health", Short: "Say whether the daemon does its work", Args: cobra.NoArgs, Example: "  takeover health --wait 30s",
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := a.awaitHealth(cmd.Context(), wait)
			if err != nil {
				return err
			}
			if err := a.print("health", h, h.Lanes, func(w io.Writer) {
				fmt.Fprintln(w, escapeTerminal(healthText(h.Health)))
				for _, t := range h.Troubles {
					fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("%-11s %s   fix: %s", t.Cause, strings.TrimSpace(t.Text+" "+t.Detail), t.Fix)))
				}
			}); err != nil {
				return err
			}
			if !well(h) {
				return exit{exitFailed}
			}
			return nil
		},
	}
	c.Flags().DurationVar(&wait, "wait", 0, "wait this long for it to be ready")
	return c
}

// well tells whether the daemon publishes and nothing is wrong with it.
func well(h web.Health) bool { return h.Ready(time.Now()) && len(h.Troubles) == 0 }

// answersWithin is how long a daemon that lives needs to say how it is: it does so from memory.
const answersWithin = 10 * time.Second

// askHealth asks once. A process that stands still takes the question and never answers.
func (a *app) askHealth(ctx context.Context) (h web.Health, err error) {
	within, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	err = a.withDaemon(func(c *client) error { return c.get(within, "/health", nil, &h) })
	if within.Err() != nil && ctx.Err() == nil {
		err = unreachable{fmt.Errorf("the daemon does not answer for %s: it stands still, or its machine is overloaded; look at its log, then restart it", answersWithin)}
	}
	return h, err
}

func (a *app) awaitHealth(ctx context.Context, wait time.Duration) (h web.Health, err error) {
	for end := time.Now().Add(wait); ; {
		h, err = a.askHealth(ctx)
		if err == nil && well(h) || time.Now().After(end) {
			return h, err
		}
		select {
		case <-ctx.Done():
			return h, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}
