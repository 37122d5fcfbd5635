package desk

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
)

// errPictures ends a transaction that needs renditions which are not made yet.
var errPictures = errors.New("pictures must be made first")

// pictures hand a deed the renditions that channels take, and the cards of
// quotes. A transaction does not wait for one to be made: it notes what is missing and ends with
// errPictures; then they are made, and the deed begins anew.
type pictures struct {
	store   *media.Store          // nil: every picture stays as it is
	known   map[string]media.Info // by wanted.key
	failed  map[string]error      // by wanted.key: why there is none
	missing []wanted
}

// wanted is a picture that somebody needs and that must be made.
type wanted struct {
	key  string
	make func(context.Context, *media.Store) (media.Info, error)
}

// of is plan.Env.Rendition. A picture that is not stored stays as it is.
func (p *pictures) of(m campaign.Media, l campaign.Limits) (campaign.Media, error) {
	if p == nil || p.store == nil || m.Digest == "" {
		return m, nil
	}
	key := string(media.RenditionKey(m.Digest, l, m.Focus))
	if err, known := p.failed[key]; known {
		return m, MediaError(err)
	}
	info, ok := p.known[key]
	if !ok {
		if info, ok = p.store.Rendered(m.Digest, l, m.Focus); !ok {
			digest, focus := m.Digest, m.Focus
			p.missing = append(p.missing, wanted{key, func(ctx context.Context, s *media.Store) (media.Info, error) {
				return s.Rendition(ctx, digest, l, focus)
			}})
			return m, nil
		}
		p.known[key] = info
	}
	if info.Digest != m.Digest {
		m.Original = m.Digest
		m.Digest, m.Type, m.Bytes, m.Width, m.Height = info.Digest, info.Type, info.Bytes, info.Width, info.Height
	}
	return m, nil
}

// card is plan.Env.Card.
func (p *pictures) card(q plan.QuoteCard, l campaign.Limits) (campaign.Media, error) {
	if p == nil || p.store == nil {
		return campaign.Media{}, errors.New("no media folder is set up here")
	}
	key := string(q.Key()) + string(media.RenditionKey("", l, [2]float64{}))
	if err, known := p.failed[key]; known {
		return campaign.Media{}, MediaError(err)
	}
	info, ok := p.known[key]
	if !ok {
		if info, ok = p.store.Drawn(q.Key(), l); !ok {
			p.missing = append(p.missing, wanted{key, func(ctx context.Context, s *media.Store) (media.Info, error) {
				if _, err := s.Info(q.Logo); q.Logo != "" && err != nil {
					return media.Info{}, fmt.Errorf("the logo of the kit is not in the media folder (%v)", err)
				}
				var fonts []*card.Font
				for _, f := range q.Fonts {
					b, err := s.Read(f)
					if err != nil {
						return media.Info{}, fmt.Errorf("a font of the kit is not in the media folder (%v)", err)
					}
					font, err := card.ReadFont(b)
					if err != nil {
						return media.Info{}, err
					}
					fonts = append(fonts, font)
				}
				return s.Draw(ctx, q.Key(), q.Pictures(), l, func(of []image.Image) (image.Image, error) { return q.Draw(of, fonts) })
			}})
			return campaign.Media{}, nil // the transaction ends here, and begins anew
		}
		p.known[key] = info
	}
	return campaign.Media{Digest: info.Digest, Type: info.Type, Bytes: info.Bytes, Width: info.Width, Height: info.Height}, nil
}

// made ends the transaction when something is missing.
func (p *pictures) made() error {
	if p != nil && len(p.missing) > 0 {
		return errPictures
	}
	return nil
}

// withPictures runs a deed, anew after every round of making what it missed.
func (d *Desk) withPictures(ctx context.Context, deed func(*pictures) error) error {
	p := &pictures{store: d.Media, known: map[string]media.Info{}, failed: map[string]error{}}
	for {
		err := deed(p)
		if !errors.Is(err, errPictures) {
			return err
		}
		missing := slices.Clone(p.missing)
		p.missing = nil
		for _, w := range missing {
			if _, done := p.failed[w.key]; done {
				continue
			}
			info, err := w.make(ctx, d.Media)
			switch {
			case err == nil:
				p.known[w.key] = info
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, fs.ErrNotExist):
				p.failed[w.key] = nil // arming tells of a picture that is lost
			default:
				p.failed[w.key] = err
			}
		}
	}
}
