package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// ChannelPath names a channel in a path.
type ChannelPath struct {
	Channel campaign.ChannelID `path:"channel"`
}

// Answers are what the owner of an account answers to a flow's questions. They
// are secrets, and no answer of ours repeats them.
type Answers struct {
	Answers map[string]string `json:"answers" writeOnly:"true"`
}

func (s *Server) apiConnect(a huma.API) {
	op(s, a, http.MethodGet, "/connections", "The accounts that channels are connected to",
		func(ctx context.Context, c call, _ *struct{}) ([]campaign.Connection, error) {
			return c.Desk.Connections(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/channels/{channel}/connect", "Begin to connect a channel's account",
		func(ctx context.Context, c call, in *ChannelPath) (desk.Flow, error) {
			return c.Desk.ConnectBegin(ctx, c.Actor, in.Channel, "")
		})
	op(s, a, http.MethodPost, "/flows/{flow}", "Answer what the platform asks; the token is sealed and shown to nobody",
		func(ctx context.Context, c call, in *struct {
			Flow string `path:"flow"`
			Body Answers
		}) (desk.Connected, error) {
			answers := make(map[string]secret.String, len(in.Body.Answers))
			for name, value := range in.Body.Answers {
				answers[name] = secret.New(value)
			}
			return c.Desk.ConnectFinish(ctx, c.Actor, in.Flow, answers)
		})
	op(s, a, http.MethodPost, "/channels/{channel}/check", "Ask the platform who the account is and what we may do there, without posting",
		func(ctx context.Context, c call, in *ChannelPath) (campaign.Connection, error) {
			return c.Desk.CheckChannel(ctx, c.Actor, in.Channel)
		})
	op(s, a, http.MethodPost, "/channels/{channel}/disconnect", "End the permission and forget the token",
		func(ctx context.Context, c call, in *ChannelPath) (desk.Done, error) {
			return c.Desk.DisconnectChannel(ctx, c.Actor, in.Channel)
		})
}
