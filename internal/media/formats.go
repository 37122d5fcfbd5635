package media

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/webp"
)

// A format is one kind of picture that is accepted.
type format struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// clean returns the file with nothing but the picture: no place, camera,
	// comments or thumbnails, and nothing after its end. How the camera held it
	// goes with the others, so it is told: from 1, which is upright, to 8.
	clean func([]byte) (out []byte, orientation int, err error)
}

// formats by MIME type.
var formats = map[string]format{
	"image/jpeg": {"JPEG", jpeg.DecodeConfig, jpeg.Decode, cleanJPEG},
	"image/png":  {"PNG", png.DecodeConfig, png.Decode, cleanPNG},
	"image/gif":  {"GIF", gif.DecodeConfig, gif.Decode, cleanGIF},
	"image/webp": {"WebP", webp.DecodeConfig, webp.Decode, cleanWebP},
}

// signatures tell by the first bytes what a file is, whatever its name says.
// Where advice is set the file is refused with it.
var signatures = []struct {
	at     int
	bytes  string
	mime   string
	advice string
}{
	{0, "\xff\xd8\xff", "image/jpeg", ""},
	{0, "\x89PNG\r\n\x1a\n", "image/png", ""},
	{0, "GIF87a", "image/gif", ""},
	{0, "GIF89a", "image/gif", ""},
	{8, "WEBP", "image/webp", ""},
	{4, "ftyphei", "", "it is a HEIC photo; save or export it as JPEG"},
	{4, "ftyphev", "", "it is a HEIC photo; save or export it as JPEG"},
	{4, "ftypmif1", "", "it is a HEIC photo; save or export it as JPEG"},
	{4, "ftypmsf1", "", "it is a HEIC photo; save or export it as JPEG"},
	{4, "ftypavi", "", "it is an AVIF picture; save or export it as JPEG"},
	{4, "ftyp", "", "it is a film; only pictures can be published so far"},
	{0, "\x1aE\xdf\xa3", "", "it is a film; only pictures can be published so far"},
	{0, "%PDF", "", "it is a PDF; export the page as JPEG or PNG"},
	{0, "PK\x03\x04", "", "it is a ZIP archive or an office file"},
	{0, "BM", "", "it is a BMP picture; save it as PNG"},
	{0, "II*\x00", "", "it is a TIFF or raw photo; export it as JPEG"},
	{0, "MM\x00*", "", "it is a TIFF or raw photo; export it as JPEG"},
}

// sniff is the MIME type by content.
func sniff(b []byte) (string, error) {
	if len(b) == 0 {
		return "", fmt.Errorf("%w: the file is empty", ErrType)
	}
	for _, s := range signatures {
		if len(b) < s.at || !bytes.HasPrefix(b[s.at:], []byte(s.bytes)) {
			continue
		}
		if s.advice != "" {
			return "", fmt.Errorf("%w: %s", ErrType, s.advice)
		}
		return s.mime, nil
	}
	head := strings.ToLower(string(b[:min(len(b), 1024)]))
	if strings.Contains(head, "<svg") || strings.Contains(head, "<!doctype svg") {
		return "", fmt.Errorf("%w: it is an SVG drawing, which can carry programs; export it as PNG", ErrType)
	}
	return "", fmt.Errorf("%w: it is none of JPEG, PNG, GIF, WebP", ErrType)
}

// header reads what the file says of itself before anything is unfolded: a
// small file may claim a picture that fills the memory.
func header(b []byte, limits Limits) (Info, error) {
	mime, err := sniff(b)
	if err != nil {
		return Info{}, err
	}
	f := formats[mime]
	c, err := f.config(bytes.NewReader(b))
	if err != nil {
		return Info{}, fmt.Errorf("%w: the %s file is broken: %v", ErrType, f.name, err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return Info{}, fmt.Errorf("%w: the %s file has no size", ErrType, f.name)
	}
	if int64(c.Width)*int64(c.Height) > limits.Pixels {
		return Info{}, fmt.Errorf("%w: %d x %d pixels, at most %d million are taken", ErrSize, c.Width, c.Height, limits.Pixels/1_000_000)
	}
	return Info{Type: mime, Width: c.Width, Height: c.Height}, nil
}
