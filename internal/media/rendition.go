package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"github.com/ittakesacommunity/takeover/campaign"
)

// shape is what a channel takes of a picture, and what must stay in frame of one.
type shape struct {
	campaign.Limits
	focus [2]float64 // x, y from the top left, 0..1
}

// cut is where the frame lies: round the focus, within the picture.
func (s shape) cut(b image.Rectangle) image.Rectangle {
	w, h := s.PictureFrame(b.Dx(), b.Dy())
	place := func(size, frame int, focus float64) int {
		return min(max(int(focus*float64(size))-frame/2, 0), size-frame)
	}
	at := b.Min.Add(image.Pt(place(b.Dx(), w, s.focus[0]), place(b.Dy(), h, s.focus[1])))
	return image.Rectangle{at, at.Add(image.Pt(w, h))}
}

// Rendition is the stored picture as a channel with those limits takes it:
// itself where it fits, else cut round its focus, shrunk and encoded anew, and
// kept like any other file. It is made once: what it is stays remembered in the
// folder, since another version of this program might make other bytes of it,
// and what was approved would not be what leaves. An error wraps ErrSize or
// ErrType where no rendition can be made.
func (s *Store) Rendition(ctx context.Context, d campaign.Digest, l campaign.Limits, focus [2]float64) (Info, error) {
	if info, ok := s.Rendered(d, l, focus); ok {
		return info, nil
	}
	raw, err := s.Read(d)
	if err != nil {
		return Info{}, err
	}
	info, err := header(raw, s.limits)
	if err != nil {
		return Info{}, err
	}
	info.Digest, info.Bytes = d, int64(len(raw))
	if l.TakesPicture(campaign.Media{Type: info.Type, Bytes: info.Bytes, Width: info.Width, Height: info.Height}) {
		return info, nil
	}
	b, err := s.render(ctx, raw, info.Type, shape{l, focus})
	if err != nil {
		return Info{}, err
	}
	if info, err = s.Put(ctx, bytes.NewReader(b)); err != nil {
		return Info{}, err
	}
	return info, s.remember(RenditionKey(d, l, focus), info)
}

// Rendered is a rendition that was made before.
func (s *Store) Rendered(d campaign.Digest, l campaign.Limits, focus [2]float64) (Info, bool) {
	made, err := s.recall(RenditionKey(d, l, focus))
	return made, err == nil && s.Check(made.Digest) == ""
}

// Draw keeps a picture that is drawn here, named by key, of stored ones, as a
// channel with those limits takes it; draw gets them in their order, nil for "".
// Like a rendition it is made once.
func (s *Store) Draw(ctx context.Context, key campaign.Digest, of []campaign.Digest, l campaign.Limits, draw func(of []image.Image) (image.Image, error)) (Info, error) {
	if info, ok := s.Drawn(key, l); ok {
		return info, nil
	}
	b, err := s.draw(ctx, of, l, draw)
	if err != nil {
		return Info{}, err
	}
	info, err := s.Put(ctx, bytes.NewReader(b))
	if err != nil {
		return Info{}, err
	}
	return info, s.remember(RenditionKey(key, l, [2]float64{}), info)
}

// Drawn is a picture that was drawn before.
func (s *Store) Drawn(key campaign.Digest, l campaign.Limits) (Info, bool) {
	return s.Rendered(key, l, [2]float64{})
}

func (s *Store) draw(ctx context.Context, of []campaign.Digest, l campaign.Limits, draw func([]image.Image) (image.Image, error)) ([]byte, error) {
	under := make([]image.Image, len(of))
	s.decode.Lock()
	defer s.decode.Unlock()
	for i, d := range of {
		if d == "" {
			continue
		}
		raw, err := s.Read(d)
		if err != nil {
			return nil, err
		}
		info, err := header(raw, s.limits)
		if err != nil {
			return nil, err
		}
		if under[i], err = formats[info.Type].decode(bytes.NewReader(raw)); err != nil {
			return nil, fmt.Errorf("%w: the %s file is broken: %v", ErrType, formats[info.Type].name, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	img, err := draw(under)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, err
	}
	m := campaign.Media{Type: "image/png", Bytes: int64(out.Len()), Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if l.TakesPicture(m) {
		return out.Bytes(), nil
	}
	return shape{l, [2]float64{0.5, 0.5}}.encode(img, out.Bytes(), m.Type)
}

// render makes the bytes; one picture at a time is unfolded in memory.
func (s *Store) render(ctx context.Context, raw []byte, kind string, want shape) ([]byte, error) {
	s.decode.Lock()
	defer s.decode.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if moves(raw, kind) {
		return nil, fmt.Errorf("%w: it moves, and is too large for the channel or of a kind it does not take", ErrType)
	}
	img, err := formats[kind].decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: the %s file is broken: %v", ErrType, formats[kind].name, err)
	}
	return want.encode(img, raw, kind)
}

// smallest is the shortest side to which a picture is shrunk for its bytes' sake.
const smallest = 200

var qualities = []int{90, 82, 74} // of a JPEG, tried in this order before it is shrunk

// encode cuts, shrinks and encodes until the bytes fit.
func (s shape) encode(img image.Image, raw []byte, kind string) ([]byte, error) {
	from := s.cut(img.Bounds())
	by := s.PictureScale(from.Dx(), from.Dy())
	for {
		w, h := s.Shrunk(from.Dx(), from.Dy(), by)
		dst := image.NewNRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(dst, dst.Bounds(), img, from, draw.Src, nil)
		for _, encode := range s.encoders(dst.Opaque(), kind, raw) {
			b, err := encode(dst)
			if err != nil {
				return nil, fmt.Errorf("%w: %v", ErrType, err)
			}
			if s.ImageBytes == 0 || int64(len(b)) <= s.ImageBytes {
				return b, nil
			}
		}
		if by *= 0.8; min(float64(from.Dx()), float64(from.Dy()))*by < smallest {
			return nil, fmt.Errorf("%w: no smaller rendition has at most %d bytes", ErrSize, s.ImageBytes)
		}
	}
}

// encoders are the ways to write the picture, best first: PNG keeps drawings
// and transparency, JPEG photos.
func (s shape) encoders(opaque bool, kind string, raw []byte) (ways []func(*image.NRGBA) ([]byte, error)) {
	profile := profileOf(raw, kind)
	takes := func(t string) bool { return len(s.ImageTypes) == 0 || slices.Contains(s.ImageTypes, t) }
	if takes("image/png") && (!opaque || kind == "image/png" || !takes("image/jpeg")) {
		ways = append(ways, func(img *image.NRGBA) ([]byte, error) { return encodePNG(img, profile) })
	}
	if takes("image/jpeg") {
		for _, q := range qualities {
			ways = append(ways, func(img *image.NRGBA) ([]byte, error) { return encodeJPEG(img, q, profile) })
		}
	}
	if len(ways) == 0 {
		return []func(*image.NRGBA) ([]byte, error){func(*image.NRGBA) ([]byte, error) {
			return nil, fmt.Errorf("the channel takes only %v, which cannot be made here", s.ImageTypes)
		}}
	}
	return ways
}

// encodePNG writes what the colours mean right behind the header.
func encodePNG(img *image.NRGBA, profile []byte) ([]byte, error) {
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		return nil, err
	}
	const header = 8 + 25 // the signature and the first chunk
	b := out.Bytes()
	return slices.Concat(b[:header], pngProfile(profile), b[header:]), nil
}

// encodeJPEG lays what is transparent on white, and carries the colour profile over.
func encodeJPEG(img *image.NRGBA, quality int, profile []byte) ([]byte, error) {
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), img, image.Point{}, draw.Over)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, flat, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	b := out.Bytes()
	return slices.Concat(b[:2], jpegProfile(profile), b[2:]), nil
}

// RenditionKey names a rendition by everything that makes it what it is.
func RenditionKey(d campaign.Digest, l campaign.Limits, focus [2]float64) campaign.Digest {
	return campaign.DigestOf(fmt.Appendf(nil, "%s %q %d %d %d %d %g %g %g", d, l.ImageTypes, l.ImageBytes, l.ImagePixels,
		l.ImageWidth, l.ImageSide, l.ImageRatioMin, l.ImageRatioMax, focus))
}

// renditions is the folder of what was made, one small file each.
const renditions = "renditions"

func (s *Store) recall(key campaign.Digest) (info Info, err error) {
	b, err := os.ReadFile(filepath.Join(s.dir, renditions, string(key)))
	if err != nil {
		return Info{}, err
	}
	return info, json.Unmarshal(b, &info)
}

func (s *Store) remember(key campaign.Digest, info Info) error {
	b, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := s.write(filepath.Join(s.dir, renditions, string(key)), b); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	return errors.Join(s.flushDir(filepath.Join(s.dir, renditions)), s.flushDir(s.dir))
}
