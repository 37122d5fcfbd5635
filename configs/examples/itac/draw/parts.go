package main

import (
	"image/color"
)

// The palette that all scenes share.
var (
	cream   = rgb(0xFDF4E3)
	sand    = rgb(0xF3DDB3)
	sky     = rgb(0xCDE9EC)
	dawn    = rgb(0xFBE0C8)
	navy    = rgb(0x24364B)
	teal    = rgb(0x2A7F86)
	mint    = rgb(0x8CC9B4)
	leaf    = rgb(0x5E9C62)
	meadow  = rgb(0xA9CF8F)
	coral   = rgb(0xE8735A)
	brick   = rgb(0xB8503F)
	mustard = rgb(0xF0B64A)
	violet  = rgb(0x7F63A6)
	blue    = rgb(0x4B86C6)
	white   = rgb(0xFFFFFF)
	stone   = rgb(0xD9D3C7)
	wood    = rgb(0xA86F43)
	timber  = rgb(0xC9935F)
	night   = rgb(0x17232F)

	skins = []color.RGBA{rgb(0x5B3A29), rgb(0x8D5A3B), rgb(0xC68958), rgb(0xF0C8A0), rgb(0xDDA476)}
	hairs = []color.RGBA{rgb(0x2B1D16), rgb(0x5A3A22), rgb(0x8C5A2B), rgb(0x3A3A40), rgb(0xC9C4BC)}
)

func rgb(v uint32) color.RGBA {
	return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}

// hair is how a figure wears it.
type hair int

const (
	short hair = iota
	long
	bun
	curls
	scarf // a headscarf in the colour of the hair field
	cap_  // a cap in the colour of the hair field
)

// figure is a friendly person seen from the front. All lengths follow from the
// height.
type figure struct {
	x, foot, height float64
	skin, hair      color.RGBA
	style           hair
	top, legs       color.RGBA
	skirt, seated   bool  // seated: on a bench as high as the hips
	left, right     point // hands, relative to the shoulders in heads; zero hangs down
	singing         bool
}

// draw paints the figure on the canvas.
func (f figure) draw(c *canvas) {
	u := f.height / 5.2 // one head
	headY := f.foot - f.height + u*0.62
	if f.seated {
		headY += u * 0.9
	}
	shoulder := headY + u*0.95
	hip := shoulder + u*1.65
	// legs and shoes
	if f.skirt {
		c.poly(f.legs, point{f.x - u*0.5, hip - u*0.3}, point{f.x + u*0.5, hip - u*0.3}, point{f.x + u*0.78, f.foot - u*0.45}, point{f.x - u*0.78, f.foot - u*0.45})
		for _, s := range []float64{-1, 1} {
			c.stroke(f.skin, u*0.22, point{f.x + s*u*0.26, f.foot - u*0.5}, point{f.x + s*u*0.26, f.foot - u*0.12})
			c.round(navy, f.x+s*u*0.26-u*0.2, f.foot-u*0.18, u*0.4, u*0.18, u*0.09)
		}
	} else {
		for _, s := range []float64{-1, 1} {
			c.stroke(f.legs, u*0.44, point{f.x + s*u*0.27, hip}, point{f.x + s*u*0.3, f.foot - u*0.25})
			c.round(navy, f.x+s*u*0.3-u*0.25, f.foot-u*0.2, u*0.5, u*0.2, u*0.1)
		}
	}
	if f.style == long {
		c.round(f.hair, f.x-u*0.56, headY-u*0.35, u*1.12, u*1.45, u*0.5)
	}
	if f.style == scarf {
		c.ellipse(f.hair, f.x, shoulder-u*0.02, u*0.62, u*0.42)
	}
	// body
	c.round(f.skin, f.x-u*0.16, headY+u*0.3, u*0.32, u*0.6, u*0.1)
	c.round(f.top, f.x-u*0.66, shoulder-u*0.2, u*1.32, hip-shoulder+u*0.42, u*0.42)
	f.arm(c, u, shoulder, -1, f.left)
	f.arm(c, u, shoulder, 1, f.right)
	if f.style == scarf {
		c.round(f.hair, f.x-u*0.3, headY+u*0.3, u*0.6, u*0.5, u*0.1)
		c.bowl(f.hair, f.x, shoulder-u*0.22, u*0.5, u*0.42)
	}
	f.head(c, u, headY)
}

// arm paints one arm; side is -1 for the picture's left, 1 for its right.
func (f figure) arm(c *canvas, u, shoulder, side float64, hand point) {
	if hand == (point{}) {
		hand = point{0.28, 1.5}
	}
	s := point{f.x + side*u*0.56, shoulder + u*0.04}
	h := point{s.x + side*u*hand.x, s.y + u*hand.y}
	mid := point{(s.x+h.x)/2 + side*u*0.14, (s.y+h.y)/2 + u*0.08}
	c.stroke(f.top, u*0.34, s, mid)
	c.stroke(f.skin, u*0.25, mid, h)
	c.stroke(f.top, u*0.33, mid, point{mid.x + (h.x-mid.x)*0.3, mid.y + (h.y-mid.y)*0.3})
	c.disc(f.skin, h.x, h.y, u*0.17)
}

// head paints hair, face and expression.
func (f figure) head(c *canvas, u, y float64) {
	r := u * 0.5
	switch f.style {
	case curls:
		for _, p := range []point{{-0.42, -0.1}, {-0.36, -0.4}, {0, -0.52}, {0.36, -0.4}, {0.42, -0.1}} {
			c.disc(f.hair, f.x+p.x*u, y+p.y*u, u*0.27)
		}
	case bun:
		c.disc(f.hair, f.x, y-u*0.62, u*0.24)
		c.disc(f.hair, f.x, y-u*0.04, r*1.07)
	case scarf:
		c.ellipse(f.hair, f.x, y+u*0.02, r*1.24, r*1.3)
	case cap_:
		c.disc(hairs[0], f.x, y-u*0.05, r*1.04)
	default:
		c.disc(f.hair, f.x, y-u*0.05, r*1.08)
	}
	c.ellipse(f.skin, f.x, y+u*0.05, r*0.92, r*0.98)
	switch f.style {
	case short, long, bun, curls:
		c.poly(f.hair, append(arc(f.x, y-u*0.02, r*0.96, r*0.98, 195, 345), point{f.x, y - u*0.2})...)
	case scarf:
		c.dome(f.hair, f.x, y-u*0.17, r*0.86, r*0.66)
	case cap_:
		c.dome(f.hair, f.x, y-u*0.1, r*1.08, r*1.02)
		c.round(f.hair, f.x-u*0.6, y-u*0.18, u*1.2, u*0.16, u*0.08)
	}
	for _, s := range []float64{-1, 1} {
		c.disc(night, f.x+s*u*0.18, y+u*0.08, u*0.055)
	}
	if f.singing {
		c.ellipse(brick, f.x, y+u*0.3, u*0.1, u*0.13)
		return
	}
	c.stroke(brick, u*0.055, arc(f.x, y+u*0.18, u*0.17, u*0.14, 20, 160)...)
}

// house is a front with rows of windows and a flat roof line.
func house(c *canvas, col, trim color.RGBA, x, y, w, h float64, cols, rows int) {
	c.rect(col, x, y, w, h)
	c.rect(trim, x-w*0.03, y-h*0.035, w*1.06, h*0.05)
	ww, wh := w/float64(cols*2+1), h/float64(rows*2+1)
	for i := range cols {
		for j := range rows {
			c.round(white, x+ww*float64(2*i+1), y+wh*float64(2*j+1), ww, wh*1.15, ww*0.1)
			c.rect(sky, x+ww*(float64(2*i+1)+0.12), y+wh*(float64(2*j+1)+0.12), ww*0.76, wh*0.92)
		}
	}
}

// awning is a striped shade that hangs in scallops.
func awning(c *canvas, a, b color.RGBA, x, y, w, h float64, stripes int) {
	sw := w / float64(stripes)
	for i := range stripes {
		col := a
		if i%2 == 1 {
			col = b
		}
		c.rect(col, x+sw*float64(i), y, sw, h)
		c.bowl(col, x+sw*(float64(i)+0.5), y+h, sw/2, sw*0.4)
	}
}

// tree stands on y.
func tree(c *canvas, x, y, h float64, crown color.RGBA) {
	c.round(wood, x-h*0.04, y-h*0.5, h*0.08, h*0.5, h*0.02)
	c.disc(crown, x-h*0.17, y-h*0.55, h*0.2)
	c.disc(crown, x+h*0.17, y-h*0.55, h*0.2)
	c.disc(crown, x, y-h*0.75, h*0.25)
}

// plant is a stem with pairs of leaves; it stands on y.
func plant(c *canvas, x, y, h float64, col color.RGBA) {
	c.stroke(col, h*0.07, point{x, y}, point{x, y - h})
	for i := range 3 {
		at := y - h*(0.3+0.3*float64(i))
		c.ellipse(col, x-h*0.17, at, h*0.17, h*0.09)
		c.ellipse(col, x+h*0.17, at, h*0.17, h*0.09)
	}
}

// cloud floats with its flat side on y.
func cloud(c *canvas, x, y, w float64) {
	c.round(white, x-w/2, y-w*0.16, w, w*0.16, w*0.08)
	c.dome(white, x-w*0.16, y-w*0.08, w*0.2, w*0.2)
	c.dome(white, x+w*0.14, y-w*0.08, w*0.26, w*0.28)
}

// heart is w wide; x, y is its middle.
func heart(c *canvas, col color.RGBA, x, y, w float64) {
	c.disc(col, x-w*0.23, y-w*0.12, w*0.27)
	c.disc(col, x+w*0.23, y-w*0.12, w*0.27)
	c.poly(col, point{x - w*0.455, y + w*0.02}, point{x + w*0.455, y + w*0.02}, point{x, y + w*0.5})
}

// loaf is a round bread with three cuts.
func loaf(c *canvas, x, y, w float64) {
	c.ellipse(timber, x, y, w/2, w*0.3)
	for i := range 3 {
		dx := (float64(i) - 1) * w * 0.22
		c.stroke(cream, w*0.05, point{x + dx - w*0.05, y + w*0.08}, point{x + dx + w*0.05, y - w*0.1})
	}
}
