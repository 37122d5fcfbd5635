package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// apiReport are the counts and reports of a phase, and who contributed to it.
func (s *Server) apiReport(a huma.API) {
	op(s, a, http.MethodGet, "/balance", "Whose voices are heard: what is planned, or with public what went out",
		func(ctx context.Context, c call, in *struct {
			Plan   campaign.PlanID     `query:"plan"`
			Window campaign.TakeoverID `query:"window"`
			Public bool                `query:"public"`
		}) (campaign.Balance, error) {
			return c.Desk.Balance(ctx, c.Actor, desk.Scope{Plan: in.Plan, Takeover: in.Window}, in.Public)
		})
	op(s, a, http.MethodGet, "/windows/{window}/report", "What became of a phase",
		func(ctx context.Context, c call, in *WindowPath) (desk.Recap, error) {
			return c.Desk.Recap(ctx, c.Actor, in.Window)
		})
	op(s, a, http.MethodPost, "/windows/{window}/report/close", "Close the report of a phase that has ended; it never changes again",
		func(ctx context.Context, c call, in *struct {
			Dry
			WindowPath
		}) (desk.Recap, error) {
			return c.Desk.CloseRecap(ctx, c.Actor, in.Window)
		})
	op(s, a, http.MethodGet, "/windows/{window}/handover", "What those who have a window's channels next must know",
		func(ctx context.Context, c call, in *WindowPath) (desk.Turnover, error) {
			return c.Desk.Handover(ctx, c.Actor, in.Window)
		})
	op(s, a, http.MethodPost, "/windows/{window}/handover", "Leave a note to those who come next",
		func(ctx context.Context, c call, in *struct {
			Dry
			WindowPath
			Body struct {
				Text string `json:"text"`
			}
		}) (desk.Note, error) {
			return c.Desk.HandoverNote(ctx, c.Actor, in.Window, in.Body.Text)
		})
	op(s, a, http.MethodGet, "/credits", "All who made the campaign possible, by phase and kind, each once",
		func(ctx context.Context, c call, _ *struct{}) (desk.Credits, error) {
			return c.Desk.Credits(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/credits", "Let everybody read the credits as they are now, or nobody",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body struct {
				Publish bool `json:"publish"`
			}
		}) (desk.Credits, error) {
			return c.Desk.PublishCredits(ctx, c.Actor, in.Body.Publish)
		})
	op(s, a, http.MethodGet, "/contributors", "Who contributed, of a phase each line once",
		func(ctx context.Context, c call, in *struct {
			Window campaign.TakeoverID `query:"window"`
		}) ([]desk.Contributor, error) {
			return c.Desk.Contributors(ctx, c.Actor, in.Window)
		})
	op(s, a, http.MethodPost, "/contributors", "Add a contributor, or change the one with the id",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body desk.Contributor
		}) (desk.Contributor, error) {
			return c.Desk.PutContributor(ctx, c.Actor, in.Body)
		})
	op(s, a, http.MethodDelete, "/contributors/{id}", "Take a contributor out of the register",
		func(ctx context.Context, c call, in *struct {
			Dry
			ID string `path:"id"`
		}) (desk.Done, error) {
			return c.Desk.RemoveContributor(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodGet, "/windows/{window}/thanks", "The text of a post that thanks a phase's contributors, in the languages of the campaign",
		func(ctx context.Context, c call, in *WindowPath) (ThanksText, error) {
			texts, err := c.Desk.Thanks(ctx, c.Actor, in.Window)
			return ThanksText{texts}, err
		})
}

// ThanksText is a text to be put into a plan.
type ThanksText struct {
	Texts map[string]string `json:"texts"` // by language
}
