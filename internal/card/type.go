package card

import (
	"bytes"
	"embed"
	"fmt"
	"image"
	"image/color"
	"slices"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
)

//go:embed fonts/*.ttf fonts/*.otf
var fonts embed.FS

// embedded are the fonts in the order in which they are asked. Each is read
// once, when a text first needs it: a font may be shared, its faces may not.
var embedded = []func() (*font.Font, error){
	embeddedFont("NotoSans-Regular.ttf"), embeddedFont("NotoSansArabic-Regular.ttf"), embeddedFont("NotoSansDevanagari-Regular.ttf"),
	embeddedFont("NotoSansEthiopic-Regular.ttf"), embeddedFont("NotoSansCJKsc-Regular.otf"),
}

func embeddedFont(name string) func() (*font.Font, error) {
	return sync.OnceValues(func() (*font.Font, error) {
		b, err := fonts.ReadFile("fonts/" + name)
		if err != nil {
			return nil, err
		}
		f, err := font.ParseTTF(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return f.Font, nil
	})
}

// typesetter shapes and draws text. It is for one goroutine.
type typesetter struct {
	faces   []*font.Face
	lang    string
	shaper  shaping.HarfbuzzShaper
	segment shaping.Segmenter
	wrap    shaping.LineWrapper
}

// newType opens the fonts, and refuses a text with a letter that none of them has.
func newType(more []*Font, lang, text string) (*typesetter, error) {
	t := &typesetter{lang: lang}
	for _, f := range more {
		t.faces = append(t.faces, font.NewFace(f.font))
	}
	left := embedded
	for _, r := range "a" + text { // a letter of the first font, which stands in for marks that none has
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			continue
		}
		for !slices.ContainsFunc(t.faces, func(f *font.Face) bool { _, ok := f.NominalGlyph(r); return ok }) {
			if len(left) == 0 {
				return nil, fmt.Errorf("%w: %q; give a font that has it", ErrFont, r)
			}
			f, err := left[0]()
			if err != nil {
				return nil, err
			}
			t.faces, left = append(t.faces, font.NewFace(f)), left[1:]
		}
	}
	return t, nil
}

// ResolveFace implements shaping.Fontmap.
func (t *typesetter) ResolveFace(r rune) *font.Face {
	for _, f := range t.faces {
		if _, ok := f.NominalGlyph(r); ok {
			return f
		}
	}
	return t.faces[0]
}

// em is the size at which everything is shaped: one thousandth of it is a unit
// of all measures here, and no font's own numbers are rounded but once.
const em = 1000

// block is one text of a card, in lines.
type block struct {
	text              shaped
	lines             []shaping.Line
	size, step, above int // pixels: of the letters, from line to line, before the first
}

// laidOut is a card's text.
type laidOut struct {
	blocks         []block
	margin, height int
	top            int  // pixels kept free for the logo where there is no photo
	rtl            bool // the quote is read from the right, and all stands at the right
}

// layout finds the largest size at which the quote fits into its part of the card.
func (t *typesetter) layout(s Spec) (laidOut, error) {
	short := min(s.Width, s.Height)
	room := s.Height * 62 / 100
	top := 0
	switch {
	case s.beside():
		room = s.Height * 92 / 100
	case s.Photo == nil:
		if s.Logo != nil {
			_, high := s.logoRoom()
			top = short/16 + high + short/32
		}
		room = s.Height - top
	}
	quote, speaker, line := t.shape(quoted(s)), t.shape(s.Speaker), t.shape(s.Credit)
	least := max(short/36, 14)
	for size := short / 11; size >= least; size -= max(short/200, 1) {
		lay := laidOut{margin: short / 16, top: top, rtl: quote.dir == di.DirectionRTL}
		width := s.column() - 2*lay.margin
		small := max(size*55/100, least*8/10)
		credit := max(short/44, 12)
		for _, b := range []struct {
			text        shaped
			size, above int
		}{{quote, size, lay.margin * 7 / 10}, {speaker, small, size / 3}, {line, credit, size / 3}} {
			if len(b.text.runes) == 0 {
				continue
			}
			lines := t.lines(b.text, b.size, width)
			x := block{text: b.text, lines: lines, size: b.size, step: b.size * 14 / 10, above: b.above}
			lay.height += x.above + x.step*len(lines)
			lay.blocks = append(lay.blocks, x)
		}
		lay.height += lay.margin * 6 / 10
		if lay.height <= room {
			for i, b := range lay.blocks {
				lay.blocks[i].lines = t.balanced(b.text, b.lines, b.size, width)
			}
			return lay, nil
		}
	}
	return laidOut{}, fmt.Errorf("%w of %d x %d", ErrSpace, s.Width, s.Height)
}

// direction is that of a text: of its first letter that has one.
func direction(text string) di.Direction {
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return di.DirectionLTR
		case bidi.R, bidi.AL:
			return di.DirectionRTL
		}
	}
	return di.DirectionLTR
}

// shaped is a text whose letters are chosen, in thousandths of an em: it is
// the same at every size.
type shaped struct {
	runes []rune
	dir   di.Direction
	runs  []shaping.Output
}

func (t *typesetter) shape(text string) shaped {
	s := shaped{runes: []rune(text), dir: direction(text)}
	if len(s.runes) == 0 {
		return s
	}
	in := shaping.Input{Text: s.runes, RunEnd: len(s.runes), Direction: s.dir, Size: fixed.Int26_6(em), Language: language.NewLanguage(t.lang)}
	for _, run := range slices.Clone(t.segment.Split(in, t)) {
		s.runs = append(s.runs, t.shaper.Shape(run))
	}
	return s
}

// lines breaks a text into lines of at most width pixels.
func (t *typesetter) lines(s shaped, size, width int) []shaping.Line {
	runs := slices.Clone(s.runs)
	for i := range runs {
		runs[i].Glyphs = slices.Clone(runs[i].Glyphs) // the wrapper takes the space at a line's end away
	}
	wide := fixed.Int26_6(width * em / size)
	lines, _ := t.wrap.WrapParagraphF(shaping.WrapConfig{Direction: s.dir}, wide, s.runes, shaping.NewSliceIterator(runs))
	out := make([]shaping.Line, len(lines)) // the wrapper's are its own
	for i, l := range lines {
		out[i] = slices.Clone(l)
		slices.SortStableFunc(out[i], func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
	}
	return out
}

// balanced breaks a text into as many lines as before, of about the same length: no
// word stands alone in the last.
func (t *typesetter) balanced(s shaped, lines []shaping.Line, size, width int) []shaping.Line {
	for least, most := width/2, width; most-least > size/4; {
		middle := (least + most) / 2
		if tried := t.lines(s, size, middle); len(tried) == len(lines) && fits(tried, size, middle) {
			lines, most = tried, middle
		} else {
			least = middle
		}
	}
	return lines
}

// fits tells whether no line is wider: a word that is longer than a line sticks out.
func fits(lines []shaping.Line, size, width int) bool {
	return !slices.ContainsFunc(lines, func(l shaping.Line) bool { return wide(l)*size > width*em })
}

// wide is how wide a line is, in thousandths of an em.
func wide(l shaping.Line) int {
	whole := 0
	for _, run := range l {
		whole += int(run.Advance)
	}
	return whole
}

// line draws one line between left and right, its letters standing on base; where
// the card is read from the right it ends at the right.
func (t *typesetter) line(img *image.RGBA, l shaping.Line, size, left, right, base int, rtl bool, ink color.RGBA) {
	at := 64 * left
	if rtl {
		at = 64*right - 64*wide(l)*size/em
	}
	pen := 0 // in thousandths of an em
	for _, run := range l {
		for _, g := range run.Glyphs {
			x := at + 64*(pen+int(g.XOffset))*size/em
			y := 64*base - 64*int(g.YOffset)*size/em
			if o, ok := run.Face.GlyphDataOutline(g.GlyphID); ok {
				fillGlyph(img, o.Segments, int(run.Face.Upem()), size, x, y, ink)
			}
			pen += int(g.Advance)
		}
	}
}
