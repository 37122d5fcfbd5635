package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/sheet"
	"github.com/ittakesacommunity/takeover/store"
)

// Forgotten says what was removed of a person.
type Forgotten struct {
	Ref      string            `json:"ref"`
	Contents int               `json:"contents"` // rendered texts that are blank now
	Sources  int               `json:"sources"`  // plan files that were removed
	Pictures int               `json:"pictures"`
	Plans    []campaign.PlanID `json:"plans"`  // that no longer hold the person's posts
	Public   []Row             `json:"public"` // can still be seen: take them down
}

// Forget removes what is kept of the person behind a withdrawn consent: who it
// is, the evidence, the words in plans and posts, and the pictures. What was
// done stays recorded by ids and hashes, so the log's chain still fits; an older
// backup still holds what it held. It is refused while a post that uses the
// consent is being sent or in doubt: its words are needed to settle that.
func (d *Desk) Forget(ctx context.Context, a campaign.Actor, ref string) (Forgotten, error) {
	var out Forgotten
	var pictures []campaign.Digest
	err := d.do(ctx, a, "consent.forget", func(r *room) error {
		out, pictures = Forgotten{Ref: ref, Plans: []campaign.PlanID{}, Public: []Row{}}, nil
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		con, known := r.c.Consents[ref]
		eraser, able := r.Tx.(store.Eraser)
		switch {
		case !known:
			return fmt.Errorf("consent %s: %w", ref, store.ErrNotFound)
		case !con.Withdrawn:
			return fmt.Errorf("%w: consent %s holds; withdraw it first", ErrConflict, ref)
		case !able:
			return fmt.Errorf("%w: this store cannot take anything out for good", ErrUsage)
		}
		posts, err := r.usersOf(ref, &out)
		if err != nil {
			return err
		}
		if pictures, err = r.eraseContents(eraser, ref, &out); err != nil {
			return err
		}
		if err := r.erasePlans(eraser, ref, posts, &out); err != nil {
			return err
		}
		c := r.c.Clone()
		c.Consents[ref] = campaign.Consent{Shows: "forgotten", Withdrawn: true, Forgotten: true}
		if _, err := r.change(c, "", "", "", false); err != nil {
			return err
		}
		if d.Vault != nil {
			if err := d.Vault.Forget(r.Tx, ofConsents+ref); err != nil {
				return err
			}
		}
		r.did(ref, "%d texts, %d plan files and %d pictures removed", out.Contents, out.Sources, len(pictures))
		return nil
	})
	if err != nil {
		return out, err
	}
	out.Pictures = len(pictures)
	for _, p := range pictures {
		if d.Media != nil {
			err = errors.Join(err, d.Media.Remove(p))
		}
	}
	return out, err
}

// usersOf are the posts, by plan, that use the consent.
func (r *room) usersOf(ref string, out *Forgotten) (map[campaign.PlanID][]string, error) {
	posts := map[campaign.PlanID][]string{}
	err := r.each(store.Filter{}, func(v campaign.Delivery) error {
		if !slices.Contains(v.Consents, ref) {
			return nil
		}
		if v.State.Pins() {
			return fmt.Errorf("%w: delivery %s is %s; settle it first", ErrConflict, v.ID, v.Shown())
		}
		if !slices.Contains(posts[v.Plan], string(v.Post)) {
			posts[v.Plan] = append(posts[v.Plan], string(v.Post))
		}
		if len(v.PublicNow()) > 0 {
			row, err := r.row(v)
			out.Public = append(out.Public, row)
			return err
		}
		return nil
	})
	return posts, err
}

// eraseContents blanks the texts, and lists the pictures that nothing else uses.
func (r *room) eraseContents(eraser store.Eraser, ref string, out *Forgotten) (pictures []campaign.Digest, err error) {
	texts, shown, others := map[campaign.Digest]bool{}, map[campaign.Digest]bool{}, map[campaign.Digest]bool{}
	err = r.each(store.Filter{}, func(v campaign.Delivery) error {
		c, err := r.Content(v.Content)
		if err != nil {
			return nil // gone already, or to be set aside
		}
		uses := slices.Contains(v.Consents, ref)
		if uses {
			texts[v.Content] = true
		}
		for _, m := range c.Pictures() {
			for _, d := range []campaign.Digest{m.Digest, m.Original} {
				if d == "" {
					continue
				}
				if m.Consent == ref || uses && m.Card && d == m.Digest { // the person's words are drawn on it
					shown[d] = true
				} else {
					others[d] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Contents, err = eraser.EraseContents(func(c campaign.Content) bool {
		return texts[c.Digest()] || slices.ContainsFunc(c.Pictures(), func(m campaign.Media) bool { return m.Consent == ref })
	})
	for d := range shown {
		if !others[d] {
			pictures = append(pictures, d)
		}
	}
	slices.Sort(pictures)
	return pictures, err
}

// erasePlans takes the posts out of the plans, and drops the files that name the consent.
func (r *room) erasePlans(eraser store.Eraser, ref string, posts map[campaign.PlanID][]string, out *Forgotten) error {
	plans, err := r.Plans()
	if err != nil {
		return err
	}
	keep := map[campaign.Digest]bool{}
	for _, p := range plans {
		src, err := r.Blob(p.Source)
		if err != nil {
			continue // its source is gone or unreadable: there is nothing to take out
		}
		drop, media := posts[p.ID], mediaOf(p.File, src, ref)
		if len(drop) == 0 && len(media) == 0 && !strings.Contains(string(src), ref) {
			keep[p.Source] = true
			continue
		}
		if err := r.rewrite(&p, src, drop, media); err != nil {
			return err
		}
		keep[p.Source] = true
		out.Plans = append(out.Plans, p.ID)
	}
	out.Sources, err = eraser.EraseBlobs(func(b []byte) bool {
		return strings.Contains(string(b), ref) && !keep[campaign.DigestOf(b)]
	})
	return err
}

// rewrite stores the plan without the posts. One that holds no post any more is withdrawn.
func (r *room) rewrite(p *campaign.Plan, src []byte, drop []string, media map[string]string) error {
	var ids []string
	for id, file := range media {
		ids = append(ids, id)
		delete(p.Media, file)
	}
	rest, left, err := sheet.Without(src, drop, ids)
	if err != nil {
		return fmt.Errorf("plan %s: %w", p.ID, err)
	}
	if left == 0 {
		p.Withdrawn = true
	}
	if p.Source, err = r.PutBlob(rest); err != nil {
		return err
	}
	p.Comments = slices.DeleteFunc(p.Comments, func(c campaign.Comment) bool { return slices.Contains(drop, string(c.Post)) })
	return r.PutPlan(*p)
}

// mediaOf are the media of a plan that need the consent: file by id.
func mediaOf(file string, src []byte, ref string) map[string]string {
	out := map[string]string{}
	p, _ := plan.Parse(file, src)
	if p == nil {
		return out
	}
	for _, m := range p.Media {
		if m.Consent.Value == ref {
			out[m.ID.Value] = m.File.Value
		}
	}
	return out
}
