package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// CalendarQuery chooses days, and what of them; zero fields match all.
type CalendarQuery struct {
	From      string // the first day, "2026-12-14", in the campaign's zone; "": today
	Days      int    // 1 to 42; 0: a week
	Channel   campaign.ChannelID
	Mechanism campaign.MechanismID
	Each      int // deliveries listed a day, the rest is counted; 0: 50, at most 500
}

// Calendar is a stretch of days of the campaign's zone.
type Calendar struct {
	Zone string        `json:"zone"`
	Days []CalendarDay `json:"days"`
}

// CalendarDay is one local day.
type CalendarDay struct {
	Day     string                 `json:"day"`    // "2026-12-18"
	Begins  time.Time              `json:"begins"` // the instant of its midnight
	Windows []campaign.TakeoverID  `json:"windows"`
	ByState map[campaign.State]int `json:"by_state"`
	Rows    []Row                  `json:"rows"`           // by due time then id
	More    int                    `json:"more,omitempty"` // deliveries that are counted and not listed
}

const (
	daysDefault, daysMost = 7, 42
	eachDefault, eachMost = 50, 500
)

// Calendar lists what the actor may see of some days, with the windows that
// are open on each.
func (d *Desk) Calendar(ctx context.Context, a campaign.Actor, q CalendarQuery) (Calendar, error) {
	var out Calendar
	q.Days, q.Each = min(cmp.Or(q.Days, daysDefault), daysMost), min(cmp.Or(q.Each, eachDefault), eachMost)
	err := d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		if q.Mechanism != "" && !r.sees(q.Mechanism, a.Guest) {
			return r.may(campaign.ActRead, campaign.Object{Mechanism: q.Mechanism, Plan: a.Guest})
		}
		first, err := r.day(q.From)
		if err != nil {
			return err
		}
		out = Calendar{Zone: r.c.Zone, Days: make([]CalendarDay, max(1, q.Days))}
		for i := range out.Days {
			begins := first.AddDate(0, 0, i)
			out.Days[i] = CalendarDay{Day: begins.Format(time.DateOnly), Begins: begins, Windows: r.windowsOn(begins, q),
				ByState: map[campaign.State]int{}, Rows: []Row{}}
		}
		return r.fillDays(out.Days, q)
	})
	return out, err
}

// day is the midnight that begins a day of the campaign's zone.
func (r *room) day(s string) (time.Time, error) {
	loc := r.c.Location()
	if s == "" {
		s = r.now.In(loc).Format(time.DateOnly)
	}
	day, err := time.ParseInLocation(time.DateOnly, s, loc)
	if err != nil {
		return day, fmt.Errorf("%w: %q is no day, write 2026-12-18", ErrUsage, s)
	}
	return day, nil
}

// windowsOn are the windows open at some time of the day, by begin then id.
func (r *room) windowsOn(begins time.Time, q CalendarQuery) []campaign.TakeoverID {
	ids := []campaign.TakeoverID{}
	for id, t := range r.c.Takeovers {
		if !t.Revoked && t.From.Before(begins.AddDate(0, 0, 1)) && t.To.After(begins) &&
			(q.Mechanism == "" || q.Mechanism == t.Mechanism) && (q.Channel == "" || t.Has(q.Channel)) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b campaign.TakeoverID) int {
		return cmp.Or(r.c.Takeovers[a].From.Compare(r.c.Takeovers[b].From), strings.Compare(string(a), string(b)))
	})
	return ids
}

// fillDays counts the days' deliveries and lists the first of each.
func (r *room) fillDays(days []CalendarDay, q CalendarQuery) error {
	i, end := 0, func(i int) time.Time { return days[i].Begins.AddDate(0, 0, 1) }
	f := store.Filter{Channel: q.Channel, Mechanism: q.Mechanism, From: days[0].Begins, To: end(len(days) - 1)}
	return r.each(f, func(v campaign.Delivery) error {
		if !r.sees(v.Mechanism, v.Plan) {
			return nil
		}
		for !v.Due.Before(end(i)) {
			i++
		}
		days[i].ByState[v.State]++
		if len(days[i].Rows) == q.Each {
			days[i].More++
			return nil
		}
		row, err := r.row(v)
		days[i].Rows = append(days[i].Rows, row)
		return err
	})
}
