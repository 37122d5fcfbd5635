package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/edit"
	"github.com/ittakesacommunity/takeover/store"
)

// Paper is what somebody who writes in the browser writes on: a post of a plan
// with what it says, or an empty one.
type Paper struct {
	Plan      campaign.PlanID
	Post      campaign.PostID
	New       bool // the post is not in the plan yet
	Revision  int  // of the plan; 0: it begins with this post
	Zone      string
	Languages []string
	Channels  []campaign.ChannelID // of the window
	Fields    []edit.Field         // of a post that is there

	file   string
	source []byte
}

// PaperOf is that of a post of a plan, or with "" of a new one.
func (d *Desk) PaperOf(ctx context.Context, a campaign.Actor, id campaign.PlanID, post campaign.PostID) (p Paper, err error) {
	err = d.look(ctx, a, func(r *room) error {
		stored, err := r.plan(id, campaign.ActRead, 0)
		if err != nil {
			return err
		}
		p, err = r.paper(stored)
		if err == nil && post != "" {
			p.Post, p.New, p.Fields = post, false, edit.Fields(p.source, post)
			if len(p.Fields) == 0 {
				return of("post", post, store.ErrNotFound)
			}
		}
		return err
	})
	return p, err
}

// PaperFor is that of a new post in a window. It goes into one plan of the
// window that holds what people write in the browser, and begins it where it is not there.
func (d *Desk) PaperFor(ctx context.Context, a campaign.Actor, window campaign.TakeoverID) (p Paper, err error) {
	id := cmp.Or(a.Guest, campaign.PlanID(window)+"-web")
	err = d.look(ctx, a, func(r *room) error {
		w, ok := r.c.Takeovers[window]
		if !ok {
			return of("window", window, store.ErrNotFound)
		}
		if err := r.may(campaign.ActRead, r.about(w.Mechanism, window, id)); err != nil {
			return err
		}
		stored, err := r.Plan(id)
		if err == nil {
			p, err = r.paper(stored)
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		p = Paper{Plan: id, Post: nextPost(nil), New: true, Zone: r.c.Zone, Languages: r.c.Languages, Channels: w.Channels, file: string(id) + ".yaml"}
		p.source, err = edit.Begin(edit.Beginning{Plan: string(id), Campaign: r.c.ID, Window: string(window), Title: r.c.Mechanisms[w.Mechanism].Title, Timezone: p.Zone, Languages: p.Languages})
		return err
	})
	return p, err
}

// paper is an empty post of a stored plan.
func (r *room) paper(stored campaign.Plan) (Paper, error) {
	p := Paper{Plan: stored.ID, New: true, Revision: stored.Revision, Zone: r.c.Zone, Channels: r.c.Takeovers[stored.Takeover].Channels, file: stored.File}
	var err error
	if p.source, err = r.Blob(stored.Source); err != nil {
		return p, err
	}
	parsed, _ := plan.Parse(p.file, p.source)
	if parsed == nil {
		return p, fmt.Errorf("%w: the file of plan %s cannot be read", ErrUsage, stored.ID)
	}
	if parsed.Timezone.Written() {
		p.Zone = parsed.Timezone.Value
	}
	for _, l := range parsed.Languages {
		p.Languages = append(p.Languages, l.Value)
	}
	p.Post = nextPost(parsed.Posts)
	return p, nil
}

// nextPost is a name that no post of the plan has.
func nextPost(posts []plan.Post) campaign.PostID {
	for n := len(posts) + 1; ; n++ {
		id := fmt.Sprintf("post-%d", n)
		if !slices.ContainsFunc(posts, func(x plan.Post) bool { return x.ID.Value == id }) {
			return campaign.PostID(id)
		}
	}
}

// Words are what somebody wrote on a paper.
type Words struct {
	Fields   map[string]string // by edit.Field.Path, of a post that is there
	New      edit.NewPost      // of one that is not
	Pictures []Picture         // that are added
}

// Picture is a kept file (see StoreMedia) that a post is given.
type Picture struct {
	edit.NewPicture
	Digest campaign.Digest
}

// Written is the submission that says what the paper said with what was
// written on it. It is handed in, checked or shown like any other.
func (p Paper) Written(w Words) (Submission, error) {
	s := Submission{File: p.file, Media: map[string]campaign.Digest{}, Expect: p.Revision}
	if p.Revision == 0 {
		s.Expect = mustBegin
	}
	var err error
	if p.New {
		w.New.ID = string(p.Post)
		s.Source, err = edit.AddPost(p.source, w.New)
	} else {
		s.Source, err = edit.Write(p.source, p.Post, w.Fields)
	}
	for _, x := range w.Pictures {
		if err == nil {
			s.Media[x.File] = x.Digest
			s.Source, err = edit.AddPicture(s.Source, p.Post, x.NewPicture)
		}
	}
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return s, nil
}

// mustBegin is the revision expected of a plan that must not be there yet.
const mustBegin = -1

// Previewed is a check that also shows the posts as they would leave.
type Previewed struct {
	Submitted
	Previews []plan.Preview `json:"previews"`
}

// Preview does what Check does, and shows a post of the plan exactly as it
// would leave; "" shows all.
func (d *Desk) Preview(ctx context.Context, a campaign.Actor, s Submission, post campaign.PostID) (out Previewed, err error) {
	in, err := d.read(ctx, a, s)
	if err != nil {
		return out, err
	}
	out.Submitted, err = d.check(ctx, a, in, func(dr *draft) {
		out.Previews = dr.exp.Previews(func(n campaign.Delivery) bool { return post == "" || n.Post == post })
	})
	return out, err
}
