package main

import (
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// TestPicturesAreTheProgramsOwn draws them anew: what is committed is what the
// program gives, and each is small.
func TestPicturesAreTheProgramsOwn(t *testing.T) {
	dir := t.TempDir()
	if err := drawAll(dir); err != nil {
		t.Fatal(err)
	}
	drawn, _ := filepath.Glob(filepath.Join(dir, "*.jpg"))
	kept, _ := filepath.Glob("../media/*")
	if len(drawn) != len(kept) || len(drawn) == 0 {
		t.Errorf("%d drawn, %d kept", len(drawn), len(kept))
	}
	for _, file := range drawn {
		name := filepath.Base(file)
		a, errA := decode(file)
		b, errB := decode(filepath.Join("../media", name))
		if errA != nil || errB != nil {
			t.Errorf("%s: %v %v", name, errA, errB)
			continue
		}
		if d := difference(a, b); d > 8 {
			t.Errorf("%s differs by %d of 255; run go run ./draw in the example's folder", name, d)
		}
		if info, err := os.Stat(file); err != nil || info.Size() > 60<<10 {
			t.Errorf("%s is larger than 60 KiB", name)
		}
	}
}

func decode(file string) (*image.RGBA, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	rgba := image.NewRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			rgba.Set(x, y, img.At(x, y))
		}
	}
	return rgba, nil
}

// difference is the largest distance of two pictures in one colour; machines
// may round the edges of shapes otherwise.
func difference(a, b *image.RGBA) int {
	if a.Bounds() != b.Bounds() {
		return 255
	}
	most := 0
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		most = max(most, d, -d)
	}
	return most
}
