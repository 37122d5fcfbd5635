package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// ScopeInput is what a stop or hold covers, and why.
type ScopeInput struct {
	Dry
	Body struct {
		Scope  campaign.Scope `json:"scope"`
		Reason string         `json:"reason,omitempty" maxLength:"4000"`
	}
}

// ResumeInput says what to lift and what becomes of late posts.
type ResumeInput struct {
	Dry
	Body desk.Resumption
}

func (s *Server) apiBrake(a huma.API) {
	op(s, a, http.MethodPost, "/stop", "Stop publishing at once; the answer says truthfully what had left",
		func(ctx context.Context, c call, in *ScopeInput) (desk.Stopped, error) {
			return c.Desk.Stop(ctx, c.Actor, in.Body.Scope, in.Body.Reason)
		})
	op(s, a, http.MethodPost, "/stop/reason", "Say afterwards why it was stopped",
		func(ctx context.Context, c call, in *ScopeInput) (desk.Done, error) {
			return desk.Done{Text: "The reason is noted."}, c.Desk.StopReason(ctx, c.Actor, in.Body.Scope, in.Body.Reason)
		})
	op(s, a, http.MethodPost, "/resume", "Lift a stop or another cause; never a burst",
		func(ctx context.Context, c call, in *ResumeInput) (desk.Resumed, error) {
			return c.Desk.Resume(ctx, c.Actor, in.Body)
		})
	op(s, a, http.MethodPost, "/resume/preview", "Say what lifting would do, and change nothing",
		func(ctx context.Context, c call, in *struct{ Body desk.Resumption }) (desk.Resumed, error) {
			return c.Desk.PreviewResume(ctx, c.Actor, in.Body)
		})
	op(s, a, http.MethodPost, "/hold", "Pause a scope until it is released",
		func(ctx context.Context, c call, in *ScopeInput) (desk.Stopped, error) {
			return c.Desk.Hold(ctx, c.Actor, in.Body.Scope, in.Body.Reason)
		})
	op(s, a, http.MethodPost, "/release", "Lift holds",
		func(ctx context.Context, c call, in *ResumeInput) (desk.Resumed, error) {
			return c.Desk.Release(ctx, c.Actor, in.Body)
		})
}
