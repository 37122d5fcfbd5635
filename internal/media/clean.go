package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
)

var errCut = errors.New("it ends too early")

// cleanJPEG keeps the segments that make the picture: tables, frames, scans,
// JFIF, colour profile and Adobe's colour mark. A photo that the camera holds
// sideways is turned, since the mark that says so goes with the others.
func cleanJPEG(b []byte) ([]byte, error) {
	out := []byte{0xff, 0xd8}
	orientation := 1
	for rest := b[2:]; ; {
		marker, seg, next, err := jpegSegment(rest)
		if err != nil {
			return nil, err
		}
		rest = next
		switch {
		case marker == 0xd9:
			out = append(out, 0xff, 0xd9)
			return turn(out, orientation)
		case marker == 0xe1 && bytes.HasPrefix(seg[4:], []byte("Exif\x00\x00")):
			orientation = exifOrientation(seg[10:])
		case jpegKeeps(marker, seg):
			out = append(out, seg...)
		}
		if marker == 0xda { // the scan's bytes follow its header
			n := scanEnd(rest)
			out = append(out, rest[:n]...)
			rest = rest[n:]
		}
	}
}

// jpegSegment takes the next segment, marker and length included.
func jpegSegment(b []byte) (marker byte, seg, rest []byte, err error) {
	for len(b) > 1 && b[0] == 0xff && b[1] == 0xff {
		b = b[1:] // fill bytes
	}
	if len(b) < 2 {
		return 0, nil, nil, errCut
	}
	if b[0] != 0xff {
		return 0, nil, nil, errors.New("it has bytes where a segment should begin")
	}
	marker = b[1]
	if marker == 0xd9 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
		return marker, b[:2], b[2:], nil
	}
	if len(b) < 4 {
		return 0, nil, nil, errCut
	}
	n := int(binary.BigEndian.Uint16(b[2:])) + 2
	if n < 4 || n > len(b) {
		return 0, nil, nil, errCut
	}
	return marker, b[:n], b[n:], nil
}

func jpegKeeps(marker byte, seg []byte) bool {
	switch {
	case marker == 0xe0:
		return bytes.HasPrefix(seg[4:], []byte("JFIF\x00")) && len(seg) == 18 // without its thumbnail
	case marker == 0xe2:
		return bytes.HasPrefix(seg[4:], []byte("ICC_PROFILE\x00"))
	case marker == 0xee:
		return bytes.HasPrefix(seg[4:], []byte("Adobe"))
	}
	return marker < 0xe0 // not an application's segment, nor a comment (0xfe)
}

// scanEnd is where the entropy-coded bytes end: at a marker that is no restart.
func scanEnd(b []byte) int {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xff && b[i+1] != 0 && b[i+1] != 0xff && (b[i+1] < 0xd0 || b[i+1] > 0xd7) {
			return i
		}
	}
	return len(b)
}

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

// turn makes the picture upright; orientation counts as EXIF does.
func turn(b []byte, orientation int) ([]byte, error) {
	if orientation == 1 {
		return b, nil
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	src := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(src, src.Bounds(), img, img.Bounds().Min, draw.Src)
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range dh {
		for x := range dw {
			sx, sy := upright(orientation, x, y, w, h)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: turnedQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
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

// pngKeeps are the chunks that make the picture, animations included.
var pngKeeps = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true,
	"iCCP": true, "cICP": true, "sBIT": true, "bKGD": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true,
}

func cleanPNG(b []byte) ([]byte, error) {
	out := bytes.Clone(b[:8])
	for rest := b[8:]; ; {
		if len(rest) < 12 {
			return nil, errCut
		}
		n := int64(binary.BigEndian.Uint32(rest)) + 12
		if n > int64(len(rest)) {
			return nil, errCut
		}
		name := string(rest[4:8])
		if pngKeeps[name] {
			out = append(out, rest[:n]...)
		}
		if name == "IEND" {
			return out, nil
		}
		rest = rest[n:]
	}
}

// maxFrames of an animated GIF. Platforms take some 350 (platforms.md §1).
const maxFrames = 1000

// cleanGIF keeps the frames and what times and repeats them.
func cleanGIF(b []byte) ([]byte, error) {
	if len(b) < 13 {
		return nil, errCut
	}
	at := 13 + colours(b[10])
	if at > len(b) {
		return nil, errCut
	}
	out := bytes.Clone(b[:at])
	frames := 0
	for {
		if at >= len(b) {
			return nil, errCut
		}
		start, keep := at, true
		switch b[at] {
		case 0x3b:
			return append(out, 0x3b), nil
		case 0x21:
			if at+2 >= len(b) {
				return nil, errCut
			}
			label := b[at+1]
			app := string(b[min(at+3, len(b)):min(at+14, len(b))])
			keep = label == 0xf9 || label == 0xff && (app == "NETSCAPE2.0" || app == "ANIMEXTS1.0")
			at += 2
		case 0x2c:
			if frames++; frames > maxFrames {
				return nil, fmt.Errorf("it has more than %d frames", maxFrames)
			}
			if at+10 >= len(b) {
				return nil, errCut
			}
			at += 10 + colours(b[at+9]) + 1
		default:
			return nil, errors.New("it has bytes where a block should begin")
		}
		for { // sub-blocks up to the empty one
			if at >= len(b) {
				return nil, errCut
			}
			n := int(b[at])
			at += 1 + n
			if n == 0 {
				break
			}
		}
		if at > len(b) {
			return nil, errCut
		}
		if keep {
			out = append(out, b[start:at]...)
		}
	}
}

// colours is the size in bytes of the colour table that the flags announce.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// cleanWebP keeps the picture, its transparency and its colour profile.
func cleanWebP(b []byte) ([]byte, error) {
	if string(b[:4]) != "RIFF" {
		return nil, errors.New("its container is not RIFF")
	}
	end := int64(binary.LittleEndian.Uint32(b[4:])) + 8
	if end > int64(len(b)) || end < 12 {
		return nil, errCut
	}
	out := bytes.Clone(b[:12])
	for rest := b[12:end]; len(rest) > 0; {
		if len(rest) < 8 {
			return nil, errCut
		}
		n := int64(binary.LittleEndian.Uint32(rest[4:])) + 8
		n += n & 1
		if n > int64(len(rest)) {
			return nil, errCut
		}
		switch string(rest[:4]) {
		case "VP8 ", "VP8L", "ALPH", "ICCP":
			out = append(out, rest[:n]...)
		case "VP8X":
			if n < 9 {
				return nil, errCut
			}
			from := len(out)
			out = append(out, rest[:n]...)
			out[from+8] &^= 0x08 | 0x04 // it no longer has EXIF nor XMP
		case "ANIM", "ANMF":
			return nil, errors.New("it moves; save it as GIF")
		}
		rest = rest[n:]
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}
