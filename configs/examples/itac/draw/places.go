package main

import "image/color"

// street has a library, a bakery and a bench where people talk.
func street() *canvas {
	c := newCanvas(1200, 675, sky)
	c.disc(mustard, 1060, 110, 60)
	cloud(c, 240, 110, 170)
	cloud(c, 760, 90, 140)
	c.rect(stone, 0, 540, 1200, 135)
	c.rect(cream, 0, 520, 1200, 30)
	// library: columns, gable, an open book
	c.poly(teal, point{60, 230}, point{260, 120}, point{460, 230})
	c.rect(cream, 80, 230, 360, 300)
	for i := range 4 {
		c.round(white, 105+90*float64(i), 250, 40, 270, 8)
	}
	c.rect(navy, 215, 380, 90, 150)
	c.poly(white, point{205, 210}, point{260, 195}, point{260, 165}, point{205, 180})
	c.poly(mustard, point{315, 210}, point{260, 195}, point{260, 165}, point{315, 180})
	c.rect(stone, 60, 520, 400, 20)
	// bakery
	house(c, coral, brick, 520, 170, 260, 190, 2, 1)
	c.rect(coral, 520, 340, 260, 190)
	awning(c, mustard, white, 505, 345, 290, 50, 8)
	c.rect(sky, 540, 415, 130, 90)
	for i := range 2 {
		loaf(c, 573+62*float64(i), 485, 52)
	}
	c.rect(wood, 700, 420, 60, 110)
	// home with balcony
	house(c, mint, leaf, 840, 210, 200, 320, 2, 3)
	tree(c, 1120, 545, 270, leaf)
	// bench and people
	c.round(wood, 820, 530, 310, 22, 8)
	c.rect(wood, 850, 540, 14, 105)
	c.rect(wood, 1086, 540, 14, 105)
	c.round(timber, 820, 588, 310, 20, 8)
	figure{x: 910, foot: 648, height: 235, seated: true, skin: skins[0], hair: violet, style: scarf, top: violet, legs: navy, right: point{0.7, 0.2}}.draw(c)
	figure{x: 1035, foot: 648, height: 235, seated: true, skin: skins[3], hair: hairs[4], style: short, top: blue, legs: brick, left: point{0.5, 0.7}}.draw(c)
	figure{x: 640, foot: 640, height: 185, skin: skins[2], hair: hairs[1], style: long, top: mustard, legs: teal, skirt: true, left: point{0.5, 0.4}}.draw(c)
	figure{x: 560, foot: 640, height: 125, skin: skins[2], hair: hairs[1], style: short, top: coral, legs: navy, right: point{0.5, -0.3}}.draw(c)
	return c
}

// skylines shows four cities side by side, one window each.
func skylines() *canvas {
	c := newCanvas(1200, 675, navy)
	grounds := []color.RGBA{sky, dawn, mint, sand}
	for i, g := range grounds {
		x := 30 + 290*float64(i)
		c.round(g, x, 60, 270, 555, 24)
	}
	// mountains and church domes
	c.poly(teal, point{30, 556}, point{30, 470}, point{110, 250}, point{180, 400}, point{230, 300}, point{300, 470}, point{300, 556})
	c.poly(white, point{92, 299}, point{110, 250}, point{133, 300}, point{112, 288})
	house(c, cream, coral, 60, 430, 90, 130, 2, 2)
	house(c, white, coral, 170, 400, 100, 160, 2, 2)
	c.dome(mustard, 220, 398, 42, 50)
	c.rect(leaf, 30, 555, 270, 36)
	c.round(leaf, 30, 560, 270, 55, 24)
	// harbour city with a lighthouse
	c.poly(white, point{520, 300}, point{560, 300}, point{570, 540}, point{510, 540})
	c.rect(coral, 516, 380, 48, 40)
	c.rect(coral, 512, 470, 56, 40)
	c.dome(navy, 540, 300, 24, 34)
	house(c, brick, navy, 345, 410, 70, 140, 1, 3)
	house(c, mustard, navy, 420, 440, 70, 110, 1, 2)
	c.round(blue, 320, 540, 270, 75, 24)
	c.rect(blue, 320, 540, 270, 30)
	c.bowl(cream, 450, 566, 46, 26)
	c.stroke(cream, 5, point{450, 566}, point{450, 500})
	c.poly(coral, point{456, 502}, point{456, 556}, point{492, 556})
	// minaret, dome and palms
	c.disc(mustard, 840, 150, 38)
	c.rect(white, 655, 310, 40, 240)
	c.dome(teal, 675, 312, 26, 44)
	c.rect(cream, 700, 430, 140, 130)
	c.dome(teal, 770, 430, 62, 72)
	c.round(navy, 748, 480, 44, 80, 22)
	c.rect(sand, 610, 548, 270, 40)
	c.round(sand, 610, 555, 270, 60, 24)
	c.stroke(wood, 12, point{848, 555}, point{838, 420})
	for _, d := range []point{{-52, 10}, {-38, -30}, {8, -46}, {36, -14}, {28, 24}} {
		c.stroke(leaf, 11, point{836, 420}, point{836 + d.x*0.6, 414 + d.y*0.8}, point{836 + d.x*0.9, 424 + d.y*0.8})
	}
	// towers with lit windows
	house(c, violet, navy, 925, 300, 80, 260, 2, 6)
	house(c, blue, navy, 1015, 380, 70, 180, 2, 4)
	house(c, coral, navy, 1095, 340, 60, 220, 1, 5)
	c.stroke(navy, 6, point{965, 300}, point{965, 230})
	c.rect(teal, 900, 552, 270, 36)
	c.round(teal, 900, 560, 270, 55, 24)
	// the line that joins them
	for i := range 4 {
		x := 165 + 290*float64(i)
		if i > 0 {
			c.stroke(mustard, 8, point{x - 290, 615}, point{x, 615})
		}
	}
	for i := range 4 {
		c.disc(mustard, 165+290*float64(i), 615, 22)
		c.disc(navy, 165+290*float64(i), 615, 9)
	}
	return c
}

// townHall shows people on the steps of a town hall under a clock.
func townHall() *canvas {
	c := newCanvas(1200, 675, dawn)
	cloud(c, 200, 140, 180)
	cloud(c, 1010, 120, 200)
	c.rect(cream, 250, 260, 700, 290)
	c.rect(coral, 235, 240, 730, 30)
	c.rect(cream, 520, 90, 160, 175)
	c.poly(coral, point{500, 95}, point{600, 20}, point{700, 95})
	c.disc(white, 600, 165, 52)
	c.disc(navy, 600, 165, 6)
	c.stroke(navy, 6, point{600, 165}, point{600, 128})
	c.stroke(navy, 6, point{600, 165}, point{628, 180})
	for i := range 6 {
		if i == 2 || i == 3 {
			continue
		}
		c.round(teal, 285+115*float64(i), 320, 60, 130, 30)
		c.round(sky, 293+115*float64(i), 330, 44, 112, 22)
	}
	c.round(wood, 535, 340, 130, 130, 65)
	c.rect(wood, 535, 405, 130, 135)
	c.rect(mustard, 598, 350, 4, 190)
	for i := range 3 {
		c.rect(stone, 430-40*float64(i), 540+22*float64(i), 340+80*float64(i), 24)
	}
	c.rect(sand, 0, 606, 1200, 69)
	tree(c, 130, 610, 260, leaf)
	tree(c, 1080, 610, 290, leaf)
	figure{x: 500, foot: 640, height: 210, skin: skins[4], hair: hairs[1], style: bun, top: teal, legs: teal, skirt: true, right: point{0.6, 0.1}}.draw(c)
	figure{x: 640, foot: 640, height: 215, skin: skins[0], hair: hairs[0], style: short, top: mustard, legs: navy, left: point{0.6, 0.1}}.draw(c)
	figure{x: 735, foot: 645, height: 140, skin: skins[0], hair: hairs[0], style: curls, top: coral, legs: violet, skirt: true, right: point{0.5, -0.6}}.draw(c)
	figure{x: 330, foot: 645, height: 205, skin: skins[3], hair: hairs[3], style: short, top: blue, legs: wood}.draw(c)
	return c
}

// harbour shows a ship, a crane and two port workers.
func harbour() *canvas {
	c := newCanvas(1200, 675, dawn)
	c.disc(coral, 230, 250, 90)
	c.rect(blue, 0, 380, 1200, 190)
	for i := range 7 {
		c.stroke(sky, 7, point{40 + 180*float64(i), 430}, point{110 + 180*float64(i), 430})
		c.stroke(sky, 7, point{130 + 180*float64(i), 490}, point{200 + 180*float64(i), 490})
	}
	// ship with boxes
	c.poly(navy, point{90, 400}, point{660, 400}, point{610, 480}, point{150, 480})
	c.rect(coral, 150, 462, 460, 18)
	c.rect(white, 110, 290, 110, 110)
	for i := range 3 {
		c.rect(teal, 124+30*float64(i), 310, 20, 20)
	}
	for j, cols := range [][]color.RGBA{{mustard, teal, coral, violet}, {leaf, mustard, brick}, {violet, teal}} {
		for i, col := range cols {
			c.rect(col, 245+92*float64(i), 355-47*float64(j), 86, 43)
		}
	}
	// crane
	c.stroke(mustard, 20, point{900, 570}, point{900, 110})
	c.stroke(mustard, 20, point{1010, 570}, point{1010, 110})
	for i := range 4 {
		y := 180 + 100*float64(i)
		c.stroke(mustard, 8, point{900, y}, point{1010, y + 80})
	}
	c.stroke(mustard, 22, point{520, 130}, point{1130, 130})
	c.stroke(mustard, 10, point{955, 60}, point{640, 130})
	c.stroke(mustard, 10, point{955, 60}, point{1110, 130})
	c.stroke(navy, 5, point{590, 130}, point{590, 210})
	c.rect(violet, 545, 210, 90, 45)
	c.rect(stone, 0, 560, 1200, 115)
	c.rect(cream, 0, 555, 1200, 14)
	figure{x: 740, foot: 655, height: 235, skin: skins[2], hair: mustard, style: cap_, top: coral, legs: navy, left: point{0.8, -0.5}}.draw(c)
	figure{x: 850, foot: 655, height: 225, skin: skins[1], hair: white, style: cap_, top: teal, legs: navy, right: point{0.35, 0.9}}.draw(c)
	return c
}
