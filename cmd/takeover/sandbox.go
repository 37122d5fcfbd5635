package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/channels/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	var listen, file string
	c := &cobra.Command{
		Use: "sandbox", Short: "Run a pretend platform to rehearse on: accounts, a wall to look at, every way to fail", Args: cobra.NoArgs,
		Long: `Runs a pretend platform. Channels with "platform: sandbox" publish to it; with
"like: mastodon" such a channel takes over that platform's limits and what it
does with a repeated post. The first line of the output is the wall's address.`,
		Example: "  takeover sandbox --listen 127.0.0.1:8081\n  takeover sandbox --file wall.jsonl",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := sandbox.NewServer(sandbox.Options{File: file})
			if err != nil {
				return err
			}
			defer s.Close()
			err = s.ListenAndServe(cmd.Context(), listen, func(at net.Addr) { fmt.Fprintf(a.out, "http://%s\n", at) })
			var op *net.OpError
			if errors.As(err, &op) && op.Op == "listen" {
				return unreachable{err} // as of a daemon that cannot listen
			}
			return err
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8081", "address of the wall and of the accounts; anybody who reaches it may post")
	c.Flags().StringVar(&file, "file", "", "keep accounts and posts in this file (default: in memory)")
	return c
}
