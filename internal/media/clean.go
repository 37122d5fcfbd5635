package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

var errCut = errors.New("it ends too early")

// cleanJPEG keeps the segments that make the picture: tables, frames, scans,
// JFIF, colour profile and Adobe's colour mark.
func cleanJPEG(b []byte) (out []byte, orientation int, err error) {
	out, orientation = []byte{0xff, 0xd8}, 1
	for rest := b[2:]; ; {
		marker, seg, next, err := jpegSegment(rest)
		if err != nil {
			return nil, 0, err
		}
		rest = next
		switch {
		case marker == 0xd9:
			return append(out, 0xff, 0xd9), orientation, nil
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

// pngKeeps are the chunks that make the picture, animations included.
var pngKeeps = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true,
	"iCCP": true, "cICP": true, "sBIT": true, "bKGD": true, "pHYs": true, "acTL": true, "fcTL": true, "fdAT": true,
}

func cleanPNG(b []byte) (out []byte, orientation int, err error) {
	out, orientation = bytes.Clone(b[:8]), 1
	for rest := b[8:]; ; {
		if len(rest) < 12 {
			return nil, 0, errCut
		}
		n := int64(binary.BigEndian.Uint32(rest)) + 12
		if n > int64(len(rest)) {
			return nil, 0, errCut
		}
		name := string(rest[4:8])
		if pngKeeps[name] {
			out = append(out, rest[:n]...)
		}
		switch name {
		case "eXIf":
			orientation = exifOrientation(rest[8 : n-4])
		case "IEND":
			return out, orientation, nil
		}
		rest = rest[n:]
	}
}

// maxFrames of an animated GIF. Platforms take some 350 (platforms.md §1).
const maxFrames = 1000

// cleanGIF keeps the frames and what times and repeats them.
func cleanGIF(b []byte) (out []byte, orientation int, err error) {
	out, _, err = walkGIF(b)
	return out, 1, err
}

// walkGIF is the clean file and how many frames it has, of which none is
// unfolded: a thousand of them need not have more bytes than one.
func walkGIF(b []byte) (out []byte, frames int, err error) {
	if len(b) < 13 {
		return nil, 0, errCut
	}
	at := 13 + colours(b[10])
	if at > len(b) {
		return nil, 0, errCut
	}
	out = bytes.Clone(b[:at])
	for {
		if at >= len(b) {
			return nil, 0, errCut
		}
		start, keep := at, true
		switch b[at] {
		case 0x3b:
			return append(out, 0x3b), frames, nil
		case 0x21:
			if at+2 >= len(b) {
				return nil, 0, errCut
			}
			label := b[at+1]
			app := string(b[min(at+3, len(b)):min(at+14, len(b))])
			keep = label == 0xf9 || label == 0xff && (app == "NETSCAPE2.0" || app == "ANIMEXTS1.0")
			at += 2
		case 0x2c:
			if frames++; frames > maxFrames {
				return nil, 0, fmt.Errorf("it has more than %d frames", maxFrames)
			}
			if at+10 >= len(b) {
				return nil, 0, errCut
			}
			at += 10 + colours(b[at+9]) + 1
		default:
			return nil, 0, errors.New("it has bytes where a block should begin")
		}
		for { // sub-blocks up to the empty one
			if at >= len(b) {
				return nil, 0, errCut
			}
			n := int(b[at])
			at += 1 + n
			if n == 0 {
				break
			}
		}
		if at > len(b) {
			return nil, 0, errCut
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
func cleanWebP(b []byte) (out []byte, orientation int, err error) {
	if string(b[:4]) != "RIFF" {
		return nil, 0, errors.New("its container is not RIFF")
	}
	end := int64(binary.LittleEndian.Uint32(b[4:])) + 8
	if end > int64(len(b)) || end < 12 {
		return nil, 0, errCut
	}
	out, orientation = bytes.Clone(b[:12]), 1
	for rest := b[12:end]; len(rest) > 0; {
		if len(rest) < 8 {
			return nil, 0, errCut
		}
		n := int64(binary.LittleEndian.Uint32(rest[4:])) + 8
		n += n & 1
		if n > int64(len(rest)) {
			return nil, 0, errCut
		}
		switch string(rest[:4]) {
		case "VP8 ", "VP8L", "ALPH", "ICCP":
			out = append(out, rest[:n]...)
		case "VP8X":
			if n < 9 {
				return nil, 0, errCut
			}
			from := len(out)
			out = append(out, rest[:n]...)
			out[from+8] &^= 0x08 | 0x04 // it no longer has EXIF nor XMP
		case "EXIF": // some writers put JPEG's mark before it
			orientation = exifOrientation(bytes.TrimPrefix(rest[8:n], []byte("Exif\x00\x00")))
		case "ANIM", "ANMF":
			return nil, 0, errors.New("it moves; save it as GIF")
		}
		rest = rest[n:]
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, orientation, nil
}
