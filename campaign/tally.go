package campaign

import (
	"fmt"
	"maps"
	"time"
)

// quota is the part of check 7 that counts: posts of the local day, by channel
// and by window, and what the platform takes from the account.
func (f ArmFacts) quota() (ArmAnswer, bool) {
	d := f.Delivery
	stay := func(until time.Time, format string, limit int) (ArmAnswer, bool) {
		return ArmAnswer{Outcome: Stay, Code: ReasonQuota, Text: fmt.Sprintf(format, limit), Until: until}, true
	}
	local := f.Now.In(f.Campaign.Location())
	for _, q := range []struct {
		limit int
		key   string
	}{
		{f.Campaign.Channels[d.Channel].DailyLimit, TallyKey(d.Channel, "", local)},
		{f.Campaign.Takeovers[d.Takeover].DailyLimit, TallyKey(d.Channel, d.Takeover, local)},
	} {
		if q.limit > 0 && f.Lane.Tally[q.key] >= q.limit {
			return stay(nextDay(local), "%d posts a day are allowed and were sent", q.limit)
		}
	}
	if until := f.Lane.room(f.DailyPosts, f.Now); until.After(f.Now) {
		return stay(until, "the platform takes %d posts in 24 hours, and they were sent", f.DailyPosts)
	}
	return ArmAnswer{}, false
}

// hourOf counts hours since 1970.
func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// quotaHours is for how many hours, the running one among them, a post counts:
// whole hours are counted, so that no 24 hours hold more than the platform takes.
const quotaHours = 25

// room is when the platform takes a further post, now or before for at once.
// What was counted in hours that are still to come was counted by a clock that
// ran wrong.
func (l *LaneState) room(limit int, now time.Time) time.Time {
	if limit <= 0 {
		return time.Time{}
	}
	n, this := 0, hourOf(now)
	for h := this; h > this-quotaHours; h-- {
		// From the newest back: the hour that fills the quota must first be over.
		if n += l.Hours[h]; n >= limit {
			return time.Unix((h+quotaHours)*3600, 0).UTC()
		}
	}
	return time.Time{}
}

// TallyKey names a counter of LaneState.Tally for a local day.
func TallyKey(ch ChannelID, t TakeoverID, local time.Time) string {
	if t == "" {
		return string(ch) + "/" + local.Format(time.DateOnly)
	}
	return string(ch) + "/" + string(t) + "/" + local.Format(time.DateOnly)
}

// Count notes that a delivery's first part was armed, and forgets old days.
func (l *LaneState) Count(d *Delivery, now time.Time, home *time.Location) {
	local := now.In(home)
	l.LastAt = now
	kept := map[string]int{}
	today, yesterday := local.Format(time.DateOnly), local.AddDate(0, 0, -1).Format(time.DateOnly)
	for k, n := range l.Tally {
		if day := k[max(0, len(k)-len(today)):]; day == today || day == yesterday {
			kept[k] = n
		}
	}
	kept[TallyKey(d.Channel, "", local)]++
	if d.Takeover != "" {
		kept[TallyKey(d.Channel, d.Takeover, local)]++
	}
	l.Tally = kept
	hours, this := map[int64]int{}, hourOf(now)
	for h, n := range l.Hours {
		if h > this-quotaHours && h <= this {
			hours[h] = n
		}
	}
	hours[this]++
	l.Hours = hours
}

// Uncount gives back the place in the day's quota of a first part that was
// counted when it was armed and provably never left.
func (l *LaneState) Uncount(d *Delivery, armed time.Time, home *time.Location) {
	kept := map[string]int{}
	local := armed.In(home)
	channel, window := TallyKey(d.Channel, "", local), TallyKey(d.Channel, d.Takeover, local)
	for k, n := range l.Tally {
		if k == channel || k == window {
			n--
		}
		if n > 0 {
			kept[k] = n
		}
	}
	l.Tally = kept
	if h := hourOf(armed); l.Hours[h] > 0 {
		l.Hours = maps.Clone(l.Hours)
		l.Hours[h]--
	}
}

// nextDay is the first instant of the next local date, midnight or, where the
// zone has none that night, the first minute after it.
func nextDay(local time.Time) time.Time {
	day := local.Format(time.DateOnly)
	return firstMinute(local, func(at time.Time) bool { return at.Format(time.DateOnly) > day })
}

// searchDays bounds firstMinute: no rule of a local day needs longer, even
// where a zone leaves a whole date out.
const searchDays = 3

// firstMinute is the first instant after local that begins a minute in which
// holds is true, local plus searchDays if there is none. It goes minute by
// minute: wall times may be skipped or come twice, and this is right for all.
func firstMinute(local time.Time, holds func(local time.Time) bool) time.Time {
	const most = searchDays * 24 * 60
	at := local.Add(-time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	for range most {
		at = at.Add(time.Minute)
		if holds(at) {
			return at
		}
	}
	return local.AddDate(0, 0, searchDays)
}
