package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
)

func channelPath(id, deed string) string { return "/channels/" + url.PathEscape(id) + "/" + deed }

func (a *app) connectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "connect CHANNEL", Short: "Connect a channel's account; what you type is sealed and shown to nobody", Args: cobra.ExactArgs(1),
		Long: `connect runs the platform's own way of giving permission. You open the address that is
printed, agree there as the owner of the account, and type what the platform gives
you; or you type an app password. Secrets are asked for, never taken from arguments:
on a terminal they are not shown, otherwise standard input holds one answer a line.`,
		Example: "  takeover channel connect mastodon-main\n  takeover channel connect bluesky-main < answers.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error { return a.connectChannel(cmd.Context(), c, args[0]) })
		},
	}
}

func (a *app) connectChannel(ctx context.Context, c *client, id string) error {
	if a.dryRun {
		return usagef("connecting cannot be tried without doing it; look with: takeover channel check %s", id)
	}
	var flow desk.Flow
	if err := c.post(ctx, a, channelPath(id, "connect"), nil, &flow); err != nil {
		return err
	}
	if flow.URL != "" {
		fmt.Fprintf(a.err, "Open this address as the owner of the account, and agree:\n\n  %s\n\n", escapeTerminal(flow.URL))
	}
	answers, err := a.askFields(flow.Ask)
	if err != nil {
		return err
	}
	var k desk.Connected
	err = c.post(ctx, a, "/flows/"+url.PathEscape(flow.ID), map[string]any{"answers": answers}, &k)
	if err != nil {
		return err
	}
	return a.print("connection", k, nil, func(w io.Writer) {
		fmt.Fprintln(w, "Connected.")
		printConnection(w, k.Connection)
		if k.Held != "" {
			fmt.Fprintf(w, "Its queue is still stopped (%s). See what is late and let it go on:\n  takeover resume --channel %s\n", escapeTerminal(k.Held), id)
		}
	})
}

// askFields asks for each field: hidden on a terminal where it is a secret,
// else one line of standard input each.
func (a *app) askFields(fields []channels.Field) (map[string]string, error) {
	if a.noInput && len(fields) > 0 {
		return nil, usagef("the owner of the account must answer; run it without --no-input")
	}
	in, file := bufio.NewReader(a.in), (*os.File)(nil)
	if f, ok := a.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		file = f
	}
	answers := map[string]string{}
	for _, q := range fields {
		fmt.Fprintf(a.err, "%s: ", q.Label)
		line, err := readField(in, file, q.Secret)
		if file == nil || q.Secret {
			fmt.Fprintln(a.err)
		}
		if err != nil || line == "" {
			return nil, usagef("no answer for %s; nothing was changed", q.Label)
		}
		answers[q.Name] = line
	}
	return answers, nil
}

func readField(in *bufio.Reader, terminal *os.File, hidden bool) (string, error) {
	if terminal != nil && hidden {
		b, err := term.ReadPassword(int(terminal.Fd()))
		return strings.TrimSpace(string(b)), err
	}
	line, err := in.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return strings.TrimSpace(line), err
}

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check CHANNEL", Short: "Ask the platform who the account is and what we may do there; nothing is posted", Args: cobra.ExactArgs(1),
		Example: "  takeover channel check mastodon-main",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var k campaign.Connection
				if err := c.post(cmd.Context(), a, channelPath(args[0], "check"), nil, &k); err != nil {
					return err
				}
				err := a.print("connection", k, nil, func(w io.Writer) { printConnection(w, k) })
				if err == nil && (k.Fault != "" || len(k.Account.Missing) > 0) {
					err = exit{exitFindings}
				}
				return err
			})
		},
	}
}

func (a *app) disconnectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "disconnect CHANNEL", Short: "End the permission at the platform and forget the token", Args: cobra.ExactArgs(1),
		Example: "  takeover channel disconnect mastodon-main",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.dryRun {
				return usagef("disconnecting cannot be tried without doing it")
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var done desk.Done
				if err := c.post(cmd.Context(), a, channelPath(args[0], "disconnect"), nil, &done); err != nil {
					return err
				}
				return a.print("done", done, nil, func(w io.Writer) { fmt.Fprintln(w, escapeTerminal(done.Text)) })
			})
		},
	}
}

// printConnection says what the platform says of the account.
func printConnection(w io.Writer, k campaign.Connection) {
	acc := k.Account
	line := func(what, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-9s %s\n", what, escapeTerminal(value))
		}
	}
	line("channel", string(k.Channel))
	line("account", strings.TrimSpace(acc.Handle+"  "+acc.ID))
	line("page", acc.URL)
	line("server", acc.Server)
	line("rights", strings.Join(acc.Rights, " "))
	line("missing", strings.Join(acc.Missing, " "))
	switch {
	case acc.ID == "":
	case acc.Expires.IsZero():
		line("expires", "never, unless somebody ends it there")
	default:
		line("expires", acc.Expires.Format(time.RFC3339))
	}
	line("FAULT", k.Fault)
}
