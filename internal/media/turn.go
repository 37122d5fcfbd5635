package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/draw"
)

// exifOrientation reads tag 0x0112 of the first directory; 1 where there is none.
func exifOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 1
	}
	n := int64(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > int64(len(t)) {
			return 1
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if o := int(order.Uint16(t[e+8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}

// turnedQuality is the JPEG quality of a photo that had to be turned.
const turnedQuality = 92

// turn makes a clean picture of the kind upright; orientation counts as EXIF
// does. What its colours mean stays. A WebP becomes a PNG where it is
// transparent and a JPEG elsewhere, since WebP is not written here.
func turn(b []byte, kind string, orientation int) ([]byte, error) {
	if orientation == 1 {
		return b, nil
	}
	if moves(b, kind) {
		return nil, errors.New("it moves and lies on its side; save it upright")
	}
	img, err := formats[kind].decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	src := dots(img)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewNRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := upright(orientation, x, y, w, h)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	if kind == "image/jpeg" || kind == "image/webp" && dst.Opaque() {
		return encodeJPEG(dst, turnedQuality, profileOf(b, kind))
	}
	return encodePNG(dst, profileOf(b, kind))
}

// dots are the picture's own, four bytes each, from 0, 0 on.
func dots(img image.Image) *image.NRGBA {
	to := image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy())
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		// Without transparency both kinds have the same bytes, and this one is
		// drawn many times faster.
		flat := image.NewRGBA(to)
		draw.Draw(flat, to, img, img.Bounds().Min, draw.Src)
		return &image.NRGBA{Pix: flat.Pix, Stride: flat.Stride, Rect: to}
	}
	out := image.NewNRGBA(to)
	draw.Draw(out, to, img, img.Bounds().Min, draw.Src)
	return out
}

// upright is the place in a stored picture of w x h whose dot belongs at x, y
// of the upright one.
func upright(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}

// moves tells whether a clean picture of the kind has several frames, without
// unfolding any.
func moves(b []byte, kind string) bool {
	switch kind {
	case "image/gif":
		_, frames, err := walkGIF(b)
		return err == nil && frames > 1
	case "image/png":
		return pngChunk(b, "acTL") != nil
	}
	return false
}
