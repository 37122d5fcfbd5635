package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// NewFeed is a calendar feed with its address, which is shown this once.
type NewFeed struct {
	desk.Feed
	URL string `json:"url"`
}

// apiCalendar are the days of the campaign, and the calendars that programs subscribe to.
func (s *Server) apiCalendar(a huma.API) {
	op(s, a, http.MethodGet, "/calendar", "What is planned and went out, day by day, with the windows open on each",
		func(ctx context.Context, c call, in *struct {
			From      string               `query:"from" doc:"The first day, such as 2026-12-14; today if left out."`
			Days      int                  `query:"days" minimum:"0" maximum:"42" doc:"A week if left out."`
			Channel   campaign.ChannelID   `query:"channel"`
			Mechanism campaign.MechanismID `query:"mechanism"`
			Each      int                  `query:"each" minimum:"0" maximum:"500" doc:"Deliveries listed a day, the rest is counted; 50 if left out."`
		}) (desk.Calendar, error) {
			return c.Desk.Calendar(ctx, c.Actor, desk.CalendarQuery{From: in.From, Days: in.Days, Channel: in.Channel, Mechanism: in.Mechanism, Each: in.Each})
		})
	op(s, a, http.MethodGet, "/feeds", "The calendar feeds that one may end",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.Feed, error) {
			return c.Desk.Feeds(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/feeds", "Make an address for calendar programs; it is answered this once",
		func(ctx context.Context, c call, in *struct{ Body desk.FeedRequest }) (NewFeed, error) {
			secret, f, err := c.Desk.MakeFeed(ctx, c.Actor, in.Body)
			return NewFeed{f, s.Address + feedPath(secret)}, err
		})
	op(s, a, http.MethodDelete, "/feeds/{id}", "End a calendar feed at once",
		func(ctx context.Context, c call, in *struct {
			ID string `path:"id"`
		}) (desk.Done, error) {
			return desk.Done{Text: "The calendar feed is ended."}, c.Desk.EndFeed(ctx, c.Actor, in.ID)
		})
}
