package card

import (
	"image"
	"image/color"
	"slices"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
)

// point is a place on the card in 64ths of a pixel.
type point struct{ x, y int }

// edge is one straight piece of an outline; it turns by dir where it crosses a row.
type edge struct {
	from, to point // from.y < to.y
	dir      int
}

// crossing is where an edge crosses a row.
type crossing struct{ x, dir int }

// curve is in how many straight pieces a curve is drawn.
const curve = 8

// rows is how many times each row of pixels is looked at; with 64 places from
// left to right a pixel has 256 shades.
const rows = 4

// fillGlyph draws an outline, given in units of the font, with its origin at x, y
// in 64ths of a pixel. Places outside of the card are left out.
func fillGlyph(img *image.RGBA, outline []font.Segment, upem, size, x, y int, ink color.RGBA) {
	edges := edgesOf(outline, func(p ot.SegmentPoint) point {
		// Coordinates are whole or half units: twice of them is whole, and exact.
		return point{x + roundDiv(int(2*p.X)*size*64, 2*upem), y - roundDiv(int(2*p.Y)*size*64, 2*upem)}
	})
	if len(edges) == 0 {
		return
	}
	box := edges[0]
	for _, e := range edges {
		box.from.x, box.to.x = min(box.from.x, e.from.x, e.to.x), max(box.to.x, e.from.x, e.to.x)
		box.from.y, box.to.y = min(box.from.y, e.from.y), max(box.to.y, e.to.y)
	}
	left, right := max(floorDiv(box.from.x, 64), 0), min(floorDiv(box.to.x, 64)+1, img.Rect.Dx())
	if left >= right {
		return
	}
	shade := make([]int, right-left)
	for py := max(floorDiv(box.from.y, 64), 0); py <= floorDiv(box.to.y, 64) && py < img.Rect.Dy(); py++ {
		clear(shade)
		for sub := range rows {
			cover := crossingsAt(edges, 64*py+(2*sub+1)*64/(2*rows))
			spans(cover, func(a, b int) { addSpan(shade, a-64*left, b-64*left) })
		}
		for i, a := range shade {
			if a > 0 {
				blend(img, left+i, py, ink, a)
			}
		}
	}
}

// edgesOf makes straight pieces of an outline; its parts are closed.
func edgesOf(outline []font.Segment, at func(ot.SegmentPoint) point) []edge {
	var edges []edge
	var start, pen point
	to := func(p point) {
		switch {
		case pen.y < p.y:
			edges = append(edges, edge{pen, p, 1})
		case pen.y > p.y:
			edges = append(edges, edge{p, pen, -1})
		}
		pen = p
	}
	for _, s := range outline {
		a := s.Args
		switch s.Op {
		case ot.SegmentOpMoveTo:
			to(start)
			start = at(a[0])
			pen = start
		case ot.SegmentOpLineTo:
			to(at(a[0]))
		case ot.SegmentOpQuadTo:
			p, q, r := pen, at(a[0]), at(a[1])
			for i := 1; i <= curve; i++ {
				k := curve - i
				to(point{roundDiv(k*k*p.x+2*k*i*q.x+i*i*r.x, curve*curve), roundDiv(k*k*p.y+2*k*i*q.y+i*i*r.y, curve*curve)})
			}
		case ot.SegmentOpCubeTo:
			p, q, r, s := pen, at(a[0]), at(a[1]), at(a[2])
			for i := 1; i <= curve; i++ {
				k := curve - i
				to(point{roundDiv(k*k*k*p.x+3*k*k*i*q.x+3*k*i*i*r.x+i*i*i*s.x, curve*curve*curve), roundDiv(k*k*k*p.y+3*k*k*i*q.y+3*k*i*i*r.y+i*i*i*s.y, curve*curve*curve)})
			}
		}
	}
	to(start)
	return edges
}

func crossingsAt(edges []edge, y int) []crossing {
	var out []crossing
	for _, e := range edges {
		if e.from.y <= y && y < e.to.y {
			x := e.from.x + roundDiv((e.to.x-e.from.x)*(y-e.from.y), e.to.y-e.from.y)
			out = append(out, crossing{x, e.dir})
		}
	}
	slices.SortFunc(out, func(a, b crossing) int { return a.x - b.x })
	return out
}

// spans calls f for each stretch that lies inside: where the outline turns round it.
func spans(cs []crossing, f func(a, b int)) {
	turns := 0
	for i, c := range cs {
		if turns != 0 {
			f(cs[i-1].x, c.x)
		}
		turns += c.dir
	}
}

// addSpan adds a stretch of one row, in 64ths of a pixel, to the shades.
func addSpan(shade []int, a, b int) {
	a, b = max(a, 0), min(b, 64*len(shade))
	for a < b {
		i := a / 64
		end := min(64*(i+1), b)
		shade[i] += end - a
		a = end
	}
}

// blend puts ink over a pixel, a of 256.
func blend(img *image.RGBA, x, y int, ink color.RGBA, a int) {
	a = min(a, 256)
	i := img.PixOffset(x, y)
	for k, c := range []uint8{ink.R, ink.G, ink.B} {
		img.Pix[i+k] = uint8((int(img.Pix[i+k])*(256-a) + int(c)*a + 128) / 256)
	}
}

// roundDiv divides and rounds to the nearest, halves away from zero.
func roundDiv(a, b int) int {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
