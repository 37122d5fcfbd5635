package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/sheet"
)

// Removals says what becomes of deliveries that a newer revision does not
// contain any more.
type Removals string

const (
	// RemoveFew cancels them unless more than a fifth of the plan's open
	// deliveries would vanish; then it keeps them all and says so.
	RemoveFew Removals = ""
	// RemoveNone keeps them until a person decides (the plan folder).
	RemoveNone Removals = "none"
	// RemoveNamed cancels those in Submission.Remove and keeps the others.
	RemoveNamed Removals = "named"
	// RemoveAll cancels them all.
	RemoveAll Removals = "all"
)

// Submission is a plan file that somebody hands in.
type Submission struct {
	File   string // name, for findings
	Source []byte // the file's bytes
	// Media are the stored files by path as the plan writes it (see StoreMedia).
	// A path that is not in it is taken from the plan's last revision.
	Media map[string]campaign.Digest
	// AsOf is the day for which Check judges the plan; zero: now. Submit does not use it.
	AsOf      time.Time
	Note      string
	OnlyClean bool // submit the posts without errors, keep the others as drafts
	Expect    int  // revision of the plan that the person saw; 0 does not look, below 0 it must not be there yet
	Removals  Removals
	Remove    []campaign.DeliveryID // with RemoveNamed
	// Window is that of a sheet which names none; "" takes the only one there is.
	Window campaign.TakeoverID
	// Columns say what headings of a sheet mean that nobody knows, by heading: the
	// name of a column, or "" for none. Submit remembers them for the person.
	Columns map[string]string

	problems map[string]error // what Gather found wrong with files, by path
}

// Submitted says what a submission does, or would do.
type Submitted struct {
	Plan      campaign.PlanID      `json:"plan"`
	Takeover  campaign.TakeoverID  `json:"window"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	Revision  int                  `json:"revision"` // after the deed
	Changed   bool                 `json:"changed"`  // false: nothing was written
	Late      bool                 `json:"late,omitempty"`
	Findings  campaign.Findings    `json:"findings"`
	Diff      Difference           `json:"diff"`
	Notes     []plan.Note          `json:"notes,omitempty"` // times that a channel's min_gap moved
	// Kept are deliveries that the file no longer contains and that stay until
	// a person decides.
	Kept []campaign.DeliveryID `json:"kept,omitempty"`
	// Drafts are the posts left out because of errors (OnlyClean).
	Drafts  []campaign.PostID `json:"drafts,omitempty"`
	Waiting int               `json:"waiting"` // deliveries of the plan that wait for approval
	Added   int               `json:"added"`
	Edited  int               `json:"edited"`
	Removed int               `json:"removed"`
	Same    int               `json:"same"`
	// Unknown are headings of a sheet that were left out, with the name each is nearest to.
	Unknown map[string]string `json:"unknown_columns,omitempty"`
}

// Check says everything that is wrong with a plan, and what submitting it
// would change, and stores nothing. Errors in the plan are findings of the
// answer, not an error.
func (d *Desk) Check(ctx context.Context, a campaign.Actor, s Submission) (Submitted, error) {
	in, err := d.read(ctx, a, s)
	if err != nil {
		return Submitted{}, err
	}
	return d.check(ctx, a, in, nil)
}

// check makes the draft and answers for it; seen, if set, looks at it.
func (d *Desk) check(ctx context.Context, a campaign.Actor, in source, seen func(*draft)) (Submitted, error) {
	var out Submitted
	look, err := d.mediaOf(in.Submission)
	if err != nil {
		return out, err
	}
	err = d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		if !in.AsOf.IsZero() { // not before: whether somebody may ask is a matter of today
			r.now = in.AsOf.UTC()
		}
		dr, err := d.draft(r, in.Submission, in.parsed, in.found, look)
		if err != nil {
			return err
		}
		out = dr.answer(r, in.Submission)
		if seen != nil {
			seen(dr)
		}
		return nil
	})
	in.place(&out)
	return out, err
}

// Submit stores a plan and its deliveries. A plan with errors stores nothing
// (ErrFindings, and the answer lists them), unless OnlyClean leaves the posts
// with errors out. The same plan again changes nothing.
func (d *Desk) Submit(ctx context.Context, a campaign.Actor, s Submission) (Submitted, error) {
	var out Submitted
	look, err := d.mediaOf(s)
	if err != nil {
		return out, err
	}
	in, err := d.read(ctx, a, s)
	if err != nil {
		return out, err
	}
	err = d.do(ctx, a, "submit", func(r *room) error {
		dr, err := d.draft(r, in.Submission, in.parsed, in.found, look)
		if err != nil {
			return err
		}
		out = dr.answer(r, in.Submission)
		if err := dr.maySubmit(r, in.Submission); err != nil {
			return err
		}
		return errors.Join(dr.store(r, in.Submission, &out), in.remember(r))
	})
	in.place(&out)
	if err != nil || !out.Changed {
		return out, err
	}
	d.wake()
	d.tell(Notice{Event: "submitted", By: a.Person, Mechanism: out.Mechanism, Plan: out.Plan,
		Text: fmt.Sprintf("Plan %s, revision %d: %d added, %d changed, %d removed. %d wait for approval.", out.Plan, out.Revision, out.Added, out.Edited, out.Removed, out.Waiting)})
	return out, nil
}

// StoreMedia keeps a picture for a later submission.
func (d *Desk) StoreMedia(ctx context.Context, a campaign.Actor, file io.Reader) (media.Info, error) {
	if d.Media == nil {
		return media.Info{}, fmt.Errorf("%w: no media folder is set up here", ErrUsage)
	}
	if err := d.look(ctx, a, (*room).mayStoreMedia); err != nil {
		return media.Info{}, err
	}
	return d.Media.Put(ctx, file)
}

// mayStoreMedia: whoever may submit to some window may bring pictures for it.
func (r *room) mayStoreMedia() error {
	err := r.may(campaign.ActSubmit, campaign.Object{})
	for _, role := range r.a.Roles {
		if role.Name == campaign.Lead && err != nil {
			err = r.may(campaign.ActSubmit, campaign.Object{Mechanism: role.Mechanism, Plan: r.a.Guest, Window: r.a.Window})
		}
	}
	return err
}

// Gather reads a plan file and the media that it names from a folder, keeps
// the media, and returns the submission. Nothing outside of root is read; what
// is wrong with a media file becomes a finding of the check.
func (d *Desk) Gather(ctx context.Context, a campaign.Actor, root, file string) (Submission, error) {
	s := Submission{File: path.Base(file), Media: map[string]campaign.Digest{}, problems: map[string]error{}}
	f, err := media.OpenBelow(root, file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if s.Source, err = io.ReadAll(io.LimitReader(f, maxSource+1)); err != nil {
		return s, err
	}
	in, err := d.read(ctx, a, s)
	if err != nil || in.parsed == nil || d.Media == nil {
		return s, err
	}
	if err := d.look(ctx, a, (*room).mayStoreMedia); err != nil {
		return s, err
	}
	for _, m := range in.parsed.Media {
		name := m.File.Value
		if _, seen := s.Media[name]; seen || name == "" {
			continue
		}
		info, err := d.keepBelow(ctx, root, path.Join(path.Dir(file), name))
		if err != nil {
			s.problems[name] = err
			continue
		}
		s.Media[name] = info.Digest
	}
	return s, nil
}

// maxSource is as much as any plan file or sheet may have; the plan's own check refuses what is larger.
const maxSource = sheet.MaxBytes

func (d *Desk) keepBelow(ctx context.Context, root, name string) (media.Info, error) {
	f, err := media.OpenBelow(root, name)
	if err != nil {
		return media.Info{}, err
	}
	defer f.Close()
	return d.Media.Put(ctx, f)
}

// mediaLook describes a file by its path as the plan writes it; ok is false
// for one that the submission does not bring.
type mediaLook func(path string) (m campaign.Media, ok bool, err error)

// mediaOf looks at the submission's files once, before the transaction.
func (d *Desk) mediaOf(s Submission) (mediaLook, error) {
	if len(s.Media) > 0 && d.Media == nil {
		return nil, fmt.Errorf("%w: no media folder is set up here", ErrUsage)
	}
	brought, problems := map[string]campaign.Media{}, map[string]error{}
	for p, err := range s.problems {
		problems[p] = MediaError(err)
	}
	for p, digest := range s.Media {
		info, err := d.Media.Info(digest)
		if err != nil {
			problems[p] = MediaError(err)
			continue
		}
		brought[p] = campaign.Media{Digest: info.Digest, Name: path.Base(p), Type: info.Type, Bytes: info.Bytes, Width: info.Width, Height: info.Height}
	}
	return func(p string) (campaign.Media, bool, error) {
		if err, ok := problems[p]; ok {
			return campaign.Media{}, true, err
		}
		m, ok := brought[p]
		return m, ok, nil
	}, nil
}

// MediaError is what looking at a file beside a plan found, as the plan's check knows it.
func MediaError(err error) error {
	switch {
	case errors.Is(err, media.ErrType):
		return plan.MediaError(plan.ErrMediaType, err)
	case errors.Is(err, media.ErrSize):
		return plan.MediaError(plan.ErrMediaSize, err)
	case errors.Is(err, media.ErrLeaves):
		return plan.MediaError(plan.ErrMediaLeaves, err)
	}
	return err
}

// beside adds the files of the plan's last revision to those brought now.
func beside(look mediaLook, old *campaign.Plan) func(string) (campaign.Media, error) {
	return func(p string) (campaign.Media, error) {
		if m, ok, err := look(p); ok {
			return m, err
		}
		if old != nil {
			if m, ok := old.Media[p]; ok {
				return m, nil
			}
		}
		return campaign.Media{}, fs.ErrNotExist
	}
}

// leads are the mechanisms that the actor may submit for; nil is any.
func leads(a campaign.Actor) []campaign.MechanismID {
	if a.Is(campaign.Organizer) {
		return nil
	}
	ids := []campaign.MechanismID{}
	for _, role := range a.Roles {
		if role.Name == campaign.Lead && !slices.Contains(ids, role.Mechanism) {
			ids = append(ids, role.Mechanism)
		}
	}
	return ids
}
