package card

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
)

// MaxFont bounds a font file in bytes: the largest of Noto, with all Han letters, has less.
const MaxFont = 20 << 20

// ErrFontFile is wrapped when a file is no font that cards can be set in.
var ErrFontFile = errors.New("not a font that cards can be set in")

// Font is a font that was read. Several cards may use it at once.
type Font struct {
	Name string // of its family, as it says itself; may be ""
	font *font.Font
}

// ReadFont reads a TrueType or OpenType file of one font. Packed fonts of web
// pages, collections, and fonts whose weight or width varies are refused: the
// places of the last are fractions, and a card would not be the same file on
// every machine.
func ReadFont(b []byte) (f *Font, err error) {
	defer func() {
		if p := recover(); p != nil { // reading is somebody else's code, and the file anybody's
			f, err = nil, fmt.Errorf("%w: it is broken: %v", ErrFontFile, p)
		}
	}()
	switch {
	case len(b) > MaxFont:
		return nil, fmt.Errorf("%w: it has more than %d MiB", ErrFontFile, MaxFont>>20)
	case !bytes.HasPrefix(b, []byte("\x00\x01\x00\x00")) && !bytes.HasPrefix(b, []byte("OTTO")):
		return nil, fmt.Errorf("%w: a .ttf or .otf file of one font is taken", ErrFontFile)
	}
	loader, err := ot.NewLoader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: it is broken: %w", ErrFontFile, err)
	}
	if loader.HasTable(ot.MustNewTag("fvar")) {
		return nil, fmt.Errorf("%w: its weight or width varies; take the file of one style", ErrFontFile)
	}
	read, err := font.NewFont(loader)
	if err != nil {
		return nil, fmt.Errorf("%w: it is broken: %w", ErrFontFile, err)
	}
	if !drawable(read) {
		return nil, fmt.Errorf("%w: it has no outlines of letters", ErrFontFile)
	}
	about, _ := font.Describe(loader, nil)
	return &Font{Name: about.Family, font: read}, nil
}

// drawable tells whether the font has an outline for some letter.
func drawable(f *font.Font) bool {
	face := font.NewFace(f)
	for each := f.Cmap.Iter(); each.Next(); {
		_, glyph := each.Char()
		if o, ok := face.GlyphDataOutline(glyph); ok && len(o.Segments) > 0 {
			return true
		}
	}
	return false
}
