package main

import (
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
)

// drawnCard is the answer of plan card.
type drawnCard struct {
	File string `json:"file"`
	Alt  string `json:"alt"` // proposed alt text
}

func (a *app) planCardCommand() *cobra.Command {
	var lang, size, out, logo string
	var fonts []string
	c := &cobra.Command{
		Use: "card FILE POST", Short: "Draw a quote of a plan on its photo, with the credit, and propose its alt text", Args: cobra.ExactArgs(2),
		Long: `Draws the quote, who says it and the credit of its photo as a PNG file, and proposes the alt text.
The same quote is the same file on every
machine. A plan that says card: true has it drawn at submission, in the size of each platform; this
is for looking at it before, and for cards that are used elsewhere.`,
		Example: "  takeover plan card mayors-imd-2026.yaml quote-nurse --language ar --size 1080x1350 --out nurse-ar.png",
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := readPlan(args[0])
			if err != nil {
				return err
			}
			p := parsePlan(args[0], src)
			if p == nil {
				return usagef("%s cannot be read; takeover plan check says why", args[0])
			}
			q, photo, photoAlt, err := cardOf(p, args[1], lang)
			if err != nil {
				return err
			}
			if _, err := fmt.Sscanf(size, "%dx%d", &q.Width, &q.Height); err != nil {
				return usagef("--size takes width and height such as 1080x1350, not %q", size)
			}
			b, err := drawCard(cmd.Context(), filepath.Dir(args[0]), q, photo, logo, fonts)
			if err != nil {
				return usageError{err}
			}
			if out == "" {
				out = args[1] + "-" + q.Language + ".png"
			}
			if err := writeWhole(out, b); err != nil {
				return err
			}
			made := drawnCard{out, q.Alt(photoAlt)}
			return a.print("card", made, nil, func(w io.Writer) {
				fmt.Fprintf(w, "Wrote %s. Alt text:\n", escapeTerminal(out))
				for line := range strings.SplitSeq(made.Alt, "\n") {
					fmt.Fprintln(w, escapeTerminal(line))
				}
			})
		},
	}
	c.Flags().StringVar(&lang, "language", "", "language of the card (default: the plan's first in which the quote is written)")
	c.Flags().StringVar(&size, "size", "1080x1080", "pixels; 1080x1080, 1080x1350 and 1200x675 are shown uncut")
	c.Flags().StringVar(&logo, "logo", "", "picture file of the campaign's logo (default: none)")
	c.Flags().StringArrayVar(&fonts, "font", nil, "TrueType or OpenType file to ask for letters before the built-in ones (repeat for several)")
	c.Flags().StringVar(&out, "out", "", "file to write (default: POST-LANGUAGE.png here)")
	return c
}

// cardOf is what the card of a plan's quote says, on which file of the plan's
// folder ("" for none), and what that shows.
func cardOf(p *plan.Plan, id, lang string) (q plan.QuoteCard, photo, photoAlt string, err error) {
	i := slices.IndexFunc(p.Posts, func(x plan.Post) bool { return x.ID.Value == id })
	if i < 0 {
		return q, "", "", usagef("the plan has no post %q", id)
	}
	x := p.Posts[i].Quote
	if x == nil {
		return q, "", "", usagef("%s is no quote", id)
	}
	for _, l := range p.Languages {
		if lang == "" && x.Text.In(l.Value).Written() {
			lang = l.Value
		}
	}
	if q, photoAlt = p.CardOf(x, lang); q.Quote == "" {
		return q, "", "", usagef("%s is not written in %q", id, lang)
	}
	if !x.Photo.Written() {
		return q, "", "", nil
	}
	i = slices.IndexFunc(p.Media, func(m plan.Media) bool { return m.ID.Value == x.Photo.Value })
	if i < 0 {
		return q, "", "", usagef("there is no medium %q", x.Photo.Value)
	}
	return q, p.Media[i].File.Value, photoAlt, nil
}

// drawCard draws as a submission does: the photo goes through a media folder,
// which bounds it and turns it upright.
func drawCard(ctx context.Context, root string, q plan.QuoteCard, photo, logo string, fonts []string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "takeover-card-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m, err := media.Open(dir, media.Limits{})
	if err != nil {
		return nil, err
	}
	if photo != "" {
		f, err := media.OpenBelow(root, photo)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", photo, err)
		}
		defer f.Close()
		info, err := m.Put(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", photo, err)
		}
		q.Photo = info.Digest
	}
	if logo != "" {
		f, err := os.Open(logo)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		info, err := m.Put(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", logo, err)
		}
		q.Logo = info.Digest
	}
	var set []*card.Font
	for _, name := range fonts {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		font, err := card.ReadFont(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		set = append(set, font)
	}
	info, err := m.Draw(ctx, q.Key(), q.Pictures(), campaign.Limits{}, func(of []image.Image) (image.Image, error) { return q.Draw(of, set) })
	if err != nil {
		return nil, err
	}
	return m.Read(info.Digest)
}
