package main

import "image/color"

// choir shows seven singers of all ages in two rows.
func choir() *canvas {
	c := newCanvas(1200, 675, violet)
	c.poly(rgb(0x8E74B3), point{300, 0}, point{900, 0}, point{1120, 675}, point{80, 675})
	c.rect(wood, 0, 570, 1200, 105)
	c.rect(timber, 180, 500, 840, 80)
	back := []figure{
		{x: 330, skin: skins[3], hair: hairs[4], style: short, top: navy, legs: navy},
		{x: 510, skin: skins[0], hair: mustard, style: scarf, top: teal, legs: teal},
		{x: 690, skin: skins[2], hair: hairs[0], style: long, top: coral, legs: navy},
		{x: 870, skin: skins[1], hair: hairs[0], style: short, top: mustard, legs: navy},
	}
	for _, f := range back {
		f.foot, f.height, f.singing = 510, 330, true
		f.draw(c)
	}
	front := []figure{
		{x: 420, skin: skins[4], hair: hairs[1], style: bun, top: mustard, legs: brick, skirt: true},
		{x: 600, skin: skins[1], hair: hairs[0], style: curls, top: leaf, legs: navy},
		{x: 780, skin: skins[3], hair: coral, style: scarf, top: teal, legs: teal, skirt: true},
	}
	for _, f := range front {
		f.foot, f.height, f.singing = 640, 330, true
		f.left, f.right = point{-0.25, 0.75}, point{-0.25, 0.75}
		f.draw(c)
		u := f.height / 5.2
		c.poly(cream, point{f.x - u*0.5, f.foot - u*2.75}, point{f.x, f.foot - u*2.6}, point{f.x, f.foot - u*2.05}, point{f.x - u*0.5, f.foot - u*2.2})
		c.poly(white, point{f.x + u*0.5, f.foot - u*2.75}, point{f.x, f.foot - u*2.6}, point{f.x, f.foot - u*2.05}, point{f.x + u*0.5, f.foot - u*2.2})
	}
	for i, p := range []point{{150, 180}, {230, 90}, {1030, 190}, {1100, 90}, {950, 110}} {
		note(c, p.x, p.y, []color.RGBA{mustard, cream, coral}[i%3])
	}
	return c
}

// note is a quaver.
func note(c *canvas, x, y float64, col color.RGBA) {
	c.ellipse(col, x, y, 20, 15)
	c.stroke(col, 7, point{x + 17, y}, point{x + 17, y - 70}, point{x + 42, y - 50})
}

// schoolGarden shows children and a gardener between raised beds.
func schoolGarden() *canvas {
	c := newCanvas(1200, 675, sky)
	c.disc(mustard, 130, 110, 60)
	cloud(c, 420, 120, 170)
	house(c, cream, coral, 700, 150, 440, 280, 5, 2)
	c.rect(meadow, 0, 400, 1200, 275)
	for i := range 12 {
		c.round(white, 20+100*float64(i), 350, 22, 90, 8)
	}
	c.rect(white, 0, 375, 1200, 14)
	tree(c, 90, 430, 240, leaf)
	figure{x: 590, foot: 560, height: 260, skin: skins[1], hair: sand, style: cap_, top: leaf, legs: navy, left: point{0.6, 0.5}}.draw(c)
	figure{x: 330, foot: 545, height: 180, skin: skins[3], hair: hairs[2], style: long, top: coral, legs: violet, skirt: true, right: point{0.6, 0.5}}.draw(c)
	figure{x: 860, foot: 545, height: 180, skin: skins[0], hair: hairs[0], style: curls, top: mustard, legs: teal, left: point{0.5, 0.5}}.draw(c)
	figure{x: 1030, foot: 545, height: 190, skin: skins[2], hair: teal, style: scarf, top: teal, legs: navy, skirt: true, left: point{0.5, -0.4}}.draw(c)
	for i := range 3 {
		x := 60 + 375*float64(i)
		c.round(brick, x, 540, 330, 20, 8)
		c.rect(timber, x, 560, 330, 70)
		c.rect(wood, x, 592, 330, 6)
		for k := range 5 {
			px := x + 38 + 64*float64(k)
			plant(c, px, 545, 70, leaf)
			switch i {
			case 0:
				c.disc(coral, px+12, 505, 12)
				c.disc(coral, px-12, 520, 12)
			case 1:
				c.disc(mustard, px, 470, 17)
				c.disc(wood, px, 470, 7)
			case 2:
				c.ellipse(violet, px+12, 515, 9, 18)
			}
		}
	}
	return c
}

// longTable shows neighbours of all ages at one long table under lamps.
func longTable() *canvas {
	c := newCanvas(1200, 675, navy)
	for i := range 9 {
		x := 60 + 135*float64(i)
		c.stroke(stone, 3, point{x - 67, 70}, point{x, 95}, point{x + 67, 70})
		c.disc(mustard, x, 108, 14)
	}
	house(c, rgb(0x31495F), teal, 60, 190, 280, 320, 3, 3)
	house(c, rgb(0x3B4A63), coral, 860, 160, 280, 350, 3, 3)
	c.rect(rgb(0x2D4258), 0, 500, 1200, 175)
	people := []figure{
		{x: 190, height: 330, skin: skins[3], hair: hairs[4], style: bun, top: violet},
		{x: 350, height: 340, skin: skins[0], hair: hairs[0], style: short, top: coral},
		{x: 500, height: 250, skin: skins[0], hair: hairs[0], style: curls, top: mustard},
		{x: 650, height: 330, skin: skins[2], hair: mint, style: scarf, top: teal},
		{x: 820, height: 340, skin: skins[3], hair: hairs[2], style: short, top: leaf},
		{x: 990, height: 330, skin: skins[1], hair: hairs[0], style: long, top: blue},
	}
	for _, f := range people {
		f.foot, f.legs = 630, navy
		f.left, f.right = point{0.1, 0.9}, point{0.1, 0.9}
		f.draw(c)
	}
	c.rect(cream, 60, 500, 1080, 60)
	c.rect(sand, 60, 556, 1080, 14)
	for i := range 8 {
		c.poly(sand, point{90 + 135*float64(i), 560}, point{180 + 135*float64(i), 560}, point{135 + 135*float64(i), 600})
	}
	for i := range 6 {
		x := 150 + 180*float64(i)
		c.ellipse(white, x, 520, 52, 14)
		switch i % 3 {
		case 0:
			loaf(c, x, 506, 70)
		case 1:
			for k := range 4 {
				c.disc([]color.RGBA{coral, mustard, leaf, coral}[k], x-30+20*float64(k), 508, 14)
			}
		case 2:
			c.bowl(teal, x, 496, 44, 28)
			c.ellipse(mustard, x, 496, 44, 10)
		}
		c.round(sky, x+72, 490, 22, 34, 5)
	}
	return c
}

// classroom shows a teacher and pupils before a board with greetings.
func classroom() *canvas {
	c := newCanvas(1200, 675, cream)
	c.rect(sand, 0, 540, 1200, 135)
	c.round(wood, 280, 70, 640, 310, 12)
	c.rect(rgb(0x2F5D50), 298, 88, 604, 274)
	// a drawn world and a sun on the board
	c.disc(mint, 440, 225, 95)
	c.ellipse(leaf, 415, 190, 45, 32)
	c.ellipse(leaf, 470, 250, 40, 45)
	c.ellipse(leaf, 395, 265, 22, 28)
	for i := range 3 {
		c.stroke(cream, 8, point{600, 150 + 70*float64(i)}, point{840 - 50*float64(i), 150 + 70*float64(i)})
	}
	c.round(white, 60, 120, 160, 190, 8)
	c.rect(sky, 72, 132, 136, 166)
	c.rect(white, 136, 132, 8, 166)
	c.round(coral, 1000, 130, 140, 14, 4)
	for i, col := range []color.RGBA{teal, mustard, violet, coral, leaf} {
		c.rect(col, 1006+26*float64(i), 70, 20, 60)
	}
	figure{x: 960, foot: 600, height: 380, skin: skins[0], hair: hairs[0], style: curls, top: violet, legs: navy, skirt: true, left: point{0.9, -0.5}}.draw(c)
	pupils := []figure{
		{x: 170, skin: skins[2], hair: hairs[0], style: long, top: coral, right: point{0.35, -1.1}},
		{x: 400, skin: skins[3], hair: hairs[2], style: short, top: blue},
		{x: 630, skin: skins[1], hair: mustard, style: scarf, top: teal},
		{x: 800, skin: skins[4], hair: hairs[1], style: curls, top: leaf, left: point{0.35, -1.1}},
	}
	for _, f := range pupils {
		f.foot, f.height, f.legs = 660, 250, navy
		f.draw(c)
	}
	for i := range 4 {
		x := []float64{170, 400, 630, 800}[i]
		c.round(timber, x-90, 560, 180, 20, 6)
		c.rect(wood, x-76, 580, 12, 95)
		c.rect(wood, x+64, 580, 12, 95)
		c.poly(white, point{x - 34, 562}, point{x, 556}, point{x + 34, 562}, point{x, 568})
	}
	return c
}

// studio shows two young people who talk into microphones.
func studio() *canvas {
	c := newCanvas(1200, 675, rgb(0x2C4A63))
	for i := range 8 {
		for j := range 3 {
			c.round(rgb(0x35566F), 30+148*float64(i), 30+148*float64(j), 128, 128, 16)
		}
	}
	c.round(coral, 500, 60, 200, 74, 37)
	c.disc(white, 555, 97, 16)
	for i, h := range []float64{14, 30, 20, 36, 16} {
		c.round(white, 590+18*float64(i), 97-h/2, 8, h, 4)
	}
	a := figure{x: 350, foot: 690, height: 500, skin: skins[1], hair: hairs[0], style: curls, top: mustard, legs: navy, left: point{0.55, -0.2}, right: point{0.1, 1.15}}
	b := figure{x: 850, foot: 690, height: 490, skin: skins[3], hair: violet, style: scarf, top: mint, legs: navy, left: point{0.1, 1.15}}
	for _, f := range []figure{a, b} {
		f.draw(c)
		u := f.height / 5.2
		y := f.foot - f.height + u*0.62
		c.stroke(coral, 12, arc(f.x, y, u*0.62, u*0.66, 190, 350)...)
		for _, s := range []float64{-1, 1} {
			c.round(coral, f.x+s*u*0.6-u*0.13, y-u*0.12, u*0.26, u*0.46, u*0.12)
		}
	}
	c.rect(wood, 120, 560, 960, 30)
	c.rect(timber, 120, 590, 960, 85)
	for _, x := range []float64{480, 720} {
		c.stroke(stone, 9, point{x, 560}, point{x, 440})
		c.round(stone, x-40, 550, 80, 14, 7)
		c.round(night, x-28, 360, 56, 96, 28)
		c.rect(stone, x-28, 404, 56, 8)
	}
	c.round(white, 575, 520, 50, 44, 8)
	c.stroke(white, 7, arc(628, 540, 14, 14, -90, 90)...)
	return c
}
