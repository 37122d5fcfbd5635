package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Logo is the picture of the campaign's logo and its type, such as image/png.
func (d *Desk) Logo(ctx context.Context, a campaign.Actor) (b []byte, kind string, err error) {
	var logo campaign.Digest
	err = d.look(ctx, a, func(r *room) error {
		logo = r.c.Kit.Logo
		return r.mayEnter()
	})
	if err != nil {
		return nil, "", err
	}
	if logo == "" || d.Media == nil {
		return nil, "", fmt.Errorf("the campaign's logo: %w", store.ErrNotFound)
	}
	info, err := d.Media.Info(logo)
	if err == nil {
		b, err = d.Media.Read(logo)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the campaign's logo: %w", store.ErrNotFound)
	}
	return b, info.Type, err
}

// KeptFont is a font file that was kept for the kit.
type KeptFont struct {
	Digest campaign.Digest `json:"digest"`
	Name   string          `json:"name,omitempty"` // of its family, as it says itself
}

// StoreFont keeps a font file for the kit's cards; the error says what is wrong
// with one that cannot be used.
func (d *Desk) StoreFont(ctx context.Context, a campaign.Actor, file io.Reader) (KeptFont, error) {
	if d.Media == nil {
		return KeptFont{}, fmt.Errorf("%w: no media folder is set up here", ErrUsage)
	}
	if err := d.MayApply(ctx, a); err != nil {
		return KeptFont{}, err
	}
	b, err := io.ReadAll(io.LimitReader(file, card.MaxFont+1))
	if err != nil {
		return KeptFont{}, err
	}
	font, err := card.ReadFont(b)
	if err != nil {
		return KeptFont{}, err
	}
	out := KeptFont{Digest: campaign.DigestOf(b), Name: font.Name}
	return out, d.Media.Keep(out.Digest, b)
}

// font is plan.Env.Font; nil where there is no media folder.
func (d *Desk) font() func(campaign.Digest) ([]byte, error) {
	if d.Media == nil {
		return nil
	}
	return d.Media.Read
}

// restyled are the queued deliveries that the kit of c would change, were their
// plans submitted again; until then they keep theirs.
func (d *Desk) restyled(r *room, c *campaign.Campaign) ([]Row, error) {
	rows := []Row{}
	if r.c.Kit.Equal(c.Kit) {
		return rows, nil
	}
	plans, err := r.Plans()
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		if p.Withdrawn {
			continue
		}
		ds, err := r.OfPlan(p.ID)
		if err != nil {
			return nil, err
		}
		source, err := r.Blob(p.Source)
		if err != nil {
			return nil, err
		}
		parsed, _ := plan.Parse(p.File, source)
		if parsed == nil {
			continue
		}
		now, then := d.looks(r, parsed, &p, ds, p.Kit), d.looks(r, parsed, &p, ds, c.Kit)
		for _, v := range ds {
			if queued(&v) && now[v.ID] != then[v.ID] {
				row, err := r.row(v)
				if err != nil {
					return nil, err
				}
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

// looks are the contents of a plan's deliveries under a kit, by their digests.
func (d *Desk) looks(r *room, parsed *plan.Plan, p *campaign.Plan, existing []campaign.Delivery, kit campaign.Kit) map[campaign.DeliveryID]campaign.Digest {
	out := map[campaign.DeliveryID]campaign.Digest{}
	for _, v := range d.derived(r, parsed, p, existing, kit) {
		out[v.ID] = v.Content
	}
	return out
}

// derived are a plan's deliveries as its stored file makes them now, under a kit.
// Cards are told apart by what is on them, so that none is drawn.
func (d *Desk) derived(r *room, parsed *plan.Plan, p *campaign.Plan, existing []campaign.Delivery, kit campaign.Kit) []campaign.Delivery {
	env := plan.Env{Now: r.now, Campaign: r.c, Surface: d.surfaces(r), Existing: existing, Author: p.By, Revision: p.Revision,
		Media: beside(nothingNew, p), Anchors: p.Anchors, Values: p.Values, Kit: &kit, Font: d.font(),
		Card: func(q plan.QuoteCard, _ campaign.Limits) (campaign.Media, error) {
			return campaign.Media{Digest: q.Key(), Type: "image/png", Width: q.Width, Height: q.Height}, nil
		}}
	x, _ := plan.Expand(parsed, env)
	if x == nil {
		return nil
	}
	return x.Deliveries
}
