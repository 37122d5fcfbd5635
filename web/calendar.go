package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type calendarView struct {
	page
	Week          bool
	Day           string // the one asked for
	Heading       string
	Before, After string // the neighbouring month or week
	Other         string // the same days in the other view
	Names         []string
	Weeks         [][]calendarDay
	Query         url.Values
	Channels      []campaign.ChannelID
	Mechanisms    []campaign.MechanismID
	Feeds         []desk.Feed
	Link          string // of a new feed, shown this once
}

type calendarDay struct {
	desk.CalendarDay
	Name   string // "Fri 18 Dec"
	Rows   []timelineRow
	Counts []stateCount
	Today  bool
	Beside bool // belongs to another month
}

type stateCount struct {
	State campaign.State
	N     int
}

// ofMonth and ofWeek are how many posts of a day the views list; the rest is a number.
const ofMonth, ofWeek = 4, 100

// calendarPage is a month, or a week in more detail, of all or of a channel or
// a mechanism.
func (s *Server) calendarPage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showCalendar(w, r, calendarView{page: p})
}

func (s *Server) showCalendar(w http.ResponseWriter, r *http.Request, v calendarView) (err error) {
	asked := r.URL.Query()
	v.Title, v.Week, v.Query = v.T("calendar"), asked.Get("view") == "week", url.Values{}
	for _, k := range []string{"channel", "mechanism"} {
		if x := asked.Get(k); x != "" {
			v.Query.Set(k, x)
		}
	}
	now := s.Clock.Now().In(v.zone)
	day, err := time.ParseInLocation(time.DateOnly, asked.Get("day"), v.zone)
	if err != nil {
		day = now
	}
	v.Day = day.Format(time.DateOnly)
	first, days, each := v.stretch(day)
	found, err := s.Desk.Calendar(r.Context(), v.actor, desk.CalendarQuery{From: first.Format(time.DateOnly), Days: days, Each: each,
		Channel: campaign.ChannelID(asked.Get("channel")), Mechanism: campaign.MechanismID(asked.Get("mechanism"))})
	if err != nil {
		return err
	}
	for i, d := range found.Days {
		if i%7 == 0 {
			v.Weeks = append(v.Weeks, nil)
		}
		last := &v.Weeks[len(v.Weeks)-1]
		*last = append(*last, v.calendarDay(d, now, day.Month()))
	}
	if v.Channels, v.Mechanisms, err = s.choices(r, v.page); err != nil {
		return err
	}
	if v.Feeds, err = s.Desk.Feeds(r.Context(), v.actor); err != nil {
		return err
	}
	v.Feeds = slices.DeleteFunc(v.Feeds, func(f desk.Feed) bool { return f.Person != v.Person })
	s.render(w, http.StatusOK, "calendar.html", v)
	return nil
}

// stretch is the days around the one asked for, from a Monday on, and how many
// posts of each are listed. It writes heading and ways to the neighbours.
func (v *calendarView) stretch(day time.Time) (first time.Time, days, each int) {
	monday := func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }
	for i := range 7 {
		v.Names = append(v.Names, v.weekday(time.Weekday((i+1)%7)))
	}
	month := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, v.zone)
	if v.Week {
		first = monday(day)
		last := first.AddDate(0, 0, 6)
		v.Heading = v.date(first) + " – " + v.date(last)
		v.Before, v.After = v.calendar("week", first.AddDate(0, 0, -7)), v.calendar("week", first.AddDate(0, 0, 7))
		v.Other = v.calendar("month", day)
		return first, 7, ofWeek
	}
	first = monday(month)
	for days = 28; first.AddDate(0, 0, days).Before(month.AddDate(0, 1, 0)); days += 7 {
	}
	v.Heading = v.month(month.Month()) + " " + month.Format("2006")
	v.Before, v.After = v.calendar("month", month.AddDate(0, -1, 0)), v.calendar("month", month.AddDate(0, 1, 0))
	v.Other = v.calendar("week", day)
	return first, days, ofMonth
}

// calendar is the address of another view of the same choice.
func (v *calendarView) calendar(view string, day time.Time) string {
	q := maps.Clone(v.Query)
	q.Set("view", view)
	q.Set("day", day.Format(time.DateOnly))
	return "/calendar?" + q.Encode()
}

func (v *calendarView) calendarDay(d desk.CalendarDay, now time.Time, month time.Month) calendarDay {
	out := calendarDay{CalendarDay: d, Name: v.date(d.Begins), Today: d.Day == now.Format(time.DateOnly), Beside: !v.Week && d.Begins.Month() != month}
	for _, st := range campaign.States {
		if n := d.ByState[st]; n > 0 {
			out.Counts = append(out.Counts, stateCount{st, n})
		}
	}
	for _, row := range v.rows(d.Rows) {
		out.Rows = append(out.Rows, timelineRow{row, v.clock(row.Due)})
	}
	return out
}

// choices are the channels and mechanisms that a view can be narrowed to.
func (s *Server) choices(r *http.Request, p page) ([]campaign.ChannelID, []campaign.MechanismID, error) {
	c, err := s.Desk.Campaign(r.Context(), p.actor)
	if err != nil {
		return nil, nil, err
	}
	mechanisms := slices.DeleteFunc(slices.Sorted(maps.Keys(c.Mechanisms)), func(m campaign.MechanismID) bool {
		return c.May(p.actor, campaign.ActRead, campaign.Object{Mechanism: m}, s.Clock.Now()) != nil
	})
	return slices.Sorted(maps.Keys(c.Channels)), mechanisms, nil
}
