package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// printRows writes deliveries as a table, one line each. State is icon and
// word; what waits for somebody says for whom.
func (a *app) printRows(w io.Writer, rows []desk.Row, loc *time.Location) {
	if len(rows) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "WHEN (%s)\tCHANNEL\tPOST\tLANGUAGE\tID\tSTATE\n", loc)
	now := time.Now()
	for _, r := range rows {
		fmt.Fprintln(t, cells(moments(r.Due, now, loc), string(r.Channel), postOf(&r.Delivery), r.Language, shortID(r), stateText(r)))
	}
	_ = t.Flush()
}

// cells are the columns of one line of a table; what people wrote cannot add any.
func cells(list ...string) string {
	for i, c := range list {
		list[i] = strings.NewReplacer("\t", " ", "\n", " ").Replace(escapeTerminal(c))
	}
	return strings.Join(list, "\t")
}

// shortID is the id as people write it.
func shortID(r desk.Row) string { return orElse(r.Short, string(r.ID)) }

// postOf names a post with its plan and step.
func postOf(d *campaign.Delivery) string {
	name := string(d.Plan) + "/" + string(d.Post)
	if d.Step != "" {
		name += "/" + d.Step
	}
	return name
}

// stateText is a delivery's state with its sign, and for what went otherwise
// than planned why, and who does what. takeover explain says it of any.
func stateText(r desk.Row) string {
	text := r.Shown
	if r.PausedBy != "" {
		text += " by: " + r.PausedBy
	}
	if icon := desk.Icon(r.Shown); icon != "" {
		text = icon + " " + text
	}
	switch r.Shown {
	case "needs you", "retrying", "refused", "missed":
		text += ". " + r.Why + " " + r.Next
	}
	if r.State == campaign.NeedsHuman {
		text += " takeover resolve " + shortID(r)
	}
	return text
}

// moments is a due time in a table: its offset stands with it, since a list may
// cross a change of clocks, and how far it is.
func moments(at, now time.Time, loc *time.Location) string {
	return at.In(loc).Format("Mon 2 Jan 2006 15:04:05 -07:00") + " " + away(at.Sub(now))
}

// away says how far ahead or back something is, in its largest unit.
func away(d time.Duration) string {
	text, unit := "", d.Abs()
	switch {
	case unit < time.Minute:
		text = fmt.Sprintf("%ds", unit/time.Second)
	case unit < time.Hour:
		text = fmt.Sprintf("%dm", unit/time.Minute)
	case unit < 48*time.Hour:
		text = fmt.Sprintf("%dh", unit/time.Hour)
	default:
		text = fmt.Sprintf("%dd", unit/(24*time.Hour))
	}
	if d < 0 {
		return text + " ago"
	}
	return "in " + text
}

// campaignZone is the zone for times of an answer that does not carry one: --tz,
// else the campaign's; UTC for who may not see the campaign.
func (a *app) campaignZone(ctx context.Context, c *client) *time.Location {
	var s desk.Status
	name := "UTC"
	if a.zone == "" && c.get(ctx, "/status", nil, &s) == nil {
		name = s.Zone
	}
	if loc, err := a.location(name); err == nil {
		return loc
	}
	return time.UTC
}
