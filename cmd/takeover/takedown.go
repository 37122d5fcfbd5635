package main

import "github.com/spf13/cobra"

func (a *app) deleteCommand() *cobra.Command {
	in := struct {
		Why string `json:"why"`
	}{}
	c := &cobra.Command{
		Use: "delete ID", Short: "Take a published post down at the platform", Args: cobra.ExactArgs(1),
		Long: `delete takes down what one delivery made public, all parts of it, where the platform
allows it, and records that. It is never published again by itself. Copies on
other servers and in people's hands are beyond its reach.`,
		Example: "  takeover delete d_327ad5 -m \"the speaker withdrew consent\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.dryRun {
				return usagef("deleting cannot be tried without doing it; look with: takeover show %s", args[0])
			}
			return a.deed(cmd.Context(), deliveryPath(args[0], "/delete"), in)
		},
	}
	c.Flags().StringVarP(&in.Why, "message", "m", "", "why")
	_ = c.MarkFlagRequired("message")
	return c
}
