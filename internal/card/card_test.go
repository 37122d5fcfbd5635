package card

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-text/typesetting/font"
	"github.com/ittakesacommunity/takeover/campaign"
	"golang.org/x/image/draw"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the samples that docs/cards.md shows anew")

func photo(t testing.TB, name string) image.Image {
	t.Helper()
	f, err := os.Open("../../configs/examples/itac/media/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// samples are a card in each embedded script, and one in each size.
func samples(t testing.TB) map[string]Spec {
	nurse := photo(t, "nurse-quito.jpg")
	const credit = "Drawing: takeover sample"
	return map[string]Spec{
		"en-square": {Quote: "I came for one year. The neighbours taught me the buses, I taught them first aid.", Speaker: "A nurse in Quito", Credit: credit, Language: "en",
			Photo: nurse, Focus: [2]float64{0.5, 0.35}, Width: 1080, Height: 1080},
		"ar-portrait": {Quote: "جئت لعام واحد. علّمني الجيران خطوط الحافلات، وعلّمتهم الإسعافات الأولية.", Speaker: "ممرضة في كيتو", Credit: credit, Language: "ar",
			Photo: nurse, Focus: [2]float64{0.5, 0.35}, Width: 1080, Height: 1350},
		"hi-landscape": {Quote: "मैं एक साल के लिए आई थी। पड़ोसियों ने मुझे बसें सिखाईं, मैंने उन्हें प्राथमिक चिकित्सा।", Speaker: "कीतो की एक नर्स", Credit: credit, Language: "hi",
			Photo: nurse, Focus: [2]float64{0.5, 0.35}, Width: 1200, Height: 675},
		"es-logo": {Quote: "Vine por un año. Los vecinos me enseñaron los buses, yo les enseñé primeros auxilios.", Speaker: "Una enfermera en Quito", Credit: credit, Language: "es",
			Photo: nurse, Focus: [2]float64{0.5, 0.35}, Width: 1200, Height: 675, Logo: rings()},
		"am-plain": {Quote: "ለአንድ ዓመት መጣሁ። ጎረቤቶቼ አውቶቡሶቹን አስተማሩኝ።", Speaker: "በኪቶ የምትሠራ ነርስ", Credit: credit, Language: "am", Width: 1080, Height: 1080},
		"zh-square": {Quote: "我原本只打算来一年。邻居们教我坐公交车，我教他们急救。", Speaker: "基多的一名护士", Credit: credit, Language: "zh-Hans",
			Photo: nurse, Focus: [2]float64{0.5, 0.35}, Width: 1080, Height: 1080},
		"fr-square": {Quote: "Ma première patronne ne m'a pas demandé d'où je venais. Elle m'a demandé si je pouvais être là à quatre heures du matin.", Speaker: "Un boulanger à Marseille", Credit: credit, Language: "fr",
			Photo: photo(t, "baker-marseille.jpg"), Focus: [2]float64{0.62, 0.45}, Width: 1080, Height: 1080},
	}
}

// rings are a logo: three that hold each other, on a ground that is seen through.
func rings() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 520, 240))
	for i, c := range []color.NRGBA{{0xf2, 0xa9, 0x00, 0xff}, {0xff, 0xff, 0xff, 0xff}, {0x4f, 0xb3, 0xa5, 0xff}} {
		for y := range 240 {
			for x := range 520 {
				dx, dy := x-120-140*i, y-120
				if d := dx*dx + dy*dy; d >= 82*82 && d <= 112*112 {
					img.SetNRGBA(x, y, c)
				}
			}
		}
	}
	return img
}

// golden are the digests of the samples' pixels. They are the same on every
// machine: nothing that decides a pixel is a fraction.
var golden = map[string]campaign.Digest{
	"zh-square":    "dc0c914976044164f666a673c7c98cb683910f28db585ac471ada4c45397e63a",
	"hi-landscape": "a854e68d83cf3bb961e6fdedcf099134b22cc2844da705fca3b714cecca89d08",
	"fr-square":    "b638a2b1fb63192a7fd130cccdab73ec7d88751c8cfc395e88825f547604a188",
	"es-logo":      "a33ea8cd5bf2b7eb57f3bd4188dd49cf431ddec8fd3654bd6699e2e6738dcd11",
	"am-plain":     "5a153fc4a0d03e6ee2de41e97294196a5aa04fdd861d74c1ea81d38ac1eff8e9",
	"en-square":    "40beca91a21dfee9d157cb9720fbdb377274e87efaafdbd12a5b7bfc7c633219",
	"ar-portrait":  "3dcefbde2298e703a25e7c978beb329d2a801d9c0c66fc3d35a6250f92d06c44",
}

func TestSamplesAreTheSameEverywhere(t *testing.T) {
	for name, s := range samples(t) {
		img, err := Draw(s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := campaign.DigestOf(img.Pix); got != golden[name] {
			t.Errorf("%q: %q,", name, got)
		}
		if *update {
			small := image.NewRGBA(image.Rect(0, 0, s.Width/2, s.Height/2))
			cover(small, small.Bounds(), img, [2]float64{0.5, 0.5})
			f, err := os.Create(filepath.Join("../../docs/cards", name+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, small), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLettersJoinAndTurn: an Arabic word is drawn joined and from the right.
func TestLettersJoinAndTurn(t *testing.T) {
	ty, err := newType(nil, "ar", "محمد")
	if err != nil {
		t.Fatal(err)
	}
	word, apart := ty.lines(ty.shape("محمد"), 40, 2000), ty.lines(ty.shape("م ح م د"), 40, 2000)
	if len(word) != 1 || len(word[0]) != 1 || len(word[0][0].Glyphs) != 4 {
		t.Fatalf("%+v", word)
	}
	joined, single := word[0][0].Glyphs, apart[0][0].Glyphs
	if joined[3].GlyphID == single[len(single)-1].GlyphID {
		t.Error("the first letter of the word stands alone: nothing joins")
	}
	img := image.NewRGBA(image.Rect(0, 0, 400, 80))
	ty.line(img, word[0], 40, 20, 380, 60, true, color.RGBA{0xff, 0xff, 0xff, 0xff})
	if inked(img, 0, 200) || !inked(img, 200, 400) {
		t.Error("Arabic does not begin at the right")
	}
	ty.line(img, ty.lines(ty.shape("word"), 40, 2000)[0], 40, 20, 380, 60, false, color.RGBA{0xff, 0xff, 0xff, 0xff})
	if !inked(img, 0, 200) {
		t.Error("Latin does not begin at the left")
	}
}

// TestLinesAreBalanced: as few as before, none much shorter than the others, none wider than there is room.
func TestLinesAreBalanced(t *testing.T) {
	for _, text := range []string{"I came for one year and the neighbours taught me all of the buses.", "我原本只打算来一年。邻居们教我坐公交车，我教他们急救。", "جئت لعام واحد. علّمني الجيران خطوط الحافلات، وعلّمتهم الإسعافات الأولية."} {
		ty, err := newType(nil, "en", text)
		if err != nil {
			t.Fatal(err)
		}
		s := ty.shape(text)
		for width := 300; width < 900; width += 50 {
			plain := ty.lines(s, 40, width)
			even := ty.balanced(s, plain, 40, width)
			if len(even) != len(plain) || !fits(even, 40, width) {
				t.Errorf("%d lines of %d in %d", len(even), len(plain), width)
			}
			if last := len(even) - 1; wide(even[last]) < wide(plain[last]) {
				t.Errorf("in %d the last line has become shorter", width)
			}
		}
	}
}

// TestWordsStandBesideThePhoto: on a wide card, where reading begins; the photo fills the rest.
func TestWordsStandBesideThePhoto(t *testing.T) {
	red := color.RGBA{0xff, 0, 0, 0xff}
	s := Spec{Quote: "I came for one year.", Credit: "Photo: A. Example", Language: "en", Photo: solid(red), Width: 1200, Height: 675}
	for quote, left := range map[string]bool{"I came for one year.": true, "جئت لعام واحد": false} {
		s.Quote = quote
		img, err := Draw(s)
		if err != nil {
			t.Fatal(err)
		}
		if (img.RGBAAt(0, 0) == red) == left || (img.RGBAAt(1199, 674) == red) != left {
			t.Errorf("%s: %v at the left, %v at the right", quote, img.RGBAAt(0, 0), img.RGBAAt(1199, 674))
		}
	}
}

func solid(c color.RGBA) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

// TestHanLettersFollowTheLanguage: what is written alike is drawn as each language draws it.
func TestHanLettersFollowTheLanguage(t *testing.T) {
	seen := map[font.GID]string{}
	for _, lang := range []string{"zh-Hans", "ja", "zh-Hant"} {
		ty, err := newType(nil, lang, "直")
		if err != nil {
			t.Fatal(err)
		}
		g := ty.shape("直").runs[0].Glyphs[0].GlyphID
		if other, twice := seen[g]; twice && lang != "zh-Hant" {
			t.Errorf("%s is drawn as %s", lang, other)
		}
		seen[g] = lang
	}
	for _, text := range []string{"ありがとう、みなさん", "안녕하세요 이웃 여러분", "謝謝您，鄰居們"} {
		if err := Check(Spec{Quote: text, Language: "en", Width: 1080, Height: 1080}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func inked(img *image.RGBA, from, to int) bool {
	for y := range img.Rect.Dy() {
		for x := from; x < to; x++ {
			if img.RGBAAt(x, y).R > 0 {
				return true
			}
		}
	}
	return false
}

func TestWhatIsRefused(t *testing.T) {
	good := Spec{Quote: "Words.", Language: "en", Width: 1080, Height: 1080}
	for _, tt := range []struct {
		name string
		edit func(*Spec)
		want error
	}{
		{"grey on grey", func(s *Spec) { s.Band, s.Ink = color.RGBA{0x80, 0x80, 0x80, 0xff}, color.RGBA{0xc0, 0xc0, 0xc0, 0xff} }, ErrContrast},
		{"no font", func(s *Spec) { s.Quote = "მეზობლები" }, ErrFont},
		{"too long", func(s *Spec) { s.Quote = strings.Repeat("many words ", 600) }, ErrSpace},
		{"no words", func(s *Spec) { s.Quote = " " }, ErrSpace},
	} {
		s := good
		tt.edit(&s)
		if _, err := Draw(s); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for _, size := range []image.Point{{100, 1080}, {1080, 5000}} {
		s := good
		s.Width, s.Height = size.X, size.Y
		if _, err := Draw(s); err == nil {
			t.Errorf("%v is drawn", size)
		}
	}
	if c := Contrast(color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}); c != 21 {
		t.Errorf("black on white is %v to 1", c)
	}
}

// TestTheCreditIsAlwaysThere: with another credit the card is another.
func TestTheCreditIsAlwaysThere(t *testing.T) {
	for _, size := range Sizes {
		a := Spec{Quote: "Words.", Credit: "A. Example", Language: "en", Width: size.X, Height: size.Y}
		b := a
		b.Credit = "B. Example"
		x, err := PNG(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := PNG(b)
		if err != nil || bytes.Equal(x, y) {
			t.Errorf("%v: the credit cannot be seen: %v", size, err)
		}
	}
}

func TestAltText(t *testing.T) {
	s := Spec{Quote: "Je suis là.", Speaker: "Un boulanger", Language: "fr-CA"}
	if got := Alt(s, "Un homme rit."); got != "« Je suis là. » — Un boulanger\nUn homme rit." {
		t.Errorf("%q", got)
	}
}

// TestAnyTextIsDrawnOrRefused: no text, size or focus makes it panic or write outside.
func TestAnyTextIsDrawnOrRefused(t *testing.T) {
	small := image.NewRGBA(image.Rect(3, 5, 20, 9))
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{Quote: rapid.String().Draw(t, "quote"), Speaker: rapid.StringN(0, 20, 60).Draw(t, "speaker"), Credit: "C", Language: rapid.SampledFrom([]string{"", "en", "ar", "zz"}).Draw(t, "language"),
			Width: rapid.IntRange(200, 260).Draw(t, "width"), Height: rapid.IntRange(200, 260).Draw(t, "height"), Photo: small,
			Focus: [2]float64{rapid.Float64Range(-1, 2).Draw(t, "x"), rapid.Float64Range(-1, 2).Draw(t, "y")}}
		img, err := Draw(s)
		if err == nil && img.Bounds().Dx() != s.Width {
			t.Fatal(img.Bounds())
		}
	})
}

// BenchmarkHundredCards draws a hundred cards on photos in four languages.
func BenchmarkHundredCards(b *testing.B) {
	all := samples(b)
	var specs []Spec
	for _, s := range all {
		specs = append(specs, s)
	}
	for b.Loop() {
		for i := range 100 {
			if _, err := PNG(specs[i%len(specs)]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestTheLogoStandsInItsCorner: whole, on the band's colour, where the lines
// end; and letters without a photo stay below it.
func TestTheLogoStandsInItsCorner(t *testing.T) {
	red := image.NewUniform(color.RGBA{0xff, 0, 0, 0xff})
	logo := image.NewRGBA(image.Rect(0, 0, 400, 100))
	draw.Draw(logo, logo.Bounds(), red, image.Point{}, draw.Src)
	reds := func(s Spec) (box image.Rectangle) {
		img, err := Draw(s)
		if err != nil {
			t.Fatal(err)
		}
		for y := range s.Height {
			for x := range s.Width {
				if img.RGBAAt(x, y) == (color.RGBA{0xff, 0, 0, 0xff}) {
					box = box.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		return box
	}
	s := Spec{Quote: "I came for one year.", Credit: "C", Language: "en", Width: 1080, Height: 1080, Logo: logo}
	left := s
	left.Quote, left.Language = "جئت لعام واحد", "ar"
	for name, at := range map[string]image.Rectangle{"en": reds(s), "ar": reds(left)} {
		if at.Dx() != 360 || at.Dy() != 90 || at.Min.Y < 1080/16 {
			t.Errorf("%s: the logo stands at %v", name, at)
		}
		if right := at.Min.X > 540; right != (name == "en") || at.Min.X < 1080/16 || at.Max.X > 1080-1080/16 {
			t.Errorf("%s: the logo stands at %v", name, at)
		}
	}
	s.Quote = strings.Repeat("One street, one year. ", 30)
	img, err := Draw(s)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 1080/16 + 90 {
		for x := range 500 { // left of the logo
			if c := img.RGBAAt(x, y); c != img.RGBAAt(0, 0) {
				t.Fatalf("letters beside the logo, at %d, %d", x, y)
			}
		}
	}
	clear := s
	clear.Logo = image.NewRGBA(image.Rect(0, 0, 10, 10))
	seen, err := Draw(clear)
	if err != nil || seen.RGBAAt(1080-100, 100) != seen.RGBAAt(0, 0) {
		t.Errorf("what is clear of a logo does not show the band: %v", err)
	}
}
