package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
)

// allReport is what the demo of all platforms did, counted from the queue and
// from what each pretend platform shows.
type allReport struct {
	Deliveries int `json:"deliveries"`
	Published  int `json:"published"`
	// Faults counts requests and answers that were lost on purpose.
	Faults int `json:"faults"`
	// Duplicates counts posts that were one too many.
	Duplicates int `json:"duplicates"`
	// Lost counts deliveries without an end, and published ones that nobody sees.
	Lost int `json:"lost"`
	// MissingAlt and MissingCredit count pictures that are shown without.
	MissingAlt    int `json:"missing_alt"`
	MissingCredit int `json:"missing_credit"`
	// Reconciled counts lost answers that were settled by reading back, ByPerson those by a person.
	Reconciled int           `json:"reconciled"`
	ByPerson   int           `json:"by_person"`
	Platforms  []platformRow `json:"platforms"`
	// Wrong is every sum that is not right; empty when all is.
	Wrong  []string `json:"wrong"`
	TookMS int64    `json:"took_ms"`
}

// platformRow is what became of one platform's posts.
type platformRow struct {
	Platform   campaign.ChannelID     `json:"platform"`
	States     map[campaign.State]int `json:"states"`
	Shown      int                    `json:"shown"`
	Cut        int                    `json:"requests_cut"`
	AnswerLost int                    `json:"answers_lost"`
}

func (d *allDemo) reportAll(ctx context.Context) (allReport, error) {
	r := allReport{Wrong: []string{}}
	rows, err := d.queue(ctx)
	if err != nil {
		return r, err
	}
	r.Deliveries = len(rows)
	for _, id := range slices.Sorted(maps.Keys(d.campaign.Channels)) {
		p := platformRow{Platform: id, States: map[campaign.State]int{}}
		posts, noAlt := d.posted[id], false
		if line := d.lines[id]; line != nil {
			p.Cut, p.AnswerLost = line.faults()
			posts, noAlt = line.stage.Posts(), line.stage.NoAlt
		}
		r.Faults += p.Cut + p.AnswerLost
		twice, receipts := 0, 0
		for _, v := range rows {
			if v.Channel != id {
				continue
			}
			p.States[v.State]++
			shown := marked(posts, v.Post)
			p.Shown += len(shown)
			twice += max(0, len(shown)-1)
			receipts += len(v.Receipts)
			r.count(v, len(shown))
			if f, _ := channels.Known(d.campaign.Channels[id].Platform); pictured(v.Post) || f.Limits.NeedsImage {
				for _, s := range shown {
					r.MissingAlt += missing(!noAlt && !slices.Contains(s.Alts, allAlt))
					r.MissingCredit += missing(!s.Credited(allCredit))
				}
			}
		}
		// What more is public than there are receipts is one too many as well:
		// a part of a thread, a comment.
		r.Duplicates += max(twice, len(posts)-receipts)
		r.Platforms = append(r.Platforms, p)
	}
	r.check()
	return r, nil
}

// pictured tells whether a post of the demo has the picture.
func pictured(post campaign.PostID) bool {
	return strings.HasSuffix(string(post), "-picture") || strings.HasSuffix(string(post), "-comment")
}

func missing(is bool) int {
	if is {
		return 1
	}
	return 0
}

// count looks at one delivery, which so many posts show.
func (r *allReport) count(v desk.Row, shown int) {
	if v.State == campaign.Published {
		r.Published++
	}
	if !v.State.End() || v.State == campaign.Published && shown == 0 {
		r.Lost++
	}
	for _, receipt := range v.Receipts {
		switch receipt.How {
		case "read-back":
			r.Reconciled++
		case "answer":
		default:
			r.ByPerson++
		}
	}
	if v.State != campaign.Published {
		r.Wrong = append(r.Wrong, fmt.Sprintf("%s on %s is %s: %s", v.Post, v.Channel, v.State, v.Why))
	}
}

// check lists every sum that is not right.
func (r *allReport) check() {
	for _, s := range []struct {
		n    int
		what string
	}{{r.Duplicates, "posts are public twice"}, {r.Lost, "posts are lost"}, {r.MissingAlt, "pictures have no alt text"}, {r.MissingCredit, "pictures have no credit"}} {
		if s.n > 0 {
			r.Wrong = append(r.Wrong, fmt.Sprintf("%d %s", s.n, s.what))
		}
	}
	for _, p := range r.Platforms {
		if p.Platform != "manual" && p.AnswerLost == 0 {
			r.Wrong = append(r.Wrong, fmt.Sprintf("no answer was lost on %s", p.Platform))
		}
	}
}

func (r *allReport) write(w io.Writer) {
	for _, p := range r.Platforms {
		fmt.Fprintf(w, "%-10s %2d shown, %d requests cut, %d answers lost\n", p.Platform, p.Shown, p.Cut, p.AnswerLost)
	}
	for _, wrong := range r.Wrong {
		fmt.Fprintln(w, escapeTerminal("wrong: "+wrong))
	}
	fmt.Fprintf(w, "%d deliveries, %d published; twice %d; lost %d; without alt text %d; without credit %d; %d faults, %d settled by reading back, %d by a person\n",
		r.Deliveries, r.Published, r.Duplicates, r.Lost, r.MissingAlt, r.MissingCredit, r.Faults, r.Reconciled, r.ByPerson)
}
