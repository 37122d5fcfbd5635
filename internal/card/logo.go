package card

import (
	"image"
	"image/color"

	"github.com/go-text/typesetting/di"
	"golang.org/x/image/draw"
)

// logoRoom is the largest that a logo is on a card: a ninth of the shorter side
// high, three times as wide.
func (s Spec) logoRoom() (width, height int) {
	height = min(s.Width, s.Height) / 9
	return 3 * height, height
}

// putLogo draws the logo whole, in its proportions, on a plate of the band's
// colour in the upper corner where the quote's lines end, as far from the edges
// as the words are.
func (s Spec) putLogo(img *image.RGBA, margin int) {
	b := s.Logo.Bounds()
	src := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Bounds(), s.Logo, b.Min, draw.Src)
	w, h := s.logoRoom()
	if b.Dx()*h > b.Dy()*w {
		h = max(b.Dy()*w/b.Dx(), 1)
	} else {
		w = max(b.Dx()*h/b.Dy(), 1)
	}
	around := margin / 4
	at := image.Pt(s.Width-margin-w-around, margin+around)
	if direction(s.Quote) == di.DirectionRTL {
		at.X = margin + around
	}
	fill(img, image.Rect(at.X-around, at.Y-around, at.X+w+around, at.Y+h+around), s.Band)
	for y := range h {
		for x := range w {
			left, top := x*b.Dx()/w, y*b.Dy()/h
			c := mean(src, left, top, max((x+1)*b.Dx()/w, left+1), max((y+1)*b.Dy()/h, top+1))
			img.SetRGBA(at.X+x, at.Y+y, over(c, s.Band))
		}
	}
}

// over is a premultiplied colour on an opaque one.
func over(c, ground color.RGBA) color.RGBA {
	rest := 255 - uint32(c.A)
	on := func(a, b uint8) uint8 { return uint8(uint32(a) + (uint32(b)*rest+127)/255) }
	return color.RGBA{on(c.R, ground.R), on(c.G, ground.G), on(c.B, ground.B), 0xff}
}
