package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/desk"
)

func (s *Server) apiRecord(a huma.API) {
	op(s, a, http.MethodGet, "/people", "The people of the campaign and what each may do",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.PersonLine, error) {
			return c.Desk.People(ctx, c.Actor)
		})
	op(s, a, http.MethodGet, "/consents", "The consent register, as far as one may read it",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.ConsentLine, error) {
			return c.Desk.Consents(ctx, c.Actor)
		})
	op(s, a, http.MethodGet, "/consents/{ref}", "One consent and what uses it",
		func(ctx context.Context, c call, in *struct {
			Ref string `path:"ref"`
		}) (desk.ConsentView, error) {
			return c.Desk.Consent(ctx, c.Actor, in.Ref)
		})
}
