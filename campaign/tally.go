package campaign

import (
	"fmt"
	"time"
)

// quota is the part of check 7 that counts posts of the local day, by channel
// and by window.
func (f ArmFacts) quota() (ArmAnswer, bool) {
	d := f.Delivery
	daily := f.Campaign.Channels[d.Channel].DailyLimit
	granted := f.Campaign.Takeovers[d.Takeover].DailyLimit
	if daily <= 0 && granted <= 0 {
		return ArmAnswer{}, false
	}
	local := f.Now.In(f.Campaign.Location())
	for _, q := range []struct {
		limit int
		key   string
	}{
		{daily, TallyKey(d.Channel, "", local)},
		{granted, TallyKey(d.Channel, d.Takeover, local)},
	} {
		if q.limit > 0 && f.Lane.Tally[q.key] >= q.limit {
			return ArmAnswer{Outcome: Stay, Code: ReasonQuota, Text: fmt.Sprintf("%d posts a day are allowed and were sent", q.limit), Until: nextDay(local)}, true
		}
	}
	return ArmAnswer{}, false
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
