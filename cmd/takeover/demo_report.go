package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/desk"
)

// demoReport is what the demo did, counted from the queue and from the wall.
type demoReport struct {
	Deliveries  int                          `json:"deliveries"`
	ByState     map[campaign.State]int       `json:"by_state"`
	ByKind      map[campaign.Kind]int        `json:"by_kind"`
	ByMechanism map[campaign.MechanismID]int `json:"by_mechanism"`
	// ByLanguage counts a joined delivery under its first language.
	ByLanguage map[string]int `json:"by_language"`
	// Shown is how many deliveries have a post on the wall.
	Shown int `json:"shown"`
	// Duplicates counts posts on the wall that were one too many.
	Duplicates int `json:"duplicates"`
	// Lost counts deliveries called published that the wall does not show, and
	// approved ones without an end state.
	Lost int `json:"lost"`
	// Unclaimed counts posts on the wall that no published delivery has.
	Unclaimed int `json:"unclaimed"`
	// Reconciled counts lost answers that a read-back found.
	Reconciled int `json:"reconciled"`
	// Late is first byte after due of what nothing delayed on purpose, Delayed
	// the number of the others (late approval, slipped stream, stop, crash).
	LateP50MS    int64       `json:"late_p50_ms"`
	LateP99MS    int64       `json:"late_p99_ms"`
	Delayed      int         `json:"delayed_on_purpose"`
	LateAllP99MS int64       `json:"late_p99_ms_all"`
	Decisions    []decision  `json:"decisions"`
	Rows         []demoRow   `json:"rows"`
	Recaps       []demoRecap `json:"recaps"` // of each window
	// Wrong is every sum that is not right; empty when all is.
	Wrong  []string `json:"wrong"`
	TookMS int64    `json:"took_ms"`
	Queue  string   `json:"queue"`
	Wall   string   `json:"wall"`
	Folder string   `json:"folder,omitempty"`
}

// demoRow is one delivery with the evidence of its end.
type demoRow struct {
	ID        campaign.DeliveryID  `json:"id"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	Post      campaign.PostID      `json:"post"`
	Step      string               `json:"step,omitempty"`
	Kind      campaign.Kind        `json:"kind"`
	Channel   campaign.ChannelID   `json:"channel"`
	Language  string               `json:"language"`
	Due       time.Time            `json:"due"`
	State     campaign.State       `json:"state"`
	LateMS    int64                `json:"late_ms"`
	Evidence  string               `json:"evidence"` // address of the post and how it is known, or why there is none
}

// report reads the queue and the wall, and compares them.
func (d *demo) report(ctx context.Context, began time.Time) (demoReport, error) {
	rows, err := d.queue(ctx)
	if err != nil {
		return demoReport{}, err
	}
	seen, err := d.seen(ctx)
	if err != nil {
		return demoReport{}, err
	}
	r := demoReport{ByState: map[campaign.State]int{}, ByKind: map[campaign.Kind]int{}, ByMechanism: map[campaign.MechanismID]int{},
		ByLanguage: map[string]int{}, Deliveries: len(rows), Duplicates: seen.Duplicates, Wrong: []string{}, Queue: d.pages + "/queue", Wall: d.wall + "/"}
	r.Decisions = d.story.done
	r.compare(rows, seen)
	r.lateness(rows, d.story.delays)
	r.check()
	r.TookMS = time.Since(began).Milliseconds()
	return r, nil
}

// compare counts the deliveries and looks for each published one on the wall.
func (r *demoReport) compare(rows []desk.Row, seen sandbox.Seen) {
	wall := map[string]bool{} // by the end of the address; true: a delivery has it
	for _, p := range seen.Posts {
		if p.By != "" {
			continue // the public's own
		}
		wall[placeOf(p.Account, p.ID)] = false
	}
	for _, v := range rows {
		r.ByState[v.State]++
		r.ByKind[v.Kind]++
		r.ByMechanism[v.Mechanism]++
		if len(v.Languages) > 0 {
			r.ByLanguage[v.Languages[0]]++
		}
		row := demoRow{ID: v.ID, Mechanism: v.Mechanism, Post: v.Post, Step: v.Step, Kind: v.Kind, Channel: v.Channel, Language: v.Language,
			Due: v.Due, State: v.State, LateMS: time.Duration(v.Lateness).Milliseconds(), Evidence: strings.Trim(v.Reason.Code+": "+v.Reason.Text, ": ")}
		for _, receipt := range v.Receipts {
			row.Evidence = cmp.Or(receipt.URL, "post "+receipt.RemoteID) + " by " + receipt.How
			if receipt.How == "read-back" {
				r.Reconciled++
			}
		}
		place, there := onWall(v, wall)
		switch {
		case there:
			wall[place] = true
			r.Shown++
		case v.State == campaign.Published:
			r.Lost++
		}
		if len(v.Approvals) > 0 && !v.State.End() {
			r.Lost++
		}
		if !v.State.End() || row.Evidence == "" {
			r.Wrong = append(r.Wrong, fmt.Sprintf("%s (%s on %s) is %s: %s", v.ID, v.Post, v.Channel, v.State, v.Why))
		}
		r.Rows = append(r.Rows, row)
	}
	for _, claimed := range wall {
		if !claimed {
			r.Unclaimed++
		}
	}
}

func placeOf(account, id string) string { return "#p-" + account + "-" + id }

// onWall finds the post of a published delivery.
func onWall(v desk.Row, wall map[string]bool) (place string, there bool) {
	if v.State != campaign.Published || len(v.Receipts) == 0 {
		return "", false
	}
	receipt := v.Receipts[0]
	place = placeOf(string(v.Channel), receipt.RemoteID)
	if _, fragment, ok := strings.Cut(receipt.RemoteID, "#"); ok {
		place = "#" + fragment // a person gave its address
	}
	claimed, shown := wall[place]
	return place, shown && !claimed
}

// lateness is taken from what was published; what the script delayed on
// purpose would only measure the script.
func (r *demoReport) lateness(rows []desk.Row, delays []delay) {
	var all, undisturbed []time.Duration
	for _, v := range rows {
		if v.State != campaign.Published {
			continue
		}
		all = append(all, time.Duration(v.Lateness))
		if delayed(v, delays) {
			r.Delayed++
			continue
		}
		undisturbed = append(undisturbed, time.Duration(v.Lateness))
	}
	r.LateP50MS, r.LateP99MS = percentile(undisturbed, 50), percentile(undisturbed, 99)
	r.LateAllP99MS = percentile(all, 99)
}

// delayed tells whether the script is the cause of a delay.
func delayed(v desk.Row, delays []delay) bool {
	return v.WaitFor != "" || slices.ContainsFunc(delays, func(d delay) bool {
		return (d.channel == "" || d.channel == v.Channel) && !v.Due.Before(d.from) && v.Due.Before(d.to)
	})
}

// percentile of the durations, in whole milliseconds; 0 of none.
func percentile(list []time.Duration, p int) int64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*p/100)].Milliseconds()
}

// check lists every sum that is not right.
func (r *demoReport) check() {
	wrong := func(is bool, format string, args ...any) {
		if is {
			r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
		}
	}
	wrong(r.Duplicates > 0, "%d posts stand on the wall twice", r.Duplicates)
	wrong(r.Lost > 0, "%d deliveries are lost", r.Lost)
	wrong(r.Unclaimed > 0, "%d posts on the wall belong to no published delivery", r.Unclaimed)
	wrong(r.Reconciled == 0, "no lost answer was found by reading back")
	wrong(r.Deliveries != r.Shown+r.ByState[campaign.Missed]+r.ByState[campaign.Cancelled], "the sum: %s", r.sum())
	wrong(r.Deliveries < 24 || len(r.ByKind) < 4 || len(r.ByMechanism) < 4 || len(r.ByLanguage) < 4, "fewer deliveries, kinds, mechanisms or languages than planned")
}

func (r *demoReport) sum() string {
	return fmt.Sprintf("%d planned = %d shown + %d missed + %d withdrawn; twice %d; lost %d",
		r.Deliveries, r.Shown, r.ByState[campaign.Missed], r.ByState[campaign.Cancelled], r.Duplicates, r.Lost)
}

func (r *demoReport) write(w io.Writer) {
	fmt.Fprintf(w, "%d lost answers were found by reading back. Late: half within %d ms, 99 %% within %d ms (%d more were delayed on purpose).\n",
		r.Reconciled, r.LateP50MS, r.LateP99MS, r.Delayed)
	for _, wrong := range r.Wrong {
		fmt.Fprintln(w, escapeTerminal("wrong: "+wrong))
	}
	fmt.Fprintf(w, "%s\nmake this yours: takeover init\n", r.sum())
}
