package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// maxProfile is the largest colour profile that is carried over, in bytes;
// those of cameras and screens have some thousand.
const maxProfile = 1 << 20

// shortest is what the longest signature of a picture takes: RIFF, size, WEBP.
const shortest = 12

// profileOf is what a clean picture's colours mean, as an ICC profile; nil
// where it does not say, or speaks of other colours than red, green and blue:
// what is written here is always of these. Nothing read has no profile.
func profileOf(b []byte, kind string) (icc []byte) {
	if len(b) < shortest {
		return nil
	}
	switch kind {
	case "image/jpeg":
		icc = profileInJPEG(b)
	case "image/png":
		icc = profileInPNG(b)
	case "image/webp":
		icc = webpChunk(b, "ICCP")
	}
	if len(icc) < 20 || len(icc) > maxProfile || string(icc[16:20]) != "RGB " { // ICC.1 §7.2.6
		return nil
	}
	return icc
}

const (
	iccMark    = "ICC_PROFILE\x00"
	iccSegment = 65533 - len(iccMark) - 2 // bytes of a profile in one segment
)

// profileInJPEG puts together what stands in several segments.
func profileInJPEG(b []byte) (icc []byte) {
	for rest := b[2:]; ; {
		marker, seg, next, err := jpegSegment(rest)
		if err != nil || marker == 0xda || marker == 0xd9 {
			return icc
		}
		if marker == 0xe2 && len(seg) >= 18 {
			icc = append(icc, seg[18:]...) // mark, number, count
		}
		rest = next
	}
}

// jpegProfile are the segments that hold a profile.
func jpegProfile(icc []byte) (segments []byte) {
	count := (len(icc) + iccSegment - 1) / iccSegment
	for i := range count {
		part := icc[i*iccSegment : min((i+1)*iccSegment, len(icc))]
		segments = append(segments, 0xff, 0xe2)
		segments = binary.BigEndian.AppendUint16(segments, uint16(2+len(iccMark)+2+len(part)))
		segments = append(segments, iccMark...)
		segments = append(append(segments, byte(i+1), byte(count)), part...)
	}
	return segments
}

// profileInPNG unfolds the chunk: a name, a zero, the method, what is packed.
func profileInPNG(b []byte) []byte {
	_, packed, ok := bytes.Cut(pngChunk(b, "iCCP"), []byte{0})
	if !ok || len(packed) < 1 {
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	icc, err := io.ReadAll(io.LimitReader(r, maxProfile+1))
	if err != nil {
		return nil
	}
	return icc
}

// pngProfile is the chunk that holds a profile.
func pngProfile(icc []byte) []byte {
	if icc == nil {
		return nil
	}
	var data bytes.Buffer
	data.WriteString("iCCPicc\x00\x00")
	w := zlib.NewWriter(&data)
	_, _ = w.Write(icc) // into memory
	_ = w.Close()
	out := binary.BigEndian.AppendUint32(nil, uint32(data.Len()-4))
	out = append(out, data.Bytes()...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(data.Bytes()))
}

// pngChunk is what the first chunk of the name holds; nil where none is.
func pngChunk(b []byte, name string) []byte {
	for rest := b[8:]; len(rest) >= 12; {
		n := int64(binary.BigEndian.Uint32(rest)) + 12
		if n > int64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == name {
			return rest[8 : n-4]
		}
		rest = rest[n:]
	}
	return nil
}

// webpChunk does the same in a WebP.
func webpChunk(b []byte, name string) []byte {
	for rest := b[12:]; len(rest) >= 8; {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		n := 8 + size + size&1
		if n > int64(len(rest)) {
			return nil
		}
		if string(rest[:4]) == name {
			return rest[8 : 8+size]
		}
		rest = rest[n:]
	}
	return nil
}
