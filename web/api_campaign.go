package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
)

// CampaignFile is the campaign as a file, with its revision.
type CampaignFile struct {
	File     string `json:"file,omitempty" maxLength:"255"`
	Source   string `json:"source" doc:"campaign.yaml"`
	Revision uint64 `json:"revision,omitempty" doc:"Revision that was seen; 0 does not look."`
}

// WindowPath names a window in a path.
type WindowPath struct {
	Window campaign.TakeoverID `path:"window"`
}

// CampaignChange says what a change of the campaign did, or would do.
type CampaignChange struct {
	desk.Applied
	Changes []configs.Change `json:"changes" doc:"In the words of campaign.yaml."`
}

// inWords adds the difference in the words of the campaign's file.
func inWords(out desk.Applied, err error) (CampaignChange, error) {
	if out.After == nil {
		return CampaignChange{Applied: out}, err
	}
	return CampaignChange{out, configs.DiffCampaign(out.Before, out.After)}, err
}

func known(platform string) bool {
	_, ok := channels.Known(platform)
	return ok
}

func (s *Server) apiCampaign(a huma.API) {
	op(s, a, http.MethodGet, "/campaign", "The campaign as a file",
		func(ctx context.Context, c call, _ *struct{}) (CampaignFile, error) {
			camp, err := c.Desk.Campaign(ctx, c.Actor)
			if err != nil {
				return CampaignFile{}, err
			}
			return CampaignFile{"campaign.yaml", string(configs.ExportCampaign(*camp)), camp.Revision}, nil
		})
	op(s, a, http.MethodPut, "/campaign", "Apply a campaign file; the answer tells the difference",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body CampaignFile
		}) (CampaignChange, error) {
			if err := c.Desk.MayApply(ctx, c.Actor); err != nil {
				return CampaignChange{}, err
			}
			camp, findings := configs.Rules{Platform: known, Secret: s.Secret}.ParseCampaign(in.Body.File, []byte(in.Body.Source))
			if findings.HasErrors() {
				return CampaignChange{Applied: desk.Applied{Findings: findings}}, desk.ErrFindings
			}
			out, err := inWords(c.Desk.ApplyCampaign(ctx, c.Actor, camp, in.Body.Revision, in.DryRun))
			out.Findings = append(findings, out.Findings...)
			return out, err
		})
	op(s, a, http.MethodGet, "/windows", "The windows",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.WindowLine, error) {
			return c.Desk.Windows(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/windows/{window}", "Grant a new window",
		func(ctx context.Context, c call, in *struct {
			Dry
			WindowPath
			Body struct {
				Mechanism  campaign.MechanismID `json:"mechanism"`
				From       time.Time            `json:"from"`
				To         time.Time            `json:"to" doc:"Exclusive."`
				Channels   []campaign.ChannelID `json:"channels" minItems:"1"`
				SubmitBy   time.Time            `json:"submit_by,omitempty"`
				DailyLimit int                  `json:"daily_limit,omitempty" minimum:"0"`
				Shared     bool                 `json:"shared,omitempty"`
			}
		}) (CampaignChange, error) {
			b := in.Body
			return inWords(c.Desk.GrantWindow(ctx, c.Actor, in.Window, campaign.Takeover{Mechanism: b.Mechanism, From: b.From.UTC(), To: b.To.UTC(),
				Channels: b.Channels, SubmitBy: b.SubmitBy, DailyLimit: b.DailyLimit, Shared: b.Shared}))
		})
	op(s, a, http.MethodPost, "/windows/{window}/extend", "Move a window's end",
		func(ctx context.Context, c call, in *struct {
			Dry
			WindowPath
			Body struct {
				To time.Time `json:"to" doc:"Exclusive."`
			}
		}) (CampaignChange, error) {
			return inWords(c.Desk.ExtendWindow(ctx, c.Actor, in.Window, in.Body.To.UTC()))
		})
	op(s, a, http.MethodPost, "/windows/{window}/revoke", "End a window at once",
		func(ctx context.Context, c call, in *struct {
			Dry
			WindowPath
			Body struct {
				Why string `json:"why" minLength:"1"`
			}
		}) (CampaignChange, error) {
			return inWords(c.Desk.RevokeWindow(ctx, c.Actor, in.Window, in.Body.Why))
		})
	op(s, a, http.MethodGet, "/channels", "The channels",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.ChannelLine, error) {
			return c.Desk.Channels(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/channels/{channel}/pause", "Pause a channel, or let it go on",
		func(ctx context.Context, c call, in *struct {
			Dry
			Channel campaign.ChannelID `path:"channel"`
			Body    struct {
				Paused bool `json:"paused"`
			}
		}) (CampaignChange, error) {
			return inWords(c.Desk.PauseChannel(ctx, c.Actor, in.Channel, in.Body.Paused))
		})
	s.apiConsents(a)
}

// ConsentPath names an entry of the consent register in a path.
type ConsentPath struct {
	Ref string `path:"ref"`
}

// apiConsents are the deeds about consents; the lists stand with the record.
func (s *Server) apiConsents(a huma.API) {
	op(s, a, http.MethodPost, "/consents/{ref}", "Put a consent into the register, or change it",
		func(ctx context.Context, c call, in *struct {
			Dry
			ConsentPath
			Body desk.NewConsent
		}) (desk.ConsentLine, error) {
			return c.Desk.AddConsent(ctx, c.Actor, in.Ref, in.Body)
		})
	op(s, a, http.MethodGet, "/consents/{ref}/evidence", "What proves a consent; that it was opened is recorded",
		func(ctx context.Context, c call, in *ConsentPath) (Evidence, error) {
			b, err := c.Desk.Evidence(ctx, c.Actor, in.Ref)
			return Evidence{in.Ref, b}, err
		})
	op(s, a, http.MethodPost, "/consents/{ref}/withdraw", "Withdraw a consent: cancels what is queued, lists what is public",
		func(ctx context.Context, c call, in *struct {
			Dry
			ConsentPath
		}) (desk.Withdrawn, error) {
			return c.Desk.WithdrawConsent(ctx, c.Actor, in.Ref)
		})
	op(s, a, http.MethodPost, "/consents/{ref}/take-down", "Take down everything public that uses a consent which no longer holds",
		func(ctx context.Context, c call, in *struct {
			ConsentPath
			Body struct {
				Why string `json:"why,omitempty"`
			}
		}) (desk.TakenDown, error) {
			return c.Desk.TakeDownUsers(ctx, c.Actor, in.Ref, in.Body.Why)
		})
	op(s, a, http.MethodGet, "/consents/{ref}/letters", "Drafts of what to write after a consent was withdrawn",
		func(ctx context.Context, c call, in *ConsentPath) ([]desk.Letter, error) {
			return c.Desk.ConsentLetters(ctx, c.Actor, in.Ref)
		})
	op(s, a, http.MethodPost, "/consents/{ref}/forget", "Remove what is kept of the person behind a withdrawn consent",
		func(ctx context.Context, c call, in *struct {
			ConsentPath
		}) (desk.Forgotten, error) {
			return c.Desk.Forget(ctx, c.Actor, in.Ref)
		})
}

// Evidence is what proves a consent.
type Evidence struct {
	Ref   string `json:"ref"`
	Bytes []byte `json:"bytes"`
}
