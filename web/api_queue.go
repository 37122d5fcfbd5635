package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
)

// QueueInput chooses rows of the queue.
type QueueInput struct {
	State     []campaign.State     `query:"state" doc:"Stored states, comma-separated."`
	Mechanism campaign.MechanismID `query:"mechanism"`
	Window    campaign.TakeoverID  `query:"window"`
	Plan      campaign.PlanID      `query:"plan"`
	Post      campaign.PostID      `query:"post"`
	Channel   campaign.ChannelID   `query:"channel"`
	From      time.Time            `query:"from" doc:"Due at or after."`
	To        time.Time            `query:"to" doc:"Due before."`
	Open      bool                 `query:"open" doc:"Only what is not in an end state."`
	Cursor    string               `query:"cursor"`
	Max       int                  `query:"max" minimum:"0" maximum:"5000"`
}

func (q QueueInput) filter() desk.QueueFilter {
	return desk.QueueFilter{
		Filter: store.Filter{States: q.State, Mechanism: q.Mechanism, Takeover: q.Window, Plan: q.Plan,
			Post: q.Post, Channel: q.Channel, From: q.From, To: q.To},
		Open: q.Open, Cursor: q.Cursor, Max: q.Max,
	}
}

// DeliveryPath names a delivery; an unambiguous beginning of its id is enough.
type DeliveryPath struct {
	ID campaign.DeliveryID `path:"id"`
}

// PickInput chooses deliveries and says why.
type PickInput struct {
	Dry
	Body struct {
		desk.Pick
		Why string `json:"why,omitempty" maxLength:"4000"`
	}
}

// Health is what the engine is doing right now.
type Health struct {
	scheduler.Health
	Skew map[string]desk.Span `json:"skew,omitempty"`
	// Troubles are what is wrong, the gravest first.
	Troubles []health.Trouble `json:"troubles"`
}

func healthOf(h scheduler.Health) Health {
	out := Health{Health: h, Skew: map[string]desk.Span{}, Troubles: []health.Trouble{}}
	for of, skew := range h.Skew {
		out.Skew[of] = desk.Span(skew)
	}
	return out
}

func (s *Server) apiQueue(a huma.API) {
	op(s, a, http.MethodGet, "/status", "The state of everything at a glance",
		func(ctx context.Context, c call, _ *struct{}) (desk.Status, error) {
			return c.Desk.Status(ctx, c.Actor)
		})
	op(s, a, http.MethodGet, "/health", "What the engine is doing right now",
		func(ctx context.Context, c call, _ *struct{}) (Health, error) {
			// Who may see the status may see this; before there is a campaign, whoever may give it one.
			if _, err := c.Desk.Status(ctx, c.Actor); err != nil && !errors.Is(err, store.ErrNotFound) || s.Health == nil {
				return Health{}, err
			}
			h := healthOf(s.Health())
			if s.Watch != nil {
				h.Troubles = append(h.Troubles, s.Watch.Troubles()...)
			}
			if c.Desk.MayOperate(ctx, c.Actor) != nil {
				for i := range h.Troubles {
					h.Troubles[i].Detail = ""
				}
			}
			return h, nil
		})
	op(s, a, http.MethodGet, "/queue", "Deliveries in the order of due time",
		func(ctx context.Context, c call, in *QueueInput) (desk.Page, error) {
			return c.Desk.Queue(ctx, c.Actor, in.filter())
		})
	op(s, a, http.MethodGet, "/inbox", "What waits for a person",
		func(ctx context.Context, c call, in *struct {
			Mine bool `query:"mine"`
		}) (desk.Inbox, error) {
			return c.Desk.Inbox(ctx, c.Actor, in.Mine)
		})
	op(s, a, http.MethodGet, "/deliveries/{id}", "Everything about one delivery",
		func(ctx context.Context, c call, in *DeliveryPath) (desk.Sight, error) {
			return c.Desk.Show(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodPost, "/deliveries/{id}/resolve", "Settle a doubt",
		func(ctx context.Context, c call, in *struct {
			Dry
			DeliveryPath
			Body desk.Resolution
		}) (desk.Done, error) {
			return c.Desk.Resolve(ctx, c.Actor, in.ID, in.Body)
		})
	op(s, a, http.MethodPost, "/deliveries/{id}/delete", "Take a published delivery down at the platform",
		func(ctx context.Context, c call, in *struct {
			DeliveryPath
			Body struct {
				Why string `json:"why" minLength:"1" maxLength:"4000"`
			}
		}) (desk.Done, error) {
			return c.Desk.TakeDown(ctx, c.Actor, in.ID, in.Body.Why)
		})
	op(s, a, http.MethodPost, "/deliveries/{id}/reschedule", "Make a new delivery of one that did not go out",
		func(ctx context.Context, c call, in *struct {
			Dry
			DeliveryPath
			Body desk.Reschedule
		}) (desk.Done, error) {
			return c.Desk.Reschedule(ctx, c.Actor, in.ID, in.Body)
		})
	op(s, a, http.MethodPost, "/deliveries/{id}/retry", "Try again at once what provably was not sent",
		func(ctx context.Context, c call, in *struct {
			Dry
			DeliveryPath
		}) (desk.Done, error) {
			return c.Desk.Retry(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodPost, "/approve", "Approve exactly what was seen",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body desk.Approval
		}) (desk.Approved, error) {
			return c.Desk.Approve(ctx, c.Actor, in.Body)
		})
	op(s, a, http.MethodPost, "/approve/take-back", "Take approvals back, until sending",
		func(ctx context.Context, c call, in *PickInput) (desk.Done, error) {
			return c.Desk.TakeBackApproval(ctx, c.Actor, in.Body.Pick, in.Body.Why)
		})
	op(s, a, http.MethodPost, "/cancel", "Cancel deliveries that have not left",
		func(ctx context.Context, c call, in *PickInput) (desk.Done, error) {
			return c.Desk.Cancel(ctx, c.Actor, in.Body.Pick, in.Body.Why)
		})
}
