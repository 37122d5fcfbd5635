package media

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
)

var middle = [2]float64{0.5, 0.5}

// photo is a noisy picture, which no encoder makes small, with a red dot.
func photo(w, h int, dot image.Point, transparent bool) *image.NRGBA {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.UintN(160))
		if i%4 == 3 && !transparent {
			img.Pix[i] = 255
		}
	}
	for y := max(dot.Y-8, 0); y < min(dot.Y+8, h); y++ {
		for x := max(dot.X-8, 0); x < min(dot.X+8, w); x++ {
			img.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
		}
	}
	return img
}

func kept(t testing.TB, s *Store, b []byte) Info {
	t.Helper()
	info, err := s.Put(t.Context(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func opened(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPictureThatFitsStaysAsItIs(t *testing.T) {
	s := opened(t)
	for _, kind := range []string{"image/jpeg", "image/png", "image/gif"} {
		in := kept(t, s, fileOf(t, photo(300, 200, image.Pt(10, 10), false), kind))
		out, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageBytes: in.Bytes, ImagePixels: 60000, ImageWidth: 300, ImageSide: 300, ImageRatioMin: 1.5, ImageRatioMax: 1.5}, middle)
		if err != nil || out != in {
			t.Errorf("%s: %+v became %+v, %v", kind, in, out, err)
		}
	}
}

func TestARenditionFitsItsShape(t *testing.T) {
	s := opened(t)
	rapid.Check(t, func(r *rapid.T) {
		img := photo(rapid.IntRange(1, 400).Draw(r, "width"), rapid.IntRange(1, 400).Draw(r, "height"), image.Point{}, rapid.Bool().Draw(r, "transparent"))
		in := kept(t, s, fileOf(t, img, rapid.SampledFrom([]string{"image/jpeg", "image/png", "image/gif"}).Draw(r, "kind")))
		limits := campaign.Limits{
			ImageTypes:    rapid.SampledFrom([][]string{nil, {"image/jpeg"}, {"image/png"}, {"image/jpeg", "image/png"}}).Draw(r, "types"),
			ImageWidth:    rapid.SampledFrom([]int{0, 320, 100}).Draw(r, "max width"),
			ImageSide:     rapid.SampledFrom([]int{0, 500, 90}).Draw(r, "side"),
			ImagePixels:   rapid.SampledFrom([]int64{0, 90000}).Draw(r, "pixels"),
			ImageRatioMin: rapid.SampledFrom([]float64{0, 0.8}).Draw(r, "min"),
			ImageRatioMax: rapid.SampledFrom([]float64{0, 1.91}).Draw(r, "max"),
		}
		focus := [2]float64{rapid.Float64Range(0, 1).Draw(r, "x"), rapid.Float64Range(0, 1).Draw(r, "y")}
		out, err := s.Rendition(t.Context(), in.Digest, limits, focus)
		if err != nil {
			r.Fatal(err)
		}
		if !limits.TakesPicture(campaign.Media{Type: out.Type, Bytes: out.Bytes, Width: out.Width, Height: out.Height}) {
			r.Fatalf("%+v does not take %+v", limits, out)
		}
		said := limits.Fitted(campaign.Media{Type: in.Type, Bytes: in.Bytes, Width: in.Width, Height: in.Height})
		if said.Width != out.Width || said.Height != out.Height || said.Type != out.Type && in.Type == "image/png" {
			r.Fatalf("without making it, it was said to be %+v; it is %+v", said, out)
		}
		b, err := s.Read(out.Digest)
		if err != nil {
			r.Fatal(err)
		}
		c, _, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width != out.Width || c.Height != out.Height || int64(len(b)) != out.Bytes {
			r.Fatalf("what is kept is %d x %d, %d bytes; said is %+v, %v", c.Width, c.Height, len(b), out, err)
		}
		if again, ok := s.Rendered(in.Digest, limits, focus); ok != (out != in) || ok && again != out {
			r.Fatalf("asked again it is %+v, not %+v", again, out)
		}
		if err := os.RemoveAll(filepath.Join(s.dir, renditions)); err != nil {
			r.Fatal(err)
		}
		if again, err := s.Rendition(t.Context(), in.Digest, limits, focus); err != nil || again != out {
			r.Fatalf("made again it is %+v, not %+v, %v", again, out, err)
		}
	})
}

func TestTheFocusStaysInFrame(t *testing.T) {
	s := opened(t)
	for _, dot := range []image.Point{{20, 20}, {880, 280}, {450, 150}, {300, 40}} {
		in := kept(t, s, fileOf(t, photo(900, 300, dot, false), "image/png"))
		out, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageRatioMax: 1}, [2]float64{float64(dot.X) / 900, float64(dot.Y) / 300})
		if err != nil || out.Width != 300 || out.Height != 300 {
			t.Fatalf("%+v, %v", out, err)
		}
		b, err := s.Read(out.Digest)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		red := 0
		for y := range 300 {
			for x := range 300 {
				if r, g, b, _ := img.At(x, y).RGBA(); r > 0xf000 && g < 0x1000 && b < 0x1000 {
					red++
				}
			}
		}
		if red < 200 {
			t.Errorf("the dot at %v was cut away: %d dots of 256", dot, red)
		}
	}
}

func TestARenditionKeepsToTheBytes(t *testing.T) {
	s := opened(t)
	in := kept(t, s, fileOf(t, photo(1400, 1000, image.Point{}, false), "image/jpeg"))
	limits := campaign.Limits{ImageTypes: []string{"image/jpeg"}, ImageBytes: in.Bytes / 6}
	out, err := s.Rendition(t.Context(), in.Digest, limits, middle)
	if err != nil || out.Bytes > limits.ImageBytes || out.Width < 400 {
		t.Errorf("%+v of %+v, %v", out, in, err)
	}
	if _, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageBytes: 900}, middle); !errors.Is(err, ErrSize) {
		t.Errorf("900 bytes: %v", err)
	}
}

// TestWhatIsClearBecomesWhite where a channel takes no picture that is.
func TestWhatIsClearBecomesWhite(t *testing.T) {
	s := opened(t)
	in := kept(t, s, fileOf(t, image.NewNRGBA(image.Rect(0, 0, 16, 16)), "image/png"))
	out, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageTypes: []string{"image/jpeg"}}, middle)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Read(out.Digest)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, blue, _ := img.At(8, 8).RGBA(); min(r, g, blue) < 0xf000 {
		t.Errorf("it is %x %x %x", r, g, blue)
	}
}

// TestALostRenditionIsMadeAgain: what is remembered of one says nothing once
// its file is gone.
func TestALostRenditionIsMadeAgain(t *testing.T) {
	s := opened(t)
	in := kept(t, s, fileOf(t, photo(60, 60, image.Point{}, false), "image/png"))
	limits := campaign.Limits{ImageSide: 30}
	out, err := s.Rendition(t.Context(), in.Digest, limits, middle)
	if err == nil {
		err = s.Remove(out.Digest)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Rendered(in.Digest, limits, middle); ok {
		t.Error("it is said to be there")
	}
	if again, err := s.Rendition(t.Context(), in.Digest, limits, middle); err != nil || again != out || s.Check(out.Digest) != "" {
		t.Errorf("%+v, %v, %s", again, err, s.Check(out.Digest))
	}
}

// TestARenditionIsMadeOnce: another version of this program might make other
// bytes of a picture; what was approved stays what leaves.
func TestARenditionIsMadeOnce(t *testing.T) {
	s := opened(t)
	in := kept(t, s, fileOf(t, photo(60, 60, image.Point{}, false), "image/png"))
	limits := campaign.Limits{ImageSide: 30}
	former := kept(t, s, fileOf(t, photo(30, 30, image.Point{3, 3}, false), "image/png"))
	if err := s.remember(RenditionKey(in.Digest, limits, middle), former); err != nil {
		t.Fatal(err)
	}
	if out, err := s.Rendition(t.Context(), in.Digest, limits, middle); err != nil || out != former {
		t.Errorf("%+v, %v; it was %+v", out, err, former)
	}
}

// TestWhatIsDrawnAndFitsStaysAsDrawn: it is not made a JPEG, which would blur letters.
func TestWhatIsDrawnAndFitsStaysAsDrawn(t *testing.T) {
	s := opened(t)
	noise := photo(200, 200, image.Point{}, false)
	for i := range noise.Pix {
		noise.Pix[i] = byte(i*i>>3) | 0xff*byte(i%4/3)
	}
	out, err := s.Draw(t.Context(), "key", nil, campaign.Limits{ImageBytes: 1 << 20, ImageSide: 200}, func([]image.Image) (image.Image, error) { return noise, nil })
	if err != nil || out.Type != "image/png" {
		t.Fatalf("%+v, %v", out, err)
	}
	b, err := s.Read(out.Digest)
	if err != nil || !bytes.Equal(b, fileOf(t, noise, "image/png")) {
		t.Errorf("other bytes than drawn, %v", err)
	}
}

// TestWhatIsClearStaysClear where a channel takes both kinds.
func TestWhatIsClearStaysClear(t *testing.T) {
	s := opened(t)
	clear := image.NewPaletted(image.Rect(0, 0, 40, 40), color.Palette{color.Transparent, color.Black})
	in := kept(t, s, fileOf(t, clear, "image/gif"))
	out, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageTypes: []string{"image/jpeg", "image/png"}, ImageSide: 20}, middle)
	if err != nil || out.Type != "image/png" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestWhatCannotBeRenderedIsNamed(t *testing.T) {
	s := opened(t)
	frame := image.NewPaletted(image.Rect(0, 0, 400, 400), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{9, 9}}); err != nil {
		t.Fatal(err)
	}
	moving := kept(t, s, b.Bytes())
	if _, err := s.Rendition(t.Context(), moving.Digest, campaign.Limits{ImageTypes: []string{"image/jpeg"}}, middle); !errors.Is(err, ErrType) {
		t.Errorf("a moving picture: %v", err)
	}
	if out, err := s.Rendition(t.Context(), moving.Digest, campaign.Limits{ImageTypes: []string{"image/gif"}}, middle); err != nil || out != moving {
		t.Errorf("where it may move: %+v, %v", out, err)
	}
	still := kept(t, s, fileOf(t, photo(50, 50, image.Point{}, false), "image/png"))
	if _, err := s.Rendition(t.Context(), still.Digest, campaign.Limits{ImageTypes: []string{"image/avif"}}, middle); !errors.Is(err, ErrType) {
		t.Errorf("a kind that we cannot write: %v", err)
	}
	if _, err := s.Rendition(t.Context(), campaign.DigestOf(nil), campaign.Limits{}, middle); err == nil {
		t.Error("a picture that is not there")
	}
}

// TestF55FramesAreCountedBeforeTheyAreUnfolded: a thousand frames of a small
// file would fill the memory.
func TestF55FramesAreCountedBeforeTheyAreUnfolded(t *testing.T) {
	const side, frames = 1000, 100 // 1 MB each, unfolded
	still := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: slices.Repeat([]*image.Paletted{still}, frames), Delay: make([]int, frames)}); err != nil {
		t.Fatal(err)
	}
	s := opened(t)
	moving := kept(t, s, b.Bytes())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.Rendition(t.Context(), moving.Digest, campaign.Limits{ImageTypes: []string{"image/jpeg"}}, middle)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrType) {
		t.Errorf("a moving picture: %v", err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 30 {
		t.Errorf("%d MB for a file of %d kB", took, b.Len()>>10)
	}
}

// Making a moving PNG still would be another picture than the one approved.
func TestAMovingPNGIsNotMadeStill(t *testing.T) {
	s := opened(t)
	file := fileOf(t, photo(50, 50, image.Point{}, false), "image/png")
	moving := kept(t, s, insert(file, 33, chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")))
	if _, err := s.Rendition(t.Context(), moving.Digest, campaign.Limits{ImageTypes: []string{"image/jpeg"}}, middle); !errors.Is(err, ErrType) {
		t.Errorf("a moving picture: %v", err)
	}
}

func TestTheColourProfileIsCarriedOver(t *testing.T) {
	s := opened(t)
	plain := fileOf(t, photo(60, 60, image.Point{}, false), "image/jpeg")
	profile := jpegProfile([]byte("sixteen bytes...RGB and the rest"))
	in := kept(t, s, slices.Concat(plain[:2], profile, plain[2:]))
	out, err := s.Rendition(t.Context(), in.Digest, campaign.Limits{ImageSide: 30}, middle)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := s.Read(out.Digest); !bytes.Contains(b, profile) {
		t.Error("the rendition's colours have another meaning")
	}
}

// TestDrawnOnceForEachChannel: as PNG, or as what the channel takes; a photo
// that is missing is said, and what was drawn is not drawn again.
func TestDrawnOnceForEachChannel(t *testing.T) {
	s, err := Open(t.TempDir(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	draw := func(of []image.Image) (image.Image, error) {
		if len(of) != 1 || of[0] != nil {
			t.Error("a photo that nobody named")
		}
		drawn++
		return image.NewRGBA(image.Rect(0, 0, 300, 200)), nil
	}
	for _, tt := range []struct {
		limits campaign.Limits
		want   string
	}{{campaign.Limits{}, "image/png"}, {campaign.Limits{ImageTypes: []string{"image/jpeg"}}, "image/jpeg"}} {
		first, err := s.Draw(t.Context(), "key", []campaign.Digest{""}, tt.limits, draw)
		if err != nil || first.Type != tt.want || first.Width != 300 || first.Height != 200 {
			t.Fatalf("%+v, %v", first, err)
		}
		times := drawn
		if again, err := s.Draw(t.Context(), "key", []campaign.Digest{""}, tt.limits, draw); err != nil || again != first || drawn != times {
			t.Errorf("%+v, %v, drawn %d times", again, err, drawn)
		}
	}
	if _, err := s.Draw(t.Context(), "other", []campaign.Digest{campaign.DigestOf([]byte("none"))}, campaign.Limits{}, draw); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its photo: %v", err)
	}
}
