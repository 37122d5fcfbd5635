package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/ical"
)

// feedRefresh is how often a program asks for a feed again, if it does as told.
const feedRefresh = 15 * time.Minute

// feedPath is where a program fetches the feed with the secret. The secret is
// in the address, since such programs know no other way.
func feedPath(secret string) string { return "/feed/" + secret + ".ics" }

func (s *Server) makeFeed(w http.ResponseWriter, r *http.Request, p page) error {
	secret, _, err := s.Desk.MakeFeed(r.Context(), p.actor, desk.FeedRequest{Mechanism: campaign.MechanismID(r.PostFormValue("mechanism")),
		Channel: campaign.ChannelID(r.PostFormValue("channel")), Texts: r.PostFormValue("texts") == "true"})
	if err != nil {
		return err
	}
	p.Path = "/calendar"
	return s.showCalendar(w, r, calendarView{page: p, Link: s.Address + feedPath(secret)})
}

func (s *Server) endFeed(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.EndFeed(r.Context(), p.actor, r.PathValue("id"))
	if err == nil {
		http.Redirect(w, r, "/calendar", http.StatusSeeOther)
	}
	return err
}

// feed answers with a calendar. Its words are of the language of whoever asks.
func (s *Server) feed(w http.ResponseWriter, r *http.Request, p page) error {
	secret, _ := strings.CutSuffix(r.PathValue("file"), ".ics")
	view, err := s.Desk.ReadFeed(r.Context(), secret)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	return ical.Write(w, s.calendarOf(view, p))
}

func (s *Server) calendarOf(v desk.FeedView, p page) ical.Calendar {
	c := ical.Calendar{Name: v.Campaign, Program: "-//takeover//calendar//EN", Refresh: feedRefresh, Now: v.At}
	for _, part := range []string{string(v.Feed.Mechanism), string(v.Feed.Channel), string(v.Feed.Window)} {
		if part != "" {
			c.Name += " " + part
		}
	}
	for _, l := range v.Windows {
		c.Events = append(c.Events, ical.Event{UID: string(l.ID) + "@window." + v.Campaign, Start: l.From, End: l.To, Status: ical.Confirmed,
			Summary: p.T("window") + " " + string(l.ID) + ": " + string(l.Mechanism), URL: s.Address + "/windows"})
	}
	for _, row := range v.Rows {
		c.Events = append(c.Events, ical.Event{UID: string(row.ID) + "@" + v.Campaign, Sequence: row.Revision, Start: row.Due, Status: statusOf(row.State),
			Summary: fmt.Sprintf("%s %s %s: %s/%s (%s)", desk.Icon(row.Shown), p.T(stateKey(row.Shown)), row.Channel, row.Plan, row.Post, row.Language),
			Text:    v.Texts[row.Delivery.Content], Place: string(row.Channel), URL: s.Address + "/deliveries/" + string(row.ID)})
	}
	return c
}

// statusOf is what a calendar says of a delivery in a state.
func statusOf(s campaign.State) ical.Status {
	return cmp.Or(map[campaign.State]ical.Status{campaign.Planned: ical.Tentative, campaign.Cancelled: ical.Cancelled,
		campaign.Missed: ical.Cancelled, campaign.Rejected: ical.Cancelled}[s], ical.Confirmed)
}
