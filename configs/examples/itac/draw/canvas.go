package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas is a picture under work. Lengths are pixels, y grows downwards.
type canvas struct {
	img  *image.RGBA
	w, h float64
}

// point is a place on a canvas.
type point struct{ x, y float64 }

func newCanvas(w, h int, ground color.Color) *canvas {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return &canvas{img: img, w: float64(w), h: float64(h)}
}

// poly fills the polygon through the points.
func (c *canvas) poly(col color.Color, ps ...point) {
	box := c.boxOf(ps)
	if box.Empty() {
		return
	}
	// Only the shape's own box is rasterised: twenty times faster than the whole picture.
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	at := func(p point) (x, y float32) {
		return float32(p.x - float64(box.Min.X)), float32(p.y - float64(box.Min.Y))
	}
	r.MoveTo(at(ps[0]))
	for _, p := range ps[1:] {
		r.LineTo(at(p))
	}
	r.ClosePath()
	r.Draw(c.img, box, image.NewUniform(col), image.Point{})
}

// boxOf is the smallest box of whole pixels round the points, inside the picture.
func (c *canvas) boxOf(ps []point) image.Rectangle {
	x0, y0, x1, y1 := ps[0].x, ps[0].y, ps[0].x, ps[0].y
	for _, p := range ps[1:] {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	box := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
	return box.Intersect(c.img.Bounds())
}

func (c *canvas) rect(col color.Color, x, y, w, h float64) {
	c.poly(col, point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

// round fills a rectangle whose corners have radius rad.
func (c *canvas) round(col color.Color, x, y, w, h, rad float64) {
	rad = min(rad, w/2, h/2)
	var ps []point
	for i, corner := range []point{{x + w - rad, y + rad}, {x + w - rad, y + h - rad}, {x + rad, y + h - rad}, {x + rad, y + rad}} {
		ps = append(ps, arc(corner.x, corner.y, rad, rad, float64(i)*90-90, float64(i)*90)...)
	}
	c.poly(col, ps...)
}

func (c *canvas) disc(col color.Color, x, y, r float64) { c.ellipse(col, x, y, r, r) }

func (c *canvas) ellipse(col color.Color, x, y, rx, ry float64) {
	c.poly(col, arc(x, y, rx, ry, 0, 360)...)
}

// dome fills the upper half of an ellipse that stands on y.
func (c *canvas) dome(col color.Color, x, y, rx, ry float64) {
	c.poly(col, arc(x, y, rx, ry, 180, 360)...)
}

// bowl fills the lower half of an ellipse that hangs from y.
func (c *canvas) bowl(col color.Color, x, y, rx, ry float64) {
	c.poly(col, arc(x, y, rx, ry, 0, 180)...)
}

// stroke draws a line of the given width with round ends through the points.
func (c *canvas) stroke(col color.Color, width float64, ps ...point) {
	for i, p := range ps {
		c.disc(col, p.x, p.y, width/2)
		if i == 0 {
			continue
		}
		a := ps[i-1]
		d := math.Hypot(p.x-a.x, p.y-a.y)
		if d == 0 {
			continue
		}
		nx, ny := (a.y-p.y)/d*width/2, (p.x-a.x)/d*width/2
		c.poly(col, point{a.x + nx, a.y + ny}, point{p.x + nx, p.y + ny}, point{p.x - nx, p.y - ny}, point{a.x - nx, a.y - ny})
	}
}

// arc is the outline of an ellipse from one angle to another in degrees,
// clockwise from the right.
func arc(x, y, rx, ry, from, to float64) []point {
	n := max(6, int((to-from)/5))
	ps := make([]point, 0, n+1)
	for i := range n + 1 {
		a := (from + (to-from)*float64(i)/float64(n)) * math.Pi / 180
		ps = append(ps, point{x + rx*math.Cos(a), y + ry*math.Sin(a)})
	}
	return ps
}
