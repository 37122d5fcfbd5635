package card

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

func fontFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("fonts/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOwnFonts: asked first, those of whole outlines are read and all else is refused.
func TestOwnFonts(t *testing.T) {
	latin, cjk := fontFile(t, "NotoSans-Regular.ttf"), fontFile(t, "NotoSansCJKsc-Regular.otf")
	own, err := ReadFont(cjk)
	if err != nil || own.Name == "" {
		t.Fatalf("%+v, %v", own, err)
	}
	s := Spec{Quote: "Words.", Language: "en", Width: 300, Height: 300}
	plain, err := PNG(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Fonts = []*Font{own}
	if set, err := PNG(s); err != nil || bytes.Equal(set, plain) {
		t.Errorf("the own font is not asked first: %v", err)
	}
	// The name of a table that says that the weight varies, in the place of one that nobody needs.
	varies := bytes.Replace(latin, []byte("gasp"), []byte("fvar"), 1)
	if bytes.Equal(varies, latin) {
		t.Fatal("the font has no such table")
	}
	for name, b := range map[string][]byte{"nothing": nil, "a picture": []byte("\x89PNG\r\n"), "cut": latin[:2000], "packed": append([]byte("wOF2"), latin[4:]...),
		"a collection": append([]byte("ttcf"), latin[4:]...), "variable": varies, "too large": append(bytes.Clone(latin), make([]byte, MaxFont)...)} {
		if _, err := ReadFont(b); !errors.Is(err, ErrFontFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReadFont: whatever stands in a file, it is read or refused, and can be set in.
func FuzzReadFont(f *testing.F) {
	b, err := os.ReadFile("fonts/NotoSansEthiopic-Regular.ttf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:4096])
	f.Fuzz(func(t *testing.T, b []byte) {
		if own, err := ReadFont(b); err == nil {
			_, _ = Draw(Spec{Quote: "Words.", Language: "en", Width: 300, Height: 300, Fonts: []*Font{own}})
		}
	})
}
