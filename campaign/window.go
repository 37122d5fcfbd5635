package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Organizers is the mechanism of the organizers themselves. Its posts and
// windows are planned, approved and shown as anybody's, but nobody's window
// keeps them off a channel: its windows overlap others freely, a delivery of
// it may go without a window, and it keeps RestartSpacing to the post before.
const Organizers MechanismID = "organizers"

// Takeover is the grant of a window in time to one mechanism on some channels.
type Takeover struct {
	Mechanism  MechanismID
	From, To   time.Time // From inclusive, To exclusive
	Channels   []ChannelID
	SubmitBy   time.Time   // zero: until To; later changes are marked late
	NoPost     []HourRange // local hours of the campaign's zone in which nothing leaves
	DailyLimit int         // deliveries a local day and channel; 0 is no limit of its own
	Shared     bool        // other mechanisms may hold the same channel at the same time, if theirs is shared too
	Revoked    bool
}

// Has tells whether the window covers the channel.
func (t Takeover) Has(ch ChannelID) bool { return slices.Contains(t.Channels, ch) }

// Covers tells whether the instant lies in the window.
func (t Takeover) Covers(at time.Time) bool {
	return !t.Revoked && !at.Before(t.From) && at.Before(t.To)
}

// LateChange tells whether what is submitted now comes after the window's
// deadline: it is taken until the window ends, and marked.
func (t Takeover) LateChange(now time.Time) bool {
	return !t.SubmitBy.IsZero() && now.After(t.SubmitBy)
}

// FreeAt is the first instant from at on that lies in none of the window's
// no-post hours: at itself, or the beginning of a minute after it.
func (t Takeover) FreeAt(at time.Time, home *time.Location) time.Time {
	free := func(local time.Time) bool {
		return !slices.ContainsFunc(t.NoPost, func(h HourRange) bool { return h.Contains(local) })
	}
	local := at.In(home)
	if free(local) {
		return at
	}
	return firstMinute(local, free)
}

// HourRange is a stretch of the local day in minutes since midnight; From >
// Until crosses midnight ("23:00-06:00"). Until is exclusive. It goes by the
// clock on the wall: hours that the zone leaves out that day are not missed,
// hours that come twice count twice.
type HourRange struct{ From, Until int }

// Contains tells whether the local time lies in the range.
func (h HourRange) Contains(local time.Time) bool {
	m := local.Hour()*60 + local.Minute()
	if h.From <= h.Until {
		return m >= h.From && m < h.Until
	}
	return m >= h.From || m < h.Until
}

// Overlap is a time in which two windows claim one account and at least one of
// them does not share it.
type Overlap struct {
	A, B     TakeoverID
	Channel  ChannelID // of A
	Other    ChannelID // of B; differs from Channel where two channels are one account
	From, To time.Time // To exclusive
}

// String says which windows claim what.
func (o Overlap) String() string {
	on := string(o.Channel)
	if o.Other != o.Channel {
		on += " (the same account as " + string(o.Other) + ")"
	}
	return fmt.Sprintf("windows %s and %s overlap on %s from %s to %s", o.A, o.B, on,
		o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
}

// Overlaps lists all overlaps between the campaign's windows that may not be,
// in the order of the windows' ids.
func (c *Campaign) Overlaps() []Overlap {
	var all []Overlap
	for id, t := range c.Takeovers {
		for _, o := range c.OverlapsOf(id, t) {
			if o.A < o.B {
				all = append(all, o)
			}
		}
	}
	sortOverlaps(all)
	return all
}

// OverlapsOf lists what the window t, granted as id, would overlap with and
// may not. A window of that id that exists already does not count.
func (c *Campaign) OverlapsOf(id TakeoverID, t Takeover) []Overlap {
	var found []Overlap
	for otherID, other := range c.Takeovers {
		from, to := later(t.From, other.From), earlier(t.To, other.To)
		if otherID == id || !exclude(t, other) || !from.Before(to) {
			continue
		}
		for _, ch := range t.Channels {
			for _, och := range other.Channels {
				if ch == och || c.LaneOf(ch) == c.LaneOf(och) {
					found = append(found, Overlap{A: id, B: otherID, Channel: ch, Other: och, From: from, To: to})
				}
			}
		}
	}
	sortOverlaps(found)
	return found
}

// exclude tells whether two windows may not hold one account at one time.
func exclude(a, b Takeover) bool {
	switch {
	case a.Revoked || b.Revoked, a.Mechanism == b.Mechanism, a.Shared && b.Shared:
		return false
	}
	return a.Mechanism != Organizers && b.Mechanism != Organizers
}

func sortOverlaps(all []Overlap) {
	slices.SortFunc(all, func(x, y Overlap) int {
		return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B), cmp.Compare(x.Channel, y.Channel), cmp.Compare(x.Other, y.Other))
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
