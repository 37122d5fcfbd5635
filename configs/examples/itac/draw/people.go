package main

import "image/color"

// nurse stands smiling at a clinic door; the mountains of Quito lie behind.
func nurse() *canvas {
	c := newCanvas(1080, 1080, sky)
	c.disc(mustard, 880, 170, 80)
	cloud(c, 250, 180, 220)
	c.poly(mint, point{0, 620}, point{240, 330}, point{470, 600}, point{720, 300}, point{1080, 620})
	c.poly(white, point{188, 393}, point{240, 330}, point{297, 397}, point{262, 380}, point{236, 410}, point{214, 384})
	c.poly(white, point{652, 385}, point{720, 300}, point{802, 373}, point{757, 360}, point{724, 398}, point{690, 366})
	c.rect(meadow, 0, 600, 1080, 480)
	c.rect(cream, 330, 330, 560, 590)
	c.rect(teal, 305, 295, 610, 60)
	c.disc(white, 790, 325, 48)
	heart(c, coral, 790, 322, 56)
	c.round(teal, 420, 440, 250, 480, 16)
	c.round(sky, 450, 475, 190, 200, 10)
	c.disc(mustard, 640, 730, 14)
	c.round(white, 730, 460, 120, 150, 10)
	c.rect(sky, 742, 472, 96, 126)
	c.rect(white, 786, 472, 8, 126)
	c.rect(stone, 290, 900, 650, 50)
	c.rect(sand, 0, 950, 1080, 130)
	for _, x := range []float64{150, 960} {
		c.round(brick, x-60, 880, 120, 100, 14)
		for i := range 3 {
			plant(c, x-36+36*float64(i), 885, 120, leaf)
			c.disc(coral, x-36+36*float64(i), 762, 18)
		}
	}
	f := figure{x: 545, foot: 990, height: 640, skin: skins[2], hair: hairs[0], style: bun, top: blue, legs: blue, left: point{0.75, -0.75}}
	f.draw(c)
	// collar and watch of the uniform
	c.poly(skins[2], point{520, 562}, point{570, 562}, point{545, 610})
	c.round(white, 575, 640, 40, 26, 4)
	return c
}

// baker holds a tray of bread before a shop; the sea is behind.
func baker() *canvas {
	c := newCanvas(1080, 1080, dawn)
	c.disc(mustard, 860, 250, 110)
	c.rect(teal, 0, 470, 1080, 200)
	for i := range 5 {
		c.stroke(mint, 8, point{80 + 220*float64(i), 540}, point{180 + 220*float64(i), 540})
		c.stroke(mint, 8, point{0 + 220*float64(i), 610}, point{90 + 220*float64(i), 610})
	}
	c.poly(white, point{820, 300}, point{820, 470}, point{930, 470})
	c.poly(cream, point{805, 330}, point{805, 470}, point{735, 470})
	c.bowl(brick, 830, 478, 120, 60)
	c.rect(sand, 0, 660, 1080, 420)
	c.rect(cream, 60, 260, 430, 660)
	c.rect(brick, 40, 215, 470, 55)
	awning(c, coral, white, 50, 380, 450, 90, 7)
	c.round(teal, 110, 500, 160, 420, 10)
	c.rect(sky, 135, 530, 110, 170)
	c.round(wood, 300, 540, 160, 220, 8)
	c.rect(dawn, 315, 555, 130, 190)
	for j := range 3 {
		loaf(c, 345, 590+60*float64(j), 54)
		loaf(c, 412, 590+60*float64(j), 54)
		c.rect(wood, 315, 608+60*float64(j), 130, 8)
	}
	c.rect(stone, 0, 920, 1080, 160)
	f := figure{x: 660, foot: 1010, height: 680, skin: skins[1], hair: white, style: cap_, top: white, legs: navy, left: point{0.2, 1.24}, right: point{0.2, 1.24}}
	f.draw(c)
	c.round(coral, 600, 680, 120, 190, 24)
	c.stroke(coral, 12, point{610, 690}, point{622, 590})
	c.stroke(coral, 12, point{710, 690}, point{698, 590})
	c.round(wood, 505, 690, 310, 24, 10)
	for i := range 4 {
		loaf(c, 550+73*float64(i), 672, 78)
	}
	for _, x := range []float64{560, 760} {
		c.disc(skins[1], x, 706, 24)
	}
	return c
}

// marketStall shows a grocer behind fruit and a customer.
func marketStall() *canvas {
	c := newCanvas(1080, 1080, cream)
	house(c, mint, teal, 40, 150, 300, 760, 2, 5)
	house(c, sand, timber, 740, 220, 300, 690, 2, 5)
	c.rect(stone, 0, 880, 1080, 200)
	for _, x := range []float64{215, 845} {
		c.rect(wood, x, 300, 20, 620)
	}
	f := figure{x: 470, foot: 990, height: 600, skin: skins[0], hair: mustard, style: scarf, top: violet, legs: violet, right: point{0.95, 0.4}}
	f.draw(c)
	awning(c, leaf, white, 180, 220, 720, 110, 9)
	c.rect(timber, 200, 760, 680, 190)
	c.rect(wood, 180, 735, 720, 36)
	for i, fruit := range []color.RGBA{coral, mustard, leaf, brick} {
		x := 260 + 165*float64(i)
		for k := range 3 {
			c.disc(fruit, x-40+40*float64(k), 716, 25)
		}
		for k := range 2 {
			c.disc(fruit, x-20+40*float64(k), 682, 25)
		}
		c.round(sand, x-72, 716, 144, 40, 8)
	}
	b := figure{x: 770, foot: 1040, height: 620, skin: skins[3], hair: hairs[4], style: short, top: coral, legs: navy, left: point{0.5, 0.6}}
	b.draw(c)
	// the paper bag between them
	c.poly(timber, point{610, 640}, point{690, 640}, point{682, 740}, point{618, 740})
	c.disc(mustard, 630, 636, 22)
	c.disc(leaf, 666, 632, 22)
	return c
}

// workshop shows two people at a bench, one shows the other how.
func workshop() *canvas {
	c := newCanvas(1080, 1080, sand)
	c.rect(cream, 60, 80, 960, 420)
	for i := range 6 {
		x := 150 + 150*float64(i)
		c.disc(stone, x, 130, 10)
		switch i % 3 {
		case 0: // hammer
			c.rect(wood, x-8, 150, 16, 190)
			c.round(navy, x-52, 150, 104, 44, 8)
		case 1: // saw
			c.poly(stone, point{x - 24, 150}, point{x + 24, 150}, point{x + 8, 320}, point{x - 8, 320})
			c.round(coral, x-34, 138, 68, 50, 16)
		case 2: // spanner
			c.round(teal, x-12, 180, 24, 160, 12)
			c.disc(teal, x, 180, 34)
			c.disc(cream, x, 164, 20)
		}
	}
	c.rect(stone, 0, 900, 1080, 180)
	a := figure{x: 360, foot: 1010, height: 660, skin: skins[3], hair: hairs[4], style: short, top: teal, legs: navy, right: point{0.37, 0.74}}
	a.draw(c)
	b := figure{x: 720, foot: 1010, height: 620, skin: skins[1], hair: hairs[0], style: curls, top: mustard, legs: blue, left: point{0.42, 0.56}}
	b.draw(c)
	c.rect(wood, 120, 760, 840, 44)
	c.rect(timber, 160, 804, 70, 220)
	c.rect(timber, 850, 804, 70, 220)
	c.rect(timber, 230, 850, 620, 26)
	// the chair they mend
	c.rect(brick, 470, 560, 20, 200)
	c.rect(brick, 590, 560, 20, 200)
	c.round(brick, 460, 560, 160, 44, 12)
	c.round(coral, 455, 660, 170, 30, 10)
	c.disc(a.skin, 478, 640, 22)
	c.disc(b.skin, 604, 640, 22)
	c.round(navy, 690, 736, 90, 26, 8)
	c.rect(wood, 780, 744, 80, 12)
	return c
}
