package web

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan/sheet"
)

// Submission is a plan file with what goes with it, as the API takes it.
type Submission struct {
	File   string `json:"file" doc:"Name of the file, for findings." maxLength:"255"`
	Source string `json:"source,omitempty" doc:"The file's text."`
	Sheet  []byte `json:"sheet,omitempty" doc:"In its place, the bytes of a sheet (XLSX or CSV)."`
	// Window and Columns go with a sheet: the window of one that names none, and
	// what headings mean that nobody knows.
	Window  campaign.TakeoverID `json:"window,omitempty"`
	Columns map[string]string   `json:"columns,omitempty"`
	// Media are digests that POST /media answered, by path as the plan writes it.
	Media     map[string]campaign.Digest `json:"media,omitempty"`
	Note      string                     `json:"note,omitempty"`
	OnlyClean bool                       `json:"only_clean,omitempty"`
	Expect    int                        `json:"expect,omitempty" doc:"Revision of the plan that was seen; 0 does not look."`
	Removals  desk.Removals              `json:"removals,omitempty" enum:",none,named,all"`
	Remove    []campaign.DeliveryID      `json:"remove,omitempty"`
}

func (s Submission) forDesk() desk.Submission {
	out := desk.Submission{File: s.File, Source: []byte(s.Source), Media: s.Media, Note: s.Note,
		OnlyClean: s.OnlyClean, Expect: s.Expect, Removals: s.Removals, Remove: s.Remove, Window: s.Window, Columns: s.Columns}
	if s.Sheet != nil {
		out.Source = s.Sheet
	}
	return out
}

// PlanPath names a plan in a path.
type PlanPath struct {
	Plan campaign.PlanID `path:"plan"`
}

// PlanSource is a plan's file as it was submitted.
type PlanSource struct {
	File   string `json:"file"`
	Source string `json:"source"`
}

// ReviewInput is a reviewer's word on a post.
type ReviewInput struct {
	Dry
	PlanPath
	Post campaign.PostID `path:"post"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"4000"`
	}
}

func (s *Server) apiPlans(a huma.API) {
	op(s, a, http.MethodPost, "/media", "Keep a picture for a later submission",
		func(ctx context.Context, c call, in *struct {
			RawBody []byte `contentType:"application/octet-stream"`
		}) (media.Info, error) {
			return c.Desk.StoreMedia(ctx, c.Actor, bytes.NewReader(in.RawBody))
		})
	op(s, a, http.MethodPost, "/plans/check", "Say everything that is wrong with a plan, and what submitting it would change",
		func(ctx context.Context, c call, in *struct {
			AsOf time.Time `query:"as_of" doc:"Check it as if it were then; without it, as of now."`
			Body Submission
		}) (desk.Submitted, error) {
			s := in.Body.forDesk()
			s.AsOf = in.AsOf
			return c.Desk.Check(ctx, c.Actor, s)
		})
	op(s, a, http.MethodPost, "/plans/preview", "Check a plan, and show a post of it, or all, exactly as it would leave",
		func(ctx context.Context, c call, in *struct {
			Post campaign.PostID `query:"post" doc:"Only this post."`
			Body Submission
		}) (desk.Previewed, error) {
			return c.Desk.Preview(ctx, c.Actor, in.Body.forDesk(), in.Post)
		})
	op(s, a, http.MethodPost, "/plans/checked-sheet", "Check a sheet, and give it back with each finding as a comment on its cell",
		func(ctx context.Context, c call, in *struct{ Body Submission }) (desk.SheetFile, error) {
			return c.Desk.CheckedSheet(ctx, c.Actor, in.Body.forDesk())
		})
	op(s, a, http.MethodGet, "/windows/{window}/sheet", "An empty sheet for a window",
		func(ctx context.Context, c call, in *struct {
			Window campaign.TakeoverID `path:"window"`
		}) (desk.SheetFile, error) {
			return c.Desk.SheetTemplate(ctx, c.Actor, in.Window)
		})
	op(s, a, http.MethodGet, "/plans/{plan}/sheet", "The plan as a sheet; handing it in again changes nothing",
		func(ctx context.Context, c call, in *struct {
			PlanPath
			Format sheet.Format `query:"format" enum:"xlsx,csv" default:"xlsx"`
		}) (desk.SheetFile, error) {
			return c.Desk.PlanSheet(ctx, c.Actor, in.Plan, in.Format)
		})
	op(s, a, http.MethodPost, "/plans", "Submit a plan",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body Submission
		}) (desk.Submitted, error) {
			return c.Desk.Submit(ctx, c.Actor, in.Body.forDesk())
		})
	op(s, a, http.MethodGet, "/plans", "List the plans",
		func(ctx context.Context, c call, _ *struct{}) ([]desk.PlanLine, error) {
			return c.Desk.Plans(ctx, c.Actor)
		})
	op(s, a, http.MethodGet, "/plans/{plan}", "A plan with its posts",
		func(ctx context.Context, c call, in *struct {
			PlanPath
			From int `query:"from" minimum:"0" doc:"Begin with this post, counted from 0 in the order of due time."`
			Max  int `query:"max" minimum:"0" maximum:"5000" doc:"At most so many posts; all if left out."`
		}) (desk.PlanView, error) {
			return c.Desk.PlanStatus(ctx, c.Actor, in.Plan, in.From, in.Max)
		})
	op(s, a, http.MethodGet, "/plans/{plan}/source", "The plan's file as it was submitted",
		func(ctx context.Context, c call, in *PlanPath) (PlanSource, error) {
			file, src, err := c.Desk.PlanExport(ctx, c.Actor, in.Plan)
			return PlanSource{file, string(src)}, err
		})
	op(s, a, http.MethodPost, "/plans/{plan}/withdraw", "Withdraw a plan, or posts of it, as far as they have not left",
		func(ctx context.Context, c call, in *struct {
			Dry
			PlanPath
			Body struct {
				Posts  []campaign.PostID `json:"posts,omitempty"`
				Expect int               `json:"expect,omitempty"`
				Why    string            `json:"why,omitempty"`
			}
		}) (desk.Done, error) {
			return c.Desk.Withdraw(ctx, c.Actor, in.Plan, in.Body.Posts, in.Body.Expect, in.Body.Why)
		})
	op(s, a, http.MethodPost, "/plans/{plan}/posts/{post}/request-changes", "Ask the author for changes of a post",
		func(ctx context.Context, c call, in *ReviewInput) (desk.Reviewed, error) {
			return c.Desk.RequestChanges(ctx, c.Actor, in.Plan, in.Post, in.Body.Text)
		})
	op(s, a, http.MethodPost, "/plans/{plan}/posts/{post}/decline", "Decline a post with a reason",
		func(ctx context.Context, c call, in *ReviewInput) (desk.Reviewed, error) {
			return c.Desk.Decline(ctx, c.Actor, in.Plan, in.Post, in.Body.Text)
		})
	op(s, a, http.MethodPost, "/plans/{plan}/anchors/{anchor}/start", "Move an event and what hangs on it",
		func(ctx context.Context, c call, in *struct {
			Dry
			PlanPath
			Anchor string `path:"anchor"`
			Body   struct {
				Start  time.Time `json:"start"`
				Expect int       `json:"expect,omitempty"`
			}
		}) (desk.Moved, error) {
			return c.Desk.AnchorSet(ctx, c.Actor, in.Plan, in.Anchor, in.Body.Start, in.Body.Expect)
		})
	op(s, a, http.MethodPost, "/plans/{plan}/anchors/{anchor}/live", "Say that an event is live",
		func(ctx context.Context, c call, in *struct {
			Dry
			PlanPath
			Anchor string `path:"anchor"`
		}) (desk.Done, error) {
			return c.Desk.AnchorLive(ctx, c.Actor, in.Plan, in.Anchor)
		})
	op(s, a, http.MethodPost, "/plans/{plan}/values", "Fill a value in",
		func(ctx context.Context, c call, in *struct {
			Dry
			PlanPath
			Body struct {
				Key    string `json:"key" doc:"post/step/name, or post/name."`
				Value  string `json:"value"`
				Expect int    `json:"expect,omitempty"`
			}
		}) (desk.Moved, error) {
			return c.Desk.FillValue(ctx, c.Actor, in.Plan, in.Body.Key, in.Body.Value, in.Body.Expect)
		})
}
