package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// NewToken is a token with its secret, which is shown this once.
type NewToken struct {
	desk.Token
	Secret string `json:"secret"`
}

// SignInLink is a link that signs a person in to the pages, once.
type SignInLink struct {
	URL string `json:"url"`
}

// GuestLink is the link of a guest.
type GuestLink struct {
	SignInLink
	desk.Link
}

func (s *Server) apiPeople(a huma.API, local bool) {
	op(s, a, http.MethodPost, "/guests", "Invite somebody without an account to decide on a plan, or to hand one in for a window",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body desk.GuestRequest
		}) (GuestLink, error) {
			secret, l, err := c.Desk.MakeGuestLink(ctx, c.Actor, in.Body)
			return GuestLink{SignInLink{URL: s.Address + linkPath(secret)}, l}, err
		})
	op(s, a, http.MethodGet, "/guests", "The invitations of guests",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.Link, error) {
			return c.Desk.GuestLinks(ctx, c.Actor)
		})
	op(s, a, http.MethodDelete, "/guests/{id}", "End an invitation, and the guest's visits with it",
		func(ctx context.Context, c call, in *struct {
			Dry
			ID string `path:"id"`
		}) (desk.Done, error) {
			return desk.Done{Text: "The invitation is ended."}, c.Desk.EndGuest(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodPost, "/people/{mail}/disable", "End a person's rights at once",
		func(ctx context.Context, c call, in *struct {
			Dry
			Mail campaign.PersonID `path:"mail"`
			Body struct {
				Keep bool `json:"keep,omitempty" doc:"What the person approved may still go; otherwise it is held."`
			}
		}) (desk.Disabled, error) {
			return c.Desk.DisableUser(ctx, c.Actor, in.Mail, in.Body.Keep)
		})
	op(s, a, http.MethodPost, "/people/{mail}", "Bring a person into the campaign, or give one other roles",
		func(ctx context.Context, c call, in *struct {
			Dry
			Mail campaign.PersonID `path:"mail"`
			Body desk.PersonRequest
		}) (CampaignChange, error) {
			return inWords(c.Desk.SetPerson(ctx, c.Actor, in.Mail, in.Body))
		})
	op(s, a, http.MethodGet, "/tokens", "The tokens that one may revoke",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.Token, error) {
			return c.Desk.ListTokens(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/tokens", "Make a token for the API; its secret is answered this once",
		func(ctx context.Context, c call, in *struct{ Body desk.TokenRequest }) (NewToken, error) {
			secret, t, err := c.Desk.CreateToken(ctx, c.Actor, in.Body)
			return NewToken{t, secret}, err
		})
	op(s, a, http.MethodDelete, "/tokens/{id}", "End a token at once",
		func(ctx context.Context, c call, in *struct {
			ID string `path:"id"`
		}) (desk.Done, error) {
			return desk.Done{Text: "The token is revoked."}, c.Desk.RevokeToken(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodPost, "/people/{mail}/link", "Make a link that signs a lead or viewer in to the pages, once",
		func(ctx context.Context, c call, in *struct {
			Mail campaign.PersonID `path:"mail"`
		}) (SignInLink, error) {
			return s.link(ctx, c, in.Mail)
		})
	op(s, a, http.MethodGet, "/sessions", "The signed-in browsers that one may sign out",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.Session, error) {
			return c.Desk.Sessions(ctx, c.Actor)
		})
	op(s, a, http.MethodDelete, "/sessions/{id}", "Sign a browser out at once",
		func(ctx context.Context, c call, in *struct {
			ID string `path:"id"`
		}) (desk.Done, error) {
			return desk.Done{Text: "The browser is signed out."}, c.Desk.EndSession(ctx, c.Actor, in.ID)
		})
	op(s, a, http.MethodGet, "/audit", "Entries of the audit log",
		func(ctx context.Context, c call, in *struct {
			From uint64 `query:"from" doc:"Number of the first entry; 0: the last ones."`
			Max  int    `query:"max" minimum:"0" maximum:"5000"`
		}) ([]campaign.AuditEntry, error) {
			return c.Desk.AuditTail(ctx, c.Actor, in.From, in.Max)
		})
	op(s, a, http.MethodGet, "/audit/verify", "Check the chain of the whole audit log",
		func(ctx context.Context, c call, _ *struct{}) (desk.AuditCheck, error) {
			return c.Desk.VerifyAudit(ctx, c.Actor)
		})
	if local {
		op(s, a, http.MethodPost, "/sign-in-link", "Make a link that signs the caller in to the pages, once",
			func(ctx context.Context, c call, _ *struct{}) (SignInLink, error) {
				return s.link(ctx, c, c.Actor.Person)
			})
	}
}

func (s *Server) link(ctx context.Context, c call, who campaign.PersonID) (SignInLink, error) {
	secret, _, err := c.Desk.MakeLink(ctx, c.Actor, who)
	return SignInLink{s.Address + linkPath(secret)}, err
}

// linkPath is where a sign-in link leads on our address.
func linkPath(secret string) string { return "/in/" + secret }
