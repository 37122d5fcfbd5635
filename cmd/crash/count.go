package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// count compares what the public saw with what was wanted, and both with what
// the daemon has on record.
func (k *killing) count(ctx context.Context) error {
	rows, err := k.rows(ctx)
	if err != nil {
		return err
	}
	byPlace := map[place]row{}
	for _, r := range rows {
		byPlace[place{r.Channel, textOf(r.Plan, r.Post)}] = r
	}
	k.r.ByState = tally{}
	for _, r := range rows {
		k.r.ByState[r.State]++
	}
	k.r.Deliveries = len(k.want)
	shown := k.w.shown()
	for _, p := range k.want {
		k.judge(p, shown[p], byPlace)
		delete(shown, p)
	}
	for p, seen := range shown {
		k.unexplained("%q is public on %s %d times, and nobody asked for it", p.text, p.channel, len(seen))
	}
	if err := k.countArrivals(ctx, rows); err != nil {
		return err
	}
	if _, err := k.command(ctx, "audit", "verify"); err != nil {
		k.unexplained("the audit log: %v", err)
	}
	return nil
}

// judge looks at one wanted delivery.
func (k *killing) judge(p place, seen []public, rows map[place]row) {
	r, known := rows[p]
	if n := len(seen); n > 1 {
		k.r.Duplicates += n - 1
		k.note("%q is public %d times on %s", p.text, n, p.channel)
	} else if n == 0 {
		k.r.Lost++
		k.note("%q is not public on %s: %s, %s", p.text, p.channel, cmp.Or(r.State, "unknown"), r.Why)
	}
	switch {
	case !known:
		k.unexplained("%q on %s is not in the queue", p.text, p.channel)
	case len(seen) == 0 && r.State == "missed":
		// Late, and told: it is lost here, but not in silence.
	case r.State != "published" || len(r.Receipts) != 1:
		k.unexplained("%s (%q on %s) is %s with %d receipts, and public %d times", r.ID, p.text, p.channel, r.State, len(r.Receipts), len(seen))
	default:
		ours := func(s public) bool { return r.Receipts[0].RemoteID == s.id || r.Receipts[0].RemoteID == s.url }
		if !slices.ContainsFunc(seen, ours) {
			k.unexplained("%s has a receipt for %s, which the public does not see", r.ID, r.Receipts[0].RemoteID)
		}
	}
}

// tried is an armed attempt.
type tried struct {
	ArmedAt time.Time `json:"armed_at"`
	SendBy  time.Time `json:"send_by"`
	used    bool
}

// readAfter is by how much a request may be read later than it came: the
// server's own goroutine waits for its turn.
const readAfter = time.Second

// countArrivals holds each request that came against the attempts of its
// channel: one attempt covers one request that came between arming and send_by.
func (k *killing) countArrivals(ctx context.Context, rows []row) error {
	attempts := map[string][]*tried{}
	for _, r := range rows {
		var sight struct {
			Tries []*tried `json:"attempts"`
		}
		if err := k.ask(ctx, organizer, http.MethodGet, "/deliveries/"+r.ID, nil, &sight); err != nil {
			return err
		}
		attempts[r.Channel] = append(attempts[r.Channel], sight.Tries...)
	}
	for _, a := range k.w.arrived() {
		covers := func(t *tried) bool {
			return !t.used && !a.at.Before(t.ArmedAt) && !a.at.After(t.SendBy.Add(readAfter))
		}
		of := attempts[a.channel]
		i := slices.IndexFunc(of, covers)
		if i < 0 {
			k.unexplained("a request came to %s at %s that no armed attempt covers", a.channel, a.at.Format(time.RFC3339Nano))
			continue
		}
		of[i].used = true
	}
	return nil
}

func (k *killing) unexplained(format string, args ...any) {
	k.r.Unexplained++
	k.note(format, args...)
}

// noted is how many wrong deliveries are named.
const noted = 50

func (k *killing) note(format string, args ...any) {
	if len(k.r.Wrong) < noted {
		k.r.Wrong = append(k.r.Wrong, fmt.Sprintf(format, args...))
	}
}
