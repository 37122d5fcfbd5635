package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// picture is w x h with a red top-left corner, so that turning shows.
func picture(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, 0, 255, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{255, 0, 0, 255}
			}
			img.Set(x, y, c)
		}
	}
	return img
}

// encoded is a small picture of the kind.
func encoded(t testing.TB, mime string) []byte {
	if mime == "image/webp" {
		// One pixel; a lossless picture of 1 x 1.
		return must(base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="))
	}
	return fileOf(t, picture(32, 16), mime)
}

// fileOf is the picture as a file of the kind.
func fileOf(t testing.TB, img image.Image, mime string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch mime {
	case "image/jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	case "image/png":
		err = png.Encode(&b, img)
	case "image/gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const secret = "50.8503N 4.3517E"

// exif is an APP1 segment with an orientation and a place.
func exif(orientation uint16) []byte {
	var t bytes.Buffer
	t.WriteString("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01")
	for _, v := range []uint16{0x0112, 3, 0, 1, orientation, 0} {
		binary.Write(&t, binary.BigEndian, v)
	}
	t.WriteString("\x00\x00\x00\x00" + secret)
	return append([]byte{0xff, 0xe1, byte((t.Len() + 2) >> 8), byte(t.Len() + 2)}, t.Bytes()...)
}

// segment is one of a JPEG.
func segment(marker byte, data string) []byte {
	return append([]byte{0xff, marker, byte((len(data) + 2) >> 8), byte(len(data) + 2)}, data...)
}

func chunk(name, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data)))
}

func insert(b []byte, at int, more []byte) []byte {
	return append(append(bytes.Clone(b[:at]), more...), b[at:]...)
}

// F55: place, comments and whatever hangs behind a picture do not stay.
func TestF55NothingButThePictureStays(t *testing.T) {
	jpg, pic, anim := encoded(t, "image/jpeg"), encoded(t, "image/png"), encoded(t, "image/gif")
	web := encoded(t, "image/webp")
	withEXIF := append(bytes.Clone(web), []byte("EXIF\x10\x00\x00\x00"+secret)...)
	binary.LittleEndian.PutUint32(withEXIF[4:], uint32(len(withEXIF)-8))
	for _, tt := range []struct {
		name string
		file []byte
		mime string
	}{
		{"place in a JPEG", insert(jpg, 2, exif(1)), "image/jpeg"},
		{"place in a JPEG that is turned", insert(jpg, 2, exif(6)), "image/jpeg"},
		{"comment in a JPEG", insert(jpg, 2, append([]byte{0xff, 0xfe, 0, byte(len(secret) + 2)}, secret...)), "image/jpeg"},
		{"thumbnail in a JPEG", insert(jpg, 2, segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x05"+secret[:15])), "image/jpeg"},
		{"further pictures in a JPEG", insert(jpg, 2, segment(0xe2, "MPF\x00"+secret)), "image/jpeg"},
		{"a program's notes in a JPEG", insert(jpg, 2, segment(0xee, "Notes"+secret)), "image/jpeg"},
		{"XMP in a JPEG", insert(jpg, 2, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret)), "image/jpeg"},
		{"archive behind a JPEG", append(bytes.Clone(jpg), "PK\x03\x04"+secret...), "image/jpeg"},
		{"text in a PNG", insert(pic, 33, chunk("tEXt", "Place\x00"+secret)), "image/png"},
		{"EXIF in a PNG", insert(pic, 33, chunk("eXIf", secret)), "image/png"},
		{"script behind a PNG", append(bytes.Clone(pic), "<script>"+secret...), "image/png"},
		{"comment in a GIF", insert(anim, len(anim)-1, append([]byte{0x21, 0xfe, byte(len(secret))}, secret+"\x00"...)), "image/gif"},
		{"script behind a GIF", append(bytes.Clone(anim), secret...), "image/gif"},
		{"place in a WebP", withEXIF, "image/webp"},
		{"script behind a WebP", append(bytes.Clone(web), secret...), "image/webp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := must(Open(t.TempDir(), Limits{}))
			info, err := s.Put(context.Background(), bytes.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			kept := must(s.Read(info.Digest))
			if info.Type != tt.mime || bytes.Contains(kept, []byte(secret[:15])) || bytes.Contains(kept, []byte("PK\x03\x04")) {
				t.Errorf("%s kept %q", info.Type, kept)
			}
			again, err := s.Put(context.Background(), bytes.NewReader(kept))
			if err != nil || again != info {
				t.Errorf("a clean file changed: %v, %v, %v", info, again, err)
			}
			if d, err := Describe(bytes.NewReader(tt.file), Limits{}); err != nil || d != info {
				t.Errorf("Describe says %v, %v; Put said %v", d, err, info)
			}
		})
	}
}

// webpOf writes a picture of pure red and pure blue losslessly, with one bit for
// either. Source: the WebP Lossless Bitstream Specification.
func webpOf(img *image.RGBA) []byte {
	data, used := []byte{0x2f}, 0
	put := func(value, bits int) {
		for i := range bits {
			if used%8 == 0 {
				data = append(data, 0)
			}
			data[len(data)-1] |= byte(value>>i&1) << (used % 8)
			used++
		}
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	put(w-1, 14)
	put(h-1, 14)
	put(0, 4+3) // no transparency, version 0; no transform, no cache, one group of codes
	one := func(symbol int) { put(1|1<<2, 3); put(symbol, 8) }
	both := func() { put(1|1<<1, 3); put(0, 1); put(255, 8) }
	one(0) // green
	both() // red
	both() // blue
	one(255)
	one(0) // distance
	for y := range h {
		for x := range w {
			c := img.RGBAAt(x, y)
			put(int(c.R)/255, 1)
			put(int(c.B)/255, 1)
		}
	}
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(12+len(data)))
	out = binary.LittleEndian.AppendUint32(append(out, "WEBPVP8L"...), uint32(len(data)))
	return append(out, data...)
}

// sideways are a picture whose camera wrote the orientation, in each kind that can.
func sideways(t *testing.T, o uint16) map[string][]byte {
	t.Helper()
	tiff := string(exif(o)[10:])
	web := webpOf(picture(32, 16))
	vp8x := "VP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x1f\x00\x00\x0f\x00\x00"
	mark := "EXIF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(tiff)))) + tiff + "\x00"[:len(tiff)&1]
	web = append(insert(web, 12, []byte(vp8x)), mark...)
	binary.LittleEndian.PutUint32(web[4:], uint32(len(web)-8))
	return map[string][]byte{
		"image/jpeg": insert(encoded(t, "image/jpeg"), 2, exif(o)),
		"image/png":  insert(encoded(t, "image/png"), 33, chunk("eXIf", tiff)),
		"image/webp": web,
	}
}

func TestOrientationIsApplied(t *testing.T) {
	// Where the red corner of the stored picture must be seen, by orientation.
	want := map[uint16][2]bool{1: {true, true}, 2: {false, true}, 3: {false, false}, 4: {true, false}, 5: {true, true}, 6: {false, true}, 7: {false, false}, 8: {true, false}}
	for o, at := range want {
		for kind, file := range sideways(t, o) {
			info, b, err := inspect(file, Limits{}.withDefaults())
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			img := must(formats[info.Type].decode(bytes.NewReader(b)))
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			if w != info.Width || h != info.Height || (o >= 5) != (w == 16 && h == 32) {
				t.Errorf("%s: orientation %d became %d x %d, said to be %+v", kind, o, w, h, info)
			}
			x, y := 3*w/4, 3*h/4
			if at[0] {
				x = w / 4
			}
			if at[1] {
				y = h / 4
			}
			if r, _, blue, _ := img.At(x, y).RGBA(); r < blue {
				t.Errorf("%s: orientation %d: the red corner is not left %v, top %v", kind, o, at[0], at[1])
			}
			if r, _, blue, _ := img.At(w-1-x, h-1-y).RGBA(); blue <= r {
				t.Errorf("%s: orientation %d: the other corner is not blue", kind, o)
			}
			if kind == "image/webp" && o > 1 && info.Type != "image/jpeg" {
				t.Errorf("a photo became %s", info.Type)
			}
		}
	}
}

// What is turned says no longer that it has a place, and what moves is not turned.
func TestWhatATurnedPictureSays(t *testing.T) {
	web := sideways(t, 1)["image/webp"] // upright, so that it stays a WebP
	_, b, err := inspect(web, Limits{}.withDefaults())
	if err != nil || string(b[12:16]) != "VP8X" || b[20]&0x0c != 0 {
		t.Errorf("the WebP says % x, %v", b[:min(len(b), 24)], err)
	}
	moving := insert(sideways(t, 6)["image/png"], 33, chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"))
	if _, _, err := inspect(moving, Limits{}.withDefaults()); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "upright") {
		t.Errorf("a moving picture on its side: %v", err)
	}
	for _, name := range []string{"ANIM", "ANMF"} {
		anim := append(bytes.Clone(encoded(t, "image/webp")), name+"\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		binary.LittleEndian.PutUint32(anim[4:], uint32(len(anim)-8))
		if _, _, err := inspect(anim, Limits{}.withDefaults()); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "it moves") {
			t.Errorf("a moving WebP with %s: %v", name, err)
		}
	}
	var film bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White, color.Black})
	for frames, fine := range map[int]bool{maxFrames: true, maxFrames + 1: false} {
		film.Reset()
		if err := gif.EncodeAll(&film, &gif.GIF{Image: slices.Repeat([]*image.Paletted{frame}, frames), Delay: make([]int, frames)}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := inspect(film.Bytes(), Limits{}.withDefaults()); (err == nil) != fine || err != nil && !strings.Contains(err.Error(), "frames") {
			t.Errorf("%d frames: %v", frames, err)
		}
	}
}

// A picture that is turned keeps what its colours mean, and its transparency.
func TestATurnedPictureKeepsItsColours(t *testing.T) {
	icc := append(make([]byte, 16, 70_000), "RGB "...) // more than one segment of a JPEG holds
	for i := range 69_980 {
		icc = append(icc, byte(i*7919>>8))
	}
	files := sideways(t, 6)
	files["image/jpeg"] = insert(files["image/jpeg"], 2, jpegProfile(icc))
	files["image/png"] = insert(files["image/png"], 33, pngProfile(icc))
	part := append([]byte("ICCP"), binary.LittleEndian.AppendUint32(nil, uint32(len(icc)))...)
	files["image/webp"] = insert(files["image/webp"], 30, append(part, icc...))
	binary.LittleEndian.PutUint32(files["image/webp"][4:], uint32(len(files["image/webp"])-8))
	for kind, file := range files {
		info, b, err := inspect(file, Limits{}.withDefaults())
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if !bytes.Equal(profileOf(b, info.Type), icc) {
			t.Errorf("%s lost its colour profile", kind)
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	clear.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 40})
	_, b, err := inspect(insert(fileOf(t, clear, "image/png"), 33, chunk("eXIf", string(exif(3)[10:]))), Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if c := color.NRGBAModel.Convert(must(png.Decode(bytes.NewReader(b))).At(3, 1)); c != (color.NRGBA{200, 100, 50, 40}) {
		t.Errorf("the transparent dot is %v", c)
	}
}

// A broken profile is none, and where there is none none is written.
func TestBrokenProfiles(t *testing.T) {
	if _, b, err := inspect(insert(sideways(t, 6)["image/jpeg"], 2, segment(0xe2, iccMark)), Limits{}.withDefaults()); err != nil || bytes.Contains(b, []byte(iccMark)) {
		t.Errorf("a profile without its number: %v", err)
	}
	for _, data := range []string{"name without an end", "name\x00", "name\x00\x00no zlib"} {
		_, b, err := inspect(insert(sideways(t, 6)["image/png"], 33, chunk("iCCP", data)), Limits{}.withDefaults())
		if err != nil || pngChunk(b, "iCCP") != nil {
			t.Errorf("%q: %v", data, err)
		}
	}
	if got := pngChunk(encoded(t, "image/png")[:40], "none"); got != nil {
		t.Errorf("%q", got)
	}
	if got := webpChunk(encoded(t, "image/webp")[:24], "none"); got != nil {
		t.Errorf("%q", got)
	}
}

// A profile of other colours than those that are written would make them wrong.
func TestAProfileOfOtherColoursIsNotCarriedOver(t *testing.T) {
	ink := append(make([]byte, 16), "CMYK and the rest"...)
	_, b, err := inspect(insert(sideways(t, 6)["image/jpeg"], 2, jpegProfile(ink)), Limits{}.withDefaults())
	if err != nil || bytes.Contains(b, []byte("CMYK")) {
		t.Errorf("a turned picture in red, green and blue says that it is in ink: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	pic := encoded(t, "image/png")
	bomb := bytes.Clone(pic)
	binary.BigEndian.PutUint32(bomb[16:], 60000)
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for _, tt := range []struct {
		name, file, says string
		is               error
	}{
		{"empty", "", "empty", ErrType},
		{"heic", "\x00\x00\x00\x18ftypheic", "HEIC", ErrType},
		{"a HEIC series", "\x00\x00\x00\x18ftyphevc", "HEIC", ErrType},
		{"a HEIC picture of another kind", "\x00\x00\x00\x18ftypmif1", "HEIC", ErrType},
		{"HEIC pictures of another kind", "\x00\x00\x00\x18ftypmsf1", "HEIC", ErrType},
		{"avif", "\x00\x00\x00\x18ftypavif", "AVIF", ErrType},
		{"film of the web", "\x1aE\xdf\xa3", "film", ErrType},
		{"pdf", "%PDF-1.7", "PDF", ErrType},
		{"bmp", "BM\x00\x00", "BMP", ErrType},
		{"tiff, one way round", "II*\x00", "TIFF", ErrType},
		{"tiff, the other", "MM\x00*", "TIFF", ErrType},
		{"svg", `<?xml version="1.0"?><svg onload="x()">`, "SVG", ErrType},
		{"svg without a head", `<!DOCTYPE SVG PUBLIC "x">`, "SVG", ErrType},
		{"html", "<html><img src=x>", "none of", ErrType},
		{"film", "\x00\x00\x00\x18ftypisom", "film", ErrType},
		{"zip", "PK\x03\x04", "ZIP", ErrType},
		{"half a PNG", string(pic[:len(pic)-20]), "broken", ErrType},
		{"half a JPEG", string(encoded(t, "image/jpeg")[:300]), "broken", ErrType},
		{"half a GIF", string(encoded(t, "image/gif")[:60]), "broken", ErrType},
		{"a GIF without a size", "GIF89a\x00\x00\x00\x00\x00\x00\x00;", "no size", ErrType},
		{"WebP in another container", "LIST" + string(encoded(t, "image/webp")[4:]), "broken", ErrType},
		{"decompression bomb", string(bomb), "60000 x 60000", ErrSize},
		{"too many bytes", strings.Repeat("x", 5000), "more than", ErrSize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := must(Open(t.TempDir(), Limits{Bytes: 4096}))
			_, err := s.Put(context.Background(), strings.NewReader(tt.file))
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if left := must(os.ReadDir(s.dir)); len(left) > 0 {
				t.Errorf("left %v behind", left)
			}
		})
	}
}

// F66: a file that is missing or changed behind its digest is told.
func TestF66MissingOrChangedIsTold(t *testing.T) {
	s := must(Open(t.TempDir(), Limits{}))
	info := must(s.Put(context.Background(), bytes.NewReader(encoded(t, "image/png"))))
	if got := s.Check(info.Digest); got != "" {
		t.Errorf("a good file: %s", got)
	}
	if got := must(s.Info(info.Digest)); got != info {
		t.Errorf("Info says %v, Put said %v", got, info)
	}
	b := must(os.ReadFile(s.path(info.Digest)))
	b[40] ^= 1
	if err := os.WriteFile(s.path(info.Digest), append(b, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.Check(info.Digest); !strings.Contains(got, "changed") {
		t.Errorf("a changed file: %q", got)
	}
	if _, err := s.Read(info.Digest); err == nil {
		t.Error("a changed file was read")
	}
	if must(s.Put(context.Background(), bytes.NewReader(encoded(t, "image/png")))); s.Check(info.Digest) != "" {
		t.Error("putting it again did not mend it")
	}
	// What was found right is not read again while size and time stay.
	st := must(os.Stat(s.path(info.Digest)))
	if err := errors.Join(os.WriteFile(s.path(info.Digest), make([]byte, st.Size()), 0o600), os.Chtimes(s.path(info.Digest), st.ModTime(), st.ModTime())); err != nil || s.Check(info.Digest) != "" {
		t.Errorf("it was read again: %v", err)
	}
	os.Remove(s.path(info.Digest))
	if got := s.Check(info.Digest); !strings.Contains(got, "missing") {
		t.Errorf("a missing file: %q", got)
	}
	if _, err := s.Info(info.Digest); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	for _, d := range []campaign.Digest{"", "../../etc/passwd", campaign.Digest(strings.Repeat("g", 64))} {
		if _, err := s.Read(d); err == nil || s.Check(d) == "" || s.Remove(d) == nil {
			t.Errorf("%q was taken for a digest", d)
		}
	}
}

// TestRemoveSaysWhatStays: what is not there is gone already; what cannot be
// removed is told, since somebody was promised that it goes.
func TestRemoveSaysWhatStays(t *testing.T) {
	s := must(Open(t.TempDir(), Limits{}))
	d := campaign.DigestOf([]byte("x"))
	if err := s.Remove(d); err != nil {
		t.Errorf("not there: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(s.path(d), "stays"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(d); err == nil {
		t.Error("it was not removed, and nobody is told")
	}
}

func TestPixelsAreBounded(t *testing.T) {
	file := encoded(t, "image/png") // 32 x 16
	for limit, is := range map[int64]error{511: ErrSize, 512: nil} {
		if _, err := Describe(bytes.NewReader(file), Limits{Pixels: limit}); !errors.Is(err, is) {
			t.Errorf("at most %d pixels: %v", limit, err)
		}
	}
}

// TestF55CutFiles: a file that ends anywhere, or whose lengths lie, is broken;
// it takes nobody down who reads along.
func TestF55CutFiles(t *testing.T) {
	samples := sideways(t, 6)
	samples["image/gif"] = encoded(t, "image/gif")
	for kind, whole := range samples {
		clean := formats[kind].clean
		if _, _, err := clean(whole); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		signature := map[string]int{"image/jpeg": 3, "image/png": 8, "image/gif": 6, "image/webp": 12}[kind]
		for end := signature; end < len(whole); end++ {
			if _, _, err := clean(whole[:end:end]); err == nil {
				t.Errorf("%s: %d of %d bytes are taken for a picture", kind, end, len(whole))
			}
		}
		for at := signature; at < len(whole); at++ {
			for _, b := range []byte{0, 0xff, whole[at] ^ 1, whole[at] ^ 0x80} {
				spoiled := bytes.Clone(whole)
				spoiled[at] = b
				_, _, _ = inspect(spoiled, Limits{Bytes: 1 << 20, Pixels: 1 << 16}) // any error, no panic
				_ = profileOf(spoiled, kind)
			}
		}
	}
	for name, more := range map[string]string{
		"a feature chunk without features": "VP8X\x00\x00\x00\x00", "a chunk longer than the file": "VP8 \xff\xff\x00\x00",
		"half a chunk": "VP8 ", "nothing that it promised": "",
	} {
		file := append([]byte("RIFF\x00\x00\x00\x00WEBP"), more...)
		binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
		if more == "" {
			file[4]++
		}
		if _, _, err := cleanWebP(file); err == nil {
			t.Errorf("%s is taken for a WebP", name)
		}
	}
}

// TestExifOrientation: both ways to write numbers, among other tags, and none
// where there is none or it lies.
func TestExifOrientation(t *testing.T) {
	tag := func(order binary.AppendByteOrder, id, value uint16) []byte {
		b := order.AppendUint16(nil, id)
		b = order.AppendUint16(b, 3)
		b = order.AppendUint32(b, 1)
		return order.AppendUint32(order.AppendUint16(b, value), 0)[:12]
	}
	directory := func(order binary.AppendByteOrder, tags ...[]byte) []byte {
		b := []byte("MM\x00*")
		if order == binary.LittleEndian {
			b = []byte("II*\x00")
		}
		b = order.AppendUint16(order.AppendUint32(b, 8), uint16(len(tags)))
		return append(b, bytes.Join(tags, nil)...)
	}
	const orientation, make = 0x0112, 0x010f
	for _, tt := range []struct {
		name string
		exif []byte
		want int
	}{
		{"one way round", directory(binary.BigEndian, tag(binary.BigEndian, orientation, 6)), 6},
		{"the other", directory(binary.LittleEndian, tag(binary.LittleEndian, orientation, 6)), 6},
		{"behind another tag", directory(binary.BigEndian, tag(binary.BigEndian, make, 3), tag(binary.BigEndian, orientation, 8)), 8},
		{"another tag alone", directory(binary.BigEndian, tag(binary.BigEndian, make, 3)), 1},
		{"more than there are", directory(binary.BigEndian, tag(binary.BigEndian, orientation, 9)), 1},
		{"less than there are", directory(binary.BigEndian, tag(binary.BigEndian, orientation, 0)), 1},
		{"more tags than bytes", directory(binary.BigEndian, tag(binary.BigEndian, make, 3), nil), 1},
		{"no directory", []byte("MM\x00*\x00\x00\xff\x00"), 1},
		{"too short", []byte("MM\x00*"), 1},
	} {
		if got := exifOrientation(tt.exif); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestF8PictureIsOnTheDisk: a commit may name a picture once Put returned, so
// by then the file is flushed, whole, before it gets its name, and after that
// the folders that say where it is. Where that fails, it is no picture.
func TestF8PictureIsOnTheDisk(t *testing.T) {
	s := must(Open(t.TempDir(), Limits{}))
	var flushed []string
	s.flush = func(f *os.File) error {
		st := must(f.Stat())
		name := "the folder of all"
		switch {
		case !st.IsDir():
			name = "the file"
			if b := must(os.ReadFile(f.Name())); campaign.DigestOf(b) != campaign.DigestOf(encoded(t, "image/png")) {
				t.Errorf("%d bytes are flushed", len(b))
			}
		case f.Name() != s.dir:
			name = "its folder, " + must(os.ReadDir(f.Name()))[0].Name()[:8]
		}
		flushed = append(flushed, name)
		return nil
	}
	info := must(s.Put(t.Context(), bytes.NewReader(encoded(t, "image/png"))))
	folders := "its folder, " + string(info.Digest[:8]) + "; the folder of all"
	if got := strings.Join(flushed, "; "); got != "the file; "+folders {
		t.Errorf("flushed: %s", got)
	}
	flushed = nil // whoever wrote it first may not have got so far
	if must(s.Put(t.Context(), bytes.NewReader(encoded(t, "image/png")))); strings.Join(flushed, "; ") != folders {
		t.Errorf("flushed when it was there: %s", strings.Join(flushed, "; "))
	}
	for _, fails := range []int{0, 1, 2} {
		s := must(Open(t.TempDir(), Limits{}))
		n := 0
		s.flush = func(*os.File) error {
			if n++; n-1 == fails {
				return io.ErrShortWrite
			}
			return nil
		}
		if _, err := s.Put(t.Context(), bytes.NewReader(encoded(t, "image/png"))); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("flush %d failed: %v", fails, err)
		}
		if left := must(filepath.Glob(filepath.Join(s.dir, tempPrefix+"*"))); len(left) > 0 {
			t.Errorf("flush %d failed and left %v", fails, left)
		}
	}
}

func TestOpenDropsWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, tempPrefix+"1")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(Open(dir, Limits{}))
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// P077: a path stays in the plan's folder, links or not.
func TestOpenBelow(t *testing.T) {
	base := t.TempDir()
	root := filepath.Join(base, "plans")
	for name, text := range map[string]string{"plans/media/a.png": "inside", "outside.png": "outside"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(base, name)), 0o700), os.WriteFile(filepath.Join(base, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.png": "../outside.png", "inner.png": "media/a.png", "dir": "media"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	f, err := OpenBelow(root, "media/a.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := must(io.ReadAll(f)); string(got) != "inside" {
		t.Errorf("read %q", got)
	}
	for path, want := range map[string]error{
		"../outside.png": ErrLeaves, "media/../../outside.png": ErrLeaves, filepath.Join(base, "outside.png"): ErrLeaves,
		`..\outside.png`: ErrLeaves, "": ErrLeaves, "link.png": ErrLeaves, "inner.png": ErrLeaves, "dir/a.png": ErrLeaves,
		"media": ErrType, "media/b.png": fs.ErrNotExist,
	} {
		if _, err := OpenBelow(root, path); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", path, err, want)
		}
	}
}

// A pipe would keep whoever opens it waiting.
func TestOpenBelowLeavesPipesAlone(t *testing.T) {
	root := t.TempDir()
	if err := exec.Command("mkfifo", filepath.Join(root, "pipe.png")).Run(); err != nil {
		t.Skip("no pipes here: ", err)
	}
	if _, err := OpenBelow(root, "pipe.png"); !errors.Is(err, ErrType) {
		t.Errorf("%v", err)
	}
}

// TestWhatMakesAPictureStays, byte for byte: what decides its colours, and what
// belongs to its scan.
func TestWhatMakesAPictureStays(t *testing.T) {
	jfif, adobe, table := segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01"), segment(0xdb, "quantities")
	scan := append(segment(0xda, "head"), "ab\xff\x00c\xff\xd0d\xff\xd7e\xff\xff\x00f"...)
	start, end := []byte{0xff, 0xd8}, []byte{0xff, 0xd9}
	want := slices.Concat(start, jfif, adobe, table, []byte{0xff, 0x01, 0xff, 0xd0, 0xff, 0xd7}, scan, scan, end)
	file := slices.Concat(start, jfif, []byte{0xff, 0xff}, adobe, segment(0xfe, secret), table, []byte{0xff, 0x01, 0xff, 0xd0, 0xff, 0xd7}, scan, segment(0xe1, secret), scan, end, []byte(secret))
	if got, o, err := cleanJPEG(file); err != nil || o != 1 || !bytes.Equal(got, want) {
		t.Errorf("%q, want %q, %v", got, want, err)
	}
	if _, _, err := cleanJPEG(slices.Concat(start, table, []byte("between"), scan, end)); err == nil {
		t.Error("bytes between segments")
	}
	for _, name := range []string{"VP8 ", "VP8L", "ALPH", "ICCP", "XMP ", "else"} {
		web := slices.Concat([]byte("RIFF\x12\x00\x00\x00WEBP"), []byte(name), []byte("\x05\x00\x00\x00abcde\x00"))
		keeps := name != "XMP " && name != "else"
		if got, _, err := cleanWebP(web); err != nil || bytes.Equal(got, web) != keeps || bytes.Contains(got, []byte(name)) != keeps {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for mime := range formats {
		f.Add(encoded(f, mime))
	}
	f.Add(insert(encoded(f, "image/jpeg"), 2, exif(6)))
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := Limits{Bytes: 1 << 16, Pixels: 1 << 16}.withDefaults()
		info, clean, err := inspect(b, limits)
		if err != nil {
			if !errors.Is(err, ErrType) && !errors.Is(err, ErrSize) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		again, twice, err := inspect(clean, limits)
		if err != nil || again != info || !bytes.Equal(twice, clean) {
			t.Errorf("cleaning twice differs: %v, %v, %v", info, again, err)
		}
	})
}

func TestWhatWasNeverReadHasNoProfile(t *testing.T) {
	large := append(make([]byte, 16, maxProfile+1), "RGB "...)
	for extra, carried := range map[int]bool{0: true, 1: false} {
		file := insert(encoded(t, "image/jpeg"), 2, jpegProfile(large[:maxProfile+extra]))
		if icc := profileOf(file, "image/jpeg"); (icc != nil) != carried {
			t.Errorf("%d bytes too many: %v", extra, icc != nil)
		}
	}
	for _, kind := range []string{"image/jpeg", "image/png", "image/webp"} {
		if icc := profileOf(nil, kind); icc != nil {
			t.Errorf("%s: a profile of %d bytes out of nothing", kind, len(icc))
		}
	}
}
