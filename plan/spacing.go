package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// space keeps the posts of each account the channel's min_gap apart: the
// spaced time is the due time. At one time "we are live" goes first, then the
// order of the file holds.
func (e *expander) space() {
	last := map[campaign.LaneID]time.Time{}
	for _, i := range e.byTime() {
		r := &e.rows[i]
		if e.bad[r.post] {
			continue // it will not go out: nobody makes room for it
		}
		lane := r.delivery.Lane
		if before, ok := last[lane]; ok && r.gap > 0 && r.due.Before(before.Add(r.gap)) {
			r.due = before.Add(r.gap)
		}
		last[lane] = r.due
	}
}

// checkSpacing warns where keeping the distance makes a post too late to be what
// it was meant to be, or takes most of the time that "we are live" has.
func (e *expander) checkSpacing(r *row) {
	if old, ok := e.existing[r.delivery.ID]; ok && !queued(old) {
		return
	}
	ends, zone := e.latest(r, r.moment.at), e.zone
	moved := fmt.Sprintf("%s on %s becomes %s, %s after the post before it", r.moment.at.In(zone).Format(wallForm), r.delivery.Channel, r.due.In(zone).Format("15:04:05"), yamlwalk.FormatDuration(r.gap))
	fix := fmt.Sprintf("move it or the posts before it on %s, or switch one of them off there", r.delivery.Channel)
	switch left := ends.Sub(r.due); {
	case left < 0:
		e.warn(r.moment.pos, "W028", fmt.Sprintf("%s: later than %s, until when it makes sense", moved, ends.In(zone).Format("15:04:05")), fix)
	case e.now(&r.moment) && left < ends.Sub(r.moment.at)/2:
		e.warn(r.moment.pos, "W028", fmt.Sprintf("%s: %s of its %s are left", moved, yamlwalk.FormatDuration(left), yamlwalk.FormatDuration(ends.Sub(r.moment.at))), fix)
	}
}

// byTime are the numbers of the rows in the order in which they want to go out.
func (e *expander) byTime() []int {
	order := make([]int, len(e.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &e.rows[i], &e.rows[j]
		return cmp.Or(a.due.Compare(b.due), live(b)-live(a), cmp.Compare(a.order, b.order))
	})
	return order
}

func live(r *row) int {
	if r.delivery.WaitFor != "" {
		return 1
	}
	return 0
}

// checkDays compares the posts of each channel and local day with its limits,
// as arming will: a post over the limit would wait for the next day.
func (e *expander) checkDays() {
	count := map[string]int{}
	for _, i := range e.byTime() {
		r := &e.rows[i]
		if e.bad[r.post] {
			continue
		}
		e.post = r.post
		ch := r.delivery.Channel
		local := r.due.In(e.home)
		key := string(ch) + local.Format(time.DateOnly)
		count[key]++
		if old, ok := e.existing[r.delivery.ID]; ok && !queued(old) {
			continue // it counts, but it is out
		}
		for _, l := range []struct {
			limit int
			whose string
		}{
			{e.c.Channels[ch].DailyLimit, "the channel"}, {e.window.DailyLimit, "the window"}, {e.surface(ch).Limits.DailyPosts, "the platform"},
		} {
			if l.limit > 0 && count[key] > l.limit {
				e.fault(r.moment.pos, "P027", fmt.Sprintf("more than %d posts on %s on %s, the limit of %s", l.limit, ch, local.Format("Mon 2 Jan 2006"), l.whose), "move posts to another day or channel, or write them in fewer languages there")
				break
			}
		}
	}
	e.post = -1
}

// weekSpan is within how long the same text is worth a warning.
const weekSpan = 7 * 24 * time.Hour

// maxTwins bounds how many equal texts before it a post is compared with.
const maxTwins = 500

// checkTwins finds the same text twice on one account, in this plan and in
// what is stored of others.
func (e *expander) checkTwins() {
	type account struct {
		lane campaign.LaneID
		text string
	}
	before := map[account][]*row{}
	for _, i := range e.byTime() {
		r := &e.rows[i]
		if e.bad[r.post] {
			continue
		}
		e.post = r.post
		d := &r.delivery
		key := account{d.Lane, d.Fingerprint}
		old, stored := e.existing[d.ID]
		out := stored && !queued(old) // it is out: nothing can be done about it here
		for _, o := range slices.Backward(before[key][max(0, len(before[key])-maxTwins):]) {
			if out {
				break
			}
			if d.Due.Sub(o.due) >= weekSpan || e.twin(r, &o.delivery, fmt.Sprintf("in line %d", o.place.Line)) {
				break // the nearest is enough to say
			}
		}
		before[key] = append(before[key], r)
		if e.env.Twins == nil || out {
			continue
		}
		for _, o := range e.env.Twins(d.Lane, d.Fingerprint) {
			if o.Plan != d.Plan && o.State != campaign.Cancelled && o.State != campaign.Missed && o.State != campaign.Rejected {
				e.twin(r, &o, "as "+string(o.Post)+" of the plan "+string(o.Plan))
			}
		}
	}
	e.post = -1
}

// twin reports two equal texts on one account, unless they were asked for.
func (e *expander) twin(r *row, o *campaign.Delivery, where string) bool {
	d := &r.delivery
	apart := d.Due.Sub(o.Due).Abs()
	if d.Series != "" && d.Series == o.Series || d.Repeat && o.Repeat || apart >= weekSpan {
		return false
	}
	text := fmt.Sprintf("the same text goes out %s on the same account (%s), %s apart", where, d.Channel, yamlwalk.FormatDuration(apart))
	if apart < campaign.TwinSpan {
		e.fault(r.place, "P053", text, "change the text, move it, or write repeat: true on both posts")
	} else {
		e.warn(r.place, "W053", text, "change the text, or write repeat: true on both posts")
	}
	return true
}
