package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/web"
)

// RotateKey implements web.Operations. While tokens are sealed anew the key
// file holds both keys, so that a crash at any step leaves every token
// readable; doing it again then ends it. The old key stays beside the file.
func (o operations) RotateKey(ctx context.Context, a campaign.Actor) (web.Rotated, error) {
	file := o.server.Layout.Key
	old, err := secret.Resolver{}.Resolve("file:" + file)
	if err != nil {
		return web.Rotated{}, fmt.Errorf("the key that seals tokens: %w", err)
	}
	if _, err := secret.ParseKeys(old); err != nil {
		return web.Rotated{}, err
	}
	out := web.Rotated{OldKey: file + ".before-" + o.clock.Now().UTC().Format("20060102T150405Z")}
	if err := writeWhole(out.OldKey, []byte(old.Reveal()+"\n")); err != nil {
		return web.Rotated{}, err
	}
	fresh := secret.NewKey()
	if err := writeWhole(file, []byte(fresh+"\n"+old.Reveal()+"\n")); err != nil {
		return web.Rotated{}, err
	}
	if out.Sealed, err = o.vault.Reseal(ctx); err != nil {
		return web.Rotated{}, err
	}
	if err := writeWhole(file, []byte(fresh+"\n")); err != nil {
		return web.Rotated{}, err
	}
	return out, o.desk.NoteRotation(ctx, a, out.Sealed)
}

func (a *app) secretCommand() *cobra.Command {
	c := &cobra.Command{Use: "secret", Short: "Replace the key that seals tokens"}
	c.AddCommand(&cobra.Command{
		Use: "rotate", Short: "Make a new key, and seal every token anew", Args: cobra.NoArgs,
		Long: `rotate replaces the key in the key file and seals every stored token with the new one.
The old key stays in a file beside it: backups made before need it. Move that file
away, or delete it when no such backup is kept.`,
		Example: "  takeover secret rotate",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.dryRun {
				return usagef("rotating cannot be tried without doing it")
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var out web.Rotated
				if err := c.post(cmd.Context(), a, "/secrets/rotate", nil, &out); err != nil {
					return err
				}
				return a.print("rotated", out, nil, func(w io.Writer) {
					fmt.Fprintf(w, "A new key seals tokens; %s sealed anew.\nThe old key is in %s: backups made before need it. Keep it apart from them, or delete it.\n",
						count(out.Sealed, "token"), out.OldKey)
				})
			})
		},
	})
	return c
}
