package card

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/draw"
)

// Spec is what a card says and how large it is.
type Spec struct {
	Quote   string // without quotation marks of its own
	Speaker string // name and role
	Credit  string // of the photo; never left out
	// Language is its BCP 47 tag; it decides the direction, and the forms of some letters.
	Language      string
	Photo         image.Image // nil: none, the band fills the card
	Focus         [2]float64  // what of the photo stays in sight: x, y from the top left, 0..1
	Logo          image.Image // nil: none; stands in the upper corner where lines end, whole
	Width, Height int         // pixels, 200 to 4096
	Band, Ink     color.RGBA  // opaque; the zero values take a dark band and white letters
	// Fonts are asked before those that are embedded, the first first.
	Fonts []*Font
}

var (
	// ErrContrast is wrapped when letters and band are too alike to be read.
	ErrContrast = errors.New("letters and band have too little contrast")
	// ErrFont is wrapped when no font has a letter of the text.
	ErrFont = errors.New("no font writes it")
	// ErrSpace is wrapped when the text does not fit at a size that can be read.
	ErrSpace = errors.New("the text is too long for the card")
)

// leastContrast is what WCAG 2.2 asks of text (1.4.3).
const leastContrast = 4.5

// Sizes are those that platforms show uncut: square, portrait, landscape.
var Sizes = []image.Point{{X: 1080, Y: 1080}, {X: 1080, Y: 1350}, {X: 1200, Y: 675}}

// PNG draws the card as a PNG file.
func PNG(s Spec) ([]byte, error) {
	img, err := Draw(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// Alt is the alt text that a card needs: its words in full, who says them, and
// what the photo shows.
func Alt(s Spec, photo string) string {
	out := quoted(s)
	if s.Speaker != "" {
		out += " — " + s.Speaker
	}
	if photo != "" {
		out += "\n" + photo
	}
	return out
}

// quoted is the quote between the marks of its language.
func quoted(s Spec) string {
	marks := [2]string{"“", "”"}
	switch base, _, _ := strings.Cut(s.Language, "-"); base {
	case "fr":
		marks = [2]string{"« ", " »"}
	case "es", "ar", "fa", "it", "pt", "ru":
		marks = [2]string{"«", "»"}
	case "de":
		marks = [2]string{"„", "“"}
	case "ja":
		marks = [2]string{"「", "」"}
	}
	return marks[0] + s.Quote + marks[1]
}

// plain leaves out what is no letter and would not be seen: control characters.
// Line breaks and tabs become spaces; the card breaks lines by itself.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, r == 0x2028, r == 0x2029:
			return -1
		}
		return r
	}, s)), " ")
}

// Check tells whether the card can be drawn, whatever its photo shows; it draws nothing.
func Check(s Spec) (err error) {
	defer refused(&err)
	_, _, _, err = set(s)
	return err
}

// refused makes an error of a panic: shaping is somebody else's code, and the text anybody's.
func refused(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: the text cannot be set: %v", ErrFont, p)
	}
}

// set chooses the letters, their size and their places.
func set(s Spec) (Spec, *typesetter, laidOut, error) {
	s.Quote, s.Speaker, s.Credit = plain(s.Quote), plain(s.Speaker), plain(s.Credit)
	if s.Width < 200 || s.Height < 200 || s.Width > 4096 || s.Height > 4096 {
		return s, nil, laidOut{}, fmt.Errorf("a card has 200 to 4096 pixels each way, not %d x %d", s.Width, s.Height)
	}
	if s.Quote == "" || len(s.Quote)+len(s.Speaker)+len(s.Credit) > 8000 {
		return s, nil, laidOut{}, fmt.Errorf("%w: it has no words, or more than 8000 bytes", ErrSpace)
	}
	s.Band, s.Ink = colours(s.Band, s.Ink)
	if err := CheckColours(s.Band, s.Ink); err != nil {
		return s, nil, laidOut{}, err
	}
	t, err := newType(s.Fonts, s.Language, s.Quote+s.Speaker+s.Credit)
	if err != nil {
		return s, nil, laidOut{}, err
	}
	lay, err := t.layout(s)
	return s, t, lay, err
}

// Draw draws the card.
func Draw(s Spec) (img *image.RGBA, err error) {
	defer refused(&err)
	s, t, lay, err := set(s)
	if err != nil {
		return nil, err
	}
	img = image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	fill(img, img.Bounds(), s.Band)
	words, rest := s.areas(lay)
	if s.Photo != nil {
		cover(img, rest, s.Photo, s.Focus)
	}
	y := words.Min.Y + (words.Dy()-lay.height)/2
	if s.Logo != nil {
		s.putLogo(img, lay.margin)
	}
	for _, b := range lay.blocks {
		y += b.above
		for _, line := range b.lines {
			t.line(img, line, b.size, words.Min.X+lay.margin, words.Max.X-lay.margin, y+b.size, lay.rtl, s.Ink)
			y += b.step
		}
	}
	return img, nil
}

// beside tells whether the words stand beside the photo, as on a wide card; else
// they stand below it.
func (s Spec) beside() bool { return s.Photo != nil && 4*s.Width >= 5*s.Height }

// column is how wide the part of the words is.
func (s Spec) column() int {
	if s.beside() {
		return s.Width * 56 / 100
	}
	return s.Width
}

// areas are where the words stand, where reading begins, and what is left for the photo.
func (s Spec) areas(lay laidOut) (words, rest image.Rectangle) {
	switch {
	case s.Photo == nil:
		return image.Rect(0, lay.top, s.Width, s.Height), image.Rectangle{}
	case !s.beside():
		edge := s.Height - lay.height
		return image.Rect(0, edge, s.Width, s.Height), image.Rect(0, 0, s.Width, edge)
	case lay.rtl:
		edge := s.Width - s.column()
		return image.Rect(edge, 0, s.Width, s.Height), image.Rect(0, 0, edge, s.Height)
	}
	return image.Rect(0, 0, s.column(), s.Height), image.Rect(s.column(), 0, s.Width, s.Height)
}

// Colour reads "#121F3A"; anything else is the zero value, which takes the default.
func Colour(s string) (c color.RGBA) {
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil || n != 3 || len(s) != 7 {
		return color.RGBA{}
	}
	c.A = 0xff
	return c
}

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// colours puts the program's own in the place of those that are not said.
func colours(band, ink color.RGBA) (color.RGBA, color.RGBA) {
	if band == (color.RGBA{}) {
		band = color.RGBA{0x12, 0x1f, 0x3a, 0xff}
	}
	if ink == (color.RGBA{}) {
		ink = color.RGBA{0xff, 0xff, 0xff, 0xff}
	}
	return band, ink
}

// CheckColours tells whether letters of that ink can be read on the band; zero values are the program's own.
func CheckColours(band, ink color.RGBA) error {
	band, ink = colours(band, ink)
	if c := Contrast(ink, band); c < leastContrast {
		return fmt.Errorf("%w: %.1f to 1, and %.1f are needed", ErrContrast, c, leastContrast)
	}
	return nil
}

// Contrast is how far apart two colours are, 1 to 21. Source: WCAG 2.2.
func Contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

// cover fills the area with the photo, cut round its focus, each pixel the mean
// of those that it stands for.
func cover(img *image.RGBA, area image.Rectangle, photo image.Image, focus [2]float64) {
	src := image.NewRGBA(image.Rect(0, 0, photo.Bounds().Dx(), photo.Bounds().Dy()))
	draw.Draw(src, src.Bounds(), photo, photo.Bounds().Min, draw.Src)
	sw, sh, aw, ah := src.Bounds().Dx(), src.Bounds().Dy(), area.Dx(), area.Dy()
	if sw == 0 || sh == 0 || aw <= 0 || ah <= 0 {
		return
	}
	cw, ch := sw, sw*ah/aw
	if ch > sh {
		cw, ch = sh*aw/ah, sh
	}
	cw, ch = max(cw, 1), max(ch, 1)
	x0, y0 := cut(sw, cw, focus[0]), cut(sh, ch, focus[1])
	for y := range ah {
		top, bottom := y0+y*ch/ah, y0+(y+1)*ch/ah
		for x := range aw {
			left, right := x0+x*cw/aw, x0+(x+1)*cw/aw
			c := mean(src, left, top, max(right, left+1), max(bottom, top+1))
			c.A = 0xff
			img.SetRGBA(area.Min.X+x, area.Min.Y+y, c)
		}
	}
}

// cut is where a stretch of n begins within whole so that the focus is near its middle.
func cut(whole, n int, focus float64) int {
	permille := int(float64(min(max(focus, 0), 1)*1000) + 0.5) // the conversion keeps machines from doing both in one step
	return min(max(whole*permille/1000-n/2, 0), whole-n)
}

// mean is what the pixels of a rectangle are together, premultiplied as they are.
func mean(src *image.RGBA, left, top, right, bottom int) color.RGBA {
	var r, g, b, a, n uint64
	for y := top; y < bottom && y < src.Rect.Max.Y; y++ {
		for x := left; x < right && x < src.Rect.Max.X; x++ {
			i := src.PixOffset(x, y)
			r, g, b, a, n = r+uint64(src.Pix[i]), g+uint64(src.Pix[i+1]), b+uint64(src.Pix[i+2]), a+uint64(src.Pix[i+3]), n+1
		}
	}
	if n == 0 {
		return color.RGBA{}
	}
	return color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), uint8((a + n/2) / n)}
}
