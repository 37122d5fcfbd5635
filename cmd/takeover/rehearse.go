package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/rehearsal"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// Rehearse implements web.Operations: the engine runs on a copy of the store,
// which goes with the folder that holds it.
func (o operations) Rehearse(ctx context.Context, a campaign.Actor, plan campaign.PlanID, approved bool) (desk.Forecast, error) {
	if !o.rehearsing.TryLock() {
		return desk.Forecast{}, fmt.Errorf("%w: another rehearsal runs; ask again when it is over", desk.ErrConflict)
	}
	defer o.rehearsing.Unlock()
	// A copy that a killed daemon leaves under this name goes with the next start.
	path := o.server.Layout.Store + ".copy-rehearsal-" + rand.Text()
	defer removeCopy(path)
	var switches campaign.Switches
	err := o.store.View(ctx, func(tx store.Tx) (err error) { switches, err = tx.Switches(); return err })
	if err != nil {
		return desk.Forecast{}, err
	}
	if err := o.store.Backup(ctx, path); err != nil && !errors.Is(err, store.ErrCorrupt) {
		return desk.Forecast{}, err
	}
	twin, err := boltstore.Open(boltstore.Options{Path: path, Scratch: true})
	if err != nil {
		return desk.Forecast{}, err
	}
	r, err := rehearsal.Run(ctx, rehearsal.Options{Store: twin, Switches: switches, From: o.clock.Now(), Channel: o.registry.Channel, Media: o.media.Check, Approve: approved})
	if err := errors.Join(err, twin.Close()); err != nil {
		return desk.Forecast{}, err
	}
	f, err := o.desk.Forecast(ctx, a, plan, r.Ends)
	f.From, f.To, f.Assumed = r.From, r.To, approved
	return f, err
}

// removeCopy takes away a copy and what was made beside it.
func removeCopy(path string) {
	files, _ := filepath.Glob(path + "*")
	for _, f := range files {
		_ = os.Remove(f)
	}
}

func (a *app) rehearseCommand() *cobra.Command {
	var approved bool
	c := &cobra.Command{
		Use: "rehearse [PLAN]", Short: "Say what will go out when, and what will stop it; nothing is sent", Args: cobra.MaximumNArgs(1),
		Long: `Runs the real engine on a copy of the queue, on a clock that jumps from event to event, to the end of
the windows. No platform is asked: each channel takes what its limits allow, until its permission ends.
Approvals that are missing, holds, stops, quotas, gaps, windows that end, events that nobody called live
and values that nobody filled in stop a post as they would then, unless somebody acts meanwhile.

Exit code 6 says that something needs a person.`,
		Example: "  takeover rehearse\n  takeover rehearse mayors-imd-2026 --approve-all",
		RunE: func(cmd *cobra.Command, args []string) error {
			query := url.Values{}
			if len(args) == 1 {
				query.Set("plan", args[0])
			}
			if approved {
				query.Set("approve_all", "true")
			}
			return a.withClient(cmd.Context(), func(c *client) error {
				var f desk.Forecast
				if err := c.get(cmd.Context(), "/rehearsal", query, &f); err != nil {
					return err
				}
				loc, err := a.location(f.Zone)
				if err != nil {
					return err
				}
				if err := a.print("forecast", f, f.Rows, func(w io.Writer) { a.printForecast(w, f, loc) }); err != nil {
					return err
				}
				if f.Person > 0 {
					return exit{exitNeedsPerson}
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&approved, "approve-all", false, "as if everything were approved")
	return c
}

// outlooks say each outlook as people read it, in the order of a summary.
var outlooks = []struct {
	is          desk.Outlook
	short, many string
}{
	{desk.OutlookOnTime, "✔ goes out", "on time"},
	{desk.OutlookLate, "✔ goes out late", "late"},
	{desk.OutlookByHand, "✋ by hand", "by hand"},
	{desk.OutlookUnsure, "? not settled", "not settled"},
	{desk.OutlookStopped, "✕ will not go out", "stopped"},
}

// printForecast writes a line for each delivery, and below what people can do.
func (a *app) printForecast(w io.Writer, f desk.Forecast, loc *time.Location) {
	if len(f.Rows) == 0 {
		fmt.Fprintln(w, "Nothing waits to be published.")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "WHEN (%s)\tCHANNEL\tPOST\tLANGUAGE\tID\tFORECAST\n", loc)
	for _, r := range f.Rows {
		fmt.Fprintln(t, cells(moments(r.Due, f.From, loc), string(r.Channel), postOf(&r.Delivery), r.Language, shortID(r.Row), foretold(r)))
	}
	_ = t.Flush()
	fmt.Fprintln(w)
	for _, o := range outlooks {
		if n := f.Counts[o.is]; n > 0 {
			fmt.Fprintf(w, "%d %s\n", n, o.many)
		}
	}
	fmt.Fprintln(w)
	for _, l := range causes(f.Rows) {
		fmt.Fprintln(w, escapeTerminal(l))
	}
}

func foretold(r desk.ForecastRow) string {
	for _, o := range outlooks {
		switch {
		case o.is != r.Outlook:
		case r.Outlook == desk.OutlookLate:
			return fmt.Sprintf("%s by %s", o.short, time.Duration(r.LateBy).Round(time.Second))
		case r.Cause != "":
			return o.short + ": " + r.Cause
		default:
			return o.short
		}
	}
	return string(r.Outlook)
}

// causes are what a person can do, once for each reason, with the post that
// needs it first; what meets most posts comes first.
func causes(rows []desk.ForecastRow) []string {
	met := map[string][]desk.ForecastRow{}
	var order []string
	for _, r := range rows {
		if r.Remedy == "" {
			continue
		}
		if met[r.Code] == nil {
			order = append(order, r.Code)
		}
		met[r.Code] = append(met[r.Code], r)
	}
	slices.SortStableFunc(order, func(x, y string) int { return len(met[y]) - len(met[x]) })
	for i, code := range order {
		first := slices.MinFunc(met[code], func(x, y desk.ForecastRow) int { return x.Latest.Compare(y.Latest) })
		order[i] = fmt.Sprintf("%s first of %d: %s", shortID(first.Row), len(met[code]), first.Remedy)
	}
	return order
}
