package desk

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
)

var errNotYet = errors.New("not yet")

// Check says everything that is wrong with the plan, and what submitting it
// would change. Nothing is stored. Errors in the plan are findings, not an error.
func (d *Desk) Check(ctx context.Context, a campaign.Actor, s Submission) (Submitted, error) {
	return Submitted{}, errNotYet
}

// Diff is Check.
// Submit stores the plan and its deliveries; see Submission.
func (d *Desk) Submit(ctx context.Context, a campaign.Actor, s Submission) (Submitted, error) {
	return Submitted{}, errNotYet
}

// Gather reads a plan file and the media it names from a folder, stores the
// media, and returns the submission. What is wrong with a file becomes a finding of the check.
func (d *Desk) Gather(ctx context.Context, a campaign.Actor, root, file string) (Submission, error) {
	return Submission{}, errNotYet
}

// StoreMedia keeps a picture for a later submission.
func (d *Desk) StoreMedia(ctx context.Context, a campaign.Actor, r io.Reader) (media.Info, error) {
	return media.Info{}, errNotYet
}

// WithdrawPlan withdraws a plan, or posts of it, as far as they have not left. Expect is the plan's revision (0: any).
func (d *Desk) Withdraw(ctx context.Context, a campaign.Actor, id campaign.PlanID, posts []campaign.PostID, expect int, why string) (Done, error) {
	return Done{}, errNotYet
}

// Approve approves.
func (d *Desk) Approve(ctx context.Context, a campaign.Actor, r Approval) (Approved, error) {
	return Approved{}, errNotYet
}

// TakeBackApproval takes approvals back, until sending.
func (d *Desk) TakeBackApproval(ctx context.Context, a campaign.Actor, p Pick, why string) (Done, error) {
	return Done{}, errNotYet
}

// RequestChanges asks the author for changes of a post.
func (d *Desk) RequestChanges(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID, text string) (Reviewed, error) {
	return Reviewed{}, errNotYet
}

// Decline says no to a post, with a reason.
func (d *Desk) Decline(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID, text string) (Reviewed, error) {
	return Reviewed{}, errNotYet
}

// HashOf is what an approval of several deliveries may expect.
func HashOf(ds []campaign.Delivery) campaign.Digest { return "" }

// Hold pauses a scope until Release.
func (d *Desk) Hold(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) (Stopped, error) {
	return Stopped{}, errNotYet
}

// Release lifts holds (never stops), on a scope or by id, or lets single paused deliveries go.
func (d *Desk) Release(ctx context.Context, a campaign.Actor, r Resumption) (Resumed, error) {
	return Resumed{}, errNotYet
}

// Stop stops publishing within a scope at once.
func (d *Desk) Stop(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) (Stopped, error) {
	return Stopped{}, errNotYet
}

// StopReason adds the reason of a stop afterwards.
func (d *Desk) StopReason(ctx context.Context, a campaign.Actor, s campaign.Scope, reason string) error {
	return errNotYet
}

// PreviewResume says what Resume or Release would do, and changes nothing.
func (d *Desk) PreviewResume(ctx context.Context, a campaign.Actor, r Resumption) (Resumed, error) {
	return Resumed{}, errNotYet
}

// Resume lifts a cause or a stop.
func (d *Desk) Resume(ctx context.Context, a campaign.Actor, r Resumption) (Resumed, error) {
	return Resumed{}, errNotYet
}

// Cancel cancels deliveries that have not left.
func (d *Desk) Cancel(ctx context.Context, a campaign.Actor, p Pick, why string) (Done, error) {
	return Done{}, errNotYet
}

// Reschedule makes a new delivery of one that did not go out.
func (d *Desk) Reschedule(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, r Reschedule) (Done, error) {
	return Done{}, errNotYet
}

// Retry tries again at once what provably was not sent.
func (d *Desk) Retry(ctx context.Context, a campaign.Actor, id campaign.DeliveryID) (Done, error) {
	return Done{}, errNotYet
}

// Resolve settles a doubt.
func (d *Desk) Resolve(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, r Resolution) (Done, error) {
	return Done{}, errNotYet
}

// AnchorSet moves an anchor. Expect is the plan's revision (0: any).
func (d *Desk) AnchorSet(ctx context.Context, a campaign.Actor, id campaign.PlanID, anchor string, start time.Time, expect int) (Moved, error) {
	return Moved{}, errNotYet
}

// AnchorLive says that the event is live.
func (d *Desk) AnchorLive(ctx context.Context, a campaign.Actor, id campaign.PlanID, anchor string) (Done, error) {
	return Done{}, errNotYet
}

// FillValue fills a value in. Key is "post/step/name" or "post/name".
func (d *Desk) FillValue(ctx context.Context, a campaign.Actor, id campaign.PlanID, key, value string, expect int) (Moved, error) {
	return Moved{}, errNotYet
}

// ApplyCampaign replaces the campaign. Expect is the revision seen; dry changes nothing.
func (d *Desk) ApplyCampaign(ctx context.Context, a campaign.Actor, c campaign.Campaign, expect uint64, dry bool) (Applied, error) {
	return Applied{}, errNotYet
}

// Campaign is the campaign as it is stored (read-only).
func (d *Desk) Campaign(ctx context.Context, a campaign.Actor) (*campaign.Campaign, error) {
	return nil, errNotYet
}

// GrantWindow grants a new window.
func (d *Desk) GrantWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, t campaign.Takeover) (Applied, error) {
	return Applied{}, errNotYet
}

// ExtendWindow moves a window's end.
func (d *Desk) ExtendWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, to time.Time) (Applied, error) {
	return Applied{}, errNotYet
}

// RevokeWindow ends a window at once.
func (d *Desk) RevokeWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, why string) (Applied, error) {
	return Applied{}, errNotYet
}

// PauseChannel pauses or unpauses a channel.
func (d *Desk) PauseChannel(ctx context.Context, a campaign.Actor, id campaign.ChannelID, paused bool) (Applied, error) {
	return Applied{}, errNotYet
}

// WithdrawConsent withdraws a consent.
func (d *Desk) WithdrawConsent(ctx context.Context, a campaign.Actor, ref string) (Withdrawn, error) {
	return Withdrawn{}, errNotYet
}

// DisableUser ends a person's rights at once; keep leaves what the person approved going.
func (d *Desk) DisableUser(ctx context.Context, a campaign.Actor, p campaign.PersonID, keep bool) (Disabled, error) {
	return Disabled{}, errNotYet
}

// CreateToken makes an API token; the secret is returned this once.
func (d *Desk) CreateToken(ctx context.Context, a campaign.Actor, r TokenRequest) (secret string, t Token, err error) {
	return "", Token{}, errNotYet
}

// RevokeToken ends a token at once.
func (d *Desk) RevokeToken(ctx context.Context, a campaign.Actor, id string) error { return errNotYet }

// ListTokens lists the tokens that the actor may revoke.
func (d *Desk) ListTokens(ctx context.Context, a campaign.Actor) ([]Token, error) {
	return nil, errNotYet
}

// ActorByToken is who a token speaks for; campaign.ErrNotAllowed for an unknown, expired or revoked one.
func (d *Desk) ActorByToken(ctx context.Context, secret, door string) (campaign.Actor, error) {
	return campaign.Actor{}, errNotYet
}

// ActorAs is a person by mail (the local operator's --as).
func (d *Desk) ActorAs(ctx context.Context, p campaign.PersonID, door string) (campaign.Actor, error) {
	return campaign.Actor{}, errNotYet
}

// Queue lists deliveries that the actor may see.
func (d *Desk) Queue(ctx context.Context, a campaign.Actor, f QueueFilter) (Page, error) {
	return Page{}, errNotYet
}

// Show is everything about one delivery. An unambiguous beginning of an id is enough.
func (d *Desk) Show(ctx context.Context, a campaign.Actor, id campaign.DeliveryID) (Sight, error) {
	return Sight{}, errNotYet
}

// Inbox is what waits for a person; mine leaves out what the actor cannot approve.
func (d *Desk) Inbox(ctx context.Context, a campaign.Actor, mine bool) (Inbox, error) {
	return Inbox{}, errNotYet
}

// PlanStatus is a plan with all its posts.
func (d *Desk) PlanStatus(ctx context.Context, a campaign.Actor, id campaign.PlanID) (PlanView, error) {
	return PlanView{}, errNotYet
}

// PlanExport is the plan's file as it was submitted.
func (d *Desk) PlanExport(ctx context.Context, a campaign.Actor, id campaign.PlanID) (file string, source []byte, err error) {
	return "", nil, errNotYet
}

// Plans lists the plans that the actor may see.
func (d *Desk) Plans(ctx context.Context, a campaign.Actor) ([]PlanLine, error) {
	return nil, errNotYet
}

// Status is the state of everything at a glance.
func (d *Desk) Status(ctx context.Context, a campaign.Actor) (Status, error) {
	return Status{}, errNotYet
}

// AuditTail returns at most max entries from number n on; n 0: the last max.
func (d *Desk) AuditTail(ctx context.Context, a campaign.Actor, n uint64, max int) ([]campaign.AuditEntry, error) {
	return nil, errNotYet
}

// VerifyAudit checks the chain of the whole log.
func (d *Desk) VerifyAudit(ctx context.Context, a campaign.Actor) (AuditCheck, error) {
	return AuditCheck{}, errNotYet
}

// Windows lists the windows that the actor may see.
func (d *Desk) Windows(ctx context.Context, a campaign.Actor) ([]WindowLine, error) {
	return nil, errNotYet
}

// Channels lists the channels.
func (d *Desk) Channels(ctx context.Context, a campaign.Actor) ([]ChannelLine, error) {
	return nil, errNotYet
}

// Comments lists what reviewers said of a plan.
func (d *Desk) Comments(ctx context.Context, a campaign.Actor, id campaign.PlanID) ([]campaign.Comment, error) {
	return nil, errNotYet
}

// Explain says in one plain sentence why the delivery is where it is, and in another what moves it on.
func Explain(d *campaign.Delivery, s *campaign.Switches, loc *time.Location) (why, next string) {
	return "", ""
}

// Surfaces tells what each channel of the campaign looks like to a plan.
func Surfaces(c *campaign.Campaign, facts func(campaign.Channel) (channels.Facts, bool), open func(campaign.ChannelID, campaign.Channel) (channels.Channel, error)) func(campaign.ChannelID) (plan.Surface, bool) {
	return nil
}
